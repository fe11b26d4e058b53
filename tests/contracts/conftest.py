"""Contract tests: real services over both stores."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from antiphon.core.clock import ManualClock
from antiphon.core.db.database import Database
from antiphon.core.events import EventBus
from antiphon.domain.services import Services
from antiphon.domain.webhooks.dialect import Dialect
from antiphon.speech.workers import MediaPool
from service_factory import build_services

MakeServices = Callable[..., Services]


@pytest.fixture
async def media() -> AsyncIterator[MediaPool]:
    pool = MediaPool(max_workers=1)
    yield pool
    await pool.close()


@pytest.fixture
async def make_services(
    database: Database, clock: ManualClock, bus: EventBus, media: MediaPool, tmp_path: Path
) -> AsyncIterator[MakeServices]:
    """Services over the test's stores; `dialects` and settings by keyword."""
    made: list[Services] = []

    def make(dialects: Sequence[Dialect] = (), **settings: Any) -> Services:
        made.append(build_services(database, clock, bus, media, tmp_path, dialects, **settings))
        return made[-1]

    yield make
    for services in made:
        await services.http.close()
        await services.store.close()
