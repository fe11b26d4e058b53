"""Live updates: what open streams cost when nothing happens, and how long an event takes to a reader.

`python benchmarks/stream.py [--streams N] [--seconds N] [--events N] [--json]`. The streams are those of as
many users as it takes at five each; the latency is from the answer of a request, which follows the commit,
to the event.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass

import aiohttp

from _common import Figure, cpu_seconds, figure, memory_mb, percentile, run, server
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.accounts.commands import create_account, create_user
from antiphon.domain.accounts.keys import create_key
from antiphon.domain.accounts.records import KeyKind, Plan, Role
from antiphon.domain.services import Services

PER_USER = 5
CPU_TARGET = 0.05
LATENCY_TARGET_MS = 150.0
SETTLE_SECONDS = 3.0
PATH = "/api/conversations/stream"


@dataclass
class Prepared:
    keys: list[str]


def prepare(tx: WriteTx, services: Services, users: int) -> Prepared:
    keys = []
    for number in range(users):
        account = create_account(tx, name=f"Account {number}", plan=Plan.PRO)
        user_id = create_user(
            tx,
            account.id,
            email=f"owner{number}@example.com",
            name="Owner",
            role=Role.OWNER,
            password_hash=None,
        )
        keys.append(create_key(tx, account.id, user_id, kind=KeyKind.SECRET, name="bench").key)
    return Prepared(keys)


async def measure(options: argparse.Namespace) -> list[Figure]:
    users = -(-options.streams // PER_USER)
    async with (
        server(lambda tx, services: prepare(tx, services, users)) as (process, prepared),
        aiohttp.ClientSession(
            process.url, connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(None)
        ) as session,
        AsyncExitStack() as stack,
    ):
        await asyncio.sleep(SETTLE_SECONDS)
        bare, bare_memory = await _idle(process.pid, options.seconds), memory_mb(process.pid)[0]
        streams = []
        for number in range(options.streams):
            headers = {"X-API-Key": prepared.keys[number // PER_USER]}
            answer = await stack.enter_async_context(session.get(PATH, headers=headers))
            answer.raise_for_status()
            streams.append(answer)
        await asyncio.sleep(SETTLE_SECONDS)
        idle, memory = await _idle(process.pid, options.seconds), memory_mb(process.pid)[0]
        latencies = await _latencies(session, prepared.keys[0], streams[0], options.events)
    worst = percentile(latencies, 0.95)
    added = idle - bare
    return [
        figure(
            f"{options.streams} idle streams, part of a core",
            idle,
            f"< {CPU_TARGET}",
            idle < CPU_TARGET,
        ),
        figure("of it by the streams", added),
        figure("MB resident per stream", (memory - bare_memory) / options.streams),
        figure("event after the answer that follows its commit, ms, median", percentile(latencies, 0.5)),
        figure("the same, 95 of 100", worst, f"< {LATENCY_TARGET_MS:g}", worst < LATENCY_TARGET_MS),
    ]


async def _idle(pid: int, seconds: float) -> float:
    before = cpu_seconds(pid)
    await asyncio.sleep(seconds)
    return (cpu_seconds(pid) - before) / seconds


async def _latencies(
    session: aiohttp.ClientSession, key: str, stream: aiohttp.ClientResponse, events: int
) -> list[float]:
    """In milliseconds; an event that is there before the answer counts as 0."""
    arrived: dict[str, float] = {}
    reader = asyncio.create_task(_read(stream, arrived))
    answered = {}
    for number in range(events):
        body = {"kind": "campaign", "name": f"Campaign {number}"}
        async with session.post("/api/recording-channels", json=body, headers={"X-API-Key": key}) as answer:
            answered[(await answer.json())["id"]] = time.perf_counter()
        await asyncio.sleep(0.02)
    async with asyncio.timeout(30):
        while len(arrived) < events:
            await asyncio.sleep(0.01)
    reader.cancel()
    return [max(0.0, arrived[name] - at) * 1000 for name, at in answered.items()]


async def _read(stream: aiohttp.ClientResponse, arrived: dict[str, float]) -> None:
    async for line in stream.content:
        if line.startswith(b"data: "):
            channel = json.loads(line[6:])["data"].get("recording_channel")
            if channel is not None:
                arrived[channel["id"]] = time.perf_counter()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--events", type=int, default=200)
    run(measure, parser)
