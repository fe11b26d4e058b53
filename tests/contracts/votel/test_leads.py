"""Leads (contracts/votel.md 3.1, 3.2, 3.3)."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from antiphon.contracts.votel.events import EVENT_TYPES
from antiphon.contracts.votel.rendering import Rendering
from antiphon.contracts.votel.schemas_leads import Lead, LeadList, LeadView
from antiphon.contracts.votel.views_events import Telling
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.events import Event, events
from antiphon.domain.accounts.records import Role
from antiphon.domain.accounts.tables import accounts, audit_log
from antiphon.domain.contacts.commands import create_field, resolve_contact, suppress, touch_contact
from antiphon.domain.contacts.pipelines import default_pipeline
from antiphon.domain.contacts.records import Source
from votel_world import Tenant, World, add_key, add_user, fault

PUBLISHED = {
    *("id", "first_name", "last_name", "email", "phone", "company", "lead_source", "city", "state"),
    *("country", "tags", "pipeline_id", "pipeline_stage_id", "pipeline_stage", "pipeline_stage_name"),
    *("created_at", "lifecycle_stage"),
}
DECIDED = {
    *("name", "emails", "phones", "address", "postal_code", "timezone", "timezone_guessed", "language"),
    *("date_of_birth", "website", "job_title", "owner_id", "owner_name", "score", "custom_fields"),
    *("deal_value", "deal_currency", "deal_status", "dnd", "consents", "attribution", "conversation_id"),
    *("last_activity_at", "last_inbound_at", "updated_at"),
}
ADA = {"first_name": "Ada", "last_name": "Nkemelu", "email": "Ada@Example.com", "phone": "(212) 555-0123"}


async def make(world: World, tenant: Tenant | None = None, **given: Any) -> dict[str, Any]:
    answer = await world.post("/leads", json=given, tenant=tenant)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def names(world: World, query: str = "") -> list[str | None]:
    answer = await world.get(f"/leads{query}")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert set(body) == {"data", "total"}
    assert body["total"] == len(body["data"])
    return [lead["name"] for lead in body["data"]]


async def told(world: World, lead_id: str) -> list[tuple[str, dict[str, Any]]]:
    """The events of a lead in their order."""

    def read(tx: ReadTx) -> list[tuple[str, dict[str, Any]]]:
        rows = tx.all(select(events).where(events.c.object_id == lead_id).order_by(events.c.sequence))
        return [(row.type, msgspec.json.decode(row.data)) for row in rows]

    return await world.services.database.read(read)


async def set_policy(world: World, policy: str) -> None:
    def write(tx: WriteTx) -> None:
        settings = msgspec.json.encode({"duplicate_policy": policy}).decode()
        tx.execute(accounts.update().where(accounts.c.id == world.ours.account.id).values(settings=settings))

    await world.services.database.write(write)


async def test_a_new_lead(world: World) -> None:
    """votel.md 3.1, 3.2: 201, bare, every key present; the view has it under `lead`."""
    lead = await make(
        world, **ADA, company="Northwind", lifecycle_stage="customer", tags=["VIP", "vip", "New"]
    )
    assert set(lead) == PUBLISHED | DECIDED
    Lead.model_validate(lead, strict=True)
    assert {name: lead[name] for name in ("first_name", "last_name", "name", "email", "phone")} == {
        "first_name": "Ada",
        "last_name": "Nkemelu",
        "name": "Ada Nkemelu",
        "email": "ada@example.com",
        "phone": "+12125550123",
    }
    assert lead["emails"] == [
        {"value": "ada@example.com", "label": None, "is_primary": True, "verified": False}
    ]
    assert (lead["tags"], lead["lifecycle_stage"], lead["lead_source"]) == (
        ["VIP", "New"],
        "customer",
        "manual",
    )
    assert (lead["timezone"], lead["timezone_guessed"]) == ("America/New_York", True)
    assert (lead["pipeline_id"], lead["deal_status"], lead["city"]) == (None, None, None)
    assert lead["created_at"] == lead["updated_at"] == "2026-09-21T14:13:20.000Z"
    assert set(lead["attribution"]["first"]) == {
        *("source", "medium", "campaign", "term", "content", "referrer", "landing_page", "click_id", "at")
    }
    view = (await world.get(f"/leads/{lead['id']}/view")).json()
    assert view == {"lead": lead}
    LeadView.model_validate(view, strict=True)
    assert (await world.get(f"/leads/{lead['id']}")).json() == lead
    listed = (await world.get("/leads")).json()
    assert listed == {"data": [lead], "total": 1}
    LeadList.model_validate(listed, strict=True)


@pytest.mark.parametrize(
    "given", [{"first_name": "Ada"}, {"email": "a@example.com"}, {"phone": "+12125550123"}]
)
async def test_one_of_three_is_enough(world: World, given: dict[str, str]) -> None:
    """votel.md 3.2: at least a name, an email or a phone."""
    assert (await make(world, **given))["lifecycle_stage"] == "lead"


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({}, "", "required"),
        ({"company": "Northwind"}, "", "required"),
        ({"first_name": "  "}, "", "required"),
        ({"email": "nobody"}, "email", "invalid"),
        ({"phone": "12"}, "phone", "invalid"),
        ({"first_name": "A", "lifecycle_stage": "other"}, "lifecycle_stage", "invalid"),
        ({"first_name": "A", "tags": ["x" * 101]}, "tags", "invalid"),
        ({"first_name": "A", "tags": "x"}, "tags", "invalid"),
        ({"first_name": "A\0"}, "first_name", "invalid"),
        ({"first_name": 5}, "first_name", "invalid"),
        (
            {"first_name": "A", "owner_id": "0199d6a0-0000-7000-8000-00000000dead"},
            "owner_id",
            "invalid",
        ),
        ({"first_name": "A", "timezone": "Mars/Olympus"}, "timezone", "invalid"),
        ({"first_name": "A", "date_of_birth": "1990-02-30"}, "date_of_birth", "invalid"),
        ({"first_name": "A", "deal_value": -1}, "deal_value", "invalid"),
        ({"first_name": "A", "deal_currency": "usd"}, "deal_currency", "invalid"),
        ({"first_name": "A", "custom_fields": {"nope": "1"}}, "custom_fields.nope", "invalid"),
        ({"first_name": "A", "phones": [{"value": "x"}]}, "phones.0.value", "invalid"),
        (
            {"first_name": "A", "pipeline_id": "0199d6a0-0000-7000-8000-00000000dead"},
            "pipeline_id",
            "invalid",
        ),
    ],
)
async def test_refused_leads(world: World, given: dict[str, Any], field: str, code: str) -> None:
    """votel.md 0.4: a 400 that names the key, and nothing is stored."""
    found = fault(await world.post("/leads", json=given))
    assert (found["field"], found["code"]) == (field, code)
    assert (await world.get("/leads")).json() == {"data": [], "total": 0}


async def test_changes(world: World) -> None:
    """votel.md 3.2: PUT is partial, `tags` replaces the list, null clears."""
    lead = await make(world, **ADA, tags=["a", "b"])
    path = f"/leads/{lead['id']}"
    world.clock.advance(1000)
    answer = await world.request("PUT", path, json={"city": "Lagos", "tags": ["B", "c"], "last_name": None})
    assert answer.status_code == 200
    assert answer.json() == {
        **lead,
        "city": "Lagos",
        "tags": ["b", "c"],
        "last_name": None,
        "name": "Ada",
        "updated_at": "2026-09-21T14:13:21.000Z",
        "last_activity_at": "2026-09-21T14:13:21.000Z",
    }
    world.clock.advance(1000)
    same = await world.request("PUT", path, json={"city": "Lagos"})
    assert same.json() == answer.json(), "what changes nothing leaves no trace"
    changed = (await world.request("PATCH", path, json={"phone": "+442079460018", "email": None})).json()
    assert (changed["phone"], changed["email"], changed["timezone"]) == (
        "+442079460018",
        None,
        "Europe/London",
    )
    found = fault(await world.request("PUT", path, json={"first_name": "", "phone": None}))
    assert found["code"] == "required"


async def test_several_addresses(world: World) -> None:
    """votel.md 3.1: `email` and `phone` are the primary ones of their lists."""
    lead = await make(
        world,
        first_name="Ada",
        emails=[
            {"value": "work@example.com", "label": "Work"},
            {"value": "home@example.com", "label": "Home", "is_primary": True},
        ],
    )
    assert lead["email"] == "home@example.com"
    assert lead["emails"] == [
        {"value": "home@example.com", "label": "Home", "is_primary": True, "verified": False},
        {"value": "work@example.com", "label": "Work", "is_primary": False, "verified": False},
    ]
    path = f"/leads/{lead['id']}"
    changed = (await world.request("PUT", path, json={"email": "new@example.com"})).json()
    assert [item["value"] for item in changed["emails"]] == ["new@example.com", "work@example.com"]
    assert changed["emails"][1]["label"] == "Work"


async def test_stages(world: World) -> None:
    """votel.md 3.2: a pipeline without stage is its first column; a foreign stage is refused."""
    pipeline = default_pipeline(world.ours.account.id)
    other = default_pipeline(world.theirs.account.id)
    lead = await make(world, first_name="Ada", pipeline_id=pipeline.id)
    assert (lead["pipeline_stage"], lead["pipeline_stage_name"], lead["deal_status"]) == (
        "New",
        "New",
        "open",
    )
    path = f"/leads/{lead['id']}"
    won = pipeline.stages[4]
    moved = (
        await world.request("PUT", path, json={"pipeline_id": pipeline.id, "pipeline_stage_id": won.id})
    ).json()
    assert (moved["pipeline_stage_id"], moved["pipeline_stage"], moved["deal_status"]) == (
        won.id,
        "Won",
        "won",
    )
    stays = (await world.request("PUT", path, json={"pipeline_id": pipeline.id})).json()
    assert stays["pipeline_stage"] == "Won"
    for given in ({"pipeline_stage_id": other.stages[0].id}, {"pipeline_id": other.id}):
        assert fault(await world.request("PUT", path, json=given))["field"] in given
    assert await names(world, "?pipeline_stage=wON") == ["Ada"]
    assert await names(world, f"?pipeline_id={pipeline.id}") == ["Ada"]
    assert await names(world, f"?pipeline_stage_id={won.id}") == ["Ada"]
    assert await names(world, "?pipeline_stage=New") == []
    assert await names(world, f"?pipeline_id={other.id}") == []
    out = (await world.request("PUT", path, json={"pipeline_id": None})).json()
    assert (out["pipeline_id"], out["pipeline_stage_id"], out["deal_status"]) == (None, None, None)
    kinds = [kind for kind, _ in await told(world, lead["id"])]
    assert kinds.count("lead.stage_changed") == 2


async def test_filters(world: World) -> None:
    """votel.md 3.2: every filter alone and mixed, with exact totals."""
    owner = await add_user(world, Role.MEMBER, "m@example.com")
    await make(world, first_name="Ada", email="ada@example.com", tags=["VIP"], lifecycle_stage="customer")
    world.clock.advance(1000)
    await make(world, first_name="Bo", phone="+12125550123", owner_id=owner, lead_source="fair", score=7)
    world.clock.advance(1000)
    await make(world, first_name="Cy", tags=["vip"], lifecycle_stage=None, score=3)
    everyone = ["Cy", "Bo", "Ada"]
    cases = {
        "": everyone,
        "?search=ad": ["Ada"],
        "?search=EXAMPLE.COM": ["Ada"],
        "?search=555-0123": ["Bo"],
        "?lifecycle_stage=customer": ["Ada"],
        "?lifecycle_stage=lead": ["Bo"],
        "?lifecycle_stage=other": ["Cy"],
        "?tag=Vip": ["Cy", "Ada"],
        "?tag=vip&lifecycle_stage=customer": ["Ada"],
        "?tag=vip&sort=name": ["Ada", "Cy"],
        "?tag=unknown": [],
        f"?owner_id={owner}": ["Bo"],
        "?owner_id=0199d6a0-0000-7000-8000-00000000dead": [],
        "?lead_source=fair": ["Bo"],
        "?lead_source=manual": ["Cy", "Ada"],
        "?list_id=0199d6a0-0000-7000-8000-00000000dead": [],
        "?from=2026-09-21T14:13:21Z": ["Cy", "Bo"],
        "?to=2026-09-21T14:13:21Z": ["Bo", "Ada"],
        "?from=2026-09-21&to=2026-09-21": everyone,
        "?sort=name": ["Ada", "Bo", "Cy"],
        "?sort=-name": ["Cy", "Bo", "Ada"],
        "?sort=-score": ["Bo", "Cy", "Ada"],
        "?sort=created_at": ["Ada", "Bo", "Cy"],
        "?sort=updated_at": ["Ada", "Bo", "Cy"],
        "?limit=0&page=0": ["Cy"],
    }
    for query, expected in cases.items():
        if query == "?limit=0&page=0":
            assert [item["name"] for item in (await world.get(f"/leads{query}")).json()["data"]] == expected
        else:
            assert await names(world, query) == expected, query
    second = (await world.get("/leads?limit=2&page=2")).json()
    assert ([item["name"] for item in second["data"]], second["total"]) == (["Ada"], 3)
    for wrong in ("sort=size", "lifecycle_stage=x", "owner_id=me", "from=soon"):
        assert fault(await world.get(f"/leads?{wrong}"))["field"] == wrong.partition("=")[0]


async def test_totals_follow_every_change(world: World) -> None:
    """votel.md 0.6: `total` counts all matching rows, whatever happened to them."""
    owner = await add_user(world, Role.MEMBER, "m@example.com")
    leads = [
        await make(world, first_name=f"P{index}", tags=["x"], owner_id=owner, lead_source="fair")
        for index in range(3)
    ]
    await world.request("PUT", f"/leads/{leads[0]['id']}", json={"tags": [], "owner_id": None})
    await world.request(
        "PUT", f"/leads/{leads[1]['id']}", json={"lead_source": "web", "lifecycle_stage": "sql"}
    )
    assert (await world.request("DELETE", f"/leads/{leads[2]['id']}")).status_code == 204
    for query, total in {
        "": 2,
        "?tag=x": 1,
        f"?owner_id={owner}": 1,
        "?lead_source=fair": 1,
        "?lead_source=web": 1,
        "?lifecycle_stage=sql": 1,
        "?lifecycle_stage=lead": 1,
    }.items():
        assert len(await names(world, query)) == total, query


async def test_deleted(world: World) -> None:
    """votel.md 3.2, 0.6: 204, soft, then 404 everywhere."""
    lead = await make(world, **ADA)
    path = f"/leads/{lead['id']}"
    gone = await world.request("DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    for method, address in (
        ("GET", path),
        ("GET", f"{path}/view"),
        ("PUT", path),
        ("DELETE", path),
        ("POST", f"{path}/tags"),
    ):
        answer = await world.request(method, address, json={})
        assert (answer.status_code, answer.json()) == (404, {"detail": "Lead not found"})
    assert (await told(world, lead["id"]))[-1][0] == "lead.deleted"


@pytest.mark.parametrize("policy", ["allow", "reject", "update"])
async def test_duplicates(world: World, policy: str) -> None:
    """votel.md 3.2: the account says what becomes of an equal email or phone."""
    await set_policy(world, policy)
    first = await make(world, **ADA)
    answer = await world.post("/leads", json={"email": "ADA@example.com", "city": "Lagos"})
    if policy == "allow":
        assert answer.status_code == 201
        assert answer.json()["id"] != first["id"]
    elif policy == "reject":
        found = fault(answer)
        assert (found["code"], found["lead_id"]) == ("duplicate", first["id"])
    else:
        assert answer.status_code == 200
        assert answer.json() == {**first, "city": "Lagos"}
        by_phone = await world.post("/leads", json={"phone": "+1 212 555 0123", "first_name": "A."})
        assert (by_phone.status_code, by_phone.json()["first_name"]) == (200, "A.")
    assert (await world.get("/leads")).json()["total"] == (2 if policy == "allow" else 1)


async def test_tags_of_a_lead(world: World) -> None:
    """votel.md 3.3: added and removed by name in any case; doing it again changes nothing."""
    lead = await make(world, first_name="Ada", tags=["VIP"])
    path = f"/leads/{lead['id']}/tags"
    answer = await world.post(path, json={"add": ["vip", "Blue"], "remove": ["nothing"]})
    assert (answer.status_code, answer.json()) == (200, {"tags": ["VIP", "Blue"]})
    before = await told(world, lead["id"])
    await world.post(path, json={"add": ["blue"]})
    assert await told(world, lead["id"]) == before
    assert (await world.post(path, json={"remove": ["BLUE"]})).json() == {"tags": ["VIP"]}
    found = [(kind, data["tag"]) for kind, data in await told(world, lead["id"]) if "tag" in data]
    assert found == [("lead.tag_added", "Blue"), ("lead.tag_removed", "Blue")]


async def test_events_and_audit(world: World) -> None:
    """votel.md 16, 11.1: what changed, from and to, once each, in the name of the key's user."""
    owner = await add_user(world, Role.MEMBER, "m@example.com")
    lead = await make(world, first_name="Ada", email="ada@example.com")
    await world.request("PUT", f"/leads/{lead['id']}", json={"city": "Lagos", "owner_id": owner})
    events_told = await told(world, lead["id"])
    assert [kind for kind, _ in events_told] == ["lead.created", "lead.updated", "lead.assigned"]
    assert events_told[1][1]["changes"] == [
        {"field": "owner_id", "from": None, "to": owner},
        {"field": "city", "from": None, "to": "Lagos"},
    ]
    assert (events_told[2][1]["from"], events_told[2][1]["to"]) == (None, {"id": owner, "name": "Someone"})

    def read(tx: ReadTx) -> list[Any]:
        own = audit_log.c.target_id == lead["id"]
        return list(tx.all(select(audit_log).where(own).order_by(audit_log.c.id)))

    entries = await world.services.database.read(read)
    assert [(row.action, row.actor_id, row.target_label) for row in entries] == [
        ("lead.created", world.ours.user_id, "Ada"),
        ("lead.updated", world.ours.user_id, "Ada"),
    ]
    assert {change["field"] for change in msgspec.json.decode(entries[1].changes)} == {"owner_id", "city"}


