"""The inbox: conversations over all channels and their threads (contracts/votel.md 1.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.errors import invalid
from antiphon.contracts.votel.inputs import FILTER_QUERY, LIST_QUERY
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas_conversations import (
    BulkChange,
    BulkResult,
    Conversation,
    ConversationChange,
    ConversationCreate,
    ConversationList,
    ReadMark,
    Thread,
)
from antiphon.contracts.votel.views_conversations import conversation_view, message_view
from antiphon.core.db.transaction import ReadTx
from antiphon.core.errors import NotFoundError
from antiphon.domain.conversations.inbox import (
    NOBODY,
    get_conversation,
    list_conversations,
    list_starred,
    list_thread,
)
from antiphon.domain.conversations.records import Channel, ConversationFilters, ConversationStatus
from antiphon.domain.conversations.records import Conversation as Row
from antiphon.domain.conversations.state import (
    change_conversation,
    change_conversations,
    delete_conversation,
    mark_read,
    open_conversation,
)
from antiphon.domain.list_filters import conversation_condition

ROUTES = Routes("Conversations")

SORTS = ("newest", "oldest", "manual", "all")
CHANNELS = tuple(channel.value for channel in Channel)
STATUSES = tuple(status.value for status in ConversationStatus)
AI_MODES = ("on", "paused", "off")
ME = "me"
MAX_TAG_CHARS = 100

_FLAG = {"type": "boolean"}
_UUID = {"type": "string", "format": "uuid"}
_LIST_QUERY = {
    "search": {"type": "string", "description": "Part of the lead's name, company, email or phone"},
    "status": {"enum": list(STATUSES)},
    "unread": _FLAG,
    "flagged": _FLAG,
    "starred": _FLAG,
    "channel": {"enum": list(CHANNELS)},
    "assigned_to_id": {"type": "string", "description": "A user's id, `me` or `none`"},
    "ai": {"enum": list(AI_MODES)},
    "tag": {"type": "string"},
    "pipeline_id": _UUID,
    "pipeline_stage_id": _UUID,
    **FILTER_QUERY,
    "sort": {"enum": list(SORTS), "default": SORTS[0]},
    **LIST_QUERY,
}


@ROUTES.add(
    "GET", "/conversations", permission="conversations:read", answer=ConversationList, query=_LIST_QUERY
)
async def list_all_conversations(call: Call) -> Response:
    """Conversations of the account; closed ones only by `status` or `sort=all`."""
    query = call.query
    own_id = call.caller.user.id
    assigned = call.request.query_params.get("assigned_to_id")
    if assigned == ME:
        assigned = own_id
    elif assigned != NOBODY:
        assigned = query.uuid("assigned_to_id")
    ai = query.choice("ai", AI_MODES)
    filters = ConversationFilters(
        search=query.text("search"),
        status=query.choice("status", STATUSES),
        unread=query.flag("unread"),
        flagged=query.flag("flagged"),
        starred=query.flag("starred"),
        starred_by=own_id,
        channel=query.choice("channel", CHANNELS),
        assigned_to_id=assigned,
        tag=query.text("tag", MAX_TAG_CHARS),
        pipeline_id=query.uuid("pipeline_id"),
        pipeline_stage_id=query.uuid("pipeline_stage_id"),
        sort=query.choice("sort", SORTS) or SORTS[0],
    )
    condition = query.filter()
    query.check()
    if ai not in (None, "off"):
        # No agent answers in a conversation yet.
        return json_response({"conversations": [], "total": 0})
    rows, stars, total = await call.services.database.read(
        _page, call.account_id, filters, condition, query.limit, query.page
    )
    views = [conversation_view(row, starred=row.id in stars) for row in rows]
    return json_response({"conversations": views, "total": total})


def _page(
    tx: ReadTx,
    account_id: str,
    filters: ConversationFilters,
    condition: dict[str, Any] | None,
    limit: int,
    page: int,
) -> tuple[Sequence[Row], set[str], int]:
    if condition is not None:
        compiled = conversation_condition(tx, account_id, filters.starred_by, condition)
        filters = replace(filters, condition=compiled)
    found = list_conversations(tx, account_id, filters, limit, (page - 1) * limit)
    stars = list_starred(tx, account_id, filters.starred_by, [row.id for row in found.items])
    return found.items, stars, found.total


@ROUTES.add(
    "POST",
    "/conversations",
    permission="conversations:write",
    status=201,
    body=ConversationCreate,
    answer=Conversation,
)
async def create_conversation(call: Call) -> Response:
    """The lead's conversation: 201 for a new one, 200 with the one that exists."""
    body = await call.body(ConversationCreate)
    try:
        row, created = await call.services.database.write(open_conversation, call.account_id, body.lead_id)
    except NotFoundError:
        raise invalid("lead_id", "no such lead") from None
    return await _answer(call, row, 201 if created else 200)


