"""Keys, order of checks, headers, CORS, errors (contracts/voicory.md 1, 2, 4, 5, 10)."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from antiphon.contracts.voicory.limits import WINDOWS, limit_key
from antiphon.core.clock import DAY, SECOND
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import ErrorCategory, ServiceError
from antiphon.domain.accounts.keys import revoke_key
from antiphon.domain.accounts.records import KeyKind
from antiphon.domain.accounts.tables import memberships
from phone_world import World

ID = "00000000-0000-7000-8000-000000000000"
LISTS = ["/calls", "/customers", "/messages"]
ROUTES = [*LISTS, *(f"{path}/{ID}" for path in LISTS)]
BASE62 = "0123456789ABCDEFGHIJabcdefghij01"
ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
    "x-api-version": "v1",
}
LIMITS = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")


def check(answer: httpx2.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["code"] == code
    assert error["message"]
    assert set(answer.json()) == {"error"}
    assert set(error) == {"code", "message"}


@pytest.mark.parametrize("path", ROUTES)
async def test_missing_key(world: World, path: str) -> None:
    """1: no other place than `x-api-key` is read; an empty header is none."""
    key = world.ours.key.key
    check(await world.get(path, key=""), 401, "MISSING_API_KEY")
    check(await world.get(path, key="", headers={"x-api-key": ""}), 401, "MISSING_API_KEY")
    elsewhere = {"Authorization": f"Bearer {key}", "Cookie": f"x-api-key={key}"}
    check(await world.get(f"{path}?x-api-key={key}", key="", headers=elsewhere), 401, "MISSING_API_KEY")


@pytest.mark.parametrize(
    "key",
    [
        "x",
        "sk_",
        f"sk_{BASE62}",
        f"pk_{BASE62}",
        f"sk_{BASE62}0",
        f"sk_{BASE62[:-1]}",
        f"sk_{BASE62[:-1]}-",
        f"rk_{BASE62}",
        "vg_pat_" + "0" * 64,
        "a" * 5000,
    ],
)
async def test_unknown_key(world: World, key: str) -> None:
    """1, 5: unknown and malformed keys."""
    check(await world.get("/calls", key=key), 401, "INVALID_API_KEY")


async def test_bytes_that_are_no_text(world: World) -> None:
    """5: malformed keys."""
    headers: Any = {"x-api-key": b"sk_\xff\xfe"}
    check(await world.client.get("/api/v1/calls", headers=headers), 401, "INVALID_API_KEY")


async def test_both_kinds_and_header_names_in_any_case(world: World) -> None:
    """1, 11: `pk_` and `sk_` may call every route, and no more; header names are case-blind."""
    for key in (world.ours.key, world.ours.public_key):
        for path in LISTS:
            assert (await world.get(path, key=key)).status_code == 200
    answer = await world.client.get("/api/v1/calls", headers={"X-Api-KEY": world.ours.key.key})
    assert answer.status_code == 200
    assert (await world.get("/calls", key=world.ours.key.key.swapcase())).status_code == 401


async def test_roles_do_not_matter(world: World) -> None:
    """README, Keys: all the contract offers is reading, which every role may do."""
    assert (await world.get("/calls", key=world.ours.viewer)).status_code == 200


@pytest.mark.parametrize(
    ("scopes", "status"),
    [
        (["voicory:read"], 200),
        (["voicory:*"], 200),
        (["*"], 200),
        (["vocatech:*"], 401),
        (["voicorys:read"], 401),
        ([], 401),
    ],
)
async def test_scoped_keys(world: World, scopes: list[str], status: int) -> None:
    """1: keys whose scopes do not name the contract are unknown here."""
    answer = await world.get("/calls", key=await world.make_key(scopes=scopes))
    assert answer.status_code == status
    if status == 401:
        check(answer, 401, "INVALID_API_KEY")


async def test_personal_tokens_are_unknown(world: World) -> None:
    """1: `vg_pat_` keys are unknown here."""
    check(await world.get("/calls", key=await world.make_key(kind=KeyKind.PAT)), 401, "INVALID_API_KEY")


async def test_revoked_expired_and_switched_off(world: World) -> None:
    """1, 5: refused at once, expired ones with the same code; neither is counted nor has limit headers."""
    revoked = world.ours.public_key
    assert (await world.get("/calls", key=revoked)).status_code == 200
    await world.services.database.write(revoke_key, world.ours.account_id, revoked.id)
    answer = await world.get("/calls", key=revoked)
    check(answer, 401, "REVOKED_API_KEY")
    assert not [name for name in LIMITS if name in answer.headers]
    expiring = await world.make_key(expires_in_days=1)
    world.clock.advance(DAY - 1)
    assert (await world.get("/calls", key=expiring)).status_code == 200
    world.clock.advance(1)
    check(await world.get("/calls", key=expiring), 401, "REVOKED_API_KEY")
    off = memberships.update().where(
        memberships.c.account_id == world.ours.account_id, memberships.c.user_id == world.ours.user_id
    )

    def switch_off(tx: WriteTx) -> None:
        tx.execute(off.values(is_active=False))

    await world.services.database.write(switch_off)
    check(await world.get("/calls"), 401, "REVOKED_API_KEY")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/calls/"),
        ("GET", f"/calls/{ID}/"),
        ("GET", f"/calls/{ID}/recording"),
        ("GET", "/callsx"),
        ("GET", "/customers//"),
        ("POST", "/calls"),
        ("PUT", f"/calls/{ID}"),
        ("PATCH", f"/customers/{ID}"),
        ("DELETE", f"/messages/{ID}"),
        ("TRACE", "/messages"),
        ("BREW", "/messages"),
        ("OPTIONS", "/messages/a/b"),
    ],
)
async def test_routing_comes_first(world: World, method: str, path: str) -> None:
    """2, 5, 10: unknown paths and methods are 404, with or without a key, and count nowhere."""
    for key in ("", None):
        answer = await world.request(method, path, key=key)
        check(answer, 404, "NOT_FOUND")
        assert ALWAYS.items() <= answer.headers.items()
    first = await world.get("/calls")
    assert first.headers["x-ratelimit-remaining"] == "59"


async def test_order(world: World) -> None:
    """2: key before limit, limit before filters and ids, ids before existence."""
    bad = "/calls?from=x&assistant_id=x"
    check(await world.get(bad, key=""), 401, "MISSING_API_KEY")
    check(await world.get(bad, key=f"sk_{BASE62}"), 401, "INVALID_API_KEY")
    check(await world.get(bad), 400, "INVALID_FILTER")
    check(await world.get("/calls/x"), 400, "INVALID_ID")
    check(await world.get(f"/calls/{ID}"), 404, "NOT_FOUND")
    for _ in range(7):
        await world.get("/calls")
    for path in (bad, "/calls/x", f"/calls/{ID}"):
        assert (await world.get(path)).json()["error"]["code"] == "RATE_LIMIT_EXCEEDED"


@pytest.mark.parametrize("path", [*ROUTES, "/calls/x", "/calls?from=x"])
async def test_headers_of_every_answer(world: World, path: str) -> None:
    """3, 4: security headers, version, charset, limits, errors included; no CORS for `sk_`."""
    answer = await world.get(path)
    assert ALWAYS.items() <= answer.headers.items()
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert all(name in answer.headers for name in LIMITS)
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert "x-request-id" not in answer.headers
    refused = await world.get(path, key="")
    assert ALWAYS.items() <= refused.headers.items()
    assert not [name for name in LIMITS if name in refused.headers]


async def test_cors(world: World) -> None:
    """4: for `pk_` alone, known or not, errors included; never credentials."""
    exposed = "Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-API-Version"
    for key in (world.ours.public_key.key, f"pk_{BASE62}", "pk_"):
        for path in ("/calls", "/calls/x", "/calls/a/b"):
            answer = await world.get(path, key=key, headers={"Origin": "https://www.example.com"})
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.headers["access-control-expose-headers"] == exposed
            assert "access-control-allow-credentials" not in answer.headers
    for _ in range(20):
        limited = await world.get("/calls", key=world.ours.public_key)
    assert limited.status_code == 429
    assert limited.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("path", ROUTES)
async def test_preflight(world: World, path: str) -> None:
    """4: 204 without key and limit."""
    headers = {
        "Origin": "https://www.example.com",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "x-api-key",
    }
    for _ in range(20):
        answer = await world.request("OPTIONS", path, key="", headers=headers)
        assert answer.status_code == 204
    assert answer.content == b""
    shown = {name: value for name, value in answer.headers.items() if name.startswith("access-control")}
    assert shown == {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET",
        "access-control-allow-headers": "x-api-key, content-type",
        "access-control-max-age": "600",
    }
    assert ALWAYS.items() <= answer.headers.items()


async def test_head(world: World) -> None:
    """5: HEAD is GET without a body, and counts."""
    answer = await world.request("HEAD", "/calls")
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer.headers["x-ratelimit-remaining"] == "59"
    assert (await world.request("HEAD", "/calls", key="")).status_code == 401


async def test_a_failing_limit_store_lets_nothing_through(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """3: answered 500, saying nothing internal."""

    async def fail(*_: object) -> None:
        raise ServiceError(ErrorCategory.CONNECTIVITY, "Redis at 10.1.2.3 did not answer", service="redis")

    monkeypatch.setattr(world.services.limiter, "hit", fail)
    answer = await world.get("/calls")
    check(answer, 500, "INTERNAL_ERROR")
    assert "10.1.2.3" not in answer.text
    assert ALWAYS.items() <= answer.headers.items()


async def test_a_fault_has_the_headers_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """3, 5: 500 on a known key."""

    async def fail(*args: Any, **options: Any) -> Any:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(world.services.database, "read", fail)
    answer = await world.get("/calls?direction=inbound")
    check(answer, 500, "INTERNAL_ERROR")
    assert "secret" not in answer.text
    assert answer.headers["x-ratelimit-remaining"] == "59"


async def test_request_log(world: World) -> None:
    """4: the facts of the log name the key's id, of a revoked one too."""
    await world.get("/calls?search=private")
    assert world.front.last is not None
    assert (world.front.last.contract, world.front.last.key_id) == ("voicory", world.ours.key.id)
    assert world.front.last.account_id == world.ours.account_id
    assert world.front.last.shows_request_id is False
    await world.services.database.write(revoke_key, world.ours.account_id, world.ours.key.id)
    assert (await world.get("/calls")).status_code == 401
    assert world.front.last.key_id == world.ours.key.id
    assert (await world.get("/calls", key=f"sk_{BASE62}")).status_code == 401
    assert world.front.last.key_id is None


async def test_windows_of_one_key_are_its_own(world: World) -> None:
    """3: limits are per key; routes share one count."""
    for path in (LISTS * 4)[:10]:
        assert (await world.get(path)).status_code == 200
    assert (await world.get("/calls")).status_code == 429
    assert (await world.get("/calls", key=world.ours.public_key)).status_code == 200
    assert (await world.get("/calls", tenant=world.theirs)).status_code == 200
    world.clock.advance(5 * SECOND)
    assert (await world.get("/calls")).status_code == 200
    state = await world.services.limiter.peek(limit_key(world.ours.key.id), WINDOWS)
    assert [window.remaining for window in state.windows] == [49, 9]
