"""API keys and webhooks as the dashboard manages them (contracts/votel.md 11.1, 11.6)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from antiphon.core.clock import DAY, HOUR, to_iso
from antiphon.domain.accounts.commands import set_plan
from antiphon.domain.accounts.records import KeyKind, Plan, Role
from antiphon.domain.webhooks.commands import deactivate
from votel_world import OpenWorld, World, add_key, add_user, fault, make_dialects

PREFIXES = {"secret": "sk_", "public": "pk_", "pat": "vg_pat_"}


@pytest.mark.parametrize("kind", PREFIXES)
async def test_key_life(world: World, kind: str) -> None:
    """votel.md 11.1: shown once, listed without its text, revoked at once."""
    made = await world.post("/api-keys", json={"name": "CRM", "kind": kind, "expires_in_days": 30})
    assert made.status_code == 201
    key = made.json()
    assert key["key"].startswith(PREFIXES[kind])
    assert key == {
        "id": key["id"],
        "name": "CRM",
        "kind": kind,
        "prefix": key["key"][:12],
        "scopes": None,
        "user_id": world.ours.user_id,
        "expires_at": to_iso(world.clock.now() + 30 * DAY),
        "last_used_at": None,
        "created_at": to_iso(world.clock.now()),
        "updated_at": to_iso(world.clock.now()),
        "key": key["key"],
    }
    listed = await world.get("/api-keys")
    assert key["key"] not in listed.text
    assert {row["id"] for row in listed.json()["api_keys"]} == {key["id"], world.ours.key_id}
    if kind == "secret":
        assert (await world.get("/me", headers={"X-API-Key": key["key"]})).status_code == 200
    assert (await world.request("DELETE", f"/api-keys/{key['id']}")).status_code == 204
    if kind == "secret":
        assert (await world.get("/me", headers={"X-API-Key": key["key"]})).status_code == 401
    assert (await world.get("/api-keys")).json()["total"] == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "x" * 10_000}, "name"),
        ({"name": "a\0"}, "name"),
        ({"name": "x", "kind": "root"}, "kind"),
        ({"name": "x", "expires_in_days": 0}, "expires_in_days"),
        ({"name": "x", "expires_in_days": 10**9}, "expires_in_days"),
        ({"name": "x", "kind": "pat", "expires_in_days": 31}, "expires_in_days"),
        ({"name": "x", "kind": "pat", "scopes": ["*"]}, "scopes"),
        ({"name": "x", "scopes": ["lead:fly"]}, "scopes.0"),
        ({"name": "x", "scopes": "keys:read"}, "scopes"),
    ],
)
async def test_refused_keys(world: World, body: dict[str, object], field: str) -> None:
    """votel.md 11.1 and 17."""
    assert fault(await world.post("/api-keys", json=body))["field"] == field
    assert (await world.get("/api-keys")).json()["total"] == 1


async def test_members_manage_their_own_keys(world: World) -> None:
    """votel.md 11.1: admins all, members their own, a PAT only by admins."""
    member = await add_user(world, Role.MEMBER, "member@example.com")
    _, text = await add_key(world, user_id=member)
    headers = {"X-API-Key": text}
    own = (await world.post("/api-keys", json={"name": "mine"}, headers=headers)).json()
    assert own["user_id"] == member
    listed = (await world.get("/api-keys", headers=headers)).json()
    assert {row["user_id"] for row in listed["api_keys"]} == {member}
    assert (await world.get("/api-keys")).json()["total"] == 3
    pat = await world.post("/api-keys", json={"name": "x", "kind": "pat"}, headers=headers)
    assert (pat.status_code, pat.json()) == (403, {"detail": "Insufficient permissions: keys:manage"})
    owners = await world.request("DELETE", f"/api-keys/{world.ours.key_id}", headers=headers)
    assert owners.status_code == 403
    assert (await world.request("DELETE", f"/api-keys/{own['id']}", headers=headers)).status_code == 204
    beyond = await world.post("/api-keys", json={"name": "x", "scopes": ["settings:read"]}, headers=headers)
    assert beyond.status_code == 403


async def test_a_scoped_key_makes_no_stronger_key(world: World) -> None:
    """votel.md 0.2: scopes are a limit, also on what a key creates."""
    _, text = await add_key(world, scopes=["keys:*", "conversations:read"])
    headers = {"X-API-Key": text}
    for body in (
        {"name": "x"},
        {"name": "x", "kind": "pat"},
        {"name": "x", "kind": "public"},
        {"name": "x", "scopes": ["*"]},
        {"name": "x", "scopes": ["conversations:*"]},
        {"name": "x", "scopes": ["conversations:read", "settings:read"]},
    ):
        assert (await world.post("/api-keys", json=body, headers=headers)).status_code == 403, body
    same = await world.post(
        "/api-keys", json={"name": "x", "scopes": ["conversations:read"]}, headers=headers
    )
    assert same.status_code == 201


async def test_changing_a_key(world: World) -> None:
    """votel.md 11.1: name and scopes; the old text works with the new scopes at once."""
    key_id, text = await add_key(world)
    path, headers = f"/api-keys/{key_id}", {"X-API-Key": text}
    changed = await world.request("PATCH", path, json={"name": "CRM", "scopes": ["conversations:read"]})
    assert (changed.status_code, changed.json()["name"]) == (200, "CRM")
    assert (await world.get("/voicegrams", headers=headers)).status_code == 200
    assert (await world.get("/webhooks", headers=headers)).status_code == 403
    widened = await world.request("PATCH", path, json={"scopes": None})
    assert (widened.json()["scopes"], widened.json()["name"]) == (None, "CRM")
    assert (await world.get("/webhooks", headers=headers)).status_code == 200
    for body, field in (({"scopes": ["lead:fly"]}, "scopes.0"), ({"name": ""}, "name")):
        assert fault(await world.request("PATCH", path, json=body))["field"] == field
    pat_id, _ = await add_key(world, KeyKind.PAT)
    pat = await world.request("PATCH", f"/api-keys/{pat_id}", json={"scopes": ["keys:read"]})
    assert fault(pat)["field"] == "scopes"
    assert (await world.request("DELETE", path)).status_code == 204
    assert (await world.request("PATCH", path, json={"name": "x"})).status_code == 404


async def test_rotating_a_key(world: World) -> None:
    """votel.md 11.1: 201 with the new key; the old one lives for the grace time."""
    key_id, old = await add_key(world, scopes=["conversations:read"], days=30)
    made = await world.post(f"/api-keys/{key_id}/rotate", json={"grace_hours": 2})
    assert made.status_code == 201
    new = made.json()
    assert (new["scopes"], new["expires_at"]) == (
        ["conversations:read"],
        to_iso(world.clock.now() + 30 * DAY),
    )
    for text in (old, new["key"]):
        assert (await world.get("/me", headers={"X-API-Key": text})).status_code == 200
    world.clock.advance(2 * HOUR)
    assert (await world.get("/me", headers={"X-API-Key": old})).status_code == 401
    assert (await world.get("/me", headers={"X-API-Key": new["key"]})).status_code == 200
    assert (await world.post(f"/api-keys/{key_id}/rotate")).status_code == 404
    last = (await world.post(f"/api-keys/{new['id']}/rotate")).json()
    assert (await world.get("/me", headers={"X-API-Key": new["key"]})).status_code == 401
    assert (await world.get("/me", headers={"X-API-Key": last["key"]})).status_code == 200
    for hours in (-1, 73):
        refused = await world.post(f"/api-keys/{last['id']}/rotate", json={"grace_hours": hours})
        assert fault(refused)["field"] == "grace_hours"


async def test_nobody_rotates_into_a_higher_role(world: World) -> None:
    """votel.md 0.3: a rotated key acts as its owner, so an admin rotates no owner's key."""
    admin = await add_user(world, Role.ADMIN, "admin@example.com")
    _, text = await add_key(world, user_id=admin)
    member = await add_user(world, Role.MEMBER, "member@example.com")
    member_key, member_text = await add_key(world, user_id=member)
    headers = {"X-API-Key": text}
    refused = await world.post(f"/api-keys/{world.ours.key_id}/rotate", headers=headers)
    assert refused.json() == {"detail": "Insufficient permissions: users:manage"}
    assert (await world.post(f"/api-keys/{member_key}/rotate", headers=headers)).status_code == 201
    own = {"X-API-Key": (await add_key(world, user_id=member))[1]}
    for method, path in (("PATCH", ""), ("POST", "/rotate"), ("DELETE", "")):
        other = await world.request(method, f"/api-keys/{world.ours.key_id}{path}", headers=own, json={})
        assert other.status_code == 403, method
    assert (await world.get("/me", headers={"X-API-Key": member_text})).status_code == 401


