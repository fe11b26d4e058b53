"""The first account of an installation (contracts/votel.md 18)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from antiphon.contracts.votel.app import create_app
from antiphon.domain.accounts.queries import count_accounts
from antiphon.domain.services import Services
from contracts_front import ServerFront
from votel_world import ORIGIN

PASSWORD = "seventeen grey herons"
BODY = {"account_name": "Acme", "name": "Ada", "email": "Ada@Example.com", "password": PASSWORD}


@pytest.fixture
def services(make_services: Any) -> Services:
    made: Services = make_services(environment="production", base_url=ORIGIN)
    return made


@pytest.fixture
async def client(services: Services) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=ServerFront(create_app(services)))
    async with httpx2.AsyncClient(transport=transport, base_url=f"{ORIGIN}/api") as opened:
        yield opened


async def test_set_up_once(client: httpx2.AsyncClient) -> None:
    """votel.md 18: 201 as POST /session while no account exists, then 404."""
    assert (await client.get("/setup")).json() == {"simulator": True}
    made = await client.post("/setup", json=BODY)
    assert made.status_code == 201
    body = made.json()
    assert set(body) == {"user", "account", "csrf_token"}
    assert (body["user"]["email"], body["user"]["role"]) == ("ada@example.com", "owner")
    assert (body["account"]["name"], body["account"]["slug"]) == ("Acme", "acme")
    me = await client.get("/me")
    assert (me.status_code, me.json()["role"]) == (200, "owner")
    entries = (await client.get("/audit-log?action=account.created")).json()["entries"]
    assert [entry["target"]["label"] for entry in entries] == ["Acme"], "votel.md 11.1"
    client.cookies.clear()
    assert (await client.get("/setup")).status_code == 404
    again = await client.post("/setup", json={**BODY, "email": "eve@example.com"})
    assert (again.status_code, again.json()) == (404, {"detail": "Not found"})
    signed_in = await client.post("/session", json={"email": "ada@example.com", "password": PASSWORD})
    assert signed_in.status_code == 200


async def test_two_at_once(client: httpx2.AsyncClient, services: Services) -> None:
    """votel.md 18: of several at the same moment one makes the account, on either store."""
    answers = await asyncio.gather(
        *(client.post("/setup", json={**BODY, "email": f"p{at}@example.com"}) for at in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 404, 404, 404]
    assert await services.database.read(count_accounts) == 1


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"password": "short"}, "password", "invalid"),
        ({"password": "password123"}, "password", "common"),
        ({"password": "aaaaaaaaaaaaaa"}, "password", "common"),
        ({"password": "1234567890"}, "password", "common"),
        ({"email": "nobody"}, "email", "invalid"),
        ({"name": " "}, "name", "invalid"),
        ({"account_name": ""}, "account_name", "invalid"),
        ({"timezone": "Mars/Base"}, "timezone", "invalid"),
        ({"country": "Austria"}, "country", "invalid"),
        ({"demo_data": "yes"}, "demo_data", "invalid"),
    ],
)
async def test_refused(
    client: httpx2.AsyncClient, services: Services, change: dict[str, Any], field: str, code: str
) -> None:
    """votel.md 0.4, 18: nothing is made."""
    answer = await client.post("/setup", json={**BODY, **change})
    [fault] = answer.json()["errors"]
    assert (answer.status_code, fault["field"], fault["code"]) == (400, field, code)
    assert await services.database.read(count_accounts) == 0


async def test_demo_data(client: httpx2.AsyncClient) -> None:
    """votel.md 18: `demo_data` gives something to look at."""
    assert (await client.post("/setup", json={**BODY, "demo_data": True})).status_code == 201
    channels = (await client.get("/recording-channels")).json()["recording_channels"]
    assert {channel["slug"] for channel in channels} == {"hello", "quote"}
    assert (await client.get("/voicegrams")).json()["total"] == 12
