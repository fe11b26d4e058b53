"""The transaction handed to every query and command."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, CursorResult, Executable, Row

from antiphon.core.actors import SYSTEM, Actor
from antiphon.core.db.prepared import Driver, Prepared, SqliteDriver
from antiphon.core.events import Event, EventBus, store_events
from antiphon.core.jobs.requests import JobRequest

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
AnyRow: TypeAlias = Row[*tuple[Any, ...]]


class ReadTx:
    """Read access to one consistent connection; `driver` runs prepared statements beside it."""

    __slots__ = ("_driver", "connection", "now")

    def __init__(self, connection: Connection, now: int, driver: Driver | None = None) -> None:
        self.connection = connection
        self.now = now
        self._driver = driver

    @property
    def dialect(self) -> str:
        return self.connection.dialect.name

    def execute(self, statement: Executable, parameters: Parameters = None) -> CursorResult[*tuple[Any, ...]]:
        return self.connection.execute(statement, parameters)

    def all(self, statement: Executable | Prepared, parameters: Parameters = None) -> Sequence[AnyRow]:
        if isinstance(statement, Prepared):
            return self._prepared(statement, parameters)
        return self.connection.execute(statement, parameters).all()

    def first(self, statement: Executable | Prepared, parameters: Parameters = None) -> AnyRow | None:
        if isinstance(statement, Prepared):
            rows = self._prepared(statement, parameters)
            return rows[0] if rows else None
        return self.connection.execute(statement, parameters).first()

    def scalar(self, statement: Executable | Prepared, parameters: Parameters = None) -> Any:
        if isinstance(statement, Prepared):
            rows = self._prepared(statement, parameters)
            return rows[0][0] if rows else None
        return self.connection.execute(statement, parameters).scalar()

    def _prepared(self, query: Prepared, parameters: Parameters) -> Sequence[AnyRow]:
        if self._driver is None:
            return self.connection.execute(query.statement, parameters).all()
        if not isinstance(parameters, dict):
            raise TypeError("a prepared statement takes one set of parameters")
        return self._driver.rows(query, parameters)


class WriteTx(ReadTx):
    """Write access; collects the events and jobs that commit with the rows.

    `actor` is who causes the change.
    """

    __slots__ = ("_bus", "_writer", "actor", "callbacks", "events", "jobs")

    def __init__(
        self,
        connection: Connection,
        now: int,
        bus: EventBus,
        actor: Actor = SYSTEM,
        driver: SqliteDriver | None = None,
    ) -> None:
        super().__init__(connection, now, driver)
        self._writer = driver
        self._bus = bus
        self.actor = actor
        self.events: list[Event] = []
        self.jobs: list[JobRequest] = []
        self.callbacks: list[Callable[[], None]] = []

    def run(self, statement: Prepared, parameters: Mapping[str, Any]) -> int:
        """Execute a prepared write; returns how many rows it wrote."""
        if self._writer is None:
            return self.connection.execute(statement.statement, parameters).rowcount
        return self._writer.run(statement, parameters)

    def run_all(self, statement: Prepared, rows: Sequence[Mapping[str, Any]]) -> None:
        """As `run` for each; the rows name the same columns."""
        if self._writer is not None:
            self._writer.run_all(statement, rows)
        elif rows:
            self.connection.execute(statement.statement, rows)

    def lock(self, statement: Executable, parameters: Parameters) -> None:
        """Lock the rows that the statement selects for update; on SQLite the one writer has them already."""
        if self.dialect != "sqlite":
            self.connection.execute(statement, parameters)

    def emit(self, event: Event) -> None:
        """Run the event's reactions now, write its row at the end, publish it after the commit."""
        self.emit_all([event])

    def emit_all(self, events: Sequence[Event]) -> None:
        """As `emit` for each."""
        if events:
            self.events.extend(events)
            self._bus.dispatch(self, events)

    def enqueue(
        self, name: str, payload: dict[str, str | int], *, key: str, delay_ms: int = 0, priority: int = 0
    ) -> None:
        """Enqueue a job with the commit; skipped while a job of the same key is queued or running."""
        self.jobs.append(JobRequest(name, payload, key, delay_ms, priority))

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` on the event loop once the transaction has committed."""
        self.callbacks.append(callback)

    def finish(self) -> None:
        """Write what was collected; the store calls it as the last step before the commit."""
        if self.events:
            self.events = store_events(self, self.events)
