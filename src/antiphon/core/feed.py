"""The live feed: every committed event of the followed accounts, in order, without gaps or doubles.

Events of this process come from the bus, those of other processes from the table. It is looked at once a
second while anybody follows, and at once where processes tell each other. Where a number is missing the table
fills it in before anything later is shown.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

import structlog

from antiphon.core.db.database import Database
from antiphon.core.event_log import find_position, last_sequences, list_events
from antiphon.core.events import Event, EventBus

if TYPE_CHECKING:
    from antiphon.core.event_notices import EventNotices

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0
GAP_SECONDS = 0.01
KEPT_EVENTS = 1000
"""How far a follower may fall behind; per followed account, whatever the number of followers."""
PAGE = 200
BATCH = 50


class FellBehindError(Exception):
    """The follower was too slow: events it has not taken are no longer kept."""


class FeedClosedError(Exception):
    """The follower was closed."""


class _Account:
    """The latest events of one followed account; `recent` ends with number `last`."""

    __slots__ = ("followers", "last", "recent")

    def __init__(self, last: int, kept: int) -> None:
        self.last = last
        self.recent: deque[Event] = deque(maxlen=kept)
        self.followers: set[Follower] = set()

    def add(self, events: Sequence[Event]) -> None:
        added = False
        for event in events:
            if event.sequence == self.last + 1:
                self.recent.append(event)
                self.last = event.sequence
                added = True
        if added:
            self.wake()

    def wake(self) -> None:
        for follower in self.followers:
            follower.wake()


class Follower:
    """One reader of an account's events; `position` is the number of the last event taken."""

    def __init__(self, feed: EventFeed, account_id: str, position: int, *, missed: bool) -> None:
        self.account_id = account_id
        self.position = position
        self.missed = missed
        self._feed = feed
        self._woken = asyncio.Event()
        self._closed = False
        self._resuming = True

    async def take(self) -> Sequence[Event]:
        """Wait for the next events, at least one. Raises FellBehindError, FeedClosedError."""
        while True:
            if self._closed:
                raise FeedClosedError
            self._woken.clear()
            found = await self._next()
            if found:
                self.position = found[-1].sequence
                return found
            await self._woken.wait()

    async def _next(self) -> Sequence[Event]:
        account = self._feed.account(self.account_id)
        if account is None or account.last <= self.position:
            return ()
        waiting = account.last - self.position
        if waiting <= len(account.recent):
            self._resuming = False
            start = len(account.recent) - waiting
            return list(islice(account.recent, start, start + BATCH))
        if not self._resuming:
            raise FellBehindError
        # Older than this process remembers; what comes meanwhile is remembered.
        found = await self._feed.database.read(list_events, self.account_id, self.position, PAGE)
        if not found or found[0].sequence != self.position + 1:
            raise FellBehindError
        return found

    def skip(self) -> None:
        """Go on from the latest event."""
        account = self._feed.account(self.account_id)
        if account is not None:
            self.position = max(self.position, account.last)

    def wake(self) -> None:
        self._woken.set()

    def close(self) -> None:
        """Make `take` raise FeedClosedError; again changes nothing."""
        self._closed = True
        self._feed.forget(self)
        self._woken.set()


class EventFeed:
    """One per process, started and stopped with it; used on one event loop."""

    def __init__(
        self,
        database: Database,
        bus: EventBus,
        *,
        poll_seconds: float = POLL_SECONDS,
        kept_events: int = KEPT_EVENTS,
        notices: EventNotices | None = None,
    ) -> None:
        self.database = database
        self._notices = notices
        self._listening: asyncio.Task[None] | None = None
        self._poll_seconds = poll_seconds
        self._kept = kept_events
        self._accounts: dict[str, _Account] = {}
        self._gap = asyncio.Event()
        self._poller: asyncio.Task[None] | None = None
        bus.listen(self._on_event)

    def account(self, account_id: str) -> _Account | None:
        return self._accounts.get(account_id)

    @property
    def followers(self) -> int:
        return sum(len(account.followers) for account in self._accounts.values())

    async def follow(self, account_id: str, after: int | None = None) -> Follower:
        """Read on from number `after`, or from now; `missed` is set when that is not known any more."""
        position = await self.database.read(find_position, account_id, after)
        follower = Follower(self, account_id, position.number, missed=not position.complete)
        account = self._accounts.get(account_id)
        if account is None:
            account = self._accounts[account_id] = _Account(position.last, self._kept)
            # What the bus told since the read was for nobody; the table has it.
            self._gap.set()
        account.followers.add(follower)
        if self._poller is None:
            self._poller = asyncio.create_task(self._poll())
        if self._notices is not None and self._listening is None:
            listen = self._notices.listen(self._on_notice, self._gap.set)
            self._listening = asyncio.create_task(listen)
        return follower

    def forget(self, follower: Follower) -> None:
        account = self._accounts.get(follower.account_id)
        if account is None:
            return
        account.followers.discard(follower)
        if not account.followers:
            del self._accounts[follower.account_id]
        if not self._accounts and self._poller is not None:
            self._poller.cancel()
            self._poller = None

    async def stop(self) -> None:
        """Close every follower."""
        poller = self._poller
        if self._listening is not None:
            self._listening.cancel()
        if self._notices is not None:
            await self._notices.stop()
        for account in list(self._accounts.values()):
            for follower in list(account.followers):
                follower.close()
        if poller is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await poller

    def _on_event(self, event: Event) -> None:
        if self._notices is not None:
            self._notices.tell(event.account_id)
        account = self._accounts.get(event.account_id)
        if account is None or event.sequence <= account.last:
            return
        if event.sequence == account.last + 1:
            account.add((event,))
        else:
            self._gap.set()

    def _on_notice(self, account_ids: Sequence[str]) -> None:
        if any(account_id in self._accounts for account_id in account_ids):
            self._gap.set()

    async def _poll(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._poll_seconds):
                    await self._gap.wait()
                # What commits at the same time is often only a moment late on the bus.
                await asyncio.sleep(GAP_SECONDS)
            self._gap.clear()
            try:
                await self._catch_up()
            except Exception:
                log.exception("events not read")
                await asyncio.sleep(self._poll_seconds)

    async def _catch_up(self) -> None:
        lasts = await self.database.read(last_sequences, list(self._accounts))
        for account_id, last in lasts.items():
            while (account := self._accounts.get(account_id)) is not None and account.last < last:
                before = account.last
                account.add(await self.database.read(list_events, account_id, before, PAGE))
                if account.last == before:
                    # The rows are gone: whoever still waits for them has to start anew.
                    account.recent.clear()
                    account.last = last
                    account.wake()
