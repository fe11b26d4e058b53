from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from pgqueuer.core import listeners

from antiphon.core.clock import ManualClock
from antiphon.core.db.database import Database
from antiphon.core.db.sqlite import SqliteDatabase
from antiphon.core.jobs.postgres_driver import PostgresDriver, create_pool
from antiphon.core.jobs.postgres_store import PostgresQueries
from antiphon.core.jobs.registry import JobRegistry
from antiphon.core.jobs.sqlite_store import SqliteQueries
from antiphon.core.jobs.testing import shift_due_times
from antiphon.core.jobs.worker import JobWorker, WorkerSettings

Store = SqliteQueries | PostgresQueries
Advance = Callable[[int], Awaitable[None]]
MakeWorker = Callable[..., JobWorker]
HeldRows = Callable[[], Awaitable[list[tuple[str, str, int]]]]
Running = Callable[[JobWorker], AbstractAsyncContextManager[JobWorker]]


@pytest.fixture
def queue_url(database: Database, request: pytest.FixtureRequest) -> str | None:
    """URL of the PostgreSQL database under test; None on SQLite."""
    if database.dialect == "sqlite":
        return None
    url: str = request.getfixturevalue("clean_postgres_url")
    return url


@pytest.fixture
async def store(database: Database, queue_url: str | None) -> AsyncIterator[Store]:
    if queue_url is None:
        yield SqliteQueries(database)
        return
    async with create_pool(queue_url) as pool:
        yield PostgresQueries(PostgresDriver(pool, queue_url))


@pytest.fixture
def advance(clock: ManualClock, queue_url: str | None) -> Advance:
    """Let milliseconds pass for the queue of either store."""

    async def move(ms: int) -> None:
        clock.advance(ms)
        if queue_url is not None:
            await shift_due_times(queue_url, ms)

    return move


@pytest.fixture
def registry() -> JobRegistry:
    return JobRegistry()


@pytest.fixture
def make_worker(database: Database, registry: JobRegistry, queue_url: str | None) -> MakeWorker:
    def make(**settings: int) -> JobWorker:
        return JobWorker(database, registry, WorkerSettings(postgres_url=queue_url, **settings))

    return make


@pytest.fixture
def running() -> Running:
    """Run a worker beside the test and stop it afterwards."""

    @asynccontextmanager
    async def run(worker: JobWorker) -> AsyncIterator[JobWorker]:
        task = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            await worker.stop()
            await task

    return run


@pytest.fixture
def is_idle(monkeypatch: pytest.MonkeyPatch) -> Callable[[], bool]:
    """Whether the queue manager waits with nothing to do, so that only a notification can move it."""
    waiting: list[listeners.PGNoticeEventListener] = []
    original = listeners.wait_for_notice_event

    def spy(queue: listeners.PGNoticeEventListener, timeout: timedelta) -> asyncio.Task[Any]:
        waiting[:] = [queue] if timeout > timedelta(minutes=10) else []
        return original(queue, timeout)

    monkeypatch.setattr(listeners, "wait_for_notice_event", spy)
    return lambda: any(queue._getters for queue in waiting)  # type: ignore[attr-defined] # no public sign of a waiter


@pytest.fixture
def held_rows(
    database: Database, queue_url: str | None
) -> Callable[[], Awaitable[list[tuple[str, str, int]]]]:
    """What is still in the queue: (name, status, attempts) by id, read past the code under test."""

    async def rows() -> list[tuple[str, str, int]]:
        if queue_url is None:
            assert isinstance(database, SqliteDatabase)
            with sqlite3.connect(database.path) as connection:
                found = connection.execute("SELECT name, status, attempts FROM jobs ORDER BY id").fetchall()
            connection.close()
            return [(name, "queued" if status == "deferred" else status, n) for name, status, n in found]
        connection = await asyncpg.connect(queue_url)
        found = await connection.fetch("SELECT entrypoint, status::text, attempts FROM pgqueuer ORDER BY id")
        await connection.close()
        return [tuple(row) for row in found]

    return rows
