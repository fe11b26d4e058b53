"""Keys, roles, order of checks, errors, buckets, envelope (contracts/vocatech.md 1 to 4)."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from antiphon.core.clock import DAY, SECOND
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import ErrorCategory, ServiceError
from antiphon.domain.accounts.keys import revoke_key
from antiphon.domain.accounts.records import KeyKind
from antiphon.domain.accounts.tables import memberships
from phone_world import OpenWorld, World

BASE62 = "0123456789ABCDEFGHIJabcdefghij01"
LIMITS = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
LISTS = ["/calls", "/messages", "/users", "/contacts", "/contacts/fields", "/webhooks", "/settings"]
WRITES = [
    ("POST", "/messages"),
    ("POST", "/users"),
    ("PATCH", "/users/1"),
    ("POST", "/contacts"),
    ("PATCH", "/contacts/1"),
    ("DELETE", "/contacts/1"),
    ("POST", "/webhooks"),
    ("PATCH", "/webhooks/1"),
    ("DELETE", "/webhooks/1"),
    ("POST", "/webhooks/1/test"),
]
READS = [*(("GET", path) for path in LISTS), ("GET", "/users/1"), ("GET", "/contacts/1"), ("GET", "/media/x")]
OF_ADMINS = [item for item in WRITES if "users" in item[1] or "webhooks" in item[1]]
OF_MEMBERS = [item for item in WRITES if item not in OF_ADMINS]


def check(answer: httpx2.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"error"}
    assert body["error"]["code"] == code
    assert set(body["error"]) == {"code", "message"} | ({"details"} if status == 400 else set())
    assert answer.headers.get("www-authenticate") == ("Bearer" if status == 401 else None)
    assert answer.headers["content-type"] == "application/json"


def shows_limits(answer: httpx2.Response) -> bool:
    return all(name in answer.headers for name in LIMITS)


@pytest.mark.parametrize(("method", "path"), [*READS, *WRITES])
async def test_a_key_is_needed(world: World, method: str, path: str) -> None:
    """1, 2: 401 comes before everything but routing."""
    answer = await world.request(method, path, key="", content=b"{")
    check(answer, 401, "missing_token")
    assert not shows_limits(answer)
    check(await world.request(method, path, key=f"sk_{BASE62}", content=b"{"), 401, "invalid_token")


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Basic abc", f"sk_{BASE62}", f"Token sk_{BASE62}"]
)
async def test_missing_token(world: World, value: str) -> None:
    """2: no header, other scheme, empty token."""
    check(await world.get("/users", key="", headers={"Authorization": value}), 401, "missing_token")


async def test_no_other_place_is_read(world: World) -> None:
    """1: the Authorization header alone."""
    key = world.ours.key.key
    answer = await world.get(f"/users?key={key}", key="", headers={"X-API-Key": key, "Cookie": f"key={key}"})
    check(answer, 401, "missing_token")


@pytest.mark.parametrize(
    "token",
    ["x", "sk_", f"sk_{BASE62}", f"pk_{BASE62}", f"sk_{BASE62}0", f"sk_{BASE62} x", "vg_pat_" + "0" * 64],
)
async def test_invalid_token(world: World, token: str) -> None:
    """2: malformed and unknown."""
    check(await world.get("/users", key=token), 401, "invalid_token")


async def test_scheme_is_case_blind(world: World) -> None:
    """1: HTTP's scheme words are."""
    for scheme in ("bearer", "BEARER"):
        headers = {"Authorization": f"{scheme} {world.ours.key.key}"}
        assert (await world.get("/users", key="", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("scopes", "status"),
    [(["vocatech:*"], 200), (["vocatech:read"], 200), (["*"], 200), (["voicory:read"], 401), ([], 401)],
)
async def test_scoped_keys(world: World, scopes: list[str], status: int) -> None:
    """1: keys whose scopes do not name the contract are unknown here; `read` is GET."""
    key = await world.make_key(scopes=scopes)
    assert (await world.get("/users", key=key)).status_code == status
    wrote = await world.delete("/webhooks/1", key=key)
    assert wrote.status_code == {401: 401}.get(status, 403 if scopes == ["vocatech:read"] else 404)


async def test_dead_keys(world: World) -> None:
    """2: revoked is `invalid_token`, even when expired; expired has its own code."""
    expiring = await world.make_key(expires_in_days=1)
    revoked = await world.make_key(expires_in_days=1)
    public = await world.make_key(kind=KeyKind.PUBLIC, expires_in_days=1)
    assert (await world.get("/users", key=expiring)).status_code == 200
    await world.services.database.write(revoke_key, world.ours.account_id, revoked.id)
    check(await world.get("/users", key=revoked), 401, "invalid_token")
    world.clock.advance(DAY)
    check(await world.get("/users", key=expiring), 401, "token_expired")
    check(await world.get("/users", key=public), 401, "token_expired")
    check(await world.get("/users", key=revoked), 401, "invalid_token")
    check(await world.get("/users", key=await world.make_key(kind=KeyKind.PAT)), 401, "invalid_token")

    def switch_off(tx: WriteTx) -> None:
        own = memberships.c.account_id == world.ours.account_id
        tx.execute(memberships.update().where(own).values(is_active=False))

    await world.services.database.write(switch_off)
    check(await world.get("/users"), 401, "invalid_token")


async def test_request_log(world: World) -> None:
    """README: the facts of the log name the key's id, of one that opens nothing here too."""
    expiring = await world.make_key(expires_in_days=1)
    await world.services.database.write(revoke_key, world.ours.account_id, world.ours.member.id)
    world.clock.advance(DAY)
    own = world.ours.account_id
    elsewhere = await world.make_key(scopes=["voicory:read"])
    for key, status, known in (
        (world.ours.key, 200, (own, world.ours.key.id)),
        (world.ours.public_key, 403, (own, world.ours.public_key.id)),
        (world.ours.member, 401, (own, world.ours.member.id)),
        (expiring, 401, (own, expiring.id)),
        (elsewhere, 401, (own, elsewhere.id)),
        (f"sk_{BASE62}", 401, (None, None)),
    ):
        answer = await world.get("/settings", key=key)
        assert answer.status_code == status
        assert answer.headers["cache-control"] == "no-store"
        assert world.front.last is not None
        assert (world.front.last.account_id, world.front.last.key_id) == known
        assert world.front.last.contract == "vocatech"


@pytest.mark.parametrize(("method", "path"), [*READS, *WRITES])
async def test_public_keys(world: World, method: str, path: str) -> None:
    """1, 3: a live `pk_` key is 403 on every route, with the limit headers, and counts nowhere."""
    answer = await world.request(method, path, key=world.ours.public_key, content=b"{")
    check(answer, 403, "forbidden")
    assert answer.headers["x-ratelimit-remaining"] == answer.headers["x-ratelimit-limit"]


async def test_roles(world: World) -> None:
    """1: viewers GET only; members also send and write contacts; 403 comes before the body is read."""
    for method, path in WRITES:
        check(await world.request(method, path, key=world.ours.viewer, content=b"{"), 403, "forbidden")
    for method, path in OF_ADMINS:
        check(await world.request(method, path, key=world.ours.member, content=b"{"), 403, "forbidden")
    for method, path in OF_MEMBERS:
        answer = await world.request(method, path, key=world.ours.member, content=b"{")
        assert answer.status_code in (400, 404)
    for path in LISTS:
        assert (await world.get(path, key=world.ours.viewer)).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "/"),
        ("GET", "/nothing"),
        ("GET", "/calls/01a1f8e0-74ff-71ec-a446-6ed27967319c"),
        ("GET", "/users/"),
        ("POST", "/calls"),
        ("HEAD", "/users"),
        ("OPTIONS", "/users"),
        ("PUT", "/users/1"),
        ("DELETE", "/users/1"),
        ("PATCH", "/settings"),
        ("POST", "/contacts/1"),
        ("GET", "/media"),
        ("TRACE", "/users"),
    ],
)
async def test_routing_comes_first(world: World, method: str, path: str) -> None:
    """2, 5: unknown paths, methods a path does not have, `GET /v1/calls/{id}`."""
    for key in ("", None):
        answer = await world.request(method, path, key=key)
        assert answer.status_code == 404
        if method != "HEAD":
            check(answer, 404, "not_found")
    assert (await world.get("/users")).headers["x-ratelimit-remaining"] == "59"


