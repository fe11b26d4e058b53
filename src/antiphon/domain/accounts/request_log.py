"""The log of API requests: collected in memory, written in batches, kept for the dashboard."""

from __future__ import annotations

import asyncio
import contextlib
from typing import NamedTuple

import structlog
from sqlalchemy import select

from antiphon.core.db.batches import batch, encode_batch
from antiphon.core.db.database import Database
from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import WriteTx
from antiphon.core.db.types import Id, Millis
from antiphon.core.errors import AntiphonError
from antiphon.core.ids import new_id
from antiphon.domain.accounts.tables import api_keys, request_log

log = structlog.get_logger(__name__)

FLUSH_SECONDS = 1.0
MAX_WAITING = 20_000
PURGE_BATCH = 5_000


class RequestEntry(NamedTuple):
    """One authenticated request; `duration_us` in microseconds, `at` in milliseconds."""

    account_id: str
    key_id: str | None
    contract: str
    method: str
    path: str
    status: int
    duration_us: int
    ip: str
    at: int


_FIELDS = RequestEntry._fields
_ENTRIES = batch("entries", id=Id, **{name: request_log.c[name].type for name in _FIELDS})
# unscoped: every row of a batch names its own account
_INSERT = Prepared(request_log.insert().from_select(["id", *_FIELDS], select(_ENTRIES)))
_USES = batch("uses", account_id=Id, key_id=Id, at=Millis)
# unscoped: by the account that each row of the batch names
_TOUCH = Prepared(
    api_keys.update()
    .where(api_keys.c.account_id == _USES.c.account_id, api_keys.c.id == _USES.c.key_id)
    .values(last_used_at=_USES.c.at)
)


class RequestLog:
    """Takes entries without waiting and writes them about once a second; drops the oldest beyond its cap."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[RequestEntry] = []
        self._task: asyncio.Task[None] | None = None

    def add(self, entry: RequestEntry) -> None:
        self._waiting.append(entry)
        if len(self._waiting) > MAX_WAITING:
            del self._waiting[: MAX_WAITING // 10]

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self.flush()

    async def flush(self) -> None:
        """Write what has been collected."""
        if not self._waiting:
            return
        entries, self._waiting = self._waiting, []
        try:
            await self._database.write(store_entries, entries)
        except AntiphonError as error:
            self._waiting = entries + self._waiting
            log.warning("request log not written", error=str(error))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await self.flush()
            except Exception:
                log.exception("request log not written")


def store_entries(tx: WriteTx, entries: list[RequestEntry]) -> None:
    """Write the rows and each key's last use."""
    tx.run(_INSERT, {"entries": encode_batch((new_id(), *entry) for entry in entries)})
    latest = {entry.key_id: entry for entry in entries if entry.key_id is not None}
    if latest:
        uses = ((entry.account_id, key_id, entry.at) for key_id, entry in latest.items())
        tx.run(_TOUCH, {"uses": encode_batch(uses)})


def purge_request_log(tx: WriteTx, before: int) -> int:
    """Delete a batch of rows older than `before`; returns how many."""
    # unscoped: scheduled, for the installation
    old = select(request_log.c.id).where(request_log.c.at < before).limit(PURGE_BATCH)
    return tx.execute(request_log.delete().where(request_log.c.id.in_(old))).rowcount
