"""The lanes: isolation of receivers, concurrency, crashes and races (contracts/voicegram.md 7.1)."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from sqlalchemy import select, text, update
from sqlalchemy.dialects import sqlite

from antiphon.core.clock import HOUR, MINUTE, SECOND
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.jobs.registry import JobContext, Payload
from antiphon.domain.voicegrams.commands import delete_voicegram, erase_transcript
from antiphon.domain.webhooks import lane_run, results
from antiphon.domain.webhooks.commands import deactivate, resend
from antiphon.domain.webhooks.jobs import WebhookJobs
from antiphon.domain.webhooks.lanes import STALE_LANE_MS, end_lane, sweep_lanes, wake_lane
from antiphon.domain.webhooks.records import DeliveryStatus
from antiphon.domain.webhooks.tables import attempts, deliveries, subscriptions
from receivers import Received, Receiver
from voicegram_fixtures import MakeReceiver
from voicegram_world import SCHEDULE, OpenWorld, World, complete
from waiting import eventually


def statuses(tx: ReadTx) -> list[str]:
    return [row.status for row in tx.all(select(deliveries.c.status))]


def delivery_ids(tx: ReadTx) -> list[str]:
    return [row.id for row in tx.all(select(deliveries.c.id))]


def made_attempts(tx: ReadTx) -> list[tuple[str, int]]:
    return [
        (row.delivery_id, row.number) for row in tx.all(select(attempts.c.delivery_id, attempts.c.number))
    ]


def lanes(tx: ReadTx) -> list[str | None]:
    return [row.lane_id for row in tx.all(select(subscriptions.c.lane_id))]


async def test_one_delivery_per_matching_active_subscription(
    world: World, make_receiver: MakeReceiver
) -> None:
    """contracts/voicegram.md 7.1: account, channel and activity decide; later subscriptions get nothing."""
    every, own, other, foreign, gone, late = [await make_receiver() for _ in range(6)]
    await world.subscribe(every.url())
    await world.subscribe(own.url(), channel_id=world.ours.domain.id)
    await world.subscribe(other.url(), channel_id=world.ours.campaign.id)
    await world.subscribe(foreign.url(), tenant=world.theirs)
    ended = await world.subscribe(gone.url())
    await world.services.database.write(deactivate, world.ours.account_id, ended.subscription.id)
    voicegram_id = await world.complete()
    await world.subscribe(late.url())
    await world.work()
    assert [len(item.received) for item in (every, own, other, foreign, gone, late)] == [1, 1, 0, 0, 0, 0]
    assert every.event_ids == own.event_ids
    assert every.received[0].event["data"]["id"] == f"vg_{voicegram_id}"
    links = {item.received[0].event["data"]["audio"]["url"] for item in (every, own)}
    assert len(links) == 2, "each subscription has a listener of its own"


async def test_nothing_is_delivered_when_the_event_is_rolled_back(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 7.1: event and deliveries commit together or not at all."""
    await world.subscribe(receiver.url())

    def fail(tx: WriteTx) -> None:
        complete(tx, world.ours, world.ours.domain, None, None)
        raise RuntimeError("after the event")

    with pytest.raises(RuntimeError):
        await world.services.database.write(fail)
    await world.work()
    assert receiver.received == []
    assert await world.services.database.read(statuses) == []


async def test_concurrency_per_receiver_is_capped(open_world: OpenWorld, receiver: Receiver) -> None:
    """The setting `webhook_concurrency_per_receiver` holds, and is used up."""
    world = await open_world(webhook_concurrency_per_receiver=3)
    together = asyncio.Event()

    async def answer(_: Received) -> web.StreamResponse:
        if receiver.active == 3:
            together.set()
        await together.wait()
        return web.Response()

    receiver.answer = answer
    await world.subscribe(receiver.url())
    for _ in range(20):
        await world.complete()
    await world.work()
    assert len(set(receiver.event_ids)) == 20
    assert receiver.most_active == 3


async def test_slow_receiver_delays_nobody_else(world: World, make_receiver: MakeReceiver) -> None:
    """A receiver that answers nothing holds up only itself."""
    slow, quick = await make_receiver(), await make_receiver()
    release = slow.hang()
    await world.subscribe(slow.url())
    await world.subscribe(quick.url())
    for _ in range(30):
        await world.complete()
    worker = asyncio.create_task(world.worker.run())
    await eventually(lambda: len(quick.received) == 30)
    assert len(slow.received) <= world.services.settings.webhook_concurrency_per_receiver
    await world.complete()
    await eventually(lambda: len(quick.received) == 31)
    release.set()
    await eventually(lambda: len(slow.received) == 31)
    await world.worker.stop()
    await worker


