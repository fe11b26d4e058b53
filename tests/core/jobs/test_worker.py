"""The worker on both stores: what commits runs, what fails is retried, nothing is lost (design, "Jobs")."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from pgqueuer.domain import types

from antiphon.core.clock import DAY, HOUR, SECOND, ManualClock
from antiphon.core.db.database import Database
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import ConfigurationError, ErrorCategory, NotFoundError, ServiceError
from antiphon.core.jobs.policy import RetryPolicy
from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.core.jobs.testing import advance_and_drain
from antiphon.core.jobs.worker import JobWorker, WorkerSettings
from waiting import eventually

if TYPE_CHECKING:
    from conftest import Advance, HeldRows, MakeWorker, Running, Store

QUICK = RetryPolicy(max_attempts=3, initial_ms=10 * SECOND, factor=2, jitter=0)
AT_ONCE = RetryPolicy(max_attempts=3, initial_ms=0, jitter=0)


def put(
    tx: WriteTx, name: str, key: str, *, delay_ms: int = 0, priority: int = 0, **payload: str | int
) -> None:
    """The smallest domain command: it only enqueues."""
    tx.enqueue(name, payload, key=key, delay_ms=delay_ms, priority=priority)


class Recorder:
    """A handler that remembers its calls and fails as told."""

    def __init__(self, *outcomes: BaseException | None) -> None:
        self.outcomes = list(outcomes)
        self.calls: list[Payload] = []
        self.contexts: list[JobContext] = []
        self.exhausted: list[tuple[Payload, Exception]] = []

    async def __call__(self, payload: Payload, context: JobContext) -> None:
        self.calls.append(payload)
        self.contexts.append(context)
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome is not None:
            raise outcome

    async def on_exhausted(self, payload: Payload, error: Exception) -> None:
        self.exhausted.append((payload, error))


async def test_enqueued_job_runs_once(
    database: Database, registry: JobRegistry, make_worker: MakeWorker, held_rows: HeldRows
) -> None:
    handler = Recorder()
    registry.add("work", handler)
    worker = make_worker()
    await database.write(put, "work", "k", call="c1", n=3)
    await worker.drain()
    await worker.drain()
    assert handler.calls == [{"call": "c1", "n": 3}]
    assert [(c.attempt, c.is_last_attempt) for c in handler.contexts] == [(1, False)]
    assert await held_rows() == []


async def test_rolled_back_transaction_enqueues_nothing(database: Database, held_rows: HeldRows) -> None:
    """Design section 2: what is rolled back never happened."""

    def fail(tx: WriteTx) -> None:
        put(tx, "work", "k")
        raise NotFoundError

    with pytest.raises(NotFoundError):
        await database.write(fail)
    assert await held_rows() == []


async def test_idle_worker_hears_of_a_commit(
    database: Database,
    registry: JobRegistry,
    make_worker: MakeWorker,
    running: Running,
    is_idle: Callable[[], bool],
) -> None:
    """The poll interval is out of reach, so only the notification can start the job."""
    handler = Recorder()
    registry.add("work", handler)
    async with running(make_worker(poll_ms=HOUR)):
        await eventually(is_idle)
        await database.write(put, "work", "k", n=1)
        await eventually(lambda: handler.calls == [{"n": 1}])


async def test_jobs_are_taken_when_it_is_their_turn(
    database: Database, registry: JobRegistry, queue_url: str | None, running: Running, held_rows: HeldRows
) -> None:
    """What others come before stays in the queue meanwhile."""
    turn, asked = asyncio.Event(), 0

    async def wait_turn() -> None:
        nonlocal asked
        asked += 1
        await turn.wait()

    handler = Recorder()
    registry.add("work", handler)
    settings = WorkerSettings(postgres_url=queue_url)
    async with running(JobWorker(database, registry, settings, wait_turn)):
        await database.write(put, "work", "k")
        await eventually(lambda: asked == 1)
        assert await held_rows() == [("work", "queued", 0)]
        assert handler.calls == []
        turn.set()
        await eventually(lambda: len(handler.calls) == 1)


async def test_jobs_enqueued_by_jobs_run_in_the_same_drain(
    database: Database, registry: JobRegistry, make_worker: MakeWorker
) -> None:
    second = Recorder()

    async def first(payload: Payload, context: JobContext) -> None:
        await database.write(put, "second", "s", of=context.job_id)

    registry.add("first", first)
    registry.add("second", second)
    await database.write(put, "first", "f")
    await make_worker().drain()
    assert len(second.calls) == 1


async def test_failures_back_off_then_finish(
    database: Database,
    registry: JobRegistry,
    make_worker: MakeWorker,
    clock: ManualClock,
    held_rows: HeldRows,
    store: Store,
) -> None:
    errors = [RuntimeError("one \0"), ServiceError(ErrorCategory.SERVER, "two"), RuntimeError("three")]
    handler = Recorder(*errors)
    registry.add("work", handler, retry=QUICK, on_exhausted=handler.on_exhausted)
    worker = make_worker()
    await database.write(put, "work", "k", id="x")
    await worker.drain()
    assert await held_rows() == [("work", "queued", 1)]
    await advance_and_drain(worker, clock, 9 * SECOND)
    assert len(handler.calls) == 1
    await advance_and_drain(worker, clock, 1 * SECOND)
    assert len(handler.calls) == 2
    await advance_and_drain(worker, clock, 20 * SECOND)
    assert [(c.attempt, c.is_last_attempt) for c in handler.contexts] == [(1, False), (2, False), (3, True)]
    assert handler.exhausted == [({"id": "x"}, errors[2])]
    assert await held_rows() == []
    assert await store.job_status([types.JobId(handler.contexts[0].job_id)]) == [
        (handler.contexts[0].job_id, "exception")
    ]


@pytest.mark.parametrize("category", [ErrorCategory.AUTH, ErrorCategory.QUOTA, ErrorCategory.CALLER])
async def test_final_refusal_is_not_retried(
    database: Database, registry: JobRegistry, make_worker: MakeWorker, category: ErrorCategory
) -> None:
    handler = Recorder(ServiceError(category, "no"))
    registry.add("work", handler, retry=AT_ONCE, on_exhausted=handler.on_exhausted)
    await database.write(put, "work", "k")
    await make_worker().drain()
    assert len(handler.calls) == 1
    assert len(handler.exhausted) == 1


async def test_failing_hook_keeps_the_job(
    database: Database,
    registry: JobRegistry,
    make_worker: MakeWorker,
    clock: ManualClock,
    held_rows: HeldRows,
) -> None:
    """A step that cannot write its visible reason is tried again until it can."""
    hooks = Recorder(OSError("disk full"), None)
    handler = Recorder(*[RuntimeError("always")] * 9)

    async def on_exhausted(payload: Payload, error: Exception) -> None:
        await hooks(payload, JobContext(0, True, 0))

    retry = RetryPolicy(max_attempts=1, initial_ms=SECOND, jitter=0)
    registry.add("work", handler, retry=retry, on_exhausted=on_exhausted)
    worker = make_worker()
    await database.write(put, "work", "k")
    await worker.drain()
    assert await held_rows() == [("work", "queued", 1)]
    await advance_and_drain(worker, clock, HOUR)
    assert len(hooks.calls) == 2
    assert await held_rows() == []


async def test_cancellation_leaking_from_a_handler_is_a_failure(
    database: Database, registry: JobRegistry, make_worker: MakeWorker
) -> None:
    """The engine drops cancelled jobs; one that merely lost a task inside is retried."""
    handler = Recorder(asyncio.CancelledError(), None)
    registry.add("work", handler, retry=AT_ONCE)
    await database.write(put, "work", "k")
    await make_worker().drain()
    assert [context.attempt for context in handler.contexts] == [1, 2]


async def test_broken_payload_fails_visibly(
    registry: JobRegistry, make_worker: MakeWorker, store: Store, held_rows: HeldRows
) -> None:
    handler = Recorder()
    registry.add("work", handler)
    (job_id,) = await store.enqueue("work", b"{not json")
    await make_worker().drain()
    assert handler.calls == []
    assert await held_rows() == []
    assert await store.job_status([job_id]) == [(job_id, "exception")]


async def test_limit_of_a_name_is_kept_and_others_go_on(
    database: Database, registry: JobRegistry, make_worker: MakeWorker, running: Running
) -> None:
    now, most, done = 0, 0, 0
    release = asyncio.Event()
    other = Recorder()

    async def slow(payload: Payload, context: JobContext) -> None:
        nonlocal now, most, done
        now += 1
        most = max(most, now)
        await release.wait()
        now -= 1
        done += 1

    registry.add("slow", slow, concurrency=2)
    registry.add("other", other)

    def enqueue(tx: WriteTx) -> None:
        for n in range(6):
            put(tx, "slow", f"s{n}", priority=5)
        put(tx, "other", "o")

    async with running(make_worker()):
        await database.write(enqueue)
        await eventually(lambda: now == 2 and len(other.calls) == 1)
        release.set()
        await eventually(lambda: done == 6)
    assert most == 2


async def test_stop_waits_for_running_jobs(
    database: Database,
    registry: JobRegistry,
    make_worker: MakeWorker,
    held_rows: HeldRows,
) -> None:
    started, release = asyncio.Event(), asyncio.Event()
    finished = False

    async def slow(payload: Payload, context: JobContext) -> None:
        nonlocal finished
        started.set()
        await release.wait()
        finished = True

    registry.add("slow", slow)
    worker = make_worker()
    task = asyncio.create_task(worker.run())
    await database.write(put, "slow", "k")
    await eventually(started.is_set)
    stopping = asyncio.create_task(worker.stop(60))
    await asyncio.sleep(0)
    await database.write(put, "slow", "late")
    release.set()
    await stopping
    await task
    assert finished
    assert await held_rows() == [("slow", "queued", 0)]


async def test_stop_gives_unfinished_jobs_back(
    database: Database, registry: JobRegistry, make_worker: MakeWorker, held_rows: HeldRows
) -> None:
    """The job is there at once for the next worker, and the interrupted attempt does not count."""
    started = asyncio.Event()

    async def endless(payload: Payload, context: JobContext) -> None:
        started.set()
        await asyncio.Event().wait()

    registry.add("endless", endless)
    worker = make_worker()
    task = asyncio.create_task(worker.run())
    await database.write(put, "endless", "k")
    await eventually(started.is_set)
    await worker.stop(0.01)
    await task
    assert await held_rows() == [("endless", "queued", 0)]


async def test_cancelled_job_is_interrupted(
    database: Database,
    registry: JobRegistry,
    make_worker: MakeWorker,
    running: Running,
    store: Store,
    held_rows: HeldRows,
) -> None:
    started, interrupted = asyncio.Event(), asyncio.Event()
    ids = []

    async def endless(payload: Payload, context: JobContext) -> None:
        ids.append(types.JobId(context.job_id))
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            interrupted.set()

    registry.add("endless", endless)
    worker = make_worker()
    async with running(worker):
        await database.write(put, "endless", "k")
        await eventually(started.is_set)
        await worker.cancel(ids)
        await eventually(interrupted.is_set)
    assert await held_rows() == []
    assert await store.job_status(ids) == [(ids[0], "canceled")]


async def test_engine_crash_restarts_it(
    database: Database,
    registry: JobRegistry,
    make_worker: MakeWorker,
    running: Running,
    monkeypatch: pytest.MonkeyPatch,
    store: Store,
) -> None:
    """A bug in the queue manager's loop costs a pause, not the queue."""
    handler = Recorder()
    registry.add("work", handler)
    kind = type(store)
    dequeue = kind.dequeue
    crashes = 2

    async def failing(self: Store, *args: object, **kwargs: object) -> object:
        nonlocal crashes
        if crashes:
            crashes -= 1
            raise LookupError("crash of the queue manager")
        return await dequeue(self, *args, **kwargs)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(kind, "dequeue", failing)
    async with running(make_worker()):
        await database.write(put, "work", "k")
        await eventually(lambda: len(handler.calls) == 1)
    assert crashes == 0


