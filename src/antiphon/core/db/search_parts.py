"""Pages and totals of frequent matches on SQLite, within the parts of an account (docs/decisions/0017)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Integer,
    MetaData,
    Table,
    bindparam,
    func,
    select,
    union_all,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from antiphon.core.clock import DAY
from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import ReadTx
from antiphon.core.db.types import Id

PART_SHIFT = 40
DAY_SHIFT = 24
SCOPE_SHIFT = 44
"""Of the entry of a row on SQLite: above is the number of the account, below it the part of its lists, then
the day of its time, then the row's own number among those of that day."""
LAST_DAY = (1 << PART_SHIFT - DAY_SHIFT) - 1
FEW_MATCHES = 1000
"""So many are read rather than counted on the text index and looked through by days."""
WALKED_MATCHES = 40
"""A page with other filters is looked for in so many of the newest matches for each of its own, then in all
of them."""

_NOTHING = (1, 0)


Columns = ReadOnlyColumnCollection[str, Column[Any]]
Statements = tuple[Prepared, Prepared]
"""A page of ids, each with the total beside it, and the total alone."""

scopes = Table(
    "search_scopes", MetaData(), Column("number", Integer, primary_key=True), Column("account_id", Id)
)
NUMBER = select(scopes.c.number).where(scopes.c.account_id == bindparam("account_id"))
_NUMBER_OF = Prepared(NUMBER)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows of a search come from; its columns are named as those of the searched table."""

    rows: FromClause
    columns: Columns
    conditions: tuple[ColumnElement[bool], ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """What splits the live rows of an account, so that lists of parts are counted on the text index alone.

    `sql` gives 0 to 15 of a row's `columns`, written with `{row}` before each; `time` is the column of
    milliseconds that lists are ordered by, newest first.
    """

    sql: str
    columns: tuple[str, ...]
    time: str


@dataclass(frozen=True, slots=True)
class Listed:
    """The parts that a list is of; `is_all` when nothing but `since` and `until` leaves out rows of them.

    `mixed` ones hold a few rows of the list besides others.
    """

    parts: tuple[int, ...]
    is_all: bool
    since: int | None = None
    until: int | None = None
    mixed: tuple[int, ...] = ()

    @property
    def every(self) -> tuple[int, ...]:
        return self.parts + self.mixed


@dataclass(frozen=True, slots=True)
class _Days:
    """The days of a range of time, and those of them that the range cuts."""

    first: int
    last: int
    cut: tuple[int, ...]

    @property
    def whole(self) -> tuple[int, int]:
        """The first and the last of the others; they stand together."""
        return self.first + (self.first in self.cut), self.last - (self.last in self.cut)


def _days_of(listed: Listed) -> _Days:
    since, until = listed.since, listed.until
    first = 0 if since is None else _day(since)
    last = LAST_DAY if until is None else _day(until)
    cut = set()
    # The outermost days hold all that lies beyond them too.
    if since is not None and (since % DAY or first in (0, LAST_DAY)):
        cut.add(first)
    if until is not None and ((until + 1) % DAY or last in (0, LAST_DAY)):
        cut.add(last)
    return _Days(first, last, tuple(sorted(cut)))


def _day(millis: int) -> int:
    return max(0, min(LAST_DAY, millis // DAY))


class PartSearch:
    """Searches an index whose rows have parts; `matches` is the condition on its text index."""

    def __init__(self, rows: Table, text: Table, matches: ColumnElement[bool]) -> None:
        self._rows = rows
        self._text = text
        self._matches = matches

    def find(
        self, tx: ReadTx, statements: Statements, listed: Listed, values: dict[str, Any]
    ) -> tuple[list[str], int]:
        """The ids of a page and the exact total, by statements of `source`."""
        number = tx.scalar(_NUMBER_OF, values)
        days = _days_of(listed)
        if number is None or days.first > days.last:
            return [], 0
        bases = [number << SCOPE_SHIFT | part << PART_SHIFT for part in listed.every]
        ranges = [_between(base, days.first, days.last) for base in bases]
        if not listed.is_all:
            return self._find_filtered(tx, statements, bases, ranges, values)
        pure = len(listed.parts)
        whole = [_between(base, *days.whole) for base in bases]
        total = sum(
            int(tx.scalar(self._count, values | {"first": first, "last": last}))
            for first, last in whole[:pure]
        )
        read = [[_between(base, day, day) for base in bases] for day in days.cut]
        if listed.mixed:
            read.append([_NOTHING] * pure + whole[pure:])
        total += sum(int(tx.scalar(statements[1], values | _bounds(every))) for every in read)
        limit, offset = values["limit"], values["offset"]
        if offset >= total or limit == 0:
            return [], total
        if total > FEW_MATCHES:
            floor = self._floor(tx, values, whole[:pure], min(offset + limit, total))
            ranges = _from_day(bases, ranges, floor)
        return [row.id for row in tx.all(statements[0], values | _bounds(ranges))], total

    def _find_filtered(
        self,
        tx: ReadTx,
        statements: Statements,
        bases: list[int],
        ranges: list[tuple[int, int]],
        values: dict[str, Any],
    ) -> tuple[list[str], int]:
        """As `find` when every match has to be read for the total, which then is most of the work."""
        depth = values["offset"] + values["limit"]
        floor = self._floor(tx, values, ranges, WALKED_MATCHES * depth) if values["limit"] else 0
        if floor:
            newest = tx.all(statements[0], values | _bounds(_from_day(bases, ranges, floor)))
            if len(newest) == values["limit"]:
                total = int(tx.scalar(statements[1], values | _bounds(ranges)))
                return [row.id for row in newest], total
        return read_page(tx, statements, values | _bounds(ranges))

    def _floor(self, tx: ReadTx, values: dict[str, Any], whole: list[tuple[int, int]], depth: int) -> int:
        """The day from which on there are at least `depth` matches."""
        floor = 0
        for first, last in whole:
            entry = tx.scalar(self._newest, values | {"first": first, "last": last, "skipped": depth - 1})
            if entry is not None:
                floor = max(floor, entry >> DAY_SHIFT & LAST_DAY)
        return floor

    def source(self, count: int) -> Source:
        """The matches between the entries `first_N` and `last_N` of each part."""
        rows, text = self._rows, self._text
        every = [
            select(text.c.rowid.label("entry")).where(
                self._matches,
                text.c.rowid >= bindparam(f"first_{at}"),
                text.c.rowid <= bindparam(f"last_{at}"),
            )
            for at in range(count)
        ]
        found = every[0].subquery("found") if count == 1 else union_all(*every).subquery("found")
        return Source(found.join(rows, rows.c.entry == found.c.entry), rows.c, ())

    @cached_property
    def _count(self) -> Prepared:
        """How many entries from `first` to `last` match, on the text index alone."""
        return Prepared(select(func.count()).select_from(self._text).where(*self._within))

    @cached_property
    def _newest(self) -> Prepared:
        """Of those, the greatest entry but `skipped`."""
        entry = self._text.c.rowid
        newest = select(entry).where(*self._within).order_by(entry.desc())
        return Prepared(newest.limit(1).offset(bindparam("skipped")))

    @property
    def _within(self) -> tuple[ColumnElement[bool], ...]:
        entry = self._text.c.rowid
        return self._matches, entry >= bindparam("first"), entry <= bindparam("last")


def _between(base: int, first: int, last: int) -> tuple[int, int]:
    """The entries of some days of a part."""
    return (
        (base | first << DAY_SHIFT, (base | last << DAY_SHIFT) + (1 << DAY_SHIFT) - 1)
        if first <= last
        else _NOTHING
    )


def _from_day(bases: Sequence[int], ranges: Sequence[tuple[int, int]], floor: int) -> list[tuple[int, int]]:
    """What a day and those after it have of the ranges."""
    return [
        (max(first, base | floor << DAY_SHIFT), last)
        for base, (first, last) in zip(bases, ranges, strict=True)
    ]


def _bounds(ranges: Sequence[tuple[int, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, (first, last) in enumerate(ranges):
        found[f"first_{at}"], found[f"last_{at}"] = first, last
    return found


def statements_of(
    source: Source,
    conditions: Callable[[Columns], Sequence[ColumnElement[bool]]],
    order: Callable[[Columns], Sequence[ColumnElement[Any]]],
) -> Statements:
    """The page and the total of the rows that meet the conditions."""
    wanted = (*source.conditions, *conditions(source.columns))
    # One pass gives the page and the total, which has to see every match anyway.
    page = (
        select(source.columns.id, func.count().over().label("total"))
        .select_from(source.rows)
        .where(*wanted)
        .order_by(*order(source.columns))
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
    )
    return Prepared(page), Prepared(select(func.count()).select_from(source.rows).where(*wanted))


def read_page(tx: ReadTx, statements: Statements, values: dict[str, Any]) -> tuple[list[str], int]:
    """The ids and the total of a page and a count by the same conditions."""
    limit, offset = values["limit"], values["offset"]
    rows = tx.all(statements[0], values) if limit else []
    if rows:
        return [row.id for row in rows], int(rows[0].total)
    return [], int(tx.scalar(statements[1], values)) if offset or not limit else 0
