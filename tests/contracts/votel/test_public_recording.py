"""A visitor's way: the channel, the proof of an address, the upload (contracts/votel.md 18)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from antiphon.core.clock import DAY, HOUR, MINUTE
from antiphon.core.db.transaction import ReadTx
from antiphon.domain.channels.commands import delete_channel, update_channel
from antiphon.domain.channels.records import Channel
from antiphon.domain.channels.tables import sender_codes
from antiphon.domain.channels.verification import purge_codes
from antiphon.domain.voicegrams.tables import voicegrams
from votel_world import ORIGIN, SITE, OpenWorld, World, fault

EMAIL = "visitor@example.org"
LOCAL = "http://localhost:5173"


async def stored(world: World) -> list[Any]:
    def read(tx: ReadTx) -> list[Any]:
        return list(tx.all(select(voicegrams).order_by(voicegrams.c.id)))

    return await world.services.database.read(read)


async def close(world: World, channel: Channel) -> None:
    await world.services.database.write(update_channel, channel.account_id, channel.id, {"is_active": False})


async def ask(world: World, channel: Channel, email: str = EMAIL) -> int:
    answer = await world.public("POST", "/codes", json={"channel_id": channel.id, "email": email})
    return answer.status_code


async def verify(world: World, channel: Channel, code: str, email: str = EMAIL) -> Any:
    body = {"channel_id": channel.id, "email": email, "code": code}
    return await world.public("POST", "/codes/verify", json=body)


def other_code(code: str, step: int = 1) -> str:
    return f"{(int(code) + step) % 1_000_000:06d}"


async def test_thread(world: World) -> None:
    """votel.md 18: a visitor's way from the channel to 202."""
    tenant = world.ours
    page = await world.public("GET", f"/{tenant.account.subdomain}/autumn")
    assert page.json() == {
        "channel_id": tenant.campaign.id,
        "name": "Autumn survey",
        "greeting": "",
        "max_seconds": 300,
        "is_active": True,
    }
    token = await world.sender_token(tenant.campaign)
    answer = await world.upload(tenant.campaign, token, page_url=f"{SITE}/page", client_id="one")
    assert answer.status_code == 202, answer.text
    [row] = await stored(world)
    assert answer.json() == {"id": row.id, "status": "processing"}
    assert (row.account_id, row.sender_email, row.page_url) == (tenant.account.id, EMAIL, None)
    assert row.duration_ms == pytest.approx(1000, abs=30)
    assert await world.services.store.size(row.source_key) > 0


# Channels and origins


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://example.com", True),
        ("https://www.example.com", True),
        ("http://example.com:8080", True),
        ("https://a.b.EXAMPLE.com", True),
        (LOCAL, False),
        ("http://127.0.0.1", False),
        ("https://example.org", False),
        ("https://badexample.com", False),
        ("https://example.com.example.org", False),
        ("https://user@example.com", False),
        ("https://example.com/path", False),
        ("ftp://example.com", False),
        ("null", False),
        (ORIGIN, False),
        (None, False),
    ],
)
async def test_domain_channel_belongs_to_its_host(world: World, origin: str | None, allowed: bool) -> None:
    """voicegram.md 9: the channel's host or its subdomains by `Origin`; loopback in development alone."""
    channel = world.ours.domain
    answer = await world.public("GET", f"/channels/{channel.id}", origin=origin)
    assert answer.status_code == (200 if allowed else 403)
    assert answer.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)
    assert answer.headers["Vary"] == "Origin"
    code = await world.public(
        "POST", "/codes", origin=origin, json={"channel_id": channel.id, "email": EMAIL}
    )
    assert code.status_code == (204 if allowed else 403)


@pytest.mark.parametrize("origin", [LOCAL, "http://127.0.0.1:9", "http://[::1]:1", None])
async def test_loopback_pages_in_development(open_world: OpenWorld, origin: str | None) -> None:
    """voicegram.md 9, and `environment` development: a page under test may use every channel."""
    world = await open_world(environment="development")
    answer = await world.public("GET", f"/channels/{world.ours.domain.id}", origin=origin)
    assert answer.status_code == 200
    assert answer.headers.get("Access-Control-Allow-Origin") == origin
    elsewhere = await world.public("GET", f"/channels/{world.ours.domain.id}", origin="https://example.org")
    assert elsewhere.status_code == 403


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (ORIGIN, True),
        (None, True),
        ("https://acme.pages.example.com", True),
        ("https://other.pages.example.com", False),
        ("https://example.com", False),
        ("null", False),
    ],
)
async def test_campaign_belongs_to_its_page(open_world: OpenWorld, origin: str | None, allowed: bool) -> None:
    """voicegram.md 9: the hosted page on the main origin or on the workspace's own host."""
    world = await open_world(workspace_domain="pages.example.com")
    answer = await world.public("GET", f"/channels/{world.ours.campaign.id}", origin=origin)
    assert answer.status_code == (200 if allowed else 403)


