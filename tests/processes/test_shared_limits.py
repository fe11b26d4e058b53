"""Voicory's two windows over two servers on one PostgreSQL and one Redis (contracts/voicory.md 3)."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from redis.asyncio import Redis

from installation import Installation
from server_process import PATIENCE, antiphon, process_environment

if TYPE_CHECKING:
    from conftest import Install

pytestmark = [pytest.mark.postgres, pytest.mark.redis]

TOGETHER = 400
BURST, BURST_MS = 10, 5_000
MINUTE, MINUTE_MS = 60, 60_000


class Windows:
    """One key, asked for at both servers at once; `counted` has Redis's own times (ms) of what passed."""

    def __init__(self, scenes: tuple[Installation, Installation], key: dict[str, str], redis: Redis) -> None:
        self._scenes = scenes
        self._key = key
        self._redis = redis
        self.counted: dict[bytes, int] = {}

    async def send(self, count: int) -> list[tuple[int, Any, Any]]:
        """Status, body and headers of so many requests at the same moment, half of them at each server."""
        headers = {"x-api-key": self._key["key"]}
        answers = await asyncio.gather(
            *(
                self._scenes[number % 2].server.call("GET", "/api/v1/calls", headers=headers)
                for number in range(count)
            )
        )
        log = f"antiphon:limit:voicory:{self._key['id']}"
        for member, score in await self._redis.zrange(log, 0, -1, withscores=True):
            if score > 0:
                self.counted[member] = int(score)
        return answers

    @property
    def times(self) -> list[int]:
        return sorted(self.counted.values())


async def open_two(install: Install, **settings: str) -> tuple[Installation, Installation]:
    """Two servers that share everything but their ports."""
    first, second = install(**settings), install(**settings)
    await first.open()
    shutil.copytree(first.server.data_dir, second.server.data_dir)
    await second.server.start()
    return first, second


async def create_key(scene: Installation) -> dict[str, str]:
    process = await asyncio.create_subprocess_exec(
        *antiphon("key", "create", "--account", "demo", "--kind", "secret", "--json"),
        env=process_environment(scene.server.settings),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    made: dict[str, str] = json.loads(output)
    return made


async def test_both_windows_hold_over_two_servers(
    install: Install, empty_postgres_url: str, redis_url: str
) -> None:
    """Issue 3, section 3: 10 of 400 at once, 10 more 5 s later, 60 in any minute; refusals cost nothing."""
    scenes = await open_two(install, database_url=empty_postgres_url, redis_url=redis_url)
    key = await create_key(scenes[0])
    async with Redis.from_url(redis_url) as redis:
        windows = Windows(scenes, key, redis)
        passed = 0
        size = TOGETHER
        deadline = asyncio.get_running_loop().time() + PATIENCE
        minute_is_full = False
        while not minute_is_full:
            assert asyncio.get_running_loop().time() < deadline
            answers = await windows.send(size)
            statuses = Counter(status for status, _, _ in answers)
            assert set(statuses) <= {200, 429}
            assert statuses[200] >= 1, "what was refused may pass after the time it was told"
            passed += statuses[200]
            refusals = [(body, headers) for status, body, headers in answers if status == 429]
            for body, headers in refusals:
                assert body["error"]["code"] == "RATE_LIMIT_EXCEEDED"
                assert headers["X-RateLimit-Remaining"] == "0"
                assert int(headers["Retry-After"]) == body["error"]["retry_after"] >= 1
            assert len(windows.counted) == passed
            minute_is_full = any(headers["X-RateLimit-Limit"] == str(MINUTE) for _, headers in refusals)
            if size == TOGETHER:
                assert refusals, "both servers together let all through"
                assert statuses[200] >= BURST
            if not minute_is_full:
                await asyncio.sleep(max((int(headers["Retry-After"]) for _, headers in refusals), default=0))
            size = 2 * BURST
    times = windows.times
    assert passed >= MINUTE
    for limit, length in ((BURST, BURST_MS), (MINUTE, MINUTE_MS)):
        apart = [later - earlier for earlier, later in zip(times, times[limit:], strict=False)]
        assert all(gap >= length for gap in apart), (limit, min(apart))
