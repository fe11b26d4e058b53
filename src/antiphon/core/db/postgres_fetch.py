"""The quick way of reads on PostgreSQL: asyncpg itself, on a few connections of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from sqlalchemy import AdaptedConnection

from antiphon.core.db.listener import plain_dsn
from antiphon.core.db.prepared import Prepared

CONNECTIONS = 4
CONNECT_SECONDS = 10
SHUT_DOWN = (asyncpg.AdminShutdownError, asyncpg.CrashShutdownError)


class PostgresDriver:
    """Prepared selects on the driver below an adapted connection in autocommit mode."""

    def __init__(self, adapted: Any) -> None:
        self._adapted: AdaptedConnection = adapted

    @property
    def is_lost(self) -> bool:
        closed: bool = self._adapted.driver_connection.is_closed()
        return closed

    def rows(self, statement: Prepared, parameters: Mapping[str, Any]) -> list[Any]:
        plan = statement.postgres()
        values = plan.values(parameters)
        return plan.rows(self._adapted.run_async(lambda driver: driver.fetch(plan.sql, *values)))


class FetchConnections:
    """Autocommitting connections for single statements, each opened when those before it are busy.

    A connection that died, as after a server's restart, is replaced and the statement repeated once.
    """

    def __init__(self, url: str, server_settings: Mapping[str, str], size: int = CONNECTIONS) -> None:
        self._dsn = plain_dsn(url)
        self._server_settings = dict(server_settings)
        self._free = asyncio.Semaphore(size)
        self._idle: list[asyncpg.Connection] = []

    async def fetch(self, sql: str, values: Sequence[Any]) -> list[Any]:
        """Every row. Raises what the driver raises."""
        async with self._free:
            try:
                return await self._fetch(sql, values)
            except LostError:
                await self.close()
            try:
                return await self._fetch(sql, values)
            except LostError as again:
                raise again.error from again

    async def close(self) -> None:
        """Close those that nobody uses."""
        idle, self._idle = self._idle, []
        for connection in idle:
            connection.terminate()

    async def _fetch(self, sql: str, values: Sequence[Any]) -> list[Any]:
        connection = self._idle.pop() if self._idle else await self._connect()
        keeps = False
        try:
            found = await connection.fetch(sql, *values)
            keeps = True
        except Exception as error:
            if connection.is_closed() or isinstance(error, SHUT_DOWN):
                raise LostError(error) from error
            keeps = True
            raise
        finally:
            if keeps:
                self._idle.append(connection)
            else:
                connection.terminate()
        return found

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(
            self._dsn, timeout=CONNECT_SECONDS, server_settings=self._server_settings
        )


class LostError(Exception):
    """The connection died, as after a server's restart, while nothing could have been committed: repeat."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error
