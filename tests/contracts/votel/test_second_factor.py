"""Passwords and second factors (contracts/votel.md 18)."""

from __future__ import annotations

import asyncio

import pyotp
import pytest

from antiphon.core.clock import DAY, MINUTE, SECOND
from antiphon.core.db.transaction import ReadTx
from antiphon.domain.accounts.tables import recovery_codes, sessions, users
from votel_world import PASSWORD, Browser, World, audit_actions, browser_of, fault, open_browser

NEW = "seventeen grey herons"


async def sign_in(world: World, totp: str | None = None, password: str = PASSWORD) -> int:
    body = {"email": world.ours.email, "password": password}
    world.client.cookies.clear()
    answer = await world.client.post("/api/session", json=body if totp is None else {**body, "totp": totp})
    if answer.status_code == 401:
        assert answer.json() == {"detail": "Wrong email, password or code"}
    return answer.status_code


def code_of(world: World, secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).generate_otp(world.clock.now() // 30_000 + steps)


async def activate(world: World, browser: Browser) -> tuple[str, list[str]]:
    made = await browser.ask("POST", "/me/totp")
    assert (made.status_code, set(made.json())) == (201, {"secret", "uri", "recovery_codes"})
    secret = made.json()["secret"]
    done = await browser.ask("POST", "/me/totp", json={"code": code_of(world, secret)})
    assert (done.status_code, done.content) == (204, b"")
    return secret, made.json()["recovery_codes"]


async def test_two_steps(world: World) -> None:
    """votel.md 18: the secret and recovery codes before the code, active after it."""
    browser = await open_browser(world)
    assert (await browser.ask("GET", "/me")).json()["user"]["totp_active"] is False
    nothing = await browser.ask("POST", "/me/totp", json={"code": "123456"})
    assert fault(nothing)["code"] == "invalid_state"
    made = (await browser.ask("POST", "/me/totp", json={})).json()
    parsed = pyotp.parse_uri(made["uri"])
    assert (parsed.secret, parsed.name, parsed.issuer) == (made["secret"], world.ours.email, "Acme")
    assert len(set(made["recovery_codes"])) == 10
    assert await sign_in(world) == 200, "not active yet"
    wrong = await browser.ask("POST", "/me/totp", json={"code": code_of(world, made["secret"], 7)})
    assert (fault(wrong)["field"], fault(wrong)["code"]) == ("code", "code_wrong")
    newer = (await browser.ask("POST", "/me/totp", json={})).json()
    old = await browser.ask("POST", "/me/totp", json={"code": code_of(world, made["secret"])})
    assert fault(old)["code"] == "code_wrong"
    right = {"code": code_of(world, newer["secret"])}
    assert (await browser.ask("POST", "/me/totp", json=right)).status_code == 204
    assert (await browser.ask("GET", "/me")).json()["user"]["totp_active"] is True
    for body in ({}, right):
        assert fault(await browser.ask("POST", "/me/totp", json=body))["code"] == "invalid_state"
    assert "user.totp_enabled" in await audit_actions(world)


async def test_codes_at_sign_in(world: World) -> None:
    """votel.md 18: one 401 text for all; a code counts once, thirty seconds early or late."""
    secret, _ = await activate(world, await open_browser(world))
    assert await sign_in(world) == 401
    assert await sign_in(world, "") == 401
    assert await sign_in(world, code_of(world, secret)) == 401, "it was used to activate"
    world.clock.advance(60 * SECOND)
    right = code_of(world, secret)
    assert await sign_in(world, right, password="wrong") == 401
    assert await sign_in(world, f"{right[:3]} {right[3:]}") == 200
    assert await sign_in(world, right) == 401, "replayed"
    assert await sign_in(world, code_of(world, secret, -1)) == 401, "older than one used"
    assert await sign_in(world, code_of(world, secret, 1)) == 200
    world.clock.advance(10 * MINUTE)
    assert await sign_in(world, code_of(world, secret, 2)) == 401
    assert await sign_in(world, code_of(world, secret, -2)) == 401


async def test_one_code_at_the_same_moment(world: World) -> None:
    """votel.md 18: a code that several send together opens one session."""
    secret, _ = await activate(world, await open_browser(world))
    world.clock.advance(60 * SECOND)
    code = code_of(world, secret)
    body = {"email": world.ours.email, "password": PASSWORD, "totp": code}
    answers = await asyncio.gather(*(world.client.post("/api/session", json=body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401]


async def test_recovery_codes(world: World) -> None:
    """votel.md 18: each for one use, kept as hashes, written with or without hyphens."""
    browser = await open_browser(world)
    _, codes = await activate(world, browser)
    assert await sign_in(world, codes[0]) == 200
    assert await sign_in(world, codes[0]) == 401
    assert await sign_in(world, codes[1].replace("-", "").upper()) == 200
    assert await sign_in(world, "aaaa-aaaa-aaaa-aaaa") == 401

    def read(tx: ReadTx) -> tuple[list[str], str]:
        rows = tx.all(recovery_codes.select())
        row = tx.first(users.select().where(users.c.id == world.ours.user_id))
        assert row is not None
        return [found.code_hash for found in rows], str(row.sealed_totp_secret)

    hashes, sealed = await world.services.database.read(read)
    assert len(hashes) == 8
    assert not set(codes) & set(hashes)
    assert sealed.startswith("v1.")


async def test_guessing_codes_is_limited(world: World) -> None:
    """votel.md 18: wrong codes are failures; after ten there is no answer but 429."""
    secret, _ = await activate(world, await open_browser(world))
    world.clock.advance(60 * SECOND)
    for _ in range(10):
        assert await sign_in(world, "000000") == 401
    assert await sign_in(world, code_of(world, secret)) == 429


async def test_taking_it_away(world: World) -> None:
    """votel.md 18: with the password; recovery codes go with it."""
    browser = await open_browser(world)
    _, codes = await activate(world, browser)
    wrong = await browser.ask("DELETE", "/me/totp", json={"password": "wrong"})
    assert (fault(wrong)["field"], fault(wrong)["code"]) == ("password", "password_wrong")
    for _ in range(2):
        gone = await browser.ask("DELETE", "/me/totp", json={"password": PASSWORD})
        assert gone.status_code == 204
    assert await sign_in(world) == 200
    assert await sign_in(world, codes[0]) == 200, "nothing asks for a code any more"
    assert (await audit_actions(world)).count("user.totp_disabled") == 1


async def test_a_mailed_link_asks_for_the_code(world: World) -> None:
    """votel.md 18: a mailbox alone does not sign in where a second factor is active."""
    secret, _ = await activate(world, await open_browser(world))
    world.clock.advance(60 * SECOND)
    await world.client.post("/api/session/link", json={"email": world.ours.email})
    text = (await world.mailed(world.ours.email))[-1]
    token = text.split("/dashboard/accept?token=")[1].split()[0]
    asked = await world.client.post("/api/session/accept", json={"token": token})
    assert (fault(asked)["field"], fault(asked)["code"]) == ("totp", "required")
    wrong = await world.client.post("/api/session/accept", json={"token": token, "totp": "000000"})
    assert wrong.status_code == 401
    body = {"token": token, "totp": code_of(world, secret)}
    assert (await world.client.post("/api/session/accept", json=body)).status_code == 200


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"current": PASSWORD, "new": "short"}, "new", "invalid"),
        ({"current": PASSWORD, "new": "x" * 1001}, "new", "invalid"),
        ({"current": PASSWORD, "new": "qwertyuiop"}, "new", "common"),
        ({"current": PASSWORD, "new": "password1234"}, "new", "common"),
        ({"current": "wrong", "new": NEW}, "current", "password_wrong"),
        ({"new": NEW}, "current", "password_wrong"),
        ({"current": PASSWORD}, "new", "required"),
    ],
)
async def test_refused_passwords(world: World, body: dict[str, str], field: str, code: str) -> None:
    """votel.md 18: at least 10 characters, not a known common one."""
    browser = await open_browser(world)
    found = fault(await browser.ask("PUT", "/me/password", json=body))
    assert (found["field"], found["code"]) == (field, code)
    assert await sign_in(world) == 200


