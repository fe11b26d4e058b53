"""The native contract's app over both stores."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from antiphon.contracts.votel.app import create_app
from antiphon.core.clock import ManualClock
from contracts_front import ServerFront
from votel_world import ORIGIN, OpenWorld, World, make_tenant


@pytest.fixture
async def open_world(make_services: Any, clock: ManualClock) -> AsyncIterator[OpenWorld]:
    """A world whose settings the test chooses."""
    clients: list[httpx2.AsyncClient] = []

    async def make(**settings: Any) -> World:
        services = make_services(**{"environment": "production", "base_url": ORIGIN, **settings})
        ours = await services.database.write(make_tenant, "Acme", "owner@example.com")
        theirs = await services.database.write(make_tenant, "Other", "owner@example.org")
        front = ServerFront(create_app(services))
        client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=front), base_url=ORIGIN)
        clients.append(client)
        return World(services, clock, front, client, ours, theirs)

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
async def world(open_world: OpenWorld) -> World:
    return await open_world()
