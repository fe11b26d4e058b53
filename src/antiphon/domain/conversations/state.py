"""What people do with conversations: status, assignment, marks, reading, deleting (votel.md 1.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from antiphon.carriers.port import READ_RECEIPTS
from antiphon.core.clock import DAY
from antiphon.core.db.transaction import WriteTx
from antiphon.core.db.types import Id, Millis
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.core.events import Event
from antiphon.domain.accounts.audit import Target, changed, record
from antiphon.domain.accounts.commands import add_to_counter
from antiphon.domain.accounts.queries import list_people
from antiphon.domain.contacts.queries import get_contact
from antiphon.domain.conversations.inbox import find_conversation_id, get_conversation
from antiphon.domain.conversations.queries import LOGGED_COUNTER, counter_name
from antiphon.domain.conversations.records import (
    UNSENT,
    WRITTEN,
    Channel,
    Conversation,
    ConversationStatus,
    Direction,
    MessageStatus,
)
from antiphon.domain.conversations.rows import (
    emit_updated,
    ensure_conversation,
    lock_conversation,
    remove_conversation,
    save_conversation,
)
from antiphon.domain.conversations.snapshot import conversation_snapshot
from antiphon.domain.conversations.tables import conversation_stars, messages

MAX_SNOOZE_MS = 365 * DAY

_STAR = {
    "sqlite": sqlite.insert(conversation_stars).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(conversation_stars).on_conflict_do_nothing(),
}
_UNSTAR = conversation_stars.delete().where(
    conversation_stars.c.account_id == bindparam("p_account"),
    conversation_stars.c.user_id == bindparam("p_user"),
    conversation_stars.c.conversation_id == bindparam("p_id"),
)
_IN_THREAD = (
    messages.c.account_id == bindparam("p_account"),
    messages.c.conversation_id == bindparam("p_conversation"),
    messages.c.deleted_at.is_(None),
)
_WAITING = (
    *_IN_THREAD,
    messages.c.direction == Direction.INBOUND.value,
    messages.c.status == MessageStatus.DELIVERED.value,
)
_UP_TO = tuple_(messages.c.created_at, messages.c.id) <= tuple_(
    bindparam("p_at", type_=Millis), bindparam("p_id", type_=Id)
)
_SEEN = (
    select(messages.c.id)
    .where(*_WAITING, messages.c.carrier.in_(sorted(READ_RECEIPTS)))
    .order_by(messages.c.created_at.desc(), messages.c.id.desc())
    .limit(1)
)
_SEEN_TO = _SEEN.where(_UP_TO)
_READ = (
    messages.update()
    .where(*_WAITING, _UP_TO)
    .values(status=MessageStatus.READ.value, read_at=bindparam("p_now"))
)
_READ_ALL = (
    messages.update().where(*_WAITING).values(status=MessageStatus.READ.value, read_at=bindparam("p_now"))
)
_LEFT = select(func.count()).select_from(messages).where(*_WAITING)
_PLACE = select(messages.c.created_at).where(*_IN_THREAD, messages.c.id == bindparam("p_id"))
_COUNTS = (
    select(messages.c.channel, messages.c.status, func.count().label("value"))
    .where(*_IN_THREAD)
    .group_by(messages.c.channel, messages.c.status)
)
_HIDE = messages.update().where(*_IN_THREAD).values(deleted_at=bindparam("p_now"))
_CANCEL = (
    messages.update()
    .where(*_IN_THREAD, messages.c.status == MessageStatus.SCHEDULED.value)
    .values(status=MessageStatus.CANCELED.value, canceled_at=bindparam("p_now"))
)
_AUDITED = ("status", "snoozed_until", "is_flagged", "assigned_to_id")


def open_conversation(tx: WriteTx, account_id: str, contact_id: str) -> tuple[Conversation, bool]:
    """The contact's conversation and whether it is new. Raises NotFoundError without the contact."""
    get_contact(tx, account_id, contact_id)
    found = find_conversation_id(tx, account_id, contact_id)
    if found is not None:
        return get_conversation(tx, account_id, found), False
    made = ensure_conversation(tx, account_id, contact_id)
    record(tx, account_id, "conversation.created", _target(made))
    return made, True


