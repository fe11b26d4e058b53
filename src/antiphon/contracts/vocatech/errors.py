"""The error envelope and the one table from code to status (contracts/vocatech.md 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.core.errors import DomainError

STATUS = {
    "validation_error": 400,
    "missing_token": 401,
    "invalid_token": 401,
    "token_expired": 401,
    "forbidden": 403,
    "not_found": 404,
    "rate_limited": 429,
    "internal_error": 500,
}
MESSAGES = {
    "validation_error": "The request is not valid.",
    "missing_token": "Send an API key as Authorization: Bearer <key>.",
    "invalid_token": "The API key is not valid.",
    "token_expired": "The API key has expired.",
    "forbidden": "This API key may not do this.",
    "not_found": "Not found.",
    "rate_limited": "Too many requests; try again later.",
    "internal_error": "Something went wrong on our side; it is safe to try again.",
}
BODY = "body"


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of `details`: `field` is a query name or a dotted body path."""

    field: str
    message: str


class ApiError(Exception):
    """An answer of section 2."""

    def __init__(
        self,
        code: str,
        message: str | None = None,
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message or MESSAGES[code]
        self.faults = faults
        self.headers = dict(headers or {})
        if STATUS[code] == 401:
            self.headers["WWW-Authenticate"] = "Bearer"

    def response(self) -> Response:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.code == "validation_error":
            error["details"] = [{"field": item.field, "message": item.message} for item in self.faults]
        return json_response({"error": error}, STATUS[self.code], self.headers)


def invalid(field: str, message: str) -> ApiError:
    """A `validation_error` at one field."""
    return ApiError("validation_error", faults=[Fault(field, message)])


def from_domain(error: DomainError) -> ApiError:
    """A refusal of the domain: by its code 404 or 403, every other one is a `validation_error`."""
    if error.code == "not_found":
        return ApiError("not_found")
    if error.code == "forbidden":
        return ApiError("forbidden", error.message)
    return invalid(error.field or BODY, error.message)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Unknown paths and methods alike."""
    return ApiError("not_found").response()


async def on_failure(request: Request, error: Exception) -> Response:
    return ApiError("internal_error").response()
