"""Two accounts behind Voicory and Vocatech: nothing of one is seen or changed by the other (design, 2).

The walks over the other two contracts are beside their own tests.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from antiphon.contracts.vocatech import app as vocatech
from antiphon.contracts.vocatech.events import VocatechDialect
from antiphon.contracts.voicegram.events import VoicegramDialect
from antiphon.contracts.voicory import app as voicory
from antiphon.core.clock import MINUTE, ManualClock
from antiphon.core.db.transaction import WriteTx
from antiphon.dispatcher import Dispatcher
from antiphon.domain.contacts.commands import resolve_contact
from antiphon.domain.services import Services
from antiphon.domain.webhooks.dialect import Dialects
from contracts_front import ServerFront
from phone_content import Content, fill
from phone_world import Tenant, make_tenant
from service_factory import ORIGIN

BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("PATCH", "/users/{id}"): {"name": "Taken over"},
    ("PATCH", "/contacts/{id}"): {"fields": {"Company": "Taken over"}},
    ("PATCH", "/webhooks/{id}"): {"name": "Taken over", "is_active": False},
}


@dataclass
class Two:
    services: Services
    clock: ManualClock
    client: httpx2.AsyncClient
    ours: Tenant
    theirs: Tenant
    content: Content

    async def ask(self, tenant: Tenant, method: str, path: str, **options: Any) -> httpx2.Response:
        """Whatever contract the path belongs to; each request in a fresh minute."""
        self.clock.advance(MINUTE + 1000)
        headers = {"x-api-key": tenant.key.key, "Authorization": f"Bearer {tenant.key.key}"}
        return await self.client.request(method, path, headers=headers, **options)

    async def everything_of_theirs(self) -> list[Any]:
        """All that they can read, without what moves with the clock."""
        days = "start_date=2026-09-21&end_date=2026-09-21"
        found = []
        for path in ("/v1/users", "/v1/contacts", "/v1/webhooks", "/v1/settings", f"/v1/calls?{days}"):
            found.append((await self.ask(self.theirs, "GET", path)).json())
        found.append((await self.ask(self.theirs, "GET", f"/v1/messages?{days}")).json())
        for path in ("/api/v1/calls", "/api/v1/customers", "/api/v1/messages"):
            found.append((await self.ask(self.theirs, "GET", path)).json())
        return found


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError(f"{scope['path']} belongs to no contract under test")


@pytest.fixture
async def two(make_services: Any, clock: ManualClock) -> AsyncIterator[Two]:
    """Ours is empty but for its people; theirs has one of everything, with ids that ours has not."""
    services: Services = make_services(webhook_allowed_networks=["127.0.0.1/32"])
    services.dialects = Dialects(
        [VoicegramDialect(services.links), VocatechDialect(services.media_links.url)]
    )
    database = services.database
    ours = await database.write(make_tenant, "Acme", "example.com")
    theirs = await database.write(make_tenant, "Other", "example.org")

    def add_contacts(tx: WriteTx) -> None:
        for number in range(3):
            resolve_contact(tx, theirs.account_id, phone=f"+1312555017{number}", source="manual")

    await database.write(add_contacts)
    content = await fill(services, theirs.account_id, "theirs", "+13125550143")
    app = Dispatcher(
        voicegram=nothing,
        voicory=voicory.create_app(services),
        vocatech=vocatech.create_app(services),
        votel=nothing,
        web=nothing,
    )
    transport = httpx2.ASGITransport(app=ServerFront(app))
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield Two(services, clock, client, ours, theirs, content)


def routes() -> list[tuple[str, str, str]]:
    """Method, base and path of every endpoint of both contracts."""
    found = []
    for base, app in ((voicory.BASE, voicory), (vocatech.BASE, vocatech)):
        found += [(one.method, base, one.path) for family in app.FAMILIES for one in family.endpoints]
    return found


def foreign_id(content: Content, base: str, path: str) -> str:
    ids: dict[str, Any] = {
        "/api/v1/calls/{id}": content.call,
        "/api/v1/customers/{id}": content.contact,
        "/api/v1/messages/{id}": content.whatsapp,
        "/v1/media/{id}": f"med_{content.media}",
        "/v1/users/{id}": content.member,
        "/v1/contacts/{id}": content.contact_number,
        "/v1/webhooks/{id}": content.webhook,
        "/v1/webhooks/{id}/test": content.webhook,
    }
    return str(ids[base + path])


async def test_a_deleted_contact_is_gone_from_both(two: Two) -> None:
    """vocatech.md 5.5: one row with Voicory's customer; what was said with it stays, without the name."""
    number, uuid = two.content.contact_number, two.content.contact
    assert (await two.ask(two.theirs, "GET", f"/api/v1/customers/{uuid}")).status_code == 200
    changed = {"fields": {"First Name": "Renamed"}}
    assert (await two.ask(two.theirs, "PATCH", f"/v1/contacts/{number}", json=changed)).status_code == 200
    shown = (await two.ask(two.theirs, "GET", f"/api/v1/customers/{uuid}")).json()["data"]
    assert shown["name"].startswith("Renamed")
    assert (await two.ask(two.theirs, "DELETE", f"/v1/contacts/{number}")).status_code == 204
    assert (await two.ask(two.theirs, "GET", f"/api/v1/customers/{uuid}")).status_code == 404
    rows = (await two.ask(two.theirs, "GET", "/api/v1/customers")).json()["data"]
    assert uuid not in [row["id"] for row in rows]
    days = "start_date=2026-09-21&end_date=2026-09-21"
    (call,) = (await two.ask(two.theirs, "GET", f"/v1/calls?{days}")).json()["calls"]
    assert (call["call_id"], call["remote_name"]) == (two.content.call, None)


