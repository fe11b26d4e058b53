"""Keys, plan gate, rate limit and the order of checks (contracts/voicegram.md 1 and 2)."""

from __future__ import annotations

import httpx2
import pytest
from sqlalchemy import update

from antiphon.core.clock import DAY, SECOND
from antiphon.core.db.transaction import WriteTx
from antiphon.core.ids import new_id
from antiphon.domain.accounts.commands import create_user, set_plan
from antiphon.domain.accounts.keys import create_key, revoke_key
from antiphon.domain.accounts.records import KeyKind, Plan, Role
from antiphon.domain.accounts.tables import api_keys, users
from voicegram_world import World

UNKNOWN_ID = "00000000-0000-7000-8000-000000000000"
SUBSCRIPTIONS = "/api/v1/webhook-subscriptions"
ROUTES = [
    ("GET", "/api/v1/me"),
    ("GET", "/api/v1/channels"),
    ("GET", "/api/v1/voicegrams/recent"),
    ("POST", SUBSCRIPTIONS),
    ("GET", SUBSCRIPTIONS),
    ("GET", f"{SUBSCRIPTIONS}/{UNKNOWN_ID}"),
    ("DELETE", f"{SUBSCRIPTIONS}/{UNKNOWN_ID}"),
]
GATED = ROUTES[1:]
HEX = "0123456789abcdef" * 4


REFUSAL = {"error": "invalid_token", "message": "The access token is missing or not valid."}


def is_unauthorized(answer: httpx2.Response) -> bool:
    return (
        answer.status_code == 401
        and answer.headers["www-authenticate"] == "Bearer"
        and answer.json()
        == {"error": "invalid_token", "message": "The access token is missing or not valid."}
    )


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_a_key_is_needed(world: World, method: str, path: str) -> None:
    """contracts/voicegram.md 1, 3: 401 with one code, one message and a bare challenge."""
    assert is_unauthorized(await world.request(method, path, key=""))


@pytest.mark.parametrize(
    "value",
    [
        "Bearer",
        "Bearer ",
        "Bearer vg_pat_",
        f"Bearer vg_pat_{HEX}",
        f"Bearer vg_pat_{HEX}0",
        f"Bearer vg_pat_{HEX[:-1]}g",
        f"Basic vg_pat_{HEX}",
        f"vg_pat_{HEX}",
        f"Bearer vg_pat_{HEX}, Bearer vg_pat_{HEX}",
        f"Bearer vg_pat_{HEX} trailing",
        "Bearer \u00fc",
        "Bearer " + "a" * 10_000,
    ],
)
async def test_malformed_and_unknown_keys(world: World, value: str) -> None:
    """contracts/voicegram.md 3: missing, malformed and unknown look alike."""
    headers = {"Authorization": value.encode("latin-1")}
    answer = await world.client.get("/api/v1/me", headers=headers)
    assert is_unauthorized(answer)


async def test_scheme_is_case_blind_and_hex_is_not(world: World) -> None:
    """contracts/voicegram.md 1: the scheme word is case-blind, upper-case hex is an unknown key."""
    key = world.ours.key.key
    for scheme in ("Bearer", "bearer", "BEARER", "bEaReR"):
        assert (
            await world.get("/api/v1/me", headers={"Authorization": f"{scheme} {key}"})
        ).status_code == 200
    upper = f"vg_pat_{key.removeprefix('vg_pat_').upper()}"
    assert is_unauthorized(await world.get("/api/v1/me", key=upper))


async def test_no_other_place_is_read(world: World) -> None:
    """contracts/voicegram.md 1: only the Authorization header counts."""
    key = world.ours.key.key
    headers = {"X-API-Key": key, "Cookie": f"token={key}"}
    assert is_unauthorized(await world.get(f"/api/v1/me?token={key}", key="", headers=headers))


@pytest.mark.parametrize("kind", [KeyKind.PUBLIC, KeyKind.SECRET])
async def test_other_kinds_of_keys(world: World, kind: KeyKind) -> None:
    """contracts/voicegram.md 1: `pk_` and `sk_` keys are `invalid_token` here."""
    key = await world.services.database.write(
        create_key, world.ours.account_id, world.ours.user_id, kind=kind, name="other"
    )
    assert is_unauthorized(await world.get("/api/v1/me", key=key.key))


