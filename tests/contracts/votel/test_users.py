"""Users, invitations and preferences (contracts/votel.md 11.1, 11.2)."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon.core.clock import DAY
from antiphon.core.db.transaction import ReadTx
from antiphon.core.events import events
from antiphon.core.jobs.registry import JobContext, JobRegistry
from antiphon.domain.accounts.invitations import InvitationMail
from antiphon.domain.accounts.records import Role
from antiphon.domain.hand_over import HandOverJobs, hand_over
from votel_world import World, add_key, add_user, audit_actions, browser_of, fault, open_browser

UNKNOWN_ID = "0199d6a0-0000-7000-8000-000000000000"
PASSWORD = "seventeen grey herons"


@pytest.fixture
def mailing(world: World) -> World:
    services = world.services
    services.bus.react("user.invited", InvitationMail(services.cipher, services.settings.origin))
    return world


async def key_of(world: World, role: Role, email: str = "") -> tuple[str, dict[str, str]]:
    user_id = await add_user(world, role, email or f"{role.label}@example.com")
    _, text = await add_key(world, user_id=user_id)
    return user_id, {"X-API-Key": text}


async def event_types(world: World) -> list[str]:
    def read(tx: ReadTx) -> list[str]:
        return [row.type for row in tx.all(events.select().order_by(events.c.sequence))]

    return await world.services.database.read(read)


async def invite(world: World, **body: Any) -> dict[str, Any]:
    made = await world.post("/invitations", json={"email": "Ann@Example.com", "name": "Ann", **body})
    assert made.status_code == 201, made.text
    return dict(made.json())


async def mailed_token(world: World, email: str = "ann@example.com") -> str:
    return (await world.mailed(email))[-1].split("/dashboard/accept?token=")[1].split()[0]


async def test_options_for_every_role(world: World) -> None:
    """votel.md 11.2: the published shape, all active users unpaged; names alone below admin."""
    keys = {role: (await key_of(world, role, f"a-{role.label}@example.com"))[1] for role in Role}
    gone = await add_user(world, Role.MEMBER, "gone@example.com")
    assert (await world.request("DELETE", f"/users/{gone}")).status_code == 204
    for role, headers in keys.items():
        found = (await world.get("/users?for_options=true&limit=1", headers=headers)).json()
        assert set(found) == {"users", "total_count"}
        assert found["total_count"] == len(found["users"]) == 5
        names = {"id", "name"} if role < Role.ADMIN else {"id", "name", "email", "role", "status"}
        assert all(set(user) == names for user in found["users"])


async def test_list(world: World) -> None:
    """votel.md 11.2: search, role, status, limit, page; admins only."""
    _, viewer = await key_of(world, Role.VIEWER)
    _, admin = await key_of(world, Role.ADMIN)
    await invite(world)
    for query, emails in {
        "": {"owner@example.com", "viewer@example.com", "admin@example.com", "ann@example.com"},
        "?search=ANN": {"ann@example.com"},
        "?role=admin": {"admin@example.com"},
        "?status=invited": {"ann@example.com"},
        "?status=disabled": set(),
        "?for_options=false&role=viewer": {"viewer@example.com"},
    }.items():
        found = (await world.get(f"/users{query}", headers=admin)).json()
        assert {user["email"] for user in found["users"]} == emails, query
        assert found["total"] == found["total_count"] == len(emails)
    page = (await world.get("/users?limit=3&page=2", headers=admin)).json()
    assert (len(page["users"]), page["total"]) == (1, 4)
    for query, field in (("?role=king", "role"), ("?status=x", "status"), ("?for_options=1", "for_options")):
        assert fault(await world.get(f"/users{query}"))["field"] == field
    denied = await world.get("/users", headers=viewer)
    assert (denied.status_code, denied.json()) == (403, {"detail": "Insufficient permissions: users:read"})


async def test_own_profile(world: World) -> None:
    """votel.md 11.2, 17: everyone reads and writes the own profile, but not the own place."""
    viewer_id, viewer = await key_of(world, Role.VIEWER)
    path = f"/users/{viewer_id}"
    changed = await world.request(
        "PATCH",
        path,
        headers=viewer,
        json={
            "name": " Vera ",
            "ring_seconds": 40,
            "forward_to": "(312) 555-0188",
            "do_not_disturb": True,
            "voicemail_enabled": False,
        },
    )
    user = changed.json()
    assert changed.status_code == 200, changed.text
    assert user == {
        "id": viewer_id,
        "name": "Vera",
        "email": "viewer@example.com",
        "role": "viewer",
        "status": "active",
        "extension": None,
        "team_ids": [],
        "schedule_id": None,
        "ring_seconds": 40,
        "forward_to": "+13125550188",
        "do_not_disturb": True,
        "voicemail_enabled": False,
        "created_at": user["created_at"],
        "updated_at": user["updated_at"],
    }
    assert (await world.get(path, headers=viewer)).json() == user
    cleared = await world.request("PATCH", path, headers=viewer, json={"forward_to": None, "name": None})
    assert (cleared.json()["forward_to"], cleared.json()["name"]) == (None, "Vera")
    for body in ({"role": "owner"}, {"status": "disabled"}, {"extension": "9"}):
        denied = await world.request("PATCH", path, headers=viewer, json=body)
        assert denied.json() == {"detail": "Insufficient permissions: users:write"}, body
    for method in ("GET", "PATCH", "DELETE"):
        other = await world.request(method, f"/users/{world.ours.user_id}", headers=viewer, json={})
        assert other.status_code == 403, method
    _, scoped = await add_key(world, user_id=viewer_id, scopes=["conversations:read"])
    refused = await world.request("PATCH", path, headers={"X-API-Key": scoped}, json={"name": "X"})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"role": "king"}, "role", "invalid"),
        ({"status": "invited"}, "status", "invalid"),
        ({"extension": "12a"}, "extension", "invalid"),
        ({"extension": "204"}, "extension", "extension_taken"),
        ({"ring_seconds": 4}, "settings.ring_seconds", "invalid"),
        ({"forward_to": "nobody"}, "settings.forward_to", "invalid"),
        ({"name": ""}, "name", "invalid"),
        ({"name": "a\0b"}, "name", "invalid"),
    ],
)
async def test_refused_changes(world: World, body: dict[str, Any], field: str, code: str) -> None:
    """votel.md 0.4, 11.2."""
    member_id, _ = await key_of(world, Role.MEMBER)
    first = await world.request("PATCH", f"/users/{world.ours.user_id}", json={"extension": "204"})
    assert first.json()["extension"] == "204"
    found = fault(await world.request("PATCH", f"/users/{member_id}", json=body))
    assert (found["field"].removeprefix("settings."), found["code"]) == (
        field.removeprefix("settings."),
        code,
    )


async def test_roles_are_given_within_ones_own(world: World) -> None:
    """votel.md 0.3, 17: owners are made and unmade by owners; one active owner remains."""
    admin_id, admin = await key_of(world, Role.ADMIN)
    member_id, _ = await key_of(world, Role.MEMBER)
    owner = f"/users/{world.ours.user_id}"
    manage = {"detail": "Insufficient permissions: users:manage"}
    for path, body in (
        (f"/users/{member_id}", {"role": "owner"}),
        (f"/users/{admin_id}", {"role": "owner"}),
        (owner, {"role": "admin"}),
        (owner, {"status": "disabled"}),
    ):
        answer = await world.request("PATCH", path, headers=admin, json=body)
        assert (answer.status_code, answer.json()) == (403, manage), (path, body)
    assert (await world.request("DELETE", owner, headers=admin)).json() == manage
    assert (await world.post("/invitations", headers=admin, json={"email": "x@example.com", "role": "owner"})
            ).json() == manage  # fmt: skip
    for last in ({"role": "admin"}, {"status": "disabled"}):
        assert fault(await world.request("PATCH", owner, json=last))["code"] == "last_owner"
    assert fault(await world.request("DELETE", owner))["code"] == "last_owner"
    raised = await world.request("PATCH", f"/users/{admin_id}", json={"role": "owner"})
    assert raised.json()["role"] == "owner"
    lowered = await world.request("PATCH", owner, json={"role": "admin"})
    assert lowered.json()["role"] == "admin", "an admin, unlike in vocatech.md 5.6"


async def test_a_role_counts_at_once(world: World) -> None:
    """brief of 11.2: the next request has the new role, by key and by session."""
    member_id, headers = await key_of(world, Role.MEMBER)
    browser = await open_browser(world, "member@example.com")
    assert (await browser.ask("GET", "/webhooks")).status_code == 403
    assert (await world.request("PATCH", f"/users/{member_id}", json={"role": "admin"})).status_code == 200
    assert (await browser.ask("GET", "/webhooks")).status_code == 200
    assert (await world.get("/webhooks", headers=headers)).status_code == 200
    assert (await world.request("PATCH", f"/users/{member_id}", json={"role": "viewer"})).status_code == 200
    assert (await browser.ask("GET", "/api-keys")).status_code == 403
    assert (await world.get("/api-keys", headers=headers)).status_code == 403


@pytest.mark.parametrize("way", ["PATCH", "DELETE"])
async def test_a_disabled_user_is_out_at_once(world: World, way: str) -> None:
    """votel.md 11.2: sessions and keys die; DELETE revokes the keys for good."""
    member_id, headers = await key_of(world, Role.MEMBER)
    browser = await open_browser(world, "member@example.com")
    assert (await browser.ask("GET", "/me")).status_code == 200
    gone = await world.request(way, f"/users/{member_id}", json={"status": "disabled"})
    assert gone.status_code == (200 if way == "PATCH" else 204)
    assert (await browser.ask("GET", "/me")).status_code == 401
    assert (await world.get("/me", headers=headers)).status_code == 401
    assert (await world.get(f"/users/{member_id}")).json()["status"] == "disabled"
    back = await world.request("PATCH", f"/users/{member_id}", json={"status": "active"})
    assert back.json()["status"] == "active"
    assert (await browser.ask("GET", "/me")).status_code == 401
    assert (await world.get("/me", headers=headers)).status_code == (200 if way == "PATCH" else 401)
    assert "user.disabled" in await event_types(world)


async def test_a_disabled_place_is_no_place_to_act_in(world: World) -> None:
    """votel.md 0.2: a session of another account does not act where its user was disabled."""
    email = "both@example.com"
    await add_user(world, Role.ADMIN, email, world.theirs)
    world.clock.advance(1)
    user_id = await add_user(world, Role.ADMIN, email)
    browser = await open_browser(world, email)
    chosen = {"X-Sub-Account-Id": world.ours.account.id}
    me = (await browser.ask("GET", "/me")).json()
    assert {place["id"] for place in me["accounts"]} == {world.ours.account.id, world.theirs.account.id}
    assert (await browser.ask("GET", "/webhooks", headers=chosen)).status_code == 200
    assert (await world.request("DELETE", f"/users/{user_id}")).status_code == 204
    refused = await browser.ask("GET", "/webhooks", headers=chosen)
    assert (refused.status_code, refused.json()) == (403, {"detail": "No access to this sub-account"})
    assert (await browser.ask("GET", "/me")).json()["account"]["id"] == world.theirs.account.id


async def test_handing_over(world: World) -> None:
    """votel.md 11.2: `reassign_to` is another active user of the account."""
    member_id, _ = await key_of(world, Role.MEMBER)
    path = f"/users/{member_id}"
    for heir in (member_id, world.theirs.user_id, UNKNOWN_ID, "x"):
        refused = await world.request("DELETE", f"{path}?reassign_to={heir}")
        assert fault(refused)["field"] == "reassign_to", heir
    done = await world.request("DELETE", f"{path}?reassign_to={world.ours.user_id}")
    assert done.status_code == 204
    assert (await world.request("DELETE", path)).status_code == 204


async def leave_work(world: World, owner_id: str) -> tuple[str, str]:
    """A lead of theirs, and its conversation assigned to them; both ids."""
    lead = await world.post("/leads", json={"name": "Ada Example", "owner_id": owner_id})
    assert lead.status_code == 201, lead.text
    made = await world.post("/conversations", json={"lead_id": lead.json()["id"]})
    path = f"/conversations/{made.json()['id']}"
    changed = await world.request("PATCH", path, json={"assigned_to_id": owner_id})
    assert changed.status_code == 200, changed.text
    return lead.json()["id"], made.json()["id"]


async def owners(world: World, lead_id: str, conversation_id: str) -> tuple[str | None, str | None]:
    lead = (await world.get(f"/leads/{lead_id}")).json()
    conversation = (await world.get(f"/conversations/{conversation_id}")).json()
    return lead["owner_id"], conversation["assigned_to_id"]


@pytest.mark.parametrize("is_named", [True, False])
async def test_what_a_disabled_user_was_to_do(world: World, *, is_named: bool) -> None:
    """votel.md 11.2: leads and conversations go to `reassign_to`, without it they are nobody's."""
    world.services.bus.react("user.disabled", hand_over)
    member_id, _ = await key_of(world, Role.MEMBER)
    other_id, _ = await key_of(world, Role.MEMBER, "other@example.com")
    left = await leave_work(world, member_id)
    kept = await leave_work(world, other_id)
    heir = world.ours.user_id if is_named else None
    query = f"?reassign_to={heir}" if heir else ""
    assert (await world.request("DELETE", f"/users/{member_id}{query}")).status_code == 204
    assert await owners(world, *left) == (heir, heir)
    assert await owners(world, *kept) == (other_id, other_id)
    told = await event_types(world)
    assert (told.count("lead.assigned"), told.count("conversation.assigned")) == (1, 3), told


