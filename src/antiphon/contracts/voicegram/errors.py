"""The error envelope and the one table from code to status (contracts/voicegram.md 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from antiphon.contracts.http import json_response

STATUS = {
    "validation_error": 400,
    "invalid_url": 400,
    "invalid_channel_id": 400,
    "invalid_token": 401,
    "plan_required": 403,
    "not_found": 404,
    "limit_reached": 409,
    "conflict": 409,
    "rate_limited": 429,
    "internal_error": 500,
}

MESSAGES = {
    "invalid_token": "The access token is missing or not valid.",
    "plan_required": "This endpoint needs a paid plan.",
    "not_found": "Not found.",
    "rate_limited": "Too many requests for this endpoint; try again later.",
    "internal_error": "Something went wrong on our side; it is safe to try again.",
}

# From the codes of the domains to those of this contract.
DOMAIN_CODES = {
    "invalid_channel": "invalid_channel_id",
    "unparseable": "validation_error",
    "host_blocked": "invalid_url",
}


class ApiError(Exception):
    """An answer of section 3; `issues` go with `validation_error` alone."""

    def __init__(
        self,
        code: str,
        message: str | None = None,
        *,
        issues: Sequence[dict[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message or MESSAGES[code]
        self.issues = issues
        self.headers = headers

    def response(self) -> Response:
        content: dict[str, Any] = {"error": self.code, "message": self.message}
        if self.issues is not None:
            content["issues"] = list(self.issues)
        return json_response(content, STATUS[self.code], self.headers)


def invalid(path: Sequence[str | int], message: str) -> ApiError:
    """A `validation_error` with one issue; the path `[]` means the whole body."""
    return ApiError(
        "validation_error",
        "The request is not valid.",
        issues=[{"path": list(path), "message": message}],
    )
