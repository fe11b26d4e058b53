"""Calls: ended ones with an outside party (contracts/voicory.md 8.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Any, Literal, NamedTuple

import msgspec
from pydantic import Field
from starlette.responses import Response

from antiphon.contracts.rows import GAP, JsonRows, RowCache
from antiphon.contracts.voicory.filters import RANGE, UUID_SCHEMA
from antiphon.contracts.voicory.routing import Call as Request
from antiphon.contracts.voicory.routing import Routes
from antiphon.contracts.voicory.schemas import Answer, DateTime, Listed, One, Phone, Uri, Uuid
from antiphon.contracts.voicory.words import CALL_STATUSES, dollars
from antiphon.core.clock import to_iso
from antiphon.core.errors import NotFoundError
from antiphon.core.phones import normalise_phone
from antiphon.domain.accounts.company import get_company
from antiphon.domain.calls import turns
from antiphon.domain.calls.links import LINK_VALIDITY_MS
from antiphon.domain.calls.queries import FEED, get_call, list_feed, list_latest
from antiphon.domain.calls.records import CallFilters, CallRows

ROUTES = Routes("Calls")

_STATUSES = {shown: status for status, shown in CALL_STATUSES.items()}
_DIRECTIONS = ("inbound", "outbound")


class Turn(Answer):
    speaker: Literal["AI", "Caller", "Agent"]
    text: str


class Call(Answer):
    id: Uuid
    call_sid: str | None = Field(description="The carrier's id")
    direction: Literal["inbound", "outbound"]
    status: Literal["completed", "failed", "busy", "no-answer"]
    from_number: Phone | None
    to_number: Phone | None
    duration_seconds: int = Field(ge=0)
    cost: float = Field(ge=0, description="US dollars")
    summary: str | None
    transcript: list[Turn]
    recording_url: Uri | None = Field(description="Valid for 1 hour; no key needed")
    provider: str | None
    started_at: DateTime
    ended_at: DateTime
    assistant_id: Uuid | None


class CallDetail(Call):
    stt_minutes: float = Field(ge=0)
    tts_characters: int = Field(ge=0)
    metadata: dict[str, Any]


class _Turn(msgspec.Struct, gc=False):
    """A turn as this contract shows it; what else is stored of it is skipped in decoding."""

    speaker: str
    text: str


_LINK = msgspec.Raw(GAP)
_encode = msgspec.json.Encoder().encode
_of_list = attrgetter(*(column.name for column in FEED))
_decode_turns = msgspec.json.Decoder(list[_Turn]).decode


@ROUTES.list(
    "/calls",
    answer=Listed[Call],
    filters={
        "status": {"type": "string"},
        "direction": {"type": "string"},
        "assistant_id": UUID_SCHEMA,
        "phone_number": {"type": "string", "description": "The outside party's whole number."},
        **RANGE,
    },
)
async def list_calls(request: Request) -> Response:
    """List calls, newest first."""
    filters, services = request.filters, request.services
    if filters.is_bare and filters.page == 1:
        fetch = services.database.fetch
        page = await fetch(_latest, account_id=request.account_id, limit=filters.limit)
    else:
        wanted = await _wanted(request)
        if wanted is None:
            return request.listed([], 0)
        read = services.database.read
        page = _page(await read(list_feed, request.account_id, wanted, filters.limit, filters.offset))
    links = services.recordings.urls(page.rows.gaps, services.clock.now() + LINK_VALIDITY_MS)
    return request.listed(msgspec.Raw(page.rows.filled([*map(_encode, links)])), page.total)


async def _wanted(request: Request) -> CallFilters | None:
    """None when no call can match. Raises ApiError `INVALID_FILTER`."""
    filters = request.filters
    status = filters.choice("status", _STATUSES)
    direction = filters.choice("direction", _DIRECTIONS)
    wanted = CallFilters(
        status=None if status is None else _STATUSES.get(status),
        direction=direction,
        assistant_id=filters.uuid("assistant_id"),
        since=filters.since(),
        until=filters.until(),
    )
    phone = filters.phone()
    if phone is not None and not filters.is_empty:
        company = await request.services.database.read(get_company, request.account_id)
        number = normalise_phone(phone, company.country)
        filters.is_empty = number is None
        wanted = replace(wanted, remote_number=number)
    return None if filters.is_empty else wanted


@ROUTES.one("/calls/{id}", answer=One[CallDetail])
async def get_call_detail(request: Request) -> Response:
    """Get a call with its usage figures and metadata."""
    services = request.services
    call = await services.database.read(get_call, request.account_id, request.path_id())
    if not call.counts:
        raise NotFoundError("Call not found")
    view = _view(_of_list(call))
    if view["recording_url"] is not None:
        view["recording_url"] = services.recordings.url(call.id, services.clock.now() + LINK_VALIDITY_MS)
    view["stt_minutes"] = round(call.stt_seconds / 60, 2)
    view["tts_characters"] = call.tts_characters
    view["metadata"] = msgspec.Raw(call.metadata.encode())
    return request.one(view)


def _render(row: Sequence[Any]) -> bytes:
    return _encode(_view(row))


class _Page(NamedTuple):
    """A page of a list with the links to recordings left open."""

    rows: JsonRows
    total: int


def _page(found: CallRows) -> _Page:
    return _Page(_ROWS.array(found.rows), found.total)


_ROWS = RowCache(_render)
_latest = list_latest.then(_page)


def _view(row: Sequence[Any]) -> dict[str, Any]:
    """Of the columns of a list; the link to a recording is left open."""
    (
        call_id,
        call_sid,
        direction,
        status,
        from_number,
        to_number,
        duration_seconds,
        cost_micros,
        summary,
        transcript,
        recording_key,
        carrier,
        started_at,
        ended_at,
        assistant_id,
    ) = row
    return {
        "id": call_id,
        "call_sid": call_sid,
        "direction": direction,
        "status": CALL_STATUSES[status],
        "from_number": _e164(from_number),
        "to_number": _e164(to_number),
        "duration_seconds": duration_seconds,
        "cost": dollars(cost_micros),
        "summary": summary,
        "transcript": _transcript(transcript) if transcript else (),
        "recording_url": _LINK if recording_key else None,
        "provider": carrier,
        "started_at": to_iso(started_at),
        "ended_at": to_iso(ended_at),
        "assistant_id": assistant_id,
    }


def _e164(number: str | None) -> str | None:
    return number if number and number[0] == "+" else None


def _transcript(text: str) -> list[_Turn]:
    shown = _decode_turns(text)
    for turn in shown:
        turn.speaker = turns.SPEAKERS[turn.speaker]
    return shown
