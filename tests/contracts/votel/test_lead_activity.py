"""Notes, the timeline, tags, fields and pipelines of leads (contracts/votel.md 3.2, 3.3)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from antiphon.contracts.votel.schemas_leads import (
    ActivityList,
    FieldCategories,
    NoteList,
    PipelineList,
    TagList,
)
from antiphon.core.actors import SYSTEM, acting_as
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.domain.accounts.records import Role
from antiphon.domain.accounts.tables import audit_log
from antiphon.domain.contacts.pipelines import default_pipeline
from antiphon.domain.conversations.commands import receive_message
from antiphon.domain.conversations.records import Channel, InboundMessage
from antiphon.domain.numbers.commands import create_simulator
from antiphon.domain.voicegrams.tables import voicegrams
from call_fixtures import make_call
from votel_world import World, add_key, add_user, add_voicegram, fault


async def make(world: World, **given: Any) -> dict[str, Any]:
    answer = await world.post("/leads", json=given)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def timeline(world: World, lead_id: str, query: str = "") -> list[dict[str, Any]]:
    answer = await world.get(f"/activities/lead/{lead_id}{query}")
    assert answer.status_code == 200, answer.text
    ActivityList.model_validate(answer.json(), strict=True)
    assert answer.json()["total"] == len(answer.json()["activities"])
    return list(answer.json()["activities"])


async def test_notes(world: World) -> None:
    """votel.md 3.3: written, pinned, changed and deleted, and each one stands in the timeline."""
    lead = await make(world, first_name="Ada")
    path = f"/leads/{lead['id']}/notes"
    made = await world.post(path, json={"content": " Likes\ntea. "})
    assert made.status_code == 201
    note = made.json()
    assert note == {
        "id": note["id"],
        "lead_id": lead["id"],
        "content": "Likes\ntea.",
        "pinned": False,
        "author": {"kind": "api", "id": world.ours.user_id, "name": "Owner"},
        "created_at": "2026-09-21T14:13:20.000Z",
        "updated_at": "2026-09-21T14:13:20.000Z",
    }
    world.clock.advance(1000)
    second = (await world.post(path, json={"content": "Second"})).json()
    assert [item["id"] for item in (await world.get(path)).json()["notes"]] == [second["id"], note["id"]]
    pinned = await world.request("PATCH", f"/notes/{note['id']}", json={"pinned": True})
    assert pinned.json() == {**note, "pinned": True, "updated_at": "2026-09-21T14:13:21.000Z"}
    listed = (await world.get(path)).json()
    NoteList.model_validate(listed, strict=True)
    assert ([item["id"] for item in listed["notes"]], listed["total"]) == ([note["id"], second["id"]], 2)
    lines = await timeline(world, lead["id"], "?activity_type=note")
    assert [(line["summary"], line["content"]) for line in lines] == [
        ("Second", "Second"),
        ("Likes tea.", "Likes\ntea."),
    ]
    gone = await world.request("DELETE", f"/notes/{note['id']}")
    assert gone.status_code == 204
    assert (await world.get(path)).json()["total"] == 1
    again = await world.request("PATCH", f"/notes/{note['id']}", json={})
    assert (again.status_code, again.json()) == (404, {"detail": "Note not found"})
    for wrong in ({}, {"content": " "}, {"content": "x" * 20_001}, {"content": None}):
        assert fault(await world.post(path, json=wrong))["field"] == "content"

    def read(tx: ReadTx) -> list[str]:
        return [row.action for row in tx.all(select(audit_log.c.action).order_by(audit_log.c.id))]

    actions = await world.services.database.read(read)
    assert [action for action in actions if "note" in action] == [
        "lead.note_added",
        "lead.note_added",
        "note.updated",
        "note.deleted",
    ]


async def test_whose_note(world: World) -> None:
    """votel.md 3.3: changed by its author or an admin."""
    lead = await make(world, first_name="Ada")
    keys = {}
    for name, role in (("author", Role.MEMBER), ("other", Role.MEMBER), ("admin", Role.ADMIN)):
        user = await add_user(world, role, f"{name}@example.com")
        keys[name] = {"X-API-Key": (await add_key(world, user_id=user))[1]}
    made = await world.post(f"/leads/{lead['id']}/notes", json={"content": "a"}, headers=keys["author"])
    path = f"/notes/{made.json()['id']}"
    refused = await world.request("PATCH", path, json={"content": "b"}, headers=keys["other"])
    assert (refused.status_code, refused.json()) == (
        403,
        {"detail": "Insufficient permissions: contacts:manage"},
    )
    assert (await world.request("DELETE", path, headers=keys["other"])).status_code == 403
    for who in ("author", "admin"):
        answer = await world.request("PATCH", path, json={"content": who}, headers=keys[who])
        assert answer.json()["content"] == who


async def test_note_of_a_deleted_lead(world: World) -> None:
    """votel.md 0.6: soft-deleted rows are 404 everywhere."""
    lead = await make(world, first_name="Ada")
    note = (await world.post(f"/leads/{lead['id']}/notes", json={"content": "a"})).json()
    await world.request("DELETE", f"/leads/{lead['id']}")
    for method, path in (
        ("PATCH", f"/notes/{note['id']}"),
        ("DELETE", f"/notes/{note['id']}"),
        ("GET", f"/leads/{lead['id']}/notes"),
        ("GET", f"/activities/lead/{lead['id']}"),
        ("POST", f"/activities/lead/{lead['id']}"),
    ):
        assert (await world.request(method, path, json={})).status_code == 404


async def test_timeline(world: World) -> None:
    """votel.md 3.2: every kind in one order, told as it is now, gone when it is erased."""
    account_id, clock = world.ours.account.id, world.clock
    lead = await make(world, first_name="Ada", email="visitor@example.org", phone="+12125550123")

    def ring(tx: WriteTx) -> None:
        make_call(tx, account_id, at=tx.now + 1000, seconds=65, remote="+12125550123")

    def write_to_us(tx: WriteTx, channel: Channel, body: str) -> None:
        number = create_simulator(tx, world.services.cipher, account_id)
        receive_message(
            tx,
            account_id,
            InboundMessage("simulator", body, channel, number, "+12125550123", body, at=tx.now),
        )

    await world.services.database.write(ring)
    clock.advance(2000)
    await world.services.database.write(write_to_us, Channel.SMS, "Is it open?")
    clock.advance(1000)
    await world.services.database.write(write_to_us, Channel.WHATSAPP, "Hi")
    clock.advance(1000)
    voicegram_id = await add_voicegram(world)

    def link(tx: WriteTx) -> None:
        tx.execute(voicegrams.update().values(contact_id=lead["id"]))

    await world.services.database.write(link)
    clock.advance(1000)
    await world.request("PUT", f"/leads/{lead['id']}", json={"tags": ["VIP"]})
    pipeline = default_pipeline(account_id)
    clock.advance(1000)
    await world.request("PUT", f"/leads/{lead['id']}", json={"pipeline_id": pipeline.id})
    clock.advance(1000)
    logged = await world.post(
        f"/activities/lead/{lead['id']}",
        json={
            "activity_type": "call",
            "summary": "Rang from my own phone",
            "occurred_at": "2026-09-21T14:13:21.500Z",
        },
    )
    assert logged.status_code == 201
    assert (logged.json()["activity_type"], logged.json()["created_at"]) == (
        "call",
        "2026-09-21T14:13:21.500Z",
    )
    lines = await timeline(world, lead["id"])
    assert [(line["activity_type"], line["subtype"], line["summary"]) for line in lines] == [
        ("system", "stage", "Moved to New"),
        ("system", "tag", "Tag VIP added"),
        ("call", "voicegram", "Asks for the price list."),
        ("sms", "whatsapp", "WhatsApp received"),
        ("sms", "sms", "SMS received"),
        ("call", "manual", "Rang from my own phone"),
        ("call", "call", "Incoming call, 1:05"),
    ]
    assert lines[2]["content"] == "please send the price list"
    assert lines[2]["ref"] == {"kind": "voicegram", "id": voicegram_id}
    assert lines[0]["actor"] == {"kind": "api", "id": world.ours.user_id, "name": "Owner"}
    assert lines[4]["actor"] == {"kind": "lead", "id": lead["id"], "name": "Ada"}
    kinds = {
        "call": 3,
        "sms": 2,
        "email": 0,
        "note": 0,
        "system": 2,
    }
    for kind, count in kinds.items():
        assert len(await timeline(world, lead["id"], f"?activity_type={kind}")) == count, kind
    page = (await world.get(f"/activities/lead/{lead['id']}?limit=3&page=2")).json()
    assert (page["activities"], page["total"]) == (lines[3:6], 7)
    assert (await world.request("DELETE", f"/voicegrams/{voicegram_id}")).status_code == 204
    assert len(await timeline(world, lead["id"], "?activity_type=call")) == 2
    assert (
        fault(await world.get(f"/activities/lead/{lead['id']}?activity_type=x"))["field"] == "activity_type"
    )


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"activity_type": "system", "summary": "x"}, "activity_type"),
        ({"activity_type": "call"}, "summary"),
        ({"activity_type": "call", "summary": "x", "occurred_at": "soon"}, "occurred_at"),
        ({"activity_type": "call", "summary": "x", "occurred_at": "2030-01-01"}, "occurred_at"),
    ],
)
async def test_refused_entries(world: World, given: dict[str, str], field: str) -> None:
    """votel.md 3.3: `system` lines are nobody's to write, and nothing lies ahead."""
    lead = await make(world, first_name="Ada")
    assert fault(await world.post(f"/activities/lead/{lead['id']}", json=given))["field"] == field


