"""Media worker processes: a bad call costs only itself, and nothing outlives the server."""

from __future__ import annotations

import asyncio
import ctypes
import operator
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from antiphon.core.errors import ErrorCategory, ServiceError
from antiphon.speech import audio, workers
from antiphon.speech.workers import Lane, MediaPool
from waiting import eventually

SOURCE = Path(__file__).parents[2] / "src"


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_nothing_runs_before_the_first_call(pool: MediaPool) -> None:
    assert pool.worker_count == 0
    assert await pool.run(os.getpid) != os.getpid()
    assert pool.worker_count == 1


async def test_a_worker_is_used_again(pool: MediaPool) -> None:
    assert await pool.run(os.getpid) == await pool.run(os.getpid)


async def test_warm_starts_one_worker_of_each_lane(pool: MediaPool) -> None:
    await pool.warm()
    assert pool.worker_count == len(Lane)


async def test_an_expected_call_finds_its_worker_started(pool: MediaPool) -> None:
    """One worker, however often it is announced."""
    pool.expect(Lane.UPLOAD)
    pool.expect(Lane.UPLOAD)
    await eventually(lambda: pool.worker_count == 1)
    first = await pool.run(os.getpid, lane=Lane.UPLOAD)
    pool.expect(Lane.UPLOAD)
    assert await pool.run(os.getpid, lane=Lane.UPLOAD) == first
    assert pool.worker_count == 1


async def _hold_starts(monkeypatch: pytest.MonkeyPatch) -> asyncio.Future[None]:
    """No worker starts before the future is done."""
    real, held = workers._Worker.start, asyncio.get_running_loop().create_future()

    async def start(rules: Any) -> Any:
        await asyncio.shield(held)
        return await real(rules)

    monkeypatch.setattr(workers._Worker, "start", start)
    return held