def change_conversation(
    tx: WriteTx, account_id: str, conversation_id: str, user_id: str, changes: Mapping[str, Any]
) -> Conversation:
    """Change `status`, `snoozed_until` (ms), `assigned_to_id`, `is_flagged`, `is_unread` or `is_starred`.

    `user_id` is whose star it is. Raises NotFoundError; DomainError on the key at fault.
    """
    before = lock_conversation(tx, account_id, conversation_id)
    if "is_starred" in changes:
        _star(tx, account_id, conversation_id, user_id, starred=bool(changes["is_starred"]))
    columns = _status_columns(tx, before, changes)
    if "is_flagged" in changes:
        columns["is_flagged"] = bool(changes["is_flagged"])
    if "assigned_to_id" in changes:
        columns["assigned_to_id"] = _assignee(tx, account_id, changes["assigned_to_id"])
    columns = {name: value for name, value in columns.items() if getattr(before, name) != value}
    if changes.get("is_unread") is True and not before.is_unread:
        columns["is_unread"] = True
    after = save_conversation(tx, before, columns)
    if changes.get("is_unread") is False:
        after = _read(tx, after, None)
    _tell(tx, before, after)
    return after


def _status_columns(tx: WriteTx, before: Conversation, changes: Mapping[str, Any]) -> dict[str, Any]:
    """A time alone snoozes, its end alone opens; a snooze lies ahead."""
    if "status" not in changes and "snoozed_until" not in changes:
        return {}
    until = changes.get("snoozed_until")
    status = changes.get("status")
    if status is None:
        if until is None and before.status is not ConversationStatus.SNOOZED:
            return {}
        status = ConversationStatus.OPEN if until is None else ConversationStatus.SNOOZED
    status = ConversationStatus(status)
    if status is not ConversationStatus.SNOOZED:
        if until is not None:
            raise DomainError("only with the status snoozed", field="snoozed_until")
        return {"status": status.value, "snoozed_until": None}
    if until is None:
        until = before.snoozed_until
    if until is None or not tx.now < until <= tx.now + MAX_SNOOZE_MS:
        raise DomainError("a moment ahead, at most 365 days", field="snoozed_until")
    tx.enqueue(
        "conversations.wake",
        {"account_id": before.account_id, "conversation_id": before.id},
        key=f"conversations.wake:{before.id}:{until}",
        delay_ms=until - tx.now,
    )
    return {"status": status.value, "snoozed_until": until}


def _assignee(tx: WriteTx, account_id: str, user_id: str | None) -> str | None:
    if user_id is not None and all(person.id != user_id for person in list_people(tx, account_id)):
        raise DomainError("no active user of this account", field="assigned_to_id")
    return user_id


def _star(tx: WriteTx, account_id: str, conversation_id: str, user_id: str, *, starred: bool) -> None:
    if starred:
        row = {"account_id": account_id, "user_id": user_id, "conversation_id": conversation_id}
        tx.execute(_STAR[tx.dialect], row)
    else:
        tx.execute(_UNSTAR, {"p_account": account_id, "p_user": user_id, "p_id": conversation_id})


def _tell(tx: WriteTx, before: Conversation, after: Conversation) -> None:
    """The events of what has changed, and the audit entry of what a person decided."""
    if after == before:
        return
    emit_updated(tx, before, after)
    if after.assigned_to_id != before.assigned_to_id:
        data = {**conversation_snapshot(after), "from_user_id": before.assigned_to_id}
        tx.emit(Event(after.account_id, "conversation.assigned", after.id, data))
    if after.is_closed and not before.is_closed:
        tx.emit(Event(after.account_id, "conversation.closed", after.id, conversation_snapshot(after)))
    old, new = conversation_snapshot(before), conversation_snapshot(after)
    changes = changed({name: old[name] for name in _AUDITED}, {name: new[name] for name in _AUDITED})
    if changes:
        record(tx, after.account_id, "conversation.updated", _target(after), changes)


def _target(conversation: Conversation) -> Target:
    label = conversation.contact.name if conversation.contact is not None else None
    return Target("conversation", conversation.id, label or "")


def wake_conversation(tx: WriteTx, account_id: str, conversation_id: str) -> bool:
    """The end of a snooze opens the conversation; false when it lies ahead or was ended before."""
    try:
        before = lock_conversation(tx, account_id, conversation_id)
    except NotFoundError:
        return False
    if before.status is not ConversationStatus.SNOOZED or (before.snoozed_until or 0) > tx.now:
        return False
    after = save_conversation(tx, before, {"status": ConversationStatus.OPEN.value, "snoozed_until": None})
    emit_updated(tx, before, after)
    return True


