"""Both windows of a key, decided at once (contracts/voicory.md 3)."""

from __future__ import annotations

from antiphon.contracts.voicory.errors import ApiError
from antiphon.core.limits import Decision, Window

MINUTE = Window(60, 60)
BURST = Window(10, 5)
WINDOWS = (MINUTE, BURST)

_TEXT = {0: "60 per minute", 1: "10 in 5 seconds"}


def limit_key(key_id: str) -> str:
    return f"voicory:{key_id}"


def headers_of(decision: Decision) -> dict[str, str]:
    """Of the minute window; of the burst window when that alone refused."""
    state = decision.windows[_shown(decision)]
    return {
        "X-RateLimit-Limit": str(state.limit),
        "X-RateLimit-Remaining": str(state.remaining),
        "X-RateLimit-Reset": str(-(-state.reset_at_ms // 1000)),
    }


def exceeded(decision: Decision) -> ApiError:
    message = f"Too many requests: {_TEXT[_shown(decision)]} are allowed."
    return ApiError("RATE_LIMIT_EXCEEDED", message, retry_after=decision.retry_after_seconds)


def _shown(decision: Decision) -> int:
    minute = decision.windows[0]
    return 0 if decision.allowed or minute.wait_ms else 1
