"""What the analysis of a call is started with, what it finds, and its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event
from antiphon.domain.calls.queries import get_call
from antiphon.domain.calls.records import Call, Step, Turn
from antiphon.domain.calls.rows import lock_call, save_call
from antiphon.domain.calls.segments import store_segments
from antiphon.domain.calls.snapshot import analyzed_snapshot
from antiphon.domain.calls.turns import transcriptions
from antiphon.domain.pipeline import FIRST_RUN, StepRun, enqueue_step

KIND = "call"


def start_analysis(tx: WriteTx, call: Call) -> None:
    """Enqueue the first open step of an ended call; a call with neither recording nor words has none."""
    if call.recording_source is not None and call.recording_key is None:
        enqueue_step(tx, KIND, StepRun(call.account_id, call.id, FIRST_RUN), Step.FETCH)
    elif call.transcript is not None and call.analyzed_at is None:
        enqueue_step(tx, KIND, StepRun(call.account_id, call.id, FIRST_RUN), Step.INSIGHT)


def store_results(tx: WriteTx, account_id: str, call_id: str, results: dict[str, Any]) -> Call:
    """Columns that a step of the analysis has found. Raises NotFoundError."""
    return save_call(tx, lock_call(tx, account_id, call_id), results)


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
    call = save_call(tx, call, changes)
    store_segments(tx, call, [(text, None, None, None) for text in transcriptions(call)])
    if call.is_ended:
        start_analysis(tx, call)
    return get_call(tx, account_id, call_id)


def complete_analysis(tx: WriteTx, account_id: str, call_id: str) -> bool:
    """Mark analysed and emit `call.analyzed`; false when that was done before. Raises NotFoundError."""
    call = lock_call(tx, account_id, call_id)
    if call.analyzed_at is not None:
        return False
    call = save_call(tx, call, {"analyzed_at": tx.now})
    tx.emit(Event(account_id, "call.analyzed", call.id, analyzed_snapshot(call)))
    return True
