"""Workers and servers that die (design, "Jobs": a dead worker's jobs come back after its lease)."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from sqlalchemy import text

from antiphon.core.clock import HOUR, SystemClock
from antiphon.core.db.database import Database
from antiphon.core.db.postgres import PostgresDatabase
from antiphon.core.db.sqlite import SqliteDatabase
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.events import EventBus
from antiphon.core.jobs import postgres_driver
from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.core.jobs.worker import JobWorker, WorkerSettings
from schemas import create_postgres_schema, run_admin
from services import MissingPartError, PostgresServer
from waiting import eventually

if TYPE_CHECKING:
    from conftest import HeldRows, Running, Store

SCRIPT = Path(__file__).with_name("worker_process.py")
SHORT_LEASE_MS = 1000

Spawn = Callable[[str, int], "subprocess.Popen[bytes]"]


def put(tx: WriteTx, key: str) -> None:
    tx.enqueue("work", {"key": key}, key=key)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal"
    path.touch()
    return path


@pytest.fixture
def spawn(database: Database, queue_url: str | None, journal: Path) -> Iterator[Spawn]:
    """Start worker processes on the database under test: `spawn(mode, lease_ms)`."""
    address = queue_url
    if address is None:
        assert isinstance(database, SqliteDatabase)
        address = str(database.path)
    processes = []

    def start(mode: str, lease_ms: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(SCRIPT), database.dialect, address, str(journal), mode, str(lease_ms)]
        process = subprocess.Popen(command)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.chaos
async def test_job_of_a_killed_worker_is_done_by_another(
    database: Database, spawn: Spawn, journal: Path, held_rows: HeldRows
) -> None:
    """On PostgreSQL a second worker takes it after the lease; on SQLite the restarted process at once."""
    sqlite = database.dialect == "sqlite"
    lease_ms = HOUR if sqlite else SHORT_LEASE_MS
    await database.write(put, "k")
    first = spawn("hang", lease_ms)
    await eventually(lambda: journal.read_text() == "start\n")
    if not sqlite:
        spawn("finish", lease_ms)
    kill(first)
    if sqlite:
        spawn("finish", lease_ms)
    await eventually(lambda: journal.read_text() == "start\nstart\nend\n")

    async def empty() -> bool:
        return await held_rows() == []

    await eventually(empty)


@pytest.mark.parametrize("database", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
async def test_live_worker_keeps_its_job_beyond_the_lease(
    database: Database, spawn: Spawn, journal: Path, store: Store, held_rows: HeldRows
) -> None:
    """Heartbeats hold the lease: nobody else starts a job that is still running."""
    await database.write(put, "k")
    spawn("hang", SHORT_LEASE_MS)
    await eventually(lambda: journal.read_text() == "start\n")
    (before,) = await heartbeats(store)
    spawn("finish", SHORT_LEASE_MS)

    async def outlived() -> bool:
        (now,) = await heartbeats(store)
        return (now - before).total_seconds() > 3 * SHORT_LEASE_MS / 1000

    await eventually(outlived)
    assert journal.read_text() == "start\n"
    assert [row[1] for row in await held_rows()] == ["picked"]


async def heartbeats(store: Store) -> list[Any]:
    rows = await store.driver.fetch("SELECT heartbeat FROM pgqueuer ORDER BY id")
    return [row["heartbeat"] for row in rows]


async def test_job_committed_by_another_process_is_noticed(
    sqlite_database: SqliteDatabase, running: Running, tmp_path: Path
) -> None:
    """A command line beside the server writes the same file; no notification reaches the worker."""
    done = []

    async def work(payload: Payload, context: JobContext) -> None:
        done.append(context.job_id)

    registry = JobRegistry()
    registry.add("work", work)
    async with running(JobWorker(sqlite_database, registry, WorkerSettings(poll_ms=100))):
        command = [sys.executable, str(SCRIPT), "enqueue-sqlite", str(sqlite_database.path), "-", "-", "0"]
        process = await asyncio.create_subprocess_exec(*command)
        assert await process.wait() == 0
        await eventually(lambda: len(done) == 1)


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server of this test alone, to be stopped and started."""
    try:
        server = PostgresServer()
    except MissingPartError as error:
        pytest.skip(str(error))
    try:
        server.initialise()
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
async def own_database(own_postgres: PostgresServer) -> AsyncIterator[PostgresDatabase]:
    await run_admin(own_postgres.url, "CREATE DATABASE antiphon")
    await create_postgres_schema(f"{own_postgres.url}/antiphon")
    database = PostgresDatabase(f"{own_postgres.url}/antiphon", SystemClock(), EventBus(), pool_size=2)
    await database.start()
    yield database
    await database.stop()


