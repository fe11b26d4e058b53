"""The row of a conversation, its messages as they are added, and the counters that move with both."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event
from antiphon.core.ids import new_id
from antiphon.domain.accounts.commands import add_to_counter
from antiphon.domain.conversations.inbox import (
    assigned_counter,
    find_conversation_id,
    get_conversation,
    renew_conversation,
)
from antiphon.domain.conversations.queries import LOGGED_COUNTER, counter_name, get_message
from antiphon.domain.conversations.records import (
    UNSENT,
    WRITTEN,
    Channel,
    Conversation,
    ConversationStatus,
    Direction,
    Message,
    MessageStatus,
)
from antiphon.domain.conversations.search import search_text
from antiphon.domain.conversations.snapshot import conversation_snapshot
from antiphon.domain.conversations.tables import conversations, messages

SNIPPET_CHARS = 140
CALL_METADATA = "call"
"""Where a call's line keeps `status` and `talked_seconds`, for the snippet of a call without a summary."""
OWN_MESSAGE = (messages.c.account_id == bindparam("p_account")) & (messages.c.id == bindparam("p_id"))
OWN_CONVERSATION = (conversations.c.account_id == bindparam("p_account")) & (
    conversations.c.id == bindparam("p_id")
)
# The row is locked, so that states told at the same moment meet one after the other.
LOCK_MESSAGE = (
    select(messages.c.carrier_message_id)
    .where(messages.c.account_id == bindparam("account_id"), messages.c.id == bindparam("id"))
    .with_for_update()
)
_LOCK = (
    select(conversations.c.id)
    .where(conversations.c.account_id == bindparam("account_id"), conversations.c.id == bindparam("id"))
    .with_for_update()
)
_INSERT = {
    "sqlite": Prepared(sqlite.insert(conversations).on_conflict_do_nothing()),
    "postgresql": Prepared(postgresql.insert(conversations).on_conflict_do_nothing()),
}
_INSERT_MESSAGE = Prepared(messages.insert())
_UPDATE = Prepared(update(conversations).where(OWN_CONVERSATION))
_UPDATE_MESSAGE = Prepared(update(messages).where(OWN_MESSAGE))
_IN_THREAD = (
    messages.c.account_id == bindparam("account_id"),
    messages.c.conversation_id == bindparam("conversation_id"),
    messages.c.deleted_at.is_(None),
)
_NEWEST = (
    select(messages.c.id)
    .where(*_IN_THREAD, messages.c.status.not_in([status.value for status in UNSENT]))
    .order_by(messages.c.created_at.desc(), messages.c.id.desc())
    .limit(1)
)
_UNREAD = select(func.count()).where(
    *_IN_THREAD,
    messages.c.direction == Direction.INBOUND.value,
    messages.c.status == MessageStatus.DELIVERED.value,
)


_LAST_MESSAGE = tuple(column.name for column in conversations.c if column.name.startswith("last_message_"))


def lock_conversation(tx: WriteTx, account_id: str, conversation_id: str) -> Conversation:
    """The conversation, not changed by anybody else until the commit. Raises NotFoundError."""
    tx.lock(_LOCK, {"account_id": account_id, "id": conversation_id})
    return get_conversation(tx, account_id, conversation_id)


