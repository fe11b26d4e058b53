"""Events of one process heard at once in another, on PostgreSQL (contracts/votel.md 1.4)."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy import text

from antiphon.core.clock import ManualClock
from antiphon.core.db.postgres import PostgresDatabase
from antiphon.core.event_notices import LISTENER_NAME, EventNotices
from antiphon.core.events import Event, EventBus
from antiphon.core.feed import EventFeed
from antiphon.core.ids import new_id
from waiting import eventually

pytestmark = pytest.mark.postgres

NEVER = 3600.0
OTHER_PROCESS = """
import asyncio, sys
from antiphon.core.clock import SystemClock
from antiphon.core.db.postgres import PostgresDatabase
from antiphon.core.event_notices import EventNotices
from antiphon.core.events import Event, EventBus
from antiphon.core.feed import EventFeed

async def main(url, account_id):
    bus = EventBus()
    database = PostgresDatabase(url, SystemClock(), bus, pool_size=1)
    feed = EventFeed(database, bus, notices=EventNotices(database, url))
    await database.write(lambda tx: tx.emit(Event(account_id, "lead.updated", "outside")))
    await feed.stop()
    await database.stop()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
async def open_feed(clean_postgres_url: str) -> AsyncIterator[Callable[[], EventFeed]]:
    """Feeds as processes of their own have them, which by themselves would not look for an hour."""
    opened: list[EventFeed] = []

    def make() -> EventFeed:
        bus = EventBus()
        database = PostgresDatabase(clean_postgres_url, ManualClock(), bus, pool_size=2)
        notices = EventNotices(database, clean_postgres_url)
        opened.append(EventFeed(database, bus, poll_seconds=NEVER, notices=notices))
        return opened[-1]

    yield make
    for feed in opened:
        await feed.stop()
        await feed.database.stop()


async def happen(feed: EventFeed, account_id: str, name: str) -> None:
    await feed.database.write(lambda tx: tx.emit(Event(account_id, "lead.updated", name)))


async def listeners(feed: EventFeed) -> list[int]:
    query = text("SELECT pid FROM pg_stat_activity WHERE application_name = :name")
    rows = await feed.database.read(lambda tx: tx.all(query, {"name": LISTENER_NAME}))
    return [row.pid for row in rows]


async def test_another_process_is_heard_without_looking(
    open_feed: Callable[[], EventFeed], clean_postgres_url: str
) -> None:
    """A real second process, which sends what it has to tell before it ends."""
    feed, account_id = open_feed(), new_id()
    follower = await feed.follow(account_id)
    await eventually(lambda: _has_listener(feed))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OTHER_PROCESS, clean_postgres_url, account_id
    )
    async with asyncio.timeout(60):
        [event] = await follower.take()
        assert await process.wait() == 0
    assert (event.object_id, event.sequence) == ("outside", 1)


async def _has_listener(feed: EventFeed) -> bool:
    return bool(await listeners(feed))


async def test_a_lost_connection_is_replaced_and_nothing_is_missed(
    open_feed: Callable[[], EventFeed],
) -> None:
    """Whatever happens while nobody listens is found at the new connection's first moment."""
    here, there, account_id = open_feed(), open_feed(), new_id()
    follower = await here.follow(account_id)
    await eventually(lambda: _has_listener(here))
    [pid] = await listeners(here)
    end = text("SELECT pg_terminate_backend(:pid)")
    await there.database.read(lambda tx: tx.scalar(end, {"pid": pid}))
    found: list[str] = []
    async with asyncio.timeout(60):
        for index in range(20):
            await happen(there, account_id, f"event-{index}")
        while len(found) < 20:
            found += [event.object_id for event in await follower.take()]
    assert found == [f"event-{index}" for index in range(20)]


async def test_only_followed_accounts_are_looked_at(open_feed: Callable[[], EventFeed]) -> None:
    here, there = open_feed(), open_feed()
    ours, other = new_id(), new_id()
    follower = await here.follow(ours)
    await eventually(lambda: _has_listener(here))
    async with asyncio.timeout(60):
        await happen(there, other, "not ours")
        await happen(there, ours, "ours")
        [event] = await follower.take()
    assert event.object_id == "ours"
