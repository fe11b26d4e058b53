"""The event of this contract: body, signature and sample (contracts/voicegram.md 4.3, 5, 6)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from antiphon.core.clock import DAY, MINUTE, to_iso
from antiphon.core.crypto import new_webhook_secret
from antiphon.core.events import Event, new_event_id
from antiphon.domain.voicegrams.links import ListenLinks
from antiphon.domain.voicegrams.records import CompletedVoicegram
from antiphon.domain.webhooks.dialect import AudioLink, Sign
from antiphon.domain.webhooks.records import Delivery, Subscription
from antiphon.domain.webhooks.signatures import Mac, both_signatures

EVENT = "voicegram.completed"
CONTENT_TYPE = "audio/webm"
USER_AGENT = "Antiphon-Webhooks/1"
SAMPLE_ID = "sample_00000001"
SAMPLE_EVENT_ID = "evt_sample-00000001"

_encode = msgspec.json.Encoder().encode


def neutral_data(voicegram: CompletedVoicegram) -> dict[str, Any]:
    """As `voicegrams.snapshot`, with stored JSON passed on as it is."""
    return {
        "id": voicegram.id,
        "created_at": voicegram.created_at,
        "completed_at": voicegram.completed_at,
        "duration_ms": voicegram.duration_ms,
        "sender_email": voicegram.sender_email,
        "channel": {
            "kind": voicegram.channel_kind,
            "id": voicegram.channel_id,
            "name": voicegram.channel_name,
            "page_url": voicegram.page_url,
        },
        "transcript": {"text": voicegram.transcript_text, "confidence": voicegram.transcript_confidence},
        "summary": msgspec.Raw(voicegram.summary.encode()),
        "tags": msgspec.Raw(voicegram.tags.encode()),
    }


def event_body(
    event_id: str, data: dict[str, Any], now: int, audio: AudioLink, dashboard_url: str
) -> dict[str, Any]:
    """The body of section 5 from the neutral data of the event."""
    channel = data["channel"]
    return {
        "event": EVENT,
        "event_id": event_id,
        "delivered_at": to_iso(now),
        "data": {
            "id": f"vg_{data['id']}",
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
                "url": audio.url,
                "expires_at": to_iso(audio.expires_at),
                "content_type": CONTENT_TYPE,
            },
            "dashboard_url": dashboard_url,
            "tags": data["tags"],
        },
    }


def sample_data(now: int) -> dict[str, Any]:
    """Fixed texts, times relative to `now` (contracts/voicegram.md 4.3)."""
    return {
        "id": SAMPLE_ID,
        "created_at": now - 6 * MINUTE,
        "completed_at": now - 5 * MINUTE,
        "duration_ms": 21_500,
        "sender_email": "visitor@example.org",
        "channel": {
            "kind": "domain",
            "id": "sample-channel",
            "name": "www.example.org",
            "page_url": "https://www.example.org/contact",
        },
        "transcript": {
            "text": "Hello, this is a sample message. Could you send me your opening hours and call me back "
            "at two oh two, five five five, oh one four three? My address is visitor at example dot org.",
            "confidence": 0.93,
        },
        "summary": {
            "text": "Asks for the opening hours and a call back.",
            "urgency": "medium",
            "sentiment": "neutral",
            "intent": "inquiry",
            "callback_required": True,
            "action_items": [
                {"task": "Send the opening hours", "priority": "medium", "deadline": None},
                {"task": "Call back at +12025550143", "priority": "medium", "deadline": None},
            ],
            "mentioned": {"names": [], "phones": ["+12025550143"], "emails": ["visitor@example.org"]},
        },
        "tags": ["sample"],
    }


class VoicegramDialect:
    """See `Dialect`: one event type, whole-string secret, own signature header besides the standard ones."""

    contract = "voicegram"
    names: Mapping[str, str] = MappingProxyType({EVENT: EVENT})
    event_types = frozenset({EVENT})
    has_patterns = False

    def __init__(self, links: ListenLinks) -> None:
        self._links = links

    def new_secret(self) -> str:
        return new_webhook_secret()

    def new_test_id(self) -> str:
        return new_event_id()

    def accepts(self, event: Event) -> bool:
        return True

    def passes(self, event: Event, filter_text: str, now: int) -> bool:
        return True

    def render(
        self,
        event_id: str,
        event_type: str,
        data: dict[str, Any],
        subscription: Subscription,
        delivery: Delivery,
        now: int,
        audio_link: AudioLink | None,
    ) -> bytes:
        audio = audio_link or sample_link(self._links, now)
        return _encode(event_body(event_id, data, now, audio, self._links.dashboard_url(data["id"])))

    def signer(self, secret: str, previous: str | None = None) -> Sign:
        mac, old = Mac(secret.encode()), None if previous is None else Mac(previous.encode())

        def sign(event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
            standard = mac.standard_headers(event_id, timestamp, body)
            if old is not None:
                standard = both_signatures(standard, old.standard_headers(event_id, timestamp, body))
            # Receivers know one value in this header: that of the old secret until its time is over.
            return {
                "Content-Type": "application/json",
                "User-Agent": USER_AGENT,
                "X-Voicegram-Signature": f"t={timestamp},v1={(old or mac).hex(timestamp, body)}",
                **standard,
            }

        return sign

    def sample_data(self, now: int, subscription: Subscription) -> tuple[str, dict[str, Any]]:
        return EVENT, self.sample_of(EVENT, now)

    def sample_of(self, event_type: str, now: int) -> dict[str, Any]:
        return sample_data(now)


def sample_event(links: ListenLinks, now: int) -> dict[str, Any]:
    """The one row of `recent` before the first voicegram (contracts/voicegram.md 4.3)."""
    dashboard_url = links.dashboard_url(SAMPLE_ID)
    return event_body(SAMPLE_EVENT_ID, sample_data(now), now, sample_link(links, now), dashboard_url)


def sample_link(links: ListenLinks, now: int) -> AudioLink:
    """A link whose token opens nothing."""
    return AudioLink(f"{links.origin}/api/listen/vg_{SAMPLE_ID}?t=sample", now + DAY)
