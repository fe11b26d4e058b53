"""Stands where the server's outermost layer stands."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from antiphon.contracts.http import RequestInfo
from antiphon.core.ids import new_id


class ServerFront:
    """What the outermost layer does for an app: request facts and the client's address."""

    def __init__(self, app: ASGIApp, ip: str = "203.0.113.9") -> None:
        self.app = app
        self.ip = ip
        self.last: RequestInfo | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.last = scope["antiphon.request"] = RequestInfo(new_id(), self.ip)
        await self.app(scope, receive, send)
