"""Filters of lists (contracts/votel.md 0.7)."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

import pytest

from antiphon.core.clock import DAY, to_iso
from antiphon.core.db.transaction import WriteTx
from antiphon.core.filters import MAX_DEPTH, MAX_LEAVES, matches
from antiphon.domain.accounts.tables import accounts
from antiphon.domain.contacts.commands import create_field, suppress
from inbox_world import inbox, receive
from votel_world import OpenWorld, World, fault

Filter = Mapping[str, Any]


@pytest.fixture
async def world(open_world: OpenWorld) -> World:
    return await inbox(open_world)


def leaf(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "op": op, **({} if value is None else {"value": value})}


async def ask(world: World, filter: Filter | str, path: str = "/leads", **query: Any) -> Any:
    text = filter if isinstance(filter, str) else json.dumps(filter)
    return await world.get(path, params={"filter": text, **query})


def refused(answer: Any) -> tuple[str, str, str]:
    found = fault(answer)
    return found["field"], found["message"], found["code"]


async def names(world: World, filter: Filter, path: str = "/leads", **query: Any) -> list[str]:
    """Of the first page, sorted; the total must be that of all of them."""
    answer = await ask(world, filter, path, **{"limit": 100, **query})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    rows = body["data"] if path == "/leads" else [row["lead"] for row in body["conversations"]]
    assert body["total"] == len(rows)
    return sorted(row["name"] for row in rows)


async def make(world: World, first_name: str, **given: Any) -> dict[str, Any]:
    answer = await world.post("/leads", json={"first_name": first_name, **given})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def people(world: World) -> list[dict[str, Any]]:
    """Leads that differ in every kind of field; how each is shown."""

    def write(tx: WriteTx) -> None:
        for label, data_type in (("Floor", "number"), ("Renewal", "date"), ("Parking", "text")):
            create_field(tx, world.ours.account.id, name=label, data_type=data_type)
        suppress(tx, world.ours.account.id, "email", "bram@example.com", "manual")
        suppress(tx, world.ours.account.id, "all", "+12125550102", "manual")

    await world.services.database.write(write)
    columns = (await world.get("/pipeline")).json()["pipelines"][0]["columns"]
    own = {"owner_id": world.ours.user_id}
    for given in (
        {"first_name": "Ada", "email": "ada@example.com", "tags": ["VIP", "North"], "score": 3, **own},
        {"first_name": "Bram", "email": "bram@example.com", "phone": "(212) 555-0101", "tags": ["vip"]},
        {"first_name": "Žofie", "last_name": "Ångström", "company": "ŠKOLA 100%", "city": "Plzeň"},
        {"first_name": "Cy", "phone": "+12125550102", "lifecycle_stage": "customer", "score": 8},
        {"first_name": "Dot", "pipeline_stage_id": columns[-1]["id"], "deal_value": 120_000, **own},
        {"first_name": "Eli", "custom_fields": {"floor": 3, "renewal": "2026-12-01", "parking": "none"}},
        {"first_name": "Fay", "custom_fields": {"floor": -2.5, "parking": "B_2"}, "score": 8},
        {"first_name": "Gil", "date_of_birth": "1990-02-28", "dnd": True, "tags": ["South", "North"]},
        {"first_name": "Hal", "emails": [{"value": "hal@example.com"}, {"value": "h2@example.com"}]},
    ):
        await make(world, **given)
        world.clock.advance(DAY // 2)
    return list((await world.get("/leads", params={"limit": 100})).json()["data"])


def as_asked(lead: Mapping[str, Any]) -> dict[str, Any]:
    """The lead by the names of its fields in filters."""
    return {
        **lead,
        "emails": [item["value"] for item in lead["emails"]],
        "phones": [item["value"] for item in lead["phones"]],
        "custom": lead["custom_fields"],
        "consent": {channel: found["status"] for channel, found in lead["consents"].items()},
        "lists": [],
        "workflow_ids": [],
        "booking_count": 0,
    }


TEXTS = {
    "name": ["Ada", "a", "ŽOFIE ångström", "D", "", "%"],
    "first_name": ["ada", "Žo"],
    "company": ["škola", "100%", "_"],
    "email": ["ADA@example.com", "@example.com"],
    "phone": ["+12125550101", "+1212555"],
    "city": ["PLZEŇ"],
    "lifecycle_stage": ["customer", "lead"],
    "owner_name": ["owner"],
    "pipeline_stage": ["LOST", "o"],
    "deal_status": ["lost"],
    "consent.email": ["denied"],
    "consent.sms": ["denied", "unknown"],
    "custom.parking": ["b_2", "none", "b"],
}
NUMBERS = {
    "score": [0, 3, 8, 2.5],
    "deal_value": [120_000, 1],
    "booking_count": [0, 1],
    "custom.floor": [3, -2.5],
}
LISTS = {
    "tags": ["vip", "NORTH", "south", "unheard of"],
    "emails": ["h2@example.com", "ada@example.com"],
    "phones": ["+12125550102"],
    "lists": ["x"],
    "workflow_ids": ["x"],
}
DATES: dict[str, list[Any]] = {
    "date_of_birth": ["1990-02-28", "1980-01-01"],
    "custom.renewal": ["2026-12-01", "2027-01-01"],
}


def any_leaf(chance: random.Random, moments: list[str]) -> dict[str, Any]:
    kind = chance.choice(["text", "text", "number", "list", "date", "moment", "flag", "set"])
    if kind == "text":
        field, texts = chance.choice(list(TEXTS.items()))
        op = chance.choice(["eq", "ne", "contains", "not_contains", "starts_with", "in", "not_in"])
        return leaf(field, op, texts if op.endswith("in") else chance.choice(texts))
    if kind == "list":
        field, items = chance.choice(list(LISTS.items()))
        op = chance.choice(["has_any", "has_all", "has_none"])
        return leaf(field, op, chance.sample(items, chance.randint(0, len(items))))
    if kind == "flag":
        return leaf("dnd", chance.choice(["eq", "ne"]), chance.choice([True, False]))
    if kind == "set":
        field = chance.choice([*TEXTS, *NUMBERS, *LISTS, *DATES, "last_inbound_at", "last_activity_at"])
        return leaf(field, chance.choice(["is_set", "is_not_set"]))
    ranges: dict[str, list[Any]] = {"created_at": [*moments]}
    if kind != "moment":
        ranges = {**NUMBERS} if kind == "number" else {**DATES}
    field, values = chance.choice(list(ranges.items()))
    op = chance.choice(["eq", "ne", "gt", "gte", "lt", "lte", "between"])
    return leaf(field, op, sorted(chance.choices(values, k=2)) if op == "between" else chance.choice(values))


def any_filter(chance: random.Random, moments: list[str], depth: int = 1) -> dict[str, Any]:
    word = chance.choice(["leaf", "all", "any", "not"]) if depth < 4 else "leaf"
    if word == "leaf":
        return any_leaf(chance, moments)
    if word == "not":
        return {"not": any_filter(chance, moments, depth + 1)}
    return {word: [any_filter(chance, moments, depth + 1) for _ in range(chance.randint(0, 3))]}


async def test_rows_are_found_as_objects_are_matched(world: World) -> None:
    """votel.md 0.7: a filter means the same in a list as in a webhook."""
    shown = await people(world)
    moments = [lead["created_at"] for lead in shown]
    chance = random.Random(7)
    sizes = set()
    for _ in range(160):
        wanted = any_filter(chance, moments)
        expected = sorted(
            lead["name"] for lead in shown if matches(wanted, as_asked(lead), world.clock.now())
        )
        assert await names(world, wanted) == expected, wanted
        sizes.add(len(expected))
    assert len(sizes) >= 6


async def test_every_field_of_a_lead(world: World) -> None:
    """votel.md 0.7: every lead field is one of filters, and one that is none is named."""
    (lead, *_) = await people(world)
    objects = {"custom_fields", "consents", "attribution", "timezone_guessed"}
    for name in lead.keys() - objects:
        answer = await ask(world, leaf(name, "is_set"))
        assert answer.status_code == 200, name
    for name in ("campaign_ids", "no_show_count", "open_task_count", "consent.call", "consent.whatsapp"):
        assert (await ask(world, leaf(name, "is_not_set"))).status_code == 200, name
    for name in ("search_text", "custom.unheard_of", "consent.fax", "account_id", "lead.name", "id; --"):
        answer = await ask(world, leaf(name, "is_set"))
        assert refused(answer) == ("filter", f"no such field: {name}", "invalid"), name


async def test_text_ignores_case_and_numbers_of_phones_their_spelling(world: World) -> None:
    """votel.md 0.1, 0.7: text is case-blind in any script, phones are read in the account's country."""
    await people(world)
    assert await names(world, leaf("name", "eq", "žofie ÅNGSTRÖM")) == ["Žofie Ångström"]
    assert await names(world, leaf("city", "starts_with", "plzeŇ")) == ["Žofie Ångström"]
    assert await names(world, leaf("phone", "eq", "212 555 0101")) == ["Bram"]
    assert await names(world, leaf("phones", "has_any", ["(212) 555-0101"])) == ["Bram"]
    assert await names(world, leaf("phone", "contains", "555-0102")) == ["Cy"]
    assert await names(world, leaf("company", "contains", "0%")) == ["Žofie Ångström"]
    assert await names(world, leaf("name", "contains", "_")) == []