async def test_one_row_with_the_other_contracts(world: World) -> None:
    """README: an unknown sender is a lead; their calls and words are its activity; refusals are shown."""
    account_id = world.ours.account.id

    def write(tx: WriteTx) -> str:
        contact = resolve_contact(tx, account_id, phone="+12125550123", source=Source.PHONE)
        touch_contact(tx, account_id, contact.id, 1, tx.now)
        suppress(tx, account_id, "sms", "+12125550123", "keyword")
        create_field(tx, account_id, name="Shoe Size")
        return contact.id

    lead_id = await world.services.database.write(write)
    lead = (await world.get(f"/leads/{lead_id}")).json()
    assert (lead["name"], lead["lead_source"], lead["lifecycle_stage"]) == (None, "phone", "lead")
    assert lead["last_activity_at"] == "2026-09-21T14:13:20.000Z"
    assert lead["consents"]["sms"] == {
        "status": "denied",
        "source": "keyword",
        "at": "2026-09-21T14:13:20.000Z",
    }
    assert lead["consents"]["email"]["status"] == "unknown"
    assert lead["custom_fields"] == {"shoe_size": None}
    changed = await world.request("PUT", f"/leads/{lead_id}", json={"custom_fields": {"shoe_size": 44}})
    assert changed.json()["custom_fields"] == {"shoe_size": "44"}, "a text field holds text"
    assert await names(world, "?sort=-last_activity_at") == [None]


