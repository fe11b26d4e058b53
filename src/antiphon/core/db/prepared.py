"""Hot statements compiled once: they skip the statement machinery and run on the store's driver itself."""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

from sqlalchemy import BindParameter, Dialect, Float, Insert, Select, Update
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import iterate
from sqlalchemy.types import TypeEngine

if TYPE_CHECKING:
    from antiphon.core.db.transaction import ReadTx

T = TypeVar("T")
R = TypeVar("R")

_SQLITE: Dialect = SQLiteDialect_pysqlite()
_POSTGRES: Dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]  # of the library

_POSTGRES_FLOAT, _POSTGRES_NUMERIC = 701, 1700

Statement: TypeAlias = Select[*tuple[Any, ...]] | Insert | Update


class Prepared:
    """A statement made at import: a select for `tx.all`, `tx.first` and `tx.scalar`, others for `tx.run`.

    Parameters reach the driver as they are given. Raises TypeError for a statement with a list of
    values (`in_`), whose text would depend on how many there are. A write without values of its own writes
    the columns that the parameters name, as on a connection.
    """

    def __init__(self, statement: Statement) -> None:
        for element in iterate(statement):
            if isinstance(element, BindParameter) and element.expanding:
                raise TypeError(f"a prepared statement takes no list: {element.key}")
        self.statement = statement
        self._varies = not isinstance(statement, Select)
        self._sqlite: dict[tuple[str, ...], Plan] = {}
        self._postgres: Plan | None = None

    def sqlite(self, parameters: Mapping[str, Any]) -> Plan:
        """The text for SQLite's driver."""
        given = tuple(parameters) if self._varies else ()
        plan = self._sqlite.get(given)
        if plan is None:
            plan = self._sqlite[given] = Plan(self.statement, _SQLITE, given)
        return plan

    def postgres(self) -> Plan:
        """The text of a select for asyncpg."""
        if self._postgres is None:
            self._postgres = Plan(self.statement, _POSTGRES)
        return self._postgres


class Plan:
    """The text of a statement for one driver, its parameters in order, and what makes rows of its tuples."""

    def __init__(self, statement: Statement, dialect: Dialect, given: tuple[str, ...] = ()) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(given) if given else None)
        assert isinstance(compiled, SQLCompiler)
        if compiled.insert_prefetch or compiled.update_prefetch:
            raise TypeError("a prepared write fills in no defaults")
        self.sql = str(compiled)
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
                if (converter := _converter(column.type, dialect)) is not None
            ]

    def values(self, parameters: Mapping[str, Any]) -> list[Any]:
        """The parameters as the driver takes them. Raises KeyError for a missing one."""
        given = {**self._fixed, **parameters} if self._fixed else parameters
        return [given[name] for name in self._names]

    def rows(self, found: Iterable[Sequence[Any]]) -> list[Any]:
        """Every row, with its columns as attributes and by position."""
        return [self._make(row) for row in self.tuples(found)]

    def tuples(self, found: Iterable[Sequence[Any]]) -> Iterable[Sequence[Any]]:
        """Every row by position alone."""
        return [self._converted(row) for row in found] if self._converters else found

    def _converted(self, row: Sequence[Any]) -> tuple[Any, ...]:
        values = list(row)
        for position, convert in self._converters:
            values[position] = convert(values[position])
        return tuple(values)


def _converter(type_: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    # PostgreSQL's dialect asks numbers for their type there, which for a column of floats is its own.
    code = _POSTGRES_FLOAT if isinstance(type_, Float) else _POSTGRES_NUMERIC
    converter: Callable[[Any], Any] | None = type_.dialect_impl(dialect).result_processor(dialect, code)
    return converter


class Driver(Protocol):
    """What runs prepared statements beside a connection's own machinery, in the same transaction."""

    def rows(self, statement: Prepared, parameters: Mapping[str, Any]) -> list[Any]:
        """Every row, with its columns as attributes and by position."""
        ...


class SqliteDriver:
    """Prepared statements on SQLite's own connection."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self.raw = raw

    def rows(self, statement: Prepared, parameters: Mapping[str, Any]) -> list[Any]:
        plan = statement.sqlite(parameters)
        return plan.rows(self._execute(plan, parameters).fetchall())

    def tuples(self, statement: Prepared, parameters: Mapping[str, Any]) -> Iterable[Sequence[Any]]:
        plan = statement.sqlite(parameters)
        return plan.tuples(self._execute(plan, parameters).fetchall())

    def run(self, statement: Prepared, parameters: Mapping[str, Any]) -> int:
        """How many rows were written. Raises IntegrityError."""
        return self._execute(statement.sqlite(parameters), parameters).rowcount

    def run_all(self, statement: Prepared, rows: Sequence[Mapping[str, Any]]) -> None:
        """As `run` for each; the rows name the same columns."""
        if rows:
            plan = statement.sqlite(rows[0])
            try:
                self.raw.executemany(plan.sql, map(plan.values, rows))
            except sqlite3.IntegrityError as error:
                raise IntegrityError(plan.sql, None, error) from error

    def _execute(self, plan: Plan, parameters: Mapping[str, Any]) -> sqlite3.Cursor:
        try:
            return self.raw.execute(plan.sql, plan.values(parameters))
        except sqlite3.IntegrityError as error:
            raise IntegrityError(plan.sql, None, error) from error


@dataclass(frozen=True, slots=True, eq=False)
class Query(Generic[T]):
    """A read of one prepared select, which `Database.fetch` runs without a transaction around it.

    `make` turns its rows, which are plain tuples, into the result, which is handed out more than once:
    nobody changes it.
    """

    statement: Prepared
    make: Callable[[Iterable[Sequence[Any]]], T]

    def __call__(self, tx: ReadTx, **parameters: Any) -> T:
        """The same within a transaction."""
        return self.make(tx.all(self.statement, parameters))

    def then(self, make: Callable[[T], R]) -> Query[R]:
        """This read with what `make` turns its result into, which a store keeps instead of the result."""
        return Query(self.statement, lambda rows: make(self.make(rows)))
