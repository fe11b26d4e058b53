"""The queue engine's own PostgreSQL store, made to live through an unavailable server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar

import asyncpg
import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain import models, types
from pgqueuer.ports.repository import EntrypointExecutionParameter

from antiphon.core.db.listener import UNAVAILABLE, pause_after, plain_dsn
from antiphon.core.jobs.postgres_driver import PostgresDriver
from antiphon.core.jobs.registry import WaitTurn
from antiphon.core.jobs.results import clean_record, split_results

log = structlog.get_logger(__name__)

T = TypeVar("T")


async def install_or_upgrade(url: str) -> None:
    """Create the queue's schema or bring it up to date; concurrent calls wait for each other."""
    connection = await asyncpg.connect(plain_dsn(url))
    try:
        queries = Queries(AsyncpgDriver(connection))
        async with queries.schema_lock():
            if await queries.schema_is_installed():
                await queries.apply_upgrade()
            else:
                await queries.install()
    finally:
        await connection.close()


class PostgresQueries(Queries):
    """While the server is away the queue looks empty; results are kept and the leases cover the rest."""

    def __init__(self, driver: PostgresDriver, wait_turn: WaitTurn | None = None) -> None:
        super().__init__(driver)
        self._wait_turn = wait_turn
        self.abandoned: set[types.JobId] = set()
        self.closing = asyncio.Event()
        self.only_due = False
        self._failures = 0
        self._listener = driver
        driver.on_reconnect = self._wake

    async def _or_else(self, call: Awaitable[T], fallback: T) -> T:
        try:
            result = await call
        except UNAVAILABLE as error:
            self._failures += 1
            log.warning("job store unavailable", error=str(error) or type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.closing.wait(), pause_after(self._failures))
            return fallback
        self._failures = 0
        return result

    def _wake(self) -> None:
        settings = self.qbe.settings
        event = models.TableChangedEvent(
            channel=settings.channel,
            sent_at=models.utc_now(),
            type="table_changed_event",
            operation="update",
            table=settings.queue_table,
        )
        self._listener.publish(settings.channel, event.model_dump_json())

    async def dequeue(
        self,
        batch_size: int,
        entrypoints: dict[types.QueueEntrypoint, EntrypointExecutionParameter],
        queue_manager_id: types.QueueManagerId,
        global_concurrency_limit: int | None,
        heartbeat_timeout: timedelta,
    ) -> list[models.Job]:
        if self._wait_turn is not None:
            await self._wait_turn()
        call = super().dequeue(
            batch_size, entrypoints, queue_manager_id, global_concurrency_limit, heartbeat_timeout
        )
        return await self._or_else(call, [])

    async def eligible_queued_work(self, entrypoints: list[types.QueueEntrypoint]) -> int:
        # On failure: as if there were work, so that the queue manager looks again soon.
        return await self._or_else(super().eligible_queued_work(entrypoints), 1)

    async def next_deferred_eta(self, entrypoints: list[types.QueueEntrypoint]) -> timedelta | None:
        return await self._or_else(super().next_deferred_eta(entrypoints), None)

    async def queued_work(self, entrypoints: list[types.QueueEntrypoint]) -> int:
        """With `only_due` (draining), jobs whose time has not come do not count."""
        work = super().eligible_queued_work if self.only_due else super().queued_work
        return await self._or_else(work(entrypoints), 1)

    async def notify_health_check(self, health_check_event_id: types.HealthCheckId) -> None:
        # The driver watches its listener by itself.
        with suppress(*UNAVAILABLE):
            await super().notify_health_check(health_check_event_id)

    async def log_jobs(
        self, job_status: list[tuple[models.Job, types.JOB_STATUS, models.TracebackRecord | None]]
    ) -> None:
        """Record results; jobs whose handler was interrupted by our own stop go back instead."""
        ended, unfinished = split_results(job_status, self.abandoned)
        if ended:
            await super().log_jobs(ended)
        if unfinished:
            await self.release(unfinished)
            self.abandoned.difference_update(unfinished)

    async def retry_job(
        self, job: models.Job, delay: timedelta, traceback_record: models.TracebackRecord | None
    ) -> None:
        """Put the job back; when that cannot be written, its lease brings it back, so that it is not lost."""
        try:
            await super().retry_job(job, delay, clean_record(traceback_record))
        except Exception as error:
            log.warning("retry left to the lease", job=job.entrypoint, id=job.id, error=str(error))

    async def release(self, ids: Iterable[types.JobId]) -> None:
        """Give picked jobs back at once, without counting an attempt."""
        await self.driver.execute(
            f"""UPDATE {self.qbq.qualified.queue_table}
                SET status = 'queued', queue_manager_id = NULL, slot = NULL, updated = NOW()
                WHERE status = 'picked' AND id = ANY($1::bigint[])""",  # noqa: S608 # the engine's table name
            list(ids),
        )

    async def recover(self) -> int:
        """Nothing to do: other workers may be alive, so only leases tell who is dead."""
        return 0

    async def purge(self, older_than_ms: int, batch: int) -> int:
        """Delete up to `batch` log rows older than the age; returns how many went."""
        table = self.qbq.qualified.queue_table_log
        rows = await self.driver.fetch(
            f"""WITH gone AS (
                    DELETE FROM {table} WHERE id IN (
                        SELECT id FROM {table} WHERE created < NOW() - $1::interval ORDER BY id LIMIT $2)
                    RETURNING 1)
                SELECT count(*) AS deleted FROM gone""",  # noqa: S608 # the engine's table name
            timedelta(milliseconds=older_than_ms),
            batch,
        )
        return int(str(rows[0]["deleted"]))
