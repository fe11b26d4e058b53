"""What a limiter is asked and what it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class Window:
    """At most `limit` counted calls in any `seconds` seconds."""

    limit: int
    seconds: int
    millis: int = field(init=False)

    def __post_init__(self) -> None:
        if self.limit < 1 or self.seconds < 1:
            raise ValueError("a window needs a limit and a length of at least 1")
        object.__setattr__(self, "millis", self.seconds * 1000)


class WindowState(NamedTuple):
    """One window after the decision.

    `reset_at_ms` is when the oldest counted call leaves the window (with none counted: now plus the window);
    `wait_ms` is how long until this window would let one more call through, 0 when it would now.
    """

    limit: int
    remaining: int
    reset_at_ms: int
    wait_ms: int


class Decision(NamedTuple):
    """Whether the call may go on, and the state of each window in the order asked."""

    allowed: bool
    windows: tuple[WindowState, ...]

    @property
    def tightest(self) -> WindowState:
        """The window with the least left; among equals the one with the longest wait."""
        return min(self.windows, key=lambda window: (window.remaining, -window.wait_ms))

    @property
    def limit(self) -> int:
        return self.tightest.limit

    @property
    def remaining(self) -> int:
        return self.tightest.remaining

    @property
    def reset_at_ms(self) -> int:
        return self.tightest.reset_at_ms

    @property
    def retry_after_seconds(self) -> int:
        """0 when allowed; else whole seconds, at least 1, after which one more call passes all windows."""
        if self.allowed:
            return 0
        return max(1, -(-max(window.wait_ms for window in self.windows) // 1000))


class Limiter(Protocol):
    """Exact sliding windows: all are checked at once, and a refused call counts in none of them.

    A key has one log of counted calls, kept for the longest window it was asked with.
    """

    async def hit(self, key: str, windows: Sequence[Window]) -> Decision:
        """Count one call if every window allows it. Raises ServiceError when a shared store is down."""
        ...

    async def peek(self, key: str, windows: Sequence[Window]) -> Decision:
        """What `hit` would decide now, without counting. Raises ServiceError when a shared store is down."""
        ...

    async def take_back(self, key: str) -> None:
        """Count one call less: one that was refused after it was counted.

        Raises ServiceError when a shared store is down.
        """
        ...

    async def hold(self, key: str, holder: str, limit: int, seconds: int) -> bool:
        """Hold one of `limit` places for so long; again with the same holder prolongs it.

        False when all are held by others. Raises ServiceError when a shared store is down.
        """
        ...

    async def release(self, key: str, holder: str) -> None:
        """Give a place back. Raises ServiceError when a shared store is down."""
        ...

    async def close(self) -> None: ...
