"""Sending, and what is done with single messages (contracts/votel.md 1.1, 1.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel import limits
from antiphon.contracts.votel.errors import ApiError, invalid
from antiphon.contracts.votel.idempotency import known_answer, once
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas_conversations import (
    DirectMessageCreate,
    Message,
    MessageChange,
    MessageCreate,
)
from antiphon.contracts.votel.sending import Draft, check_addresses, check_draft, send_draft
from antiphon.contracts.votel.views_conversations import message_view
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.domain.contacts.queries import get_contact
from antiphon.domain.conversations.changes import (
    cancel_message,
    edit_message,
    erase_message,
    retry_message,
)
from antiphon.domain.conversations.inbox import get_conversation
from antiphon.domain.conversations.queries import get_message
from antiphon.domain.conversations.records import Message as Row

ROUTES = Routes("Messages")


@ROUTES.add(
    "POST",
    "/conversations/{id:uuid}/messages",
    permission="conversations:send",
    status=201,
    body=MessageCreate,
    answer=Message,
)
async def send_in_conversation(call: Call) -> Response:
    """Send a message, or write a note, in a conversation."""
    conversation = await call.services.database.read(get_conversation, call.account_id, call.path_id())
    body = await call.body(MessageCreate)
    return await _send(call, body, Draft(body, _by_hand(call), lead_id=conversation.contact_id))


@ROUTES.add(
    "POST",
    "/messages",
    permission="conversations:send",
    status=201,
    body=DirectMessageCreate,
    answer=Message,
)
async def send_message_to(call: Call) -> Response:
    """Send a message to a lead, or to an address, which finds or makes the lead."""
    body = await call.body(DirectMessageCreate)
    if (body.lead_id is None) == (body.to is None):
        raise invalid("lead_id", "either lead_id or to", "required")
    if body.lead_id is not None:
        try:
            await call.services.database.read(get_contact, call.account_id, body.lead_id)
        except NotFoundError:
            raise invalid("lead_id", "no such lead") from None
    return await _send(call, body, Draft(body, _by_hand(call), lead_id=body.lead_id, to=body.to))


def _by_hand(call: Call) -> bool:
    """Whether a person writes in the dashboard; a key sends for a program."""
    return call.caller.key_id is None


async def _send(call: Call, body: BaseModel, draft: Draft) -> Response:
    origin, account_id = call.services.settings.origin, call.account_id
    asked = body.model_dump(mode="json", by_alias=True)
    known = await known_answer(call, asked)
    if known is not None:
        return known
    await call.services.database.read(check_draft, account_id, draft)
    await check_addresses(call.services, draft.body.attachments)
    if draft.leaves:
        await limits.count_send(call.services, call.caller.limit_key, call.headers)

    def act(tx: WriteTx) -> tuple[int, Any]:
        return 201, message_view(send_draft(tx, account_id, draft), origin)

    return await once(call, asked, act)


@ROUTES.add("GET", "/messages/{id:uuid}", permission="conversations:read", answer=Message)
async def get_one_message(call: Call) -> Response:
    """One message."""
    message = await call.services.database.read(get_message, call.account_id, call.path_id())
    return json_response(message_view(message, call.services.settings.origin))


@ROUTES.add(
    "PATCH",
    "/messages/{id:uuid}",
    permission="conversations:write",
    body=MessageChange,
    answer=Message,
)
async def change_message(call: Call) -> Response:
    """Change a message while it is scheduled, or one's own note."""
    await call.services.database.read(get_message, call.account_id, call.path_id())
    body = await call.body(MessageChange)
    changes = body.model_dump(exclude_unset=True)
    return await _act(
        call,
        lambda tx: edit_message(tx, call.account_id, call.path_id(), call.caller.user.id, changes),
    )


@ROUTES.add("POST", "/messages/{id:uuid}/cancel", permission="conversations:send", answer=Message)
async def cancel_scheduled_message(call: Call) -> Response:
    """A scheduled message is not sent."""
    return await _act(call, lambda tx: cancel_message(tx, call.account_id, call.path_id()))


@ROUTES.add("POST", "/messages/{id:uuid}/retry", permission="conversations:send", status=201, answer=Message)
async def retry_failed_message(call: Call) -> Response:
    """Send what a failed message held as a new one."""
    account_id, message_id = call.account_id, call.path_id()
    origin = call.services.settings.origin
    known = await known_answer(call, {})
    if known is not None:
        return known
    failed = await call.services.database.read(get_message, account_id, message_id)
    if failed.status != "failed":
        raise invalid("", "only a failed message", "invalid_state")
    await limits.count_send(call.services, call.caller.limit_key, call.headers)

    def act(tx: WriteTx) -> tuple[int, Any]:
        return 201, message_view(retry_message(tx, account_id, message_id), origin)

    return await once(call, {}, act)


@ROUTES.add("DELETE", "/messages/{id:uuid}", permission="conversations:manage", status=204)
async def delete_message(call: Call) -> Response:
    """Erase body and files; a blank line stays in the log."""
    await call.services.database.write(erase_message, call.account_id, call.path_id())
    return Response(status_code=204)


async def _act(call: Call, action: Callable[[WriteTx], Row]) -> Response:
    try:
        message = await call.services.database.write(action)
    except DomainError as error:
        if error.code == "not_author":
            raise ApiError(403, "Only its author may change a note") from None
        raise
    return json_response(message_view(message, call.services.settings.origin))
