"""Long work that was asked for: how far it is, and its end (contracts/votel.md 0.7)."""

from __future__ import annotations

from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.inputs import LIST_QUERY
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas_jobs import Job, JobList
from antiphon.contracts.votel.views_jobs import job_view
from antiphon.domain.accounts.records import Role
from antiphon.domain.accounts.user_jobs import JobFilters, JobStatus, cancel_job, get_job, list_jobs

ROUTES = Routes("Jobs")

STATUSES = tuple(status.value for status in JobStatus)


@ROUTES.add(
    "GET",
    "/jobs",
    answer=JobList,
    query={"kind": {"type": "string"}, "status": {"enum": list(STATUSES)}, **LIST_QUERY},
)
async def list_all_jobs(call: Call) -> Response:
    """One's own jobs of the last 30 days, newest first; an admin sees everybody's."""
    query = call.query
    filters = JobFilters(query.text("kind"), query.choice("status", STATUSES), _only_by(call))
    query.check()
    jobs, total = await call.services.database.read(
        list_jobs, call.account_id, filters, limit=query.limit, offset=(query.page - 1) * query.limit
    )
    return json_response({"jobs": [job_view(job) for job in jobs], "total": total})


@ROUTES.add("GET", "/jobs/{id:uuid}", answer=Job)
async def get_one_job(call: Call) -> Response:
    """One job."""
    job = await call.services.database.read(get_job, call.account_id, call.path_id(), _only_by(call))
    return json_response(job_view(job))


@ROUTES.add("POST", "/jobs/{id:uuid}/cancel", answer=Job)
async def cancel_one_job(call: Call) -> Response:
    """Stop before the next part; what is done stays."""
    job = await call.services.database.write(cancel_job, call.account_id, call.path_id(), _only_by(call))
    return json_response(job_view(job))


def _only_by(call: Call) -> str | None:
    """Whose jobs the caller may see; None is everybody's."""
    return None if call.caller.role >= Role.ADMIN else call.caller.user.id
