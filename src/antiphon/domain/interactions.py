"""What a contact's interactions come to when one of them is erased (contracts/voicory.md 8.2)."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select

from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event
from antiphon.domain.calls.tables import calls
from antiphon.domain.contacts.commands import set_last_interaction, touch_contact
from antiphon.domain.conversations.records import UNSENT, WRITTEN
from antiphon.domain.conversations.tables import messages
from antiphon.domain.voicegrams.tables import voicegrams

_VOICEGRAM = select(voicegrams.c.contact_id, voicegrams.c.created_at).where(
    voicegrams.c.account_id == bindparam("account_id"), voicegrams.c.id == bindparam("voicegram_id")
)
_MESSAGE = select(messages.c.contact_id).where(
    messages.c.account_id == bindparam("account_id"),
    messages.c.id == bindparam("message_id"),
    messages.c.channel.in_([channel.value for channel in WRITTEN]),
    messages.c.status.not_in([status.value for status in UNSENT]),
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
        messages.c.channel.in_([channel.value for channel in WRITTEN]),
        messages.c.status.not_in([status.value for status in UNSENT]),
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
    _take_back(tx, event.account_id, row.contact_id, 1)


def move_voicegram(tx: WriteTx, event: Event) -> None:
    """Reaction: a voicegram that is another lead's is an interaction of that one."""
    for change in event.data.get("changes", ()):
        if change["field"] == "lead_id":
            if change["from"] is not None:
                _take_back(tx, event.account_id, change["from"], 1)
            row = tx.first(_VOICEGRAM, {"account_id": event.account_id, "voicegram_id": event.object_id})
            if row is not None:
                touch_contact(tx, event.account_id, change["to"], 1, row.created_at)


def uncount_message(tx: WriteTx, event: Event) -> None:
    """Reaction: as `uncount_voicegram`, of an erased message."""
    contact_id = tx.scalar(_MESSAGE, {"account_id": event.account_id, "message_id": event.object_id})
    if contact_id is not None:
        _take_back(tx, event.account_id, contact_id, 1)


def forget_call(tx: WriteTx, event: Event) -> None:
    """Reaction: an erased call, uncounted with its own row, is not the newest interaction any more."""
    if event.data["contact_id"] is not None:
        _renew(tx, event.account_id, event.data["contact_id"])


def uncount_messages(tx: WriteTx, event: Event) -> None:
    """Reaction: the messages of a deleted conversation are no interactions any more."""
    if event.data["hidden_messages"]:
        _take_back(tx, event.account_id, event.data["contact_id"], event.data["hidden_messages"])


def _take_back(tx: WriteTx, account_id: str, contact_id: str, amount: int) -> None:
    touch_contact(tx, account_id, contact_id, -amount, tx.now)
    _renew(tx, account_id, contact_id)


def _renew(tx: WriteTx, account_id: str, contact_id: str) -> None:
    parameters = {"account_id": account_id, "contact_id": contact_id}
    times = [tx.scalar(newest, parameters) for newest in _NEWEST]
    newest = max((time for time in times if time is not None), default=None)
    set_last_interaction(tx, account_id, contact_id, newest)
