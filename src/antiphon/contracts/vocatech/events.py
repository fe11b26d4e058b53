"""The seven events of this contract: body, signature and samples (contracts/vocatech.md 6, 7)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from antiphon.contracts.vocatech.times import account_zone, stamp
from antiphon.contracts.vocatech.words import CHANNELS, DIRECTIONS, call_status, media_id, shown_number
from antiphon.core.clock import MINUTE, SECOND
from antiphon.core.crypto import new_standard_webhook_secret
from antiphon.core.events import Event, new_event_id
from antiphon.domain.webhooks.dialect import AudioLink, Sign
from antiphon.domain.webhooks.records import Delivery, Subscription
from antiphon.domain.webhooks.signatures import Mac, both_signatures

CONTRACT = "vocatech"
CORE_TYPES = {
    "call.started": "call.started",
    "call.answered": "call.answered",
    "call.ended": "call.ended",
    "call.transcription": "call.analyzed",
    "message.sent": "message.sent",
    "message.received": "message.received",
    "message.status_updated": "message.status_updated",
}
"""From this contract's event types to those of the event catalogue, in the order of section 6."""
EVENT_TYPES = {core: own for own, core in CORE_TYPES.items()}
USER_AGENT = "Antiphon-Webhooks/1"
MEDIA_LINK_MS = 30 * MINUTE

MediaUrl = Callable[[str, int], str]
"""A signed link to an attachment of this uuid that ends at a time in milliseconds."""

_encode = msgspec.json.Encoder().encode


class VocatechDialect:
    """See `Dialect`. Events come as neutral snapshots with times in milliseconds."""

    contract = CONTRACT
    names: Mapping[str, str] = MappingProxyType(CORE_TYPES)
    event_types = frozenset(EVENT_TYPES)
    has_patterns = False

    def __init__(self, media_url: MediaUrl) -> None:
        self._media_url = media_url

    def new_secret(self) -> str:
        return new_standard_webhook_secret()

    def new_test_id(self) -> str:
        return new_event_id()

    def passes(self, event: Event, filter_text: str, now: int) -> bool:
        return True

    def accepts(self, event: Event) -> bool:
        """No test calls, no other channels, no transcription event without a transcription."""
        data = event.data
        if event.type.startswith("message."):
            return data["channel"] in CHANNELS
        if data["is_test"]:
            return False
        return event.type != "call.analyzed" or bool(data["transcription"])

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
        zone = account_zone(subscription.timezone)
        return _encode(
            {
                "id": event_id,
                "event_type": EVENT_TYPES[event_type],
                "created_at": stamp(delivery.created_at, zone),
                "data": self._data(event_type, data, zone, now),
            }
        )

    def signer(self, secret: str, previous: str | None = None) -> Sign:
        own, new = Mac((previous or secret).encode()), _standard_mac(secret)
        old = None if previous is None else _standard_mac(previous)

        def sign(event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
            standard = new.standard_headers(event_id, timestamp, body)
            if old is not None:
                standard = both_signatures(standard, old.standard_headers(event_id, timestamp, body))
            # The signed text of this contract has the name of the timestamp in it. Receivers know one value
            # in this header: that of the old secret until its time is over.
            signature = own.hex(timestamp, body, prefix=b"t=")
            return {
                "Content-Type": "application/json",
                "User-Agent": USER_AGENT,
                "X-Vocatech-Signature": f"t={timestamp},v1={signature}",
                "X-Vocatech-Timestamp": str(timestamp),
                **standard,
            }

        return sign

    def sample_data(self, now: int, subscription: Subscription) -> tuple[str, dict[str, Any]]:
        event_type = subscription.event_types[0]
        return event_type, self.sample_of(event_type, now)

    def sample_of(self, event_type: str, now: int) -> dict[str, Any]:
        sample = _sample_message(now) if event_type.startswith("message.") else _sample_call(now)
        if event_type == "message.received":
            sample |= {"direction": "inbound", "status": "delivered"}
        return sample

    def _data(self, event_type: str, data: dict[str, Any], zone: ZoneInfo, now: int) -> dict[str, Any]:
        match event_type:
            case "call.analyzed":
                return _transcription(data)
            case "message.status_updated":
                return {
                    "message_id": data["id"],
                    "status": data["status"],
                    "updated_at": stamp(data["updated_at"], zone),
                }
            case "message.sent" | "message.received":
                return self._message(data, zone, now)
            case _:
                return _call(event_type, data, zone)

    def _message(self, data: dict[str, Any], zone: ZoneInfo, now: int) -> dict[str, Any]:
        return {
            "message_id": data["id"],
            "direction": DIRECTIONS[data["direction"]],
            "channel": CHANNELS[data["channel"]],
            "from": data["from"],
            "to": data["to"],
            "body": data["body"],
            "status": data["status"],
            "sent_at": stamp(data["sent_at"], zone),
            "attachments": [
                {
                    "id": media_id(item["id"]),
                    "url": self._media_url(item["id"], now + MEDIA_LINK_MS),
                    "content_type": item["content_type"],
                    "filename": item["filename"],
                    "size": item["size"],
                }
                for item in data["attachments"]
            ],
        }


def _standard_mac(secret: str) -> Mac:
    return Mac(base64.b64decode(secret.removeprefix("whsec_")))


def _call(event_type: str, data: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    shown = {
        "call_id": data["id"],
        "direction": DIRECTIONS[data["direction"]],
        "extension": data["extension"],
        "extension_name": data["extension_name"],
        "remote_name": data["remote_name"],
        "remote_number": shown_number(data["remote_number"]),
        "group_number": shown_number(data["group_number"]),
        "start_time": stamp(data["started_at"], zone),
    }
    if event_type == "call.answered":
        shown["answer_time"] = stamp(data["answered_at"], zone)
    elif event_type == "call.ended":
        shown["status"] = call_status(data["status"])
        shown["end_time"] = stamp(data["ended_at"], zone)
        shown["duration"] = data["ended_at"] // 1000 - data["started_at"] // 1000
    return shown


def _transcription(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "call_id": data["id"],
        "summary": data["summary"],
        "transcription": data["transcription"],
        "sentiment": data["sentiment"],
    }


def _sample_call(now: int) -> dict[str, Any]:
    return {
        "id": "test_call_1",
        "direction": "inbound",
        "status": "completed",
        "extension": "204",
        "extension_name": "Front desk",
        "remote_name": "Ada Example",
        "remote_number": "+15550100143",
        "group_number": "+15550100100",
        "started_at": now - 3 * MINUTE,
        "answered_at": now - 3 * MINUTE + 8 * SECOND,
        "ended_at": now - MINUTE,
        "is_test": False,
        "summary": "Asks for the opening hours.",
        "transcription": "Agent: Front desk, hello.\nCaller: When do you open on Monday?",
        "sentiment": {"label": "neutral", "score": 0.0},
    }


def _sample_message(now: int) -> dict[str, Any]:
    return {
        "id": "test_message_1",
        "channel": "sms",
        "direction": "outbound",
        "from": "+15550100100",
        "to": "+15550100143",
        "body": "This is a test message.",
        "status": "sent",
        "sent_at": now,
        "updated_at": now,
        "attachments": [],
    }
