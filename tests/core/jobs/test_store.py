"""The repository port, one suite for both stores (design, "Jobs")."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from pgqueuer.domain import models, types
from pgqueuer.domain.errors import DuplicateJobError
from pgqueuer.ports.repository import EntrypointExecutionParameter

from antiphon.core.clock import MINUTE, SECOND
from waiting import eventually

if TYPE_CHECKING:
    from conftest import Advance, Store

LEASE = timedelta(seconds=30)
ME = types.QueueManagerId(uuid.UUID(int=1))
OTHER = types.QueueManagerId(uuid.UUID(int=2))
A, B = types.QueueEntrypoint("a"), types.QueueEntrypoint("b")


async def take(
    store: Store,
    batch: int = 10,
    *,
    limits: dict[str, int] | None = None,
    manager: types.QueueManagerId = ME,
    at_most: int | None = None,
    lease: timedelta = LEASE,
) -> list[models.Job]:
    names = {"a": 0, "b": 0} | (limits or {})
    wanted = {types.QueueEntrypoint(n): EntrypointExecutionParameter(limit) for n, limit in names.items()}
    return await store.dequeue(batch, wanted, manager, at_most, lease)


def payloads(jobs: list[models.Job]) -> list[bytes | None]:
    return [job.payload for job in jobs]


async def finish(store: Store, job: models.Job, status: types.JOB_STATUS = "successful") -> None:
    await store.log_jobs([(job, status, None)])


async def test_priority_first_then_order_of_arrival(store: Store) -> None:
    await store.enqueue(["a", "b", "a"], [b"1", b"2", b"3"], [0, 5, 0])
    jobs = await take(store, 2)
    assert payloads(jobs) == [b"2", b"1"]
    assert [(job.status, job.queue_manager_id, job.attempts) for job in jobs] == [("picked", ME, 0)] * 2
    assert payloads(await take(store)) == [b"3"]
    assert await take(store) == []


async def test_unknown_names_are_left_alone(store: Store) -> None:
    await store.enqueue("later", b"x")
    assert await take(store) == []
    assert await store.queued_work([types.QueueEntrypoint("later")]) == 1


async def test_deferred_job_waits_for_its_time(store: Store, advance: Advance) -> None:
    await store.enqueue("a", b"x", execute_after=timedelta(minutes=1))
    assert await take(store) == []
    assert await store.queued_work([A]) == 1
    assert await store.eligible_queued_work([A]) == 0
    eta = await store.next_deferred_eta([A, B])
    assert eta is not None
    assert timedelta(seconds=50) < eta <= timedelta(minutes=1)
    assert await store.next_deferred_eta([B]) is None
    await advance(MINUTE)
    assert await store.eligible_queued_work([A]) == 1
    assert await store.next_deferred_eta([A]) is None
    assert payloads(await take(store)) == [b"x"]


async def test_due_deferred_job_competes_by_priority(store: Store, advance: Advance) -> None:
    await store.enqueue("a", b"deferred", 9, timedelta(seconds=5))
    await store.enqueue("a", b"ready", 1)
    await advance(6 * SECOND)
    assert payloads(await take(store)) == [b"deferred", b"ready"]


async def test_taken_key_raises_and_inserts_nothing(store: Store) -> None:
    await store.enqueue("a", b"1", dedupe_key="k")
    with pytest.raises(DuplicateJobError):
        await store.enqueue(["a", "a"], [b"2", b"3"], [0, 0], dedupe_key=["free", "k"])
    assert await store.queued_work([A]) == 1


async def test_skip_keeps_positions(store: Store) -> None:
    (first,) = await store.enqueue("a", b"1", dedupe_key="k")
    ids = await store.enqueue(
        ["a", "a", "a"], [b"2", b"3", b"4"], [0] * 3, dedupe_key=["k", "m", "m"], on_conflict="skip"
    )
    assert ids[0] is None
    assert ids[1] is not None
    assert ids[1] > first
    assert ids[2] is None


async def test_update_priority_only_raises(store: Store) -> None:
    (first,) = await store.enqueue("a", b"1", 3, dedupe_key="k")
    assert await store.enqueue("a", b"2", 7, dedupe_key="k", on_conflict="update_priority") == [first]
    await store.enqueue("a", b"3", 1, dedupe_key="k", on_conflict="update_priority")
    (job,) = await take(store)
    assert (job.payload, job.priority) == (b"1", 7)


async def test_key_is_taken_while_running_and_free_after(store: Store) -> None:
    await store.enqueue("a", b"1", dedupe_key="k")
    (job,) = await take(store)
    assert await store.enqueue("a", b"2", dedupe_key="k", on_conflict="skip") == [None]
    await finish(store, job)
    assert await store.enqueue("a", b"3", dedupe_key="k", on_conflict="skip") != [None]


async def test_concurrency_limit_of_a_name_holds_over_workers(store: Store) -> None:
    await store.enqueue(["a"] * 4 + ["b"], [b"1", b"2", b"3", b"4", b"5"], [0] * 5)
    first = await take(store, limits={"a": 2})
    assert payloads(first) == [b"1", b"2", b"5"]
    assert await take(store, limits={"a": 2}, manager=OTHER) == []
    await finish(store, first[0])
    assert payloads(await take(store, limits={"a": 2}, manager=OTHER)) == [b"3"]


async def test_full_name_does_not_hide_others(store: Store) -> None:
    """A backlog of a limited job of higher priority leaves room for the rest."""
    await store.enqueue(["a"] * 30 + ["b"], [b"a"] * 30 + [b"b"], [9] * 30 + [0])
    assert payloads(await take(store, 5, limits={"a": 1})) == [b"a", b"b"]


async def test_worker_limit_counts_its_own_jobs(store: Store) -> None:
    await store.enqueue(["a"] * 5, [b"x"] * 5, [0] * 5)
    assert len(await take(store, at_most=2)) == 2
    assert await take(store, at_most=2) == []
    assert len(await take(store, at_most=3)) == 1
    assert len(await take(store, at_most=2, manager=OTHER)) == 2


async def test_job_of_a_silent_worker_is_taken_over(store: Store, advance: Advance) -> None:
    await store.enqueue(["a", "b"], [b"1", b"2"], [0, 0])
    first, second = await take(store)
    await advance(20 * SECOND)
    await store.update_heartbeat([second.id])
    await advance(20 * SECOND)
    (stolen,) = await take(store, manager=OTHER)
    assert (stolen.id, stolen.attempts, stolen.queue_manager_id) == (first.id, 0, OTHER)
    assert await take(store, manager=OTHER) == []


async def test_takeover_needs_no_free_place(store: Store, advance: Advance) -> None:
    """A stale job holds its own place under the limit, else recovery would lock itself out."""
    await store.enqueue("a", b"1")
    await take(store, limits={"a": 1})
    await advance(MINUTE)
    assert payloads(await take(store, limits={"a": 1}, manager=OTHER)) == [b"1"]


async def test_retry_counts_and_defers(store: Store, advance: Advance) -> None:
    await store.enqueue("a", b"1", dedupe_key="k")
    (job,) = await take(store)
    await store.retry_job(job, timedelta(seconds=30), None)
    assert await take(store) == []
    assert await store.enqueue("a", b"2", dedupe_key="k", on_conflict="skip") == [None]
    await advance(31 * SECOND)
    (again,) = await take(store)
    assert (again.id, again.attempts) == (job.id, 1)


async def test_failed_job_is_held_and_requeued(store: Store) -> None:
    await store.enqueue("a", b"1")
    (job,) = await take(store)
    await store.retry_job(job, timedelta(0), None)
    (job,) = await take(store)
    await finish(store, job, "failed")
    assert [held.id for held in await store.list_failed_jobs()] == [job.id]
    assert await store.job_status([job.id]) == [(job.id, "failed")]
    assert await take(store) == []
    await store.requeue_jobs([job.id])
    (again,) = await take(store)
    assert (again.id, again.attempts) == (job.id, 0)
    assert await store.list_failed_jobs() == []


async def test_cancelled_job_is_gone_and_announced(store: Store) -> None:
    heard: list[models.CancellationEvent] = []
    arrived = types.HealthCheckId(uuid.uuid4())
    seen = []

    def listen(payload: str | bytes | bytearray) -> None:
        event = models.AnyEvent.model_validate_json(payload).root
        if isinstance(event, models.CancellationEvent):
            heard.append(event)
        seen.append(event)

    (job_id,) = await store.enqueue("a", b"1", dedupe_key="k")
    async with store.driver:
        await store.driver.add_listener(store.qbe.settings.channel, listen)
        await store.mark_job_as_cancelled([job_id])
        await store.notify_health_check(arrived)
        await eventually(lambda: any(isinstance(event, models.HealthCheckEvent) for event in seen))
    assert [event.ids for event in heard] == [[job_id]]
    assert await take(store) == []
    assert await store.job_status([job_id]) == [(job_id, "canceled")]
    assert await store.enqueue("a", b"2", dedupe_key="k", on_conflict="skip") != [None]


async def test_clear_one_name(store: Store) -> None:
    await store.enqueue(["a", "b"], [b"1", b"2"], [0, 0])
    await store.clear_queue("a")
    assert [(s.entrypoint, s.status, s.count) for s in await store.queue_size()] == [("b", "queued", 1)]
    await store.clear_queue()
    assert await store.queue_size() == []


async def test_sizes_count_deferred_as_queued(store: Store) -> None:
    await store.enqueue(["a", "a", "a"], [b"1", b"2", b"3"], [0] * 3, [None, timedelta(hours=1), None])
    await take(store, 1)
    sizes = {(s.entrypoint, s.status): s.count for s in await store.queue_size()}
    assert sizes == {("a", "queued"): 2, ("a", "picked"): 1}


async def test_results_reach_the_history(store: Store) -> None:
    """An error text may hold what no database stores: NUL and lone surrogates."""
    await store.enqueue(["a", "b"], [b"1", b"2"], [0, 0])
    good, bad = await take(store)
    record = models.TracebackRecord.from_exception(ValueError("nul \0 and \ud800"), bad.id, {"k": "\0"})
    await store.log_jobs([(good, "successful", None), (bad, "exception", record)])
    log = {
        entry.job_id: entry for entry in await store.queue_log() if entry.status not in ("queued", "picked")
    }
    assert log[good.id].status == "successful"
    assert log[bad.id].status == "exception"
    stored = log[bad.id].traceback
    assert stored is not None
    assert stored.exception_message.startswith("nul \ufffd and ")
    assert await take(store, lease=timedelta(0)) == []


async def test_interrupted_job_goes_back_without_an_attempt(store: Store) -> None:
    await store.enqueue("a", b"1")
    (job,) = await take(store)
    store.abandoned.add(job.id)
    await finish(store, job, "canceled")
    (again,) = await take(store, manager=OTHER)
    assert (again.id, again.attempts) == (job.id, 0)
    assert store.abandoned == set()


async def test_purge_deletes_old_history_in_batches(store: Store, advance: Advance) -> None:
    await store.enqueue(["a"] * 3, [b"x"] * 3, [0] * 3)
    for job in await take(store):
        await finish(store, job)
    before = len(await store.queue_log())
    assert await store.purge(MINUTE, 2) == 0
    await advance(2 * MINUTE)
    assert await store.purge(MINUTE, 2) == 2
    assert len(await store.queue_log()) == before - 2


async def test_schedule_runs_once_when_due(store: Store, advance: Advance) -> None:
    key = models.CronExpressionEntrypoint(types.CronEntrypoint("nightly"), types.CronExpression("0 3 * * *"))
    delays = {key: timedelta(hours=24)}
    await store.insert_schedule(delays)
    await store.insert_schedule(delays)
    (row,) = await store.peek_schedule()
    assert (row.entrypoint, row.expression, row.status, row.last_run) == (*key, "queued", None)
    assert await store.fetch_schedule(delays) == []
    await advance(24 * 60 * MINUTE + MINUTE)
    (picked,) = await store.fetch_schedule(delays)
    assert await store.fetch_schedule(delays) == []
    await store.update_schedule_heartbeat({picked.id})
    await store.set_schedule_queued({picked.id})
    (row,) = await store.peek_schedule()
    assert row.status == "queued"
    assert row.last_run is not None
    assert row.next_run > row.last_run
    await store.delete_schedule(set(), {key.entrypoint})
    assert await store.peek_schedule() == []
