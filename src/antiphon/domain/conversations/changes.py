"""Changing a message after it was written: plans, notes, another try, erasure (contracts/votel.md 1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import bindparam, select

from antiphon.core.db.search_text import HEAD_END
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.core.events import Event, events
from antiphon.domain.accounts.audit import Target, changed, record
from antiphon.domain.accounts.commands import add_to_counter
from antiphon.domain.contacts.commands import touch_contact
from antiphon.domain.contacts.queries import get_contact
from antiphon.domain.conversations.commands import (
    MAX_AHEAD_MS,
    MAX_BODY,
    MAX_MAIL_BODY,
    MAX_NOTE,
    MAX_SUBJECT,
    enqueue_release,
    enqueue_sending,
    filled_in,
    send_mail,
    send_message,
)
from antiphon.domain.conversations.consent import quiet_end
from antiphon.domain.conversations.delivery import fail_message
from antiphon.domain.conversations.queries import counter_name, get_message
from antiphon.domain.conversations.records import (
    UNSENT,
    WRITTEN,
    Channel,
    Message,
    MessageStatus,
    OutboundMail,
    OutboundMessage,
    RemoteFile,
    StoredFile,
)
from antiphon.domain.conversations.rows import (
    LOCK_MESSAGE,
    lock_conversation,
    note_message,
    refresh_conversation,
    update_message,
    words_of,
)
from antiphon.domain.conversations.segments import count_segments
from antiphon.domain.conversations.snapshot import snapshot
from antiphon.domain.conversations.tables import files, media, messages
from antiphon.domain.pipeline import delete_object

INVALID_STATE = "invalid_state"
TOO_LONG = "too_long"
EXPIRY_BATCH = 200
_LIMITS = {Channel.NOTE: MAX_NOTE, Channel.EMAIL: MAX_MAIL_BODY}

_PLANNED = select(messages.c.id).where(
    messages.c.account_id == bindparam("account_id"),
    messages.c.contact_id == bindparam("contact_id"),
    messages.c.status == MessageStatus.SCHEDULED.value,
    messages.c.deleted_at.is_(None),
)
_DROP_MEDIA = (
    media.update()
    .where(media.c.account_id == bindparam("p_account"), media.c.message_id == bindparam("p_id"))
    .values(deleted_at=bindparam("p_now"), object_key=None, source_url=None, filename="", caption=None)
)
_STILL_USED = (
    select(media.c.id)
    .where(
        media.c.account_id == bindparam("account_id"),
        media.c.object_key == bindparam("object_key"),
        media.c.deleted_at.is_(None),
    )
    .limit(1)
)
_DROP_FILE = (
    files.update()
    .where(files.c.account_id == bindparam("p_account"), files.c.object_key == bindparam("p_key"))
    .values(deleted_at=bindparam("p_now"), object_key=None)
)
_FORGET = (
    events.update()
    .where(events.c.account_id == bindparam("p_account"), events.c.object_id == bindparam("p_id"))
    .values(data="{}")
)
_EXPIRED = (
    select(messages.c.id)
    .where(
        messages.c.account_id == bindparam("account_id"),
        messages.c.created_at <= bindparam("before"),
        messages.c.deleted_at.is_(None),
        messages.c.channel.in_([channel.value for channel in (*WRITTEN, Channel.NOTE)]),
        messages.c.status.not_in([MessageStatus.SCHEDULED.value, MessageStatus.QUEUED.value]),
    )
    .order_by(messages.c.created_at)
    .limit(EXPIRY_BATCH)
)


def lock_message(tx: WriteTx, account_id: str, message_id: str) -> Message:
    """The message, not changed by anybody else until the commit. Raises NotFoundError."""
    tx.first(LOCK_MESSAGE, {"account_id": account_id, "id": message_id})
    return get_message(tx, account_id, message_id)


def release_message(tx: WriteTx, account_id: str, message_id: str) -> bool:
    """The time of a scheduled message has come: it is queued as one that is written now."""
    try:
        message = lock_message(tx, account_id, message_id)
    except NotFoundError:
        return False
    if message.status is not MessageStatus.SCHEDULED or (message.scheduled_at or 0) > tx.now:
        return False
    if (later := _quiet_until(tx, message)) > tx.now:
        update_message(tx, account_id, message_id, {"scheduled_at": later})
        enqueue_release(tx, account_id, message_id, later)
        return False
    update_message(tx, account_id, message_id, {"status": MessageStatus.QUEUED.value, "created_at": tx.now})
    refusal = _fill(tx, message)
    add_to_counter(tx, account_id, counter_name(message.channel), 1)
    if message.contact_id is not None:
        touch_contact(tx, account_id, message.contact_id, 1, tx.now)
    note_message(tx, lock_conversation(tx, account_id, message.conversation_id), message_id)
    if refusal is None:
        enqueue_sending(tx, account_id, message_id)
    else:
        fail_message(tx, account_id, message_id, TOO_LONG, refusal)
    return True


def _fill(tx: WriteTx, message: Message) -> str | None:
    """Fill in the placeholders; why they make a text that cannot be sent."""
    if message.contact_id is None:
        return None
    contact = get_contact(tx, message.account_id, message.contact_id)
    columns = {**asdict(message), "channel": message.channel.value}
    try:
        found = filled_in(tx, message.account_id, contact, columns)
    except DomainError as error:
        return f"The text must have {error.message}"
    if found:
        update_message(tx, message.account_id, message.id, {**found, **words_of(message, found["body"])})
    return None


def _quiet_until(tx: WriteTx, message: Message) -> int:
    if message.contact_id is None:
        return tx.now
    contact = get_contact(tx, message.account_id, message.contact_id)
    return quiet_end(tx, message.account_id, contact, message.source, message.purpose, tx.now)


def edit_message(
    tx: WriteTx, account_id: str, message_id: str, user_id: str, changes: Mapping[str, Any]
) -> Message:
    """Change `body`, `subject` or `scheduled_at` (ms) of a scheduled message, `body` of one's own note.

    Raises NotFoundError; DomainError `invalid_state`, `not_author` or on the key at fault.
    """
    message = lock_message(tx, account_id, message_id)
    is_note = message.channel is Channel.NOTE
    if not is_note and message.status is not MessageStatus.SCHEDULED:
        raise DomainError("only while it is scheduled", code=INVALID_STATE)
    if is_note and message.author_user_id != user_id:
        raise DomainError("a note is changed by its author", code="not_author")
    values: dict[str, Any] = {}
    body = changes.get("body")
    if body is not None:
        limit = _LIMITS.get(message.channel, MAX_BODY)
        if len(body) > limit or not (body or message.media):
            raise DomainError(f"1 to {limit} characters", field="body")
        values |= words_of(message, body)
        if message.channel is Channel.SMS:
            values["segments"] = count_segments(body)
    if not is_note and changes.get("subject") is not None and message.channel is Channel.EMAIL:
        if len(changes["subject"]) > MAX_SUBJECT:
            raise DomainError(f"at most {MAX_SUBJECT} characters", field="subject")
        values["subject"] = changes["subject"]
    scheduled_at = changes.get("scheduled_at")
    if not is_note and scheduled_at is not None:
        if scheduled_at > tx.now + MAX_AHEAD_MS:
            raise DomainError("at most 365 days ahead", field="scheduled_at")
        values["scheduled_at"] = scheduled_at
        enqueue_release(tx, account_id, message_id, scheduled_at)
    if values:
        update_message(tx, account_id, message_id, values)
        # What was written is kept in the message alone, where it can be erased.
        moved = changed(
            {"scheduled_at": message.scheduled_at},
            {name: value for name, value in values.items() if name == "scheduled_at"},
        )
        record(tx, account_id, "message.updated", _target(message), moved)
    if is_note and values:
        refresh_conversation(tx, lock_conversation(tx, account_id, message.conversation_id))
    return get_message(tx, account_id, message_id)


def cancel_message(tx: WriteTx, account_id: str, message_id: str) -> Message:
    """A scheduled message is not sent; emits `message.canceled`. Raises NotFoundError, DomainError."""
    message = lock_message(tx, account_id, message_id)
    if message.status is MessageStatus.CANCELED:
        return message
    if message.status is not MessageStatus.SCHEDULED:
        raise DomainError("only while it is scheduled", code=INVALID_STATE)
    update_message(
        tx, account_id, message_id, {"status": MessageStatus.CANCELED.value, "canceled_at": tx.now}
    )
    record(tx, account_id, "message.canceled", _target(message))
    canceled = get_message(tx, account_id, message_id)
    tx.emit(Event(account_id, "message.canceled", message_id, snapshot(canceled, tx.now)))
    return canceled


def cancel_plans(tx: WriteTx, event: Event) -> None:
    """Reaction: nothing that was scheduled for a deleted contact is sent."""
    planned = tx.all(_PLANNED, {"account_id": event.account_id, "contact_id": event.object_id})
    for row in planned:
        cancel_message(tx, event.account_id, row.id)


def retry_message(tx: WriteTx, account_id: str, message_id: str) -> Message:
    """A new message with what a failed one held. Raises NotFoundError, and DomainError as sending does."""
    message = lock_message(tx, account_id, message_id)
    if message.status is not MessageStatus.FAILED:
        raise DomainError("only a failed message", code=INVALID_STATE)
    if message.contact_id is None:
        raise NotFoundError("Contact not found")
    attached = tuple(
        StoredFile(item.object_key, item.content_type, item.filename, item.size)
        if item.object_key is not None
        else RemoteFile(item.source_url or "", item.filename)
        for item in message.media
        if item.object_key is not None or item.source_url is not None
    )
    if message.channel is Channel.EMAIL:
        return send_mail(
            tx,
            account_id,
            OutboundMail(
                contact_id=message.contact_id,
                to=message.to_address,
                subject=message.subject or "",
                body=message.body,
                html=message.html,
                cc=message.cc,
                bcc=message.bcc,
                files=attached,
                reply_to_message_id=message.reply_to_message_id,
                metadata=message.metadata,
                purpose=message.purpose,
                is_personal=tx.actor.kind == "user",
            ),
        )
    return send_message(
        tx,
        account_id,
        OutboundMessage(
            channel=message.channel,
            from_number=message.from_address,
            to=message.to_address,
            body=message.body,
            message_type=message.message_type,
            content=message.content,
            files=attached,
            contact_id=message.contact_id,
            reply_to_message_id=message.reply_to_message_id,
            metadata=message.metadata,
            purpose=message.purpose,
            is_personal=tx.actor.kind == "user",
        ),
    )


def erase_message(tx: WriteTx, account_id: str, message_id: str) -> None:
    """Body and files go, a blank line stays in the log; gone from the thread and from other contracts.

    Raises NotFoundError; DomainError `invalid_state` for a line of a call or voicegram, which ends with it.
    """
    message = lock_message(tx, account_id, message_id)
    if message.channel in (Channel.CALL, Channel.VOICEGRAM):
        raise DomainError(f"delete the {message.channel} itself", code=INVALID_STATE)
    if message.status in (MessageStatus.SCHEDULED, MessageStatus.QUEUED):
        raise DomainError("it is still to be sent", code=INVALID_STATE)
    blank_message(tx, message)
    record(tx, account_id, "message.deleted", _target(message))
    tx.emit(Event(account_id, "message.deleted", message_id, {"conversation_id": message.conversation_id}))


def expire_messages(tx: WriteTx, account_id: str, before: int) -> int:
    """Erase one batch of messages and notes written up to then; returns how many. For the schedule."""
    rows = tx.all(_EXPIRED, {"account_id": account_id, "before": before})
    for row in rows:
        message = lock_message(tx, account_id, row.id)
        blank_message(tx, message)
        told = {"conversation_id": message.conversation_id}
        tx.emit(Event(account_id, "message.deleted", message.id, told))
    return len(rows)


def _target(message: Message) -> Target:
    return Target("message", message.id, message.channel.value)


def blank_message(tx: WriteTx, message: Message) -> None:
    """Erase what a message holds and take it out of its thread."""
    account_id = message.account_id
    parameters = {"p_account": account_id, "p_id": message.id}
    values: dict[str, Any] = {
        "body": "",
        "search_text": HEAD_END,
        "content": None,
        "subject": None,
        "html": None,
        "metadata": None,
        "deleted_at": tx.now,
    }
    if message.channel in WRITTEN:
        values["erased_at"] = tx.now
    update_message(tx, account_id, message.id, values)
    tx.execute(_DROP_MEDIA, {**parameters, "p_now": tx.now})
    for key in {item.object_key for item in message.media} - {None}:
        owned = {"account_id": account_id, "object_key": key}
        if tx.scalar(_STILL_USED, owned) is None:
            tx.execute(_DROP_FILE, {"p_account": account_id, "p_key": key, "p_now": tx.now})
            delete_object(tx, str(key))
    tx.execute(_FORGET, parameters)
    if message.status not in UNSENT:
        add_to_counter(tx, account_id, counter_name(message.channel), -1)
    try:
        conversation = lock_conversation(tx, account_id, message.conversation_id)
    except NotFoundError:
        return
    refresh_conversation(tx, conversation)
