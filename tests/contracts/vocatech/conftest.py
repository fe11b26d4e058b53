"""The Vocatech contract's app over both stores."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from antiphon.contracts.vocatech.app import create_app
from antiphon.contracts.vocatech.events import VocatechDialect
from antiphon.contracts.voicegram.events import VoicegramDialect
from antiphon.core.clock import ManualClock
from antiphon.core.db.database import Database
from antiphon.domain.services import Services
from antiphon.domain.webhooks.dialect import Dialect
from phone_world import OpenWorld, World, open_worlds
from voicegram_fixtures import make_receiver, receiver

__all__ = ["make_receiver", "receiver"]


def make_dialects(services: Services) -> list[Dialect]:
    return [VoicegramDialect(services.links), VocatechDialect(services.media_links.url)]


def send_key(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


@pytest.fixture
async def open_world(
    make_services: Any, clock: ManualClock, database: Database, request: pytest.FixtureRequest
) -> AsyncIterator[OpenWorld]:
    """A world whose settings the test chooses."""
    url = request.getfixturevalue("clean_postgres_url") if database.dialect == "postgresql" else None
    async with open_worlds(make_services, clock, create_app, "/v1", send_key, url, make_dialects) as make:
        yield make


@pytest.fixture
async def world(open_world: OpenWorld) -> World:
    return await open_world()