async def test_a_scoped_key_rotates_no_stronger_one(world: World) -> None:
    """votel.md 0.2: scopes are a limit on what a key hands out."""
    _, text = await add_key(world, scopes=["keys:*"])
    strong, _ = await add_key(world)
    headers = {"X-API-Key": text}
    for method, path, body in (
        ("POST", f"/api-keys/{strong}/rotate", {}),
        ("PATCH", f"/api-keys/{strong}", {"scopes": None}),
    ):
        assert (await world.request(method, path, headers=headers, json=body)).status_code == 403


# Webhooks


class Receiver:
    """A receiver on loopback that keeps what it got."""

    def __init__(self) -> None:
        self.status = 200
        self.url = ""
        self.requests: list[tuple[dict[str, str], bytes]] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status, text="thanks", headers={"Location": "/elsewhere"})


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_post("/hook", made.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield made
    await runner.cleanup()


@pytest.fixture
async def hooks(open_world: OpenWorld) -> World:
    """A world that may send to loopback."""
    return await open_world(
        dialects=make_dialects(), webhook_allowed_networks=["127.0.0.0/8"], allow_insecure_webhooks=True
    )


async def subscribe(world: World, url: str, **body: object) -> dict[str, object]:
    answer = await world.post("/webhooks", json={"contract": "voicegram", "url": url, **body})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_webhook_life(hooks: World, receiver: Receiver) -> None:
    """votel.md 11.6: secret once; test event; history; off and on again with the count at 0."""
    made = await subscribe(hooks, receiver.url, recording_channel_id=hooks.ours.campaign.id)
    secret = made.pop("secret")
    assert str(secret).startswith("vg_whsec_")
    path = f"/webhooks/{made['id']}"
    assert (await hooks.get(path)).json() == made
    assert (await hooks.get("/webhooks?contract=voicegram&is_active=true")).json() == {
        "webhooks": [made],
        "total": 1,
    }
    assert (made["contract"], made["recording_channel_id"]) == ("voicegram", hooks.ours.campaign.id)
    tested = (await hooks.post(f"{path}/test")).json()
    assert tested == {"success": True, "status_code": 200, "error": None}
    [(headers, _)] = receiver.requests
    assert "X-Voicegram-Signature" in headers
    receiver.status = 302
    tested = (await hooks.post(f"{path}/test")).json()
    assert tested == {"success": False, "status_code": 302, "error": "redirect_blocked: 302"}
    history = (await hooks.get(f"{path}/deliveries")).json()
    assert history["total"] == 2
    assert {row["status_code"] for row in history["deliveries"]} == {200, 302}
    assert all(row["is_test"] and row["response_excerpt"] == "thanks" for row in history["deliveries"])
    off = (await hooks.request("PATCH", path, json={"is_active": False})).json()
    assert off["is_active"] is False
    on = (await hooks.request("PATCH", path, json={"is_active": True})).json()
    assert (on["is_active"], on["consecutive_failures"]) == (True, 0)
    assert (await hooks.request("DELETE", path)).status_code == 204
    assert (await hooks.get(f"{path}/deliveries")).json()["total"] == 2


async def test_reactivation_ends_after_90_days(hooks: World, receiver: Receiver) -> None:
    """voicegram.md 7.3."""
    path = f"/webhooks/{(await subscribe(hooks, receiver.url))['id']}"
    await hooks.services.database.write(deactivate, hooks.ours.account.id, path.rpartition("/")[2])
    hooks.clock.advance(90 * DAY - 1)
    assert (await hooks.request("PATCH", path, json={"is_active": True})).status_code == 200
    await hooks.request("DELETE", path)
    hooks.clock.advance(90 * DAY)
    fault(await hooks.request("PATCH", path, json={"is_active": True}))


async def test_webhook_cap_holds_when_all_come_at_once(hooks: World, receiver: Receiver) -> None:
    """votel.md 11.6: 25 active per account, then `limit_reached`."""
    body = {"contract": "voicegram", "url": receiver.url}
    answers = await asyncio.gather(*(hooks.post("/webhooks", json=body) for _ in range(28)))
    assert sorted(answer.status_code for answer in answers) == [201] * 25 + [400] * 3
    refused = [answer for answer in answers if answer.status_code == 400]
    assert {fault(answer)["code"] for answer in refused} == {"limit_reached"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"contract": "other", "url": "https://example.com"}, "contract"),
        ({"contract": "voicegram"}, "url"),
        ({"contract": "voicegram", "url": "not a url"}, "url"),
        ({"contract": "voicegram", "url": "ftp://example.com"}, "url"),
        ({"contract": "voicegram", "url": "https://user:x@example.com"}, "url"),
        ({"contract": "voicegram", "url": "https://10.0.0.1/"}, "url"),
        ({"contract": "voicegram", "url": "https://[::ffff:10.0.0.1]/"}, "url"),
        ({"contract": "voicegram", "url": "https://example.com/" + "x" * 2048}, "url"),
        (
            {"contract": "voicegram", "url": "https://x.example/", "recording_channel_id": "x"},
            "recording_channel_id",
        ),
    ],
)
async def test_refused_webhooks(hooks: World, body: dict[str, object], field: str) -> None:
    """votel.md 11.6 and voicegram.md 4.5."""
    assert fault(await hooks.post("/webhooks", json=body))["field"] == field
    assert (await hooks.get("/webhooks")).json()["total"] == 0