async def test_page_reached_by_another_name_of_the_server(open_world: OpenWorld) -> None:
    """Same origin is what the browser asked for, whatever `base_url` says."""
    world = await open_world(base_url="http://127.0.0.1:8000")
    headers = {"Host": "box.example.net:8000"}
    path = f"/channels/{world.ours.campaign.id}"
    same = await world.public("GET", path, origin="http://box.example.net:8000", headers=headers)
    other = await world.public("GET", path, origin="http://evil.example.net:8000", headers=headers)
    assert (same.status_code, other.status_code) == (200, 403)


@pytest.mark.parametrize("path", ["/codes", "/codes/verify", "/voicegrams", "/acme/autumn", "/channels/{id}"])
async def test_preflight(world: World, path: str) -> None:
    """votel.md 0.2: CORS for pages of a channel's host alone, and never for everybody."""
    url = path.format(id=world.ours.domain.id)
    allowed = await world.public("OPTIONS", url, origin=SITE)
    assert allowed.status_code == 204
    assert allowed.headers["Access-Control-Allow-Origin"] == SITE
    assert "POST" in allowed.headers["Access-Control-Allow-Methods"]
    assert allowed.headers["Access-Control-Allow-Headers"] == "Content-Type"
    refused = await world.public("OPTIONS", url, origin="https://example.net")
    assert "Access-Control-Allow-Origin" not in refused.headers
    assert "Access-Control-Allow-Credentials" not in allowed.headers


async def test_no_cors_elsewhere(world: World) -> None:
    """votel.md 0.2."""
    answer = await world.get("/me", headers={"Origin": SITE})
    assert not any(name.lower().startswith("access-control") for name in answer.headers)


async def test_last_seen(world: World) -> None:
    """votel.md 18: when its widget last loaded."""
    path = f"/recording-channels/{world.ours.domain.id}"
    assert (await world.get(path)).json()["last_seen_at"] is None
    await world.public("GET", f"/channels/{world.ours.domain.id}", origin="https://example.org")
    assert (await world.get(path)).json()["last_seen_at"] is None, "refused pages are not the widget"
    await world.public("GET", f"/channels/{world.ours.domain.id}", origin=SITE)
    first = (await world.get(path)).json()["last_seen_at"]
    assert first is not None
    world.clock.advance(MINUTE)
    await world.public("GET", f"/channels/{world.ours.domain.id}", origin=SITE)
    assert (await world.get(path)).json()["last_seen_at"] > first


@pytest.mark.parametrize(
    "path",
    [
        "/acme/winter",
        "/nobody/autumn",
        "/ACME/autumn",
        "/a%00b/autumn",
        "/acme/a%00b",
        "/codes/verify",
        "/x",
        "/channels/x",
        "/channels/0199d6a0-0000-7000-8000-000000000000",
    ],
)
async def test_unknown_channels(world: World, path: str) -> None:
    """votel.md 0.4: 404."""
    assert (await world.public("GET", path)).status_code == 404


async def test_closed_and_deleted_channels(world: World) -> None:
    """votel.md 18: an inactive channel says so and takes nothing; a deleted one is gone."""
    channel, account = world.ours.campaign, world.ours.account
    token = await world.sender_token(channel)
    await close(world, channel)
    for path in (f"/channels/{channel.id}", f"/{account.subdomain}/autumn"):
        assert (await world.public("GET", path)).json()["is_active"] is False
    body = {"channel_id": channel.id, "email": EMAIL}
    assert fault(await world.public("POST", "/codes", json=body))["code"] == "closed"
    assert fault(await verify(world, channel, "000000"))["code"] == "closed"
    assert fault(await world.upload(channel, token))["code"] == "closed"
    await world.services.database.write(delete_channel, account.id, channel.id)
    for path in (f"/channels/{channel.id}", f"/{account.subdomain}/autumn"):
        assert (await world.public("GET", path)).status_code == 404
    assert (await world.public("POST", "/codes", json=body)).status_code == 404
    assert (await verify(world, channel, "000000")).status_code == 404
    assert (await world.upload(channel, token)).status_code == 404
    assert len(await world.mailed(EMAIL)) == 1
    assert await stored(world) == []


