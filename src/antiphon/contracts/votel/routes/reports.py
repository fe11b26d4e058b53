"""Reports: figures over time with totals, groups and comparison (contracts/votel.md 6)."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo, available_timezones

from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.csv import FORMAT_QUERY, csv_response, wants_csv
from antiphon.contracts.votel.errors import invalid
from antiphon.contracts.votel.inputs import Query
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas_activity import (
    OverviewFigures,
    OverviewReport,
    PhoneFigures,
    PhoneReport,
)
from antiphon.contracts.votel.views_activity import overview_view, report_view
from antiphon.core.clock import DAY
from antiphon.domain.calls.report import GROUPS, INTERVALS, ReportQuery, phone_report
from antiphon.domain.overview import overview_report

ROUTES = Routes("Reports")

DEFAULT_SPAN_MS = 30 * DAY
MAX_SPAN_MS = 400 * DAY
MAX_HOURLY_MS = 14 * DAY

_TIME = {"type": "string", "format": "date-time"}
_UUID = {"type": "string", "format": "uuid"}
_QUERY = {
    "from": {**_TIME, "description": "30 days before `to` by default"},
    "to": {**_TIME, "description": "Now by default; at most 400 days after `from`"},
    "timezone": {"type": "string", "description": "The account's by default"},
    "interval": {"enum": list(INTERVALS), "default": "day", "description": "hour: at most 14 days"},
    "group_by": {"enum": list(GROUPS)},
    "compare": {"enum": ["previous"]},
    "number_id": _UUID,
    "agent_id": _UUID,
    **FORMAT_QUERY,
}
_FIGURES = tuple(PhoneFigures.model_fields)
_OVERVIEW_QUERY = {
    name: schema for name, schema in _QUERY.items() if name not in ("group_by", "number_id", "agent_id")
}
_OVERVIEW_FIGURES = tuple(OverviewFigures.model_fields)


@ROUTES.add("GET", "/reports/phone", permission="activity:read", answer=PhoneReport, query=_QUERY)
async def get_phone_report(call: Call) -> Response:
    """Calls over time; as CSV the groups if there are any, else the buckets."""
    as_csv = wants_csv(call, call.query)
    query = _read(call)
    report = await call.services.database.read(phone_report, call.account_id, query)
    view = report_view(report, query)
    if not as_csv:
        return json_response(view)
    if query.group_by is not None:
        return csv_response("phone", ("key", "label", *_FIGURES), view["breakdown"])
    return csv_response("phone", ("start", *_FIGURES), view["series"])


@ROUTES.add(
    "GET", "/reports/overview", permission="activity:read", answer=OverviewReport, query=_OVERVIEW_QUERY
)
async def get_overview(call: Call) -> Response:
    """The main figures of calls, voicegrams and messages over time; as CSV the buckets."""
    as_csv = wants_csv(call, call.query)
    query = replace(_read(call), group_by=None, number_id=None, agent_id=None)
    report = await call.services.database.read(overview_report, call.account_id, query)
    view = overview_view(report, query)
    if as_csv:
        return csv_response("overview", ("start", *_OVERVIEW_FIGURES), view["series"])
    return json_response(view)


def _read(call: Call) -> ReportQuery:
    """Raises ApiError 400."""
    timezone = call.request.query_params.get("timezone") or call.caller.account.timezone
    if timezone not in available_timezones():
        raise invalid("timezone", "no such time zone")
    query = Query(call.request, timezone)
    now = call.services.clock.now()
    since, until = query.since(), query.until()
    interval = query.choice("interval", INTERVALS) or "day"
    group_by = query.choice("group_by", GROUPS)
    compare = query.choice("compare", ("previous",)) is not None
    number_id, agent_id = query.uuid("number_id"), query.uuid("agent_id")
    query.check()
    until = now if until is None else until
    since = until - DEFAULT_SPAN_MS if since is None else since
    if since > until:
        raise invalid("from", "is after to")
    if until - since > MAX_SPAN_MS:
        raise invalid("from", "at most 400 days")
    if interval == "hour" and until - since > MAX_HOURLY_MS:
        raise invalid("interval", "hour: at most 14 days")
    return ReportQuery(since, until, ZoneInfo(timezone), interval, group_by, compare, number_id, agent_id)
