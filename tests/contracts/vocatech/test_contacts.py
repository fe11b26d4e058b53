"""Contacts over the wire: list, bulk upsert, single rows, fields (contracts/vocatech.md 5.5)."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from antiphon.core.db.transaction import WriteTx
from antiphon.domain.contacts.commands import create_field
from phone_world import Tenant, World

PHONE = "+13125550143"


async def upsert(world: World, *fields: Any, tenant: Tenant | None = None) -> dict[str, Any]:
    """The answer to a bulk upsert of rows with these fields."""
    rows = [{"fields": given} for given in fields]
    answer = await world.post("/contacts", json={"contacts": rows}, tenant=tenant)
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json()
    return content


async def make(world: World, **fields: str) -> int:
    """A contact of ours by field names with underscores for spaces; its id."""
    given = {name.replace("_", " "): value for name, value in fields.items()}
    number: int = (await upsert(world, given))["contacts"][0]["contact"]["id"]
    return number


def details(answer: httpx2.Response) -> list[str]:
    """The fields that a 400 names."""
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["code"] == "validation_error"
    return [item["field"] for item in error["details"]]


async def test_fields_of_a_new_account(world: World) -> None:
    """vocatech.md 5.5: five fields, phone and email match."""
    answer = await world.get("/contacts/fields")
    assert answer.status_code == 200
    found = answer.json()["fields"]
    assert [(item["id"], item["name"], item["order"]) for item in found] == [
        (1, "First Name", 1),
        (2, "Last Name", 2),
        (3, "Company", 3),
        (4, "Phone", 4),
        (5, "Email", 5),
    ]
    assert [item["name"] for item in found if item["is_phone"]] == ["Phone"]
    assert [item["name"] for item in found if item["is_match"]] == ["Phone", "Email"]
    assert set(found[0]) == {
        "id", "name", "order", "is_phone", "is_match", "reports_enabled", "hide_no_data", "show_in_fields",
        "is_integration",
    }  # fmt: skip
    assert all(isinstance(item[name], bool) for item in found for name in set(item) - {"id", "name", "order"})


async def test_rows_are_created_and_updated(world: World) -> None:
    """vocatech.md 5.5: summary, actions, input order; given fields replace, an empty one clears."""
    first = await upsert(
        world,
        {"First Name": "Ann", "Last Name": "Lee", "Company": "Acme", "Phone": "(312) 555-0143"},
        {"Email": "Bo@Example.org"},
    )
    assert first["summary"] == {"total": 2, "created": 2, "updated": 0, "errors": 0}
    assert [row["action"] for row in first["contacts"]] == ["created", "created"]
    ann, bo = (row["contact"] for row in first["contacts"])
    assert ann["fields"] == {
        "First Name": "Ann",
        "Last Name": "Lee",
        "Company": "Acme",
        "Phone": PHONE,
    }
    assert bo["fields"] == {"Email": "bo@example.org"}
    second = await upsert(
        world,
        {"Email": "BO@example.org", "First Name": "Bo"},
        {"Phone": "3125550143", "Company": "", "Last Name": "Ray"},
        {"First Name": "Cy"},
    )
    assert second["summary"] == {"total": 3, "created": 1, "updated": 2, "errors": 0}
    assert [row["action"] for row in second["contacts"]] == ["updated", "updated", "created"]
    assert [row["contact"]["id"] for row in second["contacts"][:2]] == [bo["id"], ann["id"]]
    assert second["contacts"][1]["contact"]["fields"] == {
        "First Name": "Ann",
        "Last Name": "Ray",
        "Phone": PHONE,
    }
    assert (await world.get(f"/contacts/{ann['id']}")).json() == second["contacts"][1]["contact"]


async def test_the_first_match_field_with_a_value_decides(world: World) -> None:
    """vocatech.md 5.5: a phone without a hit makes a new row, whatever the email would have found."""
    number = await make(world, Phone=PHONE, Email="ann@example.org")
    answer = await upsert(
        world,
        {"Phone": "+13125550199", "Email": "ann@example.org"},
        {"Phone": "", "Email": "ann@example.org", "Company": "Acme"},
    )
    assert [row["action"] for row in answer["contacts"]] == ["created", "updated"]
    # Two rows have the address by now: the oldest is meant, and its phone is cleared.
    assert answer["contacts"][1]["contact"] == {
        "id": number,
        "fields": {"Company": "Acme", "Email": "ann@example.org"},
    }


async def test_several_phones_in_one_field(world: World) -> None:
    """vocatech.md 5.5: joined by `;`, any of them matches, each is written as E.164 once."""
    number = await make(world, Phone="312-555-0143; +1 312 555 0144 ;3125550143;")
    answer = await world.get(f"/contacts/{number}")
    assert answer.json()["fields"]["Phone"] == "+13125550143;+13125550144"
    found = await upsert(world, {"Phone": "3125550144", "First Name": "Ann"})
    assert found["contacts"][0]["contact"] == {
        "id": number,
        "fields": {"First Name": "Ann", "Phone": "+13125550144"},
    }


async def test_a_row_sees_what_the_rows_before_it_did(world: World) -> None:
    """vocatech.md 5.5 and issue 3.4: duplicates in one upsert become one contact."""
    answer = await upsert(
        world,
        {"Phone": PHONE, "First Name": "Ann"},
        {"Phone": PHONE, "Last Name": "Lee", "Email": "ann@example.org"},
        {"Email": "ann@example.org", "Phone": ""},
        {"Phone": PHONE, "First Name": "Bo"},
    )
    assert [row["action"] for row in answer["contacts"]] == ["created", "updated", "updated", "created"]
    ids = [row["contact"]["id"] for row in answer["contacts"]]
    assert ids[0] == ids[1] == ids[2] != ids[3]
    assert answer["contacts"][0]["contact"]["fields"] == {"First Name": "Ann", "Phone": PHONE}
    listed = (await world.get("/contacts")).json()
    assert [item["fields"] for item in listed["contacts"]] == [
        {"First Name": "Ann", "Last Name": "Lee", "Email": "ann@example.org"},
        {"First Name": "Bo", "Phone": PHONE},
    ]
    assert listed["meta"]["total_contacts"] == 2


BAD_ROWS: list[Any] = [
    {"fields": {"Phon": PHONE}},
    {"fields": {"first_name": "Ann"}},
    {"fields": {"First Name": 7}},
    {"fields": {"First Name": None}},
    {"fields": {"First Name": ["Ann"]}},
    {"fields": {"First Name": True}},
    {"fields": {}},
    {"fields": {"First Name": "  ", "Phone": ""}},
    {"fields": {"Phone": ";"}},
    {"fields": {"Phone": "call me"}},
    {"fields": {"Phone": "12"}},
    {"fields": {"Phone": f"{PHONE};nobody"}},
    {"fields": {"Phone": "+" + "9" * 40}},
    {"fields": {"Email": "nobody"}},
    {"fields": {"Email": "a@" + "b" * 400}},
    {"fields": {"First Name": "a\x00b"}},
    {"fields": {"First Name": "x" * 10_001}},
    {"fields": []},
    {"fields": None},
    {},
    None,
    7,
    "row",
    [],
]


async def test_bad_rows_are_refused_alone(world: World) -> None:
    """vocatech.md 5.5: 200 in any case, `index` from 0, good rows around a bad one are stored."""
    rows: list[Any] = []
    for position, bad in enumerate(BAD_ROWS):
        rows += [bad, {"fields": {"First Name": f"Good {position}"}}]
    answer = await world.post("/contacts", json={"contacts": rows})
    assert answer.status_code == 200
    content = answer.json()
    many = len(BAD_ROWS)
    assert content["summary"] == {"total": 2 * many, "created": many, "updated": 0, "errors": many}
    assert [row["index"] for row in content["errors"]] == list(range(0, 2 * many, 2))
    assert all(isinstance(row["message"], str) and row["message"] for row in content["errors"])
    names = [row["contact"]["fields"]["First Name"] for row in content["contacts"]]
    assert names == [f"Good {position}" for position in range(many)]
    assert (await world.get("/contacts")).json()["meta"]["total_contacts"] == many


async def test_sizes_and_shapes_of_a_bulk(world: World) -> None:
    """vocatech.md 5.5: 500 rows pass, 501 and other shapes are 400, none is 200 with zeros."""
    rows = [{"fields": {"Phone": f"+1312556{number:04d}"}} for number in range(501)]
    full = await world.post("/contacts", json={"contacts": rows[:500]})
    assert full.json()["summary"] == {"total": 500, "created": 500, "updated": 0, "errors": 0}
    assert details(await world.post("/contacts", json={"contacts": rows})) == ["contacts"]
    empty = await world.post("/contacts", json={"contacts": []})
    assert empty.status_code == 200
    assert empty.json() == {
        "summary": {"total": 0, "created": 0, "updated": 0, "errors": 0},
        "contacts": [],
        "errors": [],
    }
    for body in ({}, {"contacts": None}, {"contacts": {"fields": {}}}, {"contacts": "x"}):
        assert details(await world.post("/contacts", json=body)) == ["contacts"]
    headers = {"Content-Type": "application/json"}
    for raw in (b"", b"[]", b"{", b'{"contacts": [', b"\xff", b"[" * 100_000, b'{"contacts":["\\ud800"]}'):
        answer = await world.post("/contacts", content=raw, headers=headers)
        if answer.status_code != 200:
            assert details(answer) == ["body"]
    wrong = await world.post("/contacts", content=b'{"contacts":[]}', headers={"Content-Type": "text/plain"})
    assert details(wrong) == ["body"]
    large = b'{"contacts":[],"more":"' + b"x" * 1024 * 1024 + b'"}'
    assert details(await world.post("/contacts", content=large, headers=headers)) == ["body"]
    assert (await world.get("/contacts")).json()["meta"]["total_contacts"] == 500


async def test_list_pages_and_echo(world: World) -> None:
    """vocatech.md 4, 5.5: id ascending, effective values in `query`, exact totals."""
    await upsert(world, *({"First Name": f"N{number}"} for number in range(5)))
    answer = (await world.get("/contacts?limit=2&page=2")).json()
    assert [item["fields"]["First Name"] for item in answer["contacts"]] == ["N2", "N3"]
    assert answer["query"] == {"search": None, "page": 2, "limit": 2}
    assert answer["meta"] == {"page": 2, "limit": 2, "total_pages": 3, "total_contacts": 5}
    beyond = (await world.get("/contacts?limit=2&page=9")).json()
    assert (beyond["contacts"], beyond["meta"]["total_contacts"]) == ([], 5)
    odd = (await world.get("/contacts?limit=9999&page=-4")).json()
    assert odd["query"] == {"search": None, "page": 1, "limit": 500}
    none = (await world.get("/contacts?search=nobody")).json()
    assert none["meta"] == {"page": 1, "limit": 50, "total_pages": 0, "total_contacts": 0}


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("ANN", ["Ann Marie"]),
        ("ann marie lee", ["Ann Marie"]),
        ("marie le", ["Ann Marie"]),
        ("lee ann", []),
        ("acme", ["Ann Marie"]),
        ("lee acme", []),
        ("ann@exa", ["Ann Marie"]),
        ("josé", ["José"]),
        ("JOSE", ["José"]),
        ("555-0143", ["Ann Marie"]),
        ("(312) 555 01", ["Ann Marie", "José"]),
        ("+1 312", ["Ann Marie", "José"]),
        ("43 312", []),
        ("100%", ["José"]),
        ("%", ["José"]),
        ("_", ["José"]),
        ("\\", ["José"]),
        ("' OR 1=1 --", []),
        ('"ann" OR *', []),
        ("   ", ["Ann Marie", "José"]),
        ("\x00", ["Ann Marie", "José"]),
        ("x" * 300, []),
    ],
)
async def test_search(world: World, search: str, names: list[str]) -> None:
    """vocatech.md 4, 5.5: case-blind substring of names, company and email; phones by digits."""
    await upsert(
        world,
        {
            "First Name": "Ann Marie",
            "Last Name": "Lee",
            "Company": "Acme Tools",
            "Phone": "+13125550143;+13125550199",
            "Email": "ann@example.org",
        },
        {"First Name": "José", "Company": r"100%_\Fun", "Phone": "+13125550144"},
        tenant=None,
    )
    await upsert(world, {"First Name": "Ann", "Phone": PHONE}, tenant=world.theirs)
    answer = await world.get("/contacts", params={"search": search})
    assert answer.status_code == 200
    content = answer.json()
    assert [item["fields"]["First Name"] for item in content["contacts"]] == names
    assert content["meta"]["total_contacts"] == len(names)


async def test_one_contact(world: World) -> None:
    """vocatech.md 5.5: GET, PATCH with the same merge, DELETE 204."""
    number = await make(world, First_Name="Ann", Phone=PHONE)
    path = f"/contacts/{number}"
    changed = await world.patch(
        path, json={"fields": {"Company": "Acme", "First Name": "", "Email": "A@example.org"}}
    )
    assert changed.status_code == 200
    wanted = {"id": number, "fields": {"Company": "Acme", "Phone": PHONE, "Email": "a@example.org"}}
    assert changed.json() == wanted
    assert (await world.patch(path, json={"fields": {}})).json() == wanted
    assert (await world.get(path)).json() == wanted
    found = (await world.get("/contacts?search=acme")).json()
    assert [item["id"] for item in found["contacts"]] == [number]
    deleted = await world.delete(path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    for method in ("GET", "PATCH", "DELETE"):
        gone = await world.request(method, path, json={"fields": {}})
        assert (gone.status_code, gone.json()["error"]["code"]) == (404, "not_found")
    assert (await world.get("/contacts")).json()["meta"]["total_contacts"] == 0
    # Its number is not given again, and its phone finds nobody.
    assert await make(world, Phone=PHONE) > number


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "fields"),
        ({"fields": None}, "fields"),
        ({"fields": []}, "fields"),
        ({"fields": {"Nickname": "A"}}, "fields.Nickname"),
        ({"fields": {"First Name": 7}}, "fields.First Name"),
        ({"fields": {"First Name": None}}, "fields.First Name"),
        ({"fields": {"Phone": "x"}}, "fields.Phone"),
        ({"fields": {"Email": "x"}}, "fields.Email"),
        ({"fields": {"Company": "a\x00"}}, "fields.Company"),
    ],
)
async def test_bad_changes(world: World, body: Any, field: str) -> None:
    """vocatech.md 5.5: an unknown field is 400, and nothing of the change is kept."""
    number = await make(world, First_Name="Ann")
    assert details(await world.patch(f"/contacts/{number}", json=body)) == [field]
    assert (await world.get(f"/contacts/{number}")).json()["fields"] == {"First Name": "Ann"}


@pytest.mark.parametrize("text", ["0", "-1", "01", "abc", "1.0", "99999999999", "4711", "%00", "1%20OR%201"])
async def test_ids_that_nobody_has(world: World, text: str) -> None:
    """vocatech.md 2: unknown and ill-formed ids are 404, before the body is looked at."""
    for method in ("GET", "PATCH", "DELETE"):
        answer = await world.request(method, f"/contacts/{text}", content=b"{")
        assert answer.status_code == 404


async def test_accounts_and_roles(world: World) -> None:
    """vocatech.md 1: other companies' rows are 404; a viewer reads only, a member writes contacts."""
    number = await make(world, First_Name="Ann", Phone=PHONE)
    await make(world, First_Name="Bo")
    theirs = await upsert(world, {"Phone": PHONE, "First Name": "Cy"}, tenant=world.theirs)
    assert theirs["contacts"][0]["action"] == "created"
    for method in ("GET", "PATCH", "DELETE"):
        answer = await world.request(
            method, f"/contacts/{number + 1}", json={"fields": {}}, tenant=world.theirs
        )
        assert answer.status_code == 404
    assert (await world.get("/contacts", tenant=world.theirs)).json()["meta"]["total_contacts"] == 1
    viewer, member = world.ours.viewer, world.ours.member
    assert (await world.get(f"/contacts/{number}", key=viewer)).status_code == 200
    for method, path in (
        ("POST", "/contacts"),
        ("PATCH", f"/contacts/{number}"),
        ("DELETE", f"/contacts/{number}"),
    ):
        assert (await world.request(method, path, json={}, key=viewer)).status_code == 403
    assert (await world.patch(f"/contacts/{number}", json={"fields": {}}, key=member)).status_code == 200
    assert (await world.delete(f"/contacts/{number}", key=member)).status_code == 204