async def test_roles(world: World) -> None:
    """votel.md 17: viewers read, members write; a key's scopes narrow both."""
    lead = await make(world, **ADA)
    viewer = await add_user(world, Role.VIEWER, "v@example.com")
    member = await add_user(world, Role.MEMBER, "m@example.com")
    keys = {
        "viewer": (await add_key(world, user_id=viewer))[1],
        "member": (await add_key(world, user_id=member))[1],
        "scoped": (await add_key(world, scopes=["phone:read"]))[1],
    }
    for method, path, body in (
        ("POST", "/leads", {"first_name": "Bo"}),
        ("PUT", f"/leads/{lead['id']}", {"city": "Lagos"}),
        ("POST", f"/leads/{lead['id']}/tags", {"add": ["x"]}),
        ("DELETE", f"/leads/{lead['id']}", None),
    ):
        for who, allowed in (("viewer", False), ("scoped", False), ("member", True)):
            answer = await world.request(method, path, json=body, headers={"X-API-Key": keys[who]})
            assert (answer.status_code == 403) != allowed, (method, path, who, answer.text)
    assert (await world.get("/leads", headers={"X-API-Key": keys["viewer"]})).status_code == 200
    assert (await world.get("/leads", headers={"X-API-Key": keys["scoped"]})).status_code == 403


