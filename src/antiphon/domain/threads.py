"""Calls and voicegrams in their contact's thread: each stands there as a message with its own id.

Reactions to the events of both; contracts/votel.md 1.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from antiphon.core.clock import SECOND
from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import NotFoundError
from antiphon.core.events import Event, EventBus
from antiphon.domain.calls.queries import get_call
from antiphon.domain.calls.records import Call, CallDirection, CallStatus
from antiphon.domain.conversations.changes import blank_message, cancel_plans, lock_message
from antiphon.domain.conversations.inbox import find_conversation_id
from antiphon.domain.conversations.queries import get_message
from antiphon.domain.conversations.records import Channel, Direction, MessageStatus
from antiphon.domain.conversations.rows import (
    CALL_METADATA,
    emit_updated,
    ensure_conversation,
    insert_message,
    lock_conversation,
    note_message,
    refresh_conversation,
    show_message,
    update_message,
    words_of,
)
from antiphon.domain.conversations.state import drop_conversation
from antiphon.domain.conversations.tables import messages
from antiphon.domain.voicegrams.tables import voicegrams

v = voicegrams.c

_STANDS = Prepared(
    select(messages.c.id, messages.c.conversation_id, messages.c.contact_id).where(
        messages.c.account_id == bindparam("account_id"), messages.c.id == bindparam("id")
    )
)
_VOICEGRAM = Prepared(
    select(
        v.id, v.contact_id, v.sender_email, v.created_at, v.transcript_text, v.is_read, v.deleted_at
    ).where(v.account_id == bindparam("account_id"), v.id == bindparam("id"))
)


def install(bus: EventBus) -> None:
    """After the reactions that find a voicegram's contact."""
    for type in ("call.started", "call.answered"):
        bus.react(type, name_thread)
    bus.react("call.ended", show_call)
    bus.react("call.imported", show_call)
    bus.react("call.analyzed", show_call)
    bus.react("call.updated", show_call)
    bus.react("call.deleted", erase_line)
    bus.react("voicegram.received", show_voicegram)
    bus.react("voicegram.completed", show_voicegram)
    bus.react("voicegram.updated", show_voicegram)
    bus.react("voicegram.deleted", erase_line)
    bus.react("lead.deleted", cancel_plans)
    bus.react("lead.deleted", drop_conversation)


def show_call(tx: WriteTx, event: Event) -> None:
    """Reaction: an ended call stands in the thread of the one who called or was called."""
    try:
        call = get_call(tx, event.account_id, event.object_id)
    except NotFoundError:
        return
    if call.counts and call.contact_id is not None:
        put_call(tx, call, call.contact_id)
    name_thread(tx, event)


def name_thread(tx: WriteTx, event: Event) -> None:
    """Reaction: the event tells of the conversation that the call is of, where there is one by then."""
    contact_id = event.data.get("contact_id")
    if contact_id is not None:
        event.data["conversation_id"] = find_conversation_id(tx, event.account_id, contact_id)


def put_call(tx: WriteTx, call: Call, contact_id: str) -> None:
    """Add or renew the line of a call; one that was missed has to be seen."""
    inbound = call.direction is CallDirection.INBOUND
    unread = inbound and call.status is not CallStatus.COMPLETED
    if inbound:
        author = "lead"
    elif call.user_id is not None:
        author = "user"
    else:
        author = "agent" if call.assistant_id is not None else "system"
    status = MessageStatus.READ if inbound and not unread else MessageStatus.DELIVERED
    _put(
        tx,
        call.account_id,
        call.id,
        contact_id,
        unread=unread,
        body=call.summary or "",
        first={
            "channel": Channel.CALL.value,
            "kind": Channel.CALL.value,
            "direction": (Direction.INBOUND if inbound else Direction.OUTBOUND).value,
            "status": status.value,
            "carrier": call.carrier,
            "number_id": call.number_id,
            "from_address": call.from_number or "",
            "to_address": call.to_number or "",
            "remote_address": call.remote_number or "",
            "message_type": "call",
            "is_from_bot": call.assistant_id is not None,
            "author_user_id": None if inbound else call.user_id,
            "author_kind": author,
            "source": "inbound" if inbound else "api",
            "metadata": {CALL_METADATA: {"status": call.status.value, "talked_seconds": _talked(call)}},
            "created_at": call.started_at,
            "sent_at": call.started_at,
            "delivered_at": call.started_at,
            "read_at": None if unread or not inbound else call.ended_at,
        },
    )