@ROUTES.add("GET", "/conversations/{id:uuid}", permission="conversations:read", answer=Conversation)
async def get_one_conversation(call: Call) -> Response:
    """One conversation."""
    row = await call.services.database.read(get_conversation, call.account_id, call.path_id())
    return await _answer(call, row)


@ROUTES.add(
    "PATCH",
    "/conversations/{id:uuid}",
    permission="conversations:write",
    body=ConversationChange,
    answer=Conversation,
)
async def patch_conversation(call: Call) -> Response:
    """Change status, assignee and marks; a snooze lies ahead and ends by itself."""
    await call.services.database.read(get_conversation, call.account_id, call.path_id())
    body = await call.body(ConversationChange)
    row = await call.services.database.write(
        change_conversation,
        call.account_id,
        call.path_id(),
        call.caller.user.id,
        body.model_dump(exclude_unset=True),
    )
    return await _answer(call, row)


@ROUTES.add("DELETE", "/conversations/{id:uuid}", permission="conversations:manage", status=204)
async def remove_conversation(call: Call) -> Response:
    """Hide the thread in every contract; a new inbound message starts an empty one."""
    await call.services.database.write(delete_conversation, call.account_id, call.path_id())
    return Response(status_code=204)


@ROUTES.add(
    "POST",
    "/conversations/{id:uuid}/read",
    permission="conversations:write",
    body=ReadMark,
    answer=Conversation,
)
async def read_conversation(call: Call) -> Response:
    """Mark the inbound messages read, all or up to one."""
    await call.services.database.read(get_conversation, call.account_id, call.path_id())
    body = await call.body(ReadMark)
    row = await call.services.database.write(
        mark_read, call.account_id, call.path_id(), body.up_to_message_id
    )
    return await _answer(call, row)


@ROUTES.add(
    "POST", "/conversations/bulk", permission="conversations:write", body=BulkChange, answer=BulkResult
)
async def change_many_conversations(call: Call) -> Response:
    """One action on up to 200 conversations; absent ones and those that are so already are skipped."""
    body = await call.body(BulkChange)
    updated, skipped = await call.services.database.write(
        change_conversations,
        call.account_id,
        body.ids,
        body.action,
        call.caller.user.id,
        body.assigned_to_id,
    )
    return json_response({"updated": updated, "skipped": skipped})


_THREAD_QUERY = {
    "before": {**_UUID, "description": "Only what stands before this message"},
    "after": {**_UUID, "description": "Only what follows this message"},
    "channel": {"enum": list(CHANNELS)},
    "limit": LIST_QUERY["limit"],
}


@ROUTES.add(
    "GET",
    "/conversations/{id:uuid}/messages",
    permission="conversations:read",
    answer=Thread,
    query=_THREAD_QUERY,
)
async def list_conversation_messages(call: Call) -> Response:
    """The thread, newest first: messages, notes, calls and voicegrams."""
    query = call.query
    before, after = query.uuid("before"), query.uuid("after")
    channel = query.choice("channel", CHANNELS)
    query.check()
    if before is not None and after is not None:
        raise invalid("after", "not together with before")
    account_id, conversation_id = call.account_id, call.path_id()
    await call.services.database.read(get_conversation, account_id, conversation_id)
    try:
        page = await call.services.database.read(
            list_thread,
            account_id,
            conversation_id,
            limit=query.limit,
            before=before,
            after=after,
            channel=channel,
        )
    except NotFoundError:
        raise invalid("before" if before else "after", "not a message of this conversation") from None
    origin = call.services.settings.origin
    views: list[dict[str, Any]] = [message_view(message, origin) for message in page.items]
    return json_response({"messages": views, "total": page.total, "has_more": page.has_more})


async def _answer(call: Call, row: Row, status: int = 200) -> Response:
    stars = await call.services.database.read(list_starred, call.account_id, call.caller.user.id, [row.id])
    return json_response(conversation_view(row, starred=bool(stars)), status)
