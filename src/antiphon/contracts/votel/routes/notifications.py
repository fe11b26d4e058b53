"""The caller's own notices (contracts/votel.md 11.1)."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.errors import invalid
from antiphon.contracts.votel.inputs import LIST_QUERY
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas_notifications import NoticeList, NoticesRead, NoticesReadAnswer
from antiphon.core.clock import to_iso, to_iso_or_none
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.notifications.commands import mark_read
from antiphon.domain.notifications.queries import count_unread, list_notices
from antiphon.domain.notifications.records import Notice

ROUTES = Routes("Notifications")

_TITLES = {
    "conversation.assigned": "A conversation was assigned to you",
    "message.note_added": "You were mentioned in a note",
    "message.received": "An answer in a conversation that you follow",
    "voicegram.completed": "A voicegram needs an answer",
    "webhook.disabled": "A webhook was switched off",
}
_QUERY = {"unread": {"type": "boolean", "description": "true: only those not read"}, **LIST_QUERY}


@ROUTES.add("GET", "/notifications", answer=NoticeList, query=_QUERY)
async def list_notifications(call: Call) -> Response:
    """The caller's own notices, newest first; kept 90 days."""
    query = call.query
    unread = query.flag("unread")
    query.check()
    page = await call.services.database.read(
        list_notices,
        call.account_id,
        call.caller.user.id,
        unread=unread is True,
        limit=query.limit,
        offset=(query.page - 1) * query.limit,
    )
    return json_response(
        {
            "notifications": [_view(notice) for notice in page.items],
            "total": page.total,
            "unread": page.unread,
        }
    )


@ROUTES.add("POST", "/notifications/read", body=NoticesRead, answer=NoticesReadAnswer)
async def read_notifications(call: Call) -> Response:
    """Mark `ids`, or `all`, read; ids of others count as absent."""
    body = await call.body(NoticesRead)
    if (body.ids is None) == (not body.all):
        raise invalid("ids", "either ids or all", "required")
    updated, unread = await call.services.database.write(
        _read, call.account_id, call.caller.user.id, body.ids
    )
    return json_response({"updated": updated, "unread": unread})


def _read(tx: WriteTx, account_id: str, user_id: str, ids: list[str] | None) -> tuple[int, int]:
    return mark_read(tx, account_id, user_id, ids), count_unread(tx, account_id, user_id)


def _view(notice: Notice) -> dict[str, Any]:
    return {
        "id": notice.id,
        "type": notice.type,
        "title": _TITLES[notice.type],
        "target": {
            "kind": notice.target_kind.value,
            "id": notice.target_id,
            "label": notice.label,
        },
        "actor_name": notice.actor_name,
        "created_at": to_iso(notice.created_at),
        "read_at": to_iso_or_none(notice.read_at),
    }
