"""Messages over the wire: history and sending (contracts/vocatech.md 5.2, 5.3)."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from antiphon.core.clock import DAY, MINUTE, SECOND
from antiphon.core.ids import new_id
from antiphon.domain.accounts.records import KeyKind
from antiphon.domain.contacts.commands import create_contact, delete_contact, suppress
from antiphon.domain.conversations.commands import receive_message
from antiphon.domain.conversations.errors import OptedOutError
from antiphon.domain.conversations.records import Channel, InboundMedia, InboundMessage, Message
from antiphon.domain.numbers.commands import create_connection, create_number, create_simulator
from antiphon.domain.numbers.records import Number
from phone_world import Tenant, World

OUTSIDE = "+12025550143"
OWN = "+15550100100"
DAYS = {"start_date": "2026-09-01", "end_date": "2026-09-30"}


async def add_number(world: World, tenant: Tenant | None = None) -> Number:
    owner = (tenant or world.ours).account_id
    return await world.services.database.write(create_simulator, world.services.cipher, owner)


async def receive(world: World, number: Number, body: str = "Is it in?", **changes: Any) -> Message:
    values: dict[str, Any] = {
        "carrier": "simulator",
        "carrier_message_id": new_id(),
        "channel": Channel.SMS,
        "number": number,
        "from_address": OUTSIDE,
        "body": body,
        **changes,
    }
    return await world.services.database.write(receive_message, number.account_id, InboundMessage(**values))


def fields_at_fault(answer: httpx2.Response) -> list[str]:
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] == "validation_error"
    return [item["field"] for item in answer.json()["error"]["details"]]


def draft(**changes: Any) -> dict[str, Any]:
    values = {"platform": "text", "from": OWN, "to": OUTSIDE, "message": "It has arrived.", **changes}
    return {name: value for name, value in values.items() if value is not ...}


async def test_every_field_of_a_message(world: World) -> None:
    """vocatech.md 5.2."""
    number = await add_number(world)
    photo = InboundMedia("image/png", carrier_media_id="x", filename="press.png")
    message = await receive(world, number, name="Ada Example", media=(photo,))
    body = (await world.get("/messages", params=DAYS)).json()
    assert body == {
        "query": {
            **DAYS,
            "direction": "any",
            "status": "any",
            "channel": "any",
            "search": None,
            "timezone": "UTC",
            "page": 1,
            "limit": 50,
        },
        "messages": [
            {
                "message_id": message.id,
                "direction": "incoming",
                "status": "delivered",
                "remote_number": OUTSIDE,
                "remote_name": "Ada Example",
                "group_number": OWN,
                "sent_time": "2026-09-21T14:13:20+00:00",
                "channel": "text",
                "type": "mms",
                "body": "Is it in?",
                "attachments": [
                    {
                        "id": f"med_{message.media[0].id}",
                        "content_type": "image/png",
                        "filename": "press.png",
                        "size": 0,
                    }
                ],
            }
        ],
        "meta": {"page": 1, "limit": 50, "total_pages": 1, "total_messages": 1},
    }


async def test_filters_order_and_pages(world: World) -> None:
    """vocatech.md 4 and 5.2: newest first, exact totals, `search` by id, number, name and body."""
    number = await add_number(world)
    first = await receive(world, number, "One", name="Ada Example")
    world.clock.advance(SECOND)
    second = await receive(world, number, "Two", channel=Channel.WHATSAPP, from_address="+12025550199")
    world.clock.advance(SECOND)
    answer = await world.post("/messages", json=draft(message="Three"))
    third = answer.json()["message"]["message_id"]

    async def found(**query: Any) -> list[str]:
        answer = await world.get("/messages", params={**DAYS, **query})
        assert answer.status_code == 200, answer.text
        assert answer.json()["meta"]["total_messages"] >= len(answer.json()["messages"])
        return [item["message_id"] for item in answer.json()["messages"]]

    assert await found() == [third, second.id, first.id]
    assert await found(direction="incoming") == [second.id, first.id]
    assert await found(direction="outgoing", status="queued") == [third]
    assert await found(channel="whatsapp") == [second.id]
    assert await found(search=first.id) == [first.id]
    assert await found(search="2025550199") == [second.id]
    assert await found(search="0199") == []
    assert await found(search="ADA") == [third, first.id]
    assert await found(search="thr") == [third]
    assert await found(limit=1, page=2) == [second.id]
    assert await found(limit=1, page=9) == []
    assert await found(start_date="2026-09-22") == []
    assert await found(search="' OR 1=1 -- \" * %") == []


async def test_days_are_those_of_the_zone(open_world: Any) -> None:
    """vocatech.md 4: whole days in the zone; default today."""
    world = await open_world(timezone="America/Chicago")
    number = await add_number(world)
    await receive(world, number)
    assert (await world.get("/messages")).json()["meta"]["total_messages"] == 1
    answer = await world.get("/messages", params={"timezone": "Asia/Tokyo"})
    assert answer.json()["messages"][0]["sent_time"] == "2026-09-21T23:13:20+09:00"
    world.clock.advance(DAY)
    assert (await world.get("/messages")).json()["messages"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"direction": "inbound"}, "direction"),
        ({"status": "lost"}, "status"),
        ({"channel": "sms"}, "channel"),
        ({"timezone": "Nowhere/Land"}, "timezone"),
        ({"start_date": "2026-13-01"}, "start_date"),
        ({"start_date": "2026-09-30", "end_date": "2026-09-01"}, "start_date"),
        ({"start_date": "2025-09-01", "end_date": "2026-09-30"}, "start_date"),
    ],
)
async def test_wrong_values_are_400(world: World, query: dict[str, str], field: str) -> None:
    """vocatech.md 4, 5.2: a wrong date, zone or enum."""
    assert fields_at_fault(await world.get("/messages", params=query)) == [field]


async def test_a_deleted_contact_has_no_name(world: World) -> None:
    """README, one domain object: deleted rows are gone from everywhere."""
    number = await add_number(world)
    message = await receive(world, number, name="Ada Example")
    await world.services.database.write(delete_contact, world.ours.account_id, str(message.contact_id))
    (row,) = (await world.get("/messages", params=DAYS)).json()["messages"]
    assert row["remote_name"] is None


async def test_sending(world: World) -> None:
    """vocatech.md 5.3."""
    await add_number(world)
    answer = await world.post("/messages", json=draft(name="Ada Example", members=["owner@example.com", "x"]))
    assert answer.status_code == 201
    body = answer.json()
    message_id = body["message"].pop("message_id")
    assert body == {
        "status": "created",
        "message": {
            "platform": "text",
            "from": OWN,
            "to": OUTSIDE,
            "name": "Ada Example",
            "message_sent": True,
            "existing_space": False,
            "created_at": "2026-09-21T14:13:20+00:00",
        },
    }
    (row,) = (await world.get("/messages", params=DAYS)).json()["messages"]
    assert (row["message_id"], row["status"], row["remote_name"]) == (message_id, "queued", "Ada Example")
    again = await world.post("/messages", json=draft(**{"from": "5550100100", "to": "(202) 555-0143"}))
    assert again.json()["message"]["existing_space"] is True
    assert again.json()["message"]["to"] == OUTSIDE


async def test_a_dry_run_stores_and_counts_nothing(world: World) -> None:
    """vocatech.md 3 and 5.3: `test` sends and stores nothing, and is none of the five."""
    await add_number(world)
    for _ in range(7):
        answer = await world.post("/messages", json=draft(test=True))
        assert answer.status_code == 201
    assert answer.json()["status"] == "test"
    assert answer.json()["message"]["message_id"] is None
    assert answer.json()["message"]["message_sent"] is False
    assert answer.headers["X-RateLimit-Limit"] == "5"
    assert answer.headers["X-RateLimit-Remaining"] == "5"
    assert (await world.get("/messages", params=DAYS)).json()["messages"] == []
    assert fields_at_fault(await world.post("/messages", json=draft(test=True, to="x"))) == ["to"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"platform": "sms"}, "platform"),
        ({"platform": ...}, "platform"),
        ({"from": ...}, "from"),
        ({"from": "+15550109999"}, "from"),
        ({"from": "nobody"}, "from"),
        ({"to": ...}, "to"),
        ({"to": "12"}, "to"),
        ({"to": f"{OUTSIDE};+12025550199"}, "to"),
        ({"to": OWN}, "to"),
        ({"message": ...}, "message"),
        ({"message": ""}, "message"),
        ({"message": "x" * 1601}, "message"),
        ({"message": "a\0b"}, "message"),
        ({"message": 5}, "message"),
        ({"members": "owner@example.com"}, "members"),
        ({"test": "yes"}, "test"),
        ({"name": 5}, "name"),
    ],
)
async def test_what_cannot_be_sent(world: World, changes: dict[str, Any], field: str) -> None:
    """vocatech.md 5.3: 400 at the field, and nothing is stored."""
    await add_number(world)
    assert fields_at_fault(await world.post("/messages", json=draft(**changes))) == [field]
    assert (await world.get("/messages", params=DAYS)).json()["messages"] == []


async def test_refusals_are_worded_for_people(world: World) -> None:
    """vocatech.md 2: a message says what is wrong with the field, of text in characters."""
    await add_number(world)
    for text, expected in (
        ("", "at least 1 character"),
        ("x" * 1601, "at most 1600 characters"),
        ("a\0b", "must not hold NUL characters"),
    ):
        [detail] = (await world.post("/messages", json=draft(message=text))).json()["error"]["details"]
        assert detail == {"field": "message", "message": expected}


@pytest.mark.parametrize("text", ["x" * 1600, "\U0001f642" * 1600, "e\u0301" * 800, " "])
async def test_length_is_in_code_points(world: World, text: str) -> None:
    """vocatech.md 5.3: 1..1600 Unicode code points."""
    await add_number(world)
    assert (await world.post("/messages", json=draft(message=text))).status_code == 201
    (row,) = (await world.get("/messages", params=DAYS)).json()["messages"]
    assert row["body"] == text


async def test_opted_out_recipients_and_numbers_of_other_platforms(world: World) -> None:
    """vocatech.md 5.3: STOP is 400 on `to`, a number without the platform 400 on `from`."""
    account_id, database = world.ours.account_id, world.services.database
    await add_number(world)
    await database.write(suppress, account_id, "sms", OUTSIDE, "keyword")
    assert fields_at_fault(await world.post("/messages", json=draft())) == ["to"]
    assert (await world.post("/messages", json=draft(platform="whatsapp"))).status_code == 201
    made = await database.write(
        create_connection,
        world.services.cipher,
        account_id,
        carrier="simulator",
        label="",
        credentials={"secret": "x"},
    )
    await database.write(
        create_number, account_id, made.connection.id, "+15550107000", sms=False, whatsapp=True
    )
    answer = await world.post("/messages", json=draft(**{"from": "+15550107000", "to": "+12025550199"}))
    assert fields_at_fault(answer) == ["from"]


async def test_five_in_ten_minutes_and_only_valid_ones_count(world: World) -> None:
    """vocatech.md 2 and 3: an invalid or dry send never uses up one of the five."""
    await add_number(world)
    for _ in range(3):
        assert (await world.post("/messages", json=draft(message=""))).status_code == 400
    for left in (4, 3, 2, 1, 0):
        answer = await world.post("/messages", json=draft())
        assert (answer.status_code, answer.headers["X-RateLimit-Remaining"]) == (201, str(left))
    answer = await world.post("/messages", json=draft())
    assert answer.status_code == 429
    assert answer.json()["error"]["code"] == "rate_limited"
    assert answer.headers["Retry-After"] == "600"
    assert answer.headers["X-RateLimit-Limit"] == "5"
    assert fields_at_fault(await world.post("/messages", json=draft(message=""))) == ["message"]
    assert (await world.post("/messages", json=draft(test=True))).status_code == 201
    world.clock.advance(10 * MINUTE)
    assert (await world.post("/messages", json=draft())).status_code == 201
    assert (await world.get("/messages", params=DAYS)).json()["meta"]["total_messages"] == 6


async def test_a_send_that_fails_is_none_of_the_five(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """vocatech.md 2 and 3: what was refused or failed at the last moment is given back."""
    await add_number(world)
    opted_out = OptedOutError("has opted out", field="to")
    for error, status in ((opted_out, 400), (RuntimeError("out of order"), 500)):

        async def fail(*_: Any, error: Exception = error) -> None:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(world.services.database, "write", fail)
            answer = await world.post("/messages", json=draft())
        assert (answer.status_code, answer.headers["X-RateLimit-Remaining"]) == (status, "5")
    answer = await world.post("/messages", json=draft())
    assert (answer.status_code, answer.headers["X-RateLimit-Remaining"]) == (201, "4")


async def test_who_may_send(world: World) -> None:
    """vocatech.md 1: viewers only read, members send, `pk_` keys nothing."""
    await add_number(world)
    public = await world.make_key(kind=KeyKind.PUBLIC)
    for key, status in ((world.ours.viewer, 403), (public, 403), (world.ours.member, 201)):
        assert (await world.post("/messages", json=draft(), key=key)).status_code == status
    assert (await world.get("/messages", key=world.ours.viewer)).status_code == 200


async def test_two_accounts_know_nothing_of_each_other(world: World) -> None:
    """vocatech.md 1, 5.2, 5.3."""
    number = await add_number(world)
    await receive(world, number)
    theirs = await world.get("/messages", params=DAYS, tenant=world.theirs)
    assert theirs.json()["meta"]["total_messages"] == 0
    assert fields_at_fault(await world.post("/messages", json=draft(), tenant=world.theirs)) == ["from"]


async def test_an_existing_contact_keeps_its_name(world: World) -> None:
    """vocatech.md 5.3: `name` names the contact if it is new."""
    await add_number(world)
    await world.services.database.write(
        create_contact, world.ours.account_id, first_name="Ada", last_name="Example", phones=(OUTSIDE,)
    )
    await world.post("/messages", json=draft(name="Somebody Else"))
    (row,) = (await world.get("/messages", params=DAYS)).json()["messages"]
    assert row["remote_name"] == "Ada Example"
