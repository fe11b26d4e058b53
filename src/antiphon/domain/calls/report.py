"""Figures of calls over time, in buckets of a time zone (contracts/votel.md 6)."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, bindparam, case, func, select

from antiphon.core.clock import MINUTE, from_datetime, to_datetime
from antiphon.core.db.transaction import ReadTx
from antiphon.domain.accounts.queries import list_people
from antiphon.domain.calls.records import CallDirection, CallStatus
from antiphon.domain.calls.tables import calls
from antiphon.domain.numbers.queries import list_numbers

INTERVALS = ("hour", "day", "week", "month")
GROUPS = ("number", "agent", "user", "campaign", "ended_reason", "hour", "weekday")
MAX_ROWS = 100
OTHER = "other"
SLOT_MS = 15 * MINUTE
"""Every zone's hours begin at a multiple of this."""

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

c = calls.c


@dataclass(slots=True)
class Figures:
    """Sums over calls; `answer_ms` over those with an answer, `duration_seconds` over all."""

    calls: int = 0
    inbound: int = 0
    outbound: int = 0
    answered: int = 0
    missed: int = 0
    voicemail: int = 0
    transferred: int = 0
    agent_handled: int = 0
    with_answer: int = 0
    answer_ms: int = 0
    duration_seconds: int = 0
    successes: int = 0
    judged: int = 0
    cost_micros: int = 0

    def add(self, row: Any) -> None:
        for name in _NAMES:
            setattr(self, name, getattr(self, name) + int(getattr(row, name) or 0))


_NAMES = tuple(field.name for field in fields(Figures))


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """`since` and `until` are inclusive milliseconds; `zone` is where buckets begin at midnight."""

    since: int
    until: int
    zone: ZoneInfo
    interval: str = "day"
    group_by: str | None = None
    compare: bool = False
    number_id: str | None = None
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Bucket:
    start: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class Group:
    key: str
    label: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Report:
    totals: Figures
    previous: Figures | None
    series: list[Bucket]
    breakdown: list[Group]


def _sum(condition: ColumnElement[bool], value: Any = 1) -> ColumnElement[int]:
    return func.sum(case((condition, value), else_=0))


_ANSWERED = c.status == CallStatus.COMPLETED.value
_INBOUND = c.direction == CallDirection.INBOUND.value
_SUMS: dict[str, ColumnElement[Any]] = {
    "calls": func.count(),
    "inbound": _sum(_INBOUND),
    "outbound": _sum(c.direction == CallDirection.OUTBOUND.value),
    "answered": _sum(_ANSWERED),
    "missed": _sum(_INBOUND & ~_ANSWERED),
    "voicemail": _sum(c.ended_reason == "voicemail"),
    "transferred": _sum(c.ended_reason == "transferred"),
    "agent_handled": _sum(c.assistant_id.is_not(None)),
    "with_answer": _sum(c.answered_at.is_not(None)),
    "answer_ms": _sum(c.answered_at.is_not(None), c.answered_at - c.started_at),
    "duration_seconds": func.sum(c.duration_seconds),
    "successes": _sum(c.success.is_(True)),
    "judged": _sum(c.success.is_not(None)),
    "cost_micros": func.sum(c.cost_micros),
}
_COLUMNS: dict[str, ColumnElement[Any]] = {
    "number": c.number_id,
    "agent": c.assistant_id,
    "user": c.user_id,
    "ended_reason": c.ended_reason,
}


@lru_cache(maxsize=64)
def _statement(group: str | None, *, number: bool, agent: bool) -> Select[Any]:
    slot = c.started_at // SLOT_MS
    keys = [slot.label("slot")]
    column = None if group is None else _COLUMNS.get(group)
    if column is not None:
        keys.append(column.label("group_key"))
    statement = (
        select(*keys, *(value.label(name) for name, value in _SUMS.items()))
        .where(
            c.account_id == bindparam("account_id"),
            c.started_at.between(bindparam("since"), bindparam("until")),
            c.ended_at.is_not(None),
            c.deleted_at.is_(None),
            c.is_test.is_(False),
            c.direction != CallDirection.INTERNAL.value,
        )
        .group_by(*keys)
    )
    if number:
        statement = statement.where(c.number_id == bindparam("number_id"))
    if agent:
        statement = statement.where(c.assistant_id == bindparam("agent_id"))
    return statement


