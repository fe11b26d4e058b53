"""One turn of a lane: sends what is due to one receiver, several at once, and records in batches."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any

from antiphon.core.db.database import Database
from antiphon.domain.webhooks.lanes import end_lane, find_receiver, list_due
from antiphon.domain.webhooks.records import AttemptResult, Delivery, is_erased
from antiphon.domain.webhooks.results import cancel_deliveries, record_results
from antiphon.domain.webhooks.sender import OpenReceiver, Sender

CHUNK = 200
RECORD_COUNT = 200
RECORD_SECONDS = 0.5
REFILL_SECONDS = 0.1
BEGINNING = (0, "")


class LaneRun:
    """Works until nothing is due, deliveries are no longer wanted, or `turn_seconds` are over."""

    def __init__(
        self,
        database: Database,
        sender: Sender,
        account_id: str,
        subscription_id: str,
        lane_id: str,
        *,
        concurrency: int,
        turn_seconds: float,
    ) -> None:
        self._database = database
        self._sender = sender
        self._lane = (account_id, subscription_id, lane_id)
        self._concurrency = concurrency
        self._turn_seconds = turn_seconds
        self._queue: deque[Delivery] = deque()
        self._busy: set[str] = set()
        self._results: list[AttemptResult] = []
        self._recorded: list[AttemptResult] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._recording: asyncio.Task[bool] | None = None
        self._changed = asyncio.Event()
        self._wanted = True
        self._read_up_to: tuple[int, str] = BEGINNING
        self._refill_at = 0.0

    async def run(self) -> bool:
        """True when the lane has ended, false when its turn is over and it is to be continued."""
        receiver = await self._database.read(find_receiver, *self._lane)
        if receiver is None:
            return await self._end()
        try:
            return await self._work(self._sender.open(receiver))
        finally:
            await self._abort()

    async def _work(self, receiver: OpenReceiver) -> bool:
        loop = asyncio.get_running_loop()
        turn_ends = loop.time() + self._turn_seconds
        record_at = loop.time() + RECORD_SECONDS
        while True:
            self._changed.clear()
            self._collect()
            if self._wanted and loop.time() < turn_ends:
                await self._refill(loop.time())
                for _ in range(min(self._concurrency - len(self._tasks), len(self._queue))):
                    task = asyncio.create_task(self._drain(receiver))
                    task.add_done_callback(self._note)
                    self._tasks.add(task)
            else:
                self._queue.clear()
            is_time = len(self._results) >= RECORD_COUNT or not self._tasks or loop.time() >= record_at
            if self._results and self._recording is None and is_time:
                self._record()
                record_at = loop.time() + RECORD_SECONDS
            if self._tasks or self._recording is not None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(RECORD_SECONDS):
                        await self._changed.wait()
            elif self._wanted and loop.time() >= turn_ends:
                return False
            elif await self._end():
                return True
            elif not self._wanted:
                return False

    async def _refill(self, now: float) -> None:
        if len(self._queue) >= self._concurrency or now < self._refill_at:
            return
        account_id, subscription_id, _ = self._lane
        due = await self._database.read(list_due, account_id, subscription_id, CHUNK, *self._read_up_to)
        erased = []
        for delivery in due:
            if is_erased(delivery.event_type, delivery.data):
                erased.append(delivery.id)
            elif delivery.id not in self._busy:
                self._busy.add(delivery.id)
                self._queue.append(delivery)
        if erased:
            await self._database.write(cancel_deliveries, account_id, erased)
        if due:
            self._read_up_to = (due[-1].due_at, due[-1].id)
        else:
            self._refill_at = now + REFILL_SECONDS

    async def _end(self) -> bool:
        if await self._database.write(end_lane, *self._lane):
            return True
        # A transaction begun before the last read may have committed after it.
        self._read_up_to, self._refill_at = BEGINNING, 0.0
        return False

    async def _drain(self, receiver: OpenReceiver) -> None:
        """One of the lane's simultaneous senders; ends when nothing waits."""
        while self._queue:
            delivery = self._queue.popleft()
            if len(self._queue) == self._concurrency - 1:
                self._changed.set()
            result = await self._sender.attempt(receiver, delivery)
            self._results.append(result)
            if len(self._results) == RECORD_COUNT:
                self._changed.set()
            if result.outcome.gone:
                self._wanted = False
                self._queue.clear()

    def _record(self) -> None:
        """Start writing what has been answered; sending goes on meanwhile."""
        self._recorded, self._results = self._results, []
        write = self._database.write(record_results, *self._lane, self._recorded)
        self._recording = asyncio.create_task(write)
        self._recording.add_done_callback(self._note)

    def _collect(self) -> None:
        """Take note of what has ended; raises its error."""
        for task in [task for task in self._tasks if task.done()]:
            self._tasks.discard(task)
            task.result()
        if self._recording is not None and self._recording.done():
            self._wanted = self._recording.result() and self._wanted
            self._busy.difference_update(result.delivery.id for result in self._recorded)
            self._recording = None

    def _note(self, _: asyncio.Task[Any]) -> None:
        self._changed.set()

    async def _abort(self) -> None:
        """After a failure or an interruption: what stays unrecorded is sent again with the same event id."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        # An interruption must not leave open whether an attempt was written.
        if self._recording is not None:
            await asyncio.gather(self._recording, return_exceptions=True)
        if self._results:
            with suppress(Exception):
                await self._database.write(record_results, *self._lane, self._results)
