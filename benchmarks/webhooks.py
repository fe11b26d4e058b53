"""Webhook deliveries per second through the whole engine against bare aiohttp, to the same sink process.

`python benchmarks/webhooks.py [--events N] [--receivers N] [--rounds N] [--json]`; PostgreSQL from
ANTIPHON_TEST_POSTGRES_URL, else left out. Medians of alternated rounds; processor time is of this process, so
without the sink and PostgreSQL's server.
"""

# ruff: noqa: E402  the package need not be installed

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

import aiohttp
import msgspec
import structlog
import uvloop
from sqlalchemy import func, select

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / part) for part in ("src", "tests")]

from antiphon.contracts.voicegram.events import VoicegramDialect
from antiphon.core.clock import SystemClock
from antiphon.core.db.database import Database
from antiphon.core.db.postgres import PostgresDatabase
from antiphon.core.db.sqlite import SqliteDatabase
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.events import Event, EventBus
from antiphon.core.ids import new_id
from antiphon.core.jobs.registry import JobRegistry
from antiphon.core.jobs.worker import JobWorker, WorkerSettings
from antiphon.domain.accounts.commands import create_account
from antiphon.domain.accounts.records import Plan
from antiphon.domain.services import Services
from antiphon.domain.voicegrams.links import ListenLinks
from antiphon.domain.webhooks.commands import create_subscription
from antiphon.domain.webhooks.jobs import WebhookJobs
from antiphon.domain.webhooks.lanes import IS_PENDING
from antiphon.domain.webhooks.reactions import WebhookReactions
from antiphon.domain.webhooks.tables import deliveries
from antiphon.migrations.runner import migrate_sqlite
from antiphon.speech.workers import MediaPool
from schemas import create_postgres_schema, run_admin
from service_factory import build_services