async def test_bare_dates_are_days_of_the_account(world: World) -> None:
    """votel.md 0.6, 0.7: a bare date is that whole day in the account's zone."""

    def move(tx: WriteTx) -> None:
        own = accounts.c.id == world.ours.account.id
        tx.execute(accounts.update().where(own).values(timezone="Pacific/Auckland"))

    await world.services.database.write(move)
    # 2026-01-01T00:00Z is 13:00 of that day in Auckland.
    await world.services.database.write(_at_new_year, world)
    await make(world, "Late")
    world.clock.advance(DAY)
    for op, value, expected in (
        ("eq", "2026-01-01", ["Late"]),
        ("eq", "2025-12-31", []),
        ("gt", "2025-12-31", ["Late"]),
        ("gt", "2026-01-01", []),
        ("gte", "2026-01-01", ["Late"]),
        ("lte", "2026-01-01", ["Late"]),
        ("lt", "2026-01-01", []),
        ("between", ["2026-01-01", "2026-01-01"], ["Late"]),
        ("in_last_days", 1, ["Late"]),
        ("in_last_days", 0.5, []),
        ("in_next_days", 3, []),
    ):
        assert await names(world, leaf("created_at", op, value)) == expected, (op, value)


def _at_new_year(tx: WriteTx, world: World) -> None:
    world.clock.advance(1_767_225_600_000 - world.clock.now())