async def test_another_password(world: World) -> None:
    """votel.md 18: 204, the person's other sessions end, this one goes on."""
    browser, other = await open_browser(world), await open_browser(world)
    done = await browser.ask("PUT", "/me/password", json={"current": PASSWORD, "new": NEW})
    assert (done.status_code, done.content) == (204, b"")
    assert (await browser.ask("GET", "/me")).status_code == 200
    assert (await other.ask("GET", "/me")).status_code == 401
    assert await sign_in(world) == 401
    assert await sign_in(world, password=NEW) == 200
    assert "user.password_changed" in await audit_actions(world)


async def test_a_stolen_session_cannot_guess_the_password(world: World) -> None:
    """votel.md 18: wrong passwords count as failures of the address, wherever they are tried."""
    browser = await open_browser(world)
    for _ in range(10):
        answer = await browser.ask("DELETE", "/me/totp", json={"password": "guess"})
        assert answer.status_code == 400
    right = await browser.ask("PUT", "/me/password", json={"current": PASSWORD, "new": NEW})
    assert right.status_code == 429


async def test_keys_change_no_passwords(world: World) -> None:
    """votel.md 18: what opens the account in person is changed in a session only."""
    for method, path in (("PUT", "/me/password"), ("POST", "/me/totp"), ("DELETE", "/me/totp")):
        answer = await world.request(method, path, json={"current": PASSWORD, "new": NEW})
        assert (answer.status_code, answer.json()) == (403, {"detail": "This needs a session"})


