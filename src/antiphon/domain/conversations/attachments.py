"""Attachments that are fetched: of received messages, which are told of once all are settled, and those
that a message to be sent names by their addresses.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, update

from antiphon.carriers.port import whatsapp_type
from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event
from antiphon.domain.conversations.delivery import fail_message
from antiphon.domain.conversations.queries import get_media, get_message
from antiphon.domain.conversations.records import Channel, Media, MediaStatus
from antiphon.domain.conversations.rows import LOCK_MESSAGE, update_message
from antiphon.domain.conversations.snapshot import snapshot
from antiphon.domain.conversations.tables import media

ATTACHMENT = "attachment_unavailable"

_OWN_MEDIA = (media.c.account_id == bindparam("p_account")) & (media.c.id == bindparam("p_id"))

_GIVE_UP = (
    update(media)
    .where(
        media.c.account_id == bindparam("p_account"),
        media.c.message_id == bindparam("p_message"),
        media.c.status == MediaStatus.PENDING.value,
    )
    .values(status=MediaStatus.FAILED.value)
)


def store_media(
    tx: WriteTx, account_id: str, media_id: str, *, object_key: str, content_type: str, size: int
) -> None:
    """The attachment is stored; the last one of a message announces it. Raises NotFoundError."""
    item = get_media(tx, account_id, media_id)
    _settle(
        tx,
        item,
        {
            "object_key": object_key,
            "content_type": content_type,
            "size": size,
            "status": MediaStatus.STORED.value,
            "source_url": None,
        },
    )


def fail_media(tx: WriteTx, account_id: str, media_id: str) -> None:
    """The attachment cannot be had; the message is announced without it. Raises NotFoundError."""
    _settle(tx, get_media(tx, account_id, media_id), {"status": MediaStatus.FAILED.value})


def attach_fetched(
    tx: WriteTx, account_id: str, media_id: str, *, object_key: str, content_type: str, size: int
) -> None:
    """An attachment of a message to be sent is stored; WhatsApp is told what it is. Raises NotFoundError."""
    item = get_media(tx, account_id, media_id)
    tx.execute(
        update(media)
        .where(_OWN_MEDIA)
        .values(object_key=object_key, content_type=content_type, size=size, status=MediaStatus.STORED.value),
        {"p_account": account_id, "p_id": media_id},
    )
    message = get_message(tx, account_id, item.message_id)
    if message.channel is Channel.WHATSAPP and message.media[0].id == media_id:
        update_message(tx, account_id, message.id, {"message_type": whatsapp_type(content_type)})


def refuse_attachment(tx: WriteTx, account_id: str, message_id: str, reason: str) -> None:
    """An attachment cannot be had, so the message is not sent; its address stays for another try."""
    tx.execute(_GIVE_UP, {"p_account": account_id, "p_message": message_id})
    fail_message(tx, account_id, message_id, ATTACHMENT, reason)


def _settle(tx: WriteTx, item: Media, values: dict[str, Any]) -> None:
    tx.first(LOCK_MESSAGE, {"account_id": item.account_id, "id": item.message_id})
    if get_media(tx, item.account_id, item.id).status is not MediaStatus.PENDING:
        return
    tx.execute(
        update(media).where(_OWN_MEDIA).values(**values), {"p_account": item.account_id, "p_id": item.id}
    )
    message = get_message(tx, item.account_id, item.message_id)
    if all(other.status is not MediaStatus.PENDING for other in message.media):
        tx.emit(Event(item.account_id, "message.received", message.id, snapshot(message, tx.now)))
