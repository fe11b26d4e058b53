"""A webhook receiver on loopback: real HTTP, scripted answers."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web


@dataclass(frozen=True, slots=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]


Answer = Callable[[Received], Awaitable[web.StreamResponse] | web.StreamResponse]


class Receiver:
    """Keeps what it receives; `answer` decides the response, 200 unless set."""

    def __init__(self, ssl_context: ssl.SSLContext | None = None) -> None:
        self.received: list[Received] = []
        self.answer: Answer = lambda _: web.Response(text="ok")
        self.active = 0
        self.most_active = 0
        self.arrived = asyncio.Event()
        self._ssl = ssl_context
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._ssl)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def url(self, path: str = "/hook") -> str:
        return f"{'https' if self._ssl else 'http'}://127.0.0.1:{self.port}{path}"

    def status(self, *statuses: int, **headers: str) -> None:
        """Answer with these statuses in turn, the last one for ever."""
        left = list(statuses)

        def answer(_: Received) -> web.Response:
            return web.Response(
                status=left.pop(0) if len(left) > 1 else left[0], headers=headers, text="body"
            )

        self.answer = answer

    def hang(self) -> asyncio.Event:
        """Answer nothing until the returned event is set."""
        release = asyncio.Event()

        async def answer(_: Received) -> web.Response:
            await release.wait()
            return web.Response()

        self.answer = answer
        return release

    @property
    def event_ids(self) -> list[str]:
        return [item.event_id for item in self.received]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        received = Received(request.path_qs, dict(request.headers), await request.read())
        self.received.append(received)
        self.active += 1
        self.most_active = max(self.most_active, self.active)
        self.arrived.set()
        try:
            response = self.answer(received)
            return await response if isinstance(response, Awaitable) else response
        finally:
            self.active -= 1
