"""How many rows of an account fall on each UTC day, kept by triggers, so that lists know their totals."""

from __future__ import annotations

# ruff: noqa: S608 # the statements are of names in the program alone
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, bindparam, func, select, text

from antiphon.core.clock import DAY
from antiphon.core.db.prepared import Prepared
from antiphon.core.db.search_parts import Columns
from antiphon.core.db.transaction import ReadTx

Conditions = Callable[[Columns], Sequence[ColumnElement[bool]]]
Counting = Callable[[dict[str, int]], int]


@dataclass(frozen=True, slots=True)
class Window:
    """The range of time that holds a page, inclusive, and the page's place in it."""

    since: int
    until: int
    offset: int


class DayCounts:
    """The rows of `table` that pass `where`, counted by account, day of `time` and the columns `by`.

    `table`, of those columns, `day` and `value`, is made by a revision; its triggers are made, and it is
    filled, after the migrations (`install`). `where` is SQL with `{row}` before each of `columns`; `by` has
    one expression for each column.
    """

    def __init__(
        self,
        table: Table,
        of: Table,
        time: str,
        by: Mapping[str, str],
        *,
        where: str,
        columns: tuple[str, ...],
    ) -> None:
        self.table = table
        self.of = of
        self.time = time
        self.by = by
        self.where = where
        self.columns = columns
        self._statements: dict[Any, Prepared] = {}

    def find(
        self,
        tx: ReadTx,
        *,
        shape: Any,
        conditions: Conditions,
        parameters: dict[str, Any],
        since: int | None,
        until: int | None,
        count: Counting,
    ) -> tuple[int, Window | None]:
        """The exact total of a list, newest first, and the range that holds the page; None for no rows.

        `shape` stands for which `conditions` on the columns `by` there are. `parameters` hold `account_id`,
        `limit` and `offset` besides others; `count` gives the number of rows `since` and `until` two times.
        """
        days = self._days(tx, shape, conditions, parameters, since, until, count)
        total = sum(value for _, value in days)
        limit, offset = parameters["limit"], parameters["offset"]
        if offset >= total or limit == 0:
            return total, None
        newest = oldest = days[0][0]
        before = skipped = 0
        is_found = False
        for day, value in days:
            oldest = day
            if not is_found and before + value > offset:
                is_found, newest, skipped = True, day, before
            before += value
            if before >= offset + limit:
                break
        first, last = oldest * DAY, (newest + 1) * DAY - 1
        window = Window(
            first if since is None else max(since, first),
            last if until is None else min(until, last),
            offset - skipped,
        )
        return total, window

    def at_most(self, tx: ReadTx, account_id: str, since: int | None, until: int | None) -> int:
        """How many rows the days of a range have, those that it cuts wholly counted."""
        values = {"account_id": account_id, **_bounds(since, until)}
        return sum(int(row.value) for row in tx.all(self._statement_of((), lambda columns: ()), values))

    def _days(
        self,
        tx: ReadTx,
        shape: Any,
        conditions: Conditions,
        parameters: dict[str, Any],
        since: int | None,
        until: int | None,
        count: Counting,
    ) -> list[tuple[int, int]]:
        """Days with the number of their rows, newest first; those that a bound cuts are counted."""
        if since is not None and until is not None and since > until:
            return []
        statement = self._statement_of(shape, conditions)
        days = {row.day: int(row.value) for row in tx.all(statement, parameters | _bounds(since, until))}
        cut = set()
        if since is not None and since % DAY:
            cut.add(since // DAY)
        if until is not None and (until + 1) % DAY:
            cut.add(until // DAY)
        for day in cut & days.keys():
            first, last = day * DAY, (day + 1) * DAY - 1
            days[day] = count(
                {
                    "since": first if since is None else max(since, first),
                    "until": last if until is None else min(until, last),
                }
            )
        return [(day, value) for day, value in days.items() if value > 0]

    def _statement_of(self, shape: Any, conditions: Conditions) -> Prepared:
        known = self._statements.get(shape)
        if known is not None:
            return known
        c = self.table.c
        made = self._statements[shape] = Prepared(
            select(c.day, func.sum(c.value).label("value"))
            .where(c.account_id == bindparam("account_id"))
            .where(c.day >= bindparam("since_day"), c.day <= bindparam("until_day"))
            .where(*conditions(c))
            .group_by(c.day)
            .order_by(c.day.desc())
        )
        return made

    @property
    def _key(self) -> list[str]:
        return ["account_id", "day", *self.by]

    def _values(self, row: str) -> list[str]:
        day = day_of(f"{row}{self.time}")
        return [f"{row}account_id", day, *(value.format(row=row) for value in self.by.values())]

    def _add(self) -> str:
        key = ", ".join(self._key)
        return (
            f"INSERT INTO {self.table.name} ({key}, value) SELECT {', '.join(self._values('new.'))}, 1"
            f" WHERE {self._passes('new.')}"
            f" ON CONFLICT ({key}) DO UPDATE SET value = {self.table.name}.value + 1; "
        )

    def _take(self) -> str:
        # An update alone: with the account its counts go before its rows.
        same = " AND ".join(
            f"{name} = {value}" for name, value in zip(self._key, self._values("old."), strict=True)
        )
        return f"UPDATE {self.table.name} SET value = value - 1 WHERE {same} AND {self._passes('old.')}; "

    def _passes(self, row: str) -> str:
        return f"({self.where.format(row=row)})"

    def _differs(self, distinct: str) -> str:
        """Whether an update moves a row from one count to another."""
        pairs = zip(self._values("old."), self._values("new."), strict=True)
        passes = f"({self._passes('old.')}) {distinct} ({self._passes('new.')})"
        return " OR ".join([passes, *(f"({old}) {distinct} ({new})" for old, new in pairs)])

    @property
    def _watched(self) -> str:
        return ", ".join(dict.fromkeys((self.time, *self.columns)))

    def sqlite_objects(self) -> dict[str, str]:
        """The statements that make the triggers, by their names."""
        name, of = self.table.name, self.of.name
        trigger = f"CREATE TRIGGER {name}_%s AFTER %s ON {of} %s BEGIN %sEND"
        moved = f"WHEN {self._differs('IS NOT')}"
        update = f"UPDATE OF {self._watched}"
        return {
            f"{name}_insert": trigger % ("insert", "INSERT", "", self._add()),
            f"{name}_update": trigger % ("update", update, moved, self._take() + self._add()),
            f"{name}_delete": trigger % ("delete", "DELETE", "", self._take()),
        }

    def postgres_objects(self) -> list[str]:
        """The statements that make the triggers."""
        name, of = self.table.name, self.of.name
        # In one order whatever changes, so that transactions wait for each other and never in a ring.
        old, new = (f"ROW({', '.join(self._values(row))})" for row in ("old.", "new."))
        return [
            f"CREATE FUNCTION {name}_follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF TG_OP = 'INSERT' THEN {self._add()} RETURN NULL; END IF;"
            f" IF TG_OP = 'DELETE' THEN {self._take()} RETURN NULL; END IF;"
            f" IF {self._differs('IS DISTINCT FROM')} THEN"
            f" IF {old} <= {new} THEN {self._take()} {self._add()}"
            f" ELSE {self._add()} {self._take()} END IF; END IF;"
            f" RETURN NULL; END $$",
            # At the commit, so that counts are locked last and for a moment.
            f"CREATE CONSTRAINT TRIGGER {name}_change AFTER INSERT OR DELETE OR UPDATE OF {self._watched}"
            f" ON {of} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {name}_follow()",
        ]

    def fill(self) -> str:
        values = ", ".join(self._values("counted."))
        groups = ", ".join(str(at) for at in range(1, len(self._key) + 1))
        return (
            f"INSERT INTO {self.table.name} ({', '.join(self._key)}, value) SELECT {values}, count(*)"
            f" FROM {self.of.name} AS counted WHERE {self._passes('counted.')} GROUP BY {groups}"
        )


def day_of(time: str) -> str:
    """SQL for the UTC day of milliseconds, since the epoch; rounded down, also before it."""
    return f"({time} - (({time} % {DAY}) + {DAY}) % {DAY}) / {DAY}"


def _bounds(since: int | None, until: int | None) -> dict[str, int]:
    first, last = -(2**31), 2**31 - 1
    return {
        "since_day": first if since is None else max(first, since // DAY),
        "until_day": last if until is None else min(last, until // DAY),
    }


def install_counts(connection: Connection, every: Sequence[DayCounts]) -> None:
    """Bring the triggers to their definitions; counts whose triggers changed are made anew."""
    for counts in every:
        if connection.dialect.name == "sqlite":
            _install_sqlite(connection, counts)
        else:
            _install_postgres(connection, counts)


def _install_sqlite(connection: Connection, counts: DayCounts) -> None:
    made = counts.sqlite_objects()
    known = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name")
    present = dict(tuple(row) for row in connection.execute(known, {"name": counts.of.name}))
    if all(present.get(name) == sql for name, sql in made.items()):
        return
    for name in made:
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
    connection.exec_driver_sql(f"DELETE FROM {counts.table.name}")
    for sql in (*made.values(), counts.fill()):
        connection.exec_driver_sql(sql)


def _install_postgres(connection: Connection, counts: DayCounts) -> None:
    name = counts.table.name
    made = counts.postgres_objects()
    signature = hashlib.sha256("\n".join(made).encode()).hexdigest()
    known = text("SELECT obj_description(to_regproc(:name), 'pg_proc')")
    if connection.execute(known, {"name": f"{name}_follow"}).scalar() == signature:
        return
    connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {name}_follow() CASCADE")
    connection.exec_driver_sql(f"DELETE FROM {name}")
    for sql in (*made, counts.fill()):
        connection.exec_driver_sql(sql)
    connection.exec_driver_sql(f"COMMENT ON FUNCTION {name}_follow() IS '{signature}'")
