"""Conversations and messages in this contract's shapes, made from the neutral data of their events.

A view of a row and the `data` of an event are the same (contracts/votel.md 1, 16).
"""

from __future__ import annotations

from typing import Any

from antiphon.core.clock import DAY, to_iso, to_iso_or_none
from antiphon.domain.conversations.records import Conversation, Message
from antiphon.domain.conversations.snapshot import conversation_snapshot, snapshot

_AI_OFF = {"mode": "off", "agent_id": None, "paused_until": None, "paused_by_id": None, "reason": None}
_PROVIDERS = {"meta_whatsapp": "meta", "": None}
_ERRORS = {
    "invalid_number": "invalid_number",
    "invalid_address": "invalid_number",
    "unreachable": "unreachable",
    "blocked": "blocked",
    "opted_out": "opted_out",
    "marketing_opted_out": "opted_out",
    "window_closed": "window_closed",
    "too_long": "too_long",
    "bounced": "bounced",
    "spam": "spam",
    "outcome_unknown": "unknown_outcome",
}
"""From the domain's error codes to the words of contracts/votel.md 1; any other is the carrier's refusal."""


CARRIER_REFUSED = "carrier_refused"
ERROR_WORDS = (*dict.fromkeys(_ERRORS.values()), CARRIER_REFUSED)


def codes_of(word: str | None) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """The domain's codes behind an error word, or all those that are not behind it."""
    if word is None:
        return None, None
    if word == CARRIER_REFUSED:
        return None, tuple(_ERRORS)
    return tuple(code for code, own in _ERRORS.items() if own == word), None


def conversation_view(conversation: Conversation, *, starred: bool) -> dict[str, Any]:
    return conversation_data(conversation_snapshot(conversation), starred=starred)


def conversation_data(data: dict[str, Any], *, starred: bool = False) -> dict[str, Any]:
    """From a snapshot; `starred` is the acting user's mark, absent from events."""
    contact, last, whatsapp = data["contact"], data["last_message"], data["last_whatsapp_at"]
    return {
        "id": data["id"],
        "lead_id": data["contact_id"],
        "lead": contact,
        "status": data["status"],
        "snoozed_until": to_iso_or_none(data["snoozed_until"]),
        "is_unread": data["is_unread"],
        "unread_count": data["unread_count"],
        "is_flagged": data["is_flagged"],
        "is_starred": starred,
        "assigned_to_id": data["assigned_to_id"],
        "assigned_to_name": data["assigned_to_name"],
        "channels": data["channels"],
        "last_message": None
        if last is None
        else {
            "id": last["id"],
            "channel": last["channel"],
            "direction": last["direction"],
            "snippet": last["snippet"],
            "author": {"kind": last["author_kind"], "id": last["author_id"], "name": last["author_name"]},
            "created_at": to_iso(last["created_at"]),
        },
        "last_inbound_at": to_iso_or_none(data["last_inbound_at"]),
        "last_outbound_at": to_iso_or_none(data["last_outbound_at"]),
        "whatsapp_window_expires_at": None if whatsapp is None else to_iso(whatsapp + DAY),
        "ai": _AI_OFF,
        "created_at": to_iso(data["created_at"]),
        "updated_at": to_iso(data["updated_at"]),
    }


def message_view(message: Message, origin: str) -> dict[str, Any]:
    """`origin` begins the addresses of attachments."""
    return message_data(snapshot(message, message.created_at), origin)


def message_data(data: dict[str, Any], origin: str) -> dict[str, Any]:
    """From a snapshot."""
    error = data["error_code"]
    moments = [data[name] for name in ("created_at", "handed_over_at", "delivered_at", "read_at")]
    return {
        "id": data["id"],
        "conversation_id": data["conversation_id"],
        "lead_id": data["contact_id"],
        "channel": data["channel"],
        "direction": data["direction"],
        "status": data["status"],
        "body": data["body"],
        "subject": data["subject"],
        "html_url": None,
        "attachments": [
            {
                "id": item["id"],
                "name": item["filename"],
                "url": f"{origin}/api/storage/files/{item['id']}",
                "content_type": item["content_type"],
                "size": item["size"],
            }
            for item in data["attachments"]
        ],
        "from": data["from"] or None,
        "to": data["to"] or None,
        "cc": data["cc"],
        "bcc": data["bcc"],
        "reply_to_message_id": data["reply_to_message_id"],
        "author": {"kind": data["author_kind"], "id": data["author_id"], "name": data["author_name"]},
        "source": data["source"],
        "source_id": data["source_id"],
        "template_id": data["template_id"],
        "call_id": data["call_id"],
        "voicegram_id": data["voicegram_id"],
        "provider": _PROVIDERS.get(data["carrier"], data["carrier"]),
        "provider_message_id": data["carrier_message_id"],
        "error": None
        if error is None
        else {"code": _ERRORS.get(error, CARRIER_REFUSED), "message": data["error"]},
        "scheduled_at": to_iso_or_none(data["scheduled_at"]),
        "sent_at": to_iso_or_none(data["handed_over_at"]),
        "delivered_at": to_iso_or_none(data["delivered_at"]),
        "read_at": to_iso_or_none(data["read_at"]),
        "opened_at": None,
        "clicked_at": None,
        "segments": data["segments"],
        "cost_micros": data["cost_micros"],
        "metadata": data["metadata"],
        "created_at": to_iso(data["created_at"]),
        "updated_at": to_iso(max(moment for moment in moments if moment is not None)),
    }
