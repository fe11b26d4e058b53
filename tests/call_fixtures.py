"""Ended calls for tests of contracts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from antiphon.core.clock import SECOND
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.calls.analysis import store_results, store_transcript
from antiphon.domain.calls.commands import answer_call, end_call, start_call
from antiphon.domain.calls.records import CallDirection, CallStatus, NewSegment, StartCall, Turn
from antiphon.domain.calls.segments import add_segment, store_segments

CALLER, COMPANY = "+13125550143", "+17735550100"


def make_call(
    tx: WriteTx,
    account_id: str,
    *,
    at: int,
    seconds: int = 87,
    status: CallStatus = CallStatus.COMPLETED,
    direction: CallDirection = CallDirection.INBOUND,
    remote: str | None = CALLER,
    turns: Sequence[Turn] = (),
    segments: Sequence[NewSegment] = (),
    judged: Sequence[tuple[str | None, str | None, float | None]] = (),
    results: dict[str, Any] | None = None,
    cost_micros: int = 0,
    is_open: bool = False,
    **start: Any,
) -> str:
    """A call that began at `at` (ms); its id. `judged` are summary, label and score of each segment."""
    numbers = (remote, COMPANY) if direction is CallDirection.INBOUND else (COMPANY, remote)
    if direction is CallDirection.INTERNAL:
        numbers = (None, None)
    call = start_call(
        tx,
        account_id,
        StartCall(
            **{"carrier": "twilio", **start},
            direction=direction,
            from_number=numbers[0],
            to_number=numbers[1],
            started_at=at,
        ),
    )
    for segment in segments:
        add_segment(tx, account_id, call.id, segment)
    if is_open:
        return call.id
    if status is CallStatus.COMPLETED:
        answer_call(tx, account_id, call.id, at=at)
    end_call(tx, account_id, call.id, at=at + seconds * SECOND, status=status, cost_micros=cost_micros)
    if turns:
        call = store_transcript(tx, account_id, call.id, turns, engine="test")
        if judged:
            store_segments(
                tx,
                call,
                [(one.transcription, *said) for one, said in zip(call.segments, judged, strict=True)],
            )
    if results:
        store_results(tx, account_id, call.id, results)
    return call.id
