"""Hot statements compiled once: on SQLite they skip the statement machinery and run on the driver itself."""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from sqlalchemy import BindParameter, Insert, Select, Update
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import iterate

_DIALECT = SQLiteDialect_pysqlite()


Statement: TypeAlias = Select[*tuple[Any, ...]] | Insert | Update


class Prepared:
    """A statement made at import: a select for `tx.all`, `tx.first` and `tx.scalar`, others for `tx.run`.

    Parameters reach the SQLite driver as they are given. Raises TypeError for a statement with a list of
    values (`in_`), whose text would depend on how many there are.
    """

    def __init__(self, statement: Statement) -> None:
        for element in iterate(statement):
            if isinstance(element, BindParameter) and element.expanding:
                raise TypeError(f"a prepared statement takes no list: {element.key}")
        self.statement = statement
        self._plan: _SqlitePlan | None = None

    def rows(self, driver: sqlite3.Connection, parameters: Mapping[str, Any]) -> list[Any]:
        """Every row, with its columns as attributes and by position."""
        return self._planned().rows(driver, parameters)

    def run(self, driver: sqlite3.Connection, parameters: Mapping[str, Any]) -> int:
        """How many rows were written."""
        return self._planned().execute(driver, parameters).rowcount

    def _planned(self) -> _SqlitePlan:
        if self._plan is None:
            self._plan = _SqlitePlan(self.statement)
        return self._plan


class _SqlitePlan:
    def __init__(self, statement: Statement) -> None:
        compiled = statement.compile(dialect=_DIALECT)
        assert isinstance(compiled, SQLCompiler)
        self._sql = str(compiled)
        self._names = tuple(compiled.positiontup or ())
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}
        if isinstance(statement, Select):
            columns = statement.selected_columns
            # The names of columns are the attributes, as with the rows of a connection.
            self._make = namedtuple("PreparedRow", columns.keys())._make  # type: ignore[attr-defined]  # names known at run time
            self._converters: list[tuple[int, Callable[[Any], Any]]] = [
                (position, converter)
                for position, column in enumerate(columns)
                if (converter := column.type.dialect_impl(_DIALECT).result_processor(_DIALECT, None))
                is not None
            ]

    def execute(self, driver: sqlite3.Connection, parameters: Mapping[str, Any]) -> sqlite3.Cursor:
        values = {**self._fixed, **parameters} if self._fixed else parameters
        return driver.execute(self._sql, [values[name] for name in self._names])

    def rows(self, driver: sqlite3.Connection, parameters: Mapping[str, Any]) -> list[Any]:
        found = self.execute(driver, parameters).fetchall()
        if self._converters:
            found = [self._converted(row) for row in found]
        return [self._make(row) for row in found]

    def _converted(self, row: tuple[Any, ...]) -> list[Any]:
        values = list(row)
        for position, convert in self._converters:
            values[position] = convert(values[position])
        return values
