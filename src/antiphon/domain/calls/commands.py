"""Calls from ringing to the end, and calls of the past.

Callbacks come twice and in any order: a call is found again by its carrier's id, times are filled in as they
become known, and a state never goes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy.dialects import postgresql, sqlite

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import DomainError
from antiphon.core.events import Event
from antiphon.core.ids import new_id
from antiphon.domain.accounts.audit import changed
from antiphon.domain.calls.analysis import start_analysis
from antiphon.domain.calls.queries import find_call_id, get_call
from antiphon.domain.calls.recordings import OBJECT_SOURCE
from antiphon.domain.calls.records import Call, CallStatus, NewSegment, StartCall, Turn
from antiphon.domain.calls.rows import lock_call, place_of, recount, save_call
from antiphon.domain.calls.search import search_text
from antiphon.domain.calls.segments import begin_earlier, close_segments, insert_segments, store_segments
from antiphon.domain.calls.snapshot import snapshot
from antiphon.domain.calls.tables import calls
from antiphon.domain.calls.turns import transcriptions
from antiphon.domain.contacts.commands import resolve_contact, touch_contact

_INSERT = {
    "sqlite": Prepared(sqlite.insert(calls).on_conflict_do_nothing()),
    "postgresql": Prepared(postgresql.insert(calls).on_conflict_do_nothing()),
}


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
    return fill_in_locked(tx, lock_call(tx, account_id, str(known)), start)


def _insert(
    tx: WriteTx,
    account_id: str,
    call_id: str,
    start: StartCall,
    turns: Sequence[Turn] = (),
    segments: Sequence[NewSegment] = (),
    **values: Any,
) -> bool:
    """False when another transaction has just stored the same call."""
    extension, extension_name = place_of(tx, account_id, start.user_id, start.extension, start.extension_name)
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
        "search_text": search_text(
            name,
            extension_name,
            extensions=(extension, *(segment.extension for segment in segments)),
            numbers=(start.from_number, start.to_number, start.remote_number),
            turns=turns,
        ),
        "created_at": tx.now,
        **values,
    }
    return tx.run(_INSERT[tx.dialect], row) == 1


def _contact(tx: WriteTx, account_id: str, start: StartCall) -> tuple[str | None, str | None]:
    if start.is_test or start.remote_number is None:
        return None, None
    contact = resolve_contact(
        tx, account_id, phone=start.remote_number, name=start.remote_name, source="phone"
    )
    return contact.id, contact.name


def fill_in_locked(tx: WriteTx, call: Call, start: StartCall) -> Call:
    """As `start_call`, of a call that is locked: what was not known of it is stored."""
    changes: dict[str, Any] = {
        name: given
        for name in ("number_id", "user_id", "assistant_id")
        if getattr(call, name) is None and (given := getattr(start, name)) is not None
    }
    account_id = call.account_id
    extension, extension_name = place_of(tx, account_id, start.user_id, start.extension, start.extension_name)
    if call.extension is None and extension is not None:
        changes["extension"] = extension
    if call.extension_name is None and extension_name is not None:
        changes["extension_name"] = extension_name
    if call.direction is start.direction:
        for name in ("from_number", "to_number", "remote_number", "group_number"):
            if getattr(call, name) is None and getattr(start, name) is not None:
                changes[name] = getattr(start, name)
    if "remote_number" in changes and call.contact_id is None:
        changes["contact_id"], _ = _contact(tx, account_id, start)
        if call.counts and call.ended_at is not None and changes["contact_id"] is not None:
            touch_contact(tx, account_id, changes["contact_id"], 1, call.ended_at)
    if start.started_at is not None and start.started_at < call.started_at:
        changes["started_at"] = start.started_at
        call = begin_earlier(tx, call, start.started_at)
    given = msgspec.json.decode(call.metadata)
    if not start.metadata.keys() <= given.keys():
        changes["metadata"] = msgspec.json.encode({**start.metadata, **given}).decode()
    after = save_call(tx, call, changes)
    if after.contact_id != call.contact_id and call.is_ended:
        differences = changed({"lead_id": None}, {"lead_id": after.contact_id})
        tx.emit(Event(account_id, "call.updated", call.id, {**snapshot(after), "changes": differences}))
    return after


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
    return answer_locked(
        tx,
        call,
        at=at,
        user_id=user_id,
        assistant_id=assistant_id,
        extension=extension,
        extension_name=extension_name,
    )


def answer_locked(
    tx: WriteTx,
    call: Call,
    *,
    at: int,
    user_id: str | None = None,
    assistant_id: str | None = None,
    extension: str | None = None,
    extension_name: str | None = None,
    holds: bool = False,
) -> Call:
    """As `answer_call`, of a call that is locked.

    With `holds` a call that ended as not answered is completed: its end was told before its answer. Emits
    `call.updated` besides.
    """
    was_missed = holds and call.status is CallStatus.NO_ANSWER
    if call.answered_at is not None:
        return call
    if call.is_ended and call.status is not CallStatus.COMPLETED and not was_missed:
        return call
    answered_at = max(at, call.started_at)
    if call.ended_at is not None:
        answered_at = min(answered_at, call.ended_at)
    changes: dict[str, Any] = {"answered_at": answered_at}
    if call.ended_at is None:
        changes["status"] = CallStatus.IN_PROGRESS
    else:
        talked = (call.ended_at - answered_at) // 1000
        changes["duration_seconds"] = talked if was_missed else min(call.duration_seconds, talked)
    if was_missed:
        changes["status"] = CallStatus.COMPLETED
    extension, extension_name = place_of(tx, call.account_id, user_id, extension, extension_name)
    given = {
        "user_id": user_id,
        "assistant_id": assistant_id,
        "extension": extension,
        "extension_name": extension_name,
    }
    changes |= {name: value for name, value in given.items() if value is not None}
    before, call = call, save_call(tx, call, changes)
    tx.emit(Event(call.account_id, "call.answered", call.id, snapshot(call)))
    if was_missed:
        differences = changed({"status": before.status.value}, {"status": call.status.value})
        tx.emit(Event(call.account_id, "call.updated", call.id, {**snapshot(call), "changes": differences}))
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
    return end_locked(
        tx,
        lock_call(tx, account_id, call_id),
        at=at,
        status=status,
        ended_reason=ended_reason,
        duration_seconds=duration_seconds,
        cost_micros=cost_micros,
    )


def end_locked(
    tx: WriteTx,
    call: Call,
    *,
    at: int,
    status: CallStatus | None = None,
    ended_reason: str | None = None,
    duration_seconds: int | None = None,
    cost_micros: int | None = None,
) -> Call:
    """As `end_call`, of a call that is locked."""
    if status is not None and not status.is_final:
        raise DomainError("the status of an ended call", field="status")
    changes: dict[str, Any] = {}
    if cost_micros is not None and call.cost_micros == 0 and cost_micros != 0:
        changes["cost_micros"] = cost_micros
    if ended_reason is not None and call.ended_reason is None:
        changes["ended_reason"] = ended_reason
    if call.is_ended:
        return save_call(tx, call, changes)
    if status is None:
        status = CallStatus.NO_ANSWER if call.answered_at is None else CallStatus.COMPLETED
    ended_at = max(at, call.started_at, call.answered_at or 0)
    call = close_segments(tx, call, status, ended_reason, ended_at)
    connected = _is_connected(status, ended_reason)
    talked = (ended_at - (call.answered_at or call.started_at)) // 1000
    changes |= {
        "status": status,
        "ended_at": ended_at,
        "duration_seconds": (talked if duration_seconds is None else max(0, duration_seconds))
        if connected
        else 0,
    }
    call = save_call(tx, call, changes)
    tx.emit(Event(call.account_id, "call.ended", call.id, snapshot(call)))
    start_analysis(tx, call)
    return call


def _is_connected(status: CallStatus, ended_reason: str | None) -> bool:
    """Whether there was somebody or something to talk to, so that the call has a duration."""
    return status is CallStatus.COMPLETED or ended_reason == "voicemail"


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
    """Store a call of the past, told of as `call.imported` alone; its id, or None when it is there already.

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
        turns,
        segments,
        status=status.value,
        answered_at=answered_at,
        ended_at=ended_at,
        ended_reason=ended_reason,
        duration_seconds=duration_seconds if _is_connected(status, ended_reason) else 0,
        cost_micros=cost_micros,
        summary=summary,
        transcript=msgspec.json.encode(list(turns)).decode() if turns else None,
        recording_source=None if recording_key is None else OBJECT_SOURCE + recording_key,
    )
    if not stored:
        return None
    call = get_call(tx, account_id, call_id)
    recount(tx, None, call)
    if segments:
        insert_segments(tx, account_id, call_id, 0, segments)
    else:
        close_segments(tx, call, status, ended_reason, ended_at)
    call = get_call(tx, account_id, call_id)
    if turns:
        store_segments(tx, call, [(text, None, None, None) for text in transcriptions(call)])
    tx.emit(Event(account_id, "call.imported", call_id, snapshot(call)))
    start_analysis(tx, call)
    return call_id
