"""Every endpoint by every role, without a key, and with a key of no scopes (contracts/votel.md 0.3, 17)."""

from __future__ import annotations

import re

from antiphon.contracts.votel.app import FAMILIES
from antiphon.contracts.votel.permissions import LOWEST_ROLE
from antiphon.contracts.votel.routing import Access, Endpoint
from antiphon.core.clock import MINUTE
from antiphon.domain.accounts.records import Role
from votel_world import World, add_key, add_user

UNKNOWN_ID = "0199d6a0-0000-7000-8000-000000000000"
FINER = {
    ("GET", "/users"): Role.ADMIN,
    ("GET", "/users/{id:uuid}"): Role.ADMIN,
    ("PATCH", "/users/{id:uuid}"): Role.ADMIN,
    ("GET", "/invitations"): Role.ADMIN,
}
"""The lowest role where the rule is finer than the permission; ids here are those of others."""

IN_PERSON = {("PUT", "/me/password"), ("POST", "/me/totp"), ("DELETE", "/me/totp")}
"""A session is needed, so that every key is refused."""


def keyed() -> list[Endpoint]:
    return [
        endpoint
        for family in FAMILIES
        for endpoint in family.endpoints
        if endpoint.access is Access.KEYED and not endpoint.is_stream and endpoint.permission is not None
    ] + [
        endpoint
        for family in FAMILIES
        for endpoint in family.endpoints
        if endpoint.access is Access.KEYED and (endpoint.method, endpoint.path) in {*FINER, *IN_PERSON}
        if endpoint.permission is None
    ]


def address(endpoint: Endpoint) -> str:
    return re.sub(r"{\w+(:uuid)?}", UNKNOWN_ID, endpoint.path)


async def ask(world: World, endpoint: Endpoint, headers: dict[str, str]) -> int:
    # A body that no handler accepts: who may gets 400 or 404, and nothing is changed.
    answer = await world.client.request(
        endpoint.method, f"/api{address(endpoint)}", headers=headers, content=b"{"
    )
    return answer.status_code


async def test_every_endpoint_by_every_role(world: World) -> None:
    """votel.md 17: 403 below the lowest role and never from it on."""
    endpoints = keyed()
    assert len(endpoints) >= 80
    for role in Role:
        user_id = await add_user(world, role, f"a-{role.label}@example.com")
        _, text = await add_key(world, user_id=user_id)
        for endpoint in endpoints:
            where = (endpoint.method, endpoint.path)
            lowest = FINER.get(where) or LOWEST_ROLE[endpoint.permission or "users:write"]
            expected = where in IN_PERSON or role < lowest
            status = await ask(world, endpoint, {"X-API-Key": text})
            assert (status == 403) == expected, (role, where, status)
            world.clock.advance(MINUTE // 100)


async def test_every_endpoint_without_a_key(world: World) -> None:
    """votel.md 0.4: 401 before anything else, also for a session's cookie that is none."""
    for endpoint in keyed():
        assert await ask(world, endpoint, {}) == 401, (endpoint.method, endpoint.path)


async def test_every_endpoint_with_a_key_of_other_scopes(world: World) -> None:
    """votel.md 0.2: a scoped key of an owner may only what its scopes name."""
    _, text = await add_key(world, scopes=["vocatech:*"])
    for endpoint in keyed():
        status = await ask(world, endpoint, {"X-API-Key": text})
        assert status == 403, (endpoint.method, endpoint.path)
        world.clock.advance(MINUTE // 100)
