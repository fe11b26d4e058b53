"""kill -9 in the pipeline of a call, and what a restart makes of it (contracts/votel.md 5.6)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from typing import TYPE_CHECKING, Any

import pytest

from antiphon.core.clock import MINUTE
from antiphon.domain.pipeline import STALLED_MS
from installation import Installation
from ledger import SqliteLedger
from server_process import antiphon, process_environment, until

if TYPE_CHECKING:
    from conftest import Install

pytestmark = pytest.mark.chaos

OUTSIDE = "+12025550143"
Point = Callable[[Installation], AbstractAsyncContextManager[None]]


async def phone(scene: Installation) -> None:
    """A recorded call from outside, told by the simulated carrier's callbacks."""
    ends = ("--from", OUTSIDE, "--to", scene.server.places["number"], "--say", "please call me back")
    process = await asyncio.create_subprocess_exec(
        *antiphon("simulate", "call", *ends, "--server", scene.server.url),
        env=process_environment(scene.server.settings),
    )
    assert await process.wait() == 0


@asynccontextmanager
async def told(scene: Installation) -> AsyncIterator[None]:
    """The last callback has just been answered."""
    await phone(scene)
    yield


@asynccontextmanager
async def transcribing(scene: Installation) -> AsyncIterator[None]:
    scene.engine.transcriptions.clear()
    await phone(scene)
    await until(lambda: "transcription" in scene.engine.requests)
    yield
    scene.engine.transcriptions.set()


@asynccontextmanager
async def analysing(scene: Installation) -> AsyncIterator[None]:
    scene.engine.chats.clear()
    await phone(scene)
    await until(lambda: "chat" in scene.engine.requests)
    yield
    scene.engine.chats.set()


async def check_once(scene: Installation) -> None:
    """The one call is analysed, and each of its events was written once."""

    async def analysed() -> bool:
        return await scene.ledger.rows("SELECT 1 FROM calls WHERE analyzed_at IS NOT NULL") != []

    await until(analysed)
    [row] = await scene.ledger.rows("SELECT status, transcript, recording_key FROM calls")
    assert row[0] == "completed"
    assert scene.engine.text in row[1]
    assert row[2] is not None
    counted = "SELECT type, count(*) FROM events WHERE type LIKE 'call.%' GROUP BY type ORDER BY type"
    assert await scene.ledger.rows(counted) == [
        ("call.analyzed", 1),
        ("call.answered", 1),
        ("call.ended", 1),
        ("call.started", 1),
    ]


@pytest.mark.parametrize("point", [told, transcribing, analysing])
async def test_killed_and_restarted(install: Install, point: Point) -> None:
    scene = install()
    if point is analysing:
        scene.server.settings |= scene.engine.settings(insight=True)
    await scene.open()
    async with point(scene):
        await scene.server.kill_hard()
    await scene.server.restart()
    await check_once(scene)


async def test_a_call_whose_job_is_gone_goes_on_after_a_restart(install: Install) -> None:
    """As after a restored backup of the jobs: the sweep finds the call and its step."""
    scene = install()
    await scene.open()
    async with transcribing(scene):
        await scene.server.kill_hard()
    ledger = scene.ledger
    assert isinstance(ledger, SqliteLedger)
    with closing(ledger.connect()) as connection:

        def execute(statement: str, *values: Any) -> int:
            return connection.execute(statement, values).rowcount

        assert execute("DELETE FROM jobs WHERE name LIKE 'call.%'") == 1
        assert execute("UPDATE calls SET ended_at = ended_at - ?", STALLED_MS + MINUTE) == 1
        assert execute("UPDATE job_schedules SET next_run_at = 0 WHERE name = 'calls.resume'") == 1
    await scene.server.restart()
    await check_once(scene)
