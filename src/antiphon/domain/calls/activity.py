"""The call log: every filter and order of the native contract (contracts/votel.md 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.search import Mode, Needles, needles_of
from antiphon.core.db.search_parts import Columns
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import DomainError
from antiphon.core.events import Event
from antiphon.domain.accounts.audit import Target, changed, record
from antiphon.domain.calls.queries import FULL, call_of, get_call, joined_contact, parts_of, rows_of_ids
from antiphon.domain.calls.recordings import delete_recording
from antiphon.domain.calls.records import Call, CallFilters, CallPage
from antiphon.domain.calls.rows import lock_call, save_call
from antiphon.domain.calls.snapshot import snapshot
from antiphon.domain.calls.tables import call_search, calls, day_counts
from antiphon.domain.contacts.commands import touch_contact
from antiphon.domain.contacts.queries import get_contact

SORTS = ("started_at", "duration_seconds", "cost_micros")
MAX_TAGS = 50
MAX_TAG_CHARS = 100

c = calls.c


@dataclass(frozen=True, slots=True)
class CallLogFilters:
    """Absent ones match everything; times are inclusive milliseconds of `started_at`.

    `phone` is E.164 or the digits of a part; `search` is a part of the transcript.
    """

    direction: str | None = None
    status: str | None = None
    ended_reason: str | None = None
    agent_id: str | None = None
    user_id: str | None = None
    number_id: str | None = None
    lead_id: str | None = None
    phone: str | None = None
    min_duration: int | None = None
    sentiment: str | None = None
    success: bool | None = None
    has_recording: bool | None = None
    include_tests: bool = False
    search: str | None = None
    since: int | None = None
    until: int | None = None
    sort: str = "-started_at"


def _copied(columns: Columns) -> dict[str, ColumnElement[bool]]:
    return {
        "direction": columns.direction == bindparam("direction"),
        "status": columns.status == bindparam("status"),
        "agent_id": columns.assistant_id == bindparam("agent_id"),
        "lead_id": columns.contact_id == bindparam("lead_id"),
        "since": columns.started_at >= bindparam("since"),
        "until": columns.started_at <= bindparam("until"),
    }


_RECORDED = c.recording_key.is_not(None) & c.recording_deleted_at.is_(None)
_CONDITIONS: dict[str, ColumnElement[bool]] = {
    **_copied(c),
    "real": c.is_test.is_(False),
    "ended_reason": c.ended_reason == bindparam("ended_reason"),
    "user_id": c.user_id == bindparam("user_id"),
    "number_id": c.number_id == bindparam("number_id"),
    "phone": or_(
        c.remote_number.like(bindparam("phone"), escape="/"),
        c.group_number.like(bindparam("phone"), escape="/"),
    ),
    "min_duration": c.duration_seconds >= bindparam("min_duration"),
    "sentiment": c.sentiment_label == bindparam("sentiment"),
    "success": c.success == bindparam("success"),
    "recorded": _RECORDED,
    "unrecorded": ~_RECORDED,
}

_COPIED = frozenset(("real", *_copied(c)))
"""Filters that the index of the search knows."""
_BY_DAY = {"direction": "direction", "status": "status", "agent_id": "assistant_id"}
_COUNTED_BY_DAY = frozenset(("real", "since", "until", *_BY_DAY))
"""Filters whose totals the daily counts give; those count no tests."""


@lru_cache(maxsize=256)
def _statements(
    active: tuple[str, ...], sort: str, text: tuple[Mode, int] | None
) -> tuple[Prepared, Prepared]:
    conditions = [
        c.account_id == bindparam("account_id"),
        c.deleted_at.is_(None),
        c.ended_at.is_not(None),
        *(_CONDITIONS[name] for name in active),
    ]
    if text is not None:
        conditions.append(call_search.matching(*text))
    key = calls.c[sort.removeprefix("-")]
    order = (key.desc(), c.id.desc()) if sort.startswith("-") else (key.asc(), c.id.asc())
    page: Select[Any] = (
        select(*FULL)
        .select_from(joined_contact())
        .where(*conditions)
        .order_by(*order)
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
    )
    return Prepared(page), Prepared(select(func.count()).select_from(calls).where(*conditions))


def list_call_log(
    tx: ReadTx, account_id: str, filters: CallLogFilters, limit: int, offset: int = 0
) -> CallPage:
    """Ended calls with the exact total; their segments are left out."""
    active, parameters = _active(filters)
    text = None
    needles = needles_of(filters.search, past_head=True)
    is_newest_first = "real" in active and filters.sort == "-started_at"
    if needles is not None and is_newest_first and _COPIED.issuperset(active):
        return _search(tx, account_id, filters, needles, active, parameters, limit, offset)
    if needles is not None:
        mode = needles.mode(tx.dialect)
        text = mode, len(needles.texts)
        parameters |= call_search.parameters(tx, mode, account_id, needles)
    parameters["account_id"] = account_id
    if needles is None and is_newest_first and _COUNTED_BY_DAY.issuperset(active):
        return _list_by_days(tx, filters, active, parameters, limit, offset)
    page, count = _statements(active, filters.sort, text)
    total = int(tx.scalar(count, parameters))
    if offset >= total:
        return CallPage([], total)
    rows = tx.all(page, {**parameters, "limit": limit, "offset": offset})
    return CallPage([call_of(row) for row in rows], total)


def _search(
    tx: ReadTx,
    account_id: str,
    filters: CallLogFilters,
    needles: Needles,
    active: tuple[str, ...],
    parameters: dict[str, Any],
    limit: int,
    offset: int,
) -> CallPage:
    """As `list_call_log`, on what the index of the search has copies of."""
    names = [name for name in active if name != "real"]
    by = [name for name in names if name not in ("since", "until")]
    wanted = CallFilters(
        direction=filters.direction,
        status=filters.status,
        since=filters.since,
        until=filters.until,
        with_internal=True,
    )
    ids, total = call_search.find(
        tx,
        account_id,
        needles,
        shape=("log", active),
        conditions=lambda found: [
            found.ended_at.is_not(None),
            found.is_test.is_(False),
            *(_copied(found)[name] for name in names),
        ],
        order=lambda found: (found.started_at.desc(), found.id.desc()),
        parameters={**parameters, "limit": limit, "offset": offset},
        listed=parts_of(wanted, tuple(names)),
        counted=(lambda found: [found[name] == bindparam(name) for name in by])
        if {"direction", "status"}.issuperset(by)
        else None,
    )
    return CallPage([call_of(row) for row in rows_of_ids(tx, account_id, ids)], total)


def _list_by_days(
    tx: ReadTx,
    filters: CallLogFilters,
    active: tuple[str, ...],
    parameters: dict[str, Any],
    limit: int,
    offset: int,
) -> CallPage:
    """As `list_call_log`; the daily counts give the total and the days that hold the page."""
    page, count = _statements(tuple(dict.fromkeys((*active, "since", "until"))), filters.sort, None)
    by = tuple(name for name in active if name in _BY_DAY)
    total, window = day_counts.find(
        tx,
        shape=("log", by),
        conditions=lambda found: [found[_BY_DAY[name]] == bindparam(name) for name in by],
        parameters={**parameters, "limit": limit, "offset": offset},
        since=filters.since,
        until=filters.until,
        count=lambda bounds: int(tx.scalar(count, {**parameters, **bounds})),
    )
    if window is None:
        return CallPage([], total)
    place = {"since": window.since, "until": window.until, "offset": window.offset, "limit": limit}
    return CallPage([call_of(row) for row in tx.all(page, {**parameters, **place})], total)


def _active(filters: CallLogFilters) -> tuple[tuple[str, ...], dict[str, Any]]:
    names = [] if filters.include_tests else ["real"]
    parameters: dict[str, Any] = {}
    for name in (
        "direction",
        "status",
        "ended_reason",
        "agent_id",
        "user_id",
        "number_id",
        "lead_id",
        "min_duration",
        "sentiment",
        "success",
        "since",
        "until",
    ):
        value = getattr(filters, name)
        if value is not None:
            names.append(name)
            parameters[name] = value
    if filters.phone is not None:
        names.append("phone")
        parameters["phone"] = f"%{_escaped(filters.phone)}%"
    if filters.has_recording is not None:
        names.append("recorded" if filters.has_recording else "unrecorded")
    return tuple(names), parameters


def _escaped(text: str) -> str:
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")


def change_call(tx: WriteTx, account_id: str, call_id: str, changes: Mapping[str, Any]) -> Call:
    """Change `disposition`, `tags`, `notes`, `success` or `lead_id`; emits `call.updated`.

    Raises NotFoundError; DomainError on `tags`, or on `lead_id` when there is no such contact.
    """
    before = lock_call(tx, account_id, call_id)
    values: dict[str, Any] = {name: changes[name] for name in ("disposition", "success") if name in changes}
    if "notes" in changes:
        values["notes"] = changes["notes"] or ""
    if "tags" in changes:
        tags = list(dict.fromkeys(tag.strip() for tag in changes["tags"] if tag.strip()))
        if len(tags) > MAX_TAGS or any(len(tag) > MAX_TAG_CHARS for tag in tags):
            raise DomainError(f"at most {MAX_TAGS} tags of {MAX_TAG_CHARS} characters", field="tags")
        values["tags"] = msgspec.json.encode(tags).decode()
    if changes.get("lead_id") is not None and changes["lead_id"] != before.contact_id:
        contact = get_contact(tx, account_id, changes["lead_id"])
        values["contact_id"] = contact.id
    values = {name: value for name, value in values.items() if getattr(before, name, None) != value}
    if not values:
        return before
    after = save_call(tx, before, values)
    if after.contact_id != before.contact_id and after.counts and after.ended_at is not None:
        if before.contact_id is not None:
            touch_contact(tx, account_id, before.contact_id, -1, after.ended_at)
        if after.contact_id is not None:
            touch_contact(tx, account_id, after.contact_id, 1, after.ended_at)
    shown = ("disposition", "tags", "notes", "success", "contact_id")
    differences = changed(
        {name: getattr(before, name) for name in shown}, {name: getattr(after, name) for name in shown}
    )
    target = Target("call", call_id, after.remote_name or after.remote_number or "")
    record(tx, account_id, "call.updated", target, differences)
    tx.emit(Event(account_id, "call.updated", call_id, {**snapshot(after), "changes": differences}))
    return get_call(tx, account_id, call_id)


def erase_recording(tx: WriteTx, account_id: str, call_id: str) -> None:
    """As `delete_recording`, in a person's name. Raises NotFoundError."""
    call = lock_call(tx, account_id, call_id)
    if call.recording_deleted_at is not None:
        return
    delete_recording(tx, account_id, call_id)
    target = Target("call", call_id, call.remote_name or call.remote_number or "")
    record(tx, account_id, "recording.deleted", target)
