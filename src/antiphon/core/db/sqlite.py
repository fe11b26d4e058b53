"""The SQLite store: read-only connections per thread and ONE writer thread with group commit."""

from __future__ import annotations

import asyncio
import queue
import resource
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import structlog
from sqlalchemy import Connection, Engine, NullPool, create_engine

from antiphon.core.actors import Actor, current_actor
from antiphon.core.clock import Clock
from antiphon.core.db.prepared import Query, SqliteDriver
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import StoreBusyError
from antiphon.core.events import Event, EventBus
from antiphon.core.jobs.insert import insert_sqlite

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger(__name__)

BATCH_TASKS = 256
BATCH_SECONDS = 0.02
SLOW_READ_SECONDS = 0.002
_USAGE_OF = getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)
LARGE_WAL_BYTES = 64 * 1024 * 1024
CACHED_STATEMENTS = 1000
KEPT_FETCHES = 1000


@dataclass(slots=True)
class _Task:
    fn: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    actor: Actor
    result: Any = None
    error: BaseException | None = None
    events: list[Event] = field(default_factory=list)
    callbacks: list[Callable[[], None]] = field(default_factory=list)
    enqueued: bool = False


@dataclass(slots=True)
class _Reader:
    """The read-only connection of one thread, with what it fetched since the last commit of anybody."""

    connection: Connection
    driver: SqliteDriver
    _version: int = 0
    _kept: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    def kept(self) -> dict[tuple[Any, ...], Any]:
        """Results by query and parameters; a new one once another connection, of any process, has committed.

        It takes what was read after this call, however late: when that is stale, so is the whole of it.
        """
        (version,) = self.driver.raw.execute("PRAGMA data_version").fetchone()
        if version != self._version or len(self._kept) >= KEPT_FETCHES:
            self._version = version
            self._kept = {}
        return self._kept


class _ReadMeter:
    """What a read costs: its time, or its thread's processor time when it only waited for its turn.

    A thread that waits for a core or for the interpreter lock is not slow itself; counted, such waits would
    keep quick reads off the loop of a busy server, where the hop to a thread costs most.
    """

    __slots__ = ("_started", "_usage")

    def __init__(self) -> None:
        self._usage = _thread_usage()
        self._started = time.perf_counter()

    def seconds(self) -> float:
        elapsed = time.perf_counter() - self._started
        if elapsed < SLOW_READ_SECONDS:
            return elapsed
        cpu, disk_reads = (now - before for now, before in zip(_thread_usage(), self._usage, strict=True))
        return elapsed if disk_reads else min(elapsed, cpu)


def _thread_usage() -> tuple[float, int]:
    """Processor seconds and disk reads of this thread."""
    usage = resource.getrusage(_USAGE_OF)
    return usage.ru_utime + usage.ru_stime, usage.ru_inblock


