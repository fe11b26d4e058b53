"""Pages and totals of texts whose matches are counted beforehand, by blocks of days (docs/decisions/0029)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Identity,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
)

from antiphon.core.clock import DAY
from antiphon.core.db.prepared import Prepared
from antiphon.core.db.search_grams import prefix_of
from antiphon.core.db.search_newest import Conditions, Occurs
from antiphon.core.db.search_parts import Columns
from antiphon.core.db.search_text import PLAIN
from antiphon.core.db.transaction import ReadTx
from antiphon.core.db.types import Id

FEW_ROWS = 10_000
"""So many rows at the most are read for a total rather than looked for in the index of the text."""
NEWEST_BLOCKS = 3
"""A text that none of these knows is rare."""
_FOREVER = 1 << 62

_decode = msgspec.json.Decoder(dict[str, list[int]]).decode


def _every(columns: Columns) -> Sequence[ColumnElement[bool]]:
    return ()


@dataclass(frozen=True, slots=True)
class Counted:
    """The live rows of a table that pass `where`, counted by the columns `by`; `where` looks at `columns`."""

    by: tuple[str, ...]
    where: Conditions = _every
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CountedText:
    """A text, and the ways besides its own that rows are found by it, whose numbers are added or taken away.

    `absent` are texts that the counts know nothing of: they are of use only while no row has one.
    """

    text: str
    ways: tuple[tuple[str, int], ...] = ()
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Span:
    """A range of time, inclusive, and the number of its matches."""

    since: int
    until: int
    count: int


@dataclass(frozen=True, slots=True)
class _Statements:
    kinds: Prepared
    many: Prepared
    count: Prepared
    page: Prepared


class TextCounts:
    """How many rows of `table` a text finds, by blocks of days of `time` and kinds of rows.

    A block that changed since it was counted, as rows that are in none, is read.
    """

    def __init__(self, table: Table, time: str, counted: Counted) -> None:
        self.table = table
        self.time = time
        self.counted = counted
        name, known = f"{table.name}_text", MetaData()
        self.kinds = Table(
            f"{name}_kinds",
            known,
            Column("account_id", Id, primary_key=True),
            Column("number", Integer, primary_key=True, autoincrement=False),
            *(Column(column, table.c[column].type, nullable=False) for column in counted.by),
        )
        self.blocks = Table(
            f"{name}_blocks",
            known,
            Column("account_id", Id, primary_key=True),
            Column("first_day", Integer, primary_key=True, autoincrement=False),
            Column("last_day", Integer, nullable=False),
            Column("rows", Integer, nullable=False),
            Column("is_counted", Boolean, nullable=False),
        )
        self.counts = Table(
            f"{name}_counts",
            known,
            Column("account_id", Id, primary_key=True),
            Column("prefix", Text, primary_key=True),
            Column("first_day", Integer, primary_key=True, autoincrement=False),
            Column("counts", Text, nullable=False),
        )
        self.changes = Table(
            f"{name}_changes",
            known,
            Column("id", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True),
            Column("account_id", Id, nullable=False),
            Column("day", Integer, nullable=False),
        )
        blocks = self._of_prefix()
        self._blocks = Prepared(blocks)
        self._newest = Prepared(blocks.order_by(self.blocks.c.first_day.desc()).limit(NEWEST_BLOCKS))
        self._statements: dict[Any, _Statements] = {}

    @property
    def tables(self) -> tuple[Table, ...]:
        return self.kinds, self.blocks, self.counts, self.changes

    def find(
        self,
        tx: ReadTx,
        text: CountedText,
        *,
        shape: Any,
        conditions: Conditions,
        occurs: Occurs,
        values: dict[str, Any],
        since: int | None,
        until: int | None,
        is_indexed: bool,
    ) -> tuple[list[str], int] | None:
        """The ids of a page, newest first, and the exact total; None where other ways are quicker.

        `conditions` are on columns that are counted by, `shape` stands for which; `values` are those of
        them and of the search, whose condition `occurs` makes, with `account_id`, `limit` and `offset`.
        Where the index of the text `is_indexed`, few rows are read at the most.
        """
        statements = self._statements.get((tx.dialect, shape))
        if statements is None:
            statements = self._statements[tx.dialect, shape] = self._make(conditions, occurs)
        first = -_FOREVER if since is None else since
        last = _FOREVER if until is None else until
        spans = self._spans(tx, statements, text, values, first, last, is_indexed)
        if spans is None:
            return None
        ids: list[str] = []
        for span, offset in _holding(spans, values["offset"], values["limit"]):
            place = {"from_time": span.since, "to_time": span.until, "offset": offset}
            place["limit"] = values["limit"] - len(ids)
            ids += [row.id for row in tx.all(statements.page, values | place)]
        return ids, sum(span.count for span in spans)

    def _spans(
        self,
        tx: ReadTx,
        statements: _Statements,
        text: CountedText,
        values: dict[str, Any],
        first: int,
        last: int,
        is_indexed: bool,
    ) -> list[_Span] | None:
        """The whole range in parts that follow each other, newest first; None if too much is not known."""
        days = {"since_day": _in_range(-(-first // DAY)), "until_day": _in_range((last + 1) // DAY - 1)}
        wanted = {"account_id": values["account_id"], "prefix": prefix_of(text.text), **days}
        if is_indexed:
            newest = tx.all(self._newest, wanted)
            if all(total_of(row.counts, text, set()) is None for row in newest):
                return None
        blocks = tx.all(self._blocks, wanted)
        if not blocks:
            return None
        kinds = {row.number for row in tx.all(statements.kinds, values)}
        totals = [None if row.is_changed else total_of(row.counts, text, kinds) for row in blocks]
        unknown = sum(row.rows for row, total in zip(blocks, totals, strict=True) if total is None)
        if is_indexed and unknown > FEW_ROWS:
            return None
        spans = [
            _Span(row.first_day * DAY, (row.last_day + 1) * DAY - 1, total)
            for row, total in zip(blocks, totals, strict=True)
            if total is not None
        ]
        gaps = list(_gaps(spans, first, last))
        if is_indexed and any(tx.scalar(statements.many, values | gap) is not None for gap in gaps):
            return None
        for gap in gaps:
            count = int(tx.scalar(statements.count, values | gap))
            spans.append(_Span(gap["from_time"], gap["to_time"], count))
        return sorted(spans, key=lambda span: -span.since)

    def _of_prefix(self) -> Select[Any]:
        b, counts, changes = self.blocks.c, self.counts.c, self.changes.c
        own = and_(
            counts.account_id == b.account_id,
            counts.prefix == bindparam("prefix"),
            counts.first_day == b.first_day,
        )
        changed = exists().where(
            changes.account_id == b.account_id, changes.day >= b.first_day, changes.day <= b.last_day
        )
        return (
            select(b.first_day, b.last_day, b.rows, counts.counts)
            .add_columns(or_(b.is_counted.is_(False), changed).label("is_changed"))
            .select_from(self.blocks.outerjoin(self.counts, own))
            .where(b.account_id == bindparam("account_id"))
            .where(b.first_day >= bindparam("since_day"), b.last_day <= bindparam("until_day"))
        )

    def _make(self, conditions: Conditions, occurs: Occurs) -> _Statements:
        c, k = self.table.c, self.kinds.c
        account_id = bindparam("account_id", type_=Id)
        listed = (
            c.account_id == account_id,
            c.deleted_at.is_(None),
            *self.counted.where(c),
            *conditions(c),
            c[self.time] >= bindparam("from_time"),
            c[self.time] <= bindparam("to_time"),
        )
        matching = (*listed, or_(*occurs(c.search_text)))
        page = select(c.id).where(*matching).order_by(c[self.time].desc(), c.id.desc())
        return _Statements(
            Prepared(select(k.number).where(k.account_id == account_id, *conditions(k))),
            Prepared(select(c[self.time]).where(*listed).limit(1).offset(FEW_ROWS)),
            Prepared(select(func.count()).select_from(self.table).where(*matching)),
            Prepared(page.limit(bindparam("limit")).offset(bindparam("offset"))),
        )


def total_of(counts: str | None, text: CountedText, kinds: set[int]) -> int | None:
    """How many rows of the kinds a block has; None when it is not known."""
    filed = {} if counts is None else _decode(counts)
    prefix = prefix_of(text.text)
    rest = text.text[len(prefix) :]
    plain = filed.get(PLAIN + rest)
    if plain is None and len(prefix) > 1:
        return None
    others = (sign * _sum(filed.get(way + rest, []), kinds) for way, sign in text.ways)
    return _sum(plain or [], kinds) + sum(others)


def _sum(numbers: list[int], kinds: set[int]) -> int:
    """Of kinds, each followed by its number."""
    return sum(numbers[at + 1] for at in range(0, len(numbers), 2) if numbers[at] in kinds)


def _gaps(spans: Sequence[_Span], first: int, last: int) -> Iterator[dict[str, int]]:
    """The ranges from the first to the last that no span has."""
    for span in sorted(spans, key=lambda span: span.since):
        if first < span.since:
            yield {"from_time": first, "to_time": span.since - 1}
        first = span.until + 1
    if first <= last:
        yield {"from_time": first, "to_time": last}


def _holding(spans: Sequence[_Span], offset: int, limit: int) -> Iterator[tuple[_Span, int]]:
    """What to read for a page of spans that follow each other, and how many of its matches come before.

    Spans without matches are not read.
    """
    at, wanted = 0, limit
    while at < len(spans) and wanted > 0:
        newest = spans[at]
        at += 1
        if newest.count <= offset:
            offset -= newest.count
            continue
        since, found = newest.since, newest.count - offset
        while at < len(spans) and found < wanted and spans[at].count:
            since, found = spans[at].since, found + spans[at].count
            at += 1
        yield _Span(since, newest.until, found), offset
        wanted -= found
        offset = 0


def _in_range(day: int) -> int:
    return max(-(2**31), min(2**31 - 1, day))
