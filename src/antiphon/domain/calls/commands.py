"""Writes of calls: from ringing to the end, segments, recordings, results of the analysis, erasure.

Callbacks come twice and in any order: a call is found again by its carrier's id, times are filled in as they
become known, and a state never goes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import Text, and_, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from antiphon.core.clock import DAY
from antiphon.core.db.search import normalise
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.core.events import Event, events
from antiphon.core.ids import new_id
from antiphon.domain.accounts.commands import add_to_counter
from antiphon.domain.accounts.tables import memberships, users
from antiphon.domain.calls.queries import COUNTER, find_call_id, full_name, get_call
from antiphon.domain.calls.records import (
    Call,
    CallStatus,
    NewSegment,
    Segment,
    SegmentType,
    StartCall,
    Step,
    Turn,
)
from antiphon.domain.calls.snapshot import analyzed_snapshot, snapshot
from antiphon.domain.calls.tables import call_days, call_segments, calls
from antiphon.domain.calls.turns import transcriptions
from antiphon.domain.contacts.commands import resolve_contact, touch_contact
from antiphon.domain.pipeline import delete_object

FIRST_RUN = "first"
OBJECT_SOURCE = "object:"
PARTS = "\t"

_OWN = and_(
    calls.c.account_id == bindparam("p_account"),
    calls.c.id == bindparam("p_id"),
    calls.c.deleted_at.is_(None),
)
_LOCK = (
    select(calls.c.id)
    .where(calls.c.account_id == bindparam("account_id"), calls.c.id == bindparam("call_id"))
    .with_for_update()
)
_INSERT = {
    "sqlite": sqlite.insert(calls).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(calls).on_conflict_do_nothing(),
}
_DAY_KEY = ["account_id", "day", "direction", "status", "assistant_id"]
_sqlite_day, _postgres_day = sqlite.insert(call_days), postgresql.insert(call_days)
_COUNT_DAY = {
    "sqlite": _sqlite_day.on_conflict_do_update(
        index_elements=_DAY_KEY, set_={"value": call_days.c.value + _sqlite_day.excluded.value}
    ),
    "postgresql": _postgres_day.on_conflict_do_update(
        index_elements=_DAY_KEY, set_={"value": call_days.c.value + _postgres_day.excluded.value}
    ),
}
_SEGMENT = and_(
    call_segments.c.account_id == bindparam("p_account"), call_segments.c.call_id == bindparam("p_id")
)
_POSITIONS = (
    select(
        call_segments.c.position,
        call_segments.c.type,
        call_segments.c.started_at,
        call_segments.c.extension,
    )
    .where(call_segments.c.account_id == bindparam("account_id"))
    .where(call_segments.c.call_id == bindparam("call_id"))
    .order_by(call_segments.c.position)
)
_IN_TIME = (
    select(call_segments.c.position)
    .where(call_segments.c.account_id == bindparam("account_id"))
    .where(call_segments.c.call_id == bindparam("call_id"))
    .order_by(call_segments.c.started_at, call_segments.c.position)
)
_CLOSE_SEGMENTS = (
    call_segments.update()
    .where(_SEGMENT, call_segments.c.ended_at.is_(None))
    .values(ended_at=bindparam("p_at"))
)
_STORE_SEGMENT = (
    call_segments.update()
    .where(_SEGMENT, call_segments.c.position == bindparam("p_position"))
    .values(
        transcription=bindparam("p_transcription"),
        summary=bindparam("p_summary"),
        sentiment_label=bindparam("p_label"),
        sentiment_score=bindparam("p_score"),
    )
)
_AT = {"sqlite": func.instr, "postgresql": func.strpos}
_RENAME = {
    dialect: (
        update(calls)
        .where(calls.c.account_id == bindparam("p_account"), calls.c.contact_id == bindparam("p_contact"))
        .where(func.substr(calls.c.search_text, 1, bindparam("p_length")) != bindparam("p_prefix"))
        .values(
            search_text=bindparam("p_name", type_=Text)
            + func.substr(calls.c.search_text, at(calls.c.search_text, PARTS))
        )
    )
    for dialect, at in _AT.items()
}
_COLLEAGUE = (
    select(memberships.c.extension, users.c.name)
    .join(users, users.c.id == memberships.c.user_id)
    .where(memberships.c.account_id == bindparam("account_id"))
    .where(memberships.c.user_id == bindparam("user_id"))
)


def start_call(tx: WriteTx, account_id: str, start: StartCall) -> Call:
    """The call that rings, or the one of this carrier's id with what was not known of it filled in.

    The outside party becomes a contact, except of a test call. Emits `call.started` once.
    """
    known = None
    if start.call_sid is not None:
        known = find_call_id(tx, account_id, start.carrier, start.call_sid)
    if known is None:
        call_id = new_id()
        if _insert(tx, account_id, call_id, start):
            call = get_call(tx, account_id, call_id)
            tx.emit(Event(account_id, "call.started", call.id, snapshot(call)))
            return call
        known = find_call_id(tx, account_id, start.carrier, str(start.call_sid))
    return _fill_in(tx, lock_call(tx, account_id, str(known)), start)


def _insert(tx: WriteTx, account_id: str, call_id: str, start: StartCall, **values: Any) -> bool:
    """False when another transaction has just stored the same call."""
    extension, extension_name = _place(tx, account_id, start.user_id, start.extension, start.extension_name)
    contact_id, name = _contact(tx, account_id, start)
    row = {
        "id": call_id,
        "account_id": account_id,
        "carrier": start.carrier,
        "call_sid": start.call_sid,
        "direction": start.direction.value,
        "status": CallStatus.RINGING.value,
        "from_number": start.from_number,
        "to_number": start.to_number,
        "remote_number": start.remote_number,
        "group_number": start.group_number,
        "number_id": start.number_id,
        "contact_id": contact_id,
        "user_id": start.user_id,
        "assistant_id": start.assistant_id,
        "extension": extension,
        "extension_name": extension_name,
        "started_at": tx.now if start.started_at is None else start.started_at,
        "duration_seconds": 0,
        "cost_micros": 0,
        "stt_seconds": 0.0,
        "tts_characters": 0,
        "metadata": msgspec.json.encode(start.metadata).decode(),
        "is_test": start.is_test,
        "search_text": _search_text(name, extension_name),
        "created_at": tx.now,
        **values,
    }
    return tx.execute(_INSERT[tx.dialect], row).rowcount == 1


def _contact(tx: WriteTx, account_id: str, start: StartCall) -> tuple[str | None, str | None]:
    if start.is_test or start.remote_number is None:
        return None, None
    contact = resolve_contact(
        tx, account_id, phone=start.remote_number, name=start.remote_name, source="phone"
    )
    return contact.id, contact.name


def _place(
    tx: WriteTx, account_id: str, user_id: str | None, extension: str | None, name: str | None
) -> tuple[str | None, str | None]:
    """Extension and its name; a user's own where none is given."""
    if user_id is None or (extension is not None and name is not None):
        return extension, name
    row = tx.first(_COLLEAGUE, {"account_id": account_id, "user_id": user_id})
    if row is None:
        return extension, name
    return extension or row.extension, name or row.name


