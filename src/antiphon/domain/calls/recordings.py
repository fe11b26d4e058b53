"""The recording of a call: where it comes from, and its end."""

from __future__ import annotations

from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import DomainError
from antiphon.domain.calls.analysis import start_analysis
from antiphon.domain.calls.records import Call
from antiphon.domain.calls.rows import lock_call, save_call
from antiphon.domain.pipeline import delete_object

OBJECT_SOURCE = "object:"


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
    call = save_call(tx, call, {"recording_source": source, "recording_started_at": started_at})
    if call.is_ended:
        start_analysis(tx, call)
    return call


def delete_recording(tx: WriteTx, account_id: str, call_id: str) -> None:
    """The file goes, transcript and summary stay (contracts/vocatech.md 5.6). Raises NotFoundError."""
    call = lock_call(tx, account_id, call_id)
    if call.recording_deleted_at is not None:
        return
    save_call(tx, call, {"recording_deleted_at": tx.now, "recording_key": None, "recording_source": None})
    delete_objects(tx, call)


def delete_objects(tx: WriteTx, call: Call) -> None:
    keys = {call.recording_key}
    if call.recording_source is not None and call.recording_source.startswith(OBJECT_SOURCE):
        keys.add(call.recording_source.removeprefix(OBJECT_SOURCE))
    for key in keys - {None}:
        delete_object(tx, str(key))
