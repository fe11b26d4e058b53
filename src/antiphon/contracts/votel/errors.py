"""Every error of this contract: one envelope, one table (contracts/votel.md 0.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.core.errors import DomainError

UNAUTHENTICATED = "Invalid or missing API key"
NOT_FOUND = "Not found"
SERVER_ERROR = "Server error"
INVALID = "Invalid request"

_STATUS = {"not_found": 404, "sign_in_failed": 401}


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of `errors`: `field` is a query name or a dotted body path, "" for the whole request."""

    field: str
    message: str
    code: str = "invalid"
    details: Mapping[str, object] = dataclass_field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        return {**self.details, "field": self.field, "message": self.message, "code": self.code}


class ApiError(Exception):
    """An answer that is an error."""

    def __init__(
        self,
        status: int,
        detail: str,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.faults = faults
        self.headers = headers

    def to_response(self) -> Response:
        body: dict[str, Any] = {"detail": self.detail}
        if self.faults:
            body["errors"] = [fault.to_json() for fault in self.faults]
        return json_response(body, self.status, self.headers)


def invalid(field_name: str, message: str, code: str = "invalid", **details: object) -> ApiError:
    return ApiError(400, INVALID, [Fault(field_name, message, code, details)])


def invalid_request(faults: Sequence[Fault]) -> ApiError:
    return ApiError(400, INVALID, faults)


def unauthenticated() -> ApiError:
    return ApiError(401, UNAUTHENTICATED)


def forbidden(detail: str) -> ApiError:
    return ApiError(403, detail)


def not_found() -> ApiError:
    return ApiError(404, NOT_FOUND)


def too_many(retry_after_seconds: int) -> ApiError:
    return ApiError(429, "Too many requests", headers={"Retry-After": str(max(1, retry_after_seconds))})


def from_domain(error: DomainError) -> ApiError:
    """A refusal of the domain: 404 and 401 by its code, every other one is 400 with that code."""
    status = _STATUS.get(error.code, 400)
    if status != 400:
        return ApiError(status, error.message)
    return invalid_request([Fault(error.field, error.message, error.code, error.details)])


async def on_http_error(request: Request, error: Exception) -> Response:
    """Unknown paths and methods are one 404; 405 does not occur."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status in (404, 405):
        return ApiError(404, NOT_FOUND).to_response()
    return ApiError(status, str(getattr(error, "detail", SERVER_ERROR))).to_response()


async def on_server_error(request: Request, error: Exception) -> Response:
    return ApiError(500, SERVER_ERROR).to_response()
