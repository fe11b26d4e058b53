"""Reads of calls: one, pages of ended ones, and what a recording link opens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Text,
    and_,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    text,
)

from antiphon.core.db.prepared import Prepared, Query
from antiphon.core.db.search import Needles
from antiphon.core.db.search_newest import Conditions
from antiphon.core.db.search_parts import Columns, Listed
from antiphon.core.db.transaction import AnyRow, ReadTx
from antiphon.core.errors import NotFoundError
from antiphon.core.ids import is_uuid
from antiphon.domain.accounts.tables import account_counters
from antiphon.domain.calls.records import (
    Call,
    CallDirection,
    CallFilters,
    CallPage,
    CallRows,
    CallStatus,
    RecordingTarget,
    Segment,
    SegmentType,
)
from antiphon.domain.calls.search import call_needles
from antiphon.domain.calls.tables import (
    ANSWERED_PARTS,
    MISSED_PARTS,
    call_search,
    call_segments,
    calls,
    day_counts,
)
from antiphon.domain.contacts.names import full_name
from antiphon.domain.contacts.tables import contacts

COUNTER = "calls"

c = calls.c
s = call_segments.c

_CONTACT = and_(
    contacts.c.account_id == c.account_id, contacts.c.id == c.contact_id, contacts.c.deleted_at.is_(None)
)
_NAMES = (contacts.c.first_name, contacts.c.last_name, contacts.c.company)
FULL = (
    c.id,
    c.account_id,
    c.carrier,
    c.call_sid,
    c.direction,
    c.status,
    c.ended_reason,
    c.from_number,
    c.to_number,
    c.remote_number,
    *_NAMES,
    c.group_number,
    c.number_id,
    c.contact_id,
    c.user_id,
    c.assistant_id,
    c.extension,
    c.extension_name,
    c.started_at,
    c.answered_at,
    c.ended_at,
    c.duration_seconds,
    c.cost_micros,
    c.stt_seconds,
    c.tts_characters,
    c.recording_key,
    c.recording_source,
    c.recording_started_at,
    c.recording_bytes,
    c.recording_channels,
    c.recording_deleted_at,
    c.transcript,
    c.transcript_engine,
    c.transcript_confidence,
    c.summary,
    c.sentiment_label,
    c.sentiment_score,
    c.analysis,
    c.analyzed_at,
    c.metadata,
    c.is_test,
    c.created_at,
    c.disposition,
    c.tags,
    c.notes,
    c.success,
)
FEED = (
    c.id,
    c.call_sid,
    c.direction,
    c.status,
    c.from_number,
    c.to_number,
    c.duration_seconds,
    c.cost_micros,
    c.summary,
    c.transcript,
    c.recording_key,
    c.carrier,
    c.started_at,
    c.ended_at,
    c.assistant_id,
)
REPORT = (
    c.id,
    c.direction,
    c.status,
    c.extension,
    c.extension_name,
    c.remote_number,
    *_NAMES,
    c.group_number,
    c.started_at,
    c.ended_at,
    c.sentiment_label,
    c.sentiment_score,
)
_SEGMENT = (
    s.type,
    s.user_id,
    s.extension,
    s.extension_name,
    s.started_at,
    s.ended_at,
    s.summary,
    s.transcription,
    s.sentiment_label,
    s.sentiment_score,
)


def _listed(columns: Columns) -> tuple[ColumnElement[bool], ...]:
    return columns.ended_at.is_not(None), columns.is_test.is_(False)


_LIVE = and_(c.account_id == bindparam("account_id"), c.deleted_at.is_(None))
_ENDED = and_(_LIVE, *_listed(c))
_ONE = Prepared(
    select(*FULL).select_from(calls.outerjoin(contacts, _CONTACT)).where(_LIVE, c.id == bindparam("call_id"))
)
_HAS_SID = (
    c.account_id == bindparam("account_id"),
    c.carrier == bindparam("carrier"),
    c.call_sid == bindparam("call_sid"),
)
_BY_SID = Prepared(select(c.id).where(*_HAS_SID))
_ONE_BY_SID = Prepared(
    select(*FULL).select_from(calls.outerjoin(contacts, _CONTACT)).where(*_HAS_SID, c.deleted_at.is_(None))
)
_SEGMENTS = Prepared(
    select(*_SEGMENT)
    .where(s.account_id == bindparam("account_id"), s.call_id == bindparam("call_id"))
    .order_by(s.started_at, s.position)
)
_SEGMENTS_OF = select(s.call_id, *_SEGMENT).order_by(s.call_id, s.started_at, s.position)
_IDS = func.json_each(bindparam("call_ids")).table_valued("value")
_PAGE_SEGMENTS_SQLITE = Prepared(
    _SEGMENTS_OF.where(s.account_id == bindparam("account_id"), s.call_id.in_(select(_IDS.c.value)))
)
_PAGE_SEGMENTS_POSTGRES = _SEGMENTS_OF.where(
    s.account_id == bindparam("account_id"), s.call_id == any_(bindparam("call_ids", type_=ARRAY(Text)))
)
_COUNTED = select(account_counters.c.value).where(
    account_counters.c.account_id == bindparam("account_id"), account_counters.c.name == COUNTER
)
_TOTAL = Prepared(_COUNTED)
# unscoped: the signed token names the call, so its account needs no further proof.
_RECORDING = Prepared(
    select(c.account_id, c.recording_key).where(
        c.id == bindparam("call_id"),
        c.recording_key.is_not(None),
        c.recording_deleted_at.is_(None),
        c.deleted_at.is_(None),
    )
)

SHORT_CALLS = 2000
FEW_SEGMENTS = 1000
"""So many of a user or an extension are read rather than looked up for each call."""
_HAVING = select(s.call_id).where(s.account_id == bindparam("account_id"))
_BY_SEGMENT = {"user_id": s.user_id, "extension": s.extension}
_AT_MOST = {
    name: Prepared(
        select(func.count()).select_from(
            _HAVING.where(column == bindparam(name)).limit(bindparam("most")).subquery()
        )
    )
    for name, column in _BY_SEGMENT.items()
}
_EACH = "each "
"""Before the name of a filter by segments, that it is looked up for each call rather than of all segments."""


def _text_conditions(columns: Columns) -> dict[str, ColumnElement[bool]]:
    """Those on columns that texts are counted by."""
    return {
        "external": columns.direction != CallDirection.INTERNAL.value,
        "status": columns.status == bindparam("status"),
        "answered": columns.status == CallStatus.COMPLETED.value,
        "missed": columns.status != CallStatus.COMPLETED.value,
        "direction": columns.direction == bindparam("direction"),
    }


def _day_conditions(columns: Columns) -> dict[str, ColumnElement[bool]]:
    """Those on columns that the daily counts have too."""
    return {
        **_text_conditions(columns),
        "assistant_id": columns.assistant_id == bindparam("assistant_id"),
    }


def _conditions(columns: Columns) -> dict[str, ColumnElement[bool]]:
    return {
        **_day_conditions(columns),
        "id": columns.id == bindparam("id"),
        "remote_number": columns.remote_number == bindparam("remote_number"),
        "contact_id": columns.contact_id == bindparam("contact_id"),
        "since": columns.started_at >= bindparam("since"),
        "until": columns.started_at <= bindparam("until"),
        **{
            name: columns.id.in_(_HAVING.where(column == bindparam(name)))
            for name, column in _BY_SEGMENT.items()
        },
        **{
            # unscoped: those of a call of the account; the expression keeps SQLite from all segments of it,
            # the offset PostgreSQL
            _EACH + name: select(s.call_id)
            .where(s.call_id == columns.id, column.concat("") == bindparam(name))
            .offset(literal_column("0"))
            .correlate(columns.id.table)
            .exists()
            for name, column in _BY_SEGMENT.items()
        },
    }


_CONDITIONS = _conditions(c)
_COUNTED_BY_TEXT = frozenset(_text_conditions(c))
_COUNTED_BY_DAY = frozenset(_day_conditions(c))

Active = tuple[str, ...]


@cache
def _page(columns: tuple[Any, ...], active: Active) -> Prepared:
    source = calls.outerjoin(contacts, _CONTACT) if _NAMES[0] in columns else calls
    return Prepared(
        select(*columns)
        .select_from(source)
        .where(_ENDED, *(_CONDITIONS[name] for name in active))
        .order_by(c.started_at.desc(), c.id.desc())
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
    )


@cache
def _of_ids(columns: tuple[Any, ...], dialect: str) -> Prepared:
    """The rows of a list of ids, in no order."""
    source = calls.outerjoin(contacts, _CONTACT) if _NAMES[0] in columns else calls
    chosen = select(*columns).select_from(source)
    if dialect == "sqlite":
        # unscoped: the account is compared by text, whose plus keeps SQLite from reading the whole account.
        return Prepared(chosen.where(c.id.in_(select(_IDS.c.value)), text("+calls.account_id = :account_id")))
    of_account = c.account_id == bindparam("account_id")
    return Prepared(chosen.where(of_account, c.id == any_(bindparam("call_ids", type_=ARRAY(Text)))))


@cache
def _count(active: Active) -> Prepared:
    return Prepared(
        select(func.count()).select_from(calls).where(_ENDED, *(_CONDITIONS[name] for name in active))
    )


def _active(filters: CallFilters) -> tuple[Active, dict[str, Any]]:
    """The names of the conditions that apply, and their parameters."""
    names: list[str] = [] if filters.with_internal else ["external"]
    parameters: dict[str, Any] = {}
    if filters.is_answered is not None:
        names.append("answered" if filters.is_answered else "missed")
    for name in (
        "status",
        "direction",
        "assistant_id",
        "remote_number",
        "contact_id",
        "since",
        "until",
        "user_id",
        "extension",
    ):
        value = getattr(filters, name)
        if value is not None:
            names.append(name)
            parameters[name] = value
    if (wanted := _wanted_id(filters)) is not None:
        names.append("id")
        parameters["id"] = wanted
    return tuple(names), parameters


def _wanted_id(filters: CallFilters) -> str | None:
    wanted = (filters.search or "").strip().lower()
    return wanted if is_uuid(wanted) else None


def list_feed(
    tx: ReadTx,
    account_id: str,
    filters: CallFilters,
    limit: int,
    offset: int,
    columns: tuple[Any, ...] = FEED,
) -> CallRows:
    """Ended calls, newest first, with the exact total; tests are left out."""
    active, parameters = _active(filters)
    parameters["account_id"] = account_id
    needles = None
    if _wanted_id(filters) is None:
        needles = call_needles(filters.search, with_numbers=filters.with_numbers)
    active = _by_segments(tx, filters, active, parameters, is_search=needles is not None)
    if needles is not None:
        return _search(tx, account_id, filters, needles, columns, active, parameters, limit, offset)
    if active == ("external",) and offset == 0:
        total = int(tx.scalar(_TOTAL, parameters) or 0)
    elif (_COUNTED_BY_DAY | {"since", "until"}).issuperset(active):
        return _list_by_days(tx, filters, columns, active, parameters, limit, offset)
    else:
        total = int(tx.scalar(_count(active), parameters))
    if offset >= total or limit == 0:
        return CallRows([], total)
    return CallRows(tx.all(_page(columns, active), {**parameters, "limit": limit, "offset": offset}), total)


def _by_segments(
    tx: ReadTx, filters: CallFilters, active: Active, parameters: dict[str, Any], *, is_search: bool
) -> Active:
    """The names with those of filters by segments as they are to be applied, which no store finds out."""
    given = _BY_SEGMENT.keys() & set(active)
    if not given:
        return active
    most = FEW_SEGMENTS
    if not is_search:
        most += day_counts.at_most(tx, parameters["account_id"], filters.since, filters.until)
    each = {name for name in given if tx.scalar(_AT_MOST[name], {**parameters, "most": most + 1}) > most}
    return tuple(_EACH + name if name in each else name for name in active)


def _search(
    tx: ReadTx,
    account_id: str,
    filters: CallFilters,
    needles: Needles,
    columns: tuple[Any, ...],
    active: Active,
    parameters: dict[str, Any],
    limit: int,
    offset: int,
) -> CallRows:
    ids, total = call_search.find(
        tx,
        account_id,
        needles,
        shape=active,
        conditions=lambda found: (*_listed(found), *(_conditions(found)[name] for name in active)),
        order=lambda found: (found.started_at.desc(), found.id.desc()),
        parameters={**parameters, "limit": limit, "offset": offset},
        scan=_is_short(tx, filters, active, parameters),
        listed=parts_of(filters, active),
        counted=_counted(active),
    )
    return CallRows(rows_of_ids(tx, account_id, ids, columns), total)


def _counted(active: Active) -> Conditions | None:
    """The conditions of these names on what texts are counted by; None when there are others."""
    names = [name for name in active if name not in ("since", "until")]
    if not _COUNTED_BY_TEXT.issuperset(names):
        return None
    return lambda found: [_text_conditions(found)[name] for name in names]


def rows_of_ids(
    tx: ReadTx, account_id: str, ids: Sequence[str], columns: tuple[Any, ...] = FULL
) -> list[AnyRow]:
    """The rows of calls of the account, in the order of their ids."""
    if not ids:
        return []
    found = {row.id: row for row in tx.all(_of_ids(columns, tx.dialect), _ids_of(tx, account_id, ids))}
    return [found[call_id] for call_id in ids]


def parts_of(filters: CallFilters, active: Active) -> Listed:
    """What the parts of a search leave of a list with the conditions of these names."""
    completed = CallStatus.COMPLETED.value
    is_answered = filters.is_answered if filters.status is None else filters.status == completed
    kinds = {None: (ANSWERED_PARTS, MISSED_PARTS), True: (ANSWERED_PARTS,), False: (MISSED_PARTS,)}[
        is_answered
    ]
    parts = tuple(
        part
        for kind in kinds
        for direction, part in kind.items()
        if filters.direction in (None, direction)
        and (filters.with_internal or direction != CallDirection.INTERNAL.value)
    )
    covered = {"external", "direction", "answered", "missed", "since", "until"}
    if filters.status == completed and filters.is_answered is None:
        covered.add("status")
    return Listed(parts, covered.issuperset(active), filters.since, filters.until)


def _is_short(tx: ReadTx, filters: CallFilters, active: Active, parameters: dict[str, Any]) -> bool:
    """Whether a range holds so few calls that reading them is quicker than an index without days."""
    if filters.since is None or tx.dialect == "sqlite":
        return False
    return day_counts.at_most(tx, parameters["account_id"], filters.since, filters.until) <= SHORT_CALLS


def _latest(rows: Iterable[Sequence[Any]]) -> CallRows:
    found = list(rows)
    return CallRows([row[:-1] for row in found], found[0][-1] if found else 0)


list_latest = Query(
    Prepared(
        select(*FEED, _COUNTED.scalar_subquery().label("total"))
        .where(_ENDED, _CONDITIONS["external"])
        .order_by(c.started_at.desc(), c.id.desc())
        .limit(bindparam("limit"))
    ),
    _latest,
)
"""The first `limit` rows of `list_feed` without filters, as tuples of the columns `FEED`."""


def _list_by_days(
    tx: ReadTx,
    filters: CallFilters,
    columns: tuple[Any, ...],
    active: Active,
    parameters: dict[str, Any],
    limit: int,
    offset: int,
) -> CallRows:
    """As `list_feed`; the daily counts give the total and the days that hold the page."""
    bounded = tuple(dict.fromkeys((*active, "since", "until")))
    by = tuple(name for name in active if name in _COUNTED_BY_DAY)
    total, window = day_counts.find(
        tx,
        shape=by,
        conditions=lambda found: [_day_conditions(found)[name] for name in by],
        parameters={**parameters, "limit": limit, "offset": offset},
        since=filters.since,
        until=filters.until,
        count=lambda bounds: int(tx.scalar(_count(bounded), {**parameters, **bounds})),
    )
    if window is None:
        return CallRows([], total)
    place = {"since": window.since, "until": window.until, "offset": window.offset, "limit": limit}
    return CallRows(tx.all(_page(columns, bounded), {**parameters, **place}), total)


def list_calls(tx: ReadTx, account_id: str, filters: CallFilters, limit: int, offset: int) -> CallPage:
    """As `list_feed`, with whole calls; their segments are left out."""
    page = list_feed(tx, account_id, filters, limit, offset, FULL)
    return CallPage([call_of(row) for row in page.rows], page.total)


def list_call_page_with_segments(
    tx: ReadTx, account_id: str, filters: CallFilters, limit: int, offset: int
) -> tuple[CallRows, dict[str, list[AnyRow]]]:
    """A page with the columns of `REPORT`, and the segment rows of each call in time order by its id."""
    page = list_feed(tx, account_id, filters, limit, offset, REPORT)
    return page, _segments_of(tx, account_id, [row.id for row in page.rows])


def _segments_of(tx: ReadTx, account_id: str, call_ids: Sequence[str]) -> dict[str, list[AnyRow]]:
    found: dict[str, list[AnyRow]] = {call_id: [] for call_id in call_ids}
    if not found:
        return found
    statement = _PAGE_SEGMENTS_SQLITE if tx.dialect == "sqlite" else _PAGE_SEGMENTS_POSTGRES
    for row in tx.all(statement, _ids_of(tx, account_id, call_ids)):
        found[row[0]].append(row)
    return found


def _ids_of(tx: ReadTx, account_id: str, call_ids: Sequence[str]) -> dict[str, Any]:
    if tx.dialect == "sqlite":
        return {"account_id": account_id, "call_ids": msgspec.json.encode(call_ids).decode()}
    return {"account_id": account_id, "call_ids": list(call_ids)}


def get_call(tx: ReadTx, account_id: str, call_id: str) -> Call:
    """The call with its segments. Raises NotFoundError for absent, deleted and foreign ones alike."""
    parameters = {"account_id": account_id, "call_id": call_id}
    row = tx.first(_ONE, parameters)
    if row is None:
        raise NotFoundError("Call not found")
    return _with_segments(tx, row)


def find_call(tx: ReadTx, account_id: str, carrier: str, call_sid: str) -> Call | None:
    """By the carrier's own id."""
    row = tx.first(_ONE_BY_SID, {"account_id": account_id, "carrier": carrier, "call_sid": call_sid})
    return None if row is None else _with_segments(tx, row)


