from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest
import redis.asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.asyncio import BlockingConnectionPool

from antiphon.core.clock import HOUR, MINUTE, SECOND, ManualClock
from antiphon.core.errors import ErrorCategory, ServiceError
from antiphon.core.limits import (
    Limiter,
    MemoryLimiter,
    Window,
    create_limiter,
)
from antiphon.core.limits.redis import RedisLimiter, connect_redis
from services import RedisServer

MINUTE_60 = Window(60, 60)
BURST_10 = Window(10, 5)


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.redis)])
async def limiter(request: pytest.FixtureRequest, clock: ManualClock) -> AsyncIterator[Limiter]:
    made: Limiter
    if request.param == "memory":
        made = MemoryLimiter(clock)
    else:
        url = request.getfixturevalue("redis_url")
        # Not the product's client, which gives up after seconds: a loaded machine may need more for hundreds.
        pool = BlockingConnectionPool.from_url(url, max_connections=32, timeout=None)
        made = RedisLimiter(redis.asyncio.Redis.from_pool(pool), clock, prefix=f"test:{uuid.uuid4()}:")
    yield made
    await made.close()


async def hits(limiter: Limiter, key: str, windows: list[Window], count: int) -> int:
    decisions = await asyncio.gather(*(limiter.hit(key, windows) for _ in range(count)))
    return sum(decision.allowed for decision in decisions)


async def test_concurrent_hits_let_exactly_the_limit_through(limiter: Limiter, clock: ManualClock) -> None:
    """contracts/voicory.md 3: both windows slide, a refused request is counted in neither."""
    windows = [MINUTE_60, BURST_10]
    assert await hits(limiter, "k", windows, 400) == 10
    clock.advance(5 * SECOND - 1)
    assert await hits(limiter, "k", windows, 400) == 0
    clock.advance(1)
    assert await hits(limiter, "k", windows, 400) == 10
    for _ in range(4):
        clock.advance(5 * SECOND)
        assert await hits(limiter, "k", windows, 400) == 10
    clock.advance(5 * SECOND)
    assert await hits(limiter, "k", windows, 400) == 0  # 60 in this minute
    clock.advance(30 * SECOND)
    assert await hits(limiter, "k", windows, 400) == 10


async def test_one_window_refills_to_the_limit(limiter: Limiter, clock: ManualClock) -> None:
    """contracts/voicegram.md 2: sliding window of 60 s, a refused request is not counted."""
    assert await hits(limiter, "k", [MINUTE_60], 400) == 60
    clock.advance(MINUTE)
    assert await hits(limiter, "k", [MINUTE_60], 400) == 60


async def test_decision_describes_the_window_with_least_left(limiter: Limiter, clock: ManualClock) -> None:
    start = clock.now()
    first = await limiter.hit("k", [MINUTE_60, BURST_10])
    assert first.allowed
    assert (first.limit, first.remaining) == (10, 9)
    assert first.reset_at_ms == start + 5 * SECOND
    assert first.retry_after_seconds == 0
    assert [window.remaining for window in first.windows] == [59, 9]
    assert first.windows[0].reset_at_ms == start + MINUTE
    clock.advance(2 * SECOND)
    second = await limiter.hit("k", [MINUTE_60, BURST_10])
    assert (second.remaining, second.reset_at_ms) == (8, start + 5 * SECOND)


async def test_retry_after_is_when_one_more_call_passes_all_windows(
    limiter: Limiter, clock: ManualClock
) -> None:
    """contracts/voicory.md 3: at least 1, the time after which one more request passes both windows."""
    windows = [Window(3, 60), Window(2, 5)]
    await limiter.hit("k", windows)
    clock.advance(2_500)
    await limiter.hit("k", windows)
    refused = await limiter.hit("k", windows)
    assert not refused.allowed
    assert (refused.limit, refused.remaining, refused.retry_after_seconds) == (2, 0, 3)
    clock.advance(2_499)
    assert (await limiter.hit("k", windows)).retry_after_seconds == 1
    clock.advance(1)
    assert (await limiter.hit("k", windows)).allowed
    refused = await limiter.hit("k", windows)
    assert refused.retry_after_seconds == 55
    assert (refused.limit, refused.remaining) == (3, 0)
    clock.advance(55 * SECOND - 1)
    assert not (await limiter.hit("k", windows)).allowed
    clock.advance(1)
    assert (await limiter.hit("k", windows)).allowed


async def test_a_call_is_taken_back(limiter: Limiter, clock: ManualClock) -> None:
    """One call less counts, the newest; where none counts nothing happens."""
    await limiter.take_back("k")
    await limiter.hit("k", [BURST_10])
    clock.advance(SECOND)
    await limiter.hit("k", [BURST_10])
    await limiter.take_back("k")
    state = await limiter.peek("k", [BURST_10])
    assert (state.remaining, state.reset_at_ms) == (9, clock.now() + 4 * SECOND)
    for _ in range(2):
        await limiter.take_back("k")
    assert (await limiter.hit("k", [BURST_10])).remaining == 9


