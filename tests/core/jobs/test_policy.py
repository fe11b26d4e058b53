"""One retry decision from the error's category (design, section 3)."""

from __future__ import annotations

import pytest

from antiphon.core.clock import HOUR, MINUTE
from antiphon.core.errors import ErrorCategory, NotFoundError, ServiceError
from antiphon.core.jobs.policy import RetryPolicy

EXACT = RetryPolicy(max_attempts=10, initial_ms=1000, factor=3, max_ms=20_000, jitter=0)


def test_backoff_grows_to_its_cap() -> None:
    delays = [EXACT.delay_for(RuntimeError(), attempt) for attempt in (1, 2, 3, 4, 9)]
    assert delays == [1000, 3000, 9000, 20_000, 20_000]


def test_backoff_of_a_huge_attempt_number() -> None:
    assert EXACT.backoff(100_000) == 20_000


@pytest.mark.parametrize("category", [ErrorCategory.AUTH, ErrorCategory.QUOTA, ErrorCategory.CALLER])
def test_repeating_refusals_are_final(category: ErrorCategory) -> None:
    assert EXACT.delay_for(ServiceError(category, "no", retry_after_ms=5), 1) is None


def test_domain_error_is_final() -> None:
    assert EXACT.delay_for(NotFoundError(), 1) is None


@pytest.mark.parametrize("category", [ErrorCategory.CONNECTIVITY, ErrorCategory.SERVER])
def test_outages_back_off(category: ErrorCategory) -> None:
    assert EXACT.delay_for(ServiceError(category, "down", retry_after_ms=7), 2) == 3000


@pytest.mark.parametrize(("wish", "delay"), [(7, 7), (30 * MINUTE, 30 * MINUTE), (9 * HOUR, HOUR), (-5, 0)])
def test_rate_limit_waits_as_asked_up_to_an_hour(wish: int, delay: int) -> None:
    error = ServiceError(ErrorCategory.RATE_LIMIT, "slow down", retry_after_ms=wish)
    assert EXACT.delay_for(error, 1) == delay


def test_rate_limit_without_a_wish_backs_off() -> None:
    assert EXACT.delay_for(ServiceError(ErrorCategory.RATE_LIMIT, "slow down"), 1) == 1000


def test_last_attempt_is_final() -> None:
    assert EXACT.delay_for(RuntimeError(), 9) is not None
    assert EXACT.delay_for(RuntimeError(), 10) is None
    assert RetryPolicy(max_attempts=1).delay_for(RuntimeError(), 1) is None


def test_jitter_stays_in_its_range() -> None:
    policy = RetryPolicy(initial_ms=1000, jitter=0.2)
    delays = {policy.backoff(1) for _ in range(200)}
    assert len(delays) > 1
    assert min(delays) >= 800
    assert max(delays) <= 1200
