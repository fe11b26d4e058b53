"""The words of this contract for those of the domains (contracts/voicory.md 9, contracts/vocatech.md 5.2)."""

from __future__ import annotations

DIRECTIONS = {"inbound": "incoming", "outbound": "outgoing", "internal": "internal"}
CHANNELS = {"sms": "text", "whatsapp": "whatsapp"}


def call_status(status: str) -> str:
    """`answered` when somebody or an assistant answered, else `missed`."""
    return "answered" if status == "completed" else "missed"


def media_id(uuid: str) -> str:
    return f"med_{uuid}"
