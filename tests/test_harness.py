"""The harness keeps its own promises: no test leaves the machine."""

from __future__ import annotations

import asyncio
import socket

import pytest


def test_connection_to_the_outside_is_refused() -> None:
    """Design section 3: sockets only to loopback."""
    with socket.socket() as outside, pytest.raises(RuntimeError, match="loopback"):
        outside.connect(("203.0.113.1", 80))


async def test_asyncio_connection_to_the_outside_is_refused() -> None:
    with pytest.raises(RuntimeError, match="loopback"):
        await asyncio.open_connection("203.0.113.1", 80)


def test_outside_names_do_not_resolve() -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("example.org", 80)
    assert socket.getaddrinfo("localhost", 80)


async def test_loopback_works() -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