async def test_the_rest_is_handed_over_by_a_job(world: World) -> None:
    """votel.md 11.2: an heir who has gone meanwhile takes nothing over."""
    member_id, _ = await key_of(world, Role.MEMBER)
    left = await leave_work(world, member_id)
    registry = JobRegistry()
    HandOverJobs(world.services).register(registry)
    payload: dict[str, str | int] = {
        "account_id": world.ours.account.id,
        "user_id": member_id,
        "heir": world.theirs.user_id,
    }
    await registry.jobs["users.hand_over"].handler(payload, JobContext(1, False, 1))
    assert await owners(world, *left) == (None, None)


async def test_invitation(mailing: World) -> None:
    """votel.md 11.2: 201, mailed, 7 days, one use; the person joins with a password."""
    world = mailing
    made = await invite(world, role="admin")
    assert made == {
        **made,
        "email": "ann@example.com",
        "name": "Ann",
        "role": "admin",
        "status": "pending",
        "invited_by_id": world.ours.user_id,
    }
    assert (await world.get("/invitations")).json() == {"invitations": [made], "total": 1}
    assert (await world.get(f"/users/{made['user_id']}")).json()["status"] == "invited"
    assert fault(await world.post("/invitations", json={"email": "ann@example.com"}))["code"] == "taken"
    token = await mailed_token(world)
    short = await world.client.post("/api/session/accept", json={"token": token, "password": "qwertyuiop"})
    assert fault(short)["code"] == "common"
    body = {"token": token, "password": PASSWORD}
    browser = browser_of(world, await world.client.post("/api/session/accept", json=body))
    me = (await browser.ask("GET", "/me")).json()
    assert (me["account"]["id"], me["role"]) == (world.ours.account.id, "admin")
    assert (await world.get("/invitations")).json()["total"] == 0
    assert (await world.get(f"/users/{made['user_id']}")).json()["status"] == "active"
    assert fault(await world.client.post("/api/session/accept", json=body))["code"] == "link_void"
    assert [kind for kind in await event_types(world) if kind.startswith("user.")] == [
        "user.invited",
        "user.joined",
    ]
    actions = await audit_actions(world)
    assert [action for action in actions if action.startswith("user.")] == ["user.invited", "user.joined"]


