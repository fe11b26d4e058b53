"""Substring search with one meaning on both stores, over text normalised in Python (docs/decisions/0017)."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    MetaData,
    Table,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
)

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.search_counts import Counted, CountedText, TextCounts
from antiphon.core.db.search_grams import MAX_GRAM
from antiphon.core.db.search_newest import (
    Conditions,
    NewestStatements,
    Occurs,
    all_rows,
    find_newest,
    like_any,
    newest_statements,
    read_walk,
    walk_of,
)
from antiphon.core.db.search_parts import (
    NUMBER,
    SCOPE_SHIFT,
    Columns,
    Listed,
    Parts,
    PartSearch,
    Source,
    Statements,
    read_page,
    statements_of,
)
from antiphon.core.db.search_text import (
    DIGITS,
    EITHER,
    HEAD_DIGITS,
    HEAD_END,
    HEAD_ONLY,
    MAX_SHORT,
    WHOLE,
    is_dialled,
    normalise,
    spelled,
    whole,
)
from antiphon.core.db.transaction import ReadTx
from antiphon.core.db.types import Id

MAX_QUERY_CHARS = 256
TRIGRAM = 3
MIN_INDEXED_CHARS = 2
"""On SQLite, where a shorter text than a trigram stands for all that begin with it."""
_SPECIAL = re.compile(r"[\\%_]")
_PHONE_LIKE = re.compile(r"[0-9\s()+./-]+", re.ASCII)
_WORD = re.compile(r"[^\W_]{3}")

Mode = Literal["sqlite", "postgresql", "sqlite scan", "postgresql scan"]


@dataclass(frozen=True, slots=True)
class Needles:
    """What is looked for: texts of which any is to occur; with `past_head`, after the first part."""

    texts: tuple[str, ...]
    past_head: bool = False

    def mode(self, dialect: str, *, scan: bool = False) -> Mode:
        """Texts too short for the index are looked for row by row, as with `scan`."""
        if dialect == "sqlite":
            is_short = any(len(text) < MIN_INDEXED_CHARS for text in self.texts)
            return "sqlite scan" if scan or is_short else "sqlite"
        # PostgreSQL's trigrams are of letters and digits alone.
        is_indexed = not scan and all(_WORD.search(text) for text in self.texts)
        return "postgresql" if is_indexed else "postgresql scan"

    def counted(self) -> CountedText | None:
        """The text as it is counted beforehand; None when it is not."""
        text, others = self.texts[0], set(self.texts[1:])
        as_digits, as_whole = spelled(text) in others, whole(text) in others
        if len(text) > MAX_GRAM or len(others) > as_digits + as_whole or (as_whole and self.past_head):
            return None
        if as_digits and not is_dialled(text):
            return None
        if self.past_head:
            digits = ((DIGITS, 1), (HEAD_DIGITS, 1)) if as_digits else ()
            return CountedText(text, ((HEAD_ONLY, -1), *digits))
        if len(text) > MAX_SHORT:
            return CountedText(text, ((DIGITS, 1),) * as_digits, (whole(text),) * as_whole)
        way = {(True, True): EITHER, (True, False): DIGITS, (False, True): WHOLE}.get((as_digits, as_whole))
        return CountedText(text, () if way is None else ((way, 1),))


def needles_of(query: str | None, *, phones: bool = False, past_head: bool = False) -> Needles | None:
    """A query as its normalised text and, if it may be a phone, as its digits; None when it asks nothing."""
    text = normalise((query or "")[:MAX_QUERY_CHARS])
    if not text:
        return None
    texts = [text]
    if phones and _PHONE_LIKE.fullmatch(text) and (digits := spelled(text)):
        texts.append(digits)
    return Needles(tuple(texts), past_head)


class SearchIndex:
    """The index of the `search_text` of a table, with copies of columns that its lists filter and sort by.

    It holds the rows whose `deleted_at` is null. Triggers keep it in the transaction of the row; it is made,
    and made anew when its definition has changed, after the migrations (core/db/search_schema.py).
    """

    def __init__(
        self, table: Table, *copies: str, parts: Parts | None = None, counted: Counted | None = None
    ) -> None:
        self.table = table
        self.copies = copies
        self.parts = parts
        self.counted = counted
        self.name = f"{table.name}_search"
        self.text_name = f"{table.name}_search_text"
        self.terms_name = f"{table.name}_search_terms"
        self._statements: dict[tuple[Any, ...], Statements] = {}
        self._newest: dict[tuple[Any, ...], NewestStatements] = {}
        self._walks: dict[tuple[Any, ...], Prepared] = {}
        self._any: dict[tuple[Any, ...], Prepared] = {}

    @cached_property
    def rows(self) -> Table:
        """One row each; `entry` exists on SQLite, `account_id` and `search_text` on PostgreSQL alone."""
        return Table(
            self.name,
            MetaData(),
            Column("entry", Integer, primary_key=True),
            *(Column(name, self.table.c[name].type) for name in self.copies),
            Column("account_id", Id),
            Column("id", Id),
            Column("search_text", Text),
        )

    def source(self, mode: Mode, count: int) -> Source:
        """The rows of an account that match any of `count` texts; the values are those of `parameters`."""
        if mode == "sqlite scan":
            return self._scan(_occurs(self.table.c.search_text, count))
        if mode != "sqlite":
            rows = self.table if mode == "postgresql scan" else self.rows
            found = like_any(rows.c.search_text, count)
            if rows is self.table:
                return self._scan(found)
            return Source(rows, rows.c, (rows.c.account_id == bindparam("account_id"), or_(*found)))
        rows, text = self.rows, self._text
        scope = NUMBER.scalar_subquery()
        # Entries of an account lie in one range, and the index is read within it.
        first = scope.op("<<")(literal_column(str(SCOPE_SHIFT)))
        last = (scope + 1).op("<<")(literal_column(str(SCOPE_SHIFT)))
        return Source(
            text.join(rows, rows.c.entry == text.c.rowid),
            rows.c,
            (self._matches, text.c.rowid > first, text.c.rowid < last),
        )

    @cached_property
    def _text(self) -> Table:
        return Table(self.text_name, MetaData(), Column("rowid", BigInteger))

    @cached_property
    def _next_term(self) -> Prepared:
        """The first trigram between two; each is looked up by itself, as the next row is of the same one."""
        term = Table(self.terms_name, MetaData(), Column("term", Text)).c.term
        return Prepared(select(term).where(term >= bindparam("first"), term <= bindparam("last")).limit(1))

    @property
    def _matches(self) -> ColumnElement[bool]:
        operator = literal_column(self.text_name).op("MATCH", is_comparison=True)
        found: ColumnElement[bool] = operator(bindparam("needles"))
        return found

    @cached_property
    def _in_parts(self) -> PartSearch:
        assert self.parts is not None
        return PartSearch(self.rows, self._text, self._matches)

    @cached_property
    def text_counts(self) -> TextCounts:
        """Of an index with `counted` and `parts`."""
        assert self.counted is not None
        assert self.parts is not None
        return TextCounts(self.table, self.parts.time, self.counted)

    def _scan(self, found: Sequence[ColumnElement[bool]]) -> Source:
        c = self.table.c
        own = c.account_id == bindparam("account_id")
        matching = (or_(*found),) if found else ()
        return Source(self.table, c, (own, c.deleted_at.is_(None), *matching))

    def parameters(self, tx: ReadTx, mode: Mode, account_id: str, needles: Needles) -> dict[str, Any]:
        if mode == "sqlite":
            phrases = [phrase for text in needles.texts for phrase in self._phrases(tx, text)]
            either = " OR ".join('"' + phrase.replace('"', '""') + '"' for phrase in phrases)
            wanted = f"rest : ({either})" if needles.past_head else either
            return {"account_id": account_id, "needles": wanted}
        if mode == "sqlite scan":
            texts = {f"needle_{at}": text for at, text in enumerate(needles.texts)}
            return {"account_id": account_id, "past_head": needles.past_head, **texts}
        start = f"%{HEAD_END}%" if needles.past_head else "%"
        return {
            "account_id": account_id,
            **{f"needle_{at}": f"{start}{_escaped(text)}%" for at, text in enumerate(needles.texts)},
        }

    def _phrases(self, tx: ReadTx, text: str) -> list[str]:
        """What of the text index has the text; of a short one all trigrams that begin with it."""
        if len(text) >= TRIGRAM:
            return [text]
        found: list[str] = []
        first, last = text, text + chr(sys.maxunicode)
        while (term := tx.scalar(self._next_term, {"first": first, "last": last})) is not None:
            found.append(term)
            first = term + "\x01"
        return found or [text.ljust(TRIGRAM, "\n")]

    def matching(self, mode: Mode, count: int) -> ColumnElement[bool]:
        """The same as a condition on the table, for lists with filters or orders that have no copies."""
        source = self.source(mode, count)
        if source.rows is self.table:
            return and_(*source.conditions)
        ids = select(source.columns.id).select_from(source.rows).where(*source.conditions)
        return self.table.c.id.in_(ids)

    def walk(
        self,
        tx: ReadTx,
        account_id: str,
        needles: Needles,
        *,
        by: str,
        is_descending: bool,
        limit: int,
        offset: int,
    ) -> list[str] | None:
        """The ids of a page of all that match, by a column that the table has an index of for each account.

        None when too few of the first rows match.
        """
        count = len(needles.texts)
        values = self.parameters(tx, needles.mode(tx.dialect, scan=True), account_id, needles)
        key = (tx.dialect, count, by, is_descending)
        statement = self._walks.get(key)
        if statement is None:
            occurs: Occurs = partial(_occurs if tx.dialect == "sqlite" else like_any, texts=count)
            statement = self._walks[key] = walk_of(
                self._scan(()), by, occurs, lambda columns: (), partial(_order, by, is_descending)
            )
        return read_walk(tx, statement, {**values, "limit": limit, "offset": offset})

    def find(
        self,
        tx: ReadTx,
        account_id: str,
        needles: Needles,
        *,
        shape: tuple[Any, ...],
        conditions: Callable[[Columns], Sequence[ColumnElement[bool]]],
        order: Callable[[Columns], Sequence[ColumnElement[Any]]],
        parameters: dict[str, Any],
        scan: bool = False,
        listed: Listed | None = None,
        branches: Conditions | None = all_rows,
        counted: Conditions | None = None,
    ) -> tuple[list[str], int]:
        """The ids of a page and the exact total; `parameters` hold its `limit` and `offset` besides others.

        `shape` stands for all that changes the statements: which `conditions` and which `order` there are.
        With `scan` the table is read instead, for filters that leave few rows. `listed` says of a list in
        the order of `Parts.time` and of ids, newest first, what its conditions come to; `branches` are those
        of `walk_of`, None when no index helps. `counted` are the conditions of such a list on the columns
        of `Counted.by`, when it has no others but its range of time.
        """
        if counted is not None and listed is not None:
            found = self._by_counts(tx, account_id, needles, shape, counted, parameters, listed)
            if found is not None:
                return found
        mode = needles.mode(tx.dialect, scan=scan)
        values = {**parameters, **self.parameters(tx, mode, account_id, needles)}
        parts = 0 if listed is None or mode != "sqlite" else len(listed.every)
        key = (mode, len(needles.texts), needles.past_head, parts, shape)
        time = None if listed is None or self.parts is None else self.parts.time
        if mode == "postgresql" and time is not None and branches is not None:
            newest = self._newest.get(key)
            if newest is None:
                count = len(needles.texts)
                source, rows = self.source(mode, count), self._scan(())
                newest = newest_statements(source, rows, time, count, conditions, order, branches)
                self._newest[key] = newest
            return find_newest(tx, newest, values)
        statements = self._statements.get(key)
        if statements is None:
            source = self._in_parts.source(parts) if parts else self.source(mode, len(needles.texts))
            statements = self._statements[key] = statements_of(source, conditions, order)
        if listed is not None and parts:
            return self._in_parts.find(tx, statements, listed, values)
        return read_page(tx, statements, values)

    def _by_counts(
        self,
        tx: ReadTx,
        account_id: str,
        needles: Needles,
        shape: tuple[Any, ...],
        conditions: Conditions,
        parameters: dict[str, Any],
        listed: Listed,
    ) -> tuple[list[str], int] | None:
        text = needles.counted()
        if text is None:
            return None
        count = len(needles.texts)
        scan = needles.mode(tx.dialect, scan=True)
        found = self.text_counts.find(
            tx,
            text,
            shape=(shape, count),
            conditions=conditions,
            occurs=partial(_occurs if tx.dialect == "sqlite" else like_any, texts=count),
            values={**parameters, **self.parameters(tx, scan, account_id, needles)},
            since=listed.since,
            until=listed.until,
            is_indexed=needles.mode(tx.dialect) != scan,
        )
        if found is None or not text.absent:
            return found
        return None if self._has_any(tx, account_id, Needles(text.absent)) else found

    def _has_any(self, tx: ReadTx, account_id: str, needles: Needles) -> bool:
        mode, count = needles.mode(tx.dialect), len(needles.texts)
        statement = self._any.get((mode, count))
        if statement is None:
            source = self.source(mode, count)
            found = select(source.columns.id).select_from(source.rows).where(*source.conditions)
            statement = self._any[mode, count] = Prepared(found.limit(1))
        return tx.scalar(statement, self.parameters(tx, mode, account_id, needles)) is not None


def _occurs(column: ColumnElement[str], texts: int) -> list[ColumnElement[bool]]:
    # SQLite's LIKE takes capitals for small letters.
    rest = func.substr(column, func.instr(column, HEAD_END) + 1)
    looked_at = case((bindparam("past_head"), rest), else_=column)
    return [func.instr(looked_at, bindparam(f"needle_{at}")) > 0 for at in range(texts)]


def _order(by: str, is_descending: bool, columns: Columns) -> tuple[ColumnElement[Any], ...]:
    if is_descending:
        return columns[by].desc(), columns.id.desc()
    return columns[by], columns.id


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: "\\" + found[0], text)
