"""Users of the company over the wire (contracts/vocatech.md 5.6)."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from antiphon.core.clock import DAY
from antiphon.core.crypto import sha256_hex
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import DomainError
from antiphon.domain.accounts.commands import create_user
from antiphon.domain.accounts.company import update_company
from antiphon.domain.accounts.errors import LinkError
from antiphon.domain.accounts.invitations import InvitationMail
from antiphon.domain.accounts.keys import create_key
from antiphon.domain.accounts.members import get_member_by_number
from antiphon.domain.accounts.queries import find_session
from antiphon.domain.accounts.records import KeyKind, NewKey, Role
from antiphon.domain.accounts.sessions import start_session
from antiphon.domain.accounts.sign_in_links import use_sign_in_link
from antiphon.domain.mails.tables import mails
from antiphon.domain.numbers.commands import create_connection, create_number
from phone_world import World

OWNER, MEMBER, VIEWER = 1, 2, 3
SETTINGS = {
    "timezone": None,
    "do_not_disturb": False,
    "ring_seconds": 20,
    "forward_to": None,
    "voicemail_enabled": True,
}


def details(answer: httpx2.Response) -> list[str]:
    """The fields that a 400 names."""
    assert answer.status_code == 400, answer.text
    return [item["field"] for item in answer.json()["error"]["details"]]


async def make(world: World, email: str = "ann@example.com", **values: Any) -> dict[str, Any]:
    answer = await world.post("/users", json={"name": "Ann Lee", "email": email, **values})
    assert answer.status_code == 201, answer.text
    user: dict[str, Any] = answer.json()
    return user


async def admin_key(world: World) -> NewKey:
    """A key of an admin who is no owner."""
    account_id = world.ours.account_id
    database = world.services.database
    user_id = await database.write(
        create_user, account_id, email="admin@example.com", name="Admin", role=Role.ADMIN, password_hash=None
    )
    return await database.write(create_key, account_id, user_id, kind=KeyKind.SECRET, name="admin")


async def test_list_and_one(world: World) -> None:
    """vocatech.md 5.6: an owner shows as `admin`; ids ascending; times in the account's zone."""
    listed = (await world.get("/users")).json()
    assert listed["query"] == {"search": None, "page": 1, "limit": 50}
    assert listed["meta"] == {"page": 1, "limit": 50, "total_pages": 1, "total_users": 3}
    assert [(user["id"], user["role"]) for user in listed["users"]] == [
        (OWNER, "admin"),
        (MEMBER, "member"),
        (VIEWER, "viewer"),
    ]
    one = (await world.get(f"/users/{OWNER}")).json()
    assert one == listed["users"][0]
    assert one["email"] == world.ours.email
    assert one["settings"] == SETTINGS
    assert (one["extension"], one["active"]) == (None, True)
    assert one["created_at"][-6:] in ("+00:00", "-05:00", "-06:00")


@pytest.mark.parametrize(
    ("search", "ids"),
    [("OWN", [1]), ("member@", [2]), ("wne", [1]), ("204", []), ("nobody", []), ("%", []), ("", [1, 2, 3])],
)
async def test_search(world: World, search: str, ids: list[int]) -> None:
    """vocatech.md 4: a case-blind substring."""
    found = (await world.get("/users", params={"search": search})).json()
    assert [user["id"] for user in found["users"]] == ids
    assert found["meta"]["total_users"] == len(ids)
    paged = (await world.get("/users?limit=2&page=2")).json()
    assert [user["id"] for user in paged["users"]] == [VIEWER]