async def test_resending(mailing: World) -> None:
    """votel.md 11.2: a new link, the old one is dead; an expired invitation lives again."""
    world = mailing
    made = await invite(world)
    first = await mailed_token(world)
    world.clock.advance(8 * DAY)
    assert (await world.get("/invitations")).json()["invitations"][0]["status"] == "expired"
    again = await world.post(f"/invitations/{made['id']}/resend")
    assert (again.status_code, again.json()["status"]) == (200, "pending")
    assert (await audit_actions(world))[-1] == "invitation.resent"
    second = await mailed_token(world)
    for token, status in ((first, 400), (second, 200)):
        body = {"token": token, "password": PASSWORD}
        assert (await world.client.post("/api/session/accept", json=body)).status_code == status
    assert (await world.post(f"/invitations/{made['id']}/resend")).status_code == 404


async def test_withdrawing(mailing: World) -> None:
    """votel.md 11.2: link and place are gone, the address can be invited again."""
    world = mailing
    made = await invite(world)
    token = await mailed_token(world)
    assert (await world.request("DELETE", f"/invitations/{made['id']}")).status_code == 204
    body = {"token": token, "password": PASSWORD}
    assert fault(await world.client.post("/api/session/accept", json=body))["code"] == "link_void"
    assert (await world.get(f"/users/{made['user_id']}")).status_code == 404
    assert (await world.request("DELETE", f"/invitations/{made['id']}")).status_code == 404
    assert (await invite(world))["user_id"] == made["user_id"]


