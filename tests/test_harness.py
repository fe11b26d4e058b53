"""The harness keeps its own promises: no test leaves the machine; memory is used where there is plenty."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

import pytest

from services import folder_in_memory


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


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how much memory is free")


async def test_loopback_works() -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


@linux_only
def test_temporary_files_are_in_memory_only_where_there_is_room(tmp_path: Path) -> None:
    found = folder_in_memory(tmp_path, room=1)
    assert found is not None
    assert found.parent == tmp_path
    assert folder_in_memory(tmp_path, room=1) == found
    assert folder_in_memory(tmp_path, room=1 << 62) is None
    assert folder_in_memory(tmp_path / "nowhere", room=1) is None


@linux_only
def test_a_strangers_folder_is_not_taken(tmp_path: Path) -> None:
    """The place is open to everybody."""
    found = folder_in_memory(tmp_path, room=1)
    assert found is not None
    found.rmdir()
    found.symlink_to(tmp_path)
    assert folder_in_memory(tmp_path, room=1) is None
