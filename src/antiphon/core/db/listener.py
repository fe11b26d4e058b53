"""A connection that hears PostgreSQL's notifications, probed and replaced when it dies."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncpg
import structlog

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


class Listener:
    """Hands payloads to the callbacks of their channels, on the event loop.

    `on_connect` is called whenever notifications may have been missed. `name` is what the server calls the
    connection.
    """

    def __init__(self, url: str, name: str) -> None:
        self._dsn = plain_dsn(url)
        self._name = name
        self._callbacks: defaultdict[str, list[Callable[[str], None]]] = defaultdict(list)
        self._task: asyncio.Task[None] | None = None
        self._connection: asyncpg.Connection | None = None
        self._connected = asyncio.Event()
        self.on_connect: Callable[[], None] = lambda: None

    async def add(self, channel: str, callback: Callable[[str], None]) -> None:
        """Returns once the listener is up, or after a few seconds: it keeps trying."""
        known = channel in self._callbacks
        self._callbacks[channel].append(callback)
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        elif not known and self._connection is not None:
            await self._connection.add_listener(channel, self._relay)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._connected.wait(), ANSWER_SECONDS)

    def remove(self, channel: str, callback: Callable[[str], None]) -> None:
        if callback in self._callbacks[channel]:
            self._callbacks[channel].remove(callback)

    def publish(self, channel: str, payload: str) -> None:
        """Hand a payload to the callbacks of this process only."""
        for callback in tuple(self._callbacks[channel]):
            callback(payload)

    async def stop(self) -> None:
        self._callbacks.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None

    def _relay(self, connection: Any, pid: int, channel: str, payload: Any) -> None:
        self.publish(channel, payload)

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                connection = await asyncpg.connect(
                    self._dsn, timeout=10, server_settings={"application_name": self._name}
                )
            except UNAVAILABLE as error:
                failures += 1
                log.warning(
                    "notifications unavailable", name=self._name, error=str(error) or type(error).__name__
                )
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
                self.on_connect()
                await self._probe(connection, lost)
            except UNAVAILABLE as error:
                failures += 1
                log.warning("notifications lost", name=self._name, error=str(error) or type(error).__name__)
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
