"""The `data` of events, from the neutral snapshots of the domain (contracts/votel.md 16)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from antiphon.contracts.votel.rendering import AUDIO_URL_MS, Rendering
from antiphon.contracts.votel.views import channel_view
from antiphon.contracts.votel.views_account import account_view
from antiphon.contracts.votel.views_activity import call_with_words
from antiphon.contracts.votel.views_conversations import conversation_data, message_data
from antiphon.contracts.votel.views_jobs import job_view
from antiphon.contracts.votel.views_leads import lead_view
from antiphon.contracts.votel.views_numbers import number_view
from antiphon.contracts.votel.views_people import member_view
from antiphon.contracts.votel.views_webhooks import webhook_view
from antiphon.core.clock import to_iso, to_iso_or_none
from antiphon.core.events import Event
from antiphon.domain.accounts.account_settings import AccountSettings
from antiphon.domain.accounts.records import Member
from antiphon.domain.accounts.user_jobs import UserJob
from antiphon.domain.channels.records import Channel
from antiphon.domain.leads import lead_of_snapshot
from antiphon.domain.numbers.records import Number
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


def conversation(event: Event, telling: Telling) -> dict[str, Any]:
    """The conversation as `GET /conversations/{id}` shows it; stars are a person's own and not told."""
    if "contact" not in event.data:
        return reference("conversation")(event, telling)
    return {
        "conversation": conversation_data(event.data),
        **_given(event, "from_user_id"),
        **_changes(event),
    }


def message(event: Event, telling: Telling) -> dict[str, Any]:
    """The message as `GET /messages/{id}` shows it."""
    if "attachments" not in event.data:
        return reference("message")(event, telling)
    shown = message_data(event.data, telling.rendering.origin)
    return {"message": shown, **_given(event, "previous_status", "mentions")}


def call(event: Event, telling: Telling) -> dict[str, Any]:
    """The call as `GET /activity/calls/{id}` shows it, as it was then."""
    data = event.data
    if "started_at" not in data:
        return reference("call")(event, telling)
    shown = call_with_words(data, telling.rendering.recordings, telling.now)
    return {"call": shown}


def user(event: Event, telling: Telling) -> dict[str, Any]:
    """The person as `GET /users/{id}` shows them."""
    found = event.data.get("member")
    if found is None:
        return reference("user")(event, telling)
    return {"user": member_view(msgspec.convert(found, Member)), **_changes(event)}


def api_key(event: Event, telling: Telling) -> dict[str, Any]:
    """The key as `GET /api-keys` shows it; never its text."""
    data = event.data
    shown = {"id": event.object_id, "name": data.get("name"), "kind": data.get("kind")}
    if "created_at" in data:
        shown |= {
            "prefix": data["prefix"],
            "scopes": data["scopes"],
            "user_id": data["user_id"],
            "expires_at": to_iso_or_none(data["expires_at"]),
            "created_at": to_iso(data["created_at"]),
        }
    return {"api_key": shown}


def number(event: Event, telling: Telling) -> dict[str, Any]:
    """The number as `GET /phone-numbers/{id}` shows it."""
    found = event.data.get("number")
    if found is None:
        return reference("number")(event, telling)
    return {"number": number_view(msgspec.convert(found, Number)), **_changes(event)}


def account(event: Event, telling: Telling) -> dict[str, Any]:
    """The account as `GET /account` shows it."""
    found = event.data.get("account")
    if found is None:
        return reference("account")(event, telling)
    return {"account": account_view(msgspec.convert(found, AccountSettings)), **_changes(event)}


def job(event: Event, telling: Telling) -> dict[str, Any]:
    """The job as `GET /jobs/{id}` shows it, with its `result` or `error`."""
    return {"job": job_view(msgspec.convert(event.data, UserJob)), **_given(event, "result", "error")}


def suppression(event: Event, telling: Telling) -> dict[str, Any]:
    """The entry with `channel`, `address` and `source`, as far as it is known."""
    told = _given(event, "channel", "address", "source", "status", "reason")
    return {"suppression": {"id": event.object_id}, **told}


def recording_channel(event: Event, telling: Telling) -> dict[str, Any]:
    """The channel as `GET /recording-channels/{id}` shows it."""
    found = event.data.get("channel")
    if found is None:
        return reference("recording_channel")(event, telling)
    channel = msgspec.convert(found, Channel)
    view = channel_view(channel, event.data["subdomain"], telling.rendering.origin)
    return {"recording_channel": view, **_changes(event)}


def channel(event: Event, telling: Telling) -> dict[str, Any]:
    """The recording channel whose widget is seen, or no more."""
    shown = recording_channel(event, telling)["recording_channel"]
    return {"channel": shown, **_given(event, "from", "to", "reason")}


def integration(event: Event, telling: Telling) -> dict[str, Any]:
    """The connection as `GET /integrations` shows it."""
    data = event.data
    shown = {"id": event.object_id}
    if "key" in data:
        shown |= {
            "key": data["key"],
            "label": data["label"],
            "status": data["to"],
            "last_error": data["reason"],
        }
    return {"integration": shown, **_given(event, "from", "to", "reason")}


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
        "message_id": data.get("message_id"),
    }


def _signed_audio(event: Event, telling: Telling) -> AudioLink:
    expires_at = telling.now + AUDIO_URL_MS
    return AudioLink(telling.rendering.audio_url(event.account_id, event.object_id, expires_at), expires_at)


def _given(event: Event, *names: str) -> dict[str, Any]:
    """What the event says besides its object."""
    return {name: event.data[name] for name in names if name in event.data}


def _changes(event: Event) -> dict[str, Any]:
    return {"changes": event.data["changes"]} if "changes" in event.data else {}
