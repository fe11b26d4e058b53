"""Open streams of a real server: other processes, stops and restarts (contracts/votel.md 1.4)."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from server_process import PATIENCE, Server, antiphon, process_environment
from streams import PATH, Block, parse

GRACE_SECONDS = 10
"""uvicorn's, after which it cancels what is open; a stream must not make it wait for that."""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    made = Server(tmp_path)
    await made.start()
    yield made
    made.abandon()
    await made.close()


async def make_key(server: Server) -> dict[str, Any]:
    """By a process of its own, beside the server."""
    arguments = ["key", "create", "--account", "demo", "--kind", "secret", "--json"]

    def run() -> str:
        command = antiphon(*arguments)
        environment = process_environment(server.settings)
        return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout

    return dict(json.loads(await asyncio.to_thread(run)))


class Reader:
    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def block(self) -> Block | None:
        """None at the end."""
        lines = []
        while line := (await self._answer.content.readline()).decode():
            if line == "\n":
                return parse("".join(lines))
            lines.append(line)
        return None

    async def event(self, name: str) -> Block:
        while True:
            found = await self.block()
            assert found is not None, "the stream has ended"
            if found.event == name:
                return found


@asynccontextmanager
async def opened(server: Server, key: str, **headers: str) -> AsyncIterator[Reader]:
    timeout = aiohttp.ClientTimeout(PATIENCE)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.get(f"{server.url}{PATH}", headers={"X-API-Key": key, **headers}) as answer,
    ):
        assert answer.status == 200
        yield Reader(answer)


async def test_stop_restart_and_resume(server: Server) -> None:
    """Events of other processes arrive; the server stops at once; what came meanwhile is told after it."""
    key = await make_key(server)
    async with opened(server, key["key"]) as reader:
        first = await reader.block()
        assert first is not None
        assert first.retry is not None
        other = await make_key(server)
        seen = await reader.event("api_key.created")
        assert seen.data["data"]["api_key"]["id"] == other["id"]
        stopping = asyncio.create_task(server.stop())
        async with asyncio.timeout(GRACE_SECONDS):
            assert await reader.block() is None, "a clean end"
        assert await stopping == 0
    assert not re.search(r"warn|error|exception|traceback", server.log, re.IGNORECASE), server.log
    missed = await make_key(server)
    await server.restart()
    last = str(seen.id)
    async with opened(server, key["key"], **{"Last-Event-ID": last}) as reader:
        found = await reader.event("api_key.created")
        assert found.data["data"]["api_key"]["id"] == missed["id"]
        assert found.id == int(last) + 1
