"""The outermost layer: what is logged, and whose address it is (contracts/voicory.md 4)."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any, cast

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from antiphon.contracts.http import info_of
from antiphon.core.clock import ManualClock
from antiphon.domain.accounts.request_log import RequestEntry, RequestLog
from antiphon.middleware import INTERNAL_ERROR, RequestMiddleware

PROXY = "10.0.0.5"


class Log:
    def __init__(self) -> None:
        self.entries: list[RequestEntry] = []

    def add(self, entry: RequestEntry) -> None:
        self.entries.append(entry)


class Front:
    """The middleware over an app that knows the key of every request."""

    def __init__(self, *, fails: bool = False, knows: bool = True) -> None:
        self.clock = ManualClock()
        self.log = Log()
        self._fails, self._knows = fails, knows
        self._middleware = RequestMiddleware(
            self._app,
            clock=self.clock,
            request_log=cast(RequestLog, self.log),
            trusted_proxies=[ip_network("10.0.0.0/8")],
        )

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        info = info_of(Request(scope))
        info.contract = "voicory"
        if self._knows:
            info.account_id, info.key_id = "account", "key"
        if self._fails:
            raise RuntimeError("secret detail")
        await Response(b"{}", 200)(scope, receive, send)

    async def ask(
        self, path: str, *, query: bytes = b"", peer: str = PROXY, forwarded: tuple[str, ...] = ()
    ) -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query,
            "headers": [(b"x-forwarded-for", value.encode()) for value in forwarded],
            "client": (peer, 5000),
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self._middleware(scope, receive, send)
        return sent


async def test_key_path_status_duration_and_address_are_logged() -> None:
    """4: the key's id, and the path without its query."""
    front = Front()
    await front.ask("/api/v1/calls\0", query=b"phone_number=13125550143", peer="203.0.113.9")
    (entry,) = front.log.entries
    assert (entry.account_id, entry.key_id, entry.contract) == ("account", "key", "voicory")
    assert (entry.method, entry.path, entry.status) == ("GET", "/api/v1/calls\ufffd", 200)
    assert (entry.ip, entry.at) == ("203.0.113.9", front.clock.now())
    assert entry.duration_us >= 0


async def test_requests_of_nobody_have_no_log() -> None:
    front = Front(knows=False)
    await front.ask("/api/v1/calls")
    assert front.log.entries == []


async def test_a_fault_is_logged_and_says_nothing() -> None:
    """5: with the security headers of every answer."""
    front = Front(fails=True)
    start, body = await front.ask("/api/v1/calls")
    assert (start["status"], body["body"]) == (500, INTERNAL_ERROR)
    names = {name for name, _ in start["headers"]}
    assert {b"x-content-type-options", b"x-frame-options", b"x-request-id"} <= names
    assert [entry.status for entry in front.log.entries] == [500]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", (), "203.0.113.9"),
        ("203.0.113.9", ("198.51.100.1",), "203.0.113.9"),
        (PROXY, (), PROXY),
        (PROXY, ("198.51.100.1",), "198.51.100.1"),
        (PROXY, ("192.0.2.7, 198.51.100.1, 10.0.0.9",), "198.51.100.1"),
        (PROXY, ("192.0.2.7", "198.51.100.1"), "198.51.100.1"),
        (PROXY, ("192.0.2.7, 198.51.100.1", "10.0.0.9"), "198.51.100.1"),
        (PROXY, ("198.51.100.1, unknown",), PROXY),
        (PROXY, ("10.0.0.8, 10.0.0.9",), PROXY),
    ],
)
async def test_the_address_is_the_nearest_that_no_trusted_proxy_has(
    peer: str, forwarded: tuple[str, ...], address: str
) -> None:
    """What a client says of itself counts for nothing, in whichever line of the header it stands."""
    front = Front()
    await front.ask("/", peer=peer, forwarded=forwarded)
    assert [entry.ip for entry in front.log.entries] == [address]
