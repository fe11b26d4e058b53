"""Delivery states only move forward, in whatever order they are told (issue 3, section 1)."""

from __future__ import annotations

from itertools import permutations

import pytest

from antiphon.carriers.port import MessageReceived
from antiphon.carriers.port import MessageStatus as Told
from antiphon.core.clock import SECOND
from antiphon.domain.conversations.changes import erase_message
from antiphon.domain.conversations.delivery import apply_status
from antiphon.domain.conversations.records import Message, MessageStatus
from carrier_world import OUTSIDE, CarrierWorld

SENT, DELIVERED, READ, FAILED = (
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.READ,
    MessageStatus.FAILED,
)


async def apply(world: CarrierWorld, message: Message, *told: MessageStatus) -> Message:
    for status in told:
        world.clock.advance(SECOND)
        await world.database.write(
            apply_status, world.account_id, status, world.clock.now(), message_id=message.id, error_code="e"
        )
    return await world.message(message.id)


@pytest.mark.parametrize("order", list(permutations((SENT, DELIVERED, READ))))
async def test_any_order_ends_in_the_furthest_state(
    world: CarrierWorld, order: tuple[MessageStatus, ...]
) -> None:
    message = await apply(world, await world.send(), *order, *order)
    assert message.status is READ
    assert None not in (message.sent_at, message.delivered_at, message.read_at)
    assert world.told().count("message.sent") == 1
    assert world.told()[0] == "message.sent"
    updates = [event.data["status"] for event in world.events if event.type == "message.status_updated"]
    assert updates == sorted(updates)
    assert updates[-1] == "read"


async def test_the_event_of_sending_says_sent_whatever_came_first(world: CarrierWorld) -> None:
    await apply(world, await world.send(), DELIVERED)
    statuses = [event.data["status"] for event in world.events if event.type.startswith("message.")]
    assert statuses == ["sent", "delivered"]


@pytest.mark.parametrize(
    ("told", "end"),
    [
        ((FAILED,), FAILED),
        ((SENT, FAILED), FAILED),
        ((FAILED, SENT, DELIVERED), FAILED),
        ((DELIVERED, FAILED), DELIVERED),
        ((READ, FAILED, SENT), READ),
    ],
)
async def test_failure_is_final_and_never_follows_delivery(
    world: CarrierWorld, told: tuple[MessageStatus, ...], end: MessageStatus
) -> None:
    message = await apply(world, await world.send(), *told)
    assert message.status is end
    assert message.error_code == ("e" if end is FAILED else None)


async def test_a_state_that_came_before_the_answer_of_the_carrier_stays(world: CarrierWorld) -> None:
    message = await apply(world, await world.send(), DELIVERED)
    await world.work()
    message = await world.message(message.id)
    assert message.status is DELIVERED
    assert world.told() == ["message.sent", "message.status_updated"]


async def test_unknown_foreign_and_mismatched_ids_change_nothing(world: CarrierWorld) -> None:
    message = await world.send()
    await world.work()

    async def tell(**where: str) -> bool:
        return await world.database.write(
            apply_status, world.account_id, DELIVERED, world.clock.now(), **where
        )

    assert not await tell(carrier="simulator", carrier_message_id="unknown")
    assert not await tell(message_id="01890000-0000-7000-8000-000000000000")
    assert not await tell(carrier="twilio", carrier_message_id="x", message_id=message.id)
    assert not await tell(carrier="simulator", carrier_message_id="other", message_id=message.id)
    assert not await world.database.write(
        apply_status, "01890000-0000-7000-8000-000000000000", READ, 0, message_id=message.id
    )
    assert (await world.message(message.id)).status is SENT


async def test_a_time_ahead_of_ours_is_ours(world: CarrierWorld) -> None:
    message = await world.send()
    await world.database.write(
        apply_status, world.account_id, SENT, world.clock.now() + 10**9, message_id=message.id
    )
    assert (await world.message(message.id)).sent_at == world.clock.now()


async def test_what_is_told_of_an_erased_message_is_ignored(world: CarrierWorld) -> None:
    """A callback of many events is not refused for one of them; what was erased stays so."""
    own = world.simulator.number.e164
    texts = [MessageReceived(sid, "sms", OUTSIDE, own, sid, world.clock.now()) for sid in ("SM1", "SM2")]
    await world.deliver(texts[:1])
    message = await world.send()
    await world.work()
    sent = await world.message(message.id)
    for gone in await world.messages():
        await world.database.write(erase_message, world.account_id, gone.id)
    status = Told(str(sent.carrier_message_id), "delivered", world.clock.now(), sent.id)
    assert (await world.deliver([texts[0], status, texts[1]])).status_code == 204
    (other,) = await world.messages()
    assert other.body == "SM2"
