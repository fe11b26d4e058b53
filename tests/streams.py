"""A client of event streams that talks to the app itself and reads only when told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from starlette.types import ASGIApp, Message

PATIENCE = 30.0
PATH = "/api/conversations/stream"


@dataclass
class Block:
    """One block of a stream; a comment alone has neither event nor id."""

    id: int | None = None
    event: str | None = None
    data: Any = None
    retry: int | None = None
    is_comment: bool = False


def parse(text: str) -> Block:
    block = Block()
    for line in text.splitlines():
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            block.id = int(value)
        elif name == "event":
            block.event = value
        elif name == "data":
            block.data = json.loads(value)
        elif name == "retry":
            block.retry = int(value)
        elif name == "":
            block.is_comment = True
    return block


class Stream:
    """One open stream; with `window`, at most so many pieces are accepted before they are read."""

    def __init__(
        self,
        app: ASGIApp,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
        *,
        window: int = 0,
    ) -> None:
        self._app = app
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "https",
            "path": PATH,
            "raw_path": PATH.encode(),
            "query_string": urlencode(query or {}).encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("203.0.113.9", 5000),
            "server": ("voice.antiphon.example", 443),
        }
        self._sent: asyncio.Queue[Message] = asyncio.Queue(window)
        self._gone = asyncio.Event()
        self._asked = False
        self._task: asyncio.Task[None] | None = None
        self._text = ""
        self.status = 0
        self.headers: dict[str, str] = {}
        self.last_id: int | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._app(self._scope, self._receive, self._send))  # type: ignore[arg-type]  # an ASGI app is a coroutine function
        start = await self._message()
        self.status = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()
        if self._task is not None:
            while not self._task.done():
                # What waits for a slow reader goes nowhere.
                while not self._sent.empty():
                    self._sent.get_nowait()
                await asyncio.wait({self._task}, timeout=0.01)
            self._task.result()

    def leave(self) -> None:
        """The client closes the connection."""
        self._gone.set()

    async def opening(self) -> Block:
        """The first block, which says when to come back and where the stream begins."""
        found = await self.block()
        assert found.retry is not None
        return found

    async def next(self) -> Block:
        """The next event, comments passed over."""
        while True:
            found = await self.block()
            if found.event is not None:
                return found

    async def block(self) -> Block:
        """The next block of any kind; EOFError at the end of the stream."""
        while "\n\n" not in self._text:
            message = await self._message()
            self._text += message.get("body", b"").decode()
            if not message.get("more_body") and "\n\n" not in self._text:
                raise EOFError
        text, _, self._text = self._text.partition("\n\n")
        found = parse(text)
        if found.id is not None:
            self.last_id = found.id
        return found

    async def ended(self) -> list[Block]:
        """What is still told until the stream ends."""
        found = []
        try:
            while True:
                found.append(await self.block())
        except EOFError:
            return found

    async def _message(self) -> Message:
        async with asyncio.timeout(PATIENCE):
            return await self._sent.get()

    async def _receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        await self._sent.put(message)
