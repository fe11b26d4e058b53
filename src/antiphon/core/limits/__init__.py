"""Rate limits: exact sliding windows, in memory or shared through Redis."""

from __future__ import annotations

from antiphon.core.clock import Clock
from antiphon.core.limits.memory import MemoryLimiter
from antiphon.core.limits.types import Decision, Limiter, Window, WindowState

__all__ = [
    "Decision",
    "Limiter",
    "MemoryLimiter",
    "Window",
    "WindowState",
    "create_limiter",
]


def create_limiter(redis_url: str, clock: Clock) -> Limiter:
    """The Redis limiter when a URL is set (the times are then Redis's), else the one in memory."""
    if not redis_url:
        return MemoryLimiter(clock)
    from antiphon.core.limits.redis import RedisLimiter, connect_redis

    return RedisLimiter(connect_redis(redis_url))
