"""Sign-in of the dashboard (contracts/votel.md 0.2, 18)."""

from __future__ import annotations

import asyncio
from http.cookies import Morsel, SimpleCookie
from typing import Any

import httpx2
import pytest

from antiphon.core.clock import DAY, MINUTE
from antiphon.core.crypto import sha256_hex
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.domain.accounts.commands import create_user
from antiphon.domain.accounts.records import Role
from antiphon.domain.accounts.tables import sessions, users
from votel_world import PASSWORD, PASSWORD_HASH, OpenWorld, World, add_user, fault

COOKIE = "antiphon_session"
WRONG = {"detail": "Wrong email, password or code"}


async def sign_in(world: World, email: str | None = None, password: str = PASSWORD) -> httpx2.Response:
    body = {"email": email or world.ours.email, "password": password}
    return await world.client.post("/api/session", json=body)


def cookie_of(answer: httpx2.Response) -> Morsel[str]:
    jar: SimpleCookie = SimpleCookie()
    jar.load(answer.headers["set-cookie"])
    return jar[COOKIE]


async def rows(world: World) -> list[Any]:
    def read(tx: ReadTx) -> list[Any]:
        return list(tx.all(sessions.select()))

    return await world.services.database.read(read)


async def test_sign_in_and_out(world: World) -> None:
    """votel.md 18: cookie HttpOnly, Lax, Secure under TLS, 14 days, stored as a hash, ended for good."""
    answer = await sign_in(world, "  OWNER@example.com ")
    body = answer.json()
    assert set(body) == {"user", "account", "csrf_token"}
    assert (body["user"]["id"], body["account"]["id"]) == (world.ours.user_id, world.ours.account.id)
    cookie = cookie_of(answer)
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"], cookie["path"]) == (
        True,
        "lax",
        True,
        "/",
    )
    assert cookie["max-age"] == str(14 * 24 * 3600)
    [row] = await rows(world)
    assert row.token_hash == sha256_hex(cookie.value)
    assert (await world.client.get("/api/session")).json() == body
    assert (await world.client.get("/api/me")).json()["key"] is None
    assert (await world.client.delete("/api/session")).status_code == 403
    headers = {"X-CSRF-Token": body["csrf_token"]}
    gone = await world.client.delete("/api/session", headers=headers)
    assert (gone.status_code, gone.content) == (204, b"")
    assert await rows(world) == []
    again = await world.client.get("/api/session", headers={"Cookie": f"{COOKIE}={cookie.value}"})
    assert again.status_code == 401


async def test_cookie_is_not_secure_over_plain_http(open_world: OpenWorld) -> None:
    """votel.md 18: Secure under TLS."""
    world = await open_world(base_url="http://127.0.0.1:8000")
    assert cookie_of(await sign_in(world))["secure"] == ""


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("owner@example.com", "wrong"),
        ("owner@example.com", ""),
        ("owner@example.com", PASSWORD + "\0"),
        ("nobody@example.com", PASSWORD),
        ("", ""),
        ("x" * 900, PASSWORD),
    ],
)
async def test_wrong_credentials_have_one_answer(world: World, email: str, password: str) -> None:
    """votel.md 18: one 401 text."""
    answer = await world.client.post("/api/session", json={"email": email, "password": password})
    assert (answer.status_code, answer.json()) == (401, WRONG)
    assert "set-cookie" not in answer.headers


async def test_disabled_and_homeless_users_cannot_sign_in(world: World) -> None:
    """votel.md 18: the same answer as for a wrong password."""

    def prepare(tx: WriteTx) -> None:
        tx.execute(users.update().where(users.c.id == world.ours.user_id).values(is_disabled=True))
        tx.execute(
            users.insert(),
            {
                "id": "0199d6a0-0000-7000-8000-000000000001",
                "email": "alone@example.com",
                "name": "",
                "password_hash": PASSWORD_HASH,
                "is_disabled": False,
                "created_at": tx.now,
            },
        )

    await world.services.database.write(prepare)
    for email in (world.ours.email, "alone@example.com"):
        answer = await sign_in(world, email)
        assert (answer.status_code, answer.json()) == (401, WRONG)