def _search_text(remote_name: str | None, extension_name: str | None) -> str:
    """What a search by name looks at: two parts, so that the first can be replaced alone."""
    return f"{normalise(remote_name or '')}{PARTS}{normalise(extension_name or '')}"


def follow_contact(tx: WriteTx, event: Event) -> None:
    """Reaction: calls are found by their contact's name as it is now, and by none once it is deleted."""
    if event.type == "lead.updated" and not event.data["is_renamed"]:
        return
    data = event.data if event.type == "lead.updated" else {}
    name = normalise(full_name(data.get("first_name"), data.get("last_name"), data.get("company")) or "")
    tx.execute(
        _RENAME[tx.dialect],
        {
            "p_account": event.account_id,
            "p_contact": event.object_id,
            "p_name": name,
            "p_prefix": name + PARTS,
            "p_length": len(name) + 1,
        },
    )


def _fill_in(tx: WriteTx, call: Call, start: StartCall) -> Call:
    changes: dict[str, Any] = {
        name: given
        for name in ("number_id", "user_id", "assistant_id")
        if getattr(call, name) is None and (given := getattr(start, name)) is not None
    }
    account_id = call.account_id
    extension, extension_name = _place(tx, account_id, start.user_id, start.extension, start.extension_name)
    if call.extension is None and extension is not None:
        changes["extension"] = extension
    if call.extension_name is None and extension_name is not None:
        changes["extension_name"] = extension_name
    if call.direction is start.direction:
        for name in ("from_number", "to_number", "remote_number", "group_number"):
            if getattr(call, name) is None and getattr(start, name) is not None:
                changes[name] = getattr(start, name)
    if "remote_number" in changes and call.contact_id is None:
        changes["contact_id"], remote_name = _contact(tx, account_id, start)
        changes["search_text"] = _search_text(remote_name, extension_name or call.extension_name)
        if call.counts and call.ended_at is not None and changes["contact_id"] is not None:
            touch_contact(tx, account_id, changes["contact_id"], 1, call.ended_at)
    if start.started_at is not None and start.started_at < call.started_at:
        changes["started_at"] = start.started_at
    given = msgspec.json.decode(call.metadata)
    if not start.metadata.keys() <= given.keys():
        changes["metadata"] = msgspec.json.encode({**start.metadata, **given}).decode()
    return _save(tx, call, changes)