async def test_key_of_another_kind_in_the_form_of_a_token(world: World) -> None:
    """contracts/README.md, Keys: the kind decides, not the text."""
    change = update(api_keys).where(api_keys.c.id == world.ours.key.id).values(kind="secret")
    await world.services.database.write(lambda tx: tx.execute(change))
    assert is_unauthorized(await world.get("/api/v1/me"))


@pytest.mark.parametrize(("scopes", "status"), [(["voicegram:read"], 200), (["votel:*"], 401), ([], 401)])
async def test_scoped_keys(world: World, scopes: list[str], status: int) -> None:
    """contracts/README.md, Keys: a key whose scopes do not name the contract is `invalid_token`."""
    key = await world.services.database.write(
        create_key, world.ours.account_id, world.ours.user_id, kind=KeyKind.PAT, name="scoped", scopes=scopes
    )
    assert (await world.get("/api/v1/me", key=key.key)).status_code == status


async def test_revocation_works_at_once(world: World) -> None:
    """contracts/voicegram.md 1: revocation works at once."""
    assert (await world.get("/api/v1/me")).status_code == 200
    await world.services.database.write(revoke_key, world.ours.account_id, world.ours.key.id)
    assert is_unauthorized(await world.get("/api/v1/me"))


async def test_expiry(world: World) -> None:
    """contracts/voicegram.md 1, 3: an expired key is `invalid_token`, from its last millisecond on."""
    key = await world.services.database.write(
        create_key, world.ours.account_id, world.ours.user_id, kind=KeyKind.PAT, name="x", expires_in_days=30
    )
    world.clock.advance(30 * DAY - 1)
    assert (await world.get("/api/v1/me", key=key.key)).status_code == 200
    world.clock.advance(1)
    assert is_unauthorized(await world.get("/api/v1/me", key=key.key))


async def test_disabled_user(world: World) -> None:
    """A key dies with its user."""
    change = update(users).where(users.c.id == world.ours.user_id).values(is_disabled=True)
    await world.services.database.write(lambda tx: tx.execute(change))
    assert is_unauthorized(await world.get("/api/v1/me"))


@pytest.mark.parametrize(("method", "path"), GATED)
async def test_free_plan_is_gated(world: World, method: str, path: str) -> None:
    """contracts/voicegram.md 2: 403 before body, id and limit; never 429."""
    for _ in range(61):
        answer = await world.request(method, path, tenant=world.free)
        assert answer.status_code == 403
    assert answer.json() == {"error": "plan_required", "message": "This endpoint needs a paid plan."}


async def test_gate_reads_the_plan_at_request_time(world: World) -> None:
    """contracts/voicegram.md 2: a change of plan shows in the next request."""
    write = world.services.database.write
    await write(set_plan, world.ours.account_id, Plan.FREE)
    assert (await world.get("/api/v1/channels")).status_code == 403
    await write(set_plan, world.ours.account_id, Plan.STARTER)
    assert (await world.get("/api/v1/channels")).status_code == 200


async def test_anonymous_callers_never_see_a_limit(world: World) -> None:
    """contracts/voicegram.md 2: counted after authentication."""
    for _ in range(61):
        assert (await world.get("/api/v1/me", key="")).status_code == 401


async def test_limit_per_endpoint_and_account(world: World) -> None:
    """contracts/voicegram.md 2: 60 a minute, sliding, per endpoint and account, not per token."""
    second = await world.services.database.write(
        create_key, world.ours.account_id, world.ours.user_id, kind=KeyKind.PAT, name="second"
    )
    assert (await world.get("/api/v1/me")).status_code == 200
    world.clock.advance(20 * SECOND)
    for number in range(59):
        key = second.key if number % 2 else None
        assert (await world.get("/api/v1/me", key=key)).status_code == 200
    refused = await world.get("/api/v1/me", key=second.key)
    assert refused.status_code == 429
    assert refused.json()["error"] == "rate_limited"
    assert refused.headers["retry-after"] == "40"
    assert not [name for name in refused.headers if name.lower().startswith("x-ratelimit")]
    assert (await world.get("/api/v1/channels")).status_code == 200, "another endpoint"
    assert (await world.get("/api/v1/me", tenant=world.theirs)).status_code == 200, "another account"
    world.clock.advance(40 * SECOND - 1)
    assert (await world.get("/api/v1/me")).headers["retry-after"] == "1"
    world.clock.advance(1)
    assert (await world.get("/api/v1/me")).status_code == 200, "refused calls are not counted"
    assert (await world.get("/api/v1/me")).headers["retry-after"] == "20"


