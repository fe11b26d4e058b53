"""Messages and conversations as the data of their events: neutral names, times in milliseconds."""

from __future__ import annotations

from typing import Any

from antiphon.domain.conversations.records import (
    Channel,
    Conversation,
    Direction,
    MediaStatus,
    Message,
    MessageStatus,
)


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
        "subject": message.subject,
        "has_html": message.html is not None,
        "cc": list(message.cc),
        "bcc": list(message.bcc),
        "reply_to_message_id": message.reply_to_message_id,
        "message_type": message.message_type,
        "is_from_bot": message.is_from_bot,
        "author_kind": message.author_kind,
        "author_id": message.contact_id if message.author_kind == "lead" else message.author_user_id,
        "author_name": message.author_name,
        "source": message.source,
        "source_id": message.source_id,
        "template_id": message.template_id,
        "call_id": message.id if message.channel is Channel.CALL else None,
        "voicegram_id": message.id if message.channel is Channel.VOICEGRAM else None,
        "carrier": message.carrier,
        "carrier_message_id": message.carrier_message_id,
        "error_code": message.error_code,
        "error": message.error,
        "segments": message.segments,
        "cost_micros": message.cost_micros,
        "metadata": message.metadata,
        "created_at": message.created_at,
        "scheduled_at": message.scheduled_at,
        "handed_over_at": message.sent_at,
        "delivered_at": message.delivered_at,
        "read_at": message.read_at,
        # Of the contracts that show when a message was made as the time of its sending.
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
            or (message.direction is Direction.OUTBOUND and media.status is MediaStatus.PENDING)
        ],
    }


def conversation_snapshot(conversation: Conversation) -> dict[str, Any]:
    """A conversation with its contact; stars are a person's own and not in it."""
    contact, last, stage = conversation.contact, conversation.last_message, conversation.stage
    return {
        "id": conversation.id,
        "contact_id": conversation.contact_id,
        "contact": None
        if contact is None
        else {
            "id": contact.id,
            "name": contact.name,
            "email": contact.emails[0] if contact.emails else None,
            "phone": contact.phones[0] if contact.phones else None,
            "company": contact.company or None,
            "tags": list(contact.tags),
            "pipeline_id": None if stage is None else stage.pipeline_id,
            "pipeline_stage_id": None if stage is None else stage.id,
            "pipeline_stage_name": None if stage is None else stage.name,
        },
        "status": conversation.status.value,
        "snoozed_until": conversation.snoozed_until,
        "is_unread": conversation.is_unread,
        "unread_count": conversation.unread_count,
        "is_flagged": conversation.is_flagged,
        "assigned_to_id": conversation.assigned_to_id,
        "assigned_to_name": conversation.assigned_to_name,
        "channels": list(conversation.channels),
        "last_message": None
        if last is None
        else {
            "id": last.id,
            "channel": last.channel.value,
            "direction": last.direction.value,
            "snippet": last.snippet,
            "author_kind": last.author_kind,
            "author_id": last.author_id,
            "author_name": last.author_name,
            "created_at": last.created_at,
        },
        "last_inbound_at": conversation.last_inbound_at,
        "last_outbound_at": conversation.last_outbound_at,
        "last_whatsapp_at": conversation.last_whatsapp_at,
        "created_at": conversation.created_at,
        "updated_at": conversation.updated_at,
    }
