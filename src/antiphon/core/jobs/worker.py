"""Runs the jobs of an installation: one worker on SQLite, any number of processes on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog
from asyncpg import Pool
from pgqueuer.core.qm import QueueManager
from pgqueuer.core.sm import SchedulerManager
from pgqueuer.domain import models
from pgqueuer.domain.types import JobId, QueueExecutionMode

from antiphon.core.clock import DAY, MINUTE
from antiphon.core.db.database import Database
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import ConfigurationError
from antiphon.core.jobs.executor import JobExecutor, RunningJobs
from antiphon.core.jobs.postgres_driver import PostgresDriver, create_pool
from antiphon.core.jobs.postgres_store import PostgresQueries
from antiphon.core.jobs.registry import JobRegistry, WaitTurn
from antiphon.core.jobs.sqlite_store import SqliteQueries

log = structlog.get_logger(__name__)

Store = SqliteQueries | PostgresQueries

PURGE_EVERY_SECONDS = 10 * MINUTE / 1000
PURGE_BATCH = 1000
PURGE_PAUSE_SECONDS = 0.05
STEADY_SECONDS = 60.0
LONGEST_RESTART_PAUSE_SECONDS = 15.0
INTERRUPT_SECONDS = 5.0
DRAIN_POLL = timedelta(milliseconds=10)


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """`concurrency` caps the jobs this worker runs at once; `lease_ms` is how long a dead worker's jobs wait.

    `poll_ms` bounds the delay of jobs enqueued by another process on SQLite and the damage of a lost
    notification on PostgreSQL. Finished jobs are kept `retention_days` (0: for good).
    """

    postgres_url: str | None = None
    concurrency: int = 200
    lease_ms: int = 30_000
    poll_ms: int = 2_000
    retention_days: int = 7


def enqueue_scheduled(tx: WriteTx, name: str) -> None:
    tx.enqueue(name, {}, key=f"schedule:{name}")


class JobWorker:
    """Runs the registry's jobs from the database's queue until stopped; restarts the engine when it fails.

    A worker runs once. `wait_turn` is awaited before it takes jobs; it returns soon. Raises
    ConfigurationError when PostgreSQL is used without its URL.
    """

    def __init__(
        self,
        database: Database,
        registry: JobRegistry,
        settings: WorkerSettings | None = None,
        wait_turn: WaitTurn | None = None,
    ) -> None:
        self.database = database
        self.registry = registry
        self.settings = settings or WorkerSettings()
        self._wait_turn = wait_turn
        self.running = RunningJobs()
        self._stopping = asyncio.Event()
        self._done = asyncio.Event()
        self._done.set()
        self._store: Store | None = None
        self._pool: Pool | None = None
        if database.dialect == "postgresql" and self.settings.postgres_url is None:
            raise ConfigurationError("a job worker on PostgreSQL needs the database URL")
        if self.settings.concurrency < 2:
            raise ConfigurationError("a job worker needs a concurrency of at least 2")
        database.add_jobs_listener(self._wake)

    async def run(self) -> None:
        """Work until `stop`."""
        self._done.clear()
        try:
            async with self._pooled():
                recovered = await self._new_store().recover()
                if recovered:
                    log.info("jobs of a previous process come back", count=recovered)
                await asyncio.gather(
                    self._supervise("queue", self._run_queue),
                    self._supervise("schedules", self._run_schedules),
                    self._supervise("retention", self._run_retention),
                )
        finally:
            self._done.set()

    async def stop(self, grace_seconds: float = 10.0) -> None:
        """Take no more jobs and let the running ones finish; those that outlast the grace are given back."""
        self._stopping.set()
        if self._store is not None:
            self._store.closing.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._done.wait(), grace_seconds)
            return
        log.warning("giving back unfinished jobs", count=len(self.running))
        self.running.interrupt()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._done.wait(), INTERRUPT_SECONDS)
            return
        log.error("jobs ignore their interruption; their lease will bring them back", count=len(self.running))

    async def cancel(self, job_ids: Sequence[int]) -> None:
        """Drop jobs, running ones on any worker included; their handlers are interrupted."""
        ids = [JobId(job_id) for job_id in job_ids]
        if self._store is not None:
            await self._store.mark_job_as_cancelled(ids)
            return
        async with self._pooled():
            await self._new_store().mark_job_as_cancelled(ids)

    async def drain(self) -> None:
        """Run every due job and those they enqueue, until none is due; deferred jobs stay. For tests."""
        async with self._pooled():
            store = self._new_store()
            manager = self._manager(store, asyncio.Event())
            manager.min_dequeue_poll_interval = DRAIN_POLL
            store.only_due = True
            await self._run_manager(manager, DRAIN_POLL, QueueExecutionMode.drain)

    async def run_due_schedules(self) -> list[str]:
        """Enqueue the jobs of schedules that are due, and return their names. For tests."""
        async with self._pooled():
            store = self._new_store()
            scheduler = self._scheduler(store, asyncio.Event())
            delays = {key: executor.next_in() for key, executor in scheduler.registry.items()}
            await store.insert_schedule(delays)
            due = await store.fetch_schedule(delays)
            for schedule in due:
                key = models.CronExpressionEntrypoint(schedule.entrypoint, schedule.expression)
                await scheduler.dispatch(scheduler.registry[key], schedule)
            return [str(schedule.entrypoint) for schedule in due]

    def _wake(self) -> None:
        if isinstance(self._store, SqliteQueries):
            self._store.wake()

    @asynccontextmanager
    async def _pooled(self) -> AsyncIterator[None]:
        if self.settings.postgres_url is None:
            yield
            return
        async with create_pool(self.settings.postgres_url) as self._pool:
            yield

    def _new_store(self) -> Store:
        if self.settings.postgres_url is None:
            return SqliteQueries(self.database, wait_turn=self._wait_turn)
        assert self._pool is not None
        return PostgresQueries(PostgresDriver(self._pool, self.settings.postgres_url), self._wait_turn)

    def _manager(self, store: Store, shutdown: asyncio.Event) -> QueueManager:
        manager = QueueManager(store)
        manager.shutdown = shutdown
        for name, definition in self.registry.jobs.items():
            manager.register_executor(name, JobExecutor(definition, self.running, store.abandoned))
        return manager

    def _scheduler(self, store: Store, shutdown: asyncio.Event) -> SchedulerManager:
        scheduler = SchedulerManager(store)
        scheduler.shutdown = shutdown
        for name, cron in self.registry.schedules.items():
            scheduler.schedule(name, cron)(self._enqueuer(name))
        return scheduler

    def _enqueuer(self, name: str) -> Callable[[models.Schedule], Awaitable[None]]:
        async def enqueue(schedule: models.Schedule) -> None:
            await self.database.write(enqueue_scheduled, name)

        return enqueue

    async def _run_manager(
        self, manager: QueueManager, poll: timedelta, mode: QueueExecutionMode = QueueExecutionMode.continuous
    ) -> None:
        concurrency = self.settings.concurrency
        await manager.run(
            dequeue_timeout=poll,
            batch_size=min(100, concurrency // 2),
            mode=mode,
            max_concurrent_tasks=concurrency,
            heartbeat_timeout=timedelta(milliseconds=self.settings.lease_ms),
            log_aggregation_interval=timedelta(0),
        )

    async def _run_queue(self) -> None:
        store = self._new_store()
        self._store = store
        try:
            await self._run_manager(
                self._manager(store, self._stopping), timedelta(milliseconds=self.settings.poll_ms)
            )
        finally:
            self._store = None

    async def _run_schedules(self) -> None:
        if not self.registry.schedules:
            await self._stopping.wait()
            return
        await self._scheduler(self._new_store(), self._stopping).run()

    async def _run_retention(self) -> None:
        store = self._new_store()
        age = self.settings.retention_days * DAY
        while not self._stopping.is_set():
            full_batch = age > 0 and await store.purge(age, PURGE_BATCH) == PURGE_BATCH
            await self._pause(PURGE_PAUSE_SECONDS if full_batch else PURGE_EVERY_SECONDS)

    async def _supervise(self, part: str, run: Callable[[], Awaitable[None]]) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while not self._stopping.is_set():
            started = loop.time()
            try:
                await run()
            except Exception:
                failures = failures + 1 if loop.time() - started < STEADY_SECONDS else 1
                log.exception("job worker part failed, restarting", part=part, failures=failures)
                await self._pause(min(0.25 * 2 ** min(failures, 8), LONGEST_RESTART_PAUSE_SECONDS))

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
