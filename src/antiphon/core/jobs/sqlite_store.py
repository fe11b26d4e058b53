"""The queue engine's repository port over our SQLite database."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any, Literal, cast, overload

import structlog
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
from pgqueuer.adapters.persistence.query_helpers import (
    NormedEnqueueParam,
    normalize_enqueue_params,
    reject_repeated_dedupe_keys,
)
from pgqueuer.domain import errors, models, types
from pgqueuer.ports import RepositoryPort
from pgqueuer.ports.repository import EntrypointExecutionParameter
from pydantic_core import to_json
from sqlalchemy.exc import IntegrityError, OperationalError

from antiphon.core.clock import to_datetime
from antiphon.core.db.database import Database
from antiphon.core.errors import StoreBusyError
from antiphon.core.jobs import sqlite_commands as commands
from antiphon.core.jobs.local_driver import LocalDriver
from antiphon.core.jobs.registry import WaitTurn
from antiphon.core.jobs.results import clean_record, split_results
from antiphon.core.jobs.sqlite_claims import Claim, claim_jobs, has_work
from antiphon.core.jobs.sqlite_rows import to_job, to_log, to_schedule

log = structlog.get_logger(__name__)

MILLISECOND = timedelta(milliseconds=1)
UNAVAILABLE_PAUSE_SECONDS = 0.5
UNAVAILABLE = (StoreBusyError, sqlite3.OperationalError, OperationalError)
"""Locked by another process, full disk, failing disk."""


def _millis(delta: timedelta) -> int:
    return round(delta / MILLISECOND)


def _names(entrypoint: str | list[str] | None) -> list[str] | None:
    if not entrypoint:
        return None
    return [entrypoint] if isinstance(entrypoint, str) else entrypoint


def _enqueue_rows(params: NormedEnqueueParam) -> list[dict[str, Any]]:
    return [
        {
            "name": params.entrypoint[i],
            "payload": params.payload[i],
            "key": params.dedupe_key[i],
            "priority": params.priority[i],
            "delay_ms": max(_millis(params.execute_after[i]), 0),
            "headers": None if params.headers[i] is None else to_json(params.headers[i]).decode(),
        }
        for i in range(len(params.entrypoint))
    ]


class SqliteQueries(RepositoryPort):
    """Durable queue, history and schedules in the application's own SQLite file.

    Same promises as the engine's PostgreSQL store, except that the history keeps one row per finished job
    with its timings. Times come from the database's clock. Statements run on the single writer.
    """

    def __init__(
        self,
        database: Database,
        driver: LocalDriver | None = None,
        wait_turn: WaitTurn | None = None,
    ) -> None:
        self.database = database
        self._wait_turn = wait_turn
        self.abandoned: set[types.JobId] = set()
        self.closing = asyncio.Event()
        self.only_due = False
        self._driver = driver or LocalDriver()
        self._environment = QueryBuilderEnvironment()
        self._wake_scheduled = False

    @property
    def driver(self) -> LocalDriver:
        return self._driver

    @property
    def qbe(self) -> QueryBuilderEnvironment:
        return self._environment

    # Notifications

    def _publish(self, event: dict[str, object]) -> None:
        channel = self._environment.settings.channel
        now = to_datetime(0)
        self._driver.publish(channel, to_json({"channel": channel, "sent_at": now, **event}).decode())

    def wake(self) -> None:
        """Make the queue manager look for work; many calls in one turn of the event loop count as one."""
        if not self._wake_scheduled:
            self._wake_scheduled = True
            asyncio.get_running_loop().call_soon(self._publish_change)

    def _publish_change(self) -> None:
        self._wake_scheduled = False
        table = self._environment.settings.queue_table
        self._publish({"type": "table_changed_event", "operation": "insert", "table": table})

    async def notify_job_cancellation(self, ids: list[types.JobId]) -> None:
        self._publish({"type": "cancellation_event", "ids": ids})

    async def notify_health_check(self, health_check_event_id: types.HealthCheckId) -> None:
        self._publish({"type": "health_check_event", "id": health_check_event_id})

    # Queue

    async def dequeue(
        self,
        batch_size: int,
        entrypoints: dict[types.QueueEntrypoint, EntrypointExecutionParameter],
        queue_manager_id: types.QueueManagerId,
        global_concurrency_limit: int | None,
        heartbeat_timeout: timedelta,
    ) -> list[models.Job]:
        """Claim due and stale jobs; an unavailable database counts as an empty queue."""
        if batch_size < 1:
            raise ValueError("Batch size must be greater than or equal to one (1)")
        if not entrypoints:
            return []
        if self._wait_turn is not None:
            await self._wait_turn()
        claim = Claim(
            manager=str(queue_manager_id),
            batch=batch_size,
            limits={str(name): value.concurrency_limit for name, value in entrypoints.items()},
            names_json=json.dumps(list(entrypoints)),
            manager_limit=global_concurrency_limit,
            lease_ms=_millis(heartbeat_timeout),
        )
        try:
            if not await self.database.read(has_work, claim):
                return []
            return [to_job(row) for row in await self.database.write(claim_jobs, claim)]
        except UNAVAILABLE as error:
            log.warning("job store unavailable", error=str(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(self.closing.wait(), UNAVAILABLE_PAUSE_SECONDS)
            return []

    @overload
    async def enqueue(
        self,
        entrypoint: str,
        payload: bytes | None,
        priority: int = 0,
        execute_after: timedelta | None = None,
        dedupe_key: str | None = None,
        headers: dict[str, str] | None = None,
        *,
        on_conflict: Literal["raise", "update_priority"] = "raise",
    ) -> list[types.JobId]: ...

    @overload
    async def enqueue(
        self,
        entrypoint: str,
        payload: bytes | None,
        priority: int = 0,
        execute_after: timedelta | None = None,
        dedupe_key: str | None = None,
        headers: dict[str, str] | None = None,
        *,
        on_conflict: Literal["skip"],
    ) -> list[types.JobId | None]: ...

    @overload
    async def enqueue(
        self,
        entrypoint: list[str],
        payload: list[bytes | None],
        priority: list[int],
        execute_after: list[timedelta | None] | None = None,
        dedupe_key: list[str | None] | None = None,
        headers: list[dict[str, str] | None] | None = None,
        *,
        on_conflict: Literal["raise", "update_priority"] = "raise",
    ) -> list[types.JobId]: ...

    @overload
    async def enqueue(
        self,
        entrypoint: list[str],
        payload: list[bytes | None],
        priority: list[int],
        execute_after: list[timedelta | None] | None = None,
        dedupe_key: list[str | None] | None = None,
        headers: list[dict[str, str] | None] | None = None,
        *,
        on_conflict: Literal["skip"],
    ) -> list[types.JobId | None]: ...

    async def enqueue(
        self,
        entrypoint: str | list[str],
        payload: bytes | list[bytes | None] | None,
        priority: int | list[int] = 0,
        execute_after: timedelta | list[timedelta | None] | None = None,
        dedupe_key: str | list[str | None] | None = None,
        headers: dict[str, str] | list[dict[str, str] | None] | None = None,
        *,
        on_conflict: types.OnConflict = "raise",
    ) -> list[types.JobId] | list[types.JobId | None]:
        """Raises DuplicateJobError on a taken key with `on_conflict="raise"`; then nothing is inserted."""
        params = normalize_enqueue_params(entrypoint, payload, priority, execute_after, dedupe_key, headers)
        if on_conflict == "update_priority":
            reject_repeated_dedupe_keys(params.dedupe_key)
        try:
            ids = await self.database.write(commands.enqueue, on_conflict, _enqueue_rows(params))
        except IntegrityError as error:
            raise errors.DuplicateJobError(params.dedupe_key) from error
        self.wake()
        return cast("list[types.JobId | None]", ids)

    async def log_jobs(
        self, job_status: list[tuple[models.Job, types.JOB_STATUS, models.TracebackRecord | None]]
    ) -> None:
        """Record results; jobs whose handler was interrupted by our own stop go back instead."""
        ended, unfinished = split_results(job_status, self.abandoned)
        if ended:
            await self.database.write(commands.finish, ended)
        if unfinished:
            await self.database.write(commands.release, unfinished)
            self.abandoned.difference_update(unfinished)
        self.wake()

    async def retry_job(
        self, job: models.Job, delay: timedelta, traceback_record: models.TracebackRecord | None
    ) -> None:
        """Put the job back; when that cannot be written, its lease brings it back, so that it is not lost."""
        record = clean_record(traceback_record)
        error = None if record is None else record.exception_message
        try:
            await self.database.write(commands.retry, job.id, _millis(delay), error)
        except Exception as failure:
            log.warning("retry left to the lease", job=job.entrypoint, id=job.id, error=str(failure))
            return
        self.wake()

    async def release(self, ids: Iterable[types.JobId]) -> None:
        """Give picked jobs back at once, without counting an attempt."""
        await self.database.write(commands.release, list(ids))
        self.wake()

    async def recover(self) -> int:
        """Give back all picked jobs; only for the one server process, before it starts working."""
        return await self.database.write(commands.recover)

    async def purge(self, older_than_ms: int, batch: int) -> int:
        """Delete up to `batch` finished jobs older than the age; returns how many went."""
        return await self.database.write(commands.purge, older_than_ms, batch)

    async def requeue_jobs(self, ids: list[types.JobId]) -> None:
        await self.database.write(commands.requeue, ids)
        self.wake()

    async def list_failed_jobs(self, limit: int = 100, order: types.SortOrder = "DESC") -> list[models.Job]:
        return [to_job(row) for row in await self.database.read(commands.failed, limit, order)]

    async def clear_queue(self, entrypoint: str | list[str] | None = None) -> None:
        await self.database.write(commands.clear, _names(entrypoint))

    async def queue_size(self) -> list[models.QueueStatistics]:
        return [
            models.QueueStatistics(
                count=row.count, entrypoint=row.name, priority=row.priority, status=row.status
            )
            for row in await self.database.read(commands.sizes)
        ]

    async def mark_job_as_cancelled(self, ids: list[types.JobId]) -> None:
        await self.database.write(commands.cancel, ids)
        await self.notify_job_cancellation(ids)

    async def update_heartbeat(self, job_ids: list[types.JobId]) -> None:
        await self.database.write(commands.heartbeat, set(job_ids))

    async def queued_work(self, entrypoints: list[types.QueueEntrypoint]) -> int:
        """At most 1,000. With `only_due` (draining), jobs whose time has not come do not count."""
        return await self.database.read(commands.due if self.only_due else commands.waiting, entrypoints)

    async def eligible_queued_work(self, entrypoints: list[types.QueueEntrypoint]) -> int:
        return await self.database.read(commands.due, entrypoints)

    async def next_deferred_eta(self, entrypoints: list[types.QueueEntrypoint]) -> timedelta | None:
        millis = await self.database.read(commands.next_due_in, entrypoints)
        return None if millis is None else timedelta(milliseconds=millis)

    async def job_status(self, ids: list[types.JobId]) -> list[tuple[types.JobId, types.JOB_STATUS]]:
        found = await self.database.read(commands.statuses, ids)
        return cast("list[tuple[types.JobId, types.JOB_STATUS]]", found)

    # History

    async def queue_log(self) -> list[models.Log]:
        return [to_log(row) for row in await self.database.read(commands.finished)]

    async def aggregate_logs(self) -> None:
        """Nothing to fold: statistics are read from the history itself."""

    async def log_statistics(
        self, limit: int | None, last: timedelta | None = None
    ) -> list[models.LogStatistics]:
        rows = await self.database.read(commands.statistics, limit, None if last is None else _millis(last))
        return [
            models.LogStatistics(
                count=row.count,
                created=to_datetime(row.second),
                entrypoint=row.name,
                priority=row.priority,
                status=row.status,
            )
            for row in rows
        ]

    async def clear_statistics_log(self, entrypoint: str | list[str] | None = None) -> None:
        await self.database.write(commands.clear_history, _names(entrypoint))

    # Schedules

    async def insert_schedule(self, schedules: dict[models.CronExpressionEntrypoint, timedelta]) -> None:
        keys = [(str(key.entrypoint), str(key.expression)) for key in schedules]
        await self.database.write(commands.insert_schedules, keys)

    async def fetch_schedule(
        self, entrypoints: dict[models.CronExpressionEntrypoint, timedelta]
    ) -> list[models.Schedule]:
        """Pick due schedules; their next run follows from the expression and the database's clock."""
        if not await self.database.read(commands.due_schedules):
            return []
        keys = [(str(key.entrypoint), str(key.expression)) for key in entrypoints]
        return [to_schedule(row) for row in await self.database.write(commands.pick_schedules, keys)]

    async def set_schedule_queued(self, ids: set[types.ScheduleId]) -> None:
        await self.database.write(commands.release_schedules, ids)

    async def update_schedule_heartbeat(self, ids: set[types.ScheduleId]) -> None:
        await self.database.write(commands.schedule_heartbeat, ids)

    async def peek_schedule(self) -> list[models.Schedule]:
        return [to_schedule(row) for row in await self.database.read(commands.schedules)]

    async def delete_schedule(
        self, ids: set[types.ScheduleId], entrypoints: set[types.CronEntrypoint]
    ) -> None:
        await self.database.write(commands.delete_schedules, ids, entrypoints)

    async def clear_schedule(self) -> None:
        await self.database.write(commands.clear_schedules)

    # Schema: migrations own it

    async def install(self) -> None: ...

    async def uninstall(self) -> None:
        raise NotImplementedError("the queue's tables belong to the application's migrations")

    async def upgrade(self) -> None: ...

    async def has_table(self, table: str) -> bool:
        return True

    async def table_has_column(self, table: str, column: str) -> bool:
        return True

    async def table_has_index(self, table: str, index: str) -> bool:
        return True

    async def has_user_defined_enum(self, key: str, enum: str) -> bool:
        return True

    async def has_function(self, function: str) -> bool:
        return True

    async def has_trigger(self, trigger: str) -> bool:
        return True