def _talked(call: Call) -> int:
    if call.answered_at is None or call.ended_at is None:
        return 0
    return max(0, call.ended_at - call.answered_at) // SECOND


def show_voicegram(tx: WriteTx, event: Event) -> None:
    """Reaction: a voicegram stands in its sender's thread, its transcript once that is there."""
    row = tx.first(_VOICEGRAM, {"account_id": event.account_id, "id": event.object_id})
    if row is None or row.contact_id is None or row.deleted_at is not None:
        return
    read = bool(row.is_read)
    _put(
        tx,
        event.account_id,
        row.id,
        row.contact_id,
        unread=not read,
        body=row.transcript_text,
        first={
            "channel": Channel.VOICEGRAM.value,
            "kind": Channel.VOICEGRAM.value,
            "direction": Direction.INBOUND.value,
            "status": (MessageStatus.READ if read else MessageStatus.DELIVERED).value,
            "carrier": "",
            "from_address": row.sender_email,
            "to_address": "",
            "remote_address": row.sender_email,
            "message_type": "voicegram",
            "is_from_bot": False,
            "author_kind": "lead",
            "source": "inbound",
            "created_at": row.created_at,
            "sent_at": row.created_at,
            "delivered_at": row.created_at,
            "read_at": row.created_at if read else None,
        },
    )


def _put(
    tx: WriteTx,
    account_id: str,
    line_id: str,
    contact_id: str,
    *,
    unread: bool,
    body: str,
    first: dict[str, Any],
) -> None:
    stands = tx.first(_STANDS, {"account_id": account_id, "id": line_id})
    conversation = ensure_conversation(tx, account_id, contact_id)
    if stands is None:
        insert_message(
            tx,
            account_id,
            None if conversation.contact is None else conversation.contact.name,
            message_id=line_id,
            conversation_id=conversation.id,
            contact_id=contact_id,
            body=body,
            **first,
        )
        after = show_message(tx, conversation, get_message(tx, account_id, line_id), unread=unread)
        emit_updated(tx, conversation, after)
        return
    line = lock_message(tx, account_id, line_id)
    changes: dict[str, Any] = {}
    if line.body != body:
        changes |= words_of(line, body)
    if line.conversation_id != conversation.id:
        changes |= {"conversation_id": conversation.id, "contact_id": contact_id}
    if line.status is MessageStatus.DELIVERED and first["status"] == MessageStatus.READ.value:
        changes |= {"status": MessageStatus.READ.value, "read_at": tx.now}
    if "metadata" in first and line.metadata != first["metadata"]:
        changes["metadata"] = msgspec.json.encode(first["metadata"]).decode()
    if not changes:
        return
    update_message(tx, account_id, line_id, changes)
    if line.conversation_id != conversation.id:
        _refresh(tx, account_id, line.conversation_id)
        note_message(tx, lock_conversation(tx, account_id, conversation.id), line_id)
    _refresh(tx, account_id, conversation.id)


def _refresh(tx: WriteTx, account_id: str, conversation_id: str) -> None:
    try:
        before = lock_conversation(tx, account_id, conversation_id)
    except NotFoundError:
        return
    after = refresh_conversation(tx, before)
    if after != before:
        emit_updated(tx, before, after)


def erase_line(tx: WriteTx, event: Event) -> None:
    """Reaction: what was erased leaves the thread too."""
    try:
        blank_message(tx, lock_message(tx, event.account_id, event.object_id))
    except NotFoundError:
        return
