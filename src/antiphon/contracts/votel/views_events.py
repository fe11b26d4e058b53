"""The `data` of events, from the neutral snapshots of the domain (contracts/votel.md 16)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from antiphon.contracts.votel.rendering import AUDIO_URL_MS, Rendering
from antiphon.contracts.votel.views import channel_view
from antiphon.contracts.votel.views_leads import lead_view
from antiphon.contracts.votel.views_webhooks import webhook_view
from antiphon.core.clock import MINUTE, to_iso
from antiphon.core.events import Event
from antiphon.domain.channels.records import Channel
from antiphon.domain.contacts.records import Contact
from antiphon.domain.contacts.snapshot import snapshot
from antiphon.domain.leads import lead_of_snapshot
from antiphon.domain.webhooks.dialect import AudioLink
from antiphon.domain.webhooks.records import Subscription

TEST_PREFIX = "test_"


@dataclass(frozen=True, slots=True)
class Telling:
    """When and how an event is told; `audio` is the receiver's own listen link, if it has one."""

    rendering: Rendering
    now: int
    audio: AudioLink | None = None


View = Callable[[Event, Telling], dict[str, Any]]


def reference(name: str) -> View:
    """The object by its id alone, under its name, and what else the event has to say."""

    def view(event: Event, telling: Telling) -> dict[str, Any]:
        return {name: {"id": event.object_id}, **_changes(event)}

    return view


def recording_channel(event: Event, telling: Telling) -> dict[str, Any]:
    """The channel as `GET /recording-channels/{id}` shows it."""
    found = event.data.get("channel")
    if found is None:
        return reference("recording_channel")(event, telling)
    channel = msgspec.convert(found, Channel)
    view = channel_view(channel, event.data["subdomain"], telling.rendering.origin)
    return {"recording_channel": view, **_changes(event)}


def lead(event: Event, telling: Telling) -> dict[str, Any]:
    """The lead as `GET /leads/{id}` shows it, as it was then; of a deleted one the id is left."""
    data = event.data
    if "emails" not in data:
        return reference("lead")(event, telling)
    shown: dict[str, Any] = {"lead": lead_view(lead_of_snapshot(event.account_id, data))}
    shown["lead"]["custom_fields"] = data["custom"]
    if event.type == "lead.created":
        shown["source"] = data["source"]
    if note := data.get("note"):
        shown["note"] = {**note, "created_at": to_iso(note["created_at"])}
    shown |= {name: data[name] for name in ("from", "to", "tag") if name in data}
    return {**shown, **_changes(event)}


def sample_lead(at: int) -> dict[str, Any]:
    """A lead of nobody, with everything that some event of leads says."""
    contact = Contact(
        f"{TEST_PREFIX}lead_1",
        1,
        "",
        "Example",
        "Lead",
        "",
        "manual",
        {},
        ("Example",),
        ("+12025550143",),
        ("lead@example.com",),
        0,
        None,
        at,
        at,
    )
    note = {"id": f"{TEST_PREFIX}note_1", "content": "Example", "pinned": False, "created_at": at}
    return {
        **snapshot(contact),
        "stage": None,
        "owner_name": None,
        "changes": [{"field": "city", "from": None, "to": "Springfield"}],
        "from": None,
        "to": None,
        "tag": "Example",
        "note": note,
    }


def webhook(event: Event, telling: Telling) -> dict[str, Any]:
    """The webhook as `GET /webhooks/{id}` shows it; a disabled one with why."""
    found = event.data.get("webhook")
    if found is None:
        return reference("webhook")(event, telling)
    shown: dict[str, Any] = {
        "webhook": webhook_view(msgspec.convert(found, Subscription), telling.rendering),
        **_changes(event),
    }
    if "reason" in event.data:
        shown |= {"from": "active", "to": "disabled", "reason": event.data["reason"]}
    return shown