async def test_somebody_of_another_account_joins_only_by_accepting(mailing: World) -> None:
    """votel.md 11.2: an invited person has no access before the link was used."""
    world = mailing
    await invite(world, email=world.theirs.email, role="admin")
    browser = await open_browser(world, world.theirs.email)
    chosen = {"X-Sub-Account-Id": world.ours.account.id}
    assert (await browser.ask("GET", "/me", headers=chosen)).status_code == 403
    token = await mailed_token(world, world.theirs.email)
    accepted = await world.client.post("/api/session/accept", json={"token": token})
    assert accepted.json()["account"]["id"] == world.ours.account.id
    assert (await browser.ask("GET", "/me", headers=chosen)).json()["role"] == "admin"


async def test_invitations_are_for_admins(world: World) -> None:
    """votel.md 17: `users` send is admin's."""
    made = await invite(world)
    _, member = await key_of(world, Role.MEMBER)
    for method, path in (
        ("GET", "/invitations"),
        ("POST", "/invitations"),
        ("DELETE", f"/invitations/{made['id']}"),
        ("POST", f"/invitations/{made['id']}/resend"),
    ):
        answer = await world.request(method, path, headers=member, json={"email": "x@example.com"})
        assert answer.status_code == 403, (method, path)
        foreign = await world.request(method, path, tenant=world.theirs, json={})
        assert foreign.status_code in ((404,) if made["id"] in path else (200, 400))


