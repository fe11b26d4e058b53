"""Scheduled work: retention of recordings, calls whose end was never told, analyses that were left."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import bindparam, select

from antiphon.core.db.transaction import AnyRow, ReadTx, WriteTx
from antiphon.core.events import events
from antiphon.domain.calls.commands import end_call
from antiphon.domain.calls.recordings import delete_recording
from antiphon.domain.calls.records import CallStatus, Step
from antiphon.domain.calls.rows import lock_call, save_call
from antiphon.domain.calls.segments import SEGMENT
from antiphon.domain.calls.tables import UNANALYZED, call_segments, calls
from antiphon.domain.pipeline import FIRST_RUN, STALLED_BATCH, StepRun

BATCH = 200

_EXPIRED = (
    select(calls.c.id)
    .where(
        calls.c.account_id == bindparam("account_id"),
        calls.c.recording_key.is_not(None),
        calls.c.started_at <= bindparam("before"),
        calls.c.deleted_at.is_(None),
    )
    .order_by(calls.c.started_at)
    .limit(BATCH)
)
_EXPIRED_WORDS = (
    select(calls.c.id)
    .where(
        calls.c.account_id == bindparam("account_id"),
        calls.c.transcript.is_not(None),
        calls.c.started_at <= bindparam("before"),
        calls.c.analyzed_at.is_not(None),
        calls.c.deleted_at.is_(None),
    )
    .order_by(calls.c.started_at)
    .limit(BATCH)
)
_DROP_SEGMENT_WORDS = call_segments.update().where(SEGMENT).values(transcription=None)
_FORGET = (
    events.update()
    .where(
        events.c.account_id == bindparam("p_account"),
        events.c.object_id == bindparam("p_id"),
        events.c.type == "call.analyzed",
    )
    .values(data="{}")
)
# unscoped: calls that hang are looked for over all accounts, as scheduled work of the installation.
_STALE = (
    select(calls.c.account_id, calls.c.id, calls.c.answered_at)
    .where(calls.c.ended_at.is_(None), calls.c.started_at <= bindparam("before"))
    .where(calls.c.deleted_at.is_(None))
    .limit(BATCH)
)


# unscoped: as above, for analyses that were left
STALLED = (
    select(calls.c.account_id, calls.c.id, calls.c.recording_source, calls.c.recording_key, calls.c.analysis)
    .add_columns(calls.c.transcript.is_not(None).label("has_words"))
    .where(UNANALYZED, calls.c.ended_at <= bindparam("before"))
    .order_by(calls.c.ended_at)
    .limit(STALLED_BATCH)
)


def expire_recordings(tx: WriteTx, account_id: str, before: int) -> int:
    """Delete the recordings of calls begun before; returns how many (contracts/vocatech.md 5.6)."""
    rows = tx.all(_EXPIRED, {"account_id": account_id, "before": before})
    for row in rows:
        delete_recording(tx, account_id, row.id)
    return len(rows)


def expire_transcripts(tx: WriteTx, account_id: str, before: int) -> int:
    """Erase the words of analysed calls begun before; the summary stays. Returns how many (votel.md 11.1)."""
    rows = tx.all(_EXPIRED_WORDS, {"account_id": account_id, "before": before})
    for row in rows:
        own = {"p_account": account_id, "p_id": row.id}
        save_call(tx, lock_call(tx, account_id, row.id), {"transcript": None})
        tx.execute(_DROP_SEGMENT_WORDS, own)
        tx.execute(_FORGET, own)
    return len(rows)


def close_stale(tx: WriteTx, before: int) -> int:
    """End calls begun before whose end was never told; returns how many."""
    rows = _stale(tx, before)
    for row in rows:
        end_call(
            tx,
            row.account_id,
            row.id,
            at=before if row.answered_at is None else row.answered_at,
            status=CallStatus.FAILED if row.answered_at is None else CallStatus.COMPLETED,
            ended_reason="error_carrier",
        )
    return len(rows)


def find_stalled(tx: ReadTx, before: int) -> list[tuple[StepRun, Step]]:
    """Calls that ended before a time (ms), with something to analyse, whose analysis is not complete."""
    return [
        (StepRun(row.account_id, row.id, FIRST_RUN), _open_step(row))
        for row in tx.all(STALLED, {"before": before})
    ]


def _open_step(row: AnyRow) -> Step:
    """The first one that has left neither a result nor a reason why there is none."""
    found = msgspec.json.decode(row.analysis) if row.analysis else {}
    failed = found.get("failures", {})
    if row.recording_key is None and row.recording_source is not None and Step.FETCH not in failed:
        return Step.FETCH
    if row.recording_key is not None and not row.has_words and Step.TRANSCRIBE not in failed:
        return Step.TRANSCRIBE
    if "engine" not in found and Step.INSIGHT not in failed:
        return Step.INSIGHT
    return Step.COMPLETE


def _stale(tx: ReadTx, before: int) -> Sequence[AnyRow]:
    return tx.all(_STALE, {"before": before})
