"""The logs of calls and messages (contracts/votel.md 6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.csv import FORMAT_QUERY, MAX_ROWS, check_rows, csv_response, wants_csv
from antiphon.contracts.votel.errors import invalid
from antiphon.contracts.votel.inputs import LIST_QUERY
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas_activity import CallChange, CallDetail, CallList
from antiphon.contracts.votel.schemas_conversations import MessageList
from antiphon.contracts.votel.views_activity import call_detail, call_row
from antiphon.contracts.votel.views_conversations import ERROR_WORDS, codes_of, message_view
from antiphon.core.db.transaction import ReadTx
from antiphon.core.errors import NotFoundError
from antiphon.core.phones import digits_of
from antiphon.domain.calls.activity import (
    SORTS,
    CallLogFilters,
    change_call,
    erase_recording,
    list_call_log,
)
from antiphon.domain.calls.queries import get_call
from antiphon.domain.calls.records import Call as Row
from antiphon.domain.calls.records import CallDirection, CallStatus
from antiphon.domain.contacts.queries import get_contact
from antiphon.domain.conversations.inbox import find_conversation_id, find_conversation_ids
from antiphon.domain.conversations.queries import list_messages
from antiphon.domain.conversations.records import (
    WRITTEN,
    Channel,
    Direction,
    MessageFilters,
    MessageStatus,
)

ROUTES = Routes("Activity")

SORT_WORDS = tuple(f"{sign}{name}" for name in SORTS for sign in ("", "-"))
DIRECTIONS = tuple(direction.value for direction in CallDirection)
STATUSES = tuple(status.value for status in CallStatus if status.is_final)
TYPES = ("phone", "web", "web_phone")
SENTIMENTS = ("positive", "neutral", "negative")
CHANNELS = tuple(channel.value for channel in Channel)
MESSAGE_DIRECTIONS = tuple(direction.value for direction in Direction)
MESSAGE_STATUSES = tuple(status.value for status in MessageStatus)
SOURCES = ("inbox", "api", "workflow", "campaign", "agent", "bulk", "reminder", "inbound")
AUTHORS = ("lead", "user", "agent", "workflow", "campaign", "api", "system")
MAX_DURATION = 10**9

_TEXT = {"type": "string"}
_UUID = {"type": "string", "format": "uuid"}
_TIME = {"type": "string", "format": "date-time"}
_FLAG = {"type": "boolean"}
_CALLS_QUERY = {
    "direction": {"enum": list(DIRECTIONS)},
    "status": {"enum": list(STATUSES)},
    "ended_reason": _TEXT,
    "type": {"enum": list(TYPES)},
    "agent_id": _UUID,
    "user_id": _UUID,
    "number_id": _UUID,
    "lead_id": _UUID,
    "campaign_id": _UUID,
    "phone": {"type": "string", "description": "Part of either number, by digits"},
    "min_duration": {"type": "integer", "description": "Seconds"},
    "sentiment": {"enum": list(SENTIMENTS)},
    "success": _FLAG,
    "has_recording": _FLAG,
    "include_tests": {"type": "boolean", "default": False},
    "search": {"type": "string", "description": "Part of the transcript"},
    "from": _TIME,
    "to": _TIME,
    "sort": {"enum": list(SORT_WORDS), "default": "-started_at"},
    **LIST_QUERY,
    **FORMAT_QUERY,
}
_CALL_COLUMNS = (
    "id",
    "started_at",
    "direction",
    "status",
    "ended_reason",
    "from_number",
    "to_number",
    "lead_id",
    "lead_name",
    "answered_at",
    "ended_at",
    "duration_seconds",
    "summary",
    "sentiment.label",
    "success",
    "disposition",
    "tags",
    "notes",
    "cost_micros",
)


@ROUTES.add("GET", "/activity/calls", permission="activity:read", answer=CallList, query=_CALLS_QUERY)
async def list_calls(call: Call) -> Response:
    """Ended calls, newest first; without the words spoken."""
    query = call.query
    as_csv = wants_csv(call, query)
    kind, campaign_id = query.choice("type", TYPES), query.uuid("campaign_id")
    phone = query.text("phone")
    filters = CallLogFilters(
        direction=query.choice("direction", DIRECTIONS),
        status=query.choice("status", STATUSES),
        ended_reason=query.text("ended_reason", 32),
        agent_id=query.uuid("agent_id"),
        user_id=query.uuid("user_id"),
        number_id=query.uuid("number_id"),
        lead_id=query.uuid("lead_id"),
        phone=None if phone is None else digits_of(phone) or phone,
        min_duration=query.integer("min_duration", 0, MAX_DURATION),
        sentiment=query.choice("sentiment", SENTIMENTS),
        success=query.flag("success"),
        has_recording=query.flag("has_recording"),
        include_tests=query.flag("include_tests") or False,
        search=query.text("search"),
        since=query.since(),
        until=query.until(),
        sort=query.choice("sort", SORT_WORDS) or "-started_at",
    )
    query.check()
    if kind not in (None, "phone") or campaign_id is not None:
        # Calls from the web and of campaigns are none yet.
        rows: list[dict[str, Any]] = []
        total = 0
    else:
        limit, offset = (MAX_ROWS, 0) if as_csv else (query.limit, (query.page - 1) * query.limit)
        rows, total = await _call_rows(call, filters, limit, offset)
    if as_csv:
        check_rows(total)
        return csv_response("calls", _CALL_COLUMNS, rows)
    return json_response({"calls": rows, "total": total})


async def _call_rows(
    call: Call, filters: CallLogFilters, limit: int, offset: int
) -> tuple[list[dict[str, Any]], int]:
    services = call.services
    found, threads, total = await services.database.read(_load_calls, call.account_id, filters, limit, offset)
    now, links = services.clock.now(), services.recordings
    return [call_row(row, threads.get(row.contact_id or ""), links, now) for row in found], total


def _load_calls(
    tx: ReadTx, account_id: str, filters: CallLogFilters, limit: int, offset: int
) -> tuple[Sequence[Row], dict[str, str], int]:
    page = list_call_log(tx, account_id, filters, limit, offset)
    contacts = {row.contact_id for row in page.items if row.contact_id is not None}
    return page.items, find_conversation_ids(tx, account_id, contacts), page.total


@ROUTES.add("GET", "/activity/calls/{id:uuid}", permission="activity:read", answer=CallDetail)
async def get_one_call(call: Call) -> Response:
    """One call with its journey and words; the recording's address is fresh."""
    return await _call_detail(call)