async def test_foreign_channel_is_refused(hooks: World, receiver: Receiver) -> None:
    """voicegram.md 3: the same answer as for an unknown channel."""
    body = {
        "contract": "voicegram",
        "url": receiver.url,
        "recording_channel_id": hooks.theirs.campaign.id,
    }
    assert fault(await hooks.post("/webhooks", json=body))["code"] == "invalid_channel"


async def test_webhooks_need_a_paid_plan(hooks: World, receiver: Receiver) -> None:
    """voicegram.md 2: adding needs one; what exists stays and can be deleted."""
    path = f"/webhooks/{(await subscribe(hooks, receiver.url))['id']}"
    await hooks.services.database.write(set_plan, hooks.ours.account.id, Plan.FREE)
    answer = await hooks.post("/webhooks", json={"contract": "voicegram", "url": receiver.url})
    assert (answer.status_code, answer.json()) == (403, {"detail": "Upgrade required: webhooks"})
    assert (await hooks.get(path)).json()["is_active"] is True
    assert (await hooks.request("DELETE", path)).status_code == 204


async def test_public_and_pat_keys_are_not_for_webhooks(hooks: World) -> None:
    """README, Keys."""
    for kind, status in ((KeyKind.PUBLIC, 403), (KeyKind.PAT, 401)):
        _, text = await add_key(hooks, kind)
        assert (await hooks.get("/webhooks", headers={"X-API-Key": text})).status_code == status
