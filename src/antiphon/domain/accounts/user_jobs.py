"""Long work that a person has asked for and may watch or stop (contracts/votel.md 0.7).

Whoever does the work tells how far it is; the rows do nothing by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Integer, bindparam, func, select

from antiphon.core.clock import DAY
from antiphon.core.db.transaction import AnyRow, ReadTx, WriteTx
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.core.events import Event
from antiphon.core.ids import new_id
from antiphon.domain.accounts.audit import Target, record
from antiphon.domain.accounts.tables import user_jobs

KEPT_MS = 30 * DAY
PURGE_BATCH = 1000
ERROR_CHARS = 300
PEOPLE = ("user", "api")


class JobStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"


OPEN = (JobStatus.QUEUED, JobStatus.RUNNING)

j = user_jobs.c
_OWN = (j.account_id == bindparam("p_account"), j.id == bindparam("p_id"))
_IS_OPEN = j.status.in_([status.value for status in OPEN])
_GET = select(user_jobs).where(*_OWN)
_LOCK = _GET.with_for_update()
_BEGIN = (
    user_jobs.update()
    .where(*_OWN, j.status == JobStatus.QUEUED.value)
    .values(status=JobStatus.RUNNING.value, started_at=bindparam("p_now"))
)
_ADVANCE = (
    user_jobs.update()
    .where(*_OWN, _IS_OPEN, j.done < j.total - bindparam("p_left", type_=Integer))
    .values(
        done=j.total - bindparam("p_left", type_=Integer),
        errors=j.errors + bindparam("p_errors"),
        error=func.coalesce(j.error, bindparam("p_error")),
    )
)
_FINISH = (
    user_jobs.update()
    .where(*_OWN)
    .values(
        status=bindparam("p_status"),
        result=bindparam("p_result"),
        error=bindparam("p_error"),
        finished_at=bindparam("p_now"),
    )
)
_OPEN_OF = select(j.id).where(
    j.account_id == bindparam("account_id"), j.object_id == bindparam("object_id"), _IS_OPEN
)


@dataclass(frozen=True, slots=True)
class UserJob:
    """`object_id` is what it works on; `result` is JSON. Of `total` parts `done` are, `errors` in vain."""

    id: str
    account_id: str
    kind: str
    object_id: str | None
    status: JobStatus
    done: int
    total: int
    errors: int
    result: dict[str, Any] | None
    error: str | None
    created_by_id: str | None
    created_at: int
    started_at: int | None
    finished_at: int | None


@dataclass(frozen=True, slots=True)
class JobFilters:
    """None leaves a filter out."""

    kind: str | None = None
    status: str | None = None
    created_by_id: str | None = None


def get_job(tx: ReadTx, account_id: str, job_id: str, created_by_id: str | None = None) -> UserJob:
    """Of one person alone, if named. Raises NotFoundError."""
    row = tx.first(_GET, {"p_account": account_id, "p_id": job_id})
    if row is None or (created_by_id is not None and row.created_by_id != created_by_id):
        raise NotFoundError("Job not found")
    return _job(row)


def list_jobs(
    tx: ReadTx, account_id: str, filters: JobFilters, *, limit: int, offset: int
) -> tuple[list[UserJob], int]:
    """One page, newest first, and how many there are."""
    conditions: list[ColumnElement[bool]] = [j.account_id == account_id]
    for name in ("kind", "status", "created_by_id"):
        if (value := getattr(filters, name)) is not None:
            conditions.append(j[name] == value)
    total = int(tx.scalar(select(func.count()).select_from(user_jobs).where(*conditions)))
    rows = tx.all(
        select(user_jobs)
        .where(*conditions)
        .order_by(j.created_at.desc(), j.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [_job(row) for row in rows], total


def create_job(
    tx: WriteTx, account_id: str, kind: str, *, total: int, object_id: str | None = None
) -> UserJob:
    """A queued job in the name of `tx.actor`, of `total` parts."""
    job_id = new_id()
    tx.execute(
        user_jobs.insert(),
        {
            "id": job_id,
            "account_id": account_id,
            "kind": kind,
            "object_id": object_id,
            "status": JobStatus.QUEUED.value,
            "done": 0,
            "total": total,
            "errors": 0,
            "created_by_id": tx.actor.id if tx.actor.kind in PEOPLE else None,
            "created_at": tx.now,
        },
    )
    return get_job(tx, account_id, job_id)


def begin_job(tx: WriteTx, account_id: str, job_id: str) -> bool:
    """The work begins or goes on; false when it was stopped. Work whose row is not kept any more goes on."""
    own = {"p_account": account_id, "p_id": job_id}
    if tx.execute(_BEGIN, {**own, "p_now": tx.now}).rowcount == 1:
        return True
    row = tx.first(_GET, own)
    return row is None or row.status == JobStatus.RUNNING.value


def advance_job(tx: WriteTx, account_id: str, job_id: str, left: int, error: str | None = None) -> None:
    """So many parts are left, the last one ended with an `error`; told twice it counts once."""
    tx.execute(
        _ADVANCE,
        {
            "p_account": account_id,
            "p_id": job_id,
            "p_left": left,
            "p_errors": 0 if error is None else 1,
            "p_error": _cut(error),
        },
    )


def finish_job(
    tx: WriteTx,
    account_id: str,
    job_id: str,
    result: Mapping[str, Any] | None = None,
    error: str | None = None,
) -> None:
    """The end, told once: failed with an error, its own or that of a part, else completed."""
    job = _lock(tx, account_id, job_id)
    if job is None or job.status not in OPEN:
        return
    error = _cut(error) or job.error
    status = JobStatus.COMPLETED if error is None else JobStatus.FAILED
    _finish(tx, job, status, result=result, error=error)
    data = asdict(get_job(tx, account_id, job_id))
    tx.emit(Event(account_id, f"job.{status}", job_id, data))


def cancel_job(tx: WriteTx, account_id: str, job_id: str, created_by_id: str | None = None) -> UserJob:
    """Stop before the next part; what is done stays. Again changes nothing.

    Raises NotFoundError, also for another person's job when one is named; DomainError `invalid_state` when it
    has ended.
    """
    get_job(tx, account_id, job_id, created_by_id)
    job = _lock(tx, account_id, job_id)
    if job is None:
        raise NotFoundError("Job not found")
    if job.status is JobStatus.CANCELED:
        return job
    if job.status not in OPEN:
        raise DomainError(f"The job is {job.status}", field="status", code="invalid_state")
    _finish(tx, job, JobStatus.CANCELED, result=None, error=job.error)
    record(tx, account_id, "job.canceled", Target("job", job_id, job.kind))
    return get_job(tx, account_id, job_id)


def fail_jobs_of(tx: WriteTx, account_id: str, object_id: str, error: str) -> None:
    """End the open jobs of an object that is gone."""
    for row in tx.all(_OPEN_OF, {"account_id": account_id, "object_id": object_id}):
        finish_job(tx, account_id, row.id, error=error)


def purge_jobs(tx: WriteTx) -> int:
    """Delete a batch of jobs made 30 days ago; returns how many."""
    # unscoped: scheduled, for the installation
    old = select(j.id).where(j.created_at < tx.now - KEPT_MS).limit(PURGE_BATCH)
    # unscoped: scheduled, for the installation
    return tx.execute(user_jobs.delete().where(j.id.in_(old))).rowcount


def _lock(tx: WriteTx, account_id: str, job_id: str) -> UserJob | None:
    row = tx.first(_LOCK, {"p_account": account_id, "p_id": job_id})
    return None if row is None else _job(row)


def _finish(
    tx: WriteTx, job: UserJob, status: JobStatus, *, result: Mapping[str, Any] | None, error: str | None
) -> None:
    tx.execute(
        _FINISH,
        {
            "p_account": job.account_id,
            "p_id": job.id,
            "p_status": status.value,
            "p_result": None if result is None else msgspec.json.encode(result).decode(),
            "p_error": error,
            "p_now": tx.now,
        },
    )


def _cut(error: str | None) -> str | None:
    return None if error is None else error[:ERROR_CHARS]


def _job(row: AnyRow) -> UserJob:
    return UserJob(
        row.id,
        row.account_id,
        row.kind,
        row.object_id,
        JobStatus(row.status),
        row.done,
        row.total,
        row.errors,
        None if row.result is None else msgspec.json.decode(row.result),
        row.error,
        row.created_by_id,
        row.created_at,
        row.started_at,
        row.finished_at,
    )
