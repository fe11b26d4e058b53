"""When the attempts of a delivery are made (contracts/voicegram.md 7.1)."""

from __future__ import annotations

from antiphon.core.clock import DAY, HOUR, MINUTE, SECOND

DELAYS = (0, 5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR)
"""Milliseconds before each attempt, from the end of the one before."""

ATTEMPT_SECONDS = 15.0
MAX_RESPONSE_BYTES = 64 * 1024
EXCERPT_BYTES = 1024
ERROR_CHARS = 200
MAX_FAILED_EVENTS = 5
KEPT_CONTRACTS = ("voicegram",)
"""Their deleted subscriptions stay listed; what is inactive can come back for `REACTIVATION_MS` (7.3)."""

REACTIVATION_MS = 90 * DAY
HISTORY_MS = 30 * DAY


def next_attempt_at(attempts: int, ended_at: int) -> int | None:
    """When to try again after `attempts` failed attempts, the last ended then; None after the last."""
    return ended_at + DELAYS[attempts] if attempts < len(DELAYS) else None