def lock_call(tx: WriteTx, account_id: str, call_id: str) -> Call:
    """The call, not changed by anybody else until the commit. Raises NotFoundError."""
    tx.all(_LOCK, {"account_id": account_id, "call_id": call_id})
    return get_call(tx, account_id, call_id)


def _save(tx: WriteTx, call: Call, changes: dict[str, Any]) -> Call:
    """Store changed fields and move the counters with them."""
    if not changes:
        return call
    values = {key: value.value if isinstance(value, CallStatus) else value for key, value in changes.items()}
    if "extension_name" in changes and "search_text" not in changes:
        values["search_text"] = _search_text(call.remote_name, changes["extension_name"])
    tx.execute(update(calls).where(_OWN).values(**values), {"p_account": call.account_id, "p_id": call.id})
    after = get_call(tx, call.account_id, call.id)
    _recount(tx, call, after)
    return after


def _recount(tx: WriteTx, before: Call | None, after: Call | None) -> None:
    old, new = _day_key(before), _day_key(after)
    if old != new:
        for key, amount in ((old, -1), (new, 1)):
            if key is not None:
                tx.execute(_COUNT_DAY[tx.dialect], {**key, "value": amount})
    amount = int(after is not None and after.counts) - int(before is not None and before.counts)
    call = after or before
    if amount and call is not None:
        add_to_counter(tx, call.account_id, COUNTER, amount)
        if call.contact_id is not None and call.ended_at is not None:
            touch_contact(tx, call.account_id, call.contact_id, amount, call.ended_at)


def _day_key(call: Call | None) -> dict[str, Any] | None:
    if call is None or not call.is_ended or call.is_test:
        return None
    return {
        "account_id": call.account_id,
        "day": call.started_at // DAY,
        "direction": call.direction.value,
        "status": call.status.value,
        "assistant_id": call.assistant_id or "",
    }


