"""Many rows as one parameter: one statement reads a whole batch out of a JSON text.

On SQLite the statement runs outside the interpreter lock from its first row to its last; on PostgreSQL it
is one round trip.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Subquery, Text, bindparam, cast, literal_column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

_encode = msgspec.json.Encoder().encode


def encode_batch(rows: Iterable[tuple[Any, ...]]) -> str:
    """The parameter of a `batch`: values in the order of its columns."""
    return _encode(list(rows)).decode()


def batch(parameter: str, **columns: TypeEngine[Any] | type[TypeEngine[Any]]) -> Subquery:
    """The rows of a parameter made with `encode_batch`, as a table to select from; for texts and numbers."""
    items = _Elements(bindparam(parameter, type_=Text)).table_valued("value", name="items")
    values = (
        cast(_Item(items.c.value, literal_column(str(position))), type_).label(name)
        for position, (name, type_) in enumerate(columns.items())
    )
    return select(*values).subquery(parameter)


class _Elements(FunctionElement[Any]):
    """The elements of a JSON array, as the column `value`."""

    name = "elements"
    inherit_cache = True


class _Item(FunctionElement[str]):
    """The element of a JSON array at a position, as text or number."""

    name = "item"
    inherit_cache = True
    type = Text()


@compiles(_Elements, "sqlite")
def _sqlite_elements(element: _Elements, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clause_expr.element, **kw)})"


@compiles(_Elements, "postgresql")
def _postgres_elements(element: _Elements, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_array_elements(CAST({compiler.process(element.clause_expr.element, **kw)} AS JSON))"


@compiles(_Item, "sqlite")
def _sqlite_item(element: _Item, compiler: SQLCompiler, **kw: Any) -> str:
    value, position = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"json_extract({value}, '$[{position}]')"


@compiles(_Item, "postgresql")
def _postgres_item(element: _Item, compiler: SQLCompiler, **kw: Any) -> str:
    value, position = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({value} ->> {position})"
