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
    literal_column,
    select,
    union_all,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import ReadTx
from antiphon.core.db.types import Id

PART_BITS = 37
SCOPE_BITS = 40
"""Of the entry of a row on SQLite: above is the number of the account, between them that of its part."""
WINDOW_ROWS = 1000
"""The newest rows that are looked through first for a page of frequent matches."""
FEW_MATCHES = 1000
MAX_WINDOW_ROWS = 100_000
MAX_RANGE_ROWS = 100_000
"""Of a range of time, whose entries are looked up to search between them alone."""

MAX_MILLIS = 2**62
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

    `sql` gives 0 to 7 of a row's `columns`, written with `{row}` before each; `time` is the column that lists
    are ordered by, newest first.
    """

    sql: str
    columns: tuple[str, ...]
    time: str


@dataclass(frozen=True, slots=True)
class Listed:
    """The parts that a list is of; `is_all` when no other condition leaves out any of their rows."""

    parts: tuple[int, ...]
    is_all: bool
    since: int | None = None
    until: int | None = None


class PartSearch:
    """Searches an index whose rows have parts; `matches` is the condition on its text index."""

    def __init__(self, rows: Table, text: Table, matches: ColumnElement[bool], time: str) -> None:
        self._rows = rows
        self._text = text
        self._matches = matches
        self._time_name = time

    def find(
        self, tx: ReadTx, statements: Statements, listed: Listed, values: dict[str, Any]
    ) -> tuple[list[str], int]:
        """The ids of a page and the exact total, by statements of `source`."""
        number = tx.scalar(_NUMBER_OF, values)
        if number is None:
            return [], 0
        values = {**values, "floor": -1}
        parts = [(number << SCOPE_BITS - PART_BITS) + part for part in listed.parts]
        bounds = [(part << PART_BITS, (part + 1 << PART_BITS) - 1) for part in parts]
        limit, offset = values["limit"], values["offset"]
        total = None
        if listed.since is not None or listed.until is not None:
            ranges = [self._in_range(tx, part, listed) for part in parts]
            bounds = [found or whole for found, whole in zip(ranges, bounds, strict=True)]
        elif listed.is_all:
            total = sum(
                int(tx.scalar(self._count_of_part, {**values, "first": first, "last": last}))
                for first, last in bounds
            )
            if offset >= total or limit == 0:
                return [], total
        values |= _bounds(bounds)
        depth = offset + limit if total is None else min(offset + limit, total)
        size = max(WINDOW_ROWS, 4 * depth)
        # Beyond this, reading the newest rows costs more than reading the matches.
        largest = MAX_WINDOW_ROWS if total is None else 16 * total
        while (total is None or total > FEW_MATCHES) and size < largest:
            ids = self._newest(tx, statements[0], parts, listed, size, depth, values)
            if ids is not None:
                return ids, int(tx.scalar(statements[1], values)) if total is None else total
            size *= 8
        return read_page(tx, statements, values)

    def _in_range(self, tx: ReadTx, part: int, listed: Listed) -> tuple[int, int] | None:
        """Between which entries a range of time lies, hardly with others, as they grow with time.

        None for a range of many rows.
        """
        values = {
            "part": part,
            "since": listed.since if listed.since is not None else 0,
            "until": MAX_MILLIS if listed.until is None else listed.until,
            "size": MAX_RANGE_ROWS,
        }
        span = tx.all(self._range_of_part, values)[0]
        if span.size == MAX_RANGE_ROWS:
            return None
        return (span.first, span.last) if span.size else _NOTHING

    def _newest(
        self,
        tx: ReadTx,
        page: Prepared,
        parts: list[int],
        listed: Listed,
        size: int,
        depth: int,
        values: dict[str, Any],
    ) -> list[str] | None:
        """The page when the newest `size` rows of each part hold it."""
        floor, bounds = -1, []
        until = MAX_MILLIS if listed.until is None else listed.until
        for part in parts:
            span = tx.all(self._newest_of_part, {"part": part, "until": until, "size": size})[0]
            bounds.append((span.first, span.last) if span.size else _NOTHING)
            if span.size == size:
                floor = max(floor, span.oldest)
        rows = tx.all(page, values | _bounds(bounds) | {"floor": floor})
        return [row.id for row in rows] if rows and rows[0].total >= depth else None

    def source(self, count: int) -> Source:
        """The matches between the entries `first_N` and `last_N` of each part, after the time `floor`."""
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
        joined = found.join(rows, rows.c.entry == found.c.entry)
        return Source(joined, rows.c, (rows.c[self._time_name] > bindparam("floor"),))

    @cached_property
    def _count_of_part(self) -> Prepared:
        """How many entries from `first` to `last` match, on the text index alone."""
        text = self._text
        return Prepared(
            select(func.count())
            .select_from(text)
            .where(self._matches, text.c.rowid >= bindparam("first"), text.c.rowid <= bindparam("last"))
        )

    @cached_property
    def _newest_of_part(self) -> Prepared:
        """Of the newest `size` rows of a part to `until`: how many, the oldest time, bounds of entries."""
        return self._span(newest=True)

    @cached_property
    def _range_of_part(self) -> Prepared:
        """Of at most `size` rows of a part from `since` to `until`: how many, and their entries' bounds."""
        return self._span(newest=False)

    def _span(self, *, newest: bool) -> Prepared:
        rows, time = self._rows, self._rows.c[self._time_name]
        # As the index has it.
        own = rows.c.entry.op(">>")(literal_column(str(PART_BITS))) == bindparam("part")
        chosen = select(rows.c.entry, time.label("time")).where(own)
        chosen = chosen.where(time <= bindparam("until"))
        chosen = chosen.order_by(time.desc()) if newest else chosen.where(time >= bindparam("since"))
        span = chosen.limit(bindparam("size")).subquery()
        c = span.c
        return Prepared(
            select(
                func.count().label("size"),
                func.min(c.time).label("oldest"),
                func.min(c.entry).label("first"),
                func.max(c.entry).label("last"),
            ).select_from(span)
        )


def _bounds(bounds: Sequence[tuple[int, int]]) -> dict[str, int]:
    found = {f"first_{at}": first for at, (first, _) in enumerate(bounds)}
    return found | {f"last_{at}": last for at, (_, last) in enumerate(bounds)}


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
    rows = tx.all(statements[0], values)
    if rows:
        return [row.id for row in rows], int(rows[0].total)
    is_beyond = values["offset"] > 0 or values["limit"] == 0
    return [], int(tx.scalar(statements[1], values)) if is_beyond else 0
