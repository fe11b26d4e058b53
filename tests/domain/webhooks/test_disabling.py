"""When a subscription becomes inactive, and comes back (contracts/voicegram.md 7.3)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from antiphon.core.clock import DAY, HOUR
from antiphon.core.db.transaction import ReadTx
from antiphon.core.errors import NotFoundError
from antiphon.core.events import events
from antiphon.domain.webhooks.commands import (
    deactivate,
    erase_secrets,
    purge_history,
    reactivate,
)
from antiphon.domain.webhooks.errors import SubscriptionError
from antiphon.domain.webhooks.records import DeliveryStatus, DisabledReason, Source
from antiphon.domain.webhooks.tables import deliveries, subscriptions
from receivers import Receiver
from voicegram_world import SCHEDULE, World


def disabled_events(tx: ReadTx) -> list[str]:
    return [row.object_id for row in tx.all(select(events).where(events.c.type == "webhook.disabled"))]


def secrets(tx: ReadTx) -> list[str | None]:
    return [row.sealed_secret for row in tx.all(select(subscriptions.c.sealed_secret))]


async def fail_events(world: World, count: int) -> None:
    for _ in range(count):
        await world.complete()
    await world.work()
    for delay in SCHEDULE:
        await world.pass_time(delay)


async def test_five_failed_events_in_a_row(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 7.3: the count moves per event, and the fifth disables."""
    receiver.status(500)
    made = await world.subscribe(receiver.url())
    own = made.subscription.id
    await fail_events(world, 4)
    four = await world.subscription(own)
    assert (four.consecutive_failures, four.is_active) == (4, True)
    pending = await world.complete()
    await world.work()
    await fail_events(world, 0)
    after = await world.subscription(own)
    assert (after.consecutive_failures, after.is_active) == (5, False)
    assert after.disabled_reason is DisabledReason.FAILURES
    assert after.inactive_since == world.clock.now()
    assert await world.services.database.read(disabled_events) == [own]
    assert (await world.deliveries(pending))[0].status is DeliveryStatus.FAILED
    sent = len(receiver.received)
    late = await world.complete()
    await world.work()
    assert len(receiver.received) == sent
    assert await world.deliveries(late) == []


