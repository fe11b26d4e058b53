"""WhatsApp messages over the wire (contracts/voicory.md 8.3)."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon.core.clock import HOUR, SECOND
from antiphon.core.ids import new_id
from antiphon.domain.contacts.commands import delete_contact
from antiphon.domain.conversations.commands import receive_message, send_message
from antiphon.domain.conversations.delivery import apply_status
from antiphon.domain.conversations.records import (
    Channel,
    InboundMedia,
    InboundMessage,
    Message,
    MessageStatus,
    OutboundMessage,
)
from antiphon.domain.numbers.commands import create_simulator
from antiphon.domain.numbers.records import Number
from phone_world import Tenant, World

OUTSIDE = "+12025550143"
OWN = "+15550100100"


async def add_number(world: World, tenant: Tenant | None = None) -> Number:
    owner = (tenant or world.ours).account_id
    return await world.services.database.write(create_simulator, world.services.cipher, owner)


async def receive(world: World, number: Number, body: str = "Open on Sunday?", **changes: Any) -> Message:
    values: dict[str, Any] = {
        "carrier": "simulator",
        "carrier_message_id": f"wamid.{new_id()}",
        "channel": Channel.WHATSAPP,
        "number": number,
        "from_address": OUTSIDE,
        "body": body,
        **changes,
    }
    return await world.services.database.write(receive_message, number.account_id, InboundMessage(**values))


async def test_every_field(world: World) -> None:
    number = await add_number(world)
    message = await receive(world, number, carrier_message_id="wamid.1")
    row = {
        "id": message.id,
        "direction": "inbound",
        "content": {"text": {"body": "Open on Sunday?"}},
        "message_type": "text",
        "from_number": OUTSIDE,
        "to_number": OWN,
        "status": "delivered",
        "is_from_bot": False,
        "customer_id": message.contact_id,
        "created_at": "2026-09-21T14:13:20.000Z",
    }
    assert (await world.get("/messages")).json() == {
        "data": [row],
        "meta": {"page": 1, "limit": 25, "total": 1, "total_pages": 1, "has_more": False},
    }
    assert (await world.get(f"/messages/{message.id.upper()}")).json() == {
        "data": {
            **row,
            "delivered_at": "2026-09-21T14:13:20.000Z",
            "read_at": None,
            "wa_message_id": "wamid.1",
        }
    }


@pytest.mark.parametrize(
    ("changes", "content", "kind"),
    [
        (
            {"message_type": "image", "media": (InboundMedia("image/png", caption="The press"),)},
            {"image": {"id": ..., "mime_type": "image/png", "caption": "The press"}},
            "image",
        ),
        (
            {"message_type": "audio", "body": "", "media": (InboundMedia("audio/ogg"),)},
            {"audio": {"id": ..., "mime_type": "audio/ogg", "caption": None}},
            "audio",
        ),
        (
            {"message_type": "location", "body": "", "content": {"location": {"latitude": 1.5}}},
            {"location": {"latitude": 1.5}},
            "location",
        ),
    ],
)
async def test_content_is_shaped_as_whatsapps(
    world: World, changes: dict[str, Any], content: dict[str, Any], kind: str
) -> None:
    message = await receive(world, await add_number(world), **changes)
    (row,) = (await world.get("/messages")).json()["data"]
    if message.media:
        content = {kind: {**content[kind], "id": f"med_{message.media[0].id}"}}
    assert (row["content"], row["message_type"]) == (content, kind)


async def test_only_whatsapp_is_listed(world: World) -> None:
    """voicory.md 8.3: SMS never; without WhatsApp an empty list."""
    number = await add_number(world)
    sms = await receive(world, number, channel=Channel.SMS)
    assert (await world.get("/messages")).json()["data"] == []
    answer = await world.get(f"/messages/{sms.id}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


async def test_filters(world: World) -> None:
    """voicory.md 7: unknown words match nothing, bounds are inclusive, numbers are whole."""
    number = await add_number(world)
    first = await receive(world, number, "One")
    world.clock.advance(HOUR)
    outgoing = OutboundMessage(Channel.WHATSAPP, OWN, "+12025550199", "Two")
    second = await world.services.database.write(send_message, world.ours.account_id, outgoing)

    async def found(**query: Any) -> list[str]:
        # Ten requests in five seconds are allowed.
        world.clock.advance(6 * SECOND)
        answer = await world.get("/messages", params=query)
        assert answer.status_code == 200, answer.text
        assert answer.json()["meta"]["total"] == len(answer.json()["data"])
        return [item["id"] for item in answer.json()["data"]]

    assert await found() == [second.id, first.id]
    assert await found(direction="outbound") == [second.id]
    assert await found(direction="sideways") == []
    assert await found(customer_id=first.contact_id) == [first.id]
    assert await found(customer_id=new_id()) == []
    assert await found(phone_number=OUTSIDE) == [first.id]
    assert await found(phone_number=" 12025550143") == [first.id]
    assert await found(phone_number=OWN) == [second.id, first.id]
    assert await found(phone_number="555") == []
    assert await found(**{"from": "2026-09-21T14:13:20Z", "to": "2026-09-21T14:13:20Z"}) == [first.id]
    assert await found(**{"from": "2026-09-22", "to": "2026-09-21"}) == []


@pytest.mark.parametrize("query", [{"customer_id": "x"}, {"from": "yesterday"}, {"to": "2026-99-01"}])
async def test_malformed_filters(world: World, query: dict[str, str]) -> None:
    answer = await world.get("/messages", params=query)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_FILTER")


async def test_ids(world: World) -> None:
    answer = await world.get("/messages/not-a-uuid")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_ID")
    message = await receive(world, await add_number(world))
    assert (await world.get(f"/messages/{message.id}", tenant=world.theirs)).status_code == 404
    assert (await world.get(f"/messages/{message.id}", key=world.ours.public_key)).status_code == 200


async def test_delivery_of_an_outbound_message(world: World) -> None:
    await add_number(world)
    outgoing = OutboundMessage(Channel.WHATSAPP, OWN, OUTSIDE, "Yes", is_from_bot=True)
    database, account_id = world.services.database, world.ours.account_id
    message = await database.write(send_message, account_id, outgoing)
    detail = (await world.get(f"/messages/{message.id}")).json()["data"]
    assert (detail["status"], detail["wa_message_id"], detail["is_from_bot"]) == ("queued", None, True)
    await database.write(
        apply_status, account_id, MessageStatus.READ, world.clock.now(), message_id=message.id
    )
    detail = (await world.get(f"/messages/{message.id}")).json()["data"]
    assert (detail["status"], detail["read_at"]) == ("read", "2026-09-21T14:13:20.000Z")
    assert detail["delivered_at"] == detail["read_at"]


async def test_a_deleted_customer_is_not_named(world: World) -> None:
    message = await receive(world, await add_number(world))
    await world.services.database.write(delete_contact, world.ours.account_id, str(message.contact_id))
    (row,) = (await world.get("/messages")).json()["data"]
    assert row["customer_id"] is None
    answer = (await world.get(f"/messages?customer_id={message.contact_id}")).json()
    assert (answer["data"], answer["meta"]["total"]) == ([], 0)
