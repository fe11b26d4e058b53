"""Fixtures of every test: both stores, private servers, a clock that moves on demand, no outside network."""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
import structlog

from antiphon.core.clock import ManualClock
from antiphon.core.db import search_counts_build, search_newest, search_parts
from antiphon.core.db.database import Database
from antiphon.core.db.postgres import PostgresDatabase
from antiphon.core.db.sqlite import SqliteDatabase
from antiphon.core.events import EventBus
from antiphon.migrations.runner import migrate_sqlite
from schemas import create_postgres_schema, empty_postgres, run_admin
from services import MissingPartError, PostgresServer, RedisServer

if importlib.util.find_spec("sniffio") is None:
    # The ASGI transport of the tests' client looks for it at every request: a millisecond each.
    sys.modules["sniffio"] = None  # type: ignore[assignment] # how the import system marks what is not there

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
STORES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


LONG_ONES = ("browser", "processes")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: tests of servers and browsers spend half of their time waiting."""
    return (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests come first: at the end every worker then has short ones to take over from the others."""
    folders = Path(__file__).resolve().parent
    order = {name: number for number, name in enumerate(LONG_ONES)}
    items.sort(key=lambda item: order.get(item.path.relative_to(folders).parts[0], len(order)))


class OutsideConnectionError(RuntimeError):
    """A test tried to leave the machine."""


def _is_loopback(host: object) -> bool:
    if not isinstance(host, str) or host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _is_literal(host: object) -> bool:
    try:
        ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return True


@pytest.fixture(scope="session", autouse=True)
def _loopback_only() -> Iterator[None]:
    """Connections go to loopback only; names other than localhost do not resolve, as on a lonely machine."""
    patch = pytest.MonkeyPatch()
    resolve = socket.getaddrinfo

    def guard(name: str) -> None:
        original = getattr(socket.socket, name)

        def connect(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
                raise OutsideConnectionError(f"connection to {address[0]} refused: tests stay on loopback")
            return original(self, address)

        patch.setattr(socket.socket, name, connect)

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if _is_loopback(name) or _is_literal(name):
            return resolve(host, *args, **kwargs)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    guard("connect")
    guard("connect_ex")
    patch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield
    patch.undo()


@pytest.fixture(scope="session", autouse=True)
def _plain_tracebacks() -> None:
    """By default structlog draws each frame with its variables: a second of work per logged exception."""
    structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """To lists and searches a few rows are many, so that every way to a page is taken."""
    monkeypatch.setattr(search_parts, "FEW_MATCHES", 2)
    monkeypatch.setattr(search_parts, "WALKED_MATCHES", 2)
    monkeypatch.setattr(search_newest, "WALKED_ROWS", 2)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few rows make a block of what is counted of texts, and a few blocks a batch."""
    monkeypatch.setattr(search_counts_build, "BLOCK_ROWS", 15)
    monkeypatch.setattr(search_counts_build, "BATCH_ROWS", 50)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def postgres_server_url() -> Iterator[str]:
    """Address of a PostgreSQL server without a database: the one of scripts/test, else a private one."""
    given = os.environ.get("ANTIPHON_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    try:
        server = PostgresServer()
    except MissingPartError as error:
        pytest.skip(str(error))
    try:
        server.initialise()
        server.start()
        yield server.url
    finally:
        server.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres_url(postgres_server_url: str) -> AsyncIterator[str]:
    """An empty database of this test process; dropped at the end."""
    name = f"antiphon_{WORKER}_{os.getpid()}"
    await run_admin(postgres_server_url, f"CREATE DATABASE {name}")
    yield f"{postgres_server_url}/{name}"
    await run_admin(postgres_server_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis database of this test process: of the server of scripts/test, else of a private one."""
    number = 1 + int(WORKER.removeprefix("gw")) if WORKER.startswith("gw") else 0
    given = os.environ.get("ANTIPHON_TEST_REDIS_URL")
    if given:
        yield f"{given}/{number}"
        return
    try:
        server = RedisServer()
    except MissingPartError as error:
        pytest.skip(str(error))
    try:
        server.start()
        yield f"{server.url}/{number}"
    finally:
        server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the whole schema, to be copied per test."""
    path = tmp_path_factory.mktemp("template") / "antiphon.db"
    migrate_sqlite(path)
    return path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def migrated_postgres_url(postgres_url: str) -> str:
    """The test process's database with the whole schema."""
    await create_postgres_schema(postgres_url)
    return postgres_url


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres_cleaner(migrated_postgres_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Kept open: a fresh connection's empty caches make five times the work of emptying the tables."""
    connection = await asyncpg.connect(migrated_postgres_url)
    yield connection
    await connection.close()


@pytest_asyncio.fixture(loop_scope="session")
async def clean_postgres_url(migrated_postgres_url: str, postgres_cleaner: asyncpg.Connection) -> str:
    """The same with no rows in it."""
    await empty_postgres(postgres_cleaner)
    return migrated_postgres_url


@pytest.fixture
def bus() -> EventBus:
    return EventBus()


@pytest.fixture
async def sqlite_database(
    tmp_path: Path, sqlite_template: Path, clock: ManualClock, bus: EventBus
) -> AsyncIterator[SqliteDatabase]:
    path = tmp_path / "antiphon.db"
    shutil.copy(sqlite_template, path)
    database = SqliteDatabase(path, clock, bus)
    await database.start()
    yield database
    await database.stop()


@pytest.fixture
async def postgres_database(
    clean_postgres_url: str, clock: ManualClock, bus: EventBus
) -> AsyncIterator[PostgresDatabase]:
    database = PostgresDatabase(clean_postgres_url, clock, bus, pool_size=4)
    await database.start()
    yield database
    await database.stop()


@pytest.fixture(params=STORES)
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database with the whole schema; every test that takes it runs on both stores."""
    made: Database = request.getfixturevalue(f"{request.param}_database")
    return made
