"""Hot statements compiled once: on SQLite they skip the statement machinery and run on the driver itself."""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from sqlalchemy import BindParameter, Insert, Select, Update
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import iterate

_DIALECT = SQLiteDialect_pysqlite()


Statement: TypeAlias = Select[*tuple[Any, ...]] | Insert | Update


class Prepared:
    """A statement made at import: a select for `tx.all`, `tx.first` and `tx.scalar`, others for `tx.run`.

    Parameters reach the SQLite driver as they are given. Raises TypeError for a statement with a list of
    values (`in_`), whose text would depend on how many there are. A write without values of its own writes
    the columns that the parameters name, as on a connection.
    """

    def __init__(self, statement: Statement) -> None:
        for element in iterate(statement):
            if isinstance(element, BindParameter) and element.expanding:
                raise TypeError(f"a prepared statement takes no list: {element.key}")
        self.statement = statement
        self._varies = not isinstance(statement, Select)
        self._plans: dict[tuple[str, ...], _SqlitePlan] = {}

    def rows(self, driver: sqlite3.Connection, parameters: Mapping[str, Any]) -> list[Any]:
        """Every row, with its columns as attributes and by position."""
        return self._plan(parameters).rows(driver, parameters)

    def run(self, driver: sqlite3.Connection, parameters: Mapping[str, Any]) -> int:
        """How many rows were written. Raises IntegrityError."""
        return self._plan(parameters).execute(driver, parameters).rowcount

    def _plan(self, parameters: Mapping[str, Any]) -> _SqlitePlan:
        given = tuple(parameters) if self._varies else ()
        plan = self._plans.get(given)
        if plan is None:
            plan = self._plans[given] = _SqlitePlan(self.statement, given)
        return plan


class _SqlitePlan:
    def __init__(self, statement: Statement, given: tuple[str, ...]) -> None:
        compiled = statement.compile(dialect=_DIALECT, column_keys=list(given) if given else None)
        assert isinstance(compiled, SQLCompiler)
        if compiled.insert_prefetch or compiled.update_prefetch:
            raise TypeError("a prepared write fills in no defaults")
        self._sql = str(compiled)
        self._names = tuple(compiled.positiontup or ())
        self._fixed = {
            name: value for name, value in compiled.params.items() if not compiled.binds[name].required
        }
        columns = statement.selected_columns if isinstance(statement, Select) else statement.exported_columns
        if columns:
            # The names of columns are the attributes, as with the rows of a connection.
            self._make = namedtuple("PreparedRow", map(str, columns.keys()))._make  # type: ignore[attr-defined]  # names known at run time
            self._converters: list[tuple[int, Callable[[Any], Any]]] = [
                (position, converter)
                for position, column in enumerate(columns)
                if (converter := column.type.dialect_impl(_DIALECT).result_processor(_DIALECT, None))
                is not None
            ]

    def execute(self, driver: sqlite3.Connection, parameters: Mapping[str, Any]) -> sqlite3.Cursor:
        values = {**self._fixed, **parameters} if self._fixed else parameters
        try:
            return driver.execute(self._sql, [values[name] for name in self._names])
        except sqlite3.IntegrityError as error:
            raise IntegrityError(self._sql, None, error) from error

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