def answer_call(
    tx: WriteTx,
    account_id: str,
    call_id: str,
    *,
    at: int,
    user_id: str | None = None,
    assistant_id: str | None = None,
    extension: str | None = None,
    extension_name: str | None = None,
) -> Call:
    """Somebody or an assistant picked up at `at` (ms); emits `call.answered` once. Raises NotFoundError.

    After the end only the missing time of a completed call is filled in.
    """
    call = lock_call(tx, account_id, call_id)
    if call.answered_at is not None or (call.is_ended and call.status is not CallStatus.COMPLETED):
        return call
    answered_at = max(at, call.started_at)
    if call.ended_at is not None:
        answered_at = min(answered_at, call.ended_at)
    changes: dict[str, Any] = {"answered_at": answered_at}
    if call.ended_at is None:
        changes["status"] = CallStatus.IN_PROGRESS
    else:
        changes["duration_seconds"] = min(call.duration_seconds, (call.ended_at - answered_at) // 1000)
    extension, extension_name = _place(tx, account_id, user_id, extension, extension_name)
    given = {
        "user_id": user_id,
        "assistant_id": assistant_id,
        "extension": extension,
        "extension_name": extension_name,
    }
    changes |= {name: value for name, value in given.items() if value is not None}
    call = _save(tx, call, changes)
    tx.emit(Event(account_id, "call.answered", call.id, snapshot(call)))
    return call


def end_call(
    tx: WriteTx,
    account_id: str,
    call_id: str,
    *,
    at: int,
    status: CallStatus | None = None,
    ended_reason: str | None = None,
    duration_seconds: int | None = None,
    cost_micros: int | None = None,
) -> Call:
    """Hang-up at `at` (ms); emits `call.ended` once and starts the analysis of a recording that is there.

    Without a `status` an answered call is completed and another one was not answered. Of an ended call only
    cost and reason are still filled in. Raises NotFoundError; DomainError for a status that is not final.
    """
    if status is not None and not status.is_final:
        raise DomainError("the status of an ended call", field="status")
    call = lock_call(tx, account_id, call_id)
    changes: dict[str, Any] = {}
    if cost_micros is not None and call.cost_micros == 0 and cost_micros != 0:
        changes["cost_micros"] = cost_micros
    if ended_reason is not None and call.ended_reason is None:
        changes["ended_reason"] = ended_reason
    if call.is_ended:
        return _save(tx, call, changes)
    if status is None:
        status = CallStatus.NO_ANSWER if call.answered_at is None else CallStatus.COMPLETED
    ended_at = max(at, call.started_at, call.answered_at or 0)
    _close_segments(tx, call, status, ended_reason, ended_at)
    connected = status is CallStatus.COMPLETED or ended_reason == "voicemail"
    talked = (ended_at - (call.answered_at or call.started_at)) // 1000
    changes |= {
        "status": status,
        "ended_at": ended_at,
        "duration_seconds": (talked if duration_seconds is None else max(0, duration_seconds))
        if connected
        else 0,
    }
    call = _save(tx, call, changes)
    tx.emit(Event(account_id, "call.ended", call.id, snapshot(call)))
    start_analysis(tx, call)
    return call


def _close_segments(
    tx: WriteTx, call: Call, status: CallStatus, ended_reason: str | None, ended_at: int
) -> None:
    """Every call has a journey: one whose stages nobody told of gets the one that follows from its end."""
    tx.execute(_CLOSE_SEGMENTS, {"p_account": call.account_id, "p_id": call.id, "p_at": ended_at})
    if call.segments:
        return
    if ended_reason == "voicemail":
        kind = SegmentType.VOICEMAIL
    elif call.assistant_id is not None:
        kind = SegmentType.AI_AGENT
    elif call.extension is not None or call.user_id is not None:
        kind = SegmentType.EXTENSION
    else:
        kind = SegmentType.EXTERNAL
    _insert_segments(
        tx,
        call.account_id,
        call.id,
        0,
        [NewSegment(kind, call.started_at, ended_at, call.user_id, call.extension, call.extension_name)],
    )


def add_segment(tx: WriteTx, account_id: str, call_id: str, segment: NewSegment) -> Segment:
    """A stage of the journey; the one of the same type, start and extension only gets its end.

    Raises NotFoundError.
    """
    call = lock_call(tx, account_id, call_id)
    rows = tx.all(_POSITIONS, {"account_id": account_id, "call_id": call_id})
    ended_at = segment.ended_at if segment.ended_at is not None else call.ended_at
    place = _place(tx, account_id, segment.user_id, segment.extension, segment.extension_name)
    segment = replace(segment, ended_at=ended_at, extension=place[0], extension_name=place[1])
    key = (segment.type.value, segment.started_at, segment.extension)
    position = next((row.position for row in rows if (row.type, row.started_at, row.extension) == key), None)
    if position is None:
        position = rows[-1].position + 1 if rows else 0
        _insert_segments(tx, account_id, call_id, position, [segment])
    elif ended_at is not None:
        tx.execute(
            call_segments.update()
            .where(_SEGMENT, call_segments.c.position == bindparam("p_position"))
            .values(ended_at=bindparam("p_at")),
            {"p_account": account_id, "p_id": call_id, "p_position": position, "p_at": ended_at},
        )
    in_time = [row.position for row in tx.all(_IN_TIME, {"account_id": account_id, "call_id": call_id})]
    return get_call(tx, account_id, call_id).segments[in_time.index(position)]


def _insert_segments(
    tx: WriteTx, account_id: str, call_id: str, first: int, segments: Sequence[NewSegment]
) -> None:
    tx.execute(
        call_segments.insert(),
        [
            {
                "call_id": call_id,
                "position": position,
                "account_id": account_id,
                "type": segment.type.value,
                "user_id": segment.user_id,
                "extension": segment.extension,
                "extension_name": segment.extension_name,
                "started_at": segment.started_at,
                "ended_at": segment.ended_at,
            }
            for position, segment in enumerate(segments, first)
        ],
    )


def attach_recording(
    tx: WriteTx,
    account_id: str,
    call_id: str,
    *,
    source_key: str | None = None,
    source_url: str | None = None,
    started_at: int | None = None,
) -> Call:
    """Where the recording is: an object of ours, or the carrier's address. The first one counts.

    Of two channels the first is the outside party. `started_at` (ms) is when the recording began: the answer
    unless given. An account that does not record keeps none. Raises NotFoundError.
    """
    call = lock_call(tx, account_id, call_id)
    if call.recording_source is not None or call.recording_deleted_at is not None:
        return call
    source = source_url if source_key is None else OBJECT_SOURCE + source_key
    if source is None:
        raise DomainError("source_key or source_url", field="source_url")
    call = _save(tx, call, {"recording_source": source, "recording_started_at": started_at})
    if call.is_ended:
        start_analysis(tx, call)
    return call


def start_analysis(tx: WriteTx, call: Call) -> None:
    """Enqueue the first open step of an ended call; a call with neither recording nor words has none."""
    if call.recording_source is not None and call.recording_key is None:
        enqueue_step(tx, call.account_id, call.id, Step.FETCH)
    elif call.transcript is not None and call.analyzed_at is None:
        enqueue_step(tx, call.account_id, call.id, Step.INSIGHT)


def enqueue_step(tx: WriteTx, account_id: str, call_id: str, step: Step, run: str = FIRST_RUN) -> None:
    """Enqueue a step under a key that is stable for its run; each repetition is a run of its own."""
    tx.enqueue(
        f"call.{step.value}",
        {"account_id": account_id, "call_id": call_id, "run": run},
        key=f"call.{step.value}:{call_id}:{run}",
    )


def store_results(tx: WriteTx, account_id: str, call_id: str, results: dict[str, Any]) -> Call:
    """Columns that a step of the analysis has found. Raises NotFoundError."""
    return _save(tx, lock_call(tx, account_id, call_id), results)


def store_transcript(
    tx: WriteTx,
    account_id: str,
    call_id: str,
    turns: Sequence[Turn],
    *,
    engine: str | None = None,
    confidence: float | None = None,
    stt_seconds: float | None = None,
) -> Call:
    """What was said, of the call and by time of its segments; an ended call goes on to its summary.

    Raises NotFoundError.
    """
    call = lock_call(tx, account_id, call_id)
    changes: dict[str, Any] = {
        "transcript": msgspec.json.encode(list(turns)).decode(),
        "transcript_engine": engine,
        "transcript_confidence": confidence,
    }
    if stt_seconds is not None:
        changes["stt_seconds"] = stt_seconds
    call = _save(tx, call, changes)
    store_segments(tx, call, [(text, None, None, None) for text in transcriptions(call)])
    if call.is_ended:
        start_analysis(tx, call)
    return get_call(tx, account_id, call_id)


SegmentResult = tuple[str | None, str | None, str | None, float | None]


def store_segments(tx: WriteTx, call: Call, results: Sequence[SegmentResult]) -> None:
    """Transcription, summary, sentiment label and score of each segment, in time order."""
    positions = tx.all(_IN_TIME, {"account_id": call.account_id, "call_id": call.id})
    for row, (transcription, summary, label, score) in zip(positions, results, strict=True):
        tx.execute(
            _STORE_SEGMENT,
            {
                "p_account": call.account_id,
                "p_id": call.id,
                "p_position": row.position,
                "p_transcription": transcription,
                "p_summary": summary,
                "p_label": label,
                "p_score": score,
            },
        )


def complete_analysis(tx: WriteTx, account_id: str, call_id: str) -> bool:
    """Mark analysed and emit `call.analyzed`; false when that was done before. Raises NotFoundError."""
    call = lock_call(tx, account_id, call_id)
    if call.analyzed_at is not None:
        return False
    call = _save(tx, call, {"analyzed_at": tx.now})
    tx.emit(Event(account_id, "call.analyzed", call.id, analyzed_snapshot(call)))
    return True


def import_call(
    tx: WriteTx,
    account_id: str,
    start: StartCall,
    *,
    status: CallStatus,
    ended_at: int,
    answered_at: int | None = None,
    duration_seconds: int | None = None,
    cost_micros: int = 0,
    ended_reason: str | None = None,
    summary: str | None = None,
    turns: Sequence[Turn] = (),
    segments: Sequence[NewSegment] = (),
    recording_key: str | None = None,
) -> str | None:
    """Store a call of the past, without events of its own; its id, or None when it is there already.

    It is found again by carrier and `call_sid`. A recording, an object of ours, is analysed as any other.
    """
    if start.call_sid is None:
        raise DomainError("an imported call needs an id", field="call_sid")
    if find_call_id(tx, account_id, start.carrier, start.call_sid) is not None:
        return None
    call_id = new_id()
    begun = tx.now if start.started_at is None else start.started_at
    if duration_seconds is None:
        duration_seconds = (ended_at - (answered_at or begun)) // 1000
    stored = _insert(
        tx,
        account_id,
        call_id,
        replace(start, started_at=begun),
        status=status.value,
        answered_at=answered_at,
        ended_at=ended_at,
        ended_reason=ended_reason,
        duration_seconds=duration_seconds if status is CallStatus.COMPLETED else 0,
        cost_micros=cost_micros,
        summary=summary,
        transcript=msgspec.json.encode(list(turns)).decode() if turns else None,
        recording_source=None if recording_key is None else OBJECT_SOURCE + recording_key,
    )
    if not stored:
        return None
    call = get_call(tx, account_id, call_id)
    _recount(tx, None, call)
    if segments:
        _insert_segments(tx, account_id, call_id, 0, segments)
    else:
        _close_segments(tx, call, status, ended_reason, ended_at)
    call = get_call(tx, account_id, call_id)
    if turns:
        store_segments(tx, call, [(text, None, None, None) for text in transcriptions(call)])
    start_analysis(tx, call)
    return call_id


def delete_recording(tx: WriteTx, account_id: str, call_id: str) -> None:
    """The file goes, transcript and summary stay (contracts/vocatech.md 5.6). Raises NotFoundError."""
    call = lock_call(tx, account_id, call_id)
    if call.recording_deleted_at is not None:
        return
    _save(tx, call, {"recording_deleted_at": tx.now, "recording_key": None, "recording_source": None})
    _delete_objects(tx, call)


def delete_call(tx: WriteTx, account_id: str, call_id: str) -> None:
    """Erase recording and words; the id is gone in every contract. Raises NotFoundError."""
    call = lock_call(tx, account_id, call_id)
    tx.execute(
        update(calls)
        .where(_OWN)
        .values(
            deleted_at=tx.now,
            from_number=None,
            to_number=None,
            remote_number=None,
            recording_key=None,
            recording_source=None,
            transcript=None,
            summary=None,
            analysis=None,
            metadata="{}",
            search_text=PARTS,
        ),
        {"p_account": account_id, "p_id": call_id},
    )
    tx.execute(call_segments.delete().where(_SEGMENT), {"p_account": account_id, "p_id": call_id})
    tx.execute(
        events.update()
        .where(events.c.account_id == account_id, events.c.object_id == call_id)
        .values(data="{}")
    )
    _recount(tx, call, None)
    _delete_objects(tx, call)
    tx.emit(Event(account_id, "call.deleted", call_id, {"contact_id": call.contact_id}))


def _delete_objects(tx: WriteTx, call: Call) -> None:
    keys = {call.recording_key}
    if call.recording_source is not None and call.recording_source.startswith(OBJECT_SOURCE):
        keys.add(call.recording_source.removeprefix(OBJECT_SOURCE))
    for key in keys - {None}:
        delete_object(tx, str(key))


def call_exists(tx: WriteTx, account_id: str, call_id: str) -> bool:
    try:
        get_call(tx, account_id, call_id)
    except NotFoundError:
        return False
    return True
