"""The PostgreSQL store: asyncpg through SQLAlchemy's async engine, domain functions by `run_sync`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from antiphon.core.actors import current_actor
from antiphon.core.clock import Clock
from antiphon.core.db.postgres_fetch import FetchConnections, LostError, PostgresDriver
from antiphon.core.db.prepared import Query
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.events import EventBus
from antiphon.core.jobs.insert import insert_postgres

P = ParamSpec("P")
T = TypeVar("T")

RETRIED_STATES = frozenset({"40001", "40P01"})
ATTEMPTS = 3
READ_ATTEMPTS = 3


def async_url(url: str) -> str:
    """`postgresql://…` as SQLAlchemy wants it for asyncpg."""
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+asyncpg://" + url.removeprefix(scheme)
    return url


class PostgresDatabase:
    """See `Database`. Deadlocks and serialisation failures are retried; other errors reach the caller."""

    dialect = "postgresql"

    def __init__(
        self,
        url: str,
        clock: Clock,
        bus: EventBus,
        *,
        pool_size: int = 10,
        statement_timeout_ms: int = 30_000,
        idle_transaction_timeout_ms: int = 30_000,
    ) -> None:
        self._clock = clock
        self._bus = bus
        self._jobs_listeners: list[Callable[[], None]] = []
        server_settings = {
            "application_name": "antiphon",
            "statement_timeout": str(statement_timeout_ms),
            "idle_in_transaction_session_timeout": str(idle_transaction_timeout_ms),
            "jit": "off",
        }
        self._fetches = FetchConnections(url, server_settings)
        self.engine: AsyncEngine = create_async_engine(
            async_url(url),
            pool_size=pool_size,
            max_overflow=pool_size,
            connect_args={"server_settings": server_settings},
        )
        self._reads = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    async def start(self) -> None:
        async with self._reads.connect():
            pass

    async def stop(self) -> None:
        await self._fetches.close()
        await self.engine.dispose()

    def add_jobs_listener(self, listener: Callable[[], None]) -> None:
        self._jobs_listeners.append(listener)

    async def read(self, fn: Callable[Concatenate[ReadTx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        attempt = 1
        while True:
            try:
                return await self._read(fn, args, kwargs, on_driver=attempt == 1)
            except LostError as lost:
                # A server restart leaves dead connections in the pool; a read is safe to repeat.
                if attempt == READ_ATTEMPTS:
                    raise lost.error from lost
                attempt += 1

    async def _read(
        self, fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any], *, on_driver: bool
    ) -> T:
        def run(connection: Connection) -> T:
            # The pool hears of a restart by its own errors alone: a repeated read leaves the driver.
            driver = PostgresDriver(connection.connection.dbapi_connection) if on_driver else None
            try:
                return fn(ReadTx(connection, self._clock.now(), driver), *args, **kwargs)
            except DBAPIError as error:
                if error.connection_invalidated:
                    raise LostError(error) from error
                raise
            except Exception as error:
                if driver is not None and driver.is_lost:
                    connection.invalidate()
                    raise LostError(error) from error
                raise

        async with self._reads.connect() as connection:
            return await connection.run_sync(run)

    async def fetch(self, query: Query[T], **parameters: Any) -> T:
        plan = query.statement.postgres()
        return query.make(plan.tuples(await self._fetches.fetch(plan.sql, plan.values(parameters))))

    async def write(self, fn: Callable[Concatenate[WriteTx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                result, tx = await self._transact(fn, args, kwargs)
            except DBAPIError as error:
                if attempt == ATTEMPTS or getattr(error.orig, "sqlstate", None) not in RETRIED_STATES:
                    raise
            except LostError as lost:
                if attempt == ATTEMPTS:
                    raise lost.error from lost
            else:
                break
        for callback in tx.callbacks:
            callback()
        self._bus.publish(tx.events)
        if tx.jobs:
            for listener in self._jobs_listeners:
                listener()
        return result

    async def _transact(
        self, fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[T, WriteTx]:
        actor = current_actor()

        def run(connection: Connection) -> tuple[T, WriteTx]:
            tx = WriteTx(connection, self._clock.now(), self._bus, actor)
            result = fn(tx, *args, **kwargs)
            tx.finish()
            if tx.jobs:
                insert_postgres(connection, tx.jobs)
            return result, tx

        async with self.engine.connect() as connection:
            try:
                outcome = await connection.run_sync(run)
            except DBAPIError as error:
                if error.connection_invalidated:
                    raise LostError(error) from error
                raise
            await connection.commit()
            return outcome
