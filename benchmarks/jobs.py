"""Enqueue and work rates of a no-op job on both stores against a bare asyncio loop.

`python benchmarks/jobs.py [--jobs N] [--rounds N] [--json]`; PostgreSQL from ANTIPHON_TEST_POSTGRES_URL, or
a private server, or left out. Also shows what an idle worker costs. Medians of alternated rounds.
"""

# ruff: noqa: E402  the servers' helpers live with the tests, outside the package

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import resource
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import structlog
from rich.console import Console
from rich.table import Table

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / part) for part in ("src", "tests")]

from antiphon.core.clock import SystemClock
from antiphon.core.db.database import Database
from antiphon.core.db.postgres import PostgresDatabase
from antiphon.core.db.sqlite import SqliteDatabase
from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import EventBus
from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.core.jobs.worker import JobWorker, WorkerSettings
from antiphon.migrations.runner import migrate_sqlite
from schemas import create_postgres_schema, run_admin
from services import MissingPartError, PostgresServer

ENQUEUE_BATCH = 500
IDLE_SECONDS = 10
IDLE_TARGET = 0.005

Figures = dict[str, float]
Opened = tuple[Database, str | None]


def put(tx: WriteTx, first: int, count: int) -> None:
    for n in range(first, first + count):
        tx.enqueue("noop", {"n": n}, key=f"noop:{n}")


async def bare(jobs: int) -> Figures:
    """The same number of no-op calls, each a task behind a semaphore, without any store."""
    gate = asyncio.Semaphore(200)

    async def call(n: int) -> None:
        async with gate:
            await asyncio.sleep(0)

    started = time.perf_counter()
    await asyncio.gather(*(call(n) for n in range(jobs)))
    return {"work": jobs / (time.perf_counter() - started)}


async def queued(database: Database, url: str | None, jobs: int) -> Figures:
    """Enqueue in transactions of 500 and one by one, then work everything off with a fresh worker."""
    done = 0
    finished = asyncio.Event()
    single = jobs // 10

    async def noop(payload: Payload, context: JobContext) -> None:
        nonlocal done
        done += 1
        if done == jobs + single:
            finished.set()

    registry = JobRegistry()
    registry.add("noop", noop)
    started = time.perf_counter()
    for first in range(0, jobs, ENQUEUE_BATCH):
        await database.write(put, first, min(ENQUEUE_BATCH, jobs - first))
    enqueued = time.perf_counter()
    await asyncio.gather(*(database.write(put, jobs + n, 1) for n in range(single)))
    alone = time.perf_counter()
    worker = JobWorker(database, registry, WorkerSettings(postgres_url=url))
    task = asyncio.create_task(worker.run())
    await finished.wait()
    await worker.stop()
    await task
    worked = time.perf_counter()
    return {
        "enqueue": jobs / (enqueued - started),
        "single": single / (alone - enqueued),
        "work": (jobs + single) / (worked - alone),
    }


async def idle(database: Database, url: str | None) -> float:
    """Part of one core that a worker with nothing to do takes in this process."""
    registry = JobRegistry()

    async def noop(payload: Payload, context: JobContext) -> None: ...

    for n in range(20):
        registry.add(f"noop{n}", noop)
    registry.add_schedule("nightly", "0 3 * * *", noop)
    worker = JobWorker(database, registry, WorkerSettings(postgres_url=url))
    task = asyncio.create_task(worker.run())
    await asyncio.sleep(2)
    before = resource.getrusage(resource.RUSAGE_SELF)
    await asyncio.sleep(IDLE_SECONDS)
    after = resource.getrusage(resource.RUSAGE_SELF)
    await worker.stop()
    await task
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / IDLE_SECONDS


@asynccontextmanager
async def sqlite() -> AsyncIterator[Opened]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "antiphon.db"
        await asyncio.to_thread(migrate_sqlite, path)
        database = SqliteDatabase(path, SystemClock(), EventBus())
        await database.start()
        yield database, None
        await database.stop()


@asynccontextmanager
async def postgres(server_url: str) -> AsyncIterator[Opened]:
    name = f"antiphon_benchmark_{os.getpid()}"
    await run_admin(server_url, f"CREATE DATABASE {name}")
    url = f"{server_url}/{name}"
    try:
        await create_postgres_schema(url)
        database = PostgresDatabase(url, SystemClock(), EventBus())
        await database.start()
        yield database, url
        await database.stop()
    finally:
        await run_admin(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def find_server(stack: AsyncExitStack) -> str | None:
    given = os.environ.get("ANTIPHON_TEST_POSTGRES_URL")
    if given:
        return given
    try:
        server = PostgresServer()
    except MissingPartError as error:
        print(f"{error}: left out", file=sys.stderr)
        return None
    stack.callback(server.stop)
    server.initialise()
    server.start()
    return server.url


async def measure(jobs: int, rounds: int) -> dict[str, Figures]:
    async with AsyncExitStack() as stack:
        server_url = find_server(stack)
        runs: dict[str, Callable[[], Awaitable[Figures]]] = {"asyncio": lambda: bare(jobs)}
        stores = {"sqlite": sqlite}
        if server_url is not None:
            stores["postgresql"] = lambda: postgres(server_url)
        results: dict[str, list[Figures]] = defaultdict(list)
        for _ in range(rounds):
            results["asyncio"].append(await runs["asyncio"]())
            for name, opened in stores.items():
                async with opened() as (database, url):
                    results[name].append(await queued(database, url, jobs))
        figures = {
            name: {key: statistics.median(run[key] for run in found) for key in found[0]}
            for name, found in results.items()
        }
        for name, opened in stores.items():
            async with opened() as (database, url):
                figures[name]["idle"] = await idle(database, url)
        return figures


def show(figures: dict[str, Figures]) -> None:
    table = Table("", "enqueue/s, 500 a commit", "1 a commit", "work/s", "of bare", "idle, of a core")
    for name, found in figures.items():
        rates = [f"{found[key]:,.0f}" if key in found else "-" for key in ("enqueue", "single", "work")]
        idle_part = f"{found['idle']:.2%}" if "idle" in found else "-"
        table.add_row(name, *rates, f"{found['work'] / figures['asyncio']['work']:.3f}", idle_part)
    Console(width=110).print(table)


def as_figures(figures: dict[str, Figures]) -> list[dict[str, object]]:
    """Rows of scripts/bench: ratios to the bare loop, and the idle cost against its target."""
    rows: list[dict[str, object]] = []

    def add(figure: str, value: float, target: str = "", met: bool | None = None) -> None:
        rows.append({"figure": figure, "value": round(value, 4), "target": target, "met": met})

    for name in ("sqlite", "postgresql"):
        if name in figures:
            found = figures[name]
            add(
                f"no-op jobs on {name} against a bare asyncio loop",
                found["work"] / figures["asyncio"]["work"],
            )
            add(f"no-op jobs/s on {name}", found["work"])
            add(f"enqueue/s on {name}, 500 a commit", found["enqueue"])
            add(f"enqueue/s on {name}, 1 a commit", found["single"])
            add(
                f"idle worker on {name}, part of a core", found["idle"], f"under {IDLE_TARGET}",
                found["idle"] < IDLE_TARGET,
            )  # fmt: skip
    if "postgresql" in figures:
        add("no-op jobs, SQLite to PostgreSQL", figures["sqlite"]["work"] / figures["postgresql"]["work"])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    figures = asyncio.run(measure(options.jobs, options.rounds))
    if options.json:
        print(json.dumps({"figures": as_figures(figures)}))
    else:
        show(figures)


if __name__ == "__main__":
    main()
