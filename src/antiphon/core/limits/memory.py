"""The limiter of a single server process."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence

from antiphon.core.clock import Clock
from antiphon.core.limits.types import Decision, Window, WindowState

# Keys looked at for eviction per counted call: more than one, so that idle keys go faster than new ones come.
_SWEEP = 2


class _Log:
    __slots__ = ("keep_ms", "times")

    def __init__(self) -> None:
        self.times: list[int] = []
        self.keep_ms = 0


class MemoryLimiter:
    """Exact sliding-window log in memory; keys without a call in their longest window are dropped."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._logs: OrderedDict[str, _Log] = OrderedDict()
        self._places: dict[str, dict[str, int]] = {}

    async def hit(self, key: str, windows: Sequence[Window]) -> Decision:
        now = self._clock.now()
        log = self._logs.get(key)
        times = self._current(log, now) if log is not None else []
        for window in windows:
            if len(times) - bisect_right(times, now - window.millis) >= window.limit:
                return Decision(False, _states(times, now, windows))
        if log is None:
            log = self._logs[key] = _Log()
        log.keep_ms = max(log.keep_ms, max(window.millis for window in windows))
        times = log.times
        times.append(now)
        self._sweep(now)
        return Decision(True, _states(times, now, windows))

    async def peek(self, key: str, windows: Sequence[Window]) -> Decision:
        now = self._clock.now()
        log = self._logs.get(key)
        states = _states(self._current(log, now) if log is not None else [], now, windows)
        return Decision(not any(state.wait_ms for state in states), states)

    async def take_back(self, key: str) -> None:
        log = self._logs.get(key)
        if log is not None and log.times:
            log.times.pop()

    async def hold(self, key: str, holder: str, limit: int, seconds: int) -> bool:
        now = self._clock.now()
        held = {name: end for name, end in self._places.get(key, {}).items() if end > now}
        allowed = holder in held or len(held) < limit
        if allowed:
            held[holder] = now + seconds * 1000
        self._places[key] = held
        return allowed

    async def release(self, key: str, holder: str) -> None:
        held = self._places.get(key, {})
        held.pop(holder, None)
        if not held:
            self._places.pop(key, None)

    async def close(self) -> None:
        self._logs.clear()
        self._places.clear()

    def __len__(self) -> int:
        """Keys held at the moment."""
        return len(self._logs)

    @staticmethod
    def _current(log: _Log, now: int) -> list[int]:
        times = log.times
        gone = bisect_right(times, now - log.keep_ms)
        if gone:
            del times[:gone]
        if times and times[-1] > now:
            # The clock was set back: calls ahead of it count as made now, or the key would stay shut.
            first = bisect_right(times, now)
            times[first:] = [now] * (len(times) - first)
        return times

    def _sweep(self, now: int) -> None:
        for _ in range(min(_SWEEP, len(self._logs))):
            key, log = next(iter(self._logs.items()))
            if not log.times or log.times[-1] + log.keep_ms <= now:
                del self._logs[key]
            else:
                self._logs.move_to_end(key)


def _states(times: list[int], now: int, windows: Sequence[Window]) -> tuple[WindowState, ...]:
    states = []
    for window in windows:
        first = bisect_right(times, now - window.millis)
        count = len(times) - first
        states.append(
            WindowState(
                limit=window.limit,
                remaining=max(0, window.limit - count),
                reset_at_ms=(times[first] if count else now) + window.millis,
                wait_ms=times[-window.limit] + window.millis - now if count >= window.limit else 0,
            )
        )
    return tuple(states)
