"""Both windows, exactly, in memory and on Redis (contracts/voicory.md 3)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import httpx2
import pytest

from antiphon.contracts.voicory.limits import WINDOWS
from antiphon.core.clock import SECOND, ManualClock
from antiphon.core.limits.redis import RedisLimiter, connect_redis
from phone_world import World


async def burst(world: World, count: int) -> Counter[int]:
    answers = await asyncio.gather(*shots(world, count))
    return Counter(answer.status_code for answer in answers)


def shots(world: World, count: int) -> list[asyncio.Task[httpx2.Response]]:
    return [asyncio.ensure_future(world.get("/calls/x")) for _ in range(count)]


async def test_four_hundred_at_once(world: World) -> None:
    """3: 10 pass, 5 s later 10 more, and 60 in any minute; refused requests cost nothing."""
    passed = []
    for step in range(13):
        answers = await asyncio.gather(*shots(world, 400 if step in (0, 1, 6) else 40))
        passed.append(sum(answer.status_code != 429 for answer in answers))
        world.clock.advance(5 * SECOND)
    assert passed == [10, 10, 10, 10, 10, 10, 0, 0, 0, 0, 0, 0, 10]


async def test_headers_of_a_burst(world: World) -> None:
    """3: the minute window normally, the burst window on its 429; body and header agree."""
    start = world.clock.now()
    for left in range(59, 49, -1):
        answer = await world.get("/calls/x")
        assert answer.headers["x-ratelimit-limit"] == "60"
        assert answer.headers["x-ratelimit-remaining"] == str(left)
        assert answer.headers["x-ratelimit-reset"] == str(-(-(start + 60_000) // 1000))
        world.clock.advance(100)
    refused = await world.get("/calls/x")
    assert refused.status_code == 429
    assert refused.headers["x-ratelimit-limit"] == "10"
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert refused.headers["x-ratelimit-reset"] == str(-(-(start + 5_000) // 1000))
    assert refused.headers["retry-after"] == "4"
    assert refused.json()["error"] == {
        "code": "RATE_LIMIT_EXCEEDED",
        "message": "Too many requests: 10 in 5 seconds are allowed.",
        "retry_after": 4,
    }
    world.clock.advance(4 * SECOND)
    assert (await world.get("/calls/x")).status_code == 400


async def test_headers_of_a_full_minute(world: World) -> None:
    """3: after 60 requests the minute window refuses, and says when the oldest leaves."""
    start = world.clock.now()
    for _ in range(6):
        for _ in range(10):
            assert (await world.get("/calls/x")).status_code == 400
        world.clock.advance(5 * SECOND)
    refused = await world.get("/calls/x")
    assert refused.headers["x-ratelimit-limit"] == "60"
    assert refused.headers["x-ratelimit-reset"] == str(-(-(start + 60_000) // 1000))
    assert refused.headers["retry-after"] == "30"
    assert refused.json()["error"]["retry_after"] == 30
    assert refused.json()["error"]["message"] == "Too many requests: 60 per minute are allowed."
    world.clock.advance(30 * SECOND)
    assert (await world.get("/calls/x")).status_code == 400


async def test_retry_after_passes_both_windows(world: World) -> None:
    """3: when both are full, the longer wait; the headers are the minute window's."""
    await asyncio.gather(*shots(world, 10))
    world.clock.advance(5 * SECOND)
    for _ in range(5):
        assert (await burst(world, 12))[400] == 10
        world.clock.advance(5 * SECOND)
    world.clock.advance(-5 * SECOND)
    refused = await world.get("/calls/x")
    assert refused.headers["x-ratelimit-limit"] == "60"
    assert refused.headers["retry-after"] == "35"


@pytest.fixture
async def two_limiters(redis_url: str, clock: ManualClock) -> AsyncIterator[list[RedisLimiter]]:
    made = [RedisLimiter(connect_redis(redis_url), clock, prefix="voicory-test:") for _ in range(2)]
    client = connect_redis(redis_url)
    await client.flushdb()
    yield made
    for limiter in made:
        await limiter.close()
    await client.aclose()


@pytest.mark.redis
async def test_two_processes_share_the_windows(two_limiters: list[RedisLimiter], clock: ManualClock) -> None:
    """3: two server processes on Redis, 400 at once: 10, 5 s later 10 more, 60 in any minute."""
    passed = []
    for _ in range(13):
        decisions = await asyncio.gather(
            *(two_limiters[number % 2].hit("voicory:key", WINDOWS) for number in range(400))
        )
        passed.append(sum(decision.allowed for decision in decisions))
        clock.advance(5 * SECOND)
    assert passed == [10, 10, 10, 10, 10, 10, 0, 0, 0, 0, 0, 0, 10]