async def test_create(world: World) -> None:
    """vocatech.md 5.6: 201, defaults, E.164 whatever the way of writing."""
    plain = await make(world)
    assert plain == {
        "id": 4,
        "name": "Ann Lee",
        "email": "ann@example.com",
        "extension": None,
        "role": "member",
        "active": True,
        "settings": SETTINGS,
        "created_at": plain["created_at"],
    }
    full = await make(
        world,
        "Bo@Example.com",
        extension="204",
        role="admin",
        settings={"timezone": "Europe/Paris", "ring_seconds": 5, "forward_to": "(312) 555-0143"},
    )
    assert (full["id"], full["email"], full["extension"], full["role"]) == (
        5,
        "bo@example.com",
        "204",
        "admin",
    )
    assert full["settings"] == {
        **SETTINGS,
        "timezone": "Europe/Paris",
        "ring_seconds": 5,
        "forward_to": "+13125550143",
    }
    assert [user["id"] for user in (await world.get("/users?search=204")).json()["users"]] == [5]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"name": "  "}, "name"),
    ({"name": 7}, "name"),
    ({"name": None}, "name"),
    ({"name": "a\x00b"}, "name"),
    ({"name": "x" * 201}, "name"),
    ({"extension": "12a"}, "extension"),
    ({"extension": 204}, "extension"),
    ({"extension": "1" * 17}, "extension"),
    ({"role": "owner"}, "role"),
    ({"role": "boss"}, "role"),
    ({"settings": None}, "settings"),
    ({"settings": []}, "settings"),
    ({"settings": {"timezone": "Mars/Base"}}, "settings.timezone"),
    ({"settings": {"timezone": ""}}, "settings.timezone"),
    ({"settings": {"ring_seconds": 4}}, "settings.ring_seconds"),
    ({"settings": {"ring_seconds": 121}}, "settings.ring_seconds"),
    ({"settings": {"ring_seconds": "20"}}, "settings.ring_seconds"),
    ({"settings": {"ring_seconds": True}}, "settings.ring_seconds"),
    ({"settings": {"ring_seconds": None}}, "settings.ring_seconds"),
    ({"settings": {"do_not_disturb": "yes"}}, "settings.do_not_disturb"),
    ({"settings": {"do_not_disturb": None}}, "settings.do_not_disturb"),
    ({"settings": {"forward_to": "me"}}, "settings.forward_to"),
    ({"settings": {"forward_to": 13125550143}}, "settings.forward_to"),
]


@pytest.mark.parametrize(("values", "field"), BAD)
async def test_bad_values(world: World, values: dict[str, Any], field: str) -> None:
    """vocatech.md 2, 5.6: 400 with the dotted path, in POST and PATCH alike."""
    body = {"name": "Ann", "email": "ann@example.com", **values}
    assert details(await world.post("/users", json=body)) == [field]
    assert details(await world.patch(f"/users/{MEMBER}", json=values)) == [field]
    assert (await world.get("/users")).json()["meta"]["total_users"] == 3


@pytest.mark.parametrize(
    "email", ["", "ann", "ann@", "@example.com", "a b@example.com", None, 7, "a\x00@b.example"]
)
async def test_bad_addresses(world: World, email: Any) -> None:
    """vocatech.md 5.6: `email` is required."""
    assert details(await world.post("/users", json={"name": "Ann", "email": email})) == ["email"]
    assert details(await world.post("/users", json={"email": "ann@example.com"})) == ["name"]


async def test_taken(world: World) -> None:
    """vocatech.md 5.6: a taken email or extension is 400; another company's is not taken."""
    await make(world, extension="204")
    again = {"name": "Bo", "email": "ANN@example.com"}
    assert details(await world.post("/users", json=again)) == ["email"]
    other = {"name": "Bo", "email": "bo@example.com", "extension": "204"}
    assert details(await world.post("/users", json=other)) == ["extension"]
    assert details(await world.patch(f"/users/{MEMBER}", json={"extension": "204"})) == ["extension"]
    assert (await world.patch("/users/4", json={"extension": "204"})).status_code == 200
    assert (await world.post("/users", json=other, tenant=world.theirs)).status_code == 201
    assert (await world.post("/users", json=again, tenant=world.theirs)).status_code == 201