async def test_tags(world: World) -> None:
    """votel.md 3.3: rename, merge and delete act on every lead."""
    odd = 'a"b\\,"c'
    first = await make(world, first_name="Ada", tags=["Red", odd, "Blue"])
    second = await make(world, first_name="Bo", tags=["Blue"])
    made = await world.post("/tags", json={"name": " Green ", "color": "#00ff00"})
    assert made.status_code == 201
    assert (made.json()["name"], made.json()["lead_count"]) == ("Green", 0)
    listed = (await world.get("/tags")).json()
    TagList.model_validate(listed, strict=True)
    assert [(tag["name"], tag["lead_count"]) for tag in listed["tags"]] == [
        (odd, 1),
        ("Blue", 2),
        ("Green", 0),
        ("Red", 1),
    ]
    ids = {tag["name"]: tag["id"] for tag in listed["tags"]}
    assert [tag["name"] for tag in (await world.get("/tags?search=RE")).json()["tags"]] == ["Green", "Red"]

    async def tags_of(lead: dict[str, Any]) -> list[str]:
        return list((await world.get(f"/leads/{lead['id']}")).json()["tags"])

    renamed = await world.request("PATCH", f"/tags/{ids['Blue']}", json={"name": 'Na"vy'})
    assert (renamed.json()["name"], renamed.json()["lead_count"]) == ('Na"vy', 2)
    assert (await tags_of(first), await tags_of(second)) == (["Red", odd, 'Na"vy'], ['Na"vy'])
    taken = fault(await world.request("PATCH", f"/tags/{ids['Red']}", json={"name": 'NA"VY'}))
    assert (taken["field"], taken["code"]) == ("name", "taken")
    assert fault(await world.post("/tags", json={"name": ","}))["field"] == "name"
    merged = await world.post(f"/tags/{ids['Blue']}/merge", json={"into_id": ids["Red"]})
    assert (merged.json()["name"], merged.json()["lead_count"]) == ("Red", 2)
    assert (await tags_of(first), await tags_of(second)) == (["Red", odd], ["Red"])
    assert (await world.get(f"/tags/{ids['Blue']}")).status_code == 404
    assert (await world.get("/leads?tag=red")).json()["total"] == 2
    assert (await world.request("DELETE", f"/tags/{ids['Red']}")).status_code == 204
    assert (await tags_of(first), await tags_of(second)) == ([odd], [])
    assert (await world.get("/leads?tag=red")).json()["total"] == 0
    assert (await world.request("DELETE", f"/tags/{ids[odd]}")).status_code == 204
    assert await tags_of(first) == []
    unknown = await world.post(f"/tags/{ids['Green']}/merge", json={"into_id": ids["Red"]})
    assert (unknown.status_code, unknown.json()) == (404, {"detail": "Tag not found"})


