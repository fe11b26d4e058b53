"""The `data` of events, from the neutral snapshots of the domain (contracts/votel.md 16)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from antiphon.contracts.votel.rendering import AUDIO_URL_MS, Rendering
from antiphon.core.clock import to_iso
from antiphon.core.events import Event


def reference(name: str) -> Callable[[Event, Rendering, int], dict[str, Any]]:
    """The object by its id alone, under its name."""

    def view(event: Event, rendering: Rendering, now: int) -> dict[str, Any]:
        return {name: {"id": event.object_id}}

    return view


def voicegram_completed(event: Event, rendering: Rendering, now: int) -> dict[str, Any]:
    """As contracts/voicegram.md 5, plus `lead_id` and `message_id`; of an erased voicegram the id is left."""
    data = event.data
    public_id = f"vg_{event.object_id}"
    if not data:
        return {"id": public_id}
    channel = data["channel"]
    expires_at = now + AUDIO_URL_MS
    return {
        "id": public_id,
        "created_at": to_iso(data["created_at"]),
        "completed_at": to_iso(data["completed_at"]),
        "duration_seconds": data["duration_ms"] / 1000,
        "sender": {"verification_method": "email", "email": data["sender_email"], "phone": None},
        "channel": {
            "type": channel["kind"],
            "id": channel["id"],
            "name": channel["name"],
            "page_url": channel["page_url"],
        },
        "transcript": data["transcript"],
        "summary": data["summary"],
        "audio": {
            "url": rendering.audio_url(event.account_id, event.object_id, expires_at),
            "expires_at": to_iso(expires_at),
            "content_type": "audio/webm",
        },
        "dashboard_url": rendering.links.dashboard_url(event.object_id),
        "tags": data["tags"],
        "lead_id": data.get("lead_id"),
        "message_id": data.get("message_id", event.object_id),
    }