def ensure_conversation(tx: WriteTx, account_id: str, contact_id: str) -> Conversation:
    """The contact's conversation, locked; emits `conversation.created` when there was none."""
    found = find_conversation_id(tx, account_id, contact_id)
    if found is not None:
        return lock_conversation(tx, account_id, found)
    row = {
        "id": new_id(),
        "account_id": account_id,
        "contact_id": contact_id,
        "status": ConversationStatus.OPEN.value,
        "is_unread": False,
        "unread_count": 0,
        "is_flagged": False,
        "members": "[]",
        "channels": "[]",
        "last_message_at": tx.now,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    if tx.run(_INSERT[tx.dialect], row) == 0:
        return ensure_conversation(tx, account_id, contact_id)
    made = lock_conversation(tx, account_id, str(row["id"]))
    _recount(tx, account_id, None, made)
    tx.emit(Event(account_id, "conversation.created", made.id, conversation_snapshot(made)))
    return made


def save_conversation(tx: WriteTx, before: Conversation, changes: dict[str, Any]) -> Conversation:
    """Store changed columns and move the counters with them; `before` is locked."""
    if not changes:
        return before
    own = {"p_account": before.account_id, "p_id": before.id}
    tx.run(_UPDATE, {**changes, "updated_at": tx.now, **own})
    after = renew_conversation(tx, before)
    _recount(tx, before.account_id, before, after)
    return after


def remove_conversation(tx: WriteTx, before: Conversation) -> None:
    """Take the row out of every list; its messages are left alone."""
    tx.execute(
        update(conversations).where(OWN_CONVERSATION).values(deleted_at=tx.now, updated_at=tx.now),
        {"p_account": before.account_id, "p_id": before.id},
    )
    _recount(tx, before.account_id, before, None)


def _recount(tx: WriteTx, account_id: str, before: Conversation | None, after: Conversation | None) -> None:
    moved: Counter[str] = Counter(_counters(after))
    moved.subtract(_counters(before))
    # Always in one order, so that two transactions do not wait for each other.
    for name in sorted(moved):
        if moved[name]:
            add_to_counter(tx, account_id, name, moved[name])


def _counters(conversation: Conversation | None) -> list[str]:
    if conversation is None:
        return []
    names = [f"conversations.{conversation.status.value}"]
    if not conversation.is_closed:
        if conversation.is_unread:
            names.append("conversations.unread")
        if conversation.is_flagged:
            names.append("conversations.flagged")
        assignee = conversation.assigned_to_id
        names.append("conversations.none" if assignee is None else assigned_counter(assignee))
    return names


def insert_message(
    tx: WriteTx, account_id: str, name: str | None, *, message_id: str | None = None, **values: Any
) -> str:
    """Store the row of a message and count it; returns its id. `name` is the contact's."""
    message_id = message_id or new_id()
    metadata = values.pop("metadata", None)
    tx.run(
        _INSERT_MESSAGE,
        {
            "id": message_id,
            "account_id": account_id,
            "created_at": tx.now,
            "search_text": search_text(name, values["body"], values["from_address"], values["to_address"]),
            "metadata": msgspec.json.encode(metadata).decode() if metadata else None,
            **values,
        },
    )
    channel = Channel(values["channel"])
    if values["status"] not in UNSENT:
        add_to_counter(tx, account_id, counter_name(channel), 1)
    if channel in WRITTEN:
        add_to_counter(tx, account_id, LOGGED_COUNTER, 1)
    return message_id


def words_of(message: Message, body: str) -> dict[str, Any]:
    """The columns of another body."""
    text = search_text(message.contact_name, body, message.from_address, message.to_address)
    return {"body": body, "search_text": text}


def update_message(tx: WriteTx, account_id: str, message_id: str, values: dict[str, Any]) -> None:
    tx.run(_UPDATE_MESSAGE, {**values, "p_account": account_id, "p_id": message_id})


def author_of(tx: WriteTx, *, is_from_bot: bool = False, user_id: str | None = None) -> dict[str, Any]:
    """The author and source of an outbound message: who acts, in the dashboard or by a key."""
    if is_from_bot:
        return {"author_kind": "agent", "author_user_id": user_id, "source": "agent"}
    if tx.actor.kind in ("user", "api"):
        source = "inbox" if tx.actor.kind == "user" else "api"
        return {"author_kind": tx.actor.kind, "author_user_id": tx.actor.id, "source": source}
    return {"author_kind": "system" if user_id is None else "api", "author_user_id": user_id, "source": "api"}


def note_message(
    tx: WriteTx, conversation: Conversation, message_id: str, *, unread: bool = False
) -> Message:
    """Show a message that has just been added in its conversation, which an inbound one opens.

    `conversation` is locked; `unread` where somebody has to see it.
    """
    message = get_message(tx, conversation.account_id, message_id)
    show_message(tx, conversation, message, unread=unread)
    return message


def show_message(
    tx: WriteTx, conversation: Conversation, message: Message, *, unread: bool = False
) -> Conversation:
    """As `note_message`, of a message that was read; the conversation as it is then."""
    inbound = message.direction is Direction.INBOUND
    changes: dict[str, Any] = {}
    if message.channel.value not in conversation.channels:
        added = sorted({*conversation.channels, message.channel.value})
        changes["channels"] = msgspec.json.encode(added).decode()
    last = conversation.last_message
    if last is None or (message.created_at, message.id) >= (last.created_at, last.id):
        changes |= last_message_columns(message)
    for name, counts in (
        ("last_inbound_at", inbound),
        ("last_outbound_at", message.direction is Direction.OUTBOUND),
        ("last_person_at", message.author_kind == "user" and message.channel is not Channel.CALL),
        ("last_whatsapp_at", inbound and message.channel is Channel.WHATSAPP),
    ):
        if counts:
            known = getattr(conversation, name)
            at = message.created_at
            if name == "last_whatsapp_at" and message.sent_at is not None:
                at = message.sent_at
            changes[name] = at if known is None else max(known, at)
    if unread:
        changes |= {"is_unread": True, "unread_count": conversation.unread_count + 1}
    opened = inbound and conversation.status is not ConversationStatus.OPEN
    if opened:
        changes |= {"status": ConversationStatus.OPEN.value, "snoozed_until": None}
    after = save_conversation(tx, conversation, changes)
    if opened:
        emit_updated(tx, conversation, after)
    return after


def last_message_columns(message: Message) -> dict[str, Any]:
    return {
        "last_message_at": message.created_at,
        "last_message_id": message.id,
        "last_message_channel": message.channel.value,
        "last_message_direction": message.direction.value,
        "last_message_snippet": (message.body or _call_words(message))[:SNIPPET_CHARS],
        "last_message_author_kind": message.author_kind,
        "last_message_author_id": message.author_user_id,
    }


def _call_words(message: Message) -> str:
    call = message.metadata.get(CALL_METADATA)
    if message.channel is not Channel.CALL or not isinstance(call, dict):
        return ""
    if call.get("status") != "completed":
        return "Missed call" if message.direction is Direction.INBOUND else "Call not answered"
    minutes, seconds = divmod(int(call.get("talked_seconds", 0)), 60)
    return f"Call, {minutes}:{seconds:02}"


def refresh_conversation(tx: WriteTx, conversation: Conversation) -> Conversation:
    """Find the newest message and the unread ones anew, after one was changed, erased or moved."""
    parameters = {"account_id": conversation.account_id, "conversation_id": conversation.id}
    newest = tx.scalar(_NEWEST, parameters)
    if newest is None:
        shown = dict.fromkeys(_LAST_MESSAGE) | {"last_message_at": conversation.created_at}
    else:
        shown = last_message_columns(get_message(tx, conversation.account_id, newest))
    unread = int(tx.scalar(_UNREAD, parameters))
    if unread < conversation.unread_count:
        shown |= {"unread_count": unread, "is_unread": unread > 0}
    return save_conversation(tx, conversation, shown)


_CHANGES = ("status", "snoozed_until", "is_flagged", "is_unread", "unread_count", "assigned_to_id")


def emit_updated(tx: WriteTx, before: Conversation, after: Conversation) -> None:
    """`conversation.updated` with what differs."""
    old, new = conversation_snapshot(before), conversation_snapshot(after)
    changes = [
        {"field": name, "from": old[name], "to": new[name]} for name in _CHANGES if old[name] != new[name]
    ]
    tx.emit(Event(after.account_id, "conversation.updated", after.id, {**new, "changes": changes}))