async def test_keys_are_apart(limiter: Limiter) -> None:
    assert await hits(limiter, "a", [BURST_10], 20) == 10
    assert await hits(limiter, "b", [BURST_10], 20) == 10


async def test_peek_tells_and_does_not_count(limiter: Limiter, clock: ManualClock) -> None:
    windows = [Window(2, 10)]
    for _ in range(5):
        seen = await limiter.peek("k", windows)
        assert (seen.allowed, seen.remaining, seen.reset_at_ms) == (True, 2, clock.now() + 10 * SECOND)
    assert await hits(limiter, "k", windows, 5) == 2
    seen = await limiter.peek("k", windows)
    assert (seen.allowed, seen.remaining, seen.retry_after_seconds) == (False, 0, 10)


async def test_a_lowered_limit_holds_at_once(limiter: Limiter, clock: ManualClock) -> None:
    await hits(limiter, "k", [Window(5, 10)], 5)
    clock.advance(SECOND)
    refused = await limiter.hit("k", [Window(2, 10)])
    assert (refused.allowed, refused.remaining, refused.retry_after_seconds) == (False, 0, 9)


async def test_log_reaches_back_for_the_longest_window_asked(limiter: Limiter, clock: ManualClock) -> None:
    assert await hits(limiter, "k", [Window(2, 3600)], 2) == 2
    clock.advance(HOUR // 2)
    assert await hits(limiter, "k", [Window(9, 1)], 3) == 3
    assert not (await limiter.hit("k", [Window(5, 3600)])).allowed
    clock.advance(HOUR // 2)
    assert (await limiter.hit("k", [Window(5, 3600)])).remaining == 1


async def test_a_clock_set_back_does_not_lock_the_key(limiter: Limiter, clock: ManualClock) -> None:
    assert await hits(limiter, "k", [BURST_10], 20) == 10
    clock.advance(-24 * HOUR)
    refused = await limiter.hit("k", [BURST_10])
    assert (refused.allowed, refused.retry_after_seconds) == (False, 5)
    clock.advance(5 * SECOND)
    assert await hits(limiter, "k", [BURST_10], 20) == 10


@pytest.mark.parametrize(("limit", "seconds"), [(0, 1), (1, 0), (-1, 60)])
def test_empty_windows_are_refused(limit: int, seconds: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Window(limit, seconds)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 4_000), min_size=1, max_size=60),
    st.lists(st.builds(Window, st.integers(1, 6), st.integers(1, 9)), min_size=1, max_size=3),
)
async def test_no_span_ever_holds_more_than_its_limit(gaps: list[int], windows: list[Window]) -> None:
    clock = ManualClock()
    limiter = MemoryLimiter(clock)
    counted: list[int] = []
    for gap in gaps:
        clock.advance(gap)
        decision = await limiter.hit("k", windows)
        fits = all(
            sum(at > clock.now() - window.millis for at in counted) < window.limit for window in windows
        )
        assert decision.allowed == fits
        if fits:
            counted.append(clock.now())


async def test_memory_forgets_idle_keys(clock: ManualClock) -> None:
    limiter = MemoryLimiter(clock)
    for index in range(1_000):
        await limiter.hit(f"early {index}", [BURST_10])
    assert len(limiter) == 1_000
    clock.advance(5 * SECOND)
    for index in range(1_000):
        await limiter.hit(f"late {index}", [BURST_10])
    assert len(limiter) == 1_000
    assert (await limiter.peek("late 0", [BURST_10])).remaining == 9


async def test_memory_keeps_no_more_calls_than_the_limit(clock: ManualClock) -> None:
    limiter = MemoryLimiter(clock)
    for _ in range(500):
        await limiter.hit("k", [BURST_10])
        clock.advance(SECOND)
    assert len(limiter._logs["k"].times) <= 10


async def test_memory_holds_nothing_for_peeks_and_refusals(clock: ManualClock) -> None:
    limiter = MemoryLimiter(clock)
    await limiter.peek("k", [BURST_10])
    assert len(limiter) == 0
    await hits(limiter, "k", [BURST_10], 500)
    assert len(limiter._logs["k"].times) == 10


async def test_memory_sweep_spares_keys_in_use(clock: ManualClock) -> None:
    limiter = MemoryLimiter(clock)
    await hits(limiter, "k", [Window(3, 60)], 3)
    for index in range(100):
        await limiter.hit(f"other {index}", [Window(1, 1)])
        clock.advance(100)
    assert not (await limiter.hit("k", [Window(3, 60)])).allowed


