"""Signatures of outgoing webhooks."""

from __future__ import annotations

import base64

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from antiphon.contracts.voicegram.events import VoicegramDialect
from antiphon.core.clock import SystemClock
from antiphon.domain.voicegrams.links import ListenLinks
from receivers import Receiver
from service_factory import ORIGIN
from voicegram_world import World

SECRET = "vg_whsec_" + "0123456789abcdef" * 4
EVENT_ID = "evt_7d0c2a54-93b1-4f0e-8f6a-2b1f0c9d4e11"
BODY = b'{"event":"voicegram.completed"}'


def sign(secret: str, timestamp: int, body: bytes) -> dict[str, str]:
    return VoicegramDialect(ListenLinks(bytes(32), ORIGIN)).signer(secret)(EVENT_ID, timestamp, body)


def test_published_vectors() -> None:
    """contracts/voicegram.md 6: both vectors and the fixed headers."""
    assert sign(SECRET, 1_790_000_000, BODY) == {
        "Content-Type": "application/json",
        "User-Agent": "Antiphon-Webhooks/1",
        "X-Voicegram-Signature": (
            "t=1790000000,v1=8315c9725c3e3e3b1e257e52295833e3684c4eafb374faabd739befc9080afd0"
        ),
        "webhook-id": EVENT_ID,
        "webhook-timestamp": "1790000000",
        "webhook-signature": "v1,CdUC7Uv+W3V6DTdMLFFD/POzEBusp28H84bfKIMbU/g=",
    }


async def test_delivery_verifies_with_the_stock_library(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 6: a Standard Webhooks library is given base64 of the secret string."""
    world.clock.advance(SystemClock().now() - world.clock.now())
    made = await world.subscribe(receiver.url())
    await world.complete()
    await world.work()
    [received] = receiver.received
    library = Webhook(base64.b64encode(made.secret.encode()).decode())
    assert library.verify(received.body, received.headers) == received.event
    with pytest.raises(WebhookVerificationError):
        library.verify(received.body + b" ", received.headers)


async def test_each_attempt_is_signed_anew(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 5, 6: `delivered_at` and timestamp are per attempt, id and link per event."""
    receiver.status(500, 200)
    made = await world.subscribe(receiver.url())
    await world.complete()
    await world.work()
    await world.pass_time(5_000)
    first, second = receiver.received
    assert first.event_id == second.event_id == first.event["event_id"]
    assert first.event["delivered_at"] != second.event["delivered_at"]
    assert first.event["data"] == second.event["data"]
    for received in (first, second):
        timestamp = int(received.headers["webhook-timestamp"])
        expected = VoicegramDialect(world.services.links).signer(made.secret)(
            received.event_id, timestamp, received.body
        )
        assert {name: received.headers[name] for name in expected} == expected
    assert int(second.headers["webhook-timestamp"]) == int(first.headers["webhook-timestamp"]) + 5