async def test_disabling_cancels_the_other_pending_events(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 7.3: an inactive subscription sends nothing more."""
    receiver.status(500)
    made = await world.subscribe(receiver.url())
    for _ in range(5):
        await world.complete()
    await world.work()
    for delay in SCHEDULE[:-1]:
        await world.pass_time(delay)
    waiting = await world.complete()
    await world.pass_time(SCHEDULE[-1])
    assert not (await world.subscription(made.subscription.id)).is_active
    [delivery] = await world.deliveries(waiting)
    assert delivery.status is DeliveryStatus.CANCELLED
    sent = len(receiver.received)
    await world.pass_time(24 * HOUR)
    assert len(receiver.received) == sent


async def test_410_disables_at_once(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 7.2, 7.3: 410 adds one, disables, and cancels what is pending."""
    made = await world.subscribe(receiver.url(), channel_id=None)
    receiver.status(500)
    waiting = await world.complete()
    await world.work()
    receiver.status(410)
    gone = await world.complete()
    await world.work()
    after = await world.subscription(made.subscription.id)
    assert (after.is_active, after.consecutive_failures, after.last_error) == (False, 1, "http_status: 410")
    assert after.disabled_reason is DisabledReason.GONE
    assert (await world.deliveries(gone))[0].status is DeliveryStatus.FAILED
    assert (await world.deliveries(waiting))[0].status is DeliveryStatus.CANCELLED
    assert await world.services.database.read(disabled_events) == [made.subscription.id]
    await world.pass_time(24 * HOUR)
    assert len(receiver.received) == 2


async def test_410_counts_once_for_requests_sent_together(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 7.3: 410 adds one to the count, whatever was under way beside it."""
    receiver.status(410)
    made = await world.subscribe(receiver.url())
    for _ in range(40):
        await world.complete()
    await world.work()
    after = await world.subscription(made.subscription.id)
    assert (after.is_active, after.consecutive_failures) == (False, 1)
    assert len(receiver.received) <= world.services.settings.webhook_concurrency_per_receiver
    assert len(await world.services.database.read(disabled_events)) == 1


async def test_delete_cancels_retries_and_keeps_history(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 4.6: row and history stay, pending retries are cancelled."""
    receiver.status(500)
    made = await world.subscribe(receiver.url())
    own = made.subscription.id
    voicegram_id = await world.complete()
    await world.work()
    for _ in range(2):
        await world.services.database.write(deactivate, world.ours.account_id, own)
    await world.pass_time(24 * HOUR)
    assert len(receiver.received) == 1
    assert len(await world.attempts(own)) == 1
    assert (await world.deliveries(voicegram_id))[0].status is DeliveryStatus.CANCELLED
    assert (await world.subscription(own)).disabled_reason is DisabledReason.DELETED


async def test_reactivation(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 7.3: same secret, counter 0, no earlier events."""
    receiver.status(410)
    made = await world.subscribe(receiver.url())
    await world.complete()
    await world.work()
    world.clock.advance(90 * DAY - 1)
    back = await world.services.database.write(reactivate, world.ours.account_id, made.subscription.id)
    assert (back.is_active, back.consecutive_failures, back.inactive_since) == (True, 0, None)
    receiver.status(200)
    await world.complete()
    await world.work()
    assert len(receiver.received) == 2
    latest = receiver.received[-1]
    dialect = world.services.dialects["voicegram"]
    timestamp = int(latest.headers["webhook-timestamp"])
    assert (
        dialect.signer(made.secret)(latest.event_id, timestamp, latest.body)["webhook-signature"]
        == latest.headers["webhook-signature"]
    )


async def test_reactivation_is_refused_after_90_days_and_the_secret_erased(world: World) -> None:
    """contracts/voicegram.md 7.3: only within 90 days; then the secret is erased."""
    made = await world.subscribe("https://example.com/hook")
    write = world.services.database.write
    await write(deactivate, world.ours.account_id, made.subscription.id)
    world.clock.advance(90 * DAY - 1)
    assert await write(erase_secrets) == 0
    world.clock.advance(1)
    with pytest.raises(SubscriptionError) as refused:
        await write(reactivate, world.ours.account_id, made.subscription.id)
    assert refused.value.code == "expired"
    assert await write(erase_secrets) == 1
    assert await world.services.database.read(secrets) == [None]


async def test_reactivation_checks_cap_and_conflict_again(world: World) -> None:
    """contracts/voicegram.md 7.3: cap and `conflict` are re-checked."""
    write = world.services.database.write
    zap = {"source": Source.ZAPIER, "zapier_subscription_id": "zap-1"}
    first = await world.subscribe("https://example.com/hook", **zap)
    await write(deactivate, world.ours.account_id, first.subscription.id)
    second = await world.subscribe("https://example.com/hook", **zap)
    with pytest.raises(SubscriptionError) as refused:
        await write(reactivate, world.ours.account_id, first.subscription.id)
    assert refused.value.code == "conflict"
    await write(deactivate, world.ours.account_id, second.subscription.id)
    for _ in range(25):
        await world.subscribe("https://example.com/hook")
    with pytest.raises(SubscriptionError) as refused:
        await write(reactivate, world.ours.account_id, first.subscription.id)
    assert refused.value.code == "limit_reached"


async def test_reactivating_what_is_active_changes_nothing(world: World) -> None:
    made = await world.subscribe("https://example.com/hook")
    back = await world.services.database.write(reactivate, world.ours.account_id, made.subscription.id)
    assert back == made.subscription
    with pytest.raises(NotFoundError):
        await world.services.database.write(reactivate, world.theirs.account_id, made.subscription.id)


async def test_old_history_is_purged(world: World, receiver: Receiver) -> None:
    """votel.md 11.6: finished deliveries go after 30 days with their attempts; pending ones never do."""
    made = await world.subscribe(receiver.url())
    await world.complete()
    await world.work()
    receiver.status(500)
    waiting = await world.complete()
    await world.work()
    world.clock.advance(30 * DAY)
    assert await world.services.database.write(purge_history) == 0
    world.clock.advance(1)
    assert await world.services.database.write(purge_history) == 1
    [attempt] = await world.attempts(made.subscription.id)
    assert attempt.error == "http_status: 500"
    assert len(await world.deliveries(waiting)) == 1

    def count(tx: ReadTx) -> int:
        return len(tx.all(select(deliveries.c.id)))

    assert await world.services.database.read(count) == 1
