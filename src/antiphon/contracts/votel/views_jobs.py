"""Jobs in this contract's shape (contracts/votel.md 0.7)."""

from __future__ import annotations

from typing import Any

from antiphon.core.clock import to_iso_or_none
from antiphon.domain.accounts.user_jobs import UserJob


def job_view(job: UserJob) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "status": job.status.value,
        "progress": {"done": job.done, "total": job.total, "errors": job.errors},
        "result": job.result,
        "error": job.error,
        "created_by_id": job.created_by_id,
        "started_at": to_iso_or_none(job.started_at),
        "finished_at": to_iso_or_none(job.finished_at),
    }
