from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from antiphon.core.ids import new_id
from installation import Installation
from receivers import Receiver
from schemas import run_admin
from stand_ins import EngineService, MailSink

Install = Callable[..., Installation]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def sink() -> AsyncIterator[MailSink]:
    made = MailSink()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def engine() -> AsyncIterator[EngineService]:
    made = EngineService("Please call me back tomorrow, my order is broken.")
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def install(
    tmp_path: Path, receiver: Receiver, sink: MailSink, engine: EngineService
) -> AsyncIterator[Install]:
    """`install(**settings)`: an installation with all outside services on loopback, not started yet."""
    made: list[Installation] = []

    def make(**settings: str) -> Installation:
        folder = tmp_path / f"installation{len(made)}"
        folder.mkdir()
        made.append(Installation(folder, receiver, sink, engine, settings))
        return made[-1]

    yield make
    for installation in made:
        await installation.abandon()


@pytest.fixture
async def empty_postgres_url(postgres_server_url: str) -> AsyncIterator[str]:
    """A database of this test alone, without any table."""
    name = f"antiphon_{new_id().replace('-', '')}"
    await run_admin(postgres_server_url, f"CREATE DATABASE {name}")
    yield f"{postgres_server_url}/{name}"
    await run_admin(postgres_server_url, f"DROP DATABASE {name} WITH (FORCE)")