async def test_free_account_is_limited_on_me(world: World) -> None:
    """contracts/voicegram.md 2: a free PAT gets 429 on `/me`, and only there."""
    for _ in range(60):
        assert (await world.get("/api/v1/me", tenant=world.free)).status_code == 200
    assert (await world.get("/api/v1/me", tenant=world.free)).status_code == 429
    assert (await world.get("/api/v1/channels", tenant=world.free)).status_code == 403


async def test_all_ids_of_a_route_share_a_count_and_errors_count(world: World) -> None:
    """contracts/voicegram.md 2: endpoint = method + template; 400, 404 and 409 are counted."""
    for _ in range(60):
        assert (await world.get(f"{SUBSCRIPTIONS}/{new_id()}")).status_code == 404
    assert (await world.get(f"{SUBSCRIPTIONS}/{new_id()}")).status_code == 429
    assert (await world.delete(f"{SUBSCRIPTIONS}/{new_id()}")).status_code == 404
    for _ in range(60):
        assert (await world.post(SUBSCRIPTIONS, content=b"no json")).status_code == 400
    assert (await world.post(SUBSCRIPTIONS, content=b"no json")).status_code == 429


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/me/"),
        ("GET", "/api/v1/me/more"),
        ("POST", "/api/v1/me"),
        ("HEAD", "/api/v1/me"),
        ("OPTIONS", "/api/v1/me"),
        ("GET", "/api/v1/voicegrams"),
        ("HEAD", "/api/v1/voicegrams/recent"),
        ("POST", "/api/v1/voicegrams/recent"),
        ("GET", f"/api/v1/voicegrams/{UNKNOWN_ID}"),
        ("PATCH", f"{SUBSCRIPTIONS}/{UNKNOWN_ID}"),
        ("PUT", f"{SUBSCRIPTIONS}/{UNKNOWN_ID}"),
        ("DELETE", SUBSCRIPTIONS),
        ("GET", f"{SUBSCRIPTIONS}/"),
        ("GET", f"{SUBSCRIPTIONS}/{UNKNOWN_ID}/deliveries"),
        ("GET", "/api/listen"),
        ("GET", "/api/listen/"),
        ("POST", f"/api/listen/vg_{UNKNOWN_ID}"),
        ("GET", f"/api/listen/vg_{UNKNOWN_ID}/more"),
    ],
)
async def test_routing_comes_first(world: World, method: str, path: str) -> None:
    """contracts/voicegram.md 2, 3: unknown paths and methods are 404, with or without a key; no CORS."""
    for key in ("", None):
        headers = {"Origin": "https://example.com", "Access-Control-Request-Method": "GET"}
        answer = await world.request(method, path, key=key, headers=headers)
        assert answer.status_code == 404
        if method != "HEAD":
            assert answer.json() == {"error": "not_found", "message": "Not found."}
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


async def test_unexpected_failure(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """contracts/voicegram.md 3: 500 `internal_error`, saying nothing of the cause."""

    async def fail(*_: object) -> None:
        raise RuntimeError("the secret cause")

    monkeypatch.setattr(world.services.limiter, "hit", fail)
    answer = await world.get("/api/v1/me")
    assert answer.status_code == 500
    assert answer.json()["error"] == "internal_error"
    assert "cause" not in answer.text


async def test_request_log_is_told(world: World) -> None:
    """The request log learns contract, account and key, of a revoked one too."""
    own = world.ours.account_id, world.ours.key.id
    for status in (200, 401):
        assert (await world.get("/api/v1/channels")).status_code == status
        info = world.front.last
        assert info is not None
        assert (info.contract, info.account_id, info.key_id) == ("voicegram", *own)
        await world.services.database.write(revoke_key, *own)


async def test_user_of_two_accounts(world: World) -> None:
    """contracts/voicegram.md 1: a token belongs to one account."""

    def join(tx: WriteTx) -> str:
        user_id = create_user(
            tx,
            world.theirs.account_id,
            email="owner@example.com",
            name="Owner",
            role=Role.MEMBER,
            password_hash=None,
        )
        return create_key(tx, world.theirs.account_id, user_id, kind=KeyKind.PAT, name="x").key

    key = await world.services.database.write(join)
    assert (await world.get("/api/v1/me", key=key)).json()["account_name"] == "Other"
    assert (await world.get("/api/v1/me")).json()["account_name"] == "Acme"