async def test_public_rate_limit(world: World) -> None:
    """votel.md 0.5: 60 a minute and IP, and a page can read the refusal."""
    for _ in range(60):
        assert (await world.public("GET", "/acme/autumn", origin=SITE)).status_code == 200
    limited = await world.public("GET", "/acme/autumn", origin=SITE)
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "60")
    assert limited.headers["Access-Control-Allow-Origin"] == SITE
    world.front.ip = "203.0.113.10"
    assert (await world.public("GET", "/acme/autumn")).status_code == 200
    world.front.ip = "203.0.113.9"
    world.clock.advance(MINUTE)
    assert (await world.public("GET", "/acme/autumn")).status_code == 200


# Codes


async def test_code_is_mailed_and_stored_as_a_hash(world: World) -> None:
    """voicegram.md 9: six digits by mail; only a hash is kept, also of the mail's subject."""
    channel = world.ours.campaign
    assert await ask(world, channel, "  Visitor@Example.ORG ") == 204
    [code] = await world.mailed_codes(EMAIL)

    def read(tx: ReadTx) -> list[Any]:
        found = [*tx.all(select(sender_codes))]
        return [[str(value) for value in row] for row in found]

    [row] = await world.services.database.read(read)
    assert code not in row
    assert all(len(value) > 6 or value != code for value in row)
    assert (await verify(world, channel, code)).status_code == 200


async def test_code_expires_after_ten_minutes(world: World) -> None:
    """voicegram.md 9."""
    channel = world.ours.campaign
    for wait, status in ((10 * MINUTE - 1, 200), (10 * MINUTE, 400)):
        await ask(world, channel)
        code = (await world.mailed_codes(EMAIL))[-1]
        world.clock.advance(wait)
        answer = await verify(world, channel, code)
        assert answer.status_code == status
    assert fault(answer)["code"] == "code_void"


async def test_code_works_once(world: World) -> None:
    """voicegram.md 9: a used code is void."""
    channel = world.ours.campaign
    await ask(world, channel)
    [code] = await world.mailed_codes(EMAIL)
    assert (await verify(world, channel, code)).status_code == 200
    assert fault(await verify(world, channel, code))["code"] == "code_void"


async def test_new_code_voids_the_old(world: World) -> None:
    """voicegram.md 9: and has its own five tries."""
    channel = world.ours.campaign
    await ask(world, channel)
    await verify(world, channel, "x")
    await ask(world, channel)
    old, new = await world.mailed_codes(EMAIL)
    if old != new:
        found = fault(await verify(world, channel, old))
        assert (found["code"], found["tries_left"]) == ("code_wrong", 4)
    assert (await verify(world, channel, new)).status_code == 200


async def test_five_tries(world: World) -> None:
    """votel.md 18: wrong is `code_wrong` with `tries_left`; after five `code_void`."""
    channel = world.ours.campaign
    await ask(world, channel)
    [code] = await world.mailed_codes(EMAIL)
    left = []
    for step in range(1, 6):
        found = fault(await verify(world, channel, other_code(code, step)))
        left.append((found["code"], found["tries_left"]))
    assert left == [("code_wrong", number) for number in (4, 3, 2, 1, 0)]
    found = fault(await verify(world, channel, code))
    assert found["code"] == "code_void"
    assert "tries_left" not in found


async def test_the_fifth_try_may_be_right(world: World) -> None:
    """votel.md 18."""
    channel = world.ours.campaign
    await ask(world, channel)
    [code] = await world.mailed_codes(EMAIL)
    for step in range(1, 5):
        fault(await verify(world, channel, other_code(code, step)))
    assert (await verify(world, channel, code)).status_code == 200


async def test_parallel_guesses_share_five_tries(world: World) -> None:
    """voicegram.md 9: thirty guesses at the same moment are five tries."""
    channel = world.ours.campaign
    await ask(world, channel)
    [code] = await world.mailed_codes(EMAIL)
    answers = await asyncio.gather(*(verify(world, channel, other_code(code, step)) for step in range(1, 31)))
    codes = [fault(answer)["code"] for answer in answers]
    assert codes.count("code_wrong") == 5
    assert codes.count("code_void") == 25
    assert fault(await verify(world, channel, code))["code"] == "code_void"


