"""What a contact's interactions come to when one of them is erased (contracts/voicory.md 8.2)."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select

from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event
from antiphon.domain.calls.tables import calls
from antiphon.domain.contacts.commands import set_last_interaction, touch_contact
from antiphon.domain.conversations.tables import messages
from antiphon.domain.voicegrams.tables import voicegrams

_VOICEGRAM = select(voicegrams.c.contact_id, voicegrams.c.created_at).where(
    voicegrams.c.account_id == bindparam("account_id"), voicegrams.c.id == bindparam("voicegram_id")
)
_NEWEST = (
    select(func.max(calls.c.ended_at)).where(
        calls.c.account_id == bindparam("account_id"),
        calls.c.contact_id == bindparam("contact_id"),
        calls.c.is_test.is_(False),
        calls.c.deleted_at.is_(None),
    ),
    select(func.max(messages.c.created_at)).where(
        messages.c.account_id == bindparam("account_id"),
        messages.c.contact_id == bindparam("contact_id"),
        messages.c.deleted_at.is_(None),
    ),
    select(func.max(voicegrams.c.created_at)).where(
        voicegrams.c.account_id == bindparam("account_id"),
        voicegrams.c.contact_id == bindparam("contact_id"),
        voicegrams.c.deleted_at.is_(None),
    ),
)


def uncount_voicegram(tx: WriteTx, event: Event) -> None:
    """Reaction: an erased voicegram is no interaction any more, and not the newest one."""
    row = tx.first(_VOICEGRAM, {"account_id": event.account_id, "voicegram_id": event.object_id})
    if row is None or row.contact_id is None:
        return
    touch_contact(tx, event.account_id, row.contact_id, -1, row.created_at)
    parameters = {"account_id": event.account_id, "contact_id": row.contact_id}
    times = [tx.scalar(newest, parameters) for newest in _NEWEST]
    newest = max((time for time in times if time is not None), default=None)
    set_last_interaction(tx, event.account_id, row.contact_id, newest)