async def test_fields(world: World) -> None:
    """votel.md 3.2: categories with built-in fields, and custom ones of every type."""
    before = (await world.get("/lead-fields/categories")).json()
    FieldCategories.model_validate(before, strict=True)
    assert [category["name"] for category in before["categories"]] == ["Contact", "Address", "Sales"]
    made = await world.post(
        "/lead-fields/custom",
        json={
            "label": "Boiler type",
            "data_type": "dropdown",
            "options": [{"label": "Gas", "value": "gas"}, {"label": "Oil", "value": "oil"}],
        },
    )
    assert made.status_code == 201
    assert made.json() == {
        "field_name": "boiler_type",
        "label": "Boiler type",
        "data_type": "dropdown",
        "visible": True,
        "is_custom": True,
        "options": [{"label": "Gas", "value": "gas"}, {"label": "Oil", "value": "oil"}],
        "category": "Other",
    }
    for label, data_type in (("Floors", "number"), ("Served on", "date"), ("City", "text")):
        answer = await world.post("/lead-fields/custom", json={"label": label, "data_type": data_type})
        assert answer.status_code == 201, answer.text
    assert answer.json()["field_name"] == "city_2", "never a built-in name"
    lead = await make(
        world,
        first_name="Ada",
        custom_fields={"boiler_type": "gas", "floors": 3, "served_on": "2026-02-28", "city_2": "x"},
    )
    assert lead["custom_fields"] == {
        "boiler_type": "gas",
        "floors": 3,
        "served_on": "2026-02-28",
        "city_2": "x",
    }
    for name, wrong in (("boiler_type", "coal"), ("floors", "many"), ("served_on", "2026-02-30")):
        answer = await world.request("PUT", f"/leads/{lead['id']}", json={"custom_fields": {name: wrong}})
        assert fault(answer)["field"] == f"custom_fields.{name}"
    cleared = await world.request("PUT", f"/leads/{lead['id']}", json={"custom_fields": {"floors": None}})
    assert cleared.json()["custom_fields"]["floors"] is None
    for wrong_field in (
        {"label": "Boiler Type"},
        {"label": ""},
        {"label": "x", "data_type": "dropdown"},
        {"label": "x", "options": [{"label": "a", "value": "a"}]},
        {"label": "x", "data_type": "color"},
    ):
        assert (await world.post("/lead-fields/custom", json=wrong_field)).status_code == 400


async def test_pipeline(world: World) -> None:
    """votel.md 3.2: `{pipelines: [{id, name, columns}]}` with how many leads stand in each."""
    found = (await world.get("/pipeline")).json()
    PipelineList.model_validate(found, strict=True)
    assert [column["name"] for column in found["pipelines"][0]["columns"]] == [
        *("New", "Contacted", "Qualified", "Proposal", "Won", "Lost")
    ]
    column = found["pipelines"][0]["columns"][1]
    assert (column["lead_count"], column["kind"], column["position"]) == (0, "open", 1)
    await make(world, first_name="Ada", pipeline_stage_id=column["id"])
    with acting_as(SYSTEM):
        after = (await world.get("/pipeline")).json()
    assert after["pipelines"][0]["columns"][1]["lead_count"] == 1
    theirs = (await world.get("/pipeline", tenant=world.theirs)).json()
    assert theirs["pipelines"][0]["id"] != found["pipelines"][0]["id"]
