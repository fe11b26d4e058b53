"""The log of API requests, for the settings screen; in the style of contracts/votel.md 11.1."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.csv import FORMAT_QUERY, MAX_ROWS, check_rows, csv_response, wants_csv
from antiphon.contracts.votel.inputs import LIST_QUERY
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.core.clock import to_iso
from antiphon.domain.accounts.request_log_queries import LoggedRequest, RequestFilters, list_requests

ROUTES = Routes("Request log")

CONTRACTS = ("votel", "voicegram", "voicory", "vocatech")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
STATUS_CLASSES = ("2xx", "3xx", "4xx", "5xx")
MAX_PATH_CHARS = 512
COLUMNS = (
    "id",
    "at",
    "contract",
    "method",
    "path",
    "status",
    "duration_ms",
    "ip",
    "key_id",
    "key_name",
)
_TIME = {"type": "string", "format": "date-time"}


class RequestModel(BaseModel):
    id: str
    at: str
    contract: str
    method: str
    path: str
    status: int
    duration_ms: float
    ip: str
    key_id: str | None
    key_name: str | None


class RequestList(BaseModel):
    request_log: list[RequestModel]
    total: int


@ROUTES.add(
    "GET",
    "/request-log",
    permission="settings:read",
    answer=RequestList,
    query={
        "key_id": {"type": "string", "format": "uuid"},
        "contract": {"enum": list(CONTRACTS)},
        "method": {"enum": list(METHODS)},
        "status": {"enum": list(STATUS_CLASSES)},
        "path": {"type": "string", "description": "How it begins"},
        "from": _TIME,
        "to": _TIME,
        **FORMAT_QUERY,
        **LIST_QUERY,
    },
)
async def list_request_log(call: Call) -> Response:
    """Requests of the account's keys and sessions over all contracts, latest first."""
    query = call.query
    status = query.choice("status", STATUS_CLASSES)
    filters = RequestFilters(
        key_id=query.uuid("key_id"),
        contract=query.choice("contract", CONTRACTS),
        method=query.choice("method", METHODS),
        status_class=None if status is None else int(status[0]),
        path=query.text("path", MAX_PATH_CHARS),
        since=query.since(),
        until=query.until(),
    )
    as_csv = wants_csv(call, query)
    query.check()
    limit, offset = (MAX_ROWS, 0) if as_csv else (query.limit, (query.page - 1) * query.limit)
    await call.services.request_log.flush()
    page = await call.services.database.read(
        list_requests, call.account_id, filters, limit=limit, offset=offset
    )
    rows = [_view(item) for item in page.items]
    if as_csv:
        check_rows(page.total)
        return csv_response("request-log", COLUMNS, rows)
    return json_response({"request_log": rows, "total": page.total})


def _view(item: LoggedRequest) -> dict[str, Any]:
    return {
        "id": item.id,
        "at": to_iso(item.at),
        "contract": item.contract,
        "method": item.method,
        "path": item.path,
        "status": item.status,
        "duration_ms": item.duration_us / 1000,
        "ip": item.ip,
        "key_id": item.key_id,
        "key_name": item.key_name,
    }