async def test_dates_of_a_lead_by_days(world: World) -> None:
    """votel.md 0.7: dates know `in_last_days` and `in_next_days`, in the account's zone."""
    await people(world)
    today = to_iso(world.clock.now())[:10]
    lead = (await world.get("/leads", params={"search": "Eli"})).json()["data"][0]
    await world.request("PATCH", f"/leads/{lead['id']}", json={"custom_fields": {"renewal": today}})
    for op in ("in_last_days", "in_next_days"):
        assert await names(world, leaf("custom.renewal", op, 0)) == ["Eli"]
    world.clock.advance(3 * DAY)
    assert await names(world, leaf("custom.renewal", "in_last_days", 2)) == []
    assert await names(world, leaf("custom.renewal", "in_last_days", 3)) == ["Eli"]


async def test_together_with_search_sort_paging_and_csv(world: World) -> None:
    """votel.md 0.6, 0.7: a filter narrows what the other parameters leave; totals are exact."""
    await people(world)
    scored = json.dumps(leaf("score", "gt", 0))
    page = {"filter": scored, "sort": "score", "limit": 1}
    seen = []
    for number in (1, 2, 3):
        body = (await world.get("/leads", params={**page, "page": number})).json()
        assert body["total"] == 3
        seen += [lead["name"] for lead in body["data"]]
    assert (seen[0], sorted(seen)) == ("Ada", ["Ada", "Cy", "Fay"])
    assert (await world.get("/leads", params={**page, "page": 4})).json() == {"data": [], "total": 3}
    assert await names(world, leaf("score", "gt", 0), search="cy") == ["Cy"]
    assert await names(world, leaf("score", "gt", 0), search="a") == ["Ada", "Fay"]
    assert await names(world, leaf("score", "gt", 0), search="5550102") == ["Cy"]
    assert await names(world, leaf("score", "gt", 0), lifecycle_stage="customer") == ["Cy"]
    assert await names(world, leaf("name", "ne", "Ada"), tag="vip") == ["Bram"]
    text = (await world.get("/leads", params={"filter": scored, "format": "csv"})).text
    assert len(text.splitlines()) == 4