async def test_no_cors(world: World) -> None:
    """1: no CORS headers."""
    answer = await world.get("/users", headers={"Origin": "https://www.example.com"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


BODIES = [
    (b"{", {}, "body"),
    (b"", {}, "body"),
    (b"[]", {}, "body"),
    (b'"x"', {}, "body"),
    (b'{"a":"\xff"}', {}, "body"),
    (b"[" * 100_000, {}, "body"),
    (b'{"a":' * 5000 + b"1" + b"}" * 5000, {}, "body"),
    (b"{}", {"Content-Type": "text/plain"}, "body"),
    (b"{}", {"Content-Type": ""}, "body"),
    (b"name=x", {"Content-Type": "application/x-www-form-urlencoded"}, "body"),
    (b'{"a":"' + b"x" * (1 << 20) + b'"}', {}, "body"),
]


@pytest.mark.parametrize(("content", "headers", "field"), BODIES)
async def test_bodies(world: World, content: bytes, headers: dict[str, str], field: str) -> None:
    """2: malformed JSON, wrong content type, body over 1 MiB: 400 at `body`, on every route with one."""
    for method, path in (
        ("POST", "/users"),
        ("POST", "/contacts"),
        ("POST", "/webhooks"),
        ("POST", "/messages"),
    ):
        answer = await world.request(
            method, path, content=content, headers={"Content-Type": "application/json", **headers}
        )
        check(answer, 400, "validation_error")
        assert [item["field"] for item in answer.json()["error"]["details"]] == [field]


async def test_order_of_id_and_body(world: World) -> None:
    """2: 404 of the id before 400 of the body."""
    for method, path in (("PATCH", "/users/9"), ("PATCH", "/contacts/9"), ("PATCH", "/webhooks/9")):
        check(await world.request(method, path, content=b"{"), 404, "not_found")


async def test_order_of_limits(world: World) -> None:
    """2: 401 and 403 before the limits, the limits before the id and the body, these before the five."""
    await asyncio.gather(*(world.get("/users") for _ in range(60)))
    for method, path in (*WRITES, ("GET", "/users/9"), ("GET", "/media/x")):
        check(await world.request(method, path, key="", content=b"{"), 401, "missing_token")
        answer = await world.request(method, path, content=b"{")
        check(answer, 429, "rate_limited")
        # Those of the bucket that refused, not those of the route.
        assert [answer.headers[name] for name in LIMITS[:2]] == ["60", "0"]
    viewer = world.ours.viewer
    await asyncio.gather(*(world.get("/users", key=viewer) for _ in range(60)))
    check(await world.get("/users", key=viewer), 429, "rate_limited")
    for method, path in WRITES:
        check(await world.request(method, path, key=viewer, content=b"{"), 403, "forbidden")


async def test_default_bucket(world: World) -> None:
    """3: 60 a minute over all routes; refused ones are not counted; the headers describe it."""
    start = world.clock.now()
    answers = await asyncio.gather(*(world.get(LISTS[2:][n % 5]) for n in range(100)))
    assert sorted(answer.status_code for answer in answers) == [200] * 60 + [429] * 40
    refused = await world.get("/users")
    check(refused, 429, "rate_limited")
    assert refused.headers["retry-after"] == "60"
    assert [refused.headers[name] for name in LIMITS] == ["60", "0", str(-(-(start + 60_000) // 1000))]
    world.clock.advance(59_001)
    assert (await world.get("/users")).headers["retry-after"] == "1"
    world.clock.advance(999)
    assert (await world.get("/users")).headers["x-ratelimit-remaining"] == "59"


async def test_reports_bucket(world: World) -> None:
    """3: `GET /v1/calls` 30 a minute, counted in both; refused by Reports it still counts as a request."""
    for left in range(29, -1, -1):
        answer = await world.get("/calls")
        assert [answer.headers[name] for name in LIMITS[:2]] == ["30", str(left)]
        world.clock.advance(100)
    refused = await world.get("/calls")
    check(refused, 429, "rate_limited")
    assert [refused.headers[name] for name in LIMITS[:2]] == ["30", "0"]
    assert refused.headers["retry-after"] == "57"
    assert (await world.get("/users")).headers["x-ratelimit-remaining"] == "28"
    world.clock.advance(57 * SECOND)
    assert (await world.get("/calls")).status_code == 200


async def test_both_buckets_refuse(world: World) -> None:
    """3: Retry-After is the time after which a request would pass both."""
    for _ in range(30):
        await world.get("/users")
    world.clock.advance(10 * SECOND)
    for _ in range(30):
        assert (await world.get("/calls")).status_code == 200
    world.clock.advance(10 * SECOND)
    refused = await world.get("/calls")
    assert refused.headers["retry-after"] == "50"
    assert (await world.get("/users")).headers["retry-after"] == "40"


async def test_buckets_are_of_one_token(world: World) -> None:
    """3: per token."""
    await asyncio.gather(*(world.get("/users") for _ in range(61)))
    assert (await world.get("/users")).status_code == 429
    assert (await world.get("/users", key=world.ours.member)).status_code == 200
    assert (await world.get("/users", tenant=world.theirs)).status_code == 200


async def test_faults(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """2: 500 says nothing internal; a failing limit store lets nothing through."""

    async def fail(*args: Any, **options: Any) -> Any:
        raise RuntimeError("secret detail")

    with monkeypatch.context() as patch:
        patch.setattr(world.services.database, "read", fail)
        answer = await world.get("/webhooks")
        check(answer, 500, "internal_error")
        assert "secret" not in answer.text
        assert shows_limits(answer)

    async def down(*_: object) -> None:
        raise ServiceError(ErrorCategory.CONNECTIVITY, "Redis at 10.1.2.3 is away", service="redis")

    monkeypatch.setattr(world.services.limiter, "hit", down)
    check(await world.get("/users"), 500, "internal_error")


@pytest.mark.parametrize(
    ("query", "page", "limit"),
    [
        ("", 1, 50),
        ("page=2&limit=500", 2, 500),
        ("page=0&limit=0", 1, 1),
        ("page=-3&limit=501", 1, 500),
        ("page=x&limit=1.5", 1, 50),
        ("page=&limit=", 1, 50),
        ("page=1&page=7&limit=10&limit=20", 1, 10),
        ("page=%2B2&limit=%2010", 2, 10),
        ("page=99999999999999999999&limit=99999999999999999999", 1_000_000_000, 500),
        ("page=%00&limit=%C2%B2", 1, 50),
    ],
)
async def test_paging(world: World, query: str, page: int, limit: int) -> None:
    """4: clamped or defaulted, never refused; a page past the end is empty."""
    for path, collection in (
        ("/users", "users"),
        ("/contacts", "contacts"),
        ("/calls", "calls"),
        ("/messages", "messages"),
    ):
        answer = await world.get(f"{path}?{query}")
        assert answer.status_code == 200, answer.text
        body = answer.json()
        total = body["meta"][f"total_{collection}"]
        assert body["meta"] == {
            "page": page,
            "limit": limit,
            "total_pages": -(-total // limit),
            f"total_{collection}": total,
        }
        assert (body["query"]["page"], body["query"]["limit"]) == (page, limit)
        assert set(body) == {"query", collection, "meta"}


async def test_query_echo(open_world: OpenWorld) -> None:
    """4: every accepted parameter with its effective value, unused ones null."""
    world = await open_world(timezone="Asia/Tokyo")
    assert (await world.get("/users?search=%20ada%20&colour=red")).json()["query"] == {
        "search": "ada",
        "page": 1,
        "limit": 50,
    }
    assert (await world.get("/calls")).json()["query"] == {
        "start_date": "2026-09-21",
        "end_date": "2026-09-21",
        "direction": "any",
        "status": "any",
        "search": None,
        "user_id": None,
        "extension": None,
        "timezone": "Asia/Tokyo",
        "page": 1,
        "limit": 50,
    }
    long = "x" * 300
    assert (await world.get(f"/users?search={long}")).json()["query"]["search"] == long[:256]


async def test_days_and_zones(open_world: OpenWorld) -> None:
    """4: whole days in the zone, "today" too; 366 days at most; unknown zones are refused."""
    world = await open_world(timezone="Pacific/Auckland")
    world.clock.advance(0)

    async def ask(query: str, status: int = 200) -> Any:
        answer = await world.get(f"/calls?{query}")
        world.clock.advance(2100)
        assert answer.status_code == status, (query, answer.text)
        body = answer.json()
        if status == 400:
            return [item["field"] for item in body["error"]["details"]]
        return body["query"]["start_date"], body["query"]["end_date"], body["query"]["timezone"]

    assert await ask("") == ("2026-09-22", "2026-09-22", "Pacific/Auckland")
    assert await ask("timezone=UTC") == ("2026-09-21", "2026-09-21", "UTC")
    assert await ask("timezone=America/Chicago&start_date=2026-01-01") == (
        "2026-01-01",
        "2026-09-21",
        "America/Chicago",
    )
    assert await ask("start_date=2024-01-01&end_date=2024-12-31") == (
        "2024-01-01",
        "2024-12-31",
        "Pacific/Auckland",
    )
    assert await ask("start_date=2024-01-01&end_date=2025-01-01", 400) == ["start_date"]
    assert await ask("start_date=2026-09-23", 400) == ["start_date"]
    assert await ask("end_date=2026-09-21", 400) == ["start_date"]
    for bad in ("2026-9-1", "20260901", "2026-02-30", "x", "2026-01-01T00:00:00Z", "２０２６-01-01"):
        assert "start_date" in await ask(f"start_date={bad}", 400)
    for bad in ("Mars/Base", "utc", "+02:00", "../etc/passwd", "UTC%00x", "America"):
        assert await ask(f"timezone={bad}", 400) == ["timezone"]
    assert await ask("start_date=0001-01-01&end_date=0001-01-02") == (
        "0001-01-01",
        "0001-01-02",
        "Pacific/Auckland",
    )
    assert await ask("start_date=9999-12-31&end_date=9999-12-31", 400) == ["start_date"]
