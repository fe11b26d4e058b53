"""The error envelope and the one table from code to status (contracts/voicory.md 5)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from antiphon.contracts.voicory.headers import json_answer

STATUS = {
    "INVALID_ID": 400,
    "INVALID_FILTER": 400,
    "MISSING_API_KEY": 401,
    "INVALID_API_KEY": 401,
    "REVOKED_API_KEY": 401,
    "NOT_FOUND": 404,
    "RATE_LIMIT_EXCEEDED": 429,
    "INTERNAL_ERROR": 500,
}
MESSAGES = {
    "INVALID_ID": "The id is not a UUID.",
    "MISSING_API_KEY": "Send an API key in the x-api-key header.",
    "INVALID_API_KEY": "The API key is not valid.",
    "REVOKED_API_KEY": "The API key is revoked or expired.",
    "NOT_FOUND": "Not found.",
    "INTERNAL_ERROR": "Something went wrong on our side; it is safe to try again.",
}


class ApiError(Exception):
    """An answer of section 5; `retry_after` goes with `RATE_LIMIT_EXCEEDED` alone."""

    def __init__(self, code: str, message: str | None = None, *, retry_after: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message or MESSAGES[code]
        self.retry_after = retry_after

    def response(self) -> Response:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        headers = {}
        if self.retry_after is not None:
            error["retry_after"] = self.retry_after
            headers["Retry-After"] = str(self.retry_after)
        return json_answer({"error": error}, STATUS[self.code], headers)


def invalid_filter(name: str, expected: str) -> ApiError:
    return ApiError("INVALID_FILTER", f"The filter {name} must be {expected}.")


async def on_http_error(request: Request, error: Exception) -> Response:
    """Unknown paths and methods alike."""
    return ApiError("NOT_FOUND").response()


async def on_failure(request: Request, error: Exception) -> Response:
    return ApiError("INTERNAL_ERROR").response()
