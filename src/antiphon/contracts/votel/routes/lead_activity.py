"""Notes and the timeline of a lead (contracts/votel.md 3.2, 3.3)."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.errors import invalid
from antiphon.contracts.votel.inputs import LIST_QUERY
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas_leads import (
    ActivityCreate,
    ActivityItem,
    ActivityList,
    Note,
    NoteChange,
    NoteCreate,
    NoteList,
)
from antiphon.contracts.votel.views_leads import activity_view, line_view, note_view
from antiphon.core.clock import DAY, from_datetime
from antiphon.core.db.transaction import ReadTx
from antiphon.domain.contacts.activities import Activity, ActivityType, Entry
from antiphon.domain.contacts.notes import (
    create_note,
    delete_note,
    get_note,
    list_notes,
    log_activity,
    summary_of,
    update_note,
)
from antiphon.domain.leads import get_lead
from antiphon.domain.timeline import Timeline, list_timeline

ROUTES = Routes("Lead activity")

DEFAULT_LINES, MAX_LINES = 20, 50
TYPES = tuple(kind.value for kind in ActivityType)
_TIMELINE_QUERY = {
    "activity_type": {"enum": list(TYPES)},
    "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LINES, "default": DEFAULT_LINES},
    "page": {"type": "integer", "minimum": 1, "default": 1},
}


@ROUTES.add("GET", "/leads/{id:uuid}/notes", permission="contacts:read", answer=NoteList, query=LIST_QUERY)
async def list_lead_notes(call: Call) -> Response:
    """Pinned notes first, then the newest."""
    query = call.query
    await call.services.database.read(get_lead, call.account_id, call.path_id())
    page = await call.services.database.read(
        list_notes, call.account_id, call.path_id(), limit=query.limit, offset=(query.page - 1) * query.limit
    )
    return json_response({"notes": [note_view(note) for note in page.items], "total": page.total})


@ROUTES.add(
    "POST",
    "/leads/{id:uuid}/notes",
    permission="contacts:write",
    status=201,
    body=NoteCreate,
    answer=Note,
)
async def add_lead_note(call: Call) -> Response:
    """Write a note."""
    await call.services.database.read(get_lead, call.account_id, call.path_id())
    body = await call.body(NoteCreate)
    note = await call.services.database.write(
        create_note, call.account_id, call.path_id(), body.content, is_pinned=body.pinned
    )
    return json_response(note_view(note), 201)


@ROUTES.add("PATCH", "/notes/{id:uuid}", permission="contacts:write", body=NoteChange, answer=Note)
async def change_note(call: Call) -> Response:
    """Change a note; its author may, and an admin."""
    await _own_note(call)
    body = await call.body(NoteChange)
    words = {"content": "content", "pinned": "is_pinned"}
    changes = {words[name]: getattr(body, name) for name in body.model_fields_set}
    note = await call.services.database.write(update_note, call.account_id, call.path_id(), changes)
    return json_response(note_view(note))


@ROUTES.add("DELETE", "/notes/{id:uuid}", permission="contacts:write", status=204)
async def remove_note(call: Call) -> Response:
    """Delete a note; its author may, and an admin."""
    await _own_note(call)
    await call.services.database.write(delete_note, call.account_id, call.path_id())
    return Response(status_code=204)


@ROUTES.add(
    "GET",
    "/activities/lead/{id:uuid}",
    permission="contacts:read",
    answer=ActivityList,
    query=_TIMELINE_QUERY,
)
async def list_lead_activities(call: Call) -> Response:
    """The timeline of a lead, newest first: calls, messages, voicegrams, notes and changes."""
    query = call.query
    chosen = query.choice("activity_type", TYPES)
    query.check()
    limit = query.clamped("limit", DEFAULT_LINES, MAX_LINES)

    def read(tx: ReadTx) -> Timeline:
        lead = get_lead(tx, call.account_id, call.path_id())
        return list_timeline(
            tx,
            call.account_id,
            lead.contact,
            None if chosen is None else ActivityType(chosen),
            limit=limit,
            offset=(query.page - 1) * limit,
        )

    page = await call.services.database.read(read)
    return json_response({"activities": [line_view(line) for line in page.items], "total": page.total})


@ROUTES.add(
    "POST",
    "/activities/lead/{id:uuid}",
    permission="contacts:write",
    status=201,
    body=ActivityCreate,
    answer=ActivityItem,
)
async def log_lead_activity(call: Call) -> Response:
    """Log by hand what happened outside."""
    await call.services.database.read(get_lead, call.account_id, call.path_id())
    body = await call.body(ActivityCreate)
    if not (body.summary or body.content):
        raise invalid("summary", "a summary or a content is needed", "required")
    kind = ActivityType(body.activity_type)
    entry = Entry(
        call.path_id(),
        kind,
        "note" if kind is ActivityType.NOTE else "manual",
        body.summary or summary_of(body.content),
        body.content or (body.summary if kind is ActivityType.NOTE else ""),
        at=_occurred_at(call, body.occurred_at),
    )
    made = await call.services.database.write(log_activity, call.account_id, entry)
    return json_response(activity_view(made), 201)


def _occurred_at(call: Call, text: str | None) -> int | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        at = from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise invalid("occurred_at", "not an ISO 8601 time") from None
    if at > call.services.clock.now() + DAY:
        raise invalid("occurred_at", "lies ahead")
    return at


async def _own_note(call: Call) -> Activity:
    note = await call.services.database.read(get_note, call.account_id, call.path_id())
    if note.actor_id != call.caller.user.id:
        call.require("contacts:manage")
    return note
