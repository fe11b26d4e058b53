"""Headers of every answer, and CORS for public keys (contracts/voicory.md 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from antiphon.contracts.http import RequestInfo

BASE = "/api/v1"
KEY_HEADER = "x-api-key"
MEDIA_TYPE = "application/json; charset=utf-8"
EXPOSED = "Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-API-Version"
PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET",
    "Access-Control-Allow-Headers": "x-api-key, content-type",
    "Access-Control-Max-Age": "600",
}

_encode = msgspec.json.Encoder().encode
_ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"no-store"),
    (b"x-api-version", b"v1"),
]
_CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", EXPOSED.encode()),
]


def json_answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(_encode(content), status, headers, media_type=MEDIA_TYPE)


async def preflight(request: Request) -> Response:
    """Without key and limit."""
    return Response(status_code=204, headers=PREFLIGHT)


class ContractHeaders:
    """Adds the headers of section 4, takes the request id away, and leaves HEAD answers without a body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(BASE + "/"):
            await self._app(scope, receive, send)
            return
        info: RequestInfo = scope["antiphon.request"]
        info.contract = "voicory"
        info.shows_request_id = False
        added = _ALWAYS + _CORS if _is_public_key(scope) else _ALWAYS
        is_head = scope["method"] == "HEAD"

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The answer to a preflight allows its origin itself.
                present = {name for name, _ in message["headers"]}
                headers = [*message["headers"], *(item for item in added if item[0] not in present)]
                message = {**message, "headers": headers}
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _is_public_key(scope: Scope) -> bool:
    for name, value in scope["headers"]:
        if name == b"x-api-key":
            return bool(value.startswith(b"pk_"))
    return False