async def test_ids_of_others_are_absent(two: Two) -> None:
    """README: foreign = absent, for every method of every endpoint with an id, and nothing is changed."""
    before = await two.everything_of_theirs()
    walked = 0
    for method, base, path in routes():
        if "{id}" not in path:
            continue
        url = (base + path).replace("{id}", foreign_id(two.content, base, path))
        options = {"json": BODIES[method, path]} if (method, path) in BODIES else {}
        answer = await two.ask(two.ours, method, url, **options)
        assert answer.status_code == 404, (method, url, answer.text)
        walked += 1
    assert walked == 12
    for method, base, path in routes():
        if "{id}" in path and method == "GET":
            url = (base + path).replace("{id}", foreign_id(two.content, base, path))
            assert (await two.ask(two.theirs, method, url)).status_code == 200, url
    assert await two.everything_of_theirs() == before


async def test_lists_hold_nothing_of_others(two: Two) -> None:
    """README: a list holds the account's own rows only, whatever its filters ask for."""
    foreign = {*two.content.names, "theirs", two.theirs.account_id, "13125550143", "example.org"}
    filters = [
        "",
        "?search=theirs",
        f"?search={two.content.call}",
        "?phone_number=%2B13125550143",
        f"?customer_id={two.content.contact}",
        "?start_date=2026-09-01&end_date=2026-09-30",
        f"?start_date=2026-09-01&end_date=2026-09-30&user_id={two.content.member}&extension=204",
    ]
    lists = [base + path for method, base, path in routes() if method == "GET" and "{" not in path]
    assert len(lists) == 10
    for path in lists:
        for query in filters:
            answer = await two.ask(two.ours, "GET", path + query)
            assert answer.status_code == 200
            body = answer.json()
            if isinstance(body, dict):
                body.pop("query", None)
            text = str(body)
            assert not [value for value in foreign if value in text], path + query


async def test_writes_use_nothing_of_others(two: Two) -> None:
    """README: a number of others cannot send; the same phone or address makes a row of our own."""
    before = await two.everything_of_theirs()
    body = {"platform": "text", "from": two.content.number, "to": "+13125550143", "message": "Hello"}
    refused = await two.ask(two.ours, "POST", "/v1/messages", json=body)
    assert refused.status_code == 400
    assert refused.json()["error"]["details"][0]["field"] == "from"
    row = {"fields": {"First Name": "Ours", "Phone": "+13125550143"}}
    upserted = await two.ask(two.ours, "POST", "/v1/contacts", json={"contacts": [row]})
    assert upserted.json()["contacts"][0]["action"] == "created"
    user = {"name": "Ada", "email": "new@example.com", "extension": "204"}
    assert (await two.ask(two.ours, "POST", "/v1/users", json=user)).status_code == 201
    hook = {"name": "Ours", "url": "https://127.0.0.1:9/hook"}
    assert (await two.ask(two.ours, "POST", "/v1/webhooks", json=hook)).json()["id"] == 1
    assert await two.everything_of_theirs() == before
