"""Lists by time on PostgreSQL, where sorting many matches for a page costs as much as counting them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.search_parts import Columns, Source
from antiphon.core.db.transaction import ReadTx

MANY_MATCHES = 20_000
WALKED_ROWS = 80
"""A page of many matches is looked for in so many of the newest rows for each of its own."""

Conditions = Callable[[Columns], Sequence[ColumnElement[bool]]]
Order = Callable[[Columns], Sequence[ColumnElement[Any]]]


@dataclass(frozen=True, slots=True)
class NewestStatements:
    """The total, a page of all matches, and one of those among the newest rows."""

    total: Prepared
    page: Prepared
    walk: Prepared


def newest_statements(
    source: Source, rows: Source, time: str, texts: int, conditions: Conditions, order: Order
) -> NewestStatements:
    """Statements of the matches of `texts` in `source`, and of the `rows` of the table itself."""
    matching = (*source.conditions, *conditions(source.columns))
    every = select(source.columns.id).select_from(source.rows).where(*matching)
    c = rows.columns
    newest = (
        select(c.id, c.search_text, c[time])
        .where(*rows.conditions, *conditions(c))
        .order_by(*order(c))
        .limit(bindparam("walked"))
        .subquery()
    )
    found = select(newest.c.id).where(or_(*like_any(newest.c.search_text, texts)))
    return NewestStatements(
        Prepared(select(func.count()).select_from(source.rows).where(*matching)),
        Prepared(_page(every, order(source.columns))),
        Prepared(_page(found, order(newest.c))),  # type: ignore[arg-type]  # columns of the same names
    )


def like_any(column: ColumnElement[str], texts: int) -> list[ColumnElement[bool]]:
    """Conditions of which any is to hold, one for each of the texts."""
    return [column.like(bindparam(f"needle_{at}"), escape="\\") for at in range(texts)]


def _page(statement: Select[Any], order: Sequence[ColumnElement[Any]]) -> Select[Any]:
    return statement.order_by(*order).limit(bindparam("limit")).offset(bindparam("offset"))


def find_newest(tx: ReadTx, statements: NewestStatements, values: dict[str, Any]) -> tuple[list[str], int]:
    """The ids of a page and the exact total."""
    limit, offset = values["limit"], values["offset"]
    total = int(tx.scalar(statements.total, values))
    if offset >= total or limit == 0:
        return [], total
    if total > MANY_MATCHES:
        rows = tx.all(statements.walk, {**values, "walked": WALKED_ROWS * (offset + limit)})
        if len(rows) == min(limit, total - offset):
            return [row.id for row in rows], total
    return [row.id for row in tx.all(statements.page, values)], total
