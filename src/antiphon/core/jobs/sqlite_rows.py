"""Row shapes of the SQLite queue as the engine's models."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from pgqueuer.domain import models, types
from sqlalchemy import Row

from antiphon.core.clock import to_datetime
from antiphon.core.jobs.tables import DEFERRED, QUEUED

STATUSES = frozenset(get_args(types.JOB_STATUS))


def public_status(status: str) -> Any:
    return QUEUED if status == DEFERRED else status


def _optional(millis: int | None) -> datetime | None:
    return None if millis is None else to_datetime(millis)


def to_job(row: Row[Any]) -> models.Job:
    """A `jobs` row; built without validation, since the columns are typed already."""
    return models.Job.model_construct(
        id=types.JobId(row.id),
        priority=row.priority,
        created=to_datetime(row.created_at),
        updated=to_datetime(row.updated_at),
        heartbeat=to_datetime(row.heartbeat_at),
        execute_after=to_datetime(row.execute_after),
        status=public_status(row.status),
        entrypoint=types.QueueEntrypoint(row.name),
        payload=row.payload,
        attempts=row.attempts,
        queue_manager_id=None
        if row.queue_manager_id is None
        else types.QueueManagerId(UUID(row.queue_manager_id)),
        slot=None,
        headers=None if row.headers is None else json.loads(row.headers),
    )


def to_log(row: Row[Any]) -> models.Log:
    """A `jobs_finished` row."""
    return models.Log(
        created=to_datetime(row.finished_at),
        job_id=types.JobId(row.id),
        status=row.status,
        priority=row.priority,
        entrypoint=types.QueueEntrypoint(row.name),
        traceback=row.traceback,
        aggregated=True,
    )


def to_schedule(row: Row[Any]) -> models.Schedule:
    """A `job_schedules` row."""
    return models.Schedule(
        id=types.ScheduleId(row.id),
        expression=types.CronExpression(row.expression),
        entrypoint=types.CronEntrypoint(row.name),
        heartbeat=to_datetime(row.heartbeat_at),
        created=to_datetime(row.created_at),
        updated=to_datetime(row.updated_at),
        next_run=to_datetime(row.next_run_at),
        last_run=_optional(row.last_run_at),
        status=row.status,
    )
