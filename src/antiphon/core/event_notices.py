"""Word between the processes of one installation on PostgreSQL that an account has new events.

Sent after the commit, many accounts at once: a notification inside the transaction would make every commit
wait for every other. One that is lost is made up for by whoever polls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog
from sqlalchemy import bindparam, func, select

from antiphon.core.db.database import Database
from antiphon.core.db.listener import Listener
from antiphon.core.db.transaction import ReadTx
from antiphon.core.ids import new_id

log = structlog.get_logger(__name__)

CHANNEL = "antiphon_events"
LISTENER_NAME = "antiphon-events-listener"
BATCH = 100
"""Accounts of one notification; its text must stay below 8000 bytes."""

_NOTIFY = select(func.pg_notify(CHANNEL, bindparam("payload")))


class EventNotices:
    """One per process; used on one event loop."""

    def __init__(self, database: Database, url: str) -> None:
        self._database = database
        self._own = new_id()
        self._listener = Listener(url, LISTENER_NAME)
        self._waiting: set[str] = set()
        self._sending: asyncio.Task[None] | None = None

    def tell(self, account_id: str) -> None:
        """Let the other processes know, without waiting."""
        self._waiting.add(account_id)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())

    async def listen(self, heard: Callable[[Sequence[str]], None], missed: Callable[[], None]) -> None:
        """Call `heard` with accounts of which others tell, `missed` whenever something may have been lost."""

        def read(payload: str) -> None:
            sender, *account_ids = payload.split()
            if sender != self._own:
                heard(account_ids)

        self._listener.on_connect = missed
        await self._listener.add(CHANNEL, read)

    async def stop(self) -> None:
        """Send what is waiting, and end."""
        if self._sending is not None:
            await asyncio.wait({self._sending})
        await self._listener.stop()

    async def _send(self) -> None:
        while self._waiting:
            account_ids = [self._waiting.pop() for _ in range(min(BATCH, len(self._waiting)))]
            try:
                await self._database.read(_notify, " ".join((self._own, *account_ids)))
            except Exception as error:
                log.warning("events not announced", error=str(error) or type(error).__name__)


def _notify(tx: ReadTx, payload: str) -> None:
    tx.execute(_NOTIFY, {"payload": payload})