def phone_report(tx: ReadTx, account_id: str, query: ReportQuery) -> Report:
    """Ended calls with outside parties; tests are left out. Buckets without calls are there with zeros."""
    starts = bucket_starts(query.since, query.until, query.zone, query.interval)
    series = [Bucket(start, Figures()) for start in starts]
    totals = Figures()
    groups: defaultdict[str, Figures] = defaultdict(Figures)
    for row in _rows(tx, account_id, query, query.since, query.until, query.group_by):
        totals.add(row)
        at = row.slot * SLOT_MS
        series[max(0, bisect_right(starts, at) - 1)].figures.add(row)
        if query.group_by is not None:
            groups[_key(query, row, at)].add(row)
    previous = None
    if query.compare:
        previous = Figures()
        length = query.until - query.since + 1
        for row in _rows(tx, account_id, query, query.since - length, query.since - 1, None):
            previous.add(row)
    return Report(totals, previous, series, _breakdown(tx, account_id, query.group_by, groups))


def _rows(
    tx: ReadTx, account_id: str, query: ReportQuery, since: int, until: int, group: str | None
) -> Sequence[Any]:
    statement = _statement(group, number=query.number_id is not None, agent=query.agent_id is not None)
    return tx.all(
        statement,
        {
            "account_id": account_id,
            "since": since,
            "until": until,
            "number_id": query.number_id,
            "agent_id": query.agent_id,
        },
    )


def _key(query: ReportQuery, row: Any, at: int) -> str:
    if query.group_by in ("hour", "weekday"):
        local = to_datetime(at).astimezone(query.zone)
        return f"{local.hour:02d}" if query.group_by == "hour" else str(local.isoweekday())
    if query.group_by == "campaign":
        return ""
    return row.group_key or ""


def _breakdown(tx: ReadTx, account_id: str, group_by: str | None, groups: dict[str, Figures]) -> list[Group]:
    if group_by is None:
        return []
    if group_by in ("hour", "weekday"):
        return [Group(key, _time_label(group_by, key), groups[key]) for key in sorted(groups)]
    labels = _labels(tx, account_id, group_by)
    ordered = sorted(groups.items(), key=lambda item: (-item[1].calls, item[0]))
    shown = [Group(key, labels.get(key, key) or "none", figures) for key, figures in ordered[:MAX_ROWS]]
    rest = Figures()
    for _, figures in ordered[MAX_ROWS:]:
        rest.add(figures)
    return [*shown, Group(OTHER, OTHER, rest)] if rest.calls else shown


def _time_label(group_by: str, key: str) -> str:
    return f"{key}:00" if group_by == "hour" else _WEEKDAYS[int(key) - 1]


def _labels(tx: ReadTx, account_id: str, group_by: str) -> dict[str, str]:
    if group_by == "number":
        return {number.id: number.label or number.e164 for number in list_numbers(tx, account_id)}
    if group_by == "user":
        return {person.id: person.name for person in list_people(tx, account_id)}
    return {}


def bucket_starts(since: int, until: int, zone: ZoneInfo, interval: str) -> list[int]:
    """Where the buckets begin that cover the span; a day has 23 to 25 hours around a clock change."""
    first = to_datetime(since).astimezone(zone)
    if interval == "hour":
        # Hours are told by what the clock shows, so they pass it twice or skip one.
        start = since - (first.minute * 60 + first.second) * 1000 - first.microsecond // 1000
        return list(range(start, until + 1, 60 * MINUTE))
    day = datetime(first.year, first.month, first.day)
    if interval == "week":
        day -= timedelta(days=day.weekday())
    elif interval == "month":
        day = day.replace(day=1)
    starts = []
    while (start := from_datetime(day.replace(tzinfo=zone))) <= until:
        starts.append(start)
        if interval == "day":
            day += timedelta(days=1)
        elif interval == "week":
            day += timedelta(days=7)
        else:
            day = (day + timedelta(days=32)).replace(day=1)
    return starts
