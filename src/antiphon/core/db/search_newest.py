"""Pages of frequent matches, found among the first rows of a list rather than among all that match."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Subquery, bindparam, or_, select, true, union_all

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.search_parts import Columns, Source, Statements, read_page, statements_of
from antiphon.core.db.transaction import ReadTx

WALKED_ROWS = 40
"""A page is looked for in so many of the newest rows for each of its own, then among all matches."""
MAX_DEPTH = 200

Conditions = Callable[[Columns], Sequence[ColumnElement[bool]]]
Order = Callable[[Columns], Sequence[ColumnElement[Any]]]
Occurs = Callable[[ColumnElement[str]], Sequence[ColumnElement[bool]]]


@dataclass(frozen=True, slots=True)
class NewestStatements:
    """A page of all matches and their total, and a page of those among the newest rows."""

    every: Statements
    walk: Prepared


def newest_statements(
    source: Source,
    rows: Source,
    time: str,
    texts: int,
    conditions: Conditions,
    order: Order,
    branches: Conditions,
) -> NewestStatements:
    """Statements of the matches of `texts` in `source`, and of the `rows` of the table itself."""
    walk = walk_of(rows, time, lambda column: like_any(column, texts), conditions, order, branches)
    return NewestStatements(statements_of(source, conditions, order), walk)


def all_rows(columns: Columns) -> Sequence[ColumnElement[bool]]:
    """The branches of a list whose order an index of the table has."""
    return (true(),)


def walk_of(
    rows: Source,
    by: str,
    occurs: Occurs,
    conditions: Conditions,
    order: Order,
    branches: Conditions = all_rows,
) -> Prepared:
    """A page of the matches among the first `walked` of the rows in an order by `by` and ids.

    Each row meets one of the `branches`, whose rows an index of the table has in that order.
    """
    c = rows.columns
    tops = [
        select(c.id, c.search_text, c[by])
        .where(*rows.conditions, branch, *conditions(c))
        .order_by(*order(c))
        .limit(bindparam("walked"))
        .subquery()
        for branch in branches(c)
    ]
    first = tops[0]
    if len(tops) > 1:
        merged = union_all(*(select(top) for top in tops)).subquery()
        first = select(merged).order_by(*_same(order, merged)).limit(bindparam("walked")).subquery()
    page = select(first.c.id).where(or_(*occurs(first.c.search_text))).order_by(*_same(order, first))
    return Prepared(page.limit(bindparam("limit")).offset(bindparam("offset")))


def _same(order: Order, rows: Subquery) -> Sequence[ColumnElement[Any]]:
    return order(rows.c)  # type: ignore[arg-type]  # columns of the same names


def like_any(column: ColumnElement[str], texts: int) -> list[ColumnElement[bool]]:
    """Conditions of which any is to hold, one for each of the texts."""
    return [column.like(bindparam(f"needle_{at}"), escape="\\") for at in range(texts)]


def find_newest(tx: ReadTx, statements: NewestStatements, values: dict[str, Any]) -> tuple[list[str], int]:
    """The ids of a page and the exact total."""
    page = read_walk(tx, statements.walk, values)
    if page is None:
        return read_page(tx, statements.every, values)
    return page, int(tx.scalar(statements.every[1], values))


def read_walk(tx: ReadTx, walk: Prepared, values: dict[str, Any]) -> list[str] | None:
    """The ids of a page; None when the rows that were looked through do not hold all of it."""
    limit = values["limit"]
    depth = values["offset"] + limit
    if not limit or depth > MAX_DEPTH:
        return None
    rows = tx.all(walk, {**values, "walked": WALKED_ROWS * depth})
    return [row.id for row in rows] if len(rows) == limit else None