async def test_a_call_takes_the_first_worker_that_is_free(
    pool: MediaPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not wait for one that is still starting."""
    lane = Lane.UPLOAD
    first = await pool.run(os.getpid, lane=lane)
    held = await _hold_starts(monkeypatch)
    calls = (pool.run(time.sleep, 0.1, lane=lane), *(pool.run(os.getpid, lane=lane) for _ in range(5)))
    assert await asyncio.gather(*calls) == [None, *[first] * 5]
    held.set_result(None)
    await eventually(lambda: pool.worker_count == min(2, workers.usable_cores()))


async def test_who_waits_fails_when_no_worker_is_left(
    pool: MediaPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that does not start is no harm while another one works."""
    if workers.usable_cores() < 2:
        pytest.skip("the lane has one worker")
    lane = Lane.UPLOAD
    await pool.run(os.getpid, lane=lane)
    held = await _hold_starts(monkeypatch)
    busy = asyncio.create_task(pool.run(time.sleep, 3600, lane=lane))
    await eventually(lambda: not pool.is_idle(lane))
    waiting = asyncio.create_task(pool.run(os.getpid, lane=lane))
    await asyncio.sleep(0)
    held.set_exception(OSError("no more processes"))
    await asyncio.wait([waiting], timeout=0.1)
    assert not waiting.done()
    busy.cancel()
    with pytest.raises(OSError, match="processes"):
        await waiting
    await asyncio.gather(busy, return_exceptions=True)


async def test_who_gives_up_waiting_leaves_the_worker_to_others(
    pool: MediaPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane = Lane.UPLOAD
    first = await pool.run(os.getpid, lane=lane)
    held = await _hold_starts(monkeypatch)
    busy = asyncio.create_task(pool.run(time.sleep, 0.2, lane=lane))
    await eventually(lambda: not pool.is_idle(lane))
    impatient = asyncio.create_task(pool.run(os.getpid, lane=lane))
    await asyncio.sleep(0)
    impatient.cancel()
    await busy
    assert await pool.run(os.getpid, lane=lane) == first
    held.set_result(None)
    assert impatient.cancelled()


async def test_other_work_waits_while_people_do(pool: MediaPool) -> None:
    """And not for ever."""
    await pool.calm(3600)
    with pool.attended():
        with pool.attended():
            waiting = asyncio.create_task(pool.calm(3600))
            await pool.calm(0.01)
        await asyncio.sleep(0)
        assert not waiting.done()
    await waiting


async def test_calm_comes_a_moment_after_the_last_one(
    pool: MediaPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a crowd that leaves one by one."""
    monkeypatch.setattr(workers, "CALM_AFTER", 3600)
    with pool.attended():
        pass
    waiting = asyncio.create_task(pool.calm(7200))
    monkeypatch.setattr(workers, "CALM_AFTER", 0)
    with pool.attended():
        await asyncio.sleep(0)
        assert not waiting.done()
    await waiting


async def test_who_has_waited_in_vain_lets_others_pass(pool: MediaPool) -> None:
    """Work goes on, at half its pace, however many people come."""
    with pool.attended():
        await pool.calm(0.5)
        await pool.calm(3600)


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


async def test_running_work_stands_still_while_people_wait(pool: MediaPool) -> None:
    """It goes on afterwards, and those who wait have workers of their own."""
    pid = await pool.run(os.getpid)
    work = asyncio.create_task(pool.run(time.sleep, 0.3))
    await eventually(lambda: not pool.is_idle(Lane.HEAVY))
    with pool.attended():
        await eventually(lambda: _state(pid) == "T")
        assert await pool.run(os.getpid, lane=Lane.UPLOAD) != pid
        assert _state(pid) == "T"
    await work
    assert await pool.run(os.getpid) == pid


async def test_work_stands_still_for_a_moment_only(pool: MediaPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is not stopped again before it has run as long as it stood."""
    monkeypatch.setattr(workers, "LONGEST_HOLD", 0.01)
    pid = await pool.run(os.getpid)
    work = asyncio.create_task(pool.run(time.sleep, 3600))
    await eventually(lambda: not pool.is_idle(Lane.HEAVY))
    with pool.attended():
        await eventually(lambda: _state(pid) != "T")
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


async def test_stopped_workers_end_with_the_pool() -> None:
    pool = MediaPool()
    pid = await pool.run(os.getpid)
    work = asyncio.create_task(pool.run(time.sleep, 3600))
    await eventually(lambda: not pool.is_idle(Lane.HEAVY))
    with pool.attended():
        await pool.close()
    assert not _alive(pid)
    with pytest.raises(ServiceError):
        await work


async def test_a_worker_still_starting_ends_with_the_pool() -> None:
    pool = MediaPool()
    pool.expect(Lane.UPLOAD)
    await asyncio.sleep(0)
    await pool.close()
    assert pool.worker_count == 0


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        pytest.param(ctypes.string_at, (0,), id="segfault"),
        pytest.param(os._exit, (0,), id="exit"),
        pytest.param(os.abort, (), id="abort"),
        pytest.param(time.sleep, (3600,), id="hang"),
        pytest.param(signal.raise_signal, (signal.SIGKILL,), id="killed"),
    ],
)
async def test_a_dead_worker_fails_its_own_call_and_is_replaced(
    pool: MediaPool, function: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    before = await pool.run(os.getpid)
    with pytest.raises(ServiceError) as caught:
        await pool.run(function, *arguments, timeout=1.0)
    assert caught.value.category is ErrorCategory.SERVER
    assert not _alive(before)
    assert await pool.run(os.getpid) != before
    assert pool.worker_count == 1


async def test_a_worker_killed_while_idle_is_replaced_unnoticed(pool: MediaPool) -> None:
    pid = await pool.run(os.getpid)
    os.kill(pid, signal.SIGKILL)
    # Waits on the event loop's own thread, which thus has not been told.
    with suppress(ChildProcessError):
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert await pool.run(os.getpid) != pid


async def test_a_cancelled_call_ends_its_worker(pool: MediaPool) -> None:
    pid = await pool.run(os.getpid)
    call = asyncio.create_task(pool.run(time.sleep, 3600, timeout=3600))
    await eventually(lambda: Path(f"/proc/{pid}/syscall").read_text().split()[0] not in ("0", "running"))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert not _alive(pid)
    assert await pool.run(os.getpid) != pid


async def test_quick_work_does_not_wait_behind_heavy_work(pool: MediaPool, tone: Path) -> None:
    heavy = asyncio.create_task(pool.run(time.sleep, 3600, timeout=3600))
    queued = asyncio.create_task(pool.run(os.getpid))
    assert (await pool.run(audio.probe, tone, lane=Lane.QUICK)).duration_ms == 3000
    assert not heavy.done()
    assert not queued.done()
    heavy.cancel()
    assert await queued > 0


async def test_calls_beyond_the_worker_limit_wait_for_their_turn() -> None:
    pool = MediaPool(max_workers=2)
    try:
        pids = await asyncio.gather(*(pool.run(os.getpid) for _ in range(12)))
        assert len(set(pids)) <= 2
        assert pool.worker_count <= 2
    finally:
        await pool.close()


async def test_idle_workers_leave() -> None:
    pool = MediaPool(max_workers=2, idle_seconds=0.05)
    try:
        pid = await pool.run(os.getpid)
        await eventually(lambda: pool.worker_count == 0)
        await eventually(lambda: not Path(f"/proc/{pid}").exists())
        assert await pool.run(os.getpid) != pid
    finally:
        await pool.close()


async def test_errors_of_the_product_arrive_as_they_are(pool: MediaPool, tmp_path: Path) -> None:
    """contracts/votel.md 18: `empty` reaches the sender though the file was read elsewhere."""
    path = tmp_path / "empty.webm"
    path.touch()
    with pytest.raises(audio.AudioError) as caught:
        await pool.run(audio.probe, path, lane=Lane.QUICK)
    assert (caught.value.code, caught.value.field) == ("empty", "audio")
    assert caught.value.message == str(caught.value)


async def test_other_errors_become_service_errors_and_keep_the_worker(pool: MediaPool) -> None:
    pid = await pool.run(os.getpid)
    with pytest.raises(ServiceError, match="ZeroDivisionError") as caught:
        await pool.run(operator.truediv, 1, 0)
    assert caught.value.category is ErrorCategory.SERVER
    assert await pool.run(os.getpid) == pid


async def test_a_reply_can_hold_data_only(pool: MediaPool) -> None:
    """A worker taken over by a hostile file must not run code in the server through its reply."""
    for call in (lambda: pool.run(Fraction, 1, 2), lambda: pool.run(operator.attrgetter, "x")):
        with pytest.raises(ServiceError, match="not allowed in a reply"):
            await call()


async def test_what_a_worker_prints_does_not_disturb_its_replies(pool: MediaPool) -> None:
    assert await pool.run(os.write, 1, b"noise\n") == 6
    assert await pool.run(print, "noise") is None
    assert await pool.run(os.getpid) > 0


async def test_a_greedy_worker_meets_its_memory_limit() -> None:
    pool = MediaPool(max_workers=1, memory_bytes=512 * 1024**2)
    try:
        with pytest.raises(ServiceError, match="MemoryError"):
            await pool.run(bytearray, 2 * 1024**3)
        assert await pool.run(os.getpid) > 0
    finally:
        await pool.close()


async def test_close_ends_running_calls_and_refuses_new_ones() -> None:
    pool = MediaPool(max_workers=1)
    pid = await pool.run(os.getpid)
    call = asyncio.create_task(pool.run(time.sleep, 3600, timeout=3600))
    await asyncio.sleep(0)
    await pool.close()
    with pytest.raises(ServiceError):
        await call
    assert not _alive(pid)
    assert pool.worker_count == 0
    with pytest.raises(ServiceError, match="stopped"):
        await pool.run(os.getpid)


PARENT = """
import asyncio, os, sys, time
from antiphon.speech.workers import Lane, MediaPool

async def main():
    pool = MediaPool(max_workers=1)
    idle = await pool.run(os.getpid, lane=Lane.QUICK)
    busy = await pool.run(os.getpid)
    call = asyncio.create_task(pool.run({work}, timeout=3600))
    await asyncio.sleep(0)
    print(idle, busy, flush=True)
    await call

asyncio.run(main())
"""


@pytest.mark.chaos
@pytest.mark.parametrize(
    "work", ["time.sleep, 3600", "eval, 'sum(iter(int, 1))'"], ids=["sleeping", "computing"]
)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_workers_die_with_their_parent(work: str, number: int) -> None:
    """Even a parent that is killed at once leaves no worker, whether idle or in the middle of a call."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(work=work)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    with parent:
        assert parent.stdout is not None
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(workers) == 2
        assert all(_alive(pid) for pid in workers)
        parent.send_signal(number)
        parent.wait(30)
    await eventually(lambda: not any(_alive(pid) for pid in workers))
