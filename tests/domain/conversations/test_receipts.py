"""Read receipts, where the channel has them (contracts/votel.md 1.1)."""

from __future__ import annotations

from antiphon.core.clock import MINUTE
from antiphon.domain.conversations.commands import receive_message
from antiphon.domain.conversations.records import Channel, InboundMessage, Message
from antiphon.domain.conversations.state import mark_read
from antiphon.domain.numbers.queries import get_connection
from antiphon.domain.numbers.records import ConnectionStatus
from carrier_world import OUTSIDE, CarrierStandIn, CarrierWorld, Line


async def receive(world: CarrierWorld, line: Line, sid: str) -> Message:
    incoming = InboundMessage(
        carrier=line.connection.carrier,
        carrier_message_id=sid,
        channel=Channel.WHATSAPP,
        number=line.number,
        from_address=OUTSIDE,
        body="Hello",
    )
    world.clock.advance(1)
    return await world.database.write(receive_message, world.account_id, incoming)


async def test_the_newest_that_was_read_is_told(world: CarrierWorld, api: CarrierStandIn) -> None:
    """One receipt stands for the messages before it; reading again tells nothing."""
    line = await world.meta(api.url)
    first, second = await receive(world, line, "wamid.1"), await receive(world, line, "wamid.2")
    await receive(world, line, "wamid.3")
    for up_to in (second.id, second.id, None, None):
        await world.database.write(mark_read, world.account_id, first.conversation_id, up_to)
        await world.work()
    assert api.receipts == ["wamid.2", "wamid.3"]
    assert api.faults == []


async def test_other_channels_have_none(world: CarrierWorld, api: CarrierStandIn) -> None:
    line = await world.twilio(api.url)
    message = await receive(world, line, "SM1")
    await world.database.write(mark_read, world.account_id, message.conversation_id)
    await world.work()
    assert api.receipts == []


async def test_a_receipt_that_is_lost_changes_nothing(world: CarrierWorld, api: CarrierStandIn) -> None:
    """Nothing depends on it."""
    line = await world.connect(
        "meta_whatsapp",
        "+15550102000",
        {"access_token": "an old one", "app_secret": "x", "verify_token": "y"},
        {"base_url": f"{api.url}/none", "version": "v23.0"},
        carrier_number_id="1",
    )
    message = await receive(world, line, "wamid.1")
    conversation = await world.database.write(mark_read, world.account_id, message.conversation_id)
    await world.work()
    await world.pass_time(MINUTE)
    assert not conversation.is_unread
    connection = await world.database.read(get_connection, world.account_id, line.connection.id)
    assert connection.status is ConnectionStatus.CONNECTED, "an address that is not there is no refusal"
