"""A message as the data of its events: neutral names, times in milliseconds."""

from __future__ import annotations

from typing import Any

from antiphon.domain.conversations.records import MediaStatus, Message, MessageStatus


def snapshot(message: Message, updated_at: int, status: MessageStatus | None = None) -> dict[str, Any]:
    """`status` where the event tells of another one than the row has by now."""
    return {
        "id": message.id,
        "conversation_id": message.conversation_id,
        "contact_id": message.contact_id,
        "contact_name": message.contact_name,
        "channel": message.channel.value,
        "kind": message.kind.value,
        "direction": message.direction.value,
        "status": (status or message.status).value,
        "from": message.from_address,
        "to": message.to_address,
        "remote_address": message.remote_address,
        "own_address": message.own_address,
        "body": message.body,
        "message_type": message.message_type,
        "is_from_bot": message.is_from_bot,
        "error_code": message.error_code,
        "sent_at": message.created_at,
        "updated_at": updated_at,
        "attachments": [
            {
                "id": media.id,
                "content_type": media.content_type,
                "filename": media.filename,
                "size": media.size,
            }
            for media in message.media
            if media.status is MediaStatus.STORED
        ],
    }
