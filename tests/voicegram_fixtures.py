"""Fixtures of the webhook engine and of the Voicegram contract."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from antiphon.contracts.voicegram.app import create_app
from antiphon.contracts.voicegram.events import VoicegramDialect
from antiphon.core.clock import ManualClock
from antiphon.core.crypto import Cipher
from antiphon.core.db.database import Database
from antiphon.core.events import EventBus
from antiphon.core.jobs.registry import JobRegistry
from antiphon.core.jobs.worker import JobWorker, WorkerSettings
from antiphon.domain.accounts.records import Plan
from antiphon.domain.voicegrams.commands import create_key_listener, revoke_key_links
from antiphon.domain.voicegrams.links import ListenLinks
from antiphon.domain.webhooks.jobs import WebhookJobs
from antiphon.domain.webhooks.reactions import WebhookReactions
from antiphon.speech.workers import MediaPool
from contracts_front import ServerFront
from receivers import Receiver
from service_factory import MASTER_KEY, ORIGIN, build_services
from voicegram_world import OpenWorld, World, make_tenant

MakeReceiver = Callable[..., Awaitable[Receiver]]


@pytest.fixture
async def open_world(
    database: Database,
    clock: ManualClock,
    bus: EventBus,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> AsyncIterator[OpenWorld]:
    """A world whose settings the test chooses, and the engine's times `attempt_seconds`, `turn_seconds`."""
    worlds: list[World] = []
    url = request.getfixturevalue("clean_postgres_url") if database.dialect == "postgresql" else None

    async def make(*, attempt_seconds: float = 15.0, turn_seconds: float = 20.0, **settings: Any) -> World:
        links = ListenLinks(Cipher(MASTER_KEY).derive("listen-links"), ORIGIN)
        chosen = {
            "allow_insecure_webhooks": True,
            "webhook_allowed_networks": ["127.0.0.1/32"],
            **settings,
        }
        services = build_services(
            database, clock, bus, MediaPool(max_workers=1), tmp_path, [VoicegramDialect(links)], **chosen
        )
        bus.react("api_key.created", create_key_listener)
        bus.react("api_key.revoked", revoke_key_links)
        WebhookReactions(services.dialects).install(bus)
        registry = JobRegistry()
        WebhookJobs(services, attempt_seconds=attempt_seconds, turn_seconds=turn_seconds).register(registry)
        tenants = [
            await database.write(make_tenant, name, email, plan)
            for name, email, plan in (
                ("Acme", "owner@example.com", Plan.PRO),
                ("Other", "owner@example.org", Plan.STARTER),
                ("", "free@example.com", Plan.FREE),
            )
        ]
        front = ServerFront(create_app(services))
        transport = httpx2.ASGITransport(app=front, raise_app_exceptions=False)
        client = httpx2.AsyncClient(transport=transport, base_url=ORIGIN)
        worker = JobWorker(database, registry, WorkerSettings(postgres_url=url))
        worlds.append(World(services, clock, front, client, worker, *tenants))
        return worlds[-1]

    yield make
    for world in worlds:
        await world.client.aclose()
        await world.services.http.close()
        await world.services.media.close()
        await world.services.store.close()


@pytest.fixture
async def world(open_world: OpenWorld) -> World:
    return await open_world()


@pytest.fixture
async def make_receiver() -> AsyncIterator[MakeReceiver]:
    receivers: list[Receiver] = []

    async def make(ssl_context: ssl.SSLContext | None = None) -> Receiver:
        receiver = Receiver(ssl_context)
        await receiver.start()
        receivers.append(receiver)
        return receiver

    yield make
    for receiver in receivers:
        await receiver.stop()


@pytest.fixture
async def receiver(make_receiver: MakeReceiver) -> Receiver:
    return await make_receiver()
