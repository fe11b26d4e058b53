"""Erasing a call with everything it holds."""

from __future__ import annotations

from sqlalchemy import update

from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event, events
from antiphon.domain.calls.recordings import delete_objects
from antiphon.domain.calls.rows import OWN, lock_call, recount
from antiphon.domain.calls.segments import SEGMENT
from antiphon.domain.calls.tables import call_segments, calls


def delete_call(tx: WriteTx, account_id: str, call_id: str) -> None:
    """Erase recording and words; the id is gone in every contract. Raises NotFoundError."""
    call = lock_call(tx, account_id, call_id)
    tx.execute(
        update(calls)
        .where(OWN)
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
            search_text="",
        ),
        {"p_account": account_id, "p_id": call_id},
    )
    tx.execute(call_segments.delete().where(SEGMENT), {"p_account": account_id, "p_id": call_id})
    tx.execute(
        events.update()
        .where(events.c.account_id == account_id, events.c.object_id == call_id)
        .values(data="{}")
    )
    recount(tx, call, None)
    delete_objects(tx, call)
    tx.emit(Event(account_id, "call.deleted", call_id, {"contact_id": call.contact_id}))