async def test_one_hanging_request_does_not_hold_the_receivers_other_events(
    world: World, receiver: Receiver
) -> None:
    """Within a lane the free places go on; results are recorded while others are under way."""
    release = asyncio.Event()
    first: list[str] = []

    async def answer(received: Received) -> web.StreamResponse:
        if not first:
            first.append(received.event_id)
            await release.wait()
        return web.Response()

    receiver.answer = answer
    await world.subscribe(receiver.url())
    for _ in range(150):
        await world.complete()
    worker = asyncio.create_task(world.worker.run())

    async def recorded() -> bool:
        return (await world.services.database.read(statuses)).count("delivered") == 149

    await eventually(recorded)
    late = await world.complete()
    await eventually(lambda: len(receiver.received) == 151)
    release.set()

    async def done() -> bool:
        return set(await world.services.database.read(statuses)) == {"delivered"}

    await eventually(done)
    assert (await world.deliveries(late))[0].status is DeliveryStatus.DELIVERED
    assert len(set(receiver.event_ids)) == 151
    await world.worker.stop()
    await worker


async def test_many_chunks_and_records_lose_and_repeat_nothing(
    open_world: OpenWorld, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lane reads on while it sends and records while it sends: one request and one attempt per delivery."""
    monkeypatch.setattr(lane_run, "CHUNK", 7)
    monkeypatch.setattr(lane_run, "RECORD_COUNT", 4)
    world = await open_world(webhook_concurrency_per_receiver=3)
    await world.subscribe(receiver.url())
    receiver.status(*[503 if number % 10 == 9 else 200 for number in range(60)], 200)
    for _ in range(60):
        await world.complete()
    await world.work()
    assert len(receiver.event_ids) == len(set(receiver.event_ids)) == 60
    found = await world.services.database.read(statuses)
    assert (found.count("delivered"), found.count("pending")) == (54, 6)
    first = await world.services.database.read(made_attempts)
    assert len(set(first)) == len(first) == 60
    await world.pass_time(5 * SECOND)
    assert set(await world.services.database.read(statuses)) == {"delivered"}
    second = await world.services.database.read(made_attempts)
    assert len(set(second)) == len(second) == 66


@pytest.mark.parametrize("statement", ["_SETTLE", "_SETTLE_CANCELLED"])
async def test_recording_finds_deliveries_by_their_ids(world: World, statement: str) -> None:
    """Not by their account, with a scan of the whole batch for each of its deliveries."""
    if world.services.database.dialect != "sqlite":
        pytest.skip("PostgreSQL plans with the size of the table")
    compiled = getattr(results, statement).statement.compile(dialect=sqlite.dialect())

    def explain(tx: ReadTx) -> list[str]:
        found = tx.execute(text(f"EXPLAIN QUERY PLAN {compiled}".replace("?", "''")))
        return [row.detail for row in found]

    first, second = await world.services.database.read(explain)
    assert first.startswith("SCAN items")
    assert second.endswith("(id=?)")


async def test_lane_ends_and_starts_again(world: World, receiver: Receiver) -> None:
    """No lane is left marked as running, and the next event starts a new one."""
    await world.subscribe(receiver.url())
    for expected in (1, 2, 3):
        await world.complete()
        await world.work()
        assert len(receiver.received) == expected
        assert await world.services.database.read(lanes) == [None]


async def test_killed_lane_is_delivered_again_with_the_same_ids(world: World, receiver: Receiver) -> None:
    """At least once: what was sent but not recorded is sent again under its event id."""
    await world.subscribe(receiver.url())
    for _ in range(12):
        await world.complete()
    release = receiver.hang()
    payload = await lane_payload(world)
    jobs = WebhookJobs(world.services)
    killed = asyncio.create_task(jobs.deliver(payload, JobContext(1, False, 1)))
    await eventually(lambda: len(receiver.received) == 10)
    killed.cancel()
    with pytest.raises(asyncio.CancelledError):
        await killed
    release.set()
    assert set(await world.services.database.read(statuses)) == {"pending"}
    sent = set(receiver.event_ids)
    await world.work()
    assert set(await world.services.database.read(statuses)) == {"delivered"}
    assert sent <= set(receiver.event_ids[10:])
    assert len(set(receiver.event_ids)) == 12


async def test_interrupted_lane_records_what_was_answered(world: World, receiver: Receiver) -> None:
    """A stop in good order sends nothing twice that had its answer."""
    await world.subscribe(receiver.url())
    release = asyncio.Event()

    async def answer(_: Received) -> web.StreamResponse:
        if len(receiver.received) > 1:
            await release.wait()
        return web.Response()

    receiver.answer = answer
    for _ in range(12):
        await world.complete()
    jobs = WebhookJobs(world.services)
    stopped = asyncio.create_task(jobs.deliver(await lane_payload(world), JobContext(1, False, 1)))
    # The eleventh request takes the place of the answered one.
    await eventually(lambda: len(receiver.received) == 11)
    stopped.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopped
    release.set()
    answered = receiver.received[0].event_id
    await world.work()
    assert receiver.event_ids.count(answered) == 1
    assert len(set(receiver.event_ids)) == 12


async def test_asking_during_an_attempt_is_not_forgotten(world: World, receiver: Receiver) -> None:
    """contracts/votel.md 11.6: what is due goes out now, also when an attempt that is under way fails."""
    made = await world.subscribe(receiver.url())
    account_id, subscription_id = world.ours.account_id, made.subscription.id

    async def answer(_: Received) -> web.StreamResponse:
        if len(receiver.received) > 1:
            return web.Response()
        world.clock.advance(SECOND)
        (delivery_id,) = await world.services.database.read(delivery_ids)
        await world.services.database.write(resend, account_id, subscription_id, delivery_id)
        return web.Response(status=503)

    receiver.answer = answer
    await world.complete()
    await world.work()
    assert len(receiver.received) == 2
    assert await world.services.database.read(statuses) == ["delivered"]


async def test_sweeper_restarts_a_lane_without_a_job(world: World, receiver: Receiver) -> None:
    """Whatever became of a lane's job, its deliveries are not lost."""
    made = await world.subscribe(receiver.url())
    write = world.services.database.write
    voicegram_id = await world.complete()
    lost = update(subscriptions).values(lane_id="lost", lane_seen_at=world.clock.now())
    await write(lambda tx: tx.execute(lost))
    await world.work()
    assert receiver.received == []
    world.clock.advance(STALE_LANE_MS)
    assert await write(sweep_lanes) == 0, "a lane may be silent for a while"
    world.clock.advance(1)
    assert await write(sweep_lanes) == 1
    assert await write(sweep_lanes) == 0
    await world.work()
    assert (await world.deliveries(voicegram_id))[0].status is DeliveryStatus.DELIVERED
    assert len(await world.attempts(made.subscription.id)) == 1


async def test_sweeper_starts_what_no_wake_up_started(world: World, receiver: Receiver) -> None:
    """A lost wake-up costs a minute at most."""
    receiver.status(500, 200)
    await world.subscribe(receiver.url())
    await world.complete()
    await world.work()
    world.clock.advance(5 * SECOND)
    assert await world.services.database.write(sweep_lanes) == 1
    await world.work()
    assert len(receiver.received) == 2


async def test_wake_up_that_comes_early_comes_again(world: World, receiver: Receiver) -> None:
    """The queue's clock may run ahead of ours."""
    receiver.status(500, 200)
    made = await world.subscribe(receiver.url())
    await world.complete()
    await world.work()
    world.clock.advance(4 * SECOND)
    await world.services.database.write(wake_lane, world.ours.account_id, made.subscription.id)
    await world.work()
    assert len(receiver.received) == 1
    await world.pass_time(SECOND)
    assert len(receiver.received) == 2


async def test_lane_with_a_full_turn_is_continued(open_world: OpenWorld, receiver: Receiver) -> None:
    """A long lane goes to the end of the queue and loses nothing."""
    world = await open_world(turn_seconds=0.0)
    await world.subscribe(receiver.url())
    for _ in range(15):
        await world.complete()
    jobs = WebhookJobs(world.services, turn_seconds=0.0)
    await jobs.deliver(await lane_payload(world), JobContext(1, False, 1))
    assert receiver.received == []
    jobs = WebhookJobs(world.services, turn_seconds=20.0)
    await jobs.deliver(await lane_payload(world), JobContext(1, False, 1))
    assert len(set(receiver.event_ids)) == 15


async def test_events_during_the_end_of_a_lane_are_not_lost(world: World, receiver: Receiver) -> None:
    """A lane's end and a new event meet at the subscription's row."""
    await world.subscribe(receiver.url())
    worker = asyncio.create_task(world.worker.run())
    sent = 0

    async def received(count: int) -> None:
        await eventually(lambda: len(receiver.received) >= count)

    for burst in range(12):
        await asyncio.gather(*(world.complete() for _ in range(burst % 3 + 1)))
        sent += burst % 3 + 1
        await received(sent - burst % 2)

    async def done() -> bool:
        found = await world.services.database.read(statuses)
        return len(found) == sent and set(found) == {"delivered"}

    await eventually(done)
    await world.worker.stop()
    await worker


async def test_foreign_lane_does_nothing(world: World, receiver: Receiver) -> None:
    """A job whose lane was taken over ends without sending."""
    made = await world.subscribe(receiver.url())
    await world.complete()
    payload = {**await lane_payload(world), "lane_id": "another"}
    await WebhookJobs(world.services).deliver(payload, JobContext(1, False, 1))
    assert receiver.received == []
    own = (world.ours.account_id, made.subscription.id)
    assert await world.services.database.write(end_lane, *own, "another") is True
    await world.work()
    assert len(receiver.received) == 1


async def test_erased_voicegram_is_not_sent(world: World, receiver: Receiver) -> None:
    """A deleted voicegram's pending deliveries are cancelled with it."""
    receiver.status(500)
    await world.subscribe(receiver.url())
    voicegram_id = await world.complete()
    await world.work()
    await world.services.database.write(delete_voicegram, world.ours.account_id, voicegram_id)
    await world.pass_time(HOUR)
    assert len(receiver.received) == 1


async def test_an_event_whose_words_expired_is_not_sent(world: World, receiver: Receiver) -> None:
    """contracts/votel.md 11.1: what retention has erased while it waited is cancelled, and is no failure."""
    receiver.status(500)
    made = await world.subscribe(receiver.url())
    expired, kept = await world.complete(), await world.complete()
    await world.work()
    receiver.received.clear()
    await world.services.database.write(erase_transcript, world.ours.account_id, expired)
    for delay in SCHEDULE:
        await world.pass_time(delay)
    assert {received.event["data"]["id"] for received in receiver.received} == {f"vg_{kept}"}
    states = [(await world.deliveries(one))[0].status for one in (expired, kept)]
    assert states == [DeliveryStatus.CANCELLED, DeliveryStatus.FAILED]
    assert (await world.subscription(made.subscription.id)).consecutive_failures == 1


async def test_body_that_cannot_be_built_holds_up_nothing(world: World, receiver: Receiver) -> None:
    """One broken event fails by itself and is retried; the others go out."""
    await world.subscribe(receiver.url())
    broken = await world.complete()
    wrong = update(deliveries).where(deliveries.c.object_id == broken).values(data='{"no":"data"}')
    await world.services.database.write(lambda tx: tx.execute(wrong))
    await world.complete()
    await world.work()
    assert len(receiver.received) == 1
    [delivery] = await world.deliveries(broken)
    assert (delivery.status, delivery.last_error) == (DeliveryStatus.PENDING, "internal_error")
    for delay in SCHEDULE:
        await world.pass_time(delay)
    assert (await world.deliveries(broken))[0].status is DeliveryStatus.FAILED


async def test_schedules_are_registered(world: World) -> None:
    """The sweeper runs each minute."""
    assert world.worker.registry.schedules == {
        "webhooks.sweep": "* * * * *",
        "webhooks.upkeep": "17 * * * *",
    }
    context = JobContext(1, False, 1)
    jobs = WebhookJobs(world.services)
    await jobs.sweep({}, context)
    await jobs.keep_up({}, context)
    await world.pass_time(MINUTE)


async def lane_payload(world: World) -> Payload:
    """What the job of our only subscription's lane is given."""

    def read(tx: ReadTx) -> Payload:
        row = tx.first(select(subscriptions.c.id, subscriptions.c.lane_id))
        assert row is not None
        return {
            "account_id": world.ours.account_id,
            "subscription_id": row.id,
            "lane_id": row.lane_id,
            "turn": 0,
        }

    return await world.services.database.read(read)
