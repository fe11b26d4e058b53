"""Call history with journeys (contracts/vocatech.md 5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field
from starlette.responses import Response

from antiphon.contracts.vocatech.query import DAYS, PAGING, search_schema
from antiphon.contracts.vocatech.routing import REPORT, Routes
from antiphon.contracts.vocatech.routing import Call as Request
from antiphon.contracts.vocatech.schemas import (
    Answer,
    Day,
    PageMeta,
    PageQuery,
    Phone,
    Sentiment,
    Stamp,
    Uuid,
)
from antiphon.contracts.vocatech.times import Stamps
from antiphon.contracts.vocatech.words import DIRECTIONS, call_status, shown_number
from antiphon.core.db.transaction import AnyRow, ReadTx
from antiphon.core.errors import NotFoundError
from antiphon.domain.accounts.members import get_member_by_number
from antiphon.domain.calls.queries import list_call_page_with_segments
from antiphon.domain.calls.records import CallFilters, CallRows
from antiphon.domain.contacts.names import full_name

ROUTES = Routes("Calls")

Direction = Literal["incoming", "outgoing", "internal"]
SegmentName = Literal[
    "auto_attendant", "hunt_group", "call_center", "extension", "ai_agent", "voicemail", "external"
]

_DIRECTIONS = {"incoming": "inbound", "outgoing": "outbound", "any": None}
_ANSWERED = {"answered": True, "missed": False, "any": None}


class Segment(Answer):
    order: int = Field(ge=1)
    type: SegmentName
    extension: str | None
    extension_name: str | None
    start_time: Stamp
    end_time: Stamp
    duration: int = Field(ge=0, description="Seconds")
    summary: str | None
    transcription: str | None = Field(description="One turn per line: `<speaker>: <words>`")
    sentiment: Sentiment | None


class Call(Answer):
    call_id: Uuid
    direction: Direction
    status: Literal["answered", "missed"]
    extension: str | None
    extension_name: str | None
    remote_name: str | None
    remote_number: Phone | None
    group_number: Phone | None
    start_time: Stamp
    end_time: Stamp
    duration: int = Field(ge=0, description="Seconds from start to end")
    sentiment: Sentiment | None
    journey: list[Segment]


class CallQuery(PageQuery):
    start_date: Day
    end_date: Day
    direction: Literal["incoming", "outgoing", "any"]
    status: Literal["answered", "missed", "any"]
    search: str | None
    user_id: int | None
    extension: str | None
    timezone: str


class CallMeta(PageMeta):
    total_calls: int = Field(ge=0)


class CallList(Answer):
    query: CallQuery
    calls: list[Call]
    meta: CallMeta


@ROUTES.add(
    "GET",
    "/calls",
    needs=REPORT,
    answer=CallList,
    errors=(400,),
    query={
        **DAYS,
        "direction": {"type": "string", "enum": list(_DIRECTIONS), "default": "any"},
        "status": {"type": "string", "enum": list(_ANSWERED), "default": "any"},
        **search_schema("A call's id or an extension, exact; or part of a name or of what was said."),
        "user_id": {"type": "integer", "description": "The id of a user in any segment."},
        "extension": {"type": "string", "description": "The extension of any segment."},
        **PAGING,
    },
)
async def list_calls(request: Request) -> Response:
    """List ended calls with their journeys, newest first."""
    query = request.query
    days = query.days()
    direction = query.choice("direction", list(_DIRECTIONS), "any")
    answered = query.choice("status", list(_ANSWERED), "any")
    search = query.text("search")
    user_number = query.integer("user_id")
    extension = query.text("extension")
    query.timezone()
    query.check()
    filters = CallFilters(
        direction=_DIRECTIONS[direction],
        is_answered=_ANSWERED[answered],
        search=search,
        extension=extension,
        since=days.since,
        until=days.until,
        with_internal=True,
    )
    page, segments = await request.services.database.read(
        _read, request.account_id, filters, user_number, query.limit, query.offset
    )
    return request.listed("calls", _views(page.rows, segments, query.zone), page.total)


def _read(
    tx: ReadTx, account_id: str, filters: CallFilters, user_number: int | None, limit: int, offset: int
) -> tuple[CallRows, dict[str, list[AnyRow]]]:
    if user_number is not None:
        try:
            user_id = get_member_by_number(tx, account_id, user_number).user_id
        except NotFoundError:
            return CallRows([], 0), {}
        filters = replace(filters, user_id=user_id)
    return list_call_page_with_segments(tx, account_id, filters, limit, offset)


def _views(rows: Sequence[Any], segments: dict[str, list[AnyRow]], zone: ZoneInfo) -> list[dict[str, Any]]:
    stamps = Stamps(zone)
    return [_view(row, segments[row[0]], stamps) for row in rows]


def _view(row: Any, segments: list[AnyRow], stamp: Stamps) -> dict[str, Any]:
    (
        call_id,
        direction,
        status,
        extension,
        extension_name,
        remote_number,
        first_name,
        last_name,
        company,
        group_number,
        started_at,
        ended_at,
        label,
        score,
    ) = row
    return {
        "call_id": call_id,
        "direction": DIRECTIONS[direction],
        "status": call_status(status),
        "extension": extension,
        "extension_name": extension_name,
        "remote_name": full_name(first_name, last_name, company),
        "remote_number": shown_number(remote_number),
        "group_number": shown_number(group_number),
        "start_time": stamp(started_at),
        "end_time": stamp(ended_at),
        "duration": ended_at // 1000 - started_at // 1000,
        "sentiment": None if label is None else {"label": label, "score": score},
        "journey": [_segment(order, one, stamp) for order, one in enumerate(segments, 1)],
    }


def _segment(order: int, row: AnyRow, stamp: Stamps) -> dict[str, Any]:
    (
        _,
        kind,
        _,
        extension,
        extension_name,
        started_at,
        ended_at,
        summary,
        transcription,
        label,
        score,
    ) = row
    return {
        "order": order,
        "type": kind,
        "extension": extension,
        "extension_name": extension_name,
        "start_time": stamp(started_at),
        "end_time": stamp(ended_at),
        "duration": ended_at // 1000 - started_at // 1000,
        "summary": summary,
        "transcription": transcription,
        "sentiment": None if label is None else {"label": label, "score": score},
    }