async def test_nobody_else_s_leads(world: World) -> None:
    """votel.md 0.2: filters see one account, even where they ask for everything."""
    await world.post("/leads", json={"first_name": "Theirs", "tags": ["vip"]}, tenant=world.theirs)
    await make(world, "Ours")
    assert await names(world, {"all": []}) == ["Ours"]
    assert await names(world, {"not": leaf("tags", "has_any", ["vip"])}) == ["Ours"]
    assert await names(world, leaf("tags", "has_any", ["vip"])) == []


DEEP = {"not": leaf("name", "is_set")}
for _ in range(MAX_DEPTH):
    DEEP = {"not": DEEP}


NO_FILTERS: list[tuple[Any, str]] = [
    ("{", "a filter is a JSON object"),
    ("[]", "a filter is a JSON object"),
    ('"name"', "a filter is a JSON object"),
    ("[" * 9000, "a filter is a JSON object"),
    ("name = 'Ada'", "a filter is a JSON object"),
    ('{"field": "score", "op": "gt", "value": NaN}', "a filter is a JSON object"),
    ({}, "no such field: None"),
    ({"all": [1]}, "a filter is an object"),
    ({"all": {}}, "`all` stands alone and has a list"),
    ({"any": [], "all": []}, "`all` stands alone and has a list"),
    ({"not": {"all": []}, "x": 1}, "`not` stands alone"),
    (DEEP, f"at most {MAX_DEPTH} levels"),
    ({"any": [leaf("name", "is_set")] * (MAX_LEAVES + 1)}, f"at most {MAX_LEAVES} conditions"),
    (leaf("1=1; DROP TABLE contacts", "is_set"), "no such field: 1=1; DROP TABLE contacts"),
    (leaf("name", "like", "A%"), "no such operator: like"),
    (leaf("name", "gt", 5), "gt is no operator of name"),
    (leaf("score", "contains", "5"), "contains is no operator of score"),
    (leaf("tags", "eq", "vip"), "eq is no operator of tags"),
    (leaf("dnd", "gt", 1), "gt is no operator of dnd"),
    (leaf("score", "eq", "five"), "the value for score must be a number"),
    (leaf("score", "gt", 10**300), "the value for score must be a number"),
    (leaf("score", "gt", "2026-01-01"), "the value for score must be a number"),
    (leaf("dnd", "eq", "yes"), "the value for dnd must be true or false"),
    (leaf("name", "eq", 5), "the value for name must be text of at most 1000 characters"),
    (leaf("name", "contains", "a\0b"), "the value for name must be text of at most 1000 characters"),
    (leaf("name", "in", ["x"] * 501), "the value for name must be a list of at most 500"),
    (leaf("name", "in", "x"), "not a value for in"),
    (leaf("created_at", "gt", 5), "the value for created_at must be an ISO 8601 date or time"),
    (leaf("created_at", "eq", "9999-12-31"), "the value for created_at must be an ISO 8601 date or time"),
    (leaf("created_at", "in_last_days", -1), "not a value for in_last_days"),
    (leaf("created_at", "between", ["2026-01-01"]), "not a value for between"),
    (leaf("name", "in", ["x" * 999] * 20), "at most 16384 characters"),
]


async def test_what_is_no_filter(world: World) -> None:
    """votel.md 0.4, 0.7: one 400 that says what is wrong, naming `filter`."""
    for given, message in NO_FILTERS:
        for path in ("/leads", "/conversations"):
            assert refused(await ask(world, given, path)) == ("filter", message, "invalid"), message


