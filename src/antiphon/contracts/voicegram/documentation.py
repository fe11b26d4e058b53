"""What the OpenAPI document says beyond the models (contracts/voicegram.md 3 and 4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from antiphon.contracts.voicegram.schemas import Error

Handler = Callable[[Request], Awaitable[Response]]

DESCRIPTIONS = {
    400: "The request is not valid",
    401: "The token is missing, malformed, unknown, expired or revoked",
    403: "The account is on the free plan",
    404: "Absent, or of another account",
    409: "`conflict` or `limit_reached`",
    429: "Over 60 requests a minute for this endpoint and account",
    500: "Unexpected; safe to retry",
}
_HEADERS: dict[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": {"schema": {"type": "string", "const": "Bearer"}}},
    429: {
        "Retry-After": {
            "description": "Whole seconds, at least 1",
            "schema": {"type": "integer", "minimum": 1},
        }
    },
}
ID_PARAMETER = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
}


def query(name: str, schema: dict[str, Any], description: str = "") -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def add(
    router: APIRouter,
    method: str,
    path: str,
    handler: Handler,
    *,
    summary: str,
    answer: type[BaseModel] | None,
    errors: tuple[int, ...],
    status: int = 200,
    body: type[BaseModel] | None = None,
    parameters: tuple[dict[str, Any], ...] = (),
    description: str = "",
) -> None:
    """Register a handler with its documentation; it reads its request and writes its answer itself."""
    responses: dict[int | str, dict[str, Any]] = {
        code: {"model": Error, "description": DESCRIPTIONS[code], "headers": _HEADERS.get(code, {})}
        for code in errors
    }
    if answer is not None:
        responses[status] = {"model": answer, "description": "Success"}
    extra: dict[str, Any] = {"security": [{"pat": []}], "parameters": list(parameters)}
    if body is not None:
        schema = body.model_json_schema()
        extra["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    router.add_api_route(
        path,
        handler,
        methods=[method],
        status_code=status,
        response_model=None,
        response_class=Response,
        responses=responses,
        openapi_extra=extra,
        summary=summary,
        description=description,
    )