async def test_unknown_address_costs_the_same_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """votel.md 18: equal time; an unknown address is hashed against too."""
    seen: list[str | None] = []

    def verify(stored: str | None, password: str) -> bool:
        seen.append(stored)
        return False

    monkeypatch.setattr("antiphon.contracts.votel.sign_in.verify_password", verify)
    await sign_in(world)
    await sign_in(world, "nobody@example.com")
    assert seen == [PASSWORD_HASH, None]


@pytest.mark.parametrize(
    "body", [{}, {"email": "a@example.com"}, {"email": 1, "password": 2}, {"email": "a\0", "password": "x"}]
)
async def test_malformed_sign_in(world: World, body: dict[str, object]) -> None:
    """votel.md 0.4."""
    assert fault(await world.client.post("/api/session", json=body))["code"] in ("required", "invalid")


async def test_ten_failures_per_address(world: World) -> None:
    """votel.md 18: then 429 for 15 minutes, even with the right password; success does not count."""
    for number in range(10):
        world.front.ip = f"198.51.100.{number}"
        assert (await sign_in(world, password="wrong")).status_code == 401
        assert (await sign_in(world)).status_code == 200 or number == 9
    world.front.ip = "198.51.100.77"
    answer = await sign_in(world)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")
    assert (await sign_in(world, world.theirs.email)).status_code == 200
    world.clock.advance(15 * MINUTE)
    assert (await sign_in(world)).status_code == 200


async def test_ten_failures_per_ip(world: World) -> None:
    """votel.md 18: whatever the addresses tried; an IPv6 client is its /64."""
    for number in range(10):
        world.front.ip = f"2001:db8:1:2::{number}"
        assert (await sign_in(world, f"user{number}@example.com")).status_code == 401
    world.front.ip = "2001:db8:1:2:ffff::1"
    assert (await sign_in(world)).status_code == 429
    world.front.ip = "2001:db8:1:3::1"
    assert (await sign_in(world)).status_code == 200


async def test_parallel_guesses_share_the_ten(world: World) -> None:
    """votel.md 18: forty guesses at once, the right one last, fail ten times and no more."""
    guesses = [sign_in(world, password=f"guess {number}") for number in range(39)]
    answers = await asyncio.gather(*guesses, sign_in(world))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(401) == 10
    assert statuses.count(429) == 30


async def test_changing_requests_need_the_csrf_token(world: World) -> None:
    """votel.md 0.2: with a cookie; a key alone counts when there is one."""
    token = (await sign_in(world)).json()["csrf_token"]
    path = f"/api/recording-channels/{world.ours.campaign.id}"
    assert (await world.client.get(path)).status_code == 200
    for headers in ({}, {"X-CSRF-Token": "wrong"}, {"X-CSRF-Token": ""}):
        answer = await world.client.patch(path, json={}, headers=headers)
        assert (answer.status_code, answer.json()) == (403, {"detail": "Invalid or missing X-CSRF-Token"})
    good = await world.client.patch(path, json={"name": "By session"}, headers={"X-CSRF-Token": token})
    assert (good.status_code, good.json()["name"]) == (200, "By session")
    by_key = await world.client.patch(path, json={}, headers={"X-API-Key": world.ours.key})
    assert by_key.status_code == 200
    bad_key = await world.client.get(path, headers={"X-API-Key": "sk_wrong"})
    assert bad_key.status_code == 401


