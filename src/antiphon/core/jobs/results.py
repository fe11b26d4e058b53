"""Results of jobs on their way into a store."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pgqueuer.domain import models, types

Result = tuple[models.Job, types.JOB_STATUS, models.TracebackRecord | None]

LONGEST_TEXT = 8_000


def clean_text(text: str) -> str:
    """What both stores accept as text: no NUL, no lone surrogates, the last 8,000 characters."""
    return text[-LONGEST_TEXT:].replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def clean_record(record: models.TracebackRecord | None) -> models.TracebackRecord | None:
    """An error record that can be stored whatever the failing job put into its message."""
    if record is None:
        return None
    context = record.additional_context or {}
    return record.model_copy(
        update={
            "exception_message": clean_text(record.exception_message),
            "traceback": clean_text(record.traceback),
            "additional_context": {key: clean_text(str(value)) for key, value in context.items()},
        }
    )


def split_results(
    results: Sequence[Result], abandoned: Collection[types.JobId]
) -> tuple[list[Result], list[types.JobId]]:
    """Results to record, and jobs to give back because our own stop interrupted them."""
    ended: list[Result] = []
    unfinished: list[types.JobId] = []
    for job, status, record in results:
        if status == "canceled" and job.id in abandoned:
            unfinished.append(job.id)
        else:
            ended.append((job, status, clean_record(record)))
    return ended, unfinished
