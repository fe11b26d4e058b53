"""What only the SQLite store must do: locks, full disks, threads, upkeep."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, func, select

from antiphon.core.clock import ManualClock
from antiphon.core.db.lock import ServerLock
from antiphon.core.db.prepared import Prepared, Query
from antiphon.core.db.sqlite import KEPT_FETCHES, SLOW_READ_SECONDS, SqliteDatabase, connect
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import ConfigurationError, StoreBusyError
from antiphon.core.events import EventBus
from antiphon.domain.accounts.commands import create_account
from antiphon.domain.accounts.queries import count_accounts
from antiphon.domain.accounts.tables import accounts


def _create(tx: WriteTx, name: str) -> str:
    return create_account(tx, name=name).id


async def test_a_lock_of_another_process_is_waited_for(
    sqlite_database: SqliteDatabase, tmp_path: Path
) -> None:
    other = connect(sqlite_database.path)
    other.execute("BEGIN IMMEDIATE")
    write = asyncio.create_task(sqlite_database.write(_create, "waiting"))
    await sqlite_database.read(count_accounts)
    assert not write.done()
    other.execute("ROLLBACK")
    await write
    assert await sqlite_database.read(count_accounts) == 1
    other.close()


async def test_a_lock_that_stays_is_an_error_without_a_row(
    tmp_path: Path, sqlite_template: Path, clock: ManualClock, bus: EventBus
) -> None:
    path = tmp_path / "held.db"
    shutil.copy(sqlite_template, path)
    database = SqliteDatabase(path, clock, bus, lock_wait_seconds=0.0)
    database._engine.dispose()
    await database.start()
    other = connect(path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusyError):
        await database.write(_create, "refused")
    other.execute("ROLLBACK")
    await database.write(_create, "accepted")
    assert await database.read(count_accounts) == 1
    other.close()
    await database.stop()


async def test_a_full_disk_is_an_error_and_the_store_lives_on(sqlite_database: SqliteDatabase) -> None:
    """The page cap makes SQLite answer as on a full disk: `database or disk is full`."""

    def limit(tx: WriteTx, pages: int) -> None:
        tx.connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    def fill(tx: WriteTx) -> None:
        create_account(tx, name="x" * 2_000_000)

    def page_count(tx: ReadTx) -> int:
        return int(tx.connection.exec_driver_sql("PRAGMA page_count").scalar_one())

    await sqlite_database.write(_create, "before")
    await sqlite_database.write(limit, await sqlite_database.read(page_count) + 20)
    outcomes = await asyncio.gather(
        sqlite_database.write(_create, "beside"), sqlite_database.write(fill), return_exceptions=True
    )
    assert isinstance(outcomes[0], str)
    assert "full" in str(outcomes[1])
    await sqlite_database.write(limit, 1_000_000)
    await sqlite_database.write(_create, "after")
    assert await sqlite_database.read(count_accounts) == 3


async def test_reads_cannot_write(sqlite_database: SqliteDatabase) -> None:
    def sneak(tx: ReadTx) -> None:
        tx.connection.exec_driver_sql("DELETE FROM accounts")

    with pytest.raises(Exception, match="readonly"):
        await sqlite_database.read(sneak)


async def test_a_slow_read_leaves_the_event_loop(sqlite_database: SqliteDatabase) -> None:
    threads: list[str] = []

    def slow(tx: ReadTx) -> None:
        threads.append(threading.current_thread().name)
        until = time.thread_time() + 0.01
        while time.thread_time() < until:
            pass

    def quick(tx: ReadTx) -> str:
        return threading.current_thread().name

    for _ in range(3):
        await sqlite_database.read(slow)
    assert all(name.startswith("db-read") for name in threads)
    names = [await sqlite_database.read(quick) for _ in range(50)]
    assert names[0].startswith("db-read")
    assert names[-1] == threading.current_thread().name


async def test_waiting_for_a_turn_does_not_make_a_read_slow(sqlite_database: SqliteDatabase) -> None:
    """On a busy machine quick reads stay on the loop."""

    def kept_waiting(tx: ReadTx) -> str:
        time.sleep(0.003)
        return threading.current_thread().name

    names = [await sqlite_database.read(kept_waiting) for _ in range(50)]
    assert names[-1] == threading.current_thread().name


async def test_space_is_given_back(sqlite_database: SqliteDatabase) -> None:
    """Incremental auto-vacuum from the first migration, and a checkpoint that empties a large log."""
    raw = sqlite3.connect(sqlite_database.path)
    assert raw.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    raw.close()


def test_a_second_server_is_refused(tmp_path: Path) -> None:
    with ServerLock(tmp_path / "server.lock"):
        script = (
            "import sys, pathlib; from antiphon.core.db.lock import ServerLock\n"
            "ServerLock(pathlib.Path(sys.argv[1])).__enter__()"
        )
        second = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / "server.lock")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "already serves" in second.stderr
    with ServerLock(tmp_path / "server.lock"):
        pass


def test_the_lock_error_is_for_the_operator(tmp_path: Path) -> None:
    with (
        ServerLock(tmp_path / "a"),
        pytest.raises(ConfigurationError, match="another server"),
        ServerLock(tmp_path / "a"),
    ):
        pass


def _accounts_named(make: Callable[[Iterable[Sequence[Any]]], Any]) -> Query[Any]:
    """A query of one row: how many accounts have this name."""
    return Query(Prepared(select(func.count()).where(accounts.c.name == bindparam("name"))), make)


async def test_a_fetch_is_kept_until_anybody_commits(sqlite_database: SqliteDatabase) -> None:
    """A commit of this process or of another one ends it; so do many different fetches."""
    made: list[int] = []

    def count(rows: Iterable[Sequence[Any]]) -> int:
        made.extend(row[0] for row in rows)
        return made[-1]

    query = _accounts_named(count)

    async def fetch(name: str = "a") -> int:
        return await sqlite_database.fetch(query, name=name)

    assert [await fetch() for _ in range(3)] == [0, 0, 0]
    assert len(made) == 1
    await sqlite_database.write(_create, "a")
    assert [await fetch() for _ in range(2)] == [1, 1]
    assert len(made) == 2
    other = connect(sqlite_database.path)
    other.execute("UPDATE accounts SET name = 'b'")
    other.close()
    assert [await fetch(name) for name in ("a", "b", "a")] == [0, 1, 0]
    assert len(made) == 4
    for number in range(KEPT_FETCHES):
        await fetch(f"other {number}")
    made.clear()
    assert await fetch() == 0
    assert made == [0]


async def test_what_is_kept_needs_no_thread(sqlite_database: SqliteDatabase) -> None:
    """A slow fetch leaves the event loop, its kept result does not."""
    threads: list[str] = []

    def slow(rows: Iterable[Sequence[Any]]) -> int:
        threads.append(threading.current_thread().name)
        # Its own processor time, which alone makes a read slow.
        end = time.thread_time() + 2 * SLOW_READ_SECONDS
        while time.thread_time() < end:
            pass
        return next(iter(rows))[0]

    query = _accounts_named(slow)
    for _ in range(2):
        assert [await sqlite_database.fetch(query, name="a") for _ in range(3)] == [0, 0, 0]
        await sqlite_database.write(_create, "b")
    assert [name.partition("_")[0] for name in threads] == ["db-read", "db-read"]


async def test_a_fetch_that_a_commit_overtook_is_not_kept(sqlite_database: SqliteDatabase) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def count(rows: Iterable[Sequence[Any]]) -> int:
        found = next(iter(rows))[0]
        begun.set()
        assert go_on.wait(10)
        return found

    query = _accounts_named(count)
    overtaken = asyncio.create_task(sqlite_database.fetch(query, name="a"))
    await asyncio.to_thread(begun.wait, 10)
    await sqlite_database.write(_create, "a")
    # Another fetch has seen the commit before the first one ends.
    assert await sqlite_database.fetch(_accounts_named(lambda rows: len(list(rows))), name="a") == 1
    go_on.set()
    assert await overtaken == 0
    assert await sqlite_database.fetch(query, name="a") == 1


async def test_a_result_that_was_made_into_another_is_kept_as_that(sqlite_database: SqliteDatabase) -> None:
    query = _accounts_named(lambda rows: next(iter(rows))[0])
    doubled = query.then(lambda count: [count, count])
    first = await sqlite_database.fetch(doubled, name="a")
    assert first == [0, 0]
    assert await sqlite_database.fetch(doubled, name="a") is first
    assert await sqlite_database.fetch(query, name="a") == 0
    await sqlite_database.write(_create, "a")
    assert await sqlite_database.fetch(doubled, name="a") == [1, 1]
    assert await sqlite_database.read(doubled, name="a") == [1, 1]
