"""Senders of voicegrams as contacts: linked by the email that they verified (contracts/README.md)."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event
from antiphon.domain.contacts.commands import resolve_contact, touch_contact
from antiphon.domain.contacts.records import Source
from antiphon.domain.voicegrams.tables import voicegrams

v = voicegrams.c

_SENDER = Prepared(
    select(v.sender_email, v.contact_id, v.created_at).where(
        v.account_id == bindparam("account_id"), v.id == bindparam("voicegram_id")
    )
)
_LINK = Prepared(
    voicegrams.update()
    .where(v.account_id == bindparam("p_account"), v.id == bindparam("p_id"))
    .values(contact_id=bindparam("p_contact"))
)


def link_sender(tx: WriteTx, event: Event) -> None:
    """Reaction: a voicegram belongs to the contact with its sender's address and is an interaction."""
    row = tx.first(_SENDER, {"account_id": event.account_id, "voicegram_id": event.object_id})
    if row is None or row.contact_id is not None or not row.sender_email:
        return
    contact = resolve_contact(
        tx, event.account_id, email=row.sender_email, source=Source.WEBSITE, is_verified=True
    )
    tx.run(_LINK, {"p_account": event.account_id, "p_id": event.object_id, "p_contact": contact.id})
    touch_contact(tx, event.account_id, contact.id, 1, row.created_at)
