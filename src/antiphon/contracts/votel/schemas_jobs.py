"""Models of jobs (contracts/votel.md 0.7)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel


class JobProgress(BaseModel):
    done: int
    total: int
    errors: int


class Job(BaseModel):
    id: str
    kind: str
    status: Literal["queued", "running", "completed", "failed", "canceled"]
    progress: JobProgress
    result: dict[str, Any] | None
    error: str | None
    created_by_id: str | None
    started_at: str | None
    finished_at: str | None


class JobList(BaseModel):
    jobs: list[Job]
    total: int
