"""This contract's webhooks: events, body, signature, filters and samples (contracts/votel.md 11.6)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from antiphon.contracts.votel.events import EVENT_TYPES
from antiphon.contracts.votel.rendering import Rendering
from antiphon.contracts.votel.views_events import TEST_PREFIX, Telling
from antiphon.core.clock import to_iso
from antiphon.core.crypto import new_standard_webhook_secret
from antiphon.core.events import Event
from antiphon.core.filters import matches
from antiphon.core.ids import new_id
from antiphon.domain.webhooks.dialect import AudioLink, Sign
from antiphon.domain.webhooks.records import Delivery, Subscription
from antiphon.domain.webhooks.signatures import Mac, both_signatures

CONTRACT = "native"
USER_AGENT = "Antiphon-Webhooks/1"
TEST_EVENT = "voicegram.completed"

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict).decode


class NativeDialect:
    """See `Dialect`. Only the headers of Standard Webhooks; an empty list of events is all of them."""

    contract = CONTRACT
    names: Mapping[str, str] = MappingProxyType(
        {name: name for name, kind in EVENT_TYPES.items() if not kind.live}
    )
    event_types = frozenset(names)
    has_patterns = True

    def __init__(self, rendering: Rendering) -> None:
        self._rendering = rendering

    def new_secret(self) -> str:
        return new_standard_webhook_secret()

    def new_test_id(self) -> str:
        return TEST_PREFIX + new_id().replace("-", "")

    def accepts(self, event: Event) -> bool:
        return True

    def passes(self, event: Event, filter_text: str, now: int) -> bool:
        """Fields are those of the event's `data`, by dotted paths; times compare as they are told."""
        shown = EVENT_TYPES[event.type].view(event, Telling(self._rendering, now))
        # As the receiver would read it: stored JSON is passed on unread.
        return matches(_decode(filter_text), _decode(_encode(shown)), now)

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
        event = Event(subscription.account_id, event_type, delivery.object_id, data, event_id)
        telling = Telling(self._rendering, now, audio_link)
        return _encode(
            {
                "id": event_id,
                "type": event_type,
                "created_at": to_iso(delivery.created_at),
                "account_id": subscription.account_id,
                "data": EVENT_TYPES[event_type].view(event, telling),
            }
        )

    def signer(self, secret: str, previous: str | None = None) -> Sign:
        mac, old = _mac(secret), None if previous is None else _mac(previous)

        def sign(event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
            standard = mac.standard_headers(event_id, timestamp, body)
            if old is not None:
                standard = both_signatures(standard, old.standard_headers(event_id, timestamp, body))
            return {"Content-Type": "application/json", "User-Agent": USER_AGENT, **standard}

        return sign

    def sample_data(self, now: int, subscription: Subscription) -> tuple[str, dict[str, Any]]:
        wanted = next((name for name in subscription.event_types if name in self.event_types), TEST_EVENT)
        return wanted, self.sample_of(wanted, now)

    def sample_of(self, event_type: str, now: int) -> dict[str, Any]:
        return EVENT_TYPES[event_type].sample(now)


def _mac(secret: str) -> Mac:
    return Mac(base64.b64decode(secret.removeprefix("whsec_")))