@pytest.mark.postgres
@pytest.mark.chaos
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["clean", "crash"])
async def test_queue_goes_on_after_postgres_restarted(
    own_postgres: PostgresServer, own_database: PostgresDatabase, running: Running, how: signal.Signals
) -> None:
    """No queue stuck after its server came back (design section 5); notifications work again too."""
    release, started = asyncio.Event(), asyncio.Event()
    done: list[str | int] = []

    async def work(payload: Payload, context: JobContext) -> None:
        if payload["key"] == "before":
            started.set()
            await release.wait()
        done.append(payload["key"])

    registry = JobRegistry()
    registry.add("work", work)
    url = f"{own_postgres.url}/antiphon"
    settings = WorkerSettings(postgres_url=url, lease_ms=60_000, poll_ms=HOUR)
    async with running(JobWorker(own_database, registry, settings)):
        await own_database.write(put, "before")
        await eventually(started.is_set)
        await asyncio.to_thread(own_postgres.halt, how)
        await asyncio.to_thread(own_postgres.start)
        release.set()
        await write_when_back(own_database, "after")
        await eventually(lambda: sorted(map(str, done)) == ["after", "before"])
        await write_when_back(own_database, "later")
        await eventually(lambda: sorted(map(str, done)) == ["after", "before", "later"])

        async def empty() -> bool:
            return await own_database.read(left) == 0

        await eventually(empty)


@pytest.mark.postgres
async def test_commit_during_a_lost_listener_is_noticed(
    postgres_database: PostgresDatabase,
    clean_postgres_url: str,
    running: Running,
    is_idle: Callable[[], bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody hears the notification; the worker looks by itself when it listens again."""
    done = asyncio.Event()
    refused, listen_again = asyncio.Event(), asyncio.Event()

    async def work(payload: Payload, context: JobContext) -> None:
        done.set()

    registry = JobRegistry()
    registry.add("work", work)
    async with running(
        JobWorker(postgres_database, registry, WorkerSettings(postgres_url=clean_postgres_url, poll_ms=HOUR))
    ):
        await eventually(is_idle)
        connect = asyncpg.connect

        async def late(*args: Any, **kwargs: Any) -> asyncpg.Connection:
            refused.set()
            await listen_again.wait()
            return await connect(*args, **kwargs)

        monkeypatch.setattr(postgres_driver.asyncpg, "connect", late)
        await postgres_database.read(end_listener)
        await eventually(refused.is_set)
        await postgres_database.write(put, "k")
        assert not done.is_set()
        listen_again.set()
        await eventually(done.is_set)


def end_listener(tx: ReadTx) -> None:
    tx.execute(
        text(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE application_name = 'antiphon-jobs-listener' AND datname = current_database()"""
        )
    )


def left(tx: ReadTx) -> Any:
    return tx.scalar(text("SELECT count(*) FROM pgqueuer"))


async def write_when_back(database: PostgresDatabase, key: str) -> None:
    """The pool still holds connections of the old server; each of them fails once."""

    async def written() -> bool:
        try:
            await database.write(put, key)
        except Exception:
            return False
        return True

    await eventually(written)


@pytest.mark.postgres
async def test_worker_starts_before_its_server(
    own_postgres: PostgresServer, own_database: PostgresDatabase, running: Running
) -> None:
    done = asyncio.Event()

    async def work(payload: Payload, context: JobContext) -> None:
        done.set()

    registry = JobRegistry()
    registry.add("work", work)
    await own_database.write(put, "k")
    await own_database.stop()
    await asyncio.to_thread(own_postgres.halt)
    settings = WorkerSettings(postgres_url=f"{own_postgres.url}/antiphon")
    async with running(JobWorker(own_database, registry, settings)):
        await asyncio.to_thread(own_postgres.start)
        await eventually(done.is_set)
