"""Moving time for jobs in tests."""

# ruff: noqa: S608  table names come from the engine's settings

from __future__ import annotations

from datetime import timedelta

import asyncpg
from pgqueuer.domain.settings import db_settings

from antiphon.core.clock import ManualClock
from antiphon.core.db.listener import plain_dsn
from antiphon.core.jobs.worker import JobWorker


async def shift_due_times(url: str, ms: int) -> None:
    """Make every time in the queue on PostgreSQL `ms` earlier, since its clock cannot be moved."""
    names = db_settings().qualified
    connection = await asyncpg.connect(plain_dsn(url))
    try:
        for statement in (
            f"""UPDATE {names.queue_table}
                SET execute_after = execute_after - $1::interval, heartbeat = heartbeat - $1::interval""",
            f"UPDATE {names.schedules_table} SET next_run = next_run - $1::interval",
            f"UPDATE {names.queue_table_log} SET created = created - $1::interval",
        ):
            await connection.execute(statement, timedelta(milliseconds=ms))
    finally:
        await connection.close()


async def advance_and_drain(worker: JobWorker, clock: ManualClock, ms: int) -> None:
    """Let `ms` pass and run whatever becomes due, on either store."""
    clock.advance(ms)
    if worker.settings.postgres_url is not None:
        await shift_due_times(worker.settings.postgres_url, ms)
    await worker.drain()