async def test_session_slides(world: World) -> None:
    """votel.md 18: 14 days from the last use."""
    await sign_in(world)
    world.clock.advance(DAY // 2)
    assert "set-cookie" not in (await world.client.get("/api/me")).headers
    world.clock.advance(13 * DAY)
    renewed = await world.client.get("/api/me")
    assert renewed.status_code == 200
    assert cookie_of(renewed)["max-age"] == str(14 * 24 * 3600)
    world.clock.advance(14 * DAY - 1)
    assert (await world.client.get("/api/me")).status_code == 200
    world.clock.advance(14 * DAY)
    assert (await world.client.get("/api/me")).status_code == 401


async def test_other_cookies_are_nobody(world: World) -> None:
    """votel.md 18."""
    for value in ("", "x", "x" * 5000):
        answer = await world.client.get("/api/session", headers={"Cookie": f"{COOKIE}={value}"})
        assert answer.status_code == 401


async def test_choosing_an_account(world: World) -> None:
    """votel.md 18: a user of several accounts chooses by X-Sub-Account-Id, with the role held there."""
    await world.services.database.write(
        create_user,
        world.theirs.account.id,
        email=world.ours.email,
        name="",
        role=Role.VIEWER,
        password_hash=None,
    )
    await sign_in(world)
    chosen = {"X-Sub-Account-Id": world.theirs.account.id}
    me = (await world.client.get("/api/me", headers=chosen)).json()
    assert (me["account"]["id"], me["role"]) == (world.theirs.account.id, "viewer")
    assert me["acting_for"] == {"id": world.theirs.account.id, "name": "Other"}
    listed = (await world.client.get("/api/recording-channels", headers=chosen)).json()
    assert {channel["id"] for channel in listed["recording_channels"]} == {
        world.theirs.campaign.id,
        world.theirs.domain.id,
    }
    denied = await world.client.get("/api/webhooks", headers=chosen)
    assert denied.status_code == 403
    by_key = await world.get("/me", headers=chosen)
    assert (by_key.status_code, by_key.json()) == (403, {"detail": "No access to this sub-account"})
    for other in ("x", "0199d6a0-0000-7000-8000-000000000000"):
        answer = await world.client.get("/api/me", headers={"X-Sub-Account-Id": other})
        assert answer.json() == {"detail": "No access to this sub-account"}


async def test_a_session_counts_as_its_users_key(world: World) -> None:
    """votel.md 0.5: two sessions of one user share 600 a minute."""
    await add_user(world, Role.VIEWER, "viewer@example.com")
    for _ in range(2):
        await sign_in(world)
        answer = await world.client.get("/api/me")
    assert answer.headers["X-RateLimit-Remaining"] == "598"
    await sign_in(world, "viewer@example.com")
    assert (await world.client.get("/api/me")).headers["X-RateLimit-Remaining"] == "599"


async def _mailed_token(world: World) -> str:
    text = (await world.mailed(world.ours.email))[-1]
    return text.split("/dashboard/accept?token=")[1].split()[0]


async def test_a_mailed_link_signs_in_once(world: World) -> None:
    """votel.md 18: one use, 30 minutes; the answer to asking is 204 for any address."""
    for email in (world.ours.email.upper(), "nobody@example.org"):
        asked = await world.client.post("/api/session/link", json={"email": email})
        assert (asked.status_code, asked.content) == (204, b"")
    assert await world.mailed("nobody@example.org") == []
    token = await _mailed_token(world)
    opened = await world.client.post("/api/session/accept", json={"token": token})
    assert opened.status_code == 200
    assert opened.json()["user"]["id"] == world.ours.user_id
    assert cookie_of(opened)["httponly"]
    again = await world.client.post("/api/session/accept", json={"token": token})
    assert (again.status_code, fault(again)["code"]) == (400, "link_void")


async def test_a_newer_link_or_half_an_hour_ends_a_link(world: World) -> None:
    """votel.md 18."""
    await world.client.post("/api/session/link", json={"email": world.ours.email})
    first = await _mailed_token(world)
    await world.client.post("/api/session/link", json={"email": world.ours.email})
    second = await _mailed_token(world)
    for token, minutes, status in ((first, 0, 400), (second, 30, 400)):
        world.clock.advance(minutes * MINUTE)
        answer = await world.client.post("/api/session/accept", json={"token": token})
        assert answer.status_code == status


async def test_links_are_limited_per_address(world: World) -> None:
    """votel.md 18: 204 always, but not a mail for each."""
    for _ in range(7):
        answer = await world.client.post("/api/session/link", json={"email": world.ours.email})
        assert answer.status_code == 204
    assert len(await world.mailed(world.ours.email)) == 5


async def test_who_has_no_password_chooses_one(world: World) -> None:
    """votel.md 18: `password` (first time), at least 10 characters."""

    def forget(tx: WriteTx) -> None:
        tx.execute(users.update().where(users.c.id == world.ours.user_id).values(password_hash=None))

    await world.services.database.write(forget)
    await world.client.post("/api/session/link", json={"email": world.ours.email})
    token = await _mailed_token(world)
    for body, code in (({}, "required"), ({"password": "short"}, "invalid")):
        answer = await world.client.post("/api/session/accept", json={"token": token, **body})
        assert (answer.status_code, fault(answer)["field"], fault(answer)["code"]) == (400, "password", code)
    chosen = {"token": token, "password": "a new and long one"}
    assert (await world.client.post("/api/session/accept", json=chosen)).status_code == 200
    assert (await sign_in(world, password="a new and long one")).status_code == 200
