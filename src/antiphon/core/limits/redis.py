"""The limiter that several server processes share."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    NoPermissionError,
    RedisError,
    ResponseError,
)

from antiphon.core.clock import Clock
from antiphon.core.errors import ErrorCategory, ServiceError
from antiphon.core.limits.types import Decision, Window, WindowState

# KEYS: the log, a sorted set of calls by time; its member "keep" has minus the log's length in ms as score.
# ARGV: member of this call ("" to peek), time in ms (0: the server's own), then limit and ms of each
# window. Answers: now, allowed, then count, oldest, wait of each window.
_SCRIPT = """
local key, member, now = KEYS[1], ARGV[1], tonumber(ARGV[2])
if now == 0 then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end
-- The clock was set back: calls ahead of it count as made now, or the key would stay shut.
for _, ahead in ipairs(redis.call('ZRANGEBYSCORE', key, '(' .. now, '+inf')) do
  redis.call('ZADD', key, now, ahead)
end

local states = {}
local allowed = 1
for i = 3, #ARGV, 2 do
  local limit, length = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  local count = redis.call('ZCOUNT', key, '(' .. (now - length), '+inf')
  local wait = 0
  if count >= limit then
    wait = tonumber(redis.call('ZRANGE', key, -limit, -limit, 'WITHSCORES')[2]) + length - now
    allowed = 0
  end
  states[#states + 1] = {count, length, wait}
end

if allowed == 1 and member ~= '' then
  local keep = -tonumber(redis.call('ZSCORE', key, 'keep') or 0)
  for _, state in ipairs(states) do keep = math.max(keep, state[2]) end
  redis.call('ZADD', key, now, member, -keep, 'keep')
  redis.call('ZREMRANGEBYSCORE', key, 0, now - keep)
  redis.call('PEXPIRE', key, keep)
  for _, state in ipairs(states) do state[1] = state[1] + 1 end
end

local answer = {now, allowed}
for _, state in ipairs(states) do
  local since = '(' .. (now - state[2])
  local oldest = redis.call('ZRANGEBYSCORE', key, since, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
  answer[#answer + 1] = state[1]
  answer[#answer + 1] = tonumber(oldest or now)
  answer[#answer + 1] = state[3]
end
return answer
"""

# KEYS: the log, as above. Drops the newest call.
_TAKE_BACK = """
local newest = redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', '(0', 'LIMIT', 0, 1)[1]
return newest and redis.call('ZREM', KEYS[1], newest) or 0
"""

# KEYS: a sorted set of holders by the end of their time. ARGV: holder, limit, ms to hold, time in ms (0: the
# server's own). Answers 1 when the holder has a place.
_HOLD = """
local key, holder, now = KEYS[1], ARGV[1], tonumber(ARGV[4])
if now == 0 then
  local t = redis.call('TIME')
  now = t[1] * 1000 + math.floor(t[2] / 1000)
end
redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
if not redis.call('ZSCORE', key, holder) and redis.call('ZCARD', key) >= tonumber(ARGV[2]) then
  return 0
end
redis.call('ZADD', key, now + tonumber(ARGV[3]), holder)
redis.call('PEXPIRE', key, ARGV[3])
return 1
"""


def connect_redis(url: str, *, max_connections: int = 32) -> Redis:
    """A client that fails within seconds when Redis is away and reconnects by itself when it is back.

    A command cut off by a lost connection is sent once more.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=max_connections,
        timeout=5,
        socket_timeout=2,
        socket_connect_timeout=2,
        retry=Retry(NoBackoff(), 1),
    )
    return Redis.from_pool(pool)


class RedisLimiter:
    """Exact sliding-window log in one Redis sorted set per key, decided by one script.

    Time is Redis's own, so that all processes agree; `clock` replaces it in tests.
    """

    def __init__(self, redis: Redis, clock: Clock | None = None, *, prefix: str = "antiphon:limit:") -> None:
        self._redis = redis
        self._clock = clock
        self._prefix = prefix
        self._script = redis.register_script(_SCRIPT)
        self._hold = redis.register_script(_HOLD)
        self._take_back = redis.register_script(_TAKE_BACK)

    async def hit(self, key: str, windows: Sequence[Window]) -> Decision:
        # The member is chosen here, so that a command repeated after a lost connection counts once.
        return await self._decide(key, os.urandom(9), windows)

    async def peek(self, key: str, windows: Sequence[Window]) -> Decision:
        return await self._decide(key, b"", windows)

    async def take_back(self, key: str) -> None:
        try:
            await self._take_back(keys=[self._prefix + key])
        except (RedisError, OSError) as exc:
            raise _service_error(exc) from exc

    async def hold(self, key: str, holder: str, limit: int, seconds: int) -> bool:
        now = self._clock.now() if self._clock else 0
        arguments: list[Any] = [holder, limit, seconds * 1000, now]
        try:
            return bool(await self._hold(keys=[self._prefix + key], args=arguments))
        except (RedisError, OSError) as exc:
            raise _service_error(exc) from exc

    async def release(self, key: str, holder: str) -> None:
        try:
            await self._redis.zrem(self._prefix + key, holder)
        except (RedisError, OSError) as exc:
            raise _service_error(exc) from exc

    async def close(self) -> None:
        await self._redis.aclose()

    async def _decide(self, key: str, member: bytes, windows: Sequence[Window]) -> Decision:
        arguments: list[Any] = [member, self._clock.now() if self._clock else 0]
        for window in windows:
            arguments += (window.limit, window.millis)
        try:
            answer = cast(list[int], await self._script(keys=[self._prefix + key], args=arguments))
        except (RedisError, OSError) as exc:
            raise _service_error(exc) from exc
        states = []
        for index, window in enumerate(windows):
            count, oldest, wait = answer[2 + 3 * index : 5 + 3 * index]
            states.append(
                WindowState(window.limit, max(0, window.limit - count), oldest + window.millis, wait)
            )
        return Decision(answer[1] == 1, tuple(states))


def _service_error(exc: Exception) -> ServiceError:
    if isinstance(exc, AuthenticationError | AuthorizationError | NoPermissionError):
        category = ErrorCategory.AUTH
    elif isinstance(exc, ResponseError):
        category = ErrorCategory.SERVER
    else:
        category = ErrorCategory.CONNECTIVITY
    return ServiceError(category, f"Redis did not answer: {exc}", service="redis")