ORIGIN = "https://antiphon.example.com"
TARGETS = {"sqlite": 0.5, "postgresql": 0.4}
EMIT_BATCH = 100
CONCURRENCY = 100
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Sink(asyncio.Protocol):
    """Reads requests with a Content-Length and answers each at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._data = bytearray()

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._data[:end]).lower()
            start = head.index(b"content-length:") + 15
            length = int(head[start:].partition(b"\r\n")[0])
            if len(self._data) < end + 4 + length:
                return
            del self._data[: end + 4 + length]
            self._transport.write(ANSWER)


def run_sink(parent: Connection) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
        parent.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(serve())


def data(voicegram_id: str) -> dict[str, Any]:
    return {
        "id": voicegram_id,
        "created_at": 1_790_000_000_000,
        "completed_at": 1_790_000_060_000,
        "duration_ms": 31_400,
        "sender_email": "visitor@example.org",
        "channel": {"kind": "domain", "id": new_id(), "name": "example.com", "page_url": None},
        "transcript": {
            "text": "The new opening hours work well, please send the price list. " * 5,
            "confidence": 0.9,
        },
        "summary": {
            "text": "Likes the new hours; asks for the price list.",
            "urgency": "low",
            "sentiment": "positive",
            "intent": "inquiry",
            "callback_required": False,
            "action_items": [{"task": "Send the price list", "priority": "low", "deadline": None}],
            "mentioned": {"names": [], "phones": ["+12025550143"], "emails": ["visitor@example.org"]},
        },
        "tags": [],
    }


def subscribe(tx: WriteTx, services: Services, url: str) -> str:
    account = create_account(tx, name="Receiver", plan=Plan.PRO)
    create_subscription(tx, services.cipher, services.dialects["voicegram"], account.id, url=url)
    return account.id


def emit(tx: WriteTx, account_id: str, count: int) -> None:
    for _ in range(count):
        voicegram_id = new_id()
        tx.emit(Event(account_id, "voicegram.completed", voicegram_id, data(voicegram_id)))


def count(tx: ReadTx) -> int:
    return int(tx.scalar(select(func.count()).select_from(deliveries)))


_OPEN = select(deliveries.c.id).where(IS_PENDING).limit(1)


def is_open(tx: ReadTx) -> bool:
    return tx.scalar(_OPEN) is not None


def wire(database: Database, bus: EventBus, directory: Path) -> Services:
    dialect = VoicegramDialect(ListenLinks(bytes(32), ORIGIN))
    services = build_services(
        database,
        SystemClock(),
        bus,
        MediaPool(max_workers=1),
        directory,
        [dialect],
        webhook_allowed_networks="127.0.0.1/32",
    )
    WebhookReactions(services.dialects).install(bus)
    return services


async def bare(port: int, count: int) -> tuple[float, float]:
    """Deliveries/s and processor time of each, of one session that sends ready-made bodies, 100 at once."""
    dialect = VoicegramDialect(ListenLinks(bytes(32), ORIGIN))
    body = msgspec.json.encode(data(new_id()))
    headers = dialect.signer("vg_whsec_" + "0" * 64)("evt_" + new_id(), 1_790_000_000, body)
    left = count

    async def send(session: aiohttp.ClientSession, url: str) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            async with session.post(url, data=body, headers=headers) as response:
                await response.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        started, used = time.perf_counter(), time.process_time()
        await asyncio.gather(*(send(session, f"http://127.0.0.1:{port}/hook") for _ in range(CONCURRENCY)))
        return count / (time.perf_counter() - started), (time.process_time() - used) / count


async def engine(
    database: Database,
    bus: EventBus,
    url: str | None,
    directory: Path,
    port: int,
    events: int,
    receivers: int,
) -> tuple[float, float, float]:
    """Events committed/s, then deliveries/s up to the record of the last one, processor time of each."""
    services = wire(database, bus, directory)
    sink = f"http://127.0.0.1:{port}/hook"
    accounts = [await database.write(subscribe, services, sink) for _ in range(receivers)]
    each = events // receivers
    started = time.perf_counter()
    for _ in range(0, each, EMIT_BATCH):
        for account_id in accounts:
            await database.write(emit, account_id, EMIT_BATCH)
    committed = time.perf_counter()
    total = await database.read(count)
    registry = JobRegistry()
    WebhookJobs(services).register(registry)
    worker = JobWorker(database, registry, WorkerSettings(postgres_url=url))
    work_started, used = time.perf_counter(), time.process_time()
    task = asyncio.create_task(worker.run())
    while await database.read(is_open):
        await asyncio.sleep(0.02)
    done, used = time.perf_counter(), time.process_time() - used
    await worker.stop()
    await task
    await services.http.close()
    await services.media.close()
    return total / (committed - started), total / (done - work_started), used / total


@asynccontextmanager
async def sqlite() -> AsyncIterator[tuple[Database, EventBus, str | None, Path]]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "antiphon.db"
        await asyncio.to_thread(migrate_sqlite, path)
        bus = EventBus()
        database = SqliteDatabase(path, SystemClock(), bus)
        await database.start()
        yield database, bus, None, Path(directory)
        await database.stop()


@asynccontextmanager
async def postgres(server_url: str) -> AsyncIterator[tuple[Database, EventBus, str | None, Path]]:
    name = f"antiphon_webhooks_{os.getpid()}"
    await run_admin(server_url, f"CREATE DATABASE {name}")
    url = f"{server_url}/{name}"
    try:
        await create_postgres_schema(url)
        bus = EventBus()
        database = PostgresDatabase(url, SystemClock(), bus)
        await database.start()
        with tempfile.TemporaryDirectory() as directory:
            yield database, bus, url, Path(directory)
        await database.stop()
    finally:
        await run_admin(server_url, f"DROP DATABASE {name} WITH (FORCE)")


async def measure(port: int, events: int, receivers: int, rounds: int) -> list[dict[str, Any]]:
    server_url = os.environ.get("ANTIPHON_TEST_POSTGRES_URL")
    stores: dict[str, Any] = {"sqlite": sqlite}
    if server_url:
        stores["postgresql"] = lambda: postgres(server_url)
    base: list[tuple[float, float]] = []
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in stores}
    for _ in range(rounds):
        base.append(await bare(port, events))
        for name, opened in stores.items():
            async with opened() as (database, bus, url, directory):
                found[name].append(await engine(database, bus, url, directory, port, events, receivers))
    plain, plain_used = (statistics.median(values) for values in zip(*base, strict=True))
    figures: list[dict[str, Any]] = [
        {"figure": "bare aiohttp, deliveries/s", "value": round(plain), "met": None},
        {"figure": "bare aiohttp, processor us/delivery", "value": round(plain_used * 1e6), "met": None},
    ]
    for name, runs in found.items():
        committed, delivered, used = (statistics.median(values) for values in zip(*runs, strict=True))
        ratio = delivered / plain
        figures += [
            {"figure": f"{name}: deliveries/s", "value": round(delivered), "met": None},
            {"figure": f"{name}: events committed/s", "value": round(committed), "met": None},
            {"figure": f"{name}: processor us/delivery", "value": round(used * 1e6), "met": None},
            {
                "figure": f"{name}: processor time of bare aiohttp against it",
                "value": round(plain_used / used, 3),
                "met": None,
            },
            {
                "figure": f"{name}: deliveries against bare aiohttp",
                "value": round(ratio, 3),
                "target": TARGETS[name],
                "met": ratio >= TARGETS[name],
            },
        ]
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=6000)
    parser.add_argument("--receivers", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    ours, theirs = multiprocessing.Pipe()
    sink = multiprocessing.get_context("spawn").Process(target=run_sink, args=(theirs,), daemon=True)
    sink.start()
    try:
        figures = uvloop.run(measure(ours.recv(), options.events, options.receivers, options.rounds))
    finally:
        sink.terminate()
    if options.json:
        print(json.dumps({"figures": figures}))
        return
    for row in figures:
        print(f"{row['figure']:50} {row['value']:>10}  {row.get('target', '')}")


if __name__ == "__main__":
    main()