async def test_parallel_requests_leave_one_live_code(world: World) -> None:
    """voicegram.md 9: a new code voids the old, also when both are asked for at once."""
    channel = world.ours.campaign
    assert await asyncio.gather(*(ask(world, channel) for _ in range(5))) == [204] * 5

    def live(tx: ReadTx) -> int:
        return len(tx.all(select(sender_codes).where(sender_codes.c.voided_at.is_(None))))

    assert await world.services.database.read(live) == 1
    assert len(await world.mailed_codes(EMAIL)) == 5


async def test_codes_belong_to_channel_and_address(world: World) -> None:
    """voicegram.md 9: no other channel, account or address takes the code."""
    await ask(world, world.ours.campaign)
    [code] = await world.mailed_codes(EMAIL)
    assert fault(await verify(world, world.theirs.campaign, code))["code"] == "code_void"
    assert fault(await verify(world, world.ours.campaign, code, "other@example.org"))["code"] == "code_void"
    assert (await verify(world, world.ours.campaign, f" {code[:3]} {code[3:]} ")).status_code == 200


async def test_five_codes_per_address_an_hour(world: World) -> None:
    """votel.md 18: 204 always; beyond five nothing is sent, over all channels and IPs."""
    for number in range(7):
        world.front.ip = f"198.51.100.{number}"
        channel = world.ours.campaign if number % 2 else world.theirs.campaign
        assert await ask(world, channel) == 204
        world.clock.advance(1)
    assert len(await world.mailed(EMAIL)) == 5
    assert await ask(world, world.ours.campaign, "other@example.org") == 204
    assert len(await world.mailed("other@example.org")) == 1
    world.clock.advance(HOUR)
    await ask(world, world.ours.campaign)
    assert len(await world.mailed(EMAIL)) == 6


async def test_twenty_codes_per_ip_an_hour(world: World) -> None:
    """votel.md 18: beyond twenty nothing is sent."""
    sent = 0
    for number in range(25):
        email = f"visitor{number}@example.org"
        assert await ask(world, world.ours.campaign, email) == 204
        sent += len(await world.mailed(email))
    assert sent == 20


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": None}, "email"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b@example.org"}, "email"),
        ({"email": "a\0@example.org"}, "email"),
        ({"email": "a@example.org\r\nBcc: b@example.org"}, "email"),
        ({"email": "x" * 10_000 + "@example.org"}, "email"),
        ({"email": ["a@example.org"]}, "email"),
        ({"channel_id": "x"}, "channel_id"),
        ({"channel_id": 7}, "channel_id"),
    ],
)
async def test_bad_code_requests(world: World, change: dict[str, Any], field: str) -> None:
    """votel.md 0.4."""
    body = {"channel_id": world.ours.campaign.id, "email": EMAIL, **change}
    assert fault(await world.public("POST", "/codes", json=body))["field"] == field
    assert fault(await world.public("POST", "/codes/verify", json={**body, "code": "1"}))["field"] == field


@pytest.mark.parametrize("code", ["", "x" * 10_000, "1\0", None, 123456, "１２３４５６"])
async def test_bad_codes(world: World, code: Any) -> None:
    """votel.md 0.4: a clear 400 whatever is sent."""
    await ask(world, world.ours.campaign)
    found = fault(await verify(world, world.ours.campaign, code))
    assert (found["field"], found["code"] in ("invalid", "code_wrong")) == ("code", True)


async def test_expired_codes_are_purged(world: World) -> None:
    """Housekeeping: rows go once they are of no use."""
    await ask(world, world.ours.campaign)
    expires = world.clock.now() + 10 * MINUTE
    assert await world.services.database.write(purge_codes, expires) == 0
    assert await world.services.database.write(purge_codes, expires + 1) == 1


async def test_sender_token_lasts_thirty_days(world: World) -> None:
    """voicegram.md 9."""
    channel = world.ours.campaign
    token = await world.sender_token(channel)
    world.clock.advance(30 * DAY - 1)
    assert (await world.upload(channel, token)).status_code == 202
    world.clock.advance(1)
    assert (await world.upload(channel, token)).status_code == 403
