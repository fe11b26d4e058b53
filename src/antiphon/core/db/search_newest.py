"""Lists by time on PostgreSQL, where sorting many matches for a page costs as much as counting them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, bindparam, or_, select

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.search_parts import Columns, Source, Statements, read_page, statements_of
from antiphon.core.db.transaction import ReadTx

WALKED_ROWS = 40
"""A page is looked for in so many of the newest rows for each of its own, then among all matches."""
MAX_DEPTH = 200

Conditions = Callable[[Columns], Sequence[ColumnElement[bool]]]
Order = Callable[[Columns], Sequence[ColumnElement[Any]]]


@dataclass(frozen=True, slots=True)
class NewestStatements:
    """A page of all matches and their total, and a page of those among the newest rows."""

    every: Statements
    walk: Prepared


def newest_statements(
    source: Source, rows: Source, time: str, texts: int, conditions: Conditions, order: Order
) -> NewestStatements:
    """Statements of the matches of `texts` in `source`, and of the `rows` of the table itself."""
    c = rows.columns
    newest = (
        select(c.id, c.search_text, c[time])
        .where(*rows.conditions, *conditions(c))
        .order_by(*order(c))
        .limit(bindparam("walked"))
        .subquery()
    )
    found = select(newest.c.id).where(or_(*like_any(newest.c.search_text, texts)))
    page = found.order_by(*order(newest.c))  # type: ignore[arg-type]  # columns of the same names
    page = page.limit(bindparam("limit")).offset(bindparam("offset"))
    return NewestStatements(statements_of(source, conditions, order), Prepared(page))


def like_any(column: ColumnElement[str], texts: int) -> list[ColumnElement[bool]]:
    """Conditions of which any is to hold, one for each of the texts."""
    return [column.like(bindparam(f"needle_{at}"), escape="\\") for at in range(texts)]


def find_newest(tx: ReadTx, statements: NewestStatements, values: dict[str, Any]) -> tuple[list[str], int]:
    """The ids of a page and the exact total."""
    limit = values["limit"]
    depth = values["offset"] + limit
    if 0 < depth <= MAX_DEPTH and limit:
        rows = tx.all(statements.walk, {**values, "walked": WALKED_ROWS * depth})
        if len(rows) == limit:
            return [row.id for row in rows], int(tx.scalar(statements.every[1], values))
    return read_page(tx, statements.every, values)
