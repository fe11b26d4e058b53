"""Enqueue as the transaction's last statement, on SQLite (design, "Jobs")."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine, select

from antiphon.core.jobs.insert import insert_sqlite
from antiphon.core.jobs.requests import JobRequest
from antiphon.core.jobs.tables import TABLES, jobs


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        for table in TABLES:
            table.create(connection)
        yield connection
    engine.dispose()


def driver_of(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def test_batch_is_written_with_due_times(connection: Connection) -> None:
    """A delay makes a job deferred from the transaction's time."""
    insert_sqlite(
        driver_of(connection),
        [JobRequest("a", {"id": "x"}, "a:x"), JobRequest("b", {"n": 1}, "b:1", 500, 7)],
        1000,
    )
    rows = connection.execute(select(jobs).order_by(jobs.c.id)).all()
    assert [(r.name, r.payload, r.status, r.execute_after, r.priority) for r in rows] == [
        ("a", b'{"id":"x"}', "queued", 1000, 0),
        ("b", b'{"n":1}', "deferred", 1500, 7),
    ]


@pytest.mark.parametrize(
    ("status", "skipped"), [("queued", True), ("deferred", True), ("picked", True), ("failed", False)]
)
def test_same_key_is_skipped_while_open(connection: Connection, status: str, skipped: bool) -> None:
    """A key is taken while its job is waiting or running; a held failed job frees it."""
    insert_sqlite(
        driver_of(connection), [JobRequest("a", {"id": 1}, "k"), JobRequest("a", {"id": 2}, "k")], 1000
    )
    connection.execute(jobs.update().values(status=status))
    insert_sqlite(driver_of(connection), [JobRequest("a", {"id": 3}, "k")], 1000)
    payloads = [row.payload for row in connection.execute(select(jobs).order_by(jobs.c.id))]
    expected = [b'{"id":1}'] if skipped else [b'{"id":1}', b'{"id":3}']
    assert payloads == expected


def test_nothing_to_insert_touches_nothing() -> None:
    insert_sqlite(object(), [], 0)  # type: ignore[arg-type] # a connection that would fail when used