async def test_own_fields(world: World) -> None:
    """vocatech.md 5.5: further fields hold text or phones; a match field finds by its own values."""

    def make_fields(tx: WriteTx) -> None:
        account_id = world.ours.account_id
        create_field(tx, account_id, name="Mobile", data_type="phone", is_match=True)
        create_field(tx, account_id, name="Badge No.", is_match=True)
        create_field(tx, account_id, name="Notes")

    await world.services.database.write(make_fields)
    fields = (await world.get("/contacts/fields")).json()["fields"]
    assert [(item["id"], item["name"]) for item in fields[5:]] == [
        (6, "Mobile"),
        (7, "Badge No."),
        (8, "Notes"),
    ]
    first = await upsert(
        world,
        {"Mobile": "312 555 0143", "Badge No.": "A-1", "Notes": "x;y"},
        {"Badge No.": "A-1", "Notes": ""},
    )
    assert [row["action"] for row in first["contacts"]] == ["created", "updated"]
    number = first["contacts"][0]["contact"]["id"]
    assert first["contacts"][0]["contact"]["fields"] == {"Mobile": PHONE, "Badge No.": "A-1", "Notes": "x;y"}
    found = await upsert(world, {"Mobile": "3125550143", "Badge No.": ""}, {"Badge No.": "A-1"})
    assert [row["contact"]["id"] for row in found["contacts"]] == [number, number + 1]
    searched = (await world.get("/contacts?search=5550143")).json()
    assert [item["id"] for item in searched["contacts"]] == [number]
    assert (await world.get("/contacts/fields", tenant=world.theirs)).json()["fields"] == fields[:5]