async def test_change(world: World) -> None:
    """vocatech.md 5.6: settings are merged key by key; null takes an extension away."""
    path = f"/users/{MEMBER}"
    first = await world.patch(path, json={"extension": "7", "settings": {"do_not_disturb": True}})
    assert first.status_code == 200
    second = await world.patch(
        path, json={"name": " New  Name ", "settings": {"ring_seconds": 120}, "email": "x"}
    )
    user = second.json()
    assert (user["name"], user["extension"], user["email"]) == ("New Name", "7", "member@example.com")
    assert user["settings"] == {**SETTINGS, "do_not_disturb": True, "ring_seconds": 120}
    third = await world.patch(path, json={"extension": None, "role": "viewer"})
    assert (third.json()["extension"], third.json()["role"]) == (None, "viewer")
    assert (await world.get(path)).json() == third.json()


async def test_a_person_of_two_companies_keeps_the_name(world: World) -> None:
    """vocatech.md 1, 5.6: whoever invites a person of another company cannot rename that person there."""
    invited = {"name": "Someone", "email": world.ours.email}
    made = (await world.post("/users", json=invited, tenant=world.theirs)).json()
    renamed = await world.patch(f"/users/{made['id']}", json={"name": "Evil"}, tenant=world.theirs)
    assert details(renamed) == ["name"]
    assert (await world.get("/users/1")).json()["name"] == "Owner"
    assert (await world.patch("/users/1", json={"name": "Boss"})).status_code == 200


async def test_an_owner_stays_an_owner(world: World) -> None:
    """vocatech.md 5.6: `admin` written to an owner changes nothing; more needs an owner's key."""
    admin = await admin_key(world)
    path = f"/users/{OWNER}"
    for key in (admin, world.ours.key):
        kept = await world.patch(path, json={"role": "admin", "name": "Owner"}, key=key)
        assert (kept.status_code, kept.json()["role"]) == (200, "admin")
    for change in ({"role": "member"}, {"active": False}, {"role": "viewer", "name": "X"}):
        refused = await world.patch(path, json=change, key=admin)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
    # The owner may, but is the last one.
    assert details(await world.patch(path, json={"role": "member"})) == ["role"]
    assert details(await world.patch(path, json={"active": False})) == ["active"]
    assert (await world.patch(path, json={"active": True}, key=admin)).status_code == 200


async def test_the_last_admin_stays(world: World) -> None:
    """vocatech.md 5.6: an owner is an admin too; with an owner left, the only other admin may go."""
    admin = await admin_key(world)
    assert (await world.patch("/users/4", json={"active": False}, key=admin)).status_code == 200
    assert (await world.patch("/users/4", json={"active": True})).status_code == 200
    assert (await world.patch("/users/4", json={"role": "member"}, key=admin)).status_code == 200
    assert (await world.patch("/users/4", json={"role": "admin"}, key=admin)).status_code == 403


async def test_two_owners(world: World) -> None:
    """vocatech.md 5.6: one of two owners may be taken back by an owner."""
    await world.services.database.write(
        create_user,
        world.ours.account_id,
        email="second@example.com",
        name="Second",
        role=Role.OWNER,
        password_hash=None,
    )
    done = await world.patch("/users/4", json={"role": "member"})
    assert (done.status_code, done.json()["role"]) == (200, "member")
    assert details(await world.patch(f"/users/{OWNER}", json={"active": False})) == ["active"]


async def test_a_disabled_user_is_out_at_once(world: World) -> None:
    """vocatech.md 1, 5.6: keys stop at once and work again with the user; sessions are over."""
    database = world.services.database
    user_id = (await database.read(get_member_by_number, world.ours.account_id, MEMBER)).user_id
    token, _ = await database.write(start_session, user_id)
    assert await database.read(find_session, sha256_hex(token)) is not None
    assert (await world.get("/users", key=world.ours.member)).status_code == 200
    assert (await world.patch(f"/users/{MEMBER}", json={"active": False})).status_code == 200
    refused = await world.get("/users", key=world.ours.member)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_token")
    assert await database.read(find_session, sha256_hex(token)) is None
    assert (await world.patch(f"/users/{MEMBER}", json={"active": True})).status_code == 200
    assert (await world.get("/users", key=world.ours.member)).status_code == 200
    assert await database.read(find_session, sha256_hex(token)) is None