def voicegram_completed(event: Event, telling: Telling) -> dict[str, Any]:
    """As contracts/voicegram.md 5, plus `lead_id` and `message_id`; of an erased voicegram the id is left."""
    data = event.data
    is_test = event.object_id.startswith(TEST_PREFIX)
    public_id = event.object_id if is_test else f"vg_{event.object_id}"
    if "transcript" not in data:
        return {"id": public_id}
    channel = data["channel"]
    audio = telling.audio or _signed_audio(event, telling)
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
        "audio": {"url": audio.url, "expires_at": to_iso(audio.expires_at), "content_type": "audio/webm"},
        "dashboard_url": telling.rendering.links.dashboard_url(event.object_id),
        "tags": data["tags"],
        "lead_id": data.get("lead_id"),
        "message_id": data.get("message_id", event.object_id),
    }


def _signed_audio(event: Event, telling: Telling) -> AudioLink:
    expires_at = telling.now + AUDIO_URL_MS
    return AudioLink(telling.rendering.audio_url(event.account_id, event.object_id, expires_at), expires_at)


def _changes(event: Event) -> dict[str, Any]:
    return {"changes": event.data["changes"]} if "changes" in event.data else {}


def sample_voicegram(now: int) -> dict[str, Any]:
    return {
        "id": f"{TEST_PREFIX}voicegram_1",
        "created_at": now - 2 * MINUTE,
        "completed_at": now - MINUTE,
        "duration_ms": 14_200,
        "sender_email": "visitor@example.org",
        "channel": {
            "kind": "campaign",
            "id": f"{TEST_PREFIX}channel_1",
            "name": "Autumn survey",
            "page_url": None,
        },
        "transcript": {"text": "Please send me the price list for next year.", "confidence": 0.91},
        "summary": {
            "text": "Asks for next year's price list.",
            "urgency": "low",
            "sentiment": "neutral",
            "intent": "inquiry",
            "callback_required": False,
            "action_items": [{"task": "Send the price list", "priority": "medium", "deadline": None}],
            "mentioned": {"names": [], "phones": [], "emails": []},
        },
        "tags": [],
        "lead_id": f"{TEST_PREFIX}lead_1",
        "message_id": f"{TEST_PREFIX}voicegram_1",
    }


def sample_channel(now: int) -> dict[str, Any]:
    return {
        "id": f"{TEST_PREFIX}channel_1",
        "subdomain": "acme",
        "channel": {
            "id": f"{TEST_PREFIX}channel_1",
            "account_id": f"{TEST_PREFIX}account_1",
            "kind": "campaign",
            "name": "Autumn survey",
            "host": None,
            "slug": "autumn-survey",
            "greeting": "",
            "notify_emails": [],
            "is_active": True,
            "voicegram_count": 0,
            "last_seen_at": None,
            "created_at": now - MINUTE,
            "updated_at": now,
        },
    }


def sample_webhook(now: int) -> dict[str, Any]:
    return {
        "id": f"{TEST_PREFIX}webhook_1",
        "reason": "failures",
        "webhook": {
            "id": f"{TEST_PREFIX}webhook_1",
            "account_id": f"{TEST_PREFIX}account_1",
            "contract": "native",
            "url": "https://www.example.com/hooks",
            "event_types": [],
            "secret_prefix": "whsec_",
            "channel_id": None,
            "channel_type": None,
            "source": "dashboard",
            "zapier_subscription_id": None,
            "is_active": False,
            "consecutive_failures": 5,
            "last_delivery_at": now,
            "last_success_at": None,
            "last_error": "http_status: 500",
            "created_at": now - MINUTE,
            "created_by_user_id": None,
            "inactive_since": now,
            "disabled_reason": "failures",
            "number": 1,
            "name": "CRM",
            "filter": None,
            "timezone": "UTC",
        },
    }


def sample_reference(name: str) -> Callable[[int], dict[str, Any]]:
    return lambda now: {"id": f"{TEST_PREFIX}{name}_1"}
