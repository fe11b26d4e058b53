"""Runs one job: handler, retry decision, last-chance hook."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog
from pgqueuer.core.executors import AbstractEntrypointExecutor, EntrypointExecutorParameters
from pgqueuer.domain import models, types
from pgqueuer.domain.errors import RetryRequested

from antiphon.core.errors import AntiphonError
from antiphon.core.jobs.registry import JobContext, JobDefinition, Payload
from antiphon.core.jobs.results import clean_text

log = structlog.get_logger(__name__)


class HandlerCancelledError(AntiphonError):
    """A handler let a cancellation of something inside it escape."""


class RunningJobs:
    """The jobs of this process that are running now, so that a stop can interrupt them."""

    def __init__(self) -> None:
        self._tasks: dict[types.JobId, asyncio.Task[object]] = {}

    def __len__(self) -> int:
        return len(self._tasks)

    @contextmanager
    def track(self, job_id: types.JobId) -> Iterator[None]:
        task = asyncio.current_task()
        assert task is not None
        self._tasks[job_id] = task
        try:
            yield
        finally:
            del self._tasks[job_id]

    def interrupt(self) -> None:
        for task in self._tasks.values():
            task.cancel()


class JobExecutor(AbstractEntrypointExecutor):
    """The engine's executor for one job definition.

    `abandoned` collects jobs that this process stops running without a result; the store gives them back.
    """

    def __init__(self, definition: JobDefinition, running: RunningJobs, abandoned: set[types.JobId]) -> None:
        super().__init__(
            EntrypointExecutorParameters(concurrency_limit=definition.concurrency, func=self._unused)
        )
        self.definition = definition
        self._running = running
        self._abandoned = abandoned

    async def _unused(self, job: models.Job) -> None:
        raise NotImplementedError

    async def execute(self, job: models.Job, context: models.Context) -> None:
        payload: Payload = json.loads(job.payload or b"{}")
        attempt = job.attempts + 1
        policy = self.definition.retry
        with self._running.track(job.id):
            try:
                with context.cancellation:
                    await self._handle(payload, JobContext(attempt, attempt >= policy.max_attempts, job.id))
            except asyncio.CancelledError:
                self._abandoned.add(job.id)
                raise
            except Exception as error:
                delay = policy.delay_for(error, attempt)
                if delay is None:
                    await self._exhausted(payload, error, attempt)
                    raise
                log.info(
                    "job failed, will retry",
                    job=self.definition.name,
                    id=job.id,
                    attempt=attempt,
                    delay_ms=delay,
                    error=clean_text(str(error)),
                )
                raise _retry(delay, error) from error

    async def _handle(self, payload: Payload, context: JobContext) -> None:
        try:
            await self.definition.handler(payload, context)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # Nobody cancelled this job; the engine would take it for a cancelled one and drop it.
            raise HandlerCancelledError("cancelled from within") from error

    async def _exhausted(self, payload: Payload, error: Exception, attempt: int) -> None:
        if self.definition.on_exhausted is None:
            return
        try:
            await self.definition.on_exhausted(payload, error)
        except Exception as failure:
            log.exception("exhausted job's hook failed, will retry", job=self.definition.name)
            raise _retry(self.definition.retry.backoff(attempt), failure) from failure


def _retry(delay_ms: int, error: Exception) -> RetryRequested:
    reason = clean_text(f"{type(error).__name__}: {error}")
    return RetryRequested(timedelta(milliseconds=delay_ms), reason)