@pytest.mark.redis
async def test_redis_keys_expire_with_their_longest_window(
    private_redis: RedisServer, clock: ManualClock
) -> None:
    async with redis.asyncio.Redis.from_url(private_redis.url) as client:
        limiter = RedisLimiter(connect_redis(private_redis.url))
        await limiter.hit("k", [MINUTE_60, BURST_10])
        assert 55_000 < await client.pttl("antiphon:limit:k") <= 60_000
        await hits(limiter, "k", [MINUTE_60], 200)
        assert await client.zcard("antiphon:limit:k") == 61  # the calls and the length of the log
        await limiter.peek("peeked", [MINUTE_60])
        assert await client.keys("*") == [b"antiphon:limit:k"]
        await limiter.close()


@pytest.mark.redis
async def test_two_processes_share_one_count_by_redis_time(private_redis: RedisServer) -> None:
    """contracts/voicegram.md 2: shared by all server processes."""
    first, second = (create_limiter(private_redis.url, ManualClock(start)) for start in (0, 10**12))
    assert isinstance(first, RedisLimiter)
    allowed = await asyncio.gather(hits(first, "k", [MINUTE_60], 100), hits(second, "k", [MINUTE_60], 100))
    assert sum(allowed) == 60
    await first.close()
    await second.close()


@pytest.mark.redis
async def test_redis_script_flush_is_survived(private_redis: RedisServer) -> None:
    limiter = RedisLimiter(connect_redis(private_redis.url))
    await limiter.hit("k", [BURST_10])
    async with redis.asyncio.Redis.from_url(private_redis.url) as client:
        await client.script_flush()
    assert (await limiter.hit("k", [BURST_10])).remaining == 8
    await limiter.close()


@pytest.mark.redis
async def test_redis_down_is_a_connectivity_error_and_heals(private_redis: RedisServer) -> None:
    limiter = RedisLimiter(connect_redis(private_redis.url))
    assert await hits(limiter, "k", [BURST_10], 20) == 10
    private_redis.stop()
    for call in (limiter.hit, limiter.peek):
        with pytest.raises(ServiceError) as caught:
            await call("k", [BURST_10])
        assert caught.value.category is ErrorCategory.CONNECTIVITY
        assert caught.value.retryable
    private_redis.start()
    assert await hits(limiter, "k", [BURST_10], 20) == 10
    await limiter.close()


@pytest.mark.redis
async def test_a_refused_login_is_an_auth_error(private_redis: RedisServer) -> None:
    async with redis.asyncio.Redis.from_url(private_redis.url) as client:
        await client.config_set("requirepass", "right")
    limiter = RedisLimiter(connect_redis(private_redis.url.replace("127.0.0.1", ":wrong@127.0.0.1")))
    with pytest.raises(ServiceError) as caught:
        await limiter.hit("k", [BURST_10])
    assert caught.value.category is ErrorCategory.AUTH
    await limiter.close()


@pytest.mark.redis
async def test_a_broken_key_is_a_server_error(private_redis: RedisServer) -> None:
    limiter = RedisLimiter(connect_redis(private_redis.url))
    async with redis.asyncio.Redis.from_url(private_redis.url) as client:
        await client.set("antiphon:limit:k", "text")
    with pytest.raises(ServiceError) as caught:
        await limiter.hit("k", [BURST_10])
    assert caught.value.category is ErrorCategory.SERVER
    await limiter.close()


def test_without_a_url_the_limiter_is_in_memory(clock: ManualClock) -> None:
    assert isinstance(create_limiter("", clock), MemoryLimiter)


async def test_places_are_held_by_few(limiter: Limiter, clock: ManualClock) -> None:
    """contracts/votel.md 1.4: 5 streams per user over all processes; who dies frees the place in time."""
    asked = [limiter.hold("user", f"stream{number}", 5, 45) for number in range(20)]
    assert sum(await asyncio.gather(*asked)) == 5
    assert await limiter.hold("other", "stream0", 5, 45)
    clock.advance(30 * SECOND)
    held = [name for name in (f"stream{number}" for number in range(20)) if await _holds(limiter, name)]
    assert len(held) == 5, "prolonged"
    clock.advance(30 * SECOND)
    assert not await limiter.hold("user", "late", 5, 45)
    await limiter.release("user", held[0])
    await limiter.release("user", "never held")
    assert await limiter.hold("user", "late", 5, 45)
    clock.advance(45 * SECOND)
    assert await limiter.hold("user", "later", 1, 45), "nobody prolonged"


async def _holds(limiter: Limiter, name: str) -> bool:
    return await limiter.hold("user", name, 5, 45)
