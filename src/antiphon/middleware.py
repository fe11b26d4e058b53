"""The outermost layer: request ids, client addresses, security headers, request log and metrics."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from antiphon.contracts.http import RequestInfo
from antiphon.core.clock import Clock
from antiphon.core.ids import new_id
from antiphon.core.metrics import observe_request
from antiphon.domain.accounts.request_log import RequestEntry, RequestLog

log = structlog.get_logger(__name__)

INTERNAL_ERROR = b'{"detail":"Internal server error"}'


class RequestMiddleware:
    """Pure ASGI, outside every app, so that a 500 has its headers too."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        clock: Clock,
        request_log: RequestLog,
        trusted_proxies: Sequence[IPv4Network | IPv6Network] = (),
        secure: bool = False,
    ) -> None:
        self._app = app
        self._clock = clock
        self._request_log = request_log
        self._trusted = tuple(trusted_proxies)
        self._defaults: list[tuple[bytes, bytes]] = [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"strict-origin-when-cross-origin"),
            (b"x-frame-options", b"DENY"),
        ]
        if secure:
            self._defaults.append((b"strict-transport-security", b"max-age=31536000"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        info = RequestInfo(new_id(), self._client_ip(scope))
        scope["antiphon.request"] = info
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message.get("headers", ()))
                present = {name.lower() for name, _ in headers}
                headers.extend(item for item in self._defaults if item[0] not in present)
                if info.shows_request_id:
                    headers.append((b"x-request-id", info.request_id.encode()))
                message = {**message, "headers": headers}
                if info.is_stream:
                    self._record(scope, info, status, time.perf_counter() - started)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            log.exception("request failed", request_id=info.request_id, path=scope["path"])
            if status == 0:
                await send_with_headers(
                    {
                        "type": "http.response.start",
                        "status": 500,
                        "headers": [(b"content-type", b"application/json")],
                    }
                )
                await send({"type": "http.response.body", "body": INTERNAL_ERROR})
        finally:
            if not info.is_stream:
                self._record(scope, info, status or 500, time.perf_counter() - started)

    def _record(self, scope: Scope, info: RequestInfo, status: int, seconds: float) -> None:
        observe_request(info.contract, scope["method"], status, seconds)
        if info.account_id is not None:
            self._request_log.add(
                RequestEntry(
                    info.account_id,
                    info.key_id,
                    info.contract,
                    scope["method"],
                    # PostgreSQL takes no NUL in a text.
                    scope["path"][:512].replace("\0", "\ufffd"),
                    status,
                    int(seconds * 1_000_000),
                    info.ip,
                    self._clock.now(),
                )
            )

    def _client_ip(self, scope: Scope) -> str:
        """The peer, or behind a trusted proxy the nearest hop of X-Forwarded-For that is not one."""
        peer: str = scope["client"][0] if scope.get("client") else ""
        if not self._trusted or not self._is_trusted(peer):
            return peer
        # Some proxies add a line of their own after the one that the client has sent.
        forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
        hops: list[str] = [part.strip() for part in forwarded.decode("latin-1").split(",")]
        for hop in reversed(hops):
            if _parsed(hop) is None:
                break
            if not self._is_trusted(hop):
                return hop
        return peer

    def _is_trusted(self, address: str) -> bool:
        parsed = _parsed(address)
        return parsed is not None and any(parsed in network for network in self._trusted)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
