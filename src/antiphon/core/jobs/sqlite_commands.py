"""Statements of the SQLite queue, each a plain function over one transaction."""

# ruff: noqa: S608  the interpolated fragments are constants of this module

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from croniter import croniter
from sqlalchemy import Row, text
from sqlalchemy.dialects.sqlite import insert

from antiphon.core.clock import from_datetime, to_datetime
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.jobs.results import Result
from antiphon.core.jobs.sqlite_rows import public_status
from antiphon.core.jobs.tables import job_schedules, jobs_finished

_IN_IDS = "id IN (SELECT value FROM json_each(:ids))"
_IN_NAMES = "name IN (SELECT value FROM json_each(:names))"
COUNT_CAP = 1000  # the queue manager only asks whether there is any work
SCHEDULE_LEASE_MS = 30_000

_ENQUEUE = """INSERT INTO jobs
    (name, payload, key, priority, status, execute_after, created_at, updated_at, heartbeat_at, headers)
    VALUES (:name, :payload, :key, :priority, :status, :execute_after, :now, :now, :now, :headers)"""
_OPEN_KEY = "(key) WHERE status IN ('deferred', 'queued', 'picked')"
ENQUEUE = {
    "raise": text(f"{_ENQUEUE} RETURNING id"),
    "skip": text(f"{_ENQUEUE} ON CONFLICT {_OPEN_KEY} DO NOTHING RETURNING id"),
    "update_priority": text(
        f"""{_ENQUEUE} ON CONFLICT {_OPEN_KEY}
            DO UPDATE SET priority = max(priority, excluded.priority) RETURNING id"""
    ),
}
_DELETE = text("DELETE FROM jobs WHERE id = :id")
_HOLD = text(
    """UPDATE jobs SET status = 'failed', queue_manager_id = NULL, updated_at = :now, last_error = :error
       WHERE id = :id"""
)
_FINISH = insert(jobs_finished).prefix_with("OR REPLACE")
_RETRY = text(
    """UPDATE jobs SET status = :status, execute_after = :execute_after, attempts = attempts + 1,
           updated_at = :now, queue_manager_id = NULL, last_error = :error
       WHERE id = :id"""
)
_RELEASE = text(
    f"UPDATE jobs SET status = 'queued', queue_manager_id = NULL WHERE status = 'picked' AND {_IN_IDS}"
)
_RECOVER = text("UPDATE jobs SET status = 'queued', queue_manager_id = NULL WHERE status = 'picked'")
_RECOVER_SCHEDULES = text("UPDATE job_schedules SET status = 'queued' WHERE status = 'picked'")
_REQUEUE = text(
    f"""UPDATE OR IGNORE jobs SET status = 'queued', execute_after = :now, updated_at = :now, attempts = 0,
            queue_manager_id = NULL
        WHERE status = 'failed' AND {_IN_IDS}"""
)
_HEARTBEAT = text(f"UPDATE jobs SET heartbeat_at = :now WHERE status = 'picked' AND {_IN_IDS}")
_BY_IDS = text(f"SELECT * FROM jobs WHERE {_IN_IDS}")
_BY_NAMES = text(f"SELECT * FROM jobs WHERE {_IN_NAMES}")
_DELETE_IDS = text(f"DELETE FROM jobs WHERE {_IN_IDS}")
_DELETE_ALL = text("DELETE FROM jobs")
_FAILED = {
    "ASC": text("SELECT * FROM jobs WHERE status = 'failed' ORDER BY created_at, id LIMIT :limit"),
    "DESC": text("SELECT * FROM jobs WHERE status = 'failed' ORDER BY created_at DESC, id DESC LIMIT :limit"),
}
_SIZES = text(
    """SELECT name, priority, CASE status WHEN 'deferred' THEN 'queued' ELSE status END AS status,
              count(*) AS count
       FROM jobs GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""
)
_WAITING_COUNT = text(
    f"""SELECT count(*) FROM (
            SELECT 1 FROM jobs WHERE status = 'queued' AND {_IN_NAMES}
            UNION ALL SELECT 1 FROM jobs WHERE status = 'deferred' AND {_IN_NAMES} LIMIT {COUNT_CAP})"""
)
_DUE_COUNT = text(
    f"""SELECT count(*) FROM (
            SELECT 1 FROM jobs WHERE status = 'queued' AND {_IN_NAMES}
            UNION ALL SELECT 1 FROM jobs WHERE status = 'deferred' AND execute_after <= :now AND {_IN_NAMES}
            LIMIT {COUNT_CAP})"""
)
_NEXT_DUE = text(
    f"""SELECT min(execute_after) FROM jobs
        WHERE status = 'deferred' AND execute_after > :now AND {_IN_NAMES}"""
)
_STATUS_OPEN = text(f"SELECT id, status FROM jobs WHERE {_IN_IDS}")
_STATUS_FINISHED = text(f"SELECT id, status FROM jobs_finished WHERE {_IN_IDS}")
_FINISHED = text("SELECT * FROM jobs_finished ORDER BY finished_at, id")
_STATISTICS = text(
    """SELECT name, priority, status, finished_at / 1000 * 1000 AS second, count(*) AS count
       FROM jobs_finished WHERE finished_at > :since
       GROUP BY 1, 2, 3, 4 ORDER BY 4 DESC, 1, 2, 3 LIMIT :limit"""
)
_CLEAR_FINISHED = text("DELETE FROM jobs_finished")
_CLEAR_FINISHED_NAMES = text(f"DELETE FROM jobs_finished WHERE {_IN_NAMES}")
_PURGE = text(
    """DELETE FROM jobs_finished WHERE id IN (
           SELECT id FROM jobs_finished WHERE finished_at < :before ORDER BY finished_at LIMIT :batch)"""
)

_INSERT_SCHEDULE = insert(job_schedules).on_conflict_do_nothing()
_SCHEDULES = text("SELECT * FROM job_schedules ORDER BY id")
_DUE_SCHEDULES = text(
    """SELECT * FROM job_schedules
       WHERE (status = 'queued' AND next_run_at <= :now) OR (status = 'picked' AND heartbeat_at < :stale)
       ORDER BY next_run_at, id"""
)
_PICK_SCHEDULE = text(
    """UPDATE job_schedules SET status = 'picked', heartbeat_at = :now, updated_at = :now, next_run_at = :next
       WHERE id = :id RETURNING *"""
)
_RELEASE_SCHEDULES = text(
    f"""UPDATE job_schedules SET status = 'queued', last_run_at = :now, updated_at = :now WHERE {_IN_IDS}"""
)
_SCHEDULE_HEARTBEAT = text(f"UPDATE job_schedules SET heartbeat_at = :now, updated_at = :now WHERE {_IN_IDS}")
_DELETE_SCHEDULES = text(f"DELETE FROM job_schedules WHERE {_IN_IDS} OR {_IN_NAMES}")
_CLEAR_SCHEDULES = text("DELETE FROM job_schedules")


def _json(values: Iterable[object]) -> str:
    return json.dumps(list(values))


def enqueue(tx: WriteTx, mode: str, rows: Sequence[dict[str, Any]]) -> list[int | None]:
    """Insert one by one, so that each id (None: skipped) stands at its input's position."""
    ids: list[int | None] = []
    for row in rows:
        due = tx.now + row["delay_ms"]
        status = "deferred" if due > tx.now else "queued"
        ids.append(tx.scalar(ENQUEUE[mode], row | {"execute_after": due, "status": status, "now": tx.now}))
    return ids


def _finished_rows(rows: Iterable[Row[Any]], status: str, now: int) -> list[dict[str, Any]]:
    return [
        {
            "id": row.id,
            "name": row.name,
            "priority": row.priority,
            "status": status,
            "attempts": row.attempts,
            "created_at": row.created_at,
            "started_at": row.updated_at if row.status == "picked" else None,
            "finished_at": now,
            "traceback": None,
        }
        for row in rows
    ]


def finish(tx: WriteTx, entries: Sequence[Result]) -> None:
    """Take finished jobs off the queue, one row each into the history; `failed` ones are held."""
    gone, held, history = [], [], []
    for job, status, record in entries:
        traceback = None if record is None else record.model_dump_json()
        if status == "failed":
            held.append({"id": job.id, "now": tx.now, "error": traceback})
            continue
        gone.append({"id": job.id})
        history.append(
            {
                "id": job.id,
                "name": job.entrypoint,
                "priority": job.priority,
                "status": status,
                "attempts": job.attempts + 1,
                "created_at": from_datetime(job.created),
                "started_at": from_datetime(job.updated),
                "finished_at": tx.now,
                "traceback": traceback,
            }
        )
    if gone:
        tx.execute(_DELETE, gone)
        tx.execute(_FINISH, history)
    if held:
        tx.execute(_HOLD, held)


def retry(tx: WriteTx, job_id: int, delay_ms: int, error: str | None) -> None:
    due = tx.now + max(delay_ms, 0)
    status = "deferred" if due > tx.now else "queued"
    tx.execute(_RETRY, {"id": job_id, "status": status, "execute_after": due, "now": tx.now, "error": error})


def release(tx: WriteTx, ids: Sequence[int]) -> None:
    """Give unfinished jobs back without counting an attempt."""
    tx.execute(_RELEASE, {"ids": _json(ids)})


def recover(tx: WriteTx) -> int:
    """Give back everything a dead process held; only one process runs jobs on SQLite. Returns the count."""
    tx.execute(_RECOVER_SCHEDULES)
    return tx.execute(_RECOVER).rowcount


def requeue(tx: WriteTx, ids: Sequence[int]) -> None:
    tx.execute(_REQUEUE, {"ids": _json(ids), "now": tx.now})


def heartbeat(tx: WriteTx, ids: Iterable[int]) -> None:
    tx.execute(_HEARTBEAT, {"ids": _json(ids), "now": tx.now})


def cancel(tx: WriteTx, ids: Sequence[int]) -> None:
    parameters = {"ids": _json(ids)}
    _remove(tx, tx.all(_BY_IDS, parameters), "canceled")


def clear(tx: WriteTx, names: Sequence[str] | None) -> None:
    if names is None:
        tx.execute(_DELETE_ALL)
    else:
        _remove(tx, tx.all(_BY_NAMES, {"names": _json(names)}), "deleted")


def _remove(tx: WriteTx, rows: Sequence[Row[Any]], status: str) -> None:
    if rows:
        tx.execute(_DELETE_IDS, {"ids": _json(row.id for row in rows)})
        tx.execute(_FINISH, _finished_rows(rows, status, tx.now))


def failed(tx: ReadTx, limit: int, order: str) -> Sequence[Row[Any]]:
    return tx.all(_FAILED[order], {"limit": limit})


def sizes(tx: ReadTx) -> Sequence[Row[Any]]:
    return tx.all(_SIZES)


def waiting(tx: ReadTx, names: Sequence[str]) -> int:
    return int(tx.scalar(_WAITING_COUNT, {"names": _json(names)}))


def due(tx: ReadTx, names: Sequence[str]) -> int:
    return int(tx.scalar(_DUE_COUNT, {"names": _json(names), "now": tx.now}))


def next_due_in(tx: ReadTx, names: Sequence[str]) -> int | None:
    """Milliseconds until the earliest deferred job is due."""
    when = tx.scalar(_NEXT_DUE, {"names": _json(names), "now": tx.now})
    return None if when is None else int(when) - tx.now


def statuses(tx: ReadTx, ids: Sequence[int]) -> list[tuple[int, str]]:
    parameters = {"ids": _json(ids)}
    found = {row.id: row.status for row in tx.all(_STATUS_FINISHED, parameters)}
    found |= {row.id: public_status(row.status) for row in tx.all(_STATUS_OPEN, parameters)}
    return list(found.items())


def finished(tx: ReadTx) -> Sequence[Row[Any]]:
    return tx.all(_FINISHED)


def statistics(tx: ReadTx, limit: int | None, last_ms: int | None) -> Sequence[Row[Any]]:
    since = -1 if last_ms is None else tx.now - last_ms
    return tx.all(_STATISTICS, {"limit": -1 if limit is None else limit, "since": since})


def clear_history(tx: WriteTx, names: Sequence[str] | None) -> None:
    if names is None:
        tx.execute(_CLEAR_FINISHED)
    else:
        tx.execute(_CLEAR_FINISHED_NAMES, {"names": _json(names)})


def purge(tx: WriteTx, older_than_ms: int, batch: int) -> int:
    """Delete up to `batch` finished rows older than the age; returns how many."""
    return tx.execute(_PURGE, {"before": tx.now - older_than_ms, "batch": batch}).rowcount


def _next_run(expression: str, now: int) -> int:
    return int(croniter(expression, start_time=to_datetime(now)).get_next(float) * 1000)


def insert_schedules(tx: WriteTx, keys: Sequence[tuple[str, str]]) -> None:
    """`keys` are (name, cron expression) pairs; those present keep their next run."""
    if keys:
        tx.execute(
            _INSERT_SCHEDULE,
            [
                {
                    "name": name,
                    "expression": expression,
                    "status": "queued",
                    "created_at": tx.now,
                    "updated_at": tx.now,
                    "heartbeat_at": tx.now,
                    "next_run_at": _next_run(expression, tx.now),
                }
                for name, expression in keys
            ],
        )


def due_schedules(tx: ReadTx) -> Sequence[Row[Any]]:
    return tx.all(_DUE_SCHEDULES, {"now": tx.now, "stale": tx.now - SCHEDULE_LEASE_MS})


def pick_schedules(tx: WriteTx, keys: Sequence[tuple[str, str]]) -> list[Row[Any]]:
    wanted = set(keys)
    rows = [row for row in due_schedules(tx) if (row.name, row.expression) in wanted]
    picked: list[Row[Any]] = []
    for row in rows:
        after = _next_run(row.expression, tx.now)
        picked += tx.all(_PICK_SCHEDULE, {"id": row.id, "now": tx.now, "next": after})
    return picked


def release_schedules(tx: WriteTx, ids: Iterable[int]) -> None:
    tx.execute(_RELEASE_SCHEDULES, {"ids": _json(ids), "now": tx.now})


def schedule_heartbeat(tx: WriteTx, ids: Iterable[int]) -> None:
    tx.execute(_SCHEDULE_HEARTBEAT, {"ids": _json(ids), "now": tx.now})


def schedules(tx: ReadTx) -> Sequence[Row[Any]]:
    return tx.all(_SCHEDULES)


def delete_schedules(tx: WriteTx, ids: Iterable[int], names: Iterable[str]) -> None:
    tx.execute(_DELETE_SCHEDULES, {"ids": _json(ids), "names": _json(names)})


def clear_schedules(tx: WriteTx) -> None:
    tx.execute(_CLEAR_SCHEDULES)
