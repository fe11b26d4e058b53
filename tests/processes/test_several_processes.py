"""`server_processes`: several on one port, on PostgreSQL and Redis (design, "Database", "Rate limits")."""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import ledger as books
from installation import NOTICE, Installation
from server_process import children, descendants, started_at, until
from sounds import webm_recording

if TYPE_CHECKING:
    from conftest import Install

pytestmark = [pytest.mark.postgres, pytest.mark.redis]

LIMIT = 60
MESSAGES = 6


@pytest.fixture
async def scene(install: Install, empty_postgres_url: str, redis_url: str) -> Installation:
    made = install(database_url=empty_postgres_url, redis_url=redis_url, server_processes="2")
    await made.open()
    return made


def servers(scene: Installation) -> list[int]:
    """The serving processes: the others below the parent are its bookkeeper and their media workers."""
    return [pid for pid in children(scene.server.pid) if b"spawn_main" in command_line(pid)]


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


async def statuses(scene: Installation, count: int) -> Counter[int]:
    await scene.server.reconnect()
    token = scene.server.places["token"]
    return Counter([(await scene.server.call("GET", "/api/v1/me", token=token))[0] for _ in range(count)])


async def counts(scene: Installation, served: int, refused: int) -> bool:
    """Whether /metrics adds the requests of all processes up; each is counted just after its answer."""
    _, figures, _ = await scene.server.call("GET", "/metrics")
    name = 'antiphon_http_requests_total{contract="voicegram",method="GET"'
    expected = {f'{name},status="2xx"}} {served}.0', f'{name},status="4xx"}} {refused}.0'}
    return expected <= set(figures.splitlines())


async def test_processes_share_limits_and_jobs(scene: Installation) -> None:
    """contracts/voicegram.md 2: 60 a minute over all processes; each job runs in one of them, once."""
    first, second = servers(scene)
    os.kill(first, signal.SIGSTOP)
    assert await statuses(scene, LIMIT // 2) == {200: LIMIT // 2}
    os.kill(first, signal.SIGCONT)
    os.kill(second, signal.SIGSTOP)
    assert await statuses(scene, LIMIT) == {200: LIMIT // 2, 429: LIMIT // 2}
    os.kill(second, signal.SIGCONT)
    await scene.server.reconnect()
    await until(lambda: counts(scene, LIMIT, LIMIT // 2))

    made = [await scene.visitor.leave(webm_recording(1.0)) for _ in range(MESSAGES)]
    for voicegram_id in made:
        await scene.settle(voicegram_id)
    recent = (await scene.server.api("GET", "/voicegrams/recent?limit=50"))["voicegrams"]
    assert {entry["data"]["id"].removeprefix("vg_") for entry in recent} == set(made)
    assert sorted(scene.receiver.event_ids) == sorted(entry["event_id"] for entry in recent)
    assert sorted(await books.completed_events(scene.ledger)) == sorted(scene.receiver.event_ids)
    assert len(scene.engine.requests) == MESSAGES
    assert len(scene.sink.about(NOTICE)) == MESSAGES

    below = descendants(scene.server.pid)
    assert await scene.server.stop() == 0
    await until(lambda: not any(started_at(pid) == start for pid, start in below))


@pytest.mark.chaos
async def test_a_dead_process_is_replaced_and_a_dead_parent_leaves_none(scene: Installation) -> None:
    before = servers(scene)
    await scene.server.reconnect()
    os.kill(before[0], signal.SIGKILL)
    await until(lambda: len(set(servers(scene)) - {before[0]}) == 2)
    voicegram_id = await scene.visitor.leave(webm_recording(1.0))
    await scene.check_once(voicegram_id)
    await scene.server.kill_hard()
