"""Which jobs exist: handlers, retry policies, concurrency limits and schedules by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from croniter import croniter

from antiphon.core.jobs.policy import RetryPolicy

Payload = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a handler knows about its run; `attempt` counts from 1."""

    attempt: int
    is_last_attempt: bool
    job_id: int


Handler = Callable[[Payload, JobContext], Awaitable[None]]
WaitTurn = Callable[[], Awaitable[None]]
"""Awaited before work that others come before."""
ExhaustedHook = Callable[[Payload, Exception], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class JobDefinition:
    name: str
    handler: Handler
    retry: RetryPolicy
    concurrency: int
    on_exhausted: ExhaustedHook | None


class JobRegistry:
    """All jobs of the process; every worker of an installation registers the same ones."""

    def __init__(self) -> None:
        self.jobs: dict[str, JobDefinition] = {}
        self.schedules: dict[str, str] = {}

    def add(
        self,
        name: str,
        handler: Handler,
        *,
        retry: RetryPolicy | None = None,
        concurrency: int = 0,
        on_exhausted: ExhaustedHook | None = None,
    ) -> None:
        """Register a job; `concurrency` limits how many run at once over all workers (0: no limit).

        A handler may run more than once for one job. `on_exhausted` runs when no attempt is left, before
        the job is finished as failed; if it raises, the job is tried again later.
        """
        if name in self.jobs:
            raise ValueError(f"job {name!r} is registered twice")
        if concurrency < 0:
            raise ValueError("concurrency must not be negative")
        self.jobs[name] = JobDefinition(name, handler, retry or RetryPolicy(), concurrency, on_exhausted)

    def add_schedule(
        self, name: str, cron: str, handler: Handler, *, retry: RetryPolicy | None = None
    ) -> None:
        """Register a job that is enqueued by a cron expression (UTC), at most once at a time.

        A run missed while no worker was up is made up for once.
        """
        if not croniter.is_valid(cron):
            raise ValueError(f"invalid cron expression {cron!r}")
        self.add(name, handler, retry=retry, concurrency=1)
        self.schedules[name] = cron