async def test_a_new_user_gets_a_link(world: World) -> None:
    """vocatech.md 5.6: a sign-in link by email, valid 7 days, for one use."""
    services = world.services
    services.bus.react("user.invited", InvitationMail(services.cipher, services.settings.origin))
    await make(world)
    row = await services.database.read(lambda tx: tx.first(select(mails)))
    assert (row.recipient, row.account_id) == ("ann@example.com", world.ours.account_id)
    body = services.cipher.open(row.sealed_body, f"mail:{row.id}").decode()
    token = body.partition("/dashboard/accept?token=")[2].partition('"')[0]
    database = services.database
    with pytest.raises(DomainError):
        await database.write(use_sign_in_link, token, None)
    world.clock.advance(7 * DAY - 1)
    user_id = (await database.write(use_sign_in_link, token, "hash")).user_id
    assert (await database.read(get_member_by_number, world.ours.account_id, 4)).user_id == user_id
    with pytest.raises(LinkError):
        await database.write(use_sign_in_link, token, "hash")


async def test_roles_and_accounts(world: World) -> None:
    """vocatech.md 1: users are written by admins only; another company's users are 404."""
    body = {"name": "Ann", "email": "ann@example.com"}
    for key in (world.ours.member, world.ours.viewer):
        assert (await world.get("/users", key=key)).status_code == 200
        assert (await world.post("/users", json=body, key=key)).status_code == 403
        assert (await world.patch(f"/users/{OWNER}", json={}, key=key)).status_code == 403
    await make(world)
    assert (await world.get("/users/4", tenant=world.theirs)).status_code == 404
    assert (await world.patch("/users/4", json={"name": "X"}, tenant=world.theirs)).status_code == 404
    for text in ("0", "x", "99", "1.5", "-1"):
        assert (await world.get(f"/users/{text}")).status_code == 404
        assert (await world.patch(f"/users/{text}", content=b"{")).status_code == 404
    assert (await world.delete("/users/4")).status_code == 404


async def test_settings_name_the_numbers(world: World) -> None:
    """vocatech.md 5.6: what the company has changed, and its numbers with what they can do."""

    def prepare(tx: WriteTx) -> None:
        account_id = world.ours.account_id
        update_company(
            tx, account_id, {"name": "New", "summary_enabled": False, "recording_retention_days": 30}
        )
        connection = create_connection(
            tx, world.services.cipher, account_id, carrier="simulator", label="Test", credentials={}
        )
        create_number(tx, account_id, connection.connection.id, "+15550100100", label="Desk", whatsapp=True)

    await world.services.database.write(prepare)
    content = (await world.get("/settings")).json()
    assert content["numbers"] == [
        {"number": "+15550100100", "label": "Desk", "voice": True, "text": True, "whatsapp": True}
    ]
    assert (content["company_name"], content["summary_enabled"]) == ("New", False)
    assert content["recording_retention_days"] == 30
    assert (await world.get("/settings", tenant=world.theirs)).json()["numbers"] == []


async def test_settings_of_the_company(world: World) -> None:
    """vocatech.md 5.6: everything on by default, 90 days, no numbers yet."""
    answer = await world.get("/settings", key=world.ours.viewer)
    assert answer.status_code == 200
    content = answer.json()
    assert content == {
        "company_name": content["company_name"],
        "timezone": content["timezone"],
        "numbers": [],
        "recording_enabled": True,
        "transcription_enabled": True,
        "summary_enabled": True,
        "sentiment_enabled": True,
        "recording_retention_days": 90,
    }
    assert content["company_name"]
