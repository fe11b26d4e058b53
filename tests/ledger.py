"""What a running installation has stored, read from outside its processes."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import asyncpg

STEPS = ("probe", "transcode", "transcribe", "insight", "complete")


class Ledger(Protocol):
    """One statement at a time, each on a connection of its own."""

    open_jobs: str

    async def rows(self, statement: str) -> list[tuple[Any, ...]]: ...


class SqliteLedger:
    open_jobs = (
        "SELECT name FROM jobs WHERE name IN ('voicegram.transcode', 'voicegram.transcribe',"
        " 'voicegram.insight', 'voicegram.complete', 'webhooks.deliver', 'mails.send', 'objects.delete')"
        " AND status <> 'failed'"
    )

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "antiphon.db"

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return await asyncio.to_thread(self._rows, statement)

    def connect(self, seconds: float = 60) -> sqlite3.Connection:
        """An own connection in autocommit mode that waits so long for the write lock."""
        return sqlite3.connect(
            f"file:{self._path}?mode=rw",
            uri=True,
            timeout=seconds,
            isolation_level=None,
            check_same_thread=False,
        )

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(self.connect()) as connection:
            return connection.execute(statement).fetchall()


class PostgresLedger:
    open_jobs = (
        "SELECT entrypoint FROM pgqueuer WHERE entrypoint IN ('voicegram.transcode', 'voicegram.transcribe',"
        " 'voicegram.insight', 'voicegram.complete', 'webhooks.deliver', 'mails.send', 'objects.delete')"
        " AND status <> 'failed'"
    )

    def __init__(self, url: str) -> None:
        self._url = url

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(self._url)
        try:
            return [tuple(row) for row in await connection.fetch(statement)]
        finally:
            await connection.close()


async def steps(ledger: Ledger, voicegram_id: str) -> dict[str, str]:
    """Status of each step by name."""
    found = await ledger.rows(
        f"SELECT name, status FROM voicegram_steps WHERE voicegram_id = '{_uuid(voicegram_id)}'"
    )
    return {row[0]: row[1] for row in found}


async def is_completed(ledger: Ledger, voicegram_id: str) -> bool:
    found = await ledger.rows(
        f"SELECT 1 FROM voicegrams WHERE id = '{_uuid(voicegram_id)}' AND completed_at IS NOT NULL"
    )
    return bool(found)


async def is_idle(ledger: Ledger) -> bool:
    """Whether no job of the pipeline, the webhooks or the mail is left."""
    return await ledger.rows(ledger.open_jobs) == []


async def completed_events(ledger: Ledger) -> list[str]:
    return [row[0] for row in await ledger.rows("SELECT id FROM events WHERE type = 'voicegram.completed'")]


def _uuid(voicegram_id: str) -> str:
    return voicegram_id.removeprefix("vg_")
