"""Creating subscriptions, test events and reads (contracts/voicegram.md 4.5, 4.6, 7.3)."""

from __future__ import annotations

import asyncio

import pytest

from antiphon.core.errors import NotFoundError
from antiphon.domain.voicegrams.queries import find_listener
from antiphon.domain.voicegrams.records import ListenerKind
from antiphon.domain.webhooks.commands import deactivate, erase_secrets
from antiphon.domain.webhooks.errors import SubscriptionError
from antiphon.domain.webhooks.queries import list_attempts, list_object_deliveries, list_subscriptions
from antiphon.domain.webhooks.records import NewSubscription, Source, SubscriptionFilters
from antiphon.domain.webhooks.schedule import REACTIVATION_MS
from antiphon.domain.webhooks.send_test import send_test
from receivers import Receiver
from voicegram_world import OpenWorld, World

URL = "https://example.com/hook"


async def test_secret_and_its_prefix(world: World) -> None:
    """contracts/voicegram.md 4.5: `vg_whsec_` and 64 hex; the prefix is its first 12 characters."""
    made = await world.subscribe(URL)
    assert len(made.secret) == 9 + 64
    assert made.secret.startswith("vg_whsec_")
    assert made.subscription.secret_prefix == made.secret[:12]
    listener = await world.services.database.read(
        find_listener, world.ours.account_id, ListenerKind.SUBSCRIPTION, made.subscription.id
    )
    assert listener is not None


async def test_cap_holds_under_concurrency(world: World) -> None:
    """contracts/voicegram.md 4.5: 25 active per account, checked atomically; others are not counted."""
    made = await asyncio.gather(*(world.subscribe(URL) for _ in range(40)), return_exceptions=True)
    created = [item for item in made if isinstance(item, NewSubscription)]
    refused = [item for item in made if isinstance(item, SubscriptionError)]
    assert (len(created), len(refused)) == (25, 15)
    assert {item.code for item in refused} == {"limit_reached"}
    await world.subscribe(URL, tenant=world.theirs)
    await world.services.database.write(deactivate, world.ours.account_id, created[0].subscription.id)
    await world.subscribe(URL)


async def test_conflict_holds_under_concurrency(world: World) -> None:
    """contracts/voicegram.md 4.5: one active subscription per `zapier_subscription_id` and account."""
    zap = {"source": Source.ZAPIER, "zapier_subscription_id": "zap-1"}
    made = await asyncio.gather(*(world.subscribe(URL, **zap) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(item, NewSubscription) for item in made) == 1
    assert {item.code for item in made if isinstance(item, SubscriptionError)} == {"conflict"}
    await world.subscribe(URL, tenant=world.theirs, **zap)


async def test_test_event(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 7.3: signed sample data, fresh id, one attempt, shown, not counted."""
    receiver.status(500)
    made = await world.subscribe(receiver.url())
    own = (world.ours.account_id, made.subscription.id)
    results = [await send_test(world.services, *own) for _ in range(2)]
    assert [item.outcome.error for item in results] == ["http_status: 500"] * 2
    first, second = receiver.received
    assert first.event["event"] == "voicegram.completed"
    assert first.event_id.startswith("evt_")
    assert first.event_id != second.event_id
    assert first.event["data"]["id"] == "vg_sample_00000001"
    timestamp = int(first.headers["webhook-timestamp"])
    signed = world.services.dialects["voicegram"].signer(made.secret)(first.event_id, timestamp, first.body)
    assert first.headers["X-Voicegram-Signature"] == signed["X-Voicegram-Signature"]
    await world.pass_time(REACTIVATION_MS // 2)
    assert len(receiver.received) == 2
    assert await world.subscription(made.subscription.id) == made.subscription
    history = await world.attempts(made.subscription.id)
    assert [(item.is_test, item.number, item.status_code) for item in history] == [(True, 1, 500)] * 2


async def test_test_event_follows_no_redirect(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 7.3: the no-redirect rule holds for tests; 410 disables nothing."""
    made = await world.subscribe(receiver.url())
    own = (world.ours.account_id, made.subscription.id)
    receiver.status(302, Location=receiver.url("/elsewhere"))
    assert (await send_test(world.services, *own)).outcome.error == "redirect_blocked: 302"
    receiver.status(410)
    assert (await send_test(world.services, *own)).outcome.error == "http_status: 410"
    receiver.status(204)
    assert (await send_test(world.services, *own)).outcome.ok
    assert (await world.subscription(made.subscription.id)).is_active
    assert [item.path for item in receiver.received] == ["/hook"] * 3


async def test_test_event_needs_the_secret(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 7.3: after 90 days the secret is erased."""
    made = await world.subscribe(receiver.url())
    own = (world.ours.account_id, made.subscription.id)
    await world.services.database.write(deactivate, *own)
    assert (await send_test(world.services, *own)).outcome.ok
    world.clock.advance(REACTIVATION_MS)
    await world.services.database.write(erase_secrets)
    with pytest.raises(SubscriptionError):
        await send_test(world.services, *own)
    with pytest.raises(NotFoundError):
        await send_test(world.services, world.theirs.account_id, made.subscription.id)


async def test_reads_stay_within_the_account(open_world: OpenWorld, receiver: Receiver) -> None:
    """Nothing of one account is read by another."""
    world = await open_world()
    made = await world.subscribe(receiver.url())
    voicegram_id = await world.complete()
    await world.work()
    read, theirs = world.services.database.read, world.theirs.account_id
    page = await read(list_subscriptions, theirs, SubscriptionFilters(), limit=10, offset=0)
    assert (page.items, page.total) == ([], 0)
    assert await read(list_object_deliveries, theirs, voicegram_id) == []
    with pytest.raises(NotFoundError):
        await read(list_attempts, theirs, made.subscription.id)
    with pytest.raises(NotFoundError):
        await world.services.database.write(deactivate, theirs, made.subscription.id)
