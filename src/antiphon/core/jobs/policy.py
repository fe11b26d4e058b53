"""When a failed job runs again: one decision, from the error's category (design, section 3)."""

from __future__ import annotations

import random
from dataclasses import dataclass

from antiphon.core.clock import HOUR, MINUTE, SECOND
from antiphon.core.errors import DomainError, ErrorCategory, ServiceError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff in milliseconds; `jitter` is the largest relative deviation either way."""

    max_attempts: int = 5
    initial_ms: int = SECOND
    factor: float = 2.0
    max_ms: int = 5 * MINUTE
    jitter: float = 0.1

    def backoff(self, attempt: int) -> int:
        """Delay after the failure of attempt number `attempt` (from 1)."""
        base = min(self.initial_ms * self.factor ** min(attempt - 1, 64), self.max_ms)
        return round(base * (1 + random.uniform(-self.jitter, self.jitter)))  # noqa: S311 # no secret

    def delay_for(self, error: BaseException, attempt: int) -> int | None:
        """Milliseconds until the next attempt, or None when there is none.

        A refusal that would repeat itself (auth, quota, caller's fault, a domain error) is final; a rate
        limit waits as long as the service asks, an hour at most or `max_ms` if that is more.
        """
        if attempt >= self.max_attempts or isinstance(error, DomainError):
            return None
        if isinstance(error, ServiceError):
            if not error.retryable:
                return None
            if error.category is ErrorCategory.RATE_LIMIT and error.retry_after_ms is not None:
                return max(0, min(error.retry_after_ms, max(self.max_ms, HOUR)))
        return self.backoff(attempt)