async def test_preferences(world: World) -> None:
    """votel.md 11.1: per event app, email, push; timezone, locale, signature; the person's own."""
    member_id, headers = await key_of(world, Role.VIEWER)
    before = (await world.get("/me/preferences", headers=headers)).json()
    assert (before["timezone"], before["locale"], before["signature"]) == (None, None, "")
    assert before["events"]["voicegram.completed"] == {"app": True, "email": True, "push": False}
    body = {
        "timezone": "Europe/Vienna",
        "locale": "de-AT",
        "signature": "Vera",
        "events": {"voicegram.completed": {"email": False}},
    }
    after = (await world.request("PATCH", "/me/preferences", headers=headers, json=body)).json()
    assert (after["timezone"], after["locale"], after["signature"]) == ("Europe/Vienna", "de-AT", "Vera")
    assert after["events"]["voicegram.completed"] == {"app": True, "email": False, "push": False}
    assert (await world.get("/me/preferences", headers=headers)).json() == after
    assert (await world.get("/me/preferences")).json() == before, "the owner's own"
    assert "user.preferences_updated" in await audit_actions(world)
    for bad, field in (
        ({"timezone": "Mars"}, "timezone"),
        ({"locale": "german!"}, "locale"),
        ({"signature": "x" * 2001}, "signature"),
        ({"events": {"lead.flown": {"app": True}}}, "events.lead.flown"),
        ({"events": {"task.due": {"app": "yes"}}}, "events.task.due.app"),
    ):
        assert (
            fault(await world.request("PATCH", "/me/preferences", headers=headers, json=bad))["field"]
            == field
        )
    cleared = await world.request(
        "PATCH", "/me/preferences", headers=headers, json={"timezone": None, "locale": None}
    )
    assert (cleared.json()["timezone"], cleared.json()["locale"]) == (None, None)
    assert (await world.get(f"/users/{member_id}")).status_code == 200