def mark_read(
    tx: WriteTx, account_id: str, conversation_id: str, up_to_message_id: str | None = None
) -> Conversation:
    """A user has opened the conversation: its inbound messages are read (contracts/vocatech.md 5.2).

    Raises NotFoundError; DomainError on `up_to_message_id` when that is not in the thread.
    """
    before = lock_conversation(tx, account_id, conversation_id)
    after = _read(tx, before, up_to_message_id)
    if after != before:
        emit_updated(tx, before, after)
    return after


def _read(tx: WriteTx, conversation: Conversation, up_to: str | None) -> Conversation:
    parameters = {
        "p_account": conversation.account_id,
        "p_conversation": conversation.id,
        "p_now": tx.now,
    }
    left = 0
    if up_to is None:
        _send_receipt(tx, _SEEN, parameters)
        tx.execute(_READ_ALL, parameters)
    else:
        at = tx.scalar(_PLACE, {**parameters, "p_id": up_to})
        if at is None:
            raise DomainError("not a message of this conversation", field="up_to_message_id")
        bound = {**parameters, "p_at": at, "p_id": up_to}
        _send_receipt(tx, _SEEN_TO, bound)
        tx.execute(_READ, bound)
        left = int(tx.scalar(_LEFT, parameters))
    changes: dict[str, Any] = {}
    if conversation.unread_count != left:
        changes["unread_count"] = left
    if conversation.is_unread != (left > 0):
        changes["is_unread"] = left > 0
    return save_conversation(tx, conversation, changes)


def _send_receipt(tx: WriteTx, statement: Select[Any], parameters: dict[str, Any]) -> None:
    """Tell of the newest message that is read now, where its carrier does; it stands for those before it."""
    message_id = tx.scalar(statement, parameters)
    if message_id is not None:
        tx.enqueue(
            "messages.read_receipt",
            {"account_id": parameters["p_account"], "message_id": message_id},
            key=f"messages.read_receipt:{message_id}",
        )


BULK_ACTIONS = ("read", "unread", "open", "close", "assign", "flag")


def change_conversations(
    tx: WriteTx,
    account_id: str,
    ids: Sequence[str],
    action: str,
    user_id: str,
    assigned_to_id: str | None = None,
) -> tuple[int, int]:
    """One action on several conversations: how many changed, and how many were absent or so already.

    Raises DomainError for an assignee who is not of this account.
    """
    actions: dict[str, dict[str, Any]] = {
        "read": {"is_unread": False},
        "unread": {"is_unread": True},
        "open": {"status": ConversationStatus.OPEN},
        "close": {"status": ConversationStatus.CLOSED},
        "assign": {"assigned_to_id": assigned_to_id},
        "flag": {"is_flagged": True},
    }
    changes = actions[action]
    if action == "assign":
        _assignee(tx, account_id, assigned_to_id)
    wanted = list(dict.fromkeys(ids))
    updated = 0
    # In one order, so that two of them do not wait for each other.
    for conversation_id in sorted(wanted):
        try:
            before = lock_conversation(tx, account_id, conversation_id)
        except NotFoundError:
            continue
        updated += change_conversation(tx, account_id, conversation_id, user_id, changes) != before
    return updated, len(wanted) - updated


def delete_conversation(tx: WriteTx, account_id: str, conversation_id: str) -> None:
    """Hide the thread and its messages in every contract. Raises NotFoundError."""
    before = lock_conversation(tx, account_id, conversation_id)
    parameters = {"p_account": account_id, "p_conversation": conversation_id, "p_now": tx.now}
    tx.execute(_CANCEL, parameters)
    hidden = 0
    for row in tx.all(_COUNTS, parameters):
        channel = Channel(row.channel)
        if row.status not in list(UNSENT):
            add_to_counter(tx, account_id, counter_name(channel), -row.value)
            hidden += row.value if channel in WRITTEN else 0
        if channel in WRITTEN:
            add_to_counter(tx, account_id, LOGGED_COUNTER, -row.value)
    tx.execute(_HIDE, parameters)
    remove_conversation(tx, before)
    record(tx, account_id, "conversation.deleted", _target(before))
    data = {"contact_id": before.contact_id, "hidden_messages": hidden}
    tx.emit(Event(account_id, "conversation.deleted", conversation_id, data))


def drop_conversation(tx: WriteTx, event: Event) -> None:
    """Reaction: of a deleted contact no conversation is shown; what was said stays in the logs."""
    found = find_conversation_id(tx, event.account_id, event.object_id)
    if found is not None:
        remove_conversation(tx, lock_conversation(tx, event.account_id, found))
