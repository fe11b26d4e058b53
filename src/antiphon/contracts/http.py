"""What every contract's routes share: request facts, body reading and JSON bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from antiphon.domain.services import Services

MAX_JSON_BYTES = 1024 * 1024


@dataclass(slots=True)
class RequestInfo:
    """Filled in on the way, read by the request log; created by the outermost middleware."""

    request_id: str
    ip: str
    contract: str = "web"
    account_id: str | None = None
    key_id: str | None = None
    shows_request_id: bool = True


class BodyError(Exception):
    """A body that is not the JSON object it should be; the message is safe to show."""


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def info_of(request: Request) -> RequestInfo:
    info: RequestInfo = request.scope["antiphon.request"]
    return info


def json_response(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(content), status, headers, media_type="application/json")


async def read_body(request: Request, max_bytes: int = MAX_JSON_BYTES) -> bytes:
    """The raw body. Raises BodyError beyond `max_bytes`, without reading on."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise BodyError(f"The body is larger than {max_bytes} bytes")
    return bytes(body)


def decode_object(body: bytes) -> dict[str, Any]:
    """Raises BodyError for anything but one JSON object."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BodyError("The body is not valid JSON") from None
    if not isinstance(value, dict):
        raise BodyError("The body must be a JSON object")
    return value
