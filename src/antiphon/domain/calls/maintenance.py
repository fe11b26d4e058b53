"""Scheduled work: retention of recordings, calls whose end was never told, names that have changed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from antiphon.core.db.transaction import AnyRow, ReadTx, WriteTx
from antiphon.domain.calls.commands import end_call
from antiphon.domain.calls.recordings import delete_recording
from antiphon.domain.calls.records import CallStatus
from antiphon.domain.calls.tables import calls

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
# unscoped: calls that hang are looked for over all accounts, as scheduled work of the installation.
_STALE = (
    select(calls.c.account_id, calls.c.id, calls.c.answered_at)
    .where(calls.c.ended_at.is_(None), calls.c.started_at <= bindparam("before"))
    .where(calls.c.deleted_at.is_(None))
    .limit(BATCH)
)


def expire_recordings(tx: WriteTx, account_id: str, before: int) -> int:
    """Delete the recordings of calls begun before; returns how many (contracts/vocatech.md 5.6)."""
    rows = tx.all(_EXPIRED, {"account_id": account_id, "before": before})
    for row in rows:
        delete_recording(tx, account_id, row.id)
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


def _stale(tx: ReadTx, before: int) -> Sequence[AnyRow]:
    return tx.all(_STALE, {"before": before})
