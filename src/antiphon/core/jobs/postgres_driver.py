"""The queue engine's driver port over an asyncpg pool, with a listener that survives a server restart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Self

import asyncpg
from pgqueuer.core.tm import TaskManager
from pgqueuer.ports.driver import Driver, NotifyCallback

from antiphon.core.db.listener import Listener, plain_dsn


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
        self._shutdown = asyncio.Event()
        self._tasks = TaskManager()
        self._listener = Listener(dsn, "antiphon-jobs-listener")
        self._entered = 0

    @property
    def on_reconnect(self) -> Callable[[], None]:
        return self._listener.on_connect

    @on_reconnect.setter
    def on_reconnect(self, callback: Callable[[], None]) -> None:
        self._listener.on_connect = callback

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        return [dict(row) for row in await self._pool.fetch(query, *args)]

    async def execute(self, query: str, *args: object) -> str:
        return str(await self._pool.execute(query, *args))

    async def notify(self, channel: str, payload: str) -> None:
        await self._pool.execute("SELECT pg_notify($1, $2)", channel, payload)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        """Returns once the listener is up, or after a few seconds: it keeps trying and the queue polls."""
        await self._listener.add(channel, callback)

    async def remove_listener(self, channel: str, callback: NotifyCallback) -> None:
        self._listener.remove(channel, callback)

    def publish(self, channel: str, payload: str) -> None:
        """Hand a payload to the listeners of this process only."""
        self._listener.publish(channel, payload)

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
            await self._listener.stop()
