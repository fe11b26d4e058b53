"""The main figures of calls, voicegrams and messages over time (contracts/votel.md 6)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, func, select

from antiphon.core.db.transaction import ReadTx
from antiphon.domain.calls.report import SLOT_MS, Figures, ReportQuery, bucket_starts, phone_report
from antiphon.domain.conversations.records import WRITTEN, Channel, Direction, MessageStatus
from antiphon.domain.conversations.tables import messages
from antiphon.domain.voicegrams.tables import voicegrams

v, m = voicegrams.c, messages.c


@dataclass(slots=True)
class Overview:
    """Sums; `reply_ms` is from the first message not yet answered to the first answer, over `replies`."""

    voicegrams: int = 0
    messages_in: int = 0
    messages_out: int = 0
    replies: int = 0
    reply_ms: int = 0

    def add(self, row: Any) -> None:
        for name in _NAMES:
            setattr(self, name, getattr(self, name) + int(getattr(row, name, 0) or 0))


_NAMES = tuple(field.name for field in fields(Overview))


@dataclass(frozen=True, slots=True)
class OverviewBucket:
    start: int
    figures: Overview
    calls: Figures


@dataclass(frozen=True, slots=True)
class OverviewReport:
    """`totals` and `previous` are pairs of what is counted here and of calls."""

    totals: tuple[Overview, Figures]
    previous: tuple[Overview, Figures] | None
    series: list[OverviewBucket]


_VOICEGRAMS = (
    select((v.created_at // SLOT_MS).label("slot"), func.count().label("voicegrams"))
    .where(
        v.account_id == bindparam("account_id"),
        v.created_at.between(bindparam("since"), bindparam("until")),
        v.deleted_at.is_(None),
    )
    .group_by("slot")
)
_WRITTEN = [channel.value for channel in WRITTEN]
_HAPPENED = m.status.not_in([MessageStatus.SCHEDULED.value, MessageStatus.CANCELED.value])


def _is(direction: Direction) -> ColumnElement[int]:
    return func.sum(case((m.direction == direction.value, 1), else_=0))


_MESSAGES = (
    select(
        (m.created_at // SLOT_MS).label("slot"),
        _is(Direction.INBOUND).label("messages_in"),
        _is(Direction.OUTBOUND).label("messages_out"),
    )
    .where(
        m.account_id == bindparam("account_id"),
        m.channel.in_(_WRITTEN),
        m.created_at.between(bindparam("since"), bindparam("until")),
        m.deleted_at.is_(None),
        _HAPPENED,
    )
    .group_by("slot")
)
_before = func.lag(m.direction).over(partition_by=m.conversation_id, order_by=(m.created_at, m.id))
# A voicegram asks for an answer as a text does.
_said = (
    select(
        m.conversation_id,
        m.direction,
        m.created_at,
        m.id,
        _before.label("before"),
    )
    .where(
        m.account_id == bindparam("account_id"),
        m.channel.in_([*_WRITTEN, Channel.VOICEGRAM.value]),
        m.created_at.between(bindparam("since"), bindparam("until")),
        m.deleted_at.is_(None),
        _HAPPENED,
        m.direction.in_([Direction.INBOUND.value, Direction.OUTBOUND.value]),
    )
    .subquery()
)
_s = _said.c
# The first of each run of messages of one side: what follows it is the other side's first.
_turns = (
    select(
        _s.direction,
        _s.created_at,
        func.lead(_s.created_at)
        .over(partition_by=_s.conversation_id, order_by=(_s.created_at, _s.id))
        .label("answered_at"),
    )
    .where(_s.before.is_(None) | (_s.before != _s.direction))
    .subquery()
)
_t = _turns.c
_REPLIES = (
    select(
        (_t.answered_at // SLOT_MS).label("slot"),
        func.count().label("replies"),
        func.sum(_t.answered_at - _t.created_at).label("reply_ms"),
    )
    .where(_t.direction == Direction.INBOUND.value, _t.answered_at.is_not(None))
    .group_by("slot")
)


def overview_report(tx: ReadTx, account_id: str, query: ReportQuery) -> OverviewReport:
    """Totals, buckets with zeros where nothing was, and the span before when asked for."""
    calls = phone_report(tx, account_id, query)
    starts = bucket_starts(query.since, query.until, query.zone, query.interval)
    series = [
        OverviewBucket(start, Overview(), bucket.figures)
        for start, bucket in zip(starts, calls.series, strict=True)
    ]
    totals = Overview()
    for row in _rows(tx, account_id, query.since, query.until):
        totals.add(row)
        series[max(0, bisect_right(starts, row.slot * SLOT_MS) - 1)].figures.add(row)
    previous = None
    if calls.previous is not None:
        before = Overview()
        length = query.until - query.since + 1
        for row in _rows(tx, account_id, query.since - length, query.since - 1):
            before.add(row)
        previous = before, calls.previous
    return OverviewReport((totals, calls.totals), previous, series)


def _rows(tx: ReadTx, account_id: str, since: int, until: int) -> Iterator[Any]:
    parameters = {"account_id": account_id, "since": since, "until": until}
    for statement in (_VOICEGRAMS, _MESSAGES, _REPLIES):
        yield from tx.all(statement, parameters)