async def test_hostile_text(world: World) -> None:
    """issue 4: what strangers write comes back as it was, on one line of JSON."""
    nasty = "<script>alert('x')</script> ‮ \U0001f9ff \"';--"
    lead = await make(world, first_name=nasty, company=nasty, tags=[nasty])
    assert (lead["first_name"], lead["company"], lead["tags"]) == (nasty, nasty, [nasty])
    assert await names(world, "?search=%25") == []
    assert await names(world, "?search=<script>") == [nasty]


async def test_two_at_once(world: World) -> None:
    """issue 4: two people change different keys of one lead, and both stay."""
    lead = await make(world, first_name="Ada")
    path = f"/leads/{lead['id']}"
    await asyncio.gather(
        world.request("PUT", path, json={"city": "Lagos"}),
        world.request("PUT", path, json={"company": "Northwind"}),
        world.post(f"{path}/tags", json={"add": ["a"]}),
        world.post(f"{path}/tags", json={"add": ["A", "b"]}),
    )
    after = (await world.get(path)).json()
    assert (after["city"], after["company"], sorted(map(str.lower, after["tags"]))) == (
        "Lagos",
        "Northwind",
        ["a", "b"],
    )


async def test_events_in_rest_shape(world: World) -> None:
    """votel.md 16: `data` holds the lead as it was, and what the event says besides."""
    heard: list[Event] = []
    world.services.bus.listen(heard.append)
    pipeline = default_pipeline(world.ours.account.id)
    owner = await add_user(world, Role.MEMBER, "m@example.com")
    lead = await make(world, **ADA, tags=["VIP"], owner_id=owner, pipeline_id=pipeline.id)
    await world.post(f"/leads/{lead['id']}/notes", json={"content": "Likes tea."})
    await world.request("DELETE", f"/leads/{lead['id']}")
    telling = Telling(Rendering.of(world.services), 0)
    shown = {
        event.type: EVENT_TYPES[event.type].view(event, telling)
        for event in heard
        if event.type.startswith("lead.")
    }
    assert shown["lead.created"] == {"lead": {**lead, "tags": ("VIP",)}, "source": "manual"}
    assert shown["lead.note_added"]["note"]["content"] == "Likes tea."
    assert shown["lead.note_added"]["lead"]["pipeline_stage_name"] == "New"
    assert shown["lead.deleted"] == {"lead": {"id": lead["id"]}}


async def test_the_list_as_csv(world: World) -> None:
    """votel.md 3.2, 6, 17: the list's filters hold, formulas are guarded, members may not."""
    await make(world, **ADA, tags=["north", "vip"], company="=1+1")
    await make(world, first_name="Grace", email="grace@example.com")
    answer = await world.get("/leads", params={"format": "csv", "search": "ada@"})
    assert answer.headers["content-disposition"] == 'attachment; filename="contacts.csv"'
    [row] = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline=""))
    assert (row["name"], row["phone"], row["tags"]) == ("Ada Nkemelu", "+12125550123", "north, vip")
    assert row["company"] == "'=1+1"
    member = await add_user(world, Role.MEMBER, "member@example.com")
    _, key = await add_key(world, user_id=member)
    refused = await world.get("/leads", params={"format": "csv"}, headers={"X-API-Key": key})
    assert refused.json() == {"detail": "Insufficient permissions: data:read"}
    assert fault(await world.get("/leads", params={"format": "xml"}))["field"] == "format"
