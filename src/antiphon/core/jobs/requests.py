"""What a transaction collects for the queue and writes just before its commit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A job to enqueue; skipped while a job of the same key is queued or running.

    The payload holds ids, never bodies. `delay_ms` counts from the commit; a higher `priority` runs first.
    """

    name: str
    payload: dict[str, str | int]
    key: str
    delay_ms: int = 0
    priority: int = 0
