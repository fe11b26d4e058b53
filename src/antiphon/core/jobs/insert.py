"""Writes the collected jobs of a transaction, in that transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import timedelta
from functools import cache

from pgqueuer.adapters.persistence.qb import QueryQueueBuilder
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.sqlite import insert

from antiphon.core.db.prepared import Prepared, SqliteDriver
from antiphon.core.jobs.requests import JobRequest
from antiphon.core.jobs.tables import DEFERRED, OPEN_JOBS, QUEUED, jobs

_INSERT = Prepared(
    insert(jobs)
    .values(
        name=bindparam("name"),
        payload=bindparam("payload"),
        key=bindparam("key"),
        priority=bindparam("priority"),
        status=bindparam("status"),
        execute_after=bindparam("execute_after"),
        created_at=bindparam("now"),
        updated_at=bindparam("now"),
        heartbeat_at=bindparam("now"),
    )
    .on_conflict_do_nothing(index_elements=[jobs.c.key], index_where=text(OPEN_JOBS))
)


def encode_payload(payload: dict[str, str | int]) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode()


def insert_sqlite(driver: sqlite3.Connection, requests: Sequence[JobRequest], now_ms: int) -> None:
    """Enqueue on SQLite; `now_ms` is the application clock's time of the transaction."""
    SqliteDriver(driver).run_all(
        _INSERT,
        [
            {
                "name": request.name,
                "payload": encode_payload(request.payload),
                "key": request.key,
                "priority": request.priority,
                "status": DEFERRED if request.delay_ms > 0 else QUEUED,
                "execute_after": now_ms + max(request.delay_ms, 0),
                "now": now_ms,
            }
            for request in requests
        ],
    )


@cache
def _enqueue_query() -> str:
    return QueryQueueBuilder().build_enqueue_query("skip")


def insert_postgres(connection: Connection, requests: Sequence[JobRequest]) -> None:
    """Enqueue on PostgreSQL with the engine's own statement; times count from the server's clock."""
    if not requests:
        return
    connection.exec_driver_sql(
        _enqueue_query(),
        (
            [request.priority for request in requests],
            [request.name for request in requests],
            [encode_payload(request.payload) for request in requests],
            [timedelta(milliseconds=max(request.delay_ms, 0)) for request in requests],
            [request.key for request in requests],
            [None] * len(requests),
        ),
    )
