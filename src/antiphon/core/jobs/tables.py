"""The queue's tables on SQLite; on PostgreSQL the engine brings its own. Times are UTC milliseconds."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, text

from antiphon.core.db.metadata import metadata

# `deferred` is a queued job whose time has not come: it stays out of the ready index until it is promoted.
DEFERRED, QUEUED, PICKED, FAILED = "deferred", "queued", "picked", "failed"
OPEN_JOBS = "status IN ('deferred', 'queued', 'picked')"

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("payload", LargeBinary),
    Column("key", Text),
    Column("priority", Integer, nullable=False, server_default=text("0")),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("execute_after", Integer, nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("updated_at", Integer, nullable=False),
    Column("heartbeat_at", Integer, nullable=False),
    Column("queue_manager_id", Text),
    Column("headers", Text),
    Column("last_error", Text),
    Index("uq_jobs_key_open", "key", unique=True, sqlite_where=text(OPEN_JOBS)),
    Index("ix_jobs_ready", "name", text("priority DESC"), "id", sqlite_where=text("status = 'queued'")),
    Index("ix_jobs_deferred", "execute_after", "name", sqlite_where=text("status = 'deferred'")),
    Index(
        "ix_jobs_picked", "name", "queue_manager_id", "heartbeat_at", sqlite_where=text("status = 'picked'")
    ),
    Index("ix_jobs_failed", "created_at", sqlite_where=text("status = 'failed'")),
    info={"dialect": "sqlite"},
    sqlite_autoincrement=True,
)

jobs_finished = Table(
    "jobs_finished",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("started_at", Integer),
    Column("finished_at", Integer, nullable=False),
    Column("traceback", Text),
    Index("ix_jobs_finished_finished_at", "finished_at"),
    info={"dialect": "sqlite"},
)

job_schedules = Table(
    "job_schedules",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("expression", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("updated_at", Integer, nullable=False),
    Column("heartbeat_at", Integer, nullable=False),
    Column("next_run_at", Integer, nullable=False),
    Column("last_run_at", Integer),
    Index("uq_job_schedules_name_expression", "name", "expression", unique=True),
    info={"dialect": "sqlite"},
)

TABLES = (jobs, jobs_finished, job_schedules)