async def test_conversations_by_their_own_names_and_those_of_the_lead(world: World) -> None:
    """votel.md 0.7, 1.1: marks, times and channels of the thread; the lead's fields as in `/leads`."""
    ids = {}
    for index, name in enumerate(["Ada Example", "Bob Example", "Cy Example"]):
        message = await receive(
            world,
            f"text {index}",
            sender=f"+1312555010{index}",
            name=name,
            channel="whatsapp" if name.startswith("Cy") else "sms",
        )
        ids[name[:3].strip()] = (message.conversation_id, message.contact_id)
        world.clock.advance(DAY)
    await world.request("PATCH", f"/leads/{ids['Ada'][1]}", json={"tags": ["VIP"], "city": "Graz"})
    mark = {"is_starred": True, "is_flagged": True, "assigned_to_id": world.ours.user_id}
    await world.request("PATCH", f"/conversations/{ids['Bob'][0]}", json=mark)
    await world.request("PATCH", f"/conversations/{ids['Ada'][0]}", json={"status": "closed"})
    for filter, expected in (
        (leaf("is_starred", "eq", True), ["Bob Example"]),
        (leaf("is_flagged", "ne", True), ["Cy Example"]),
        (leaf("assigned_to_id", "is_not_set"), ["Cy Example"]),
        (leaf("assigned_to_name", "eq", "OWNER"), ["Bob Example"]),
        (leaf("channels", "has_any", ["whatsapp", "email"]), ["Cy Example"]),
        (leaf("channels", "has_none", ["whatsapp"]), ["Bob Example"]),
        (leaf("unread_count", "gte", 1), ["Bob Example", "Cy Example"]),
        (leaf("last_inbound_at", "in_last_days", 1), ["Cy Example"]),
        (leaf("last_message.snippet", "contains", "TEXT 1"), ["Bob Example"]),
        (leaf("whatsapp_window_expires_at", "is_set"), ["Cy Example"]),
        (leaf("name", "starts_with", "b"), ["Bob Example"]),
        (leaf("lead.name", "not_contains", "bob"), ["Cy Example"]),
        (leaf("lead.tags", "is_not_set"), ["Bob Example", "Cy Example"]),
    ):
        assert await names(world, filter, "/conversations") == expected, filter
    everyone = {"sort": "all"}
    assert await names(world, leaf("tags", "has_any", ["vip"]), "/conversations", **everyone) == [
        "Ada Example"
    ]
    assert await names(world, leaf("status", "eq", "closed"), "/conversations", **everyone) == ["Ada Example"]
    assert await names(world, leaf("phone", "is_set"), "/conversations", search="cy") == ["Cy Example"]
    assert await names(world, leaf("phone", "is_set"), "/conversations", unread="false") == []
    body = (await ask(world, leaf("phone", "is_set"), "/conversations", sort="oldest", limit=1)).json()
    assert (body["total"], body["conversations"][0]["lead"]["name"]) == (2, "Bob Example")


async def test_conversations_by_pipeline_and_stage(world: World) -> None:
    """votel.md 1, 1.1: the stage of the lead is shown and filtered by."""
    for index, name in enumerate(["Ada Example", "Bob Example"]):
        await receive(world, "Hi", sender=f"+1312555010{index}", name=name)
    pipeline = (await world.get("/pipeline")).json()["pipelines"][0]
    stage = pipeline["columns"][1]
    lead = (await world.get("/leads", params={"search": "bob"})).json()["data"][0]
    await world.request("PATCH", f"/leads/{lead['id']}", json={"pipeline_stage_id": stage["id"]})
    for query in ({"pipeline_id": pipeline["id"]}, {"pipeline_stage_id": stage["id"]}):
        body = (await world.get("/conversations", params=query)).json()
        assert body["total"] == 1
        shown = body["conversations"][0]["lead"]
        assert (shown["name"], shown["pipeline_stage_name"]) == ("Bob Example", stage["name"])
        assert (shown["pipeline_id"], shown["pipeline_stage_id"]) == (pipeline["id"], stage["id"])
    other = {"pipeline_stage_id": pipeline["columns"][0]["id"]}
    assert (await world.get("/conversations", params=other)).json() == {"conversations": [], "total": 0}
    assert await names(world, leaf("pipeline_stage_name", "is_set"), "/conversations") == ["Bob Example"]
    assert refused(await world.get("/conversations", params={"pipeline_id": "x"}))[0] == "pipeline_id"
