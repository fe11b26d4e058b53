"""The words of this contract for those of the domains (contracts/voicory.md 8, 9)."""

from __future__ import annotations

from typing import Any

from antiphon.domain.conversations.records import Message

CALL_STATUSES = {
    "completed": "completed",
    "no_answer": "no-answer",
    "busy": "busy",
    "failed": "failed",
}
"""From the domain's final statuses."""


def dollars(micros: int) -> float:
    """Rounded to 4 decimals (section 8.1)."""
    return round(micros / 1_000_000, 4)


def message_content(message: Message) -> dict[str, Any]:
    """WhatsApp's message object: text, media without a URL, or what it was (section 8.3)."""
    if message.content is not None:
        return message.content
    if message.media:
        file = message.media[0]
        caption = file.caption or message.body or None
        return {
            message.message_type: {"id": f"med_{file.id}", "mime_type": file.content_type, "caption": caption}
        }
    return {message.message_type: {"body": message.body}}
