"""The Voicory contract's app over both stores."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from antiphon.contracts.voicory.app import create_app
from antiphon.core.clock import ManualClock
from antiphon.core.db.database import Database
from phone_world import OpenWorld, World, open_worlds


def send_key(text: str) -> dict[str, str]:
    return {"x-api-key": text}


@pytest.fixture
async def open_world(
    make_services: Any, clock: ManualClock, database: Database, request: pytest.FixtureRequest
) -> AsyncIterator[OpenWorld]:
    """A world whose settings the test chooses."""
    url = request.getfixturevalue("clean_postgres_url") if database.dialect == "postgresql" else None
    async with open_worlds(make_services, clock, create_app, "/api/v1", send_key, url) as make:
        yield make


@pytest.fixture
async def world(open_world: OpenWorld) -> World:
    return await open_world()
