"""Counts what texts find in large accounts for `TextCounts`, some days at a time (docs/decisions/0029)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Integer, bindparam, delete, func, select, text

from antiphon.core.clock import DAY
from antiphon.core.db.batches import batch, encode_batch
from antiphon.core.db.database import Database
from antiphon.core.db.search_counts import TextCounts
from antiphon.core.db.search_grams import Counts, Entry
from antiphon.core.db.transaction import ReadTx, WriteTx

BLOCK_ROWS = 2048
"""A block is of whole days, of as many as have this number of rows."""
BATCH_ROWS = 4096
TRIED_DAYS = (16, 256, 1 << 30)
"""A batch is looked for in so many days, as not every table has an index by time alone."""
MOST_ROWS = 50_000
"""A day of more rows, as of an import that gives no times, is not counted."""
SETTLED_DAYS = 3
"""Younger days are read instead; changes of yesterday and today are not noted."""

_TODAY = {
    "sqlite": text("SELECT CAST(strftime('%s', 'now') AS INTEGER) / 86400"),
    "postgresql": text("SELECT CAST(extract(epoch FROM now()) AS BIGINT) / 86400"),
}

CountDays = Callable[[Sequence[Entry], int, int, int, bool], Awaitable[list[Counts]]]
"""`search_grams.count_days`, run where it holds nobody up."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """Days to count, the blocks that they have and the changes of them that are noted.

    With `is_open` the last days, too few for a block, wait for more; with `is_skipped` they are too large.
    """

    first_day: int
    last_day: int
    is_open: bool = False
    is_skipped: bool = False
    blocks: tuple[tuple[int, int], ...] = ()
    changes: tuple[int, ...] = ()

    @property
    def bounds(self) -> dict[str, int]:
        return {"since": self.first_day * DAY, "until": (self.last_day + 1) * DAY - 1}


class TextCounter:
    """Keeps the blocks of `counts`; one at a time may, which `_store` makes sure of."""

    def __init__(self, counts: TextCounts, count_days: CountDays) -> None:
        self._counts = counts
        self._count_days = count_days
        c = counts.table.c
        self._time = c[counts.time]
        self._rows = (
            c.account_id == bindparam("account_id"),
            c.deleted_at.is_(None),
            *counts.counted.where(c),
        )
        within = self._time >= bindparam("since"), self._time <= bindparam("until")
        self._times = select(self._time).where(*self._rows, *within).order_by(self._time)
        by = (c[name] for name in counts.counted.by)
        self._texts = select(self._time, c.search_text, *by).where(*self._rows, *within).order_by(self._time)
        noted = counts.changes.c
        self._drop_changes = delete(counts.changes).where(
            noted.account_id == bindparam("account_id"),
            noted.id.in_(select(batch("changes", id=Integer).c.id)),
        )

    async def count(self, database: Database, account_id: str) -> bool:
        """Count the next days of an account, or days that changed; false when there is nothing left."""
        plan = await database.read(self._plan, account_id)
        if plan is None:
            return False
        # Read after the changes: what commits from here on is noted, and not among those of the plan.
        rows = [] if plan.is_skipped else await database.read(self._read, account_id, plan)
        numbers = await self._numbers(database, account_id, {by for _, by, _ in rows})
        entries = [(day, numbers[by], search_text) for day, by, search_text in rows]
        counts = await self._count_days(entries, plan.first_day, plan.last_day, BLOCK_ROWS, plan.is_open)
        await database.write(self._store, account_id, plan, counts)
        return bool(counts) or not plan.is_open

    def keep(self, tx: WriteTx, account_ids: list[str]) -> None:
        """Drop what is kept of other accounts."""
        for table in self._counts.tables:
            tx.execute(delete(table).where(table.c.account_id.not_in(account_ids)))

    def _plan(self, tx: ReadTx, account_id: str) -> _Plan | None:
        plan = self._changed(tx, account_id) or self._new(tx, account_id)
        if plan is None:
            return None
        b, noted = self._counts.blocks.c, self._counts.changes.c
        of_days = b.account_id == account_id, b.first_day.between(plan.first_day, plan.last_day)
        blocks = tx.all(select(b.first_day, b.last_day).where(*of_days).order_by(b.first_day))
        changes = tx.all(
            select(noted.id).where(
                noted.account_id == account_id, noted.day.between(plan.first_day, plan.last_day)
            )
        )
        return replace(
            plan,
            blocks=tuple((row.first_day, row.last_day) for row in blocks),
            changes=tuple(row.id for row in changes),
        )

    def _changed(self, tx: ReadTx, account_id: str) -> _Plan | None:
        """The first days with a change before the end of the blocks: those of a block, or between two."""
        b, noted = self._counts.blocks.c, self._counts.changes.c
        end = select(func.max(b.last_day)).where(b.account_id == account_id).scalar_subquery()
        day = tx.scalar(select(func.min(noted.day)).where(noted.account_id == account_id, noted.day <= end))
        if day is None:
            return None
        own = select(b.first_day, b.last_day).where(b.account_id == account_id)
        block = tx.first(own.where(b.last_day >= day).order_by(b.first_day).limit(1))
        assert block is not None
        first_day, last_day = (
            (block.first_day, block.last_day) if block.first_day <= day else (day, block.first_day - 1)
        )
        return self._bounded(tx, account_id, _Plan(first_day, last_day))

    def _new(self, tx: ReadTx, account_id: str) -> _Plan | None:
        """Days after the blocks."""
        b = self._counts.blocks.c
        last = int(tx.scalar(_TODAY[tx.dialect])) - SETTLED_DAYS
        end = tx.scalar(select(func.max(b.last_day)).where(b.account_id == account_id))
        if end is None:
            oldest = tx.scalar(select(func.min(self._time)).where(*self._rows), {"account_id": account_id})
            if oldest is None:
                return None
            end = oldest // DAY - 1
        if end >= last:
            return None
        return self._bounded(tx, account_id, _Plan(end + 1, last, is_open=True))

    def _bounded(self, tx: ReadTx, account_id: str, plan: _Plan) -> _Plan:
        """As many of the days as make a batch, or one."""
        for length in TRIED_DAYS:
            part = replace(plan, last_day=min(plan.first_day + length, plan.last_day))
            values = {"account_id": account_id, **part.bounds}
            beyond = tx.scalar(self._times.limit(1).offset(BATCH_ROWS), values)
            if beyond is not None:
                break
        else:
            return plan
        oldest = tx.scalar(self._times.limit(1), values) // DAY
        if oldest < beyond // DAY:
            return _Plan(plan.first_day, beyond // DAY - 1)
        day = _Plan(oldest, oldest)
        is_skipped = tx.scalar(
            self._times.limit(1).offset(MOST_ROWS), {"account_id": account_id, **day.bounds}
        )
        return _Plan(plan.first_day, oldest, is_skipped=is_skipped is not None)

    def _read(self, tx: ReadTx, account_id: str, plan: _Plan) -> list[tuple[int, tuple[Any, ...], str]]:
        found = tx.execute(self._texts, {"account_id": account_id, **plan.bounds})
        return [(time // DAY, tuple(by), search_text) for time, search_text, *by in found]

    async def _numbers(
        self, database: Database, account_id: str, kinds: set[tuple[Any, ...]]
    ) -> dict[tuple[Any, ...], int]:
        known = await database.read(self._known, account_id)
        if not kinds.issubset(known):
            known = await database.write(self._number, account_id, sorted(kinds))
        return known

    def _known(self, tx: ReadTx, account_id: str) -> dict[tuple[Any, ...], int]:
        k = self._counts.kinds.c
        columns = (k[name] for name in self._counts.counted.by)
        rows = tx.all(select(k.number, *columns).where(k.account_id == account_id))
        return {tuple(by): number for number, *by in rows}

    def _number(
        self, tx: WriteTx, account_id: str, kinds: list[tuple[Any, ...]]
    ) -> dict[tuple[Any, ...], int]:
        known = self._known(tx, account_id)
        for by in kinds:
            if by not in known:
                known[by] = len(known)
                values = dict(zip(self._counts.counted.by, by, strict=True))
                row = {"account_id": account_id, "number": known[by], **values}
                tx.execute(self._counts.kinds.insert(), row)
        return known

    def _store(self, tx: WriteTx, account_id: str, plan: _Plan, counts: list[Counts]) -> None:
        """Put the counts in the place of what the days had, unless somebody else has done so."""
        b, own = self._counts.blocks, self._counts.counts
        of_days = b.c.account_id == account_id, b.c.first_day.between(plan.first_day, plan.last_day)
        found = tx.all(select(b.c.first_day, b.c.last_day).where(*of_days).order_by(b.c.first_day))
        taken = tx.execute(
            self._drop_changes,
            {"account_id": account_id, "changes": encode_batch((one,) for one in plan.changes)},
        ).rowcount
        if taken != len(plan.changes) or tuple((row.first_day, row.last_day) for row in found) != plan.blocks:
            raise StaleCountsError
        tx.execute(delete(b).where(*of_days))
        tx.execute(
            delete(own).where(
                own.c.account_id == account_id, own.c.first_day.between(plan.first_day, plan.last_day)
            )
        )
        if plan.is_skipped:
            counts = [(plan.first_day, plan.last_day, MOST_ROWS, [])]
        for first_day, last_day, rows, filed in counts:
            block = {"account_id": account_id, "first_day": first_day}
            tx.execute(
                b.insert(), {**block, "last_day": last_day, "rows": rows, "is_counted": not plan.is_skipped}
            )
            if filed:
                tx.execute(
                    own.insert(), [{**block, "prefix": prefix, "counts": keys} for prefix, keys in filed]
                )


class StaleCountsError(Exception):
    """Two counted the same days at once; nothing is kept of the later one."""