def connect(path: Path, *, full_sync: bool = False, busy_seconds: float = 5.0) -> sqlite3.Connection:
    """Open one connection with the store's pragmas; autocommit, usable from any one thread at a time."""
    raw = sqlite3.connect(
        path,
        timeout=busy_seconds,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=CACHED_STATEMENTS,
    )
    raw.execute("PRAGMA foreign_keys=ON")
    raw.execute(f"PRAGMA synchronous={'FULL' if full_sync else 'NORMAL'}")
    raw.execute("PRAGMA temp_store=MEMORY")
    raw.execute("PRAGMA cache_size=-16000")
    # Its own lower() knows ASCII alone.
    raw.create_function("unicode_lower", 1, _lower, deterministic=True)
    return raw


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def create_file(path: Path) -> None:
    """Create the database file with the pragmas that only an empty file accepts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = sqlite3.connect(path, isolation_level=None)
    try:
        if raw.execute("PRAGMA page_count").fetchone()[0] == 0:
            raw.execute("PRAGMA auto_vacuum=INCREMENTAL")
        raw.execute("PRAGMA journal_mode=WAL")
    finally:
        raw.close()


class SqliteDatabase:
    """See `Database`. Raises StoreBusyError when another process holds the write lock too long."""

    dialect = "sqlite"

    def __init__(
        self,
        path: Path,
        clock: Clock,
        bus: EventBus,
        *,
        full_sync: bool = False,
        lock_wait_seconds: float = 20.0,
        checkpoint_seconds: float = 60.0,
        read_threads: int = 4,
    ) -> None:
        self.path = path
        self._clock = clock
        self._bus = bus
        self._full_sync = full_sync
        self._lock_wait = lock_wait_seconds
        self._checkpoint_seconds = checkpoint_seconds
        self._engine: Engine = create_engine("sqlite://", creator=self._open, poolclass=NullPool)
        self._local = threading.local()
        self._readers: list[_Reader] = []
        self._readers_lock = threading.Lock()
        self._pool = ThreadPoolExecutor(read_threads, thread_name_prefix="db-read")
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._jobs_listeners: list[Callable[[], None]] = []
        self._read_costs: dict[object, float] = {}

    def _open(self) -> sqlite3.Connection:
        return connect(self.path, full_sync=self._full_sync)

    async def start(self) -> None:
        create_file(self.path)
        self._thread = threading.Thread(target=self._writer, name="db-write", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        if self._thread is not None:
            self._tasks.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None
        self._pool.shutdown(wait=True)
        with self._readers_lock:
            for reader in self._readers:
                reader.connection.close()
                reader.driver.raw.close()
            self._readers.clear()
        self._engine.dispose()

    def add_jobs_listener(self, listener: Callable[[], None]) -> None:
        self._jobs_listeners.append(listener)

    # Reads

    async def read(self, fn: Callable[Concatenate[ReadTx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        # A thread hop costs more than a point query; whatever proves slow leaves the event loop.
        if self._read_costs.get(fn, 1.0) < SLOW_READ_SECONDS:
            return self._read(fn, args, kwargs)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._read, fn, args, kwargs)

    async def fetch(self, query: Query[T], **parameters: Any) -> T:
        kept = self._reader().kept()
        key = (query, *parameters.values())
        if key in kept:
            return cast(T, kept[key])
        if self._read_costs.get(query, 1.0) < SLOW_READ_SECONDS:
            found = self._fetch(query, parameters)
        else:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._pool, self._fetch, query, parameters)
        kept[key] = found
        return found

    def _read(self, fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        reader = self._reader()
        meter = _ReadMeter()
        reader.driver.raw.execute("BEGIN")
        try:
            return fn(ReadTx(reader.connection, self._clock.now(), reader.driver), *args, **kwargs)
        finally:
            reader.driver.raw.commit()
            self._learn(fn, meter.seconds())

    def _fetch(self, query: Query[T], parameters: dict[str, Any]) -> T:
        reader = self._reader()
        meter = _ReadMeter()
        try:
            return query.make(reader.driver.tuples(query.statement, parameters))
        finally:
            self._learn(query, meter.seconds())

    def _learn(self, read: object, elapsed: float) -> None:
        known = self._read_costs.get(read, elapsed)
        self._read_costs[read] = max(elapsed, known * 0.9) if elapsed > known else known * 0.9 + elapsed * 0.1

    def _reader(self) -> _Reader:
        found: _Reader | None = getattr(self._local, "reader", None)
        if found is None:
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            raw = _driver_connection(connection)
            raw.execute("PRAGMA query_only=ON")
            found = self._local.reader = _Reader(connection, SqliteDriver(raw))
            with self._readers_lock:
                self._readers.append(found)
        return found

    # Writes

    async def write(self, fn: Callable[Concatenate[WriteTx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._thread is None:
            raise StoreBusyError("the database is not started")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._tasks.put(_Task(fn, args, kwargs, loop, future, current_actor()))
        return await future

    def _writer(self) -> None:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        raw = _driver_connection(connection)
        next_checkpoint = time.monotonic() + self._checkpoint_seconds
        stopping = False
        while not stopping:
            try:
                task = self._tasks.get(timeout=self._checkpoint_seconds)
            except queue.Empty:
                task = None
            else:
                if task is None:
                    break
                stopping = self._run_group(connection, raw, task)
            if time.monotonic() >= next_checkpoint:
                self._maintain(raw)
                next_checkpoint = time.monotonic() + self._checkpoint_seconds
        self._maintain(raw)
        connection.close()
        raw.close()

    def _run_group(self, connection: Connection, raw: sqlite3.Connection, first: _Task) -> bool:
        """Run the waiting commands in one transaction; true when asked to stop."""
        group: list[_Task] = []
        stopping = False
        try:
            self._begin(raw)
            deadline = time.monotonic() + BATCH_SECONDS
            task: _Task | None = first
            while task is not None:
                group.append(task)
                self._run(connection, raw, task)
                if len(group) >= BATCH_TASKS or time.monotonic() > deadline:
                    break
                try:
                    task = self._tasks.get_nowait()
                except queue.Empty:
                    break
                stopping = task is None
            raw.execute("COMMIT")
        except (sqlite3.Error, StoreBusyError) as error:
            if raw.in_transaction:
                raw.execute("ROLLBACK")
            self._rerun_alone(connection, raw, group or [first], error)
            group = group or [first]
        self._deliver(group)
        return stopping

    def _run(self, connection: Connection, raw: sqlite3.Connection, task: _Task) -> None:
        """Run one command in a savepoint; its own failure stays its own.

        Raises sqlite3.OperationalError when SQLite has given up the whole transaction (disk full, I/O error).
        """
        task.error, task.result, task.enqueued = None, None, False
        raw.execute("SAVEPOINT command")
        tx = WriteTx(connection, self._clock.now(), self._bus, task.actor, SqliteDriver(raw))
        try:
            task.result = task.fn(tx, *task.args, **task.kwargs)
            tx.finish()
            insert_sqlite(raw, tx.jobs, tx.now)
        except BaseException as error:
            task.error = error
            if not raw.in_transaction:
                raise sqlite3.OperationalError(str(error)) from error
            raw.execute("ROLLBACK TO command")
            raw.execute("RELEASE command")
            return
        raw.execute("RELEASE command")
        task.events, task.callbacks, task.enqueued = tx.events, tx.callbacks, bool(tx.jobs)

    def _rerun_alone(
        self, connection: Connection, raw: sqlite3.Connection, group: list[_Task], error: BaseException
    ) -> None:
        if isinstance(error, StoreBusyError) or len(group) == 1:
            for task in group:
                task.error = task.error or error
            return
        for task in group:
            try:
                self._begin(raw)
                self._run(connection, raw, task)
                raw.execute("COMMIT")
            except (sqlite3.Error, StoreBusyError) as again:
                if raw.in_transaction:
                    raw.execute("ROLLBACK")
                task.error = task.error or again

    def _begin(self, raw: sqlite3.Connection) -> None:
        deadline = time.monotonic() + self._lock_wait
        while True:
            try:
                raw.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) and "busy" not in str(error):
                    raise
                if time.monotonic() > deadline:
                    raise StoreBusyError("the database is locked by another process") from error

    def _deliver(self, group: list[_Task]) -> None:
        by_loop: dict[asyncio.AbstractEventLoop, list[_Task]] = {}
        for task in group:
            by_loop.setdefault(task.loop, []).append(task)
        for loop, tasks in by_loop.items():
            try:
                loop.call_soon_threadsafe(self._finish, tasks)
            except RuntimeError:  # the loop that asked has closed
                log.warning("write finished after its caller was gone", tasks=len(tasks))

    def _finish(self, tasks: list[_Task]) -> None:
        enqueued = False
        for task in tasks:
            if not task.future.done():
                if task.error is not None:
                    task.future.set_exception(task.error)
                else:
                    task.future.set_result(task.result)
            if task.error is None:
                enqueued = enqueued or task.enqueued
                for callback in task.callbacks:
                    callback()
                self._bus.publish(task.events)
        if enqueued:
            for listener in self._jobs_listeners:
                listener()

    def _maintain(self, raw: sqlite3.Connection) -> None:
        """Keep the write-ahead log and the file from growing without bound."""
        try:
            wal = self.path.with_name(self.path.name + "-wal")
            large = wal.exists() and wal.stat().st_size > LARGE_WAL_BYTES
            raw.execute(f"PRAGMA wal_checkpoint({'TRUNCATE' if large else 'PASSIVE'})").fetchall()
            raw.execute("PRAGMA incremental_vacuum(2000)").fetchall()
        except sqlite3.Error as error:
            log.warning("checkpoint failed", error=str(error))


def _driver_connection(connection: Connection) -> sqlite3.Connection:
    raw = connection.connection.driver_connection
    if not isinstance(raw, sqlite3.Connection):
        raise TypeError("not an SQLite connection")
    return raw
