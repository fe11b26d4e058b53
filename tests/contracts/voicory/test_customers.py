"""Customers over the wire (contracts/voicory.md 8.2, 6, 7)."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon.core.clock import DAY, to_iso
from antiphon.core.db.transaction import WriteTx
from antiphon.core.ids import new_id
from antiphon.domain.calls.commands import end_call, start_call
from antiphon.domain.calls.records import CallDirection, CallStatus, StartCall
from antiphon.domain.contacts.commands import (
    create_contact,
    create_field,
    delete_contact,
    resolve_contact,
    touch_contact,
    update_contact,
)
from antiphon.domain.contacts.records import Contact, Source
from antiphon.domain.conversations.commands import receive_message
from antiphon.domain.conversations.records import Channel, InboundMessage
from antiphon.domain.numbers.commands import create_connection, create_number
from phone_world import World

PHONE = "+13125550143"


async def make(world: World, **values: Any) -> Contact:
    values.setdefault("first_name", "Ann")
    return await world.services.database.write(create_contact, world.ours.account_id, **values)


async def names(world: World, **query: str) -> list[str | None]:
    answer = await world.get("/customers", params=query)
    assert answer.status_code == 200, answer.text
    content = answer.json()
    assert content["meta"]["total"] == len(content["data"])
    return [item["name"] for item in content["data"]]


async def test_every_field(world: World) -> None:
    """voicory.md 8.2: all fields present, custom ones by `field_name`, tags always."""

    def prepare(tx: WriteTx) -> Contact:
        account_id = world.ours.account_id
        create_field(tx, account_id, name="Shoe Size")
        made = create_contact(
            tx,
            account_id,
            first_name="Ann",
            last_name="Lee",
            company="Acme",
            phones=(PHONE, "+13125550144"),
            emails=("ann@example.org",),
            tags=("vip",),
            source=Source.PHONE,
        )
        touch_contact(tx, account_id, made.id, 2, tx.now - 5)
        return update_contact(tx, account_id, made.id, {"Shoe Size": "44"})

    contact = await world.services.database.write(prepare)
    one = (await world.get(f"/customers/{contact.id.upper()}")).json()
    assert one == {
        "data": {
            "id": contact.id,
            "name": "Ann Lee",
            "email": "ann@example.org",
            "phone_number": PHONE,
            "source": "phone",
            "interaction_count": 2,
            "last_interaction": to_iso(world.clock.now() - 5),
            "variables": {"shoe_size": "44", "tags": ["vip"]},
            "created_at": to_iso(world.clock.now()),
            "recent_calls": [],
            "recent_messages": [],
        }
    }
    listed = (await world.get("/customers")).json()
    detail = one["data"]
    assert listed["data"] == [
        {name: detail[name] for name in detail if name not in ("recent_calls", "recent_messages")}
    ]
    assert listed["meta"] == {"page": 1, "limit": 25, "total": 1, "total_pages": 1, "has_more": False}


async def test_nulls_and_names(world: World) -> None:
    """voicory.md 8.2: the company stands in for a name; what is not there is null."""
    await make(world, first_name="", company="Acme")
    await make(world, first_name="", last_name="Lee", company="Acme")
    bare = await make(world, first_name="", emails=("ann@example.org",))
    assert await names(world) == [None, "Lee", "Acme"]
    data = (await world.get(f"/customers/{bare.id}")).json()["data"]
    assert (data["phone_number"], data["last_interaction"], data["variables"]) == (None, None, {"tags": []})
    assert (data["source"], data["interaction_count"]) == ("manual", 0)


async def test_newest_first_and_pages(world: World) -> None:
    """voicory.md 6: by creation then id, both descending; a page past the end is empty."""
    for number in range(5):
        await make(world, first_name=f"N{number}")
        world.clock.advance(number % 2)
    assert await names(world) == ["N4", "N3", "N2", "N1", "N0"]
    page = (await world.get("/customers?limit=2&page=2")).json()
    assert [item["name"] for item in page["data"]] == ["N2", "N1"]
    assert page["meta"] == {"page": 2, "limit": 2, "total": 5, "total_pages": 3, "has_more": True}
    beyond = (await world.get("/customers?limit=2&page=4")).json()
    assert (beyond["data"], beyond["meta"]["has_more"]) == ([], False)
    clamped = (await world.get("/customers?limit=1000&page=0")).json()
    assert (clamped["meta"]["limit"], clamped["meta"]["page"]) == (100, 1)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("ANN L", ["Ann Lee"]),
        ("acme", ["Acme Tools"]),
        ("@example.org", ["Acme Tools", "Ann Lee"]),
        ("555-0143", ["Ann Lee"]),
        ("%", []),
        ("_", []),
        ("' OR ''='", []),
        ("NEAR(ann lee)", []),
        ("x" * 1000, []),
        ("\x00", ["Acme Tools", "Ann Lee"]),
    ],
)
async def test_search(world: World, search: str, found: list[str]) -> None:
    """voicory.md 8.2: name, email and phone; the company only where it is the name."""
    await make(world, last_name="Lee", company="Acme Motors", phones=(PHONE,), emails=("ann@example.org",))
    await make(world, first_name="", company="Acme Tools", emails=("info@example.org",))
    assert await names(world, search=search) == found


async def test_source_and_times(world: World) -> None:
    """voicory.md 7, 8.2: unknown words give an empty list; `from` and `to` are inclusive."""
    start = world.clock.now()
    for source in Source:
        await make(world, first_name=source.value, source=source)
        world.clock.advance(DAY)
    for source in Source:
        assert await names(world, source=source.value) == [source.value]
    assert await names(world, source="fax") == []
    assert await names(world, source="") == ["manual", "phone", "whatsapp", "website"]
    world.clock.advance(DAY)  # the burst window is small
    second, third = to_iso(start + DAY), to_iso(start + 2 * DAY)
    assert await names(world, **{"from": second, "to": third}) == ["phone", "whatsapp"]
    assert await names(world, **{"from": to_iso(start + DAY + 1), "to": third}) == ["phone"]
    assert await names(world, **{"from": third, "to": second}) == []
    assert await names(world, **{"from": third[:10], "to": third[:10]}) == ["phone"]
    assert await names(world, **{"from": second, "source": "phone", "search": "pho"}) == ["phone"]


@pytest.mark.parametrize("name", ["from", "to"])
@pytest.mark.parametrize("value", ["yesterday", "2026-02-30", "2026-13-01T00:00:00Z", "1", "' OR 1=1"])
async def test_bad_times(world: World, name: str, value: str) -> None:
    """voicory.md 5: what is no date is `INVALID_FILTER`, whatever the source."""
    answer = await world.get("/customers", params={name: value, "source": "fax"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_FILTER")


async def test_ids(world: World) -> None:
    """voicory.md 5, 8.2: ill-formed, unknown, foreign and deleted ids."""
    contact = await make(world)
    for text in ("4711", "x", f"{contact.id}0", "%27", contact.id.replace("-", "")):
        answer = await world.get(f"/customers/{text}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_ID")
    path = f"/customers/{contact.id}"
    for missing in (
        await world.get(f"/customers/{new_id()}"),
        await world.get(path, tenant=world.theirs),
    ):
        assert (missing.status_code, missing.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert (await world.get(path)).status_code == 200
    await world.services.database.write(delete_contact, world.ours.account_id, contact.id)
    assert (await world.get(path)).status_code == 404
    assert await names(world) == []
    assert (await world.get("/customers", tenant=world.theirs)).json()["meta"]["total"] == 0


async def test_latest_calls_and_messages(world: World) -> None:
    """8.2, 11: the newest ten of each, newest first; calls that ended, with `duration`; WhatsApp only."""

    def prepare(tx: WriteTx) -> str:
        account_id = world.ours.account_id
        connection = create_connection(
            tx, world.services.cipher, account_id, carrier="simulator", label="Test", credentials={}
        )
        desk = create_number(tx, account_id, connection.connection.id, "+15550100100", whatsapp=True)
        for number in range(12):
            direction = CallDirection.INBOUND if number % 2 else CallDirection.OUTBOUND
            remote, own = (PHONE, "+15550100100") if number % 2 else ("+15550100100", PHONE)
            call = start_call(
                tx,
                account_id,
                StartCall("simulator", direction, f"CA{number}", remote, own, tx.now + number * 1000),
            )
            if number < 11:
                end_call(
                    tx, account_id, call.id, at=tx.now + number * 1000 + 500, status=CallStatus.NO_ANSWER
                )
        for number in range(12):
            receive_message(
                tx,
                account_id,
                InboundMessage(
                    carrier="simulator",
                    channel=Channel.SMS if number == 11 else Channel.WHATSAPP,
                    carrier_message_id=f"wamid.{number}",
                    from_address=PHONE,
                    number=desk,
                    body=f"text {number}",
                    at=tx.now + number * 1000,
                ),
            )
        return resolve_contact(tx, account_id, phone=PHONE, source=Source.PHONE).id

    contact_id = await world.services.database.write(prepare)
    data = (await world.get(f"/customers/{contact_id}")).json()["data"]
    assert len(data["recent_calls"]) == 10
    assert data["recent_calls"][0] == {
        "id": data["recent_calls"][0]["id"],
        "direction": "outbound",
        "status": "no-answer",
        "duration": 0,
        "cost": 0,
    }
    assert [item["direction"] for item in data["recent_calls"]] == ["outbound", "inbound"] * 5
    assert len(data["recent_messages"]) == 10
    assert data["recent_messages"][0] == {
        "id": data["recent_messages"][0]["id"],
        "direction": "inbound",
        "content": {"text": {"body": "text 10"}},
        "status": "delivered",
    }
    bodies = [item["content"]["text"]["body"] for item in data["recent_messages"]]
    assert bodies == [f"text {number}" for number in range(10, 0, -1)]
    assert data["interaction_count"] == 11 + 12