def _with_segments(tx: ReadTx, row: AnyRow) -> Call:
    found = tx.all(_SEGMENTS, {"account_id": row.account_id, "call_id": row.id})
    return call_of(row, tuple(_segment(order, segment) for order, segment in enumerate(found, 1)))


def find_call_id(tx: ReadTx, account_id: str, carrier: str, call_sid: str) -> str | None:
    """Deleted calls are found too, so that a late callback does not make another one."""
    found = tx.scalar(_BY_SID, {"account_id": account_id, "carrier": carrier, "call_sid": call_sid})
    return None if found is None else str(found)


def check_recording(tx: ReadTx, call_id: str) -> RecordingTarget:
    """The file that a valid token of this call opens. Raises NotFoundError when it is gone."""
    row = tx.first(_RECORDING, {"call_id": call_id})
    if row is None:
        raise NotFoundError("Recording not found")
    return RecordingTarget(row.account_id, row.recording_key)


def joined_contact() -> FromClause:
    """Calls with the contact whose name they show."""
    return calls.outerjoin(contacts, _CONTACT)


def call_of(row: AnyRow, segments: tuple[Segment, ...] = ()) -> Call:
    """A row of the columns `FULL`."""
    values = row._asdict()
    names = values.pop("first_name"), values.pop("last_name"), values.pop("company")
    values["direction"] = CallDirection(row.direction)
    values["status"] = CallStatus(row.status)
    return Call(remote_name=full_name(*names), segments=segments, **values)


def _segment(order: int, row: AnyRow) -> Segment:
    return Segment(order, SegmentType(row.type), *row[1:])
