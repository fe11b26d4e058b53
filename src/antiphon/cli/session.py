"""Access to the data folder beside a running server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from antiphon.app import close_services, create_services
from antiphon.domain.services import Services
from antiphon.migrations.startup import ensure_migrated
from antiphon.settings import Settings


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """The wired parts over a migrated store; no server, no jobs."""
    await ensure_migrated(settings)
    services = create_services(settings)
    await services.database.start()
    try:
        yield services
    finally:
        await close_services(services)
