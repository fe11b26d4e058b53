"""The queue engine's driver port over an asyncpg pool, with a listener that survives a server restart."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

import asyncpg
import structlog
from pgqueuer.core.tm import TaskManager
from pgqueuer.ports.driver import Driver, NotifyCallback

log = structlog.get_logger(__name__)

PROBE_SECONDS = 15.0
ANSWER_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 5.0
UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)
"""Errors that say nothing about the statement, only that the server cannot take it now."""


def pause_after(failures: int) -> float:
    """Seconds to wait after `failures` failures in a row."""
    return float(min(0.1 * 2 ** min(failures, 10), LONGEST_PAUSE_SECONDS))


def plain_dsn(url: str) -> str:
    """A SQLAlchemy URL as asyncpg takes it."""
    scheme, separator, rest = url.partition("://")
    return scheme.partition("+")[0] + separator + rest


def create_pool(url: str, size: int = 4) -> asyncpg.Pool:
    """A pool that connects on first use, so that a worker can start before its database."""
    return asyncpg.create_pool(
        plain_dsn(url),
        min_size=0,
        max_size=size,
        command_timeout=30,
        timeout=10,
        server_settings={"application_name": "antiphon-jobs", "jit": "off"},
    )


class PostgresDriver(Driver):
    """Statements by the pool; notifications by one connection that is probed and replaced when it dies.

    `on_reconnect` is called whenever notifications may have been missed.
    """

    def __init__(self, pool: asyncpg.Pool, dsn: str) -> None:
        self._pool = pool
        self._dsn = plain_dsn(dsn)
        self._shutdown = asyncio.Event()
        self._tasks = TaskManager()
        self._callbacks: defaultdict[str, list[NotifyCallback]] = defaultdict(list)
        self._listener: asyncio.Task[None] | None = None
        self._connection: asyncpg.Connection | None = None
        self._connected = asyncio.Event()
        self._entered = 0
        self.on_reconnect: Callable[[], None] = lambda: None

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        return [dict(row) for row in await self._pool.fetch(query, *args)]

    async def execute(self, query: str, *args: object) -> str:
        return str(await self._pool.execute(query, *args))

    async def notify(self, channel: str, payload: str) -> None:
        await self._pool.execute("SELECT pg_notify($1, $2)", channel, payload)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        """Returns once the listener is up, or after a few seconds: it keeps trying and the queue polls."""
        known = channel in self._callbacks
        self._callbacks[channel].append(callback)
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen())
        elif not known and self._connection is not None:
            await self._connection.add_listener(channel, self._relay)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._connected.wait(), ANSWER_SECONDS)

    async def remove_listener(self, channel: str, callback: NotifyCallback) -> None:
        if callback in self._callbacks[channel]:
            self._callbacks[channel].remove(callback)

    def _relay(self, connection: Any, pid: int, channel: str, payload: Any) -> None:
        self.publish(channel, payload)

    def publish(self, channel: str, payload: str) -> None:
        """Hand a payload to the listeners of this process only."""
        for callback in tuple(self._callbacks[channel]):
            callback(payload)

    async def _listen(self) -> None:
        failures = 0
        while True:
            try:
                connection = await asyncpg.connect(
                    self._dsn, timeout=10, server_settings={"application_name": "antiphon-jobs-listener"}
                )
            except UNAVAILABLE as error:
                failures += 1
                log.warning("job notifications unavailable", error=str(error) or type(error).__name__)
                await asyncio.sleep(pause_after(failures))
                continue
            try:
                lost = asyncio.Event()
                connection.add_termination_listener(lambda _, event=lost: event.set())
                for channel in self._callbacks:
                    await connection.add_listener(channel, self._relay)
                self._connection = connection
                self._connected.set()
                failures = 0
                self.on_reconnect()
                await self._probe(connection, lost)
            except UNAVAILABLE as error:
                failures += 1
                log.warning("job notifications lost", error=str(error) or type(error).__name__)
            finally:
                self._connection = None
                self._connected.clear()
                connection.terminate()
            await asyncio.sleep(pause_after(failures))

    async def _probe(self, connection: asyncpg.Connection, lost: asyncio.Event) -> None:
        """Return when the connection is lost; a silent one is found by asking it."""
        while not lost.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), PROBE_SECONDS)
                return
            await connection.execute("SELECT 1", timeout=ANSWER_SECONDS)

    @property
    def shutdown(self) -> asyncio.Event:
        return self._shutdown

    @property
    def tm(self) -> TaskManager:
        return self._tasks

    async def __aenter__(self) -> Self:
        self._entered += 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self._entered -= 1
        if self._entered == 0:
            self._callbacks.clear()
            if self._listener is not None:
                self._listener.cancel()
                await asyncio.wait({self._listener})
                self._listener = None
