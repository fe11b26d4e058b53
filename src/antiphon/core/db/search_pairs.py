"""Totals of texts of one and two characters on PostgreSQL, kept by blocks of days (docs/decisions/0029)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from antiphon.core.clock import DAY
from antiphon.core.db.prepared import Prepared
from antiphon.core.db.search_newest import Conditions, like_any
from antiphon.core.db.search_parts import Columns
from antiphon.core.db.transaction import ReadTx
from antiphon.core.db.types import Id

FOREVER = 1 << 62


def _every(columns: Columns) -> Sequence[ColumnElement[bool]]:
    return ()


@dataclass(frozen=True, slots=True)
class Pairs:
    """The live rows of a table that pass `where`, counted by the columns `by`; `where` looks at `columns`."""

    by: tuple[str, ...]
    where: Conditions = _every
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Short:
    """What the counts of a text are filed under: its first character, the rest of it, and what they lack.

    `sign` tells whether the number under `extra` is added (1), taken away (-1) or of no concern (0).
    """

    first: str
    key: str
    extra: str
    sign: int


@dataclass(frozen=True, slots=True)
class _Span:
    """A range of time, inclusive, and the number of its matches."""

    since: int
    until: int
    count: int


@dataclass(frozen=True, slots=True)
class _Statements:
    blocks: Prepared
    count: Prepared
    page: Prepared


class PairSearch:
    """Finds short texts in the rows of `table` by what is counted of its blocks of days.

    A block that changed since it was counted, as rows that are in none, is read.
    """

    def __init__(self, table: Table, time: str, pairs: Pairs) -> None:
        self.table = table
        self.time = time
        self.pairs = pairs
        name, known = f"{table.name}_pairs", MetaData()
        self.counts = Table(
            name,
            known,
            Column("account_id", Id, primary_key=True),
            Column("first", Text, primary_key=True),
            Column("first_day", Integer, primary_key=True),
            *(Column(column, table.c[column].type, primary_key=True) for column in pairs.by),
            Column("counts", JSONB, nullable=False),
        )
        self.blocks = Table(
            f"{name}_blocks",
            known,
            Column("account_id", Id, primary_key=True),
            Column("first_day", Integer, primary_key=True),
            Column("last_day", Integer, nullable=False),
        )
        self.changes = Table(
            f"{name}_changes",
            known,
            Column("account_id", Id, nullable=False),
            Column("day", Integer, nullable=False),
        )
        self._statements: dict[Any, _Statements] = {}

    @property
    def tables(self) -> tuple[Table, ...]:
        return self.counts, self.blocks, self.changes

    def find(
        self,
        tx: ReadTx,
        short: Short,
        *,
        texts: int,
        shape: Any,
        conditions: Conditions,
        values: dict[str, Any],
        since: int | None,
        until: int | None,
    ) -> tuple[list[str], int]:
        """The ids of a page, newest first, and the exact total.

        `conditions` are on columns that are counted by, `shape` stands for which; `values` are those of
        them and of the search for `texts` texts, with `account_id`, `limit` and `offset`.
        """
        statements = self._statements.get((shape, texts))
        if statements is None:
            statements = self._statements[shape, texts] = self._make(texts, conditions)
        first = -FOREVER if since is None else since
        last = FOREVER if until is None else until
        key = {"first": short.first, "key": short.key, "extra": short.extra, "sign": short.sign}
        days = {"since_day": _in_range(-(-first // DAY)), "until_day": _in_range((last + 1) // DAY - 1)}
        spans: list[_Span] = []

        def read(from_time: int, to_time: int) -> None:
            if from_time <= to_time:
                bounds = {"from_time": from_time, "to_time": to_time}
                spans.append(_Span(from_time, to_time, int(tx.scalar(statements.count, values | bounds))))

        for block in tx.all(statements.blocks, values | key | days):
            since, until = block.first_day * DAY, (block.last_day + 1) * DAY - 1
            read(until + 1, last)
            spans.append(_Span(since, until, int(block.value)))
            last = since - 1
        read(first, last)
        ids: list[str] = []
        for span, offset in _holding(spans, values["offset"], values["limit"]):
            place = {"from_time": span.since, "to_time": span.until, "offset": offset}
            place["limit"] = values["limit"] - len(ids)
            ids += [row.id for row in tx.all(statements.page, values | place)]
        return ids, sum(span.count for span in spans)

    def _make(self, texts: int, conditions: Conditions) -> _Statements:
        p, b, changes = self.counts.c, self.blocks.c, self.changes.c
        account_id = bindparam("account_id", type_=Id)
        number = self._number("key") + bindparam("sign", type_=Integer) * self._number("extra")
        sums = (
            select(p.first_day, func.sum(number).label("value"))
            .where(p.account_id == account_id, p.first == bindparam("first"), *conditions(p))
            .group_by(p.first_day)
            .subquery()
        )
        changed = exists().where(
            changes.account_id == b.account_id, changes.day >= b.first_day, changes.day <= b.last_day
        )
        blocks = (
            select(b.first_day, b.last_day, func.coalesce(sums.c.value, 0).label("value"))
            .outerjoin(sums, sums.c.first_day == b.first_day)
            .where(b.account_id == account_id, ~changed)
            .where(b.first_day >= bindparam("since_day"), b.last_day <= bindparam("until_day"))
            .order_by(b.first_day.desc())
        )
        c = self.table.c
        matching = (
            c.account_id == account_id,
            c.deleted_at.is_(None),
            *self.pairs.where(c),
            *conditions(c),
            c[self.time] >= bindparam("from_time"),
            c[self.time] <= bindparam("to_time"),
            or_(*like_any(c.search_text, texts)),
        )
        page = select(c.id).where(*matching).order_by(c[self.time].desc(), c.id.desc())
        return _Statements(
            Prepared(blocks),
            Prepared(select(func.count()).select_from(self.table).where(*matching)),
            Prepared(page.limit(bindparam("limit")).offset(bindparam("offset"))),
        )

    def _number(self, key: str) -> ColumnElement[int]:
        found = self.counts.c.counts.op("->>")(bindparam(key, type_=Text))
        number: ColumnElement[int] = func.coalesce(found.cast(Integer), 0)
        return number


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
