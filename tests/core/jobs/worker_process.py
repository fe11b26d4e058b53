"""A worker in a process of its own, to be killed: `worker_process.py STORE ADDRESS JOURNAL MODE LEASE_MS`.

Its one job writes `start` to the journal; then it never ends (mode `hang`) or writes `end` (mode `finish`).
STORE `enqueue-sqlite` only commits one job to the file at ADDRESS and leaves.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from antiphon.core.clock import SystemClock
from antiphon.core.db.database import Database
from antiphon.core.db.postgres import PostgresDatabase
from antiphon.core.db.sqlite import SqliteDatabase
from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import EventBus
from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.core.jobs.worker import JobWorker, WorkerSettings


def put(tx: WriteTx) -> None:
    tx.enqueue("work", {}, key="from another process")


async def main(kind: str, address: str, journal: Path, mode: str, lease_ms: int) -> None:
    clock = SystemClock()
    database: Database
    if kind == "postgresql":
        database = PostgresDatabase(address, clock, EventBus(), pool_size=2)
    else:
        database = SqliteDatabase(Path(address), clock, EventBus())
    await database.start()
    if kind == "enqueue-sqlite":
        await database.write(put)
        await database.stop()
        return

    async def work(payload: Payload, context: JobContext) -> None:
        with journal.open("a") as file:
            file.write("start\n")
        if mode == "hang":
            await asyncio.Event().wait()
        with journal.open("a") as file:
            file.write("end\n")

    registry = JobRegistry()
    registry.add("work", work, concurrency=1)
    url = address if kind == "postgresql" else None
    await JobWorker(database, registry, WorkerSettings(postgres_url=url, lease_ms=lease_ms)).run()


if __name__ == "__main__":
    _, kind, address, journal, mode, lease = sys.argv
    asyncio.run(main(kind, address, Path(journal), mode, int(lease)))
