"""Counts the texts of one and two characters of large accounts for `PairSearch`, a batch at a time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, delete, func, select, text

from antiphon.core.clock import DAY
from antiphon.core.db.search_pairs import PairSearch
from antiphon.core.db.search_text import PLAIN, is_asked, short_texts
from antiphon.core.db.transaction import WriteTx

BLOCK_ROWS = 2048
"""A block is of whole days, of as many as have this number of rows."""
BATCH_ROWS = 16_384
PAGE_ROWS = 200
"""So many rows are counted between two reads: about 10 ms, for which the event loop waits."""
SETTLED_DAYS = 3
"""Younger days are read instead; changes of yesterday and today are not noted."""

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext(:name), hashtext(:account_id))")
_TODAY = text("SELECT CAST(extract(epoch FROM now()) * 1000 AS BIGINT) / :day")


@dataclass(slots=True)
class _Block:
    """What is counted of some days: by the values of `Pairs.by`, how many rows a text finds."""

    first_day: int
    rows: int = 0
    plain: dict[tuple[Any, ...], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    others: dict[tuple[Any, ...], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


@dataclass(frozen=True, slots=True)
class _Range:
    """Days to count; with `is_open` the last of them, too few for a block, wait for more."""

    first_day: int
    last_day: int
    is_open: bool


class PairBuilder:
    """Keeps the blocks of `search`."""

    def __init__(self, search: PairSearch) -> None:
        self._search = search
        c = search.table.c
        self._time = c[search.time]
        self._rows = (c.account_id == bindparam("account_id"), c.deleted_at.is_(None), *search.pairs.where(c))
        within = self._time >= bindparam("since"), self._time <= bindparam("until")
        self._times = select(self._time).where(*self._rows, *within).order_by(self._time)
        self._texts = (
            select(self._time.label("time"), c.search_text, *(c[name] for name in search.pairs.by))
            .where(*self._rows, *within)
            .order_by(self._time)
            .execution_options(yield_per=PAGE_ROWS)
        )

    def build(self, tx: WriteTx, account_id: str) -> bool:
        """Count the next days of an account, or days that changed; false when there is nothing left."""
        tx.execute(_LOCK, {"name": self._search.counts.name, "account_id": account_id})
        days = self._changed(tx, account_id) or self._new(tx, account_id)
        if days is None:
            return False
        self._forget(tx, account_id, days)
        # Read after the changes were taken: what changes from here on is noted again.
        is_counted = False
        for block, last_day in self._blocks(tx, account_id, days):
            self._store(tx, account_id, block, last_day)
            is_counted = True
        return is_counted or not days.is_open

    def keep(self, tx: WriteTx, account_ids: list[str]) -> None:
        """Drop what is kept of other accounts."""
        for table in self._search.tables:
            tx.execute(delete(table).where(table.c.account_id.not_in(account_ids)))

    def _changed(self, tx: WriteTx, account_id: str) -> _Range | None:
        """The first days with a change before the end of the blocks: those of a block, or between two."""
        b, changes = self._search.blocks.c, self._search.changes.c
        end = select(func.max(b.last_day)).where(b.account_id == account_id).scalar_subquery()
        day = tx.scalar(
            select(func.min(changes.day)).where(changes.account_id == account_id, changes.day <= end)
        )
        if day is None:
            return None
        own = select(b.first_day, b.last_day).where(b.account_id == account_id)
        block = tx.first(own.where(b.last_day >= day).order_by(b.first_day).limit(1))
        assert block is not None
        if block.first_day <= day:
            return _Range(block.first_day, block.last_day, is_open=False)
        return self._bounded(tx, account_id, _Range(day, block.first_day - 1, is_open=False))

    def _new(self, tx: WriteTx, account_id: str) -> _Range | None:
        """Days after the blocks."""
        b = self._search.blocks.c
        last = int(tx.scalar(_TODAY, {"day": DAY})) - SETTLED_DAYS
        end = tx.scalar(select(func.max(b.last_day)).where(b.account_id == account_id))
        if end is None:
            oldest = tx.scalar(select(func.min(self._time)).where(*self._rows), {"account_id": account_id})
            if oldest is None:
                return None
            end = oldest // DAY - 1
        if end >= last:
            return None
        return self._bounded(tx, account_id, _Range(end + 1, last, is_open=True))

    def _bounded(self, tx: WriteTx, account_id: str, days: _Range) -> _Range:
        """As many of the days as make a batch, or one."""
        values = {"account_id": account_id, **_bounds(days)}
        beyond = tx.scalar(self._times.limit(1).offset(BATCH_ROWS), values)
        if beyond is None:
            return days
        oldest = tx.scalar(self._times.limit(1), values)
        last_day = max(beyond // DAY - 1, oldest // DAY)
        return _Range(days.first_day, min(last_day, days.last_day), is_open=False)

    def _forget(self, tx: WriteTx, account_id: str, days: _Range) -> None:
        for table in (self._search.counts, self._search.blocks):
            within = table.c.first_day.between(days.first_day, days.last_day)
            tx.execute(delete(table).where(table.c.account_id == account_id, within))
        changes = self._search.changes
        within = changes.c.day.between(days.first_day, days.last_day)
        tx.execute(delete(changes).where(changes.c.account_id == account_id, within))

    def _blocks(self, tx: WriteTx, account_id: str, days: _Range) -> Iterator[tuple[_Block, int]]:
        """Blocks with their last days."""
        block, last_day = _Block(days.first_day), days.first_day
        for time, search_text, *by in tx.execute(self._texts, {"account_id": account_id, **_bounds(days)}):
            day = time // DAY
            if block.rows >= BLOCK_ROWS and day > last_day:
                yield block, last_day
                block = _Block(last_day + 1)
            last_day = day
            found = short_texts(search_text)
            block.plain[tuple(by)].update(found.plain)
            block.others[tuple(by)].update(found.others)
            block.rows += 1
        if block.rows >= BLOCK_ROWS or (block.rows and not days.is_open):
            yield block, days.last_day

    def _store(self, tx: WriteTx, account_id: str, block: _Block, last_day: int) -> None:
        rows = []
        own = {"account_id": account_id, "first_day": block.first_day}
        for by, plain in block.plain.items():
            grouped: defaultdict[str, dict[str, int]] = defaultdict(dict)
            for found, count in plain.items():
                if is_asked(found):
                    grouped[found[0]][PLAIN + found[1:]] = count
            for found, count in block.others[by].items():
                if is_asked(found):
                    grouped[found[1]][found[0] + found[2:]] = count
            values = dict(zip(self._search.pairs.by, by, strict=True))
            rows += [{**own, **values, "first": first, "counts": keys} for first, keys in grouped.items()]
        tx.execute(self._search.counts.insert(), rows)
        tx.execute(self._search.blocks.insert(), {**own, "last_day": last_day})


def _bounds(days: _Range) -> dict[str, int]:
    return {"since": days.first_day * DAY, "until": (days.last_day + 1) * DAY - 1}
