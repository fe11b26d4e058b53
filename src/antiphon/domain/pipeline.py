"""What the pipelines of recordings share: steps that run as jobs with stable keys and hand on to the next.

A step stores its result and enqueues the next one in the same transaction, so that a killed process goes on
where it was. A step that has failed for good stores the reason and hands on all the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from antiphon.core.clock import MINUTE, SECOND
from antiphon.core.db.database import Database
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import NotFoundError
from antiphon.core.jobs.policy import RetryPolicy
from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload, WaitTurn
from antiphon.settings import Settings

ENGINE_RETRY = RetryPolicy(max_attempts=6, initial_ms=2 * SECOND, factor=3.0, max_ms=10 * MINUTE)
COMPLETE_RETRY = RetryPolicy(max_attempts=1_000_000, initial_ms=SECOND, max_ms=5 * MINUTE)
MEDIA_TIMEOUT = 120.0
TRANSCRIBE_TIMEOUT = 900.0
FIRST_RUN = "first"
STALLED_MS = 15 * MINUTE
STALLED_BATCH = 200

S = TypeVar("S", bound=str)
T = TypeVar("T")
R = TypeVar("R")
R_contra = TypeVar("R_contra", contravariant=True)
S_contra = TypeVar("S_contra", bound=str, contravariant=True)
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class StepRun:
    """One passage of one object through its steps; each repetition is a run of its own."""

    account_id: str
    object_id: str
    run: str


class Begin(Protocol[S_contra, T_co]):
    def __call__(self, tx: WriteTx, run: StepRun, step: S_contra) -> T_co:
        """The object as it is now. Raises NotFoundError when it was deleted."""
        ...


class Store(Protocol[S_contra, R_contra]):
    def __call__(self, tx: WriteTx, run: StepRun, step: S_contra, result: R_contra) -> None: ...


class GiveUp(Protocol[S_contra]):
    def __call__(self, tx: WriteTx, run: StepRun, step: S_contra, reason: str) -> None: ...


Body = Callable[[T, JobContext], Awaitable[R]]
FindStalled = Callable[[ReadTx, int], Sequence[tuple[StepRun, S]]]
"""At most `STALLED_BATCH` objects under way since before a time (ms), with their open steps."""


class StepJobs(Generic[S, T, R]):
    """Registers the steps of one kind of object as jobs `<kind>.<step>` with the payload key `<kind>_id`.

    `begin`, `store` and `give_up` each run in a transaction of their own. At most `at_once` jobs of each
    step are under way (0: no limit). `wait_turn` is awaited before a
    step: people wait for the answers to their uploads, nobody for this. Whatever `stalled` finds is resumed
    every few minutes.
    """

    def __init__(
        self,
        kind: str,
        database: Database,
        *,
        at_once: int,
        wait_turn: WaitTurn,
        begin: Begin[S, T],
        store: Store[S, R],
        give_up: GiveUp[S],
        stalled: FindStalled[S],
    ) -> None:
        self._kind = kind
        self._database = database
        self._at_once = at_once
        self._wait_turn = wait_turn
        self._begin = begin
        self._store = store
        self._give_up = give_up
        self._stalled = stalled

    def register(
        self,
        registry: JobRegistry,
        bodies: Mapping[S, Body[T, R]],
        last: S,
        complete: Callable[[WriteTx, StepRun], None],
    ) -> None:
        """`complete` is the last step: it runs until it has succeeded."""
        for step, body in bodies.items():
            registry.add(
                f"{self._kind}.{step}",
                self._handler(step, body),
                retry=ENGINE_RETRY,
                concurrency=self._at_once,
                on_exhausted=self._exhausted(step),
            )

        async def finish(payload: Payload, context: JobContext) -> None:
            try:
                await self._database.write(complete, self._run_of(payload))
            except NotFoundError:
                return

        registry.add(f"{self._kind}.{last}", finish, retry=COMPLETE_RETRY)
        registry.add_schedule(f"{self._kind}s.resume", "*/5 * * * *", self._resume)

    async def _resume(self, payload: Payload, context: JobContext) -> None:
        await self._database.write(resume_stalled, self._kind, self._stalled)

    def _run_of(self, payload: Payload) -> StepRun:
        return StepRun(str(payload["account_id"]), str(payload[f"{self._kind}_id"]), str(payload["run"]))

    def _handler(self, step: S, body: Body[T, R]) -> Callable[[Payload, JobContext], Awaitable[None]]:
        async def handle(payload: Payload, context: JobContext) -> None:
            run = self._run_of(payload)
            await self._wait_turn()
            try:
                found = await self._database.write(self._begin, run, step)
            except NotFoundError:
                return
            result = await body(found, context)
            await self._database.write(self._store, run, step, result)

        return handle

    def _exhausted(self, step: S) -> Callable[[Payload, Exception], Awaitable[None]]:
        async def give_up(payload: Payload, error: Exception) -> None:
            reason = str(error) or type(error).__name__
            await self._database.write(self._give_up, self._run_of(payload), step, reason)

        return give_up


def steps_at_once(settings: Settings) -> int:
    """The limit for each step: those that wait for a media worker leave other jobs a quarter of the queue.

    None on PostgreSQL, where it would hold for all workers together.
    """
    return 0 if settings.database_url else settings.job_concurrency // 8


def enqueue_step(tx: WriteTx, kind: str, run: StepRun, step: str) -> None:
    """Enqueue a step under a key that is stable for its run."""
    tx.enqueue(
        f"{kind}.{step}",
        {"account_id": run.account_id, f"{kind}_id": run.object_id, "run": run.run},
        key=f"{kind}.{step}:{run.object_id}:{run.run}",
    )


def resume_stalled(tx: WriteTx, kind: str, find: FindStalled[S], age_ms: int = STALLED_MS) -> int:
    """Enqueue the open step of what has been under way too long; returns how many.

    A step whose job still exists keeps that one, by its key.
    """
    found = find(tx, tx.now - age_ms)
    for run, step in found:
        enqueue_step(tx, kind, run, step)
    return len(found)


def delete_object(tx: WriteTx, key: str) -> None:
    """Delete a stored file once the transaction has committed, whatever happens to this process."""
    tx.enqueue("objects.delete", {"key": key}, key=f"objects.delete:{key}")
