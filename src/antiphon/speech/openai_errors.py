"""Failures of OpenAI-compatible services as retry categories."""

from __future__ import annotations

import aiohttp

from antiphon.core.errors import ErrorCategory, ServiceError

OPENAI_TIMEOUT = aiohttp.ClientTimeout(total=300, sock_connect=10)

_EXCERPT = 200


def http_failure(service: str, status: int, body: str, retry_after: str | None = None) -> ServiceError:
    """Error for a status other than 200; `insufficient_quota` in the body of a 429 is a quota, not a rate."""
    message = f"{service} service answered {status}: {' '.join(body.split())[:_EXCERPT]}"
    category = _category(status, body)
    wait = _retry_after_ms(retry_after) if category is ErrorCategory.RATE_LIMIT else None
    return ServiceError(category, message, service=service, retry_after_ms=wait)


def connection_failure(service: str, error: Exception) -> ServiceError:
    """Error for a service that was not reached or did not finish its answer."""
    message = f"{service} service not reached: {type(error).__name__}"
    return ServiceError(ErrorCategory.CONNECTIVITY, message, service=service)


def unreadable_answer(service: str) -> ServiceError:
    """Error for a 200 whose body is not what the protocol says."""
    return ServiceError(ErrorCategory.SERVER, f"{service} service gave an unreadable answer", service=service)


def _category(status: int, body: str) -> ErrorCategory:
    if status == 402 or (status in (403, 429) and "insufficient_quota" in body):
        return ErrorCategory.QUOTA
    if status in (401, 403):
        return ErrorCategory.AUTH
    if status == 429:
        return ErrorCategory.RATE_LIMIT
    if status == 408:
        return ErrorCategory.CONNECTIVITY
    return ErrorCategory.SERVER if status >= 500 else ErrorCategory.CALLER


def _retry_after_ms(value: str | None) -> int | None:
    try:
        seconds = float(value or "")
    except ValueError:
        return None
    return round(seconds * 1000) if 0 <= seconds < 1e6 else None