@ROUTES.add(
    "PATCH",
    "/activity/calls/{id:uuid}",
    permission="activity:write",
    body=CallChange,
    answer=CallDetail,
)
async def patch_call(call: Call) -> Response:
    """Change whose call it was, disposition, tags, notes and success."""
    await call.services.database.read(get_call, call.account_id, call.path_id())
    changes = (await call.body(CallChange)).model_dump(exclude_unset=True)
    if changes.get("lead_id") is not None:
        try:
            await call.services.database.read(get_contact, call.account_id, changes["lead_id"])
        except NotFoundError:
            raise invalid("lead_id", "no such lead") from None
    await call.services.database.write(change_call, call.account_id, call.path_id(), changes)
    return await _call_detail(call)


@ROUTES.add("DELETE", "/activity/calls/{id:uuid}/recording", permission="activity:manage", status=204)
async def delete_call_recording(call: Call) -> Response:
    """Erase the audio in every contract; the transcript stays."""
    await call.services.database.write(erase_recording, call.account_id, call.path_id())
    return Response(status_code=204)


async def _call_detail(call: Call) -> Response:
    services = call.services
    row, conversation_id = await services.database.read(_load_call, call.account_id, call.path_id())
    return json_response(call_detail(row, conversation_id, services.recordings, services.clock.now()))


def _load_call(tx: ReadTx, account_id: str, call_id: str) -> tuple[Row, str | None]:
    row = get_call(tx, account_id, call_id)
    found = None if row.contact_id is None else find_conversation_id(tx, account_id, row.contact_id)
    return row, found


_MESSAGES_QUERY = {
    "channel": {"enum": list(CHANNELS)},
    "direction": {"enum": list(MESSAGE_DIRECTIONS)},
    "status": {"enum": list(MESSAGE_STATUSES)},
    "source": {"enum": list(SOURCES)},
    "author_kind": {"enum": list(AUTHORS)},
    "lead_id": _UUID,
    "agent_id": _UUID,
    "campaign_id": _UUID,
    "template_id": _UUID,
    "address": {"type": "string", "description": "Part of either address; phones by digits"},
    "error_code": {"enum": list(ERROR_WORDS)},
    "search": {"type": "string", "description": "Part of the body or the lead's name, or a whole number"},
    "from": _TIME,
    "to": _TIME,
    **LIST_QUERY,
    **FORMAT_QUERY,
}
_MESSAGE_COLUMNS = (
    "id",
    "created_at",
    "channel",
    "direction",
    "status",
    "from",
    "to",
    "lead_id",
    "author.kind",
    "author.name",
    "source",
    "subject",
    "body",
    "error.code",
    "segments",
    "cost_micros",
    "sent_at",
    "delivered_at",
    "read_at",
)


@ROUTES.add(
    "GET", "/activity/messages", permission="activity:read", answer=MessageList, query=_MESSAGES_QUERY
)
async def list_message_log(call: Call) -> Response:
    """Messages of every channel, newest first; calls, voicegrams and notes only by `channel`."""
    query = call.query
    as_csv = wants_csv(call, query)
    channel = query.choice("channel", CHANNELS)
    direction = query.choice("direction", MESSAGE_DIRECTIONS)
    status = query.choice("status", MESSAGE_STATUSES)
    address = query.text("address")
    error = query.choice("error_code", ERROR_WORDS)
    agent_id, campaign_id = query.uuid("agent_id"), query.uuid("campaign_id")
    lead_id, template_id = query.uuid("lead_id"), query.uuid("template_id")
    source, author = query.choice("source", SOURCES), query.choice("author_kind", AUTHORS)
    since, until = query.since(), query.until()
    query.check()
    codes, others = codes_of(error)
    filters = MessageFilters(
        channels=WRITTEN if channel is None else (Channel(channel),),
        direction=None if direction is None else Direction(direction),
        status=None if status is None else MessageStatus(status),
        contact_id=lead_id,
        since=since,
        until=until,
        is_log=True,
        source=source,
        author_kind=author,
        template_id=template_id,
        part_of_address=None if address is None else _address_part(address),
        error_codes=codes,
        other_errors=others,
        search=query.text("search"),
    )
    limit, offset = (MAX_ROWS, 0) if as_csv else (query.limit, (query.page - 1) * query.limit)
    views: list[dict[str, Any]] = []
    total = 0
    if agent_id is None and campaign_id is None:
        # Neither agents nor campaigns write messages yet.
        page = await call.services.database.read(list_messages, call.account_id, filters, limit, offset)
        origin, total = call.services.settings.origin, page.total
        views = [message_view(message, origin) for message in page.items]
    if as_csv:
        check_rows(total)
        return csv_response("messages", _MESSAGE_COLUMNS, views)
    return json_response({"messages": views, "total": total})


def _address_part(text: str) -> str:
    """Digits of what looks like a phone number, else the text in lower case."""
    if "@" in text or any(char.isalpha() for char in text):
        return text.lower()
    return digits_of(text) or text
