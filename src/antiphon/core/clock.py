"""The application's clock. Every stored time is an integer: UTC milliseconds since the Unix epoch."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock(Protocol):
    def now(self) -> int:
        """Current time in UTC milliseconds since the epoch."""
        ...


class SystemClock:
    def now(self) -> int:
        return time.time_ns() // 1_000_000


class ManualClock:
    """A clock that moves only when told to; for tests."""

    def __init__(self, start: int = 1_790_000_000_000) -> None:
        self._now = start

    def now(self) -> int:
        return self._now

    def advance(self, delta: timedelta | int) -> None:
        """Move forward by a timedelta or by milliseconds."""
        self._now += int(delta / timedelta(milliseconds=1)) if isinstance(delta, timedelta) else delta


@lru_cache(maxsize=8192)
def to_iso(millis: int) -> str:
    """Milliseconds to `2026-09-21T14:13:20.114Z`; cached, as lists show the same times again and again."""
    seconds, rest = divmod(millis, 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest:03d}Z"


def to_iso_or_none(millis: int | None) -> str | None:
    return None if millis is None else to_iso(millis)


def to_datetime(millis: int) -> datetime:
    return datetime.fromtimestamp(millis / 1000, UTC)


def from_datetime(value: datetime) -> int:
    return int(value.timestamp() * 1000)
