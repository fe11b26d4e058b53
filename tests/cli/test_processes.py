"""How a server process writes its answers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from antiphon.cli.processes import PairedWrites, create_config

CHUNK = b"x" * 65_536


class _Transport(asyncio.Transport):
    """Keeps what is sent, piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        self.sent.append(bytes(data))

    def writelines(self, list_of_data: Any) -> None:
        self.sent.append(b"".join(list_of_data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def transport() -> _Transport:
    return _Transport()


async def _turn() -> None:
    await asyncio.sleep(0)


async def test_a_head_goes_with_its_body(transport: _Transport) -> None:
    paired = PairedWrites(transport, asyncio.get_running_loop())
    paired.write(b"head ")
    assert transport.sent == []
    paired.write(b"body")
    assert transport.sent == [b"head body"]
    await _turn()
    assert transport.sent == [b"head body"]


async def test_a_piece_alone_waits_for_one_turn_at_most(transport: _Transport) -> None:
    paired = PairedWrites(transport, asyncio.get_running_loop())
    paired.write(b"head")
    await _turn()
    assert transport.sent == [b"head"]
    paired.write(b"first ")
    paired.write(b"second")
    paired.write(b"third")
    await _turn()
    await _turn()
    assert transport.sent == [b"head", b"first second", b"third"]


async def test_closing_sends_what_waits(transport: _Transport) -> None:
    paired = PairedWrites(transport, asyncio.get_running_loop())
    paired.write(b"last")
    paired.close()
    await _turn()
    assert (transport.sent, paired.is_closing()) == ([b"last"], True)


async def test_a_lost_connection_gets_nothing(transport: _Transport) -> None:
    paired = PairedWrites(transport, asyncio.get_running_loop())
    paired.write(b"head")
    transport.closed = True
    await _turn()
    assert transport.sent == []


class _App:
    """Answers at once, or in pieces that wait for `go_on`; counts the pieces of an answer without end."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.pieces = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers: list[tuple[bytes, bytes]] = [(b"content-type", b"text/plain")]
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["path"] == "/whole":
            headers.append((b"content-length", b"5"))
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"whole"})
        elif scope["path"] == "/pieces":
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await self.go_on.wait()
            await send({"type": "http.response.body", "body": b"one", "more_body": True})
            await send({"type": "http.response.body", "body": b"two", "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            while self.pieces < 2000:
                await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
                self.pieces += 1
            await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def _served(
    app: _App,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a server of the app."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(create_config(app))
    running = asyncio.create_task(server.serve([listener]))
    reader, writer = await asyncio.open_connection(*listener.getsockname(), limit=2 * len(CHUNK))
    try:
        yield reader, writer
    finally:
        writer.close()
        server.should_exit = True
        await running
        listener.close()


def _request(method: str, path: str, more: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n".encode()


async def test_answers_one_after_the_other() -> None:
    """Pipelined requests, one without a body among them, and the last one on its connection."""
    async with _served(_App()) as (reader, writer):
        close = "Connection: close\r\n"
        whole = _request("GET", "/whole")
        writer.write(whole + _request("HEAD", "/whole") + whole + _request("GET", "/whole", close))
        heads_and_bodies = (await reader.read()).split(b"HTTP/1.1 200 OK\r\n")[1:]
        assert [answer.partition(b"\r\n\r\n")[2] for answer in heads_and_bodies] == [
            b"whole",
            b"",
            b"whole",
            b"whole",
        ]


async def test_the_head_of_a_stream_does_not_wait_for_its_body() -> None:
    app = _App()
    async with _served(app) as (reader, writer):
        writer.write(_request("GET", "/pieces"))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK\r\n")
        app.go_on.set()
        assert await reader.readuntil(b"0\r\n\r\n") == b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"


async def test_a_client_that_does_not_read_holds_its_stream_back() -> None:
    app = _App()
    async with _served(app) as (reader, writer):
        writer.write(_request("GET", "/endless"))
        await reader.readuntil(b"\r\n\r\n")
        before = -1
        while before != app.pieces:
            before = app.pieces
            for _ in range(50):
                await _turn()
        assert app.pieces < 1000
        while app.pieces < 2000:
            await reader.readexactly(len(CHUNK))
