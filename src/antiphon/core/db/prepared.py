"""Hot reads compiled once: on SQLite they skip the statement machinery and run on the driver itself."""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Select
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.sql.compiler import SQLCompiler

_DIALECT = SQLiteDialect_pysqlite()


class Prepared:
    """A select made at import, for `tx.all`, `tx.first` and `tx.scalar`.

    Parameters reach the SQLite driver as they are given; expanding ones are not supported.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self.statement = statement
        self._plan: _SqlitePlan | None = None

    def rows(self, driver: sqlite3.Connection, parameters: Mapping[str, Any]) -> list[Any]:
        """Every row, with its columns as attributes and by position."""
        plan = self._plan
        if plan is None:
            plan = self._plan = _SqlitePlan(self.statement)
        return plan.rows(driver, parameters)


class _SqlitePlan:
    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        compiled = statement.compile(dialect=_DIALECT)
        assert isinstance(compiled, SQLCompiler)
        self._sql = str(compiled)
        self._names = tuple(compiled.positiontup or ())
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}
        columns = statement.selected_columns
        # The names of columns are the attributes, as with the rows of a connection.
        self._make = namedtuple("PreparedRow", columns.keys())._make  # type: ignore[attr-defined]  # names known at run time
        self._converters: list[tuple[int, Callable[[Any], Any]]] = [
            (position, converter)
            for position, column in enumerate(columns)
            if (converter := column.type.dialect_impl(_DIALECT).result_processor(_DIALECT, None)) is not None
        ]

    def rows(self, driver: sqlite3.Connection, parameters: Mapping[str, Any]) -> list[Any]:
        values = {**self._fixed, **parameters} if self._fixed else parameters
        found = driver.execute(self._sql, [values[name] for name in self._names]).fetchall()
        if self._converters:
            found = [self._converted(row) for row in found]
        return [self._make(row) for row in found]

    def _converted(self, row: tuple[Any, ...]) -> list[Any]:
        values = list(row)
        for position, convert in self._converters:
            values[position] = convert(values[position])
        return values
