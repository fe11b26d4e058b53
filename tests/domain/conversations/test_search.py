"""What a search of messages finds (vocatech.md 5.2: id or number exactly, a part of the name or body)."""

from __future__ import annotations

from typing import Any

from antiphon.carriers.port import MessageReceived
from antiphon.domain.contacts.commands import delete_contact, update_contact
from antiphon.domain.conversations.search import follow_contact
from carrier_world import OUTSIDE, CarrierWorld


async def test_messages_are_found_by_the_name_that_their_contact_has_now(world: CarrierWorld) -> None:
    for type in ("lead.updated", "lead.deleted"):
        world.services.bus.react(type, follow_contact)
    event = MessageReceived(
        carrier_message_id="SM1",
        channel="sms",
        from_number=OUTSIDE,
        to_number=world.simulator.number.e164,
        body="Is the press in?",
        name="Ada Example",
        at=world.clock.now(),
    )
    await world.deliver([event])
    (message,) = await world.messages()

    async def found(**filters: Any) -> list[str]:
        return [one.id for one in await world.messages(**filters)]

    for query, wanted in {
        "da ex": [message.id],
        "press IN": [message.id],
        OUTSIDE: [message.id],
        OUTSIDE[:-1]: [],
        message.id: [message.id],
        message.id[:-1]: [],
        "example is": [],
    }.items():
        assert await found(search=query) == wanted, query
    contact_id = str(message.contact_id)
    await world.database.write(update_contact, world.account_id, contact_id, {"First Name": "Grace"})
    assert await found(search="grace ex") == [message.id]
    assert await found(search="ada") == []
    await world.database.write(delete_contact, world.account_id, contact_id)
    assert await found(search="grace") == []
    assert await found(search="press") == [message.id]