async def test_no_session_is_taken_over(world: World) -> None:
    """issue 4, 3: a cookie from before the sign-in is worth nothing after it (session fixation)."""
    planted = "x" * 43
    body = {"email": world.ours.email, "password": PASSWORD}
    headers = {"Cookie": f"antiphon_session={planted}"}
    first = browser_of(world, await world.client.post("/api/session", json=body, headers=headers))
    assert first.cookie != planted
    assert (await Browser(world, planted, "").ask("GET", "/me")).status_code == 401
    again = await world.client.post(
        "/api/session", json=body, headers={"Cookie": f"antiphon_session={first.cookie}"}
    )
    second = browser_of(world, again)
    assert second.cookie != first.cookie
    assert (await first.ask("GET", "/me")).status_code == 401, "the browser's old session ended"
    assert (await second.ask("GET", "/me")).status_code == 200


async def test_a_stolen_cookie_after_sign_out(world: World) -> None:
    """issue 4, 3: signing out ends the session for whoever holds its cookie."""
    browser = await open_browser(world)
    assert (await browser.ask("DELETE", "/session")).status_code == 204
    for method, path in (("GET", "/me"), ("GET", "/session"), ("DELETE", "/session")):
        assert (await browser.ask(method, path)).status_code == 401
    assert (await audit_actions(world))[-2:] == ["session.started", "session.ended"]


async def test_a_token_of_another_session_is_no_csrf_token(world: World) -> None:
    """issue 4, 3: the token belongs to its session."""
    ours, theirs = await open_browser(world), await open_browser(world, world.theirs.email)
    crossed = Browser(world, ours.cookie, theirs.csrf_token)
    for method, path in (("DELETE", "/session"), ("POST", "/api-keys"), ("PUT", "/me/password")):
        answer = await crossed.ask(method, path, json={})
        assert (answer.status_code, answer.json()) == (403, {"detail": "Invalid or missing X-CSRF-Token"})
    assert (await ours.ask("GET", "/me")).status_code == 200


async def test_ended_sessions_are_purged(world: World) -> None:
    """votel.md 18: 14 days without use."""
    browser = await open_browser(world)
    world.clock.advance(14 * DAY)
    assert (await browser.ask("GET", "/me")).status_code == 401
    assert await world.services.database.read(lambda tx: len(tx.all(sessions.select()))) == 1
