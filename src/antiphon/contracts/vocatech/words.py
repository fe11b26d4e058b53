"""The words of this contract for those of the domains (contracts/voicory.md 9, contracts/vocatech.md 5.2)."""

from __future__ import annotations

DIRECTIONS = {"inbound": "incoming", "outbound": "outgoing", "internal": "internal"}
CHANNELS = {"sms": "text", "whatsapp": "whatsapp"}


def call_status(status: str) -> str:
    """`answered` when somebody or an assistant answered, else `missed`."""
    return "answered" if status == "completed" else "missed"


def media_id(uuid: str) -> str:
    return f"med_{uuid}"


def shown_number(number: str | None) -> str | None:
    """Of a call's party: E.164, or nothing for a caller who hides it or has none (section 4)."""
    return number if number and number[0] == "+" else None