async def test_schedule_enqueues_its_job(
    registry: JobRegistry, make_worker: MakeWorker, advance: Advance, held_rows: HeldRows
) -> None:
    handler = Recorder()
    registry.add_schedule("nightly", "0 3 * * *", handler)
    worker = make_worker()
    assert await worker.run_due_schedules() == []
    await advance(DAY)
    assert await worker.run_due_schedules() == ["nightly"]
    assert await worker.run_due_schedules() == []
    await worker.drain()
    assert handler.calls == [{}]
    assert await held_rows() == []


async def test_missed_schedule_is_made_up_for_at_start(
    registry: JobRegistry, make_worker: MakeWorker, advance: Advance, running: Running
) -> None:
    handler = Recorder()
    registry.add_schedule("nightly", "0 3 * * *", handler)
    await make_worker().run_due_schedules()
    await advance(3 * DAY)
    async with running(make_worker()):
        await eventually(lambda: len(handler.calls) == 1)
    assert len(handler.calls) == 1


async def test_retention_deletes_old_history_at_start(
    registry: JobRegistry,
    make_worker: MakeWorker,
    database: Database,
    advance: Advance,
    running: Running,
    store: Store,
) -> None:
    registry.add("work", Recorder())
    await database.write(put, "work", "k")
    await make_worker().drain()
    assert await store.queue_log() != []
    await advance(8 * DAY)

    async def empty() -> bool:
        return await store.queue_log() == []

    async with running(make_worker(retention_days=7)):
        await eventually(empty)


async def test_registering_twice_or_wrongly_is_refused(registry: JobRegistry) -> None:
    registry.add("work", Recorder())
    with pytest.raises(ValueError, match="twice"):
        registry.add("work", Recorder())
    with pytest.raises(ValueError, match="cron"):
        registry.add_schedule("nightly", "61 * * * *", Recorder())
    with pytest.raises(ValueError, match="negative"):
        registry.add("other", Recorder(), concurrency=-1)


async def test_worker_on_postgres_needs_the_url(
    database: Database, registry: JobRegistry, make_worker: MakeWorker
) -> None:
    if database.dialect == "postgresql":
        with pytest.raises(ConfigurationError):
            JobWorker(database, registry)
    with pytest.raises(ConfigurationError):
        make_worker(concurrency=1)
