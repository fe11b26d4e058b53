"""Live updates as server-sent events (contracts/votel.md 1.4)."""

from __future__ import annotations

import re

from starlette.responses import Response

from antiphon.contracts.votel.errors import too_many
from antiphon.contracts.votel.events import EVENT_TYPES
from antiphon.contracts.votel.inputs import Query
from antiphon.contracts.votel.live import LiveStreams, StreamFilter, open_stream
from antiphon.contracts.votel.permissions import allows
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.core.errors import NotFoundError
from antiphon.domain.accounts.access import Access
from antiphon.domain.accounts.records import Role
from antiphon.domain.conversations.inbox import get_conversation

ROUTES = Routes("Live updates")

PLACE_SECONDS = 5
"""When to ask again for a place: a stream that has just been closed may still hold one."""
MAX_TYPES_CHARS = 2000
_SEQUENCE = re.compile(r"[0-9]{1,18}")
_UNKNOWN = -1


@ROUTES.add(
    "GET",
    "/conversations/stream",
    permission="conversations:read",
    is_stream=True,
    query={
        "conversation_id": {"type": "string", "format": "uuid"},
        "types": {"type": "string", "description": "Names or patterns (`message.*`), separated by commas"},
        "last_event_id": {"type": "string", "description": "Where the header Last-Event-ID cannot be sent"},
        "sub_account_id": {"type": "string", "format": "uuid"},
    },
)
async def stream_events(call: Call) -> Response:
    """The account's events as they happen, as text/event-stream."""
    query, caller = call.query, call.caller
    conversation_id, types = query.uuid("conversation_id"), _types(query)
    query.check()
    chosen = StreamFilter(
        may=lambda permission: allows(caller.role, caller.scopes, permission),
        only_by=None if caller.role >= Role.ADMIN else caller.user.id,
        types=types,
        conversation_id=conversation_id,
        lead_id=await _lead_of(call, conversation_id),
    )
    live: LiveStreams = call.request.app.state.live
    session_hash = None if caller.session is None else caller.session.token_hash
    access = Access(caller.account.id, caller.user.id, caller.role, session_hash, caller.key_id)
    stream = await open_stream(live, access, chosen, _position(call))
    if stream is None:
        raise too_many(PLACE_SECONDS)
    return stream


async def _lead_of(call: Call, conversation_id: str | None) -> str | None:
    if conversation_id is None:
        return None
    try:
        found = await call.services.database.read(get_conversation, call.account_id, conversation_id)
    except NotFoundError:
        return None
    return found.contact_id


def _types(query: Query) -> tuple[str, ...]:
    given = query.text("types", MAX_TYPES_CHARS) or ""
    names = tuple(name.strip() for name in given.split(",") if name.strip())
    for name in names:
        if name not in EVENT_TYPES and not name.endswith("*"):
            query.refuse("types", f"{name} is no event type")
    return names


def _position(call: Call) -> int | None:
    """The number to go on behind; what is no number was never given."""
    given = call.request.headers.get("Last-Event-ID") or call.request.query_params.get("last_event_id")
    if not given:
        return None
    return int(given) if _SEQUENCE.fullmatch(given) else _UNKNOWN
