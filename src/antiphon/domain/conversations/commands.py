"""Writes of conversations: messages in and out, their states, their attachments."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, select, update

from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import DomainError
from antiphon.core.events import Event
from antiphon.core.ids import new_id
from antiphon.domain.accounts.account_settings import get_stop_words, plain_word
from antiphon.domain.accounts.commands import add_to_counter
from antiphon.domain.accounts.queries import list_people
from antiphon.domain.contacts.commands import lift_suppression, resolve_contact, suppress, touch_contact
from antiphon.domain.contacts.queries import is_suppressed
from antiphon.domain.contacts.records import Source
from antiphon.domain.conversations.errors import OptedOutError, UnknownSenderError
from antiphon.domain.conversations.queries import (
    counter_name,
    find_conversation,
    get_media,
    get_message,
    is_window_open,
)
from antiphon.domain.conversations.records import (
    Channel,
    Direction,
    InboundMessage,
    Media,
    MediaStatus,
    Message,
    MessageKind,
    MessageStatus,
    OutboundMessage,
)
from antiphon.domain.conversations.search import search_text
from antiphon.domain.conversations.snapshot import snapshot
from antiphon.domain.conversations.tables import conversations, media, messages
from antiphon.domain.numbers.queries import get_own_number
from antiphon.domain.numbers.records import Number

MAX_BODY = 1600
ERROR_LENGTH = 300
OUTCOME_UNKNOWN = "outcome_unknown"
WINDOW_CLOSED = "window_closed"
OPTED_OUT = "opted_out"
KEYWORD = "keyword"
STOP_WORDS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
START_WORDS = frozenset({"start", "unstop"})
TEMPLATE = "template"

_ORDER = [MessageStatus.QUEUED, MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ]
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_KNOWN = select(messages.c.id).where(
    messages.c.account_id == bindparam("account_id"),
    messages.c.carrier == bindparam("carrier"),
    messages.c.carrier_message_id == bindparam("carrier_message_id"),
)
# The row is locked, so that states told at the same moment meet one after the other.
_LOCK = (
    select(messages.c.carrier_message_id)
    .where(messages.c.account_id == bindparam("account_id"), messages.c.id == bindparam("id"))
    .with_for_update()
)
_OWN_MESSAGE = (messages.c.account_id == bindparam("p_account")) & (messages.c.id == bindparam("p_id"))
_OWN_CONVERSATION = (conversations.c.account_id == bindparam("p_account")) & (
    conversations.c.id == bindparam("p_id")
)
_OWN_MEDIA = (media.c.account_id == bindparam("p_account")) & (media.c.id == bindparam("p_id"))
_MEMBERS = select(conversations.c.members).where(
    conversations.c.account_id == bindparam("account_id"), conversations.c.id == bindparam("id")
)
_TOUCH = (
    conversations.update()
    .where(_OWN_CONVERSATION)
    .values(last_message_at=bindparam("p_now"), updated_at=bindparam("p_now"))
)
_TOUCH_INBOUND = (
    conversations.update()
    .where(_OWN_CONVERSATION)
    .values(
        last_message_at=bindparam("p_now"),
        last_inbound_at=bindparam("p_now"),
        updated_at=bindparam("p_now"),
        is_unread=True,
        status="open",
    )
)


def receive_message(tx: WriteTx, account_id: str, incoming: InboundMessage) -> Message:
    """Store a delivered message once; the event follows when its attachments are settled.

    The contact is found or made, opt-out words are obeyed (contracts/votel.md 9).
    """
    known = _find_known(tx, account_id, incoming.carrier, incoming.carrier_message_id)
    if known is not None:
        return get_message(tx, account_id, known)
    source = Source.WHATSAPP if incoming.channel is Channel.WHATSAPP else Source.PHONE
    contact = resolve_contact(
        tx, account_id, phone=incoming.from_address, name=incoming.name, source=source.value
    )
    # The contact's row is locked from here on, so that two first messages share one conversation.
    touch_contact(tx, account_id, contact.id, 1, tx.now)
    conversation_id = _ensure_conversation(tx, account_id, contact.id)
    if incoming.channel is Channel.WHATSAPP:
        kind = MessageKind.WHATSAPP
    else:
        kind = MessageKind.MMS if incoming.media else MessageKind.SMS
    at = tx.now if incoming.at is None else min(incoming.at, tx.now)
    message_id = _insert(
        tx,
        account_id,
        contact.name,
        conversation_id=conversation_id,
        contact_id=contact.id,
        channel=incoming.channel.value,
        kind=kind.value,
        direction=Direction.INBOUND.value,
        status=MessageStatus.DELIVERED.value,
        carrier=incoming.carrier,
        carrier_message_id=incoming.carrier_message_id,
        number_id=incoming.number.id,
        from_address=incoming.from_address,
        to_address=incoming.number.e164,
        remote_address=incoming.from_address,
        body=incoming.body.replace("\0", ""),  # which PostgreSQL cannot hold
        content=_encode(incoming.content),
        message_type=incoming.message_type,
        is_from_bot=False,
        sent_at=at,
        delivered_at=at,
    )
    for position, item in enumerate(incoming.media):
        media_id = new_id()
        tx.execute(
            media.insert(),
            {
                "id": media_id,
                "account_id": account_id,
                "message_id": message_id,
                "position": position,
                "source_url": item.source_url,
                "carrier_media_id": item.carrier_media_id,
                "content_type": item.content_type,
                "filename": item.filename,
                "size": 0,
                "caption": item.caption,
                "status": MediaStatus.PENDING.value,
                "created_at": tx.now,
            },
        )
        tx.enqueue(
            "messages.fetch_media",
            {"account_id": account_id, "media_id": media_id},
            key=f"messages.fetch_media:{media_id}",
        )
    tx.execute(_TOUCH_INBOUND, {"p_account": account_id, "p_id": conversation_id, "p_now": tx.now})
    _obey_keywords(tx, account_id, incoming)
    message = get_message(tx, account_id, message_id)
    if not incoming.media:
        tx.emit(Event(account_id, "message.received", message_id, snapshot(message, tx.now)))
    return message


def keyword_of(body: str, own_stop_words: Collection[str] = ()) -> str | None:
    """`stop` or `start` when the whole text is such a word, case and punctuation ignored."""
    word = plain_word(body)
    if word in STOP_WORDS or word in own_stop_words:
        return "stop"
    return "start" if word in START_WORDS else None


def _obey_keywords(tx: WriteTx, account_id: str, incoming: InboundMessage) -> None:
    meaning = incoming.opt_out or keyword_of(incoming.body, get_stop_words(tx, account_id))
    if meaning == "stop":
        suppress(tx, account_id, incoming.channel.value, incoming.from_address, KEYWORD)
    elif meaning == "start":
        lift_suppression(tx, account_id, incoming.channel.value, incoming.from_address)


def _find_known(tx: WriteTx, account_id: str, carrier: str, carrier_message_id: str) -> str | None:
    parameters = {"account_id": account_id, "carrier": carrier, "carrier_message_id": carrier_message_id}
    found: str | None = tx.scalar(_KNOWN, parameters)
    return found


def _ensure_conversation(tx: WriteTx, account_id: str, contact_id: str) -> str:
    found = find_conversation(tx, account_id, contact_id)
    if found is not None:
        return found
    conversation_id = new_id()
    tx.execute(
        conversations.insert(),
        {
            "id": conversation_id,
            "account_id": account_id,
            "contact_id": contact_id,
            "status": "open",
            "is_unread": False,
            "is_starred": False,
            "members": "[]",
            "created_at": tx.now,
            "updated_at": tx.now,
        },
    )
    return conversation_id


def _insert(tx: WriteTx, account_id: str, name: str | None, **values: Any) -> str:
    message_id = new_id()
    tx.execute(
        messages.insert(),
        {
            "id": message_id,
            "account_id": account_id,
            "created_at": tx.now,
            "search_text": search_text(name, values["body"], values["from_address"], values["to_address"]),
            **values,
        },
    )
    add_to_counter(tx, account_id, counter_name(Channel(values["channel"])), 1)
    return message_id


def _encode(content: dict[str, Any] | None) -> str | None:
    return None if content is None else msgspec.json.encode(content).decode()


def check_outbound(tx: ReadTx, account_id: str, outgoing: OutboundMessage) -> Number:
    """The sending number of a message that may be sent (contracts/vocatech.md 5.3).

    Raises UnknownSenderError on `from`; OptedOutError and DomainError on `to`; DomainError on `message`.
    """
    number = get_own_number(tx, account_id, outgoing.from_number)
    if number is None:
        raise UnknownSenderError("is not a number of this account", field="from")
    if not (number.whatsapp if outgoing.channel is Channel.WHATSAPP else number.sms):
        raise UnknownSenderError("is not enabled for this platform", field="from")
    if not _E164.fullmatch(outgoing.to):
        raise DomainError("is not a phone number", field="to")
    if outgoing.to == outgoing.from_number:
        raise DomainError("is the sending number itself", field="to")
    if is_suppressed(tx, account_id, outgoing.channel.value, outgoing.to):
        raise OptedOutError("has opted out", field="to")
    has_content = outgoing.files or outgoing.content is not None
    if len(outgoing.body) > MAX_BODY or not (outgoing.body or has_content):
        raise DomainError(f"1 to {MAX_BODY} characters", field="message")
    return number


def send_message(tx: WriteTx, account_id: str, outgoing: OutboundMessage) -> Message:
    """Store a message as `queued` and enqueue its hand-over. Raises as `check_outbound`."""
    number = check_outbound(tx, account_id, outgoing)
    contact = resolve_contact(
        tx, account_id, phone=outgoing.to, name=outgoing.name, source=Source.MANUAL.value
    )
    touch_contact(tx, account_id, contact.id, 1, tx.now)
    conversation_id = _ensure_conversation(tx, account_id, contact.id)
    if outgoing.channel is Channel.WHATSAPP:
        kind = MessageKind.WHATSAPP
    else:
        kind = MessageKind.MMS if outgoing.files else MessageKind.SMS
    message_id = _insert(
        tx,
        account_id,
        contact.name,
        conversation_id=conversation_id,
        contact_id=contact.id,
        channel=outgoing.channel.value,
        kind=kind.value,
        direction=Direction.OUTBOUND.value,
        status=MessageStatus.QUEUED.value,
        carrier=number.carrier,
        number_id=number.id,
        from_address=outgoing.from_number,
        to_address=outgoing.to,
        remote_address=outgoing.to,
        body=outgoing.body,
        content=_encode(outgoing.content),
        message_type=outgoing.message_type,
        is_from_bot=outgoing.is_from_bot,
        author_user_id=outgoing.author_user_id,
    )
    for position, file in enumerate(outgoing.files):
        tx.execute(
            media.insert(),
            {
                "id": new_id(),
                "account_id": account_id,
                "message_id": message_id,
                "position": position,
                "object_key": file.object_key,
                "content_type": file.content_type,
                "filename": file.filename,
                "size": file.size,
                "status": MediaStatus.STORED.value,
                "created_at": tx.now,
            },
        )
    tx.execute(_TOUCH, {"p_account": account_id, "p_id": conversation_id, "p_now": tx.now})
    _add_members(tx, account_id, conversation_id, outgoing.members)
    tx.enqueue(
        "messages.send",
        {"account_id": account_id, "message_id": message_id},
        key=f"messages.send:{message_id}",
    )
    return get_message(tx, account_id, message_id)


def _add_members(tx: WriteTx, account_id: str, conversation_id: str, emails: Sequence[str]) -> None:
    if not emails:
        return
    wanted = {email.strip().lower() for email in emails}
    known: list[str] = msgspec.json.decode(
        tx.scalar(_MEMBERS, {"account_id": account_id, "id": conversation_id})
    )
    found = [person.id for person in list_people(tx, account_id) if person.email in wanted]
    added = list(dict.fromkeys([*known, *found]))
    if added != known:
        tx.execute(
            conversations.update().where(_OWN_CONVERSATION).values(members=_encode_list(added)),
            {"p_account": account_id, "p_id": conversation_id},
        )


def _encode_list(items: list[str]) -> str:
    return msgspec.json.encode(items).decode()


def begin_hand_over(tx: WriteTx, account_id: str, message_id: str, *, is_idempotent: bool) -> Message | None:
    """Mark the hand-over as begun; the commit must come before the request. None: nothing is to be sent.

    One that was begun before and never told its outcome fails, unless the carrier takes a repetition for
    the same message: nothing is ever sent twice. Raises NotFoundError.
    """
    tx.first(_LOCK, {"account_id": account_id, "id": message_id})
    message = get_message(tx, account_id, message_id)
    if message.status is not MessageStatus.QUEUED:
        return None
    if message.hand_over_started_at is not None and not is_idempotent:
        fail_message(
            tx, account_id, message_id, OUTCOME_UNKNOWN, "The hand-over to the carrier was interrupted"
        )
        return None
    if is_suppressed(tx, account_id, message.channel.value, message.to_address):
        fail_message(tx, account_id, message_id, OPTED_OUT, "The recipient has opted out")
        return None
    if (
        message.channel is Channel.WHATSAPP
        and message.message_type != TEMPLATE
        and not is_window_open(tx, account_id, message.from_address, message.to_address)
    ):
        fail_message(
            tx, account_id, message_id, WINDOW_CLOSED, "The recipient has not written within 24 hours"
        )
        return None
    _update(tx, account_id, message_id, {"hand_over_started_at": tx.now})
    return message


def withdraw_hand_over(tx: WriteTx, account_id: str, message_id: str) -> None:
    """The carrier has certainly not taken the message: it may be handed over again."""
    tx.execute(
        update(messages)
        .where(_OWN_MESSAGE, messages.c.status == MessageStatus.QUEUED.value)
        .values(hand_over_started_at=None),
        {"p_account": account_id, "p_id": message_id},
    )


def complete_hand_over(
    tx: WriteTx, account_id: str, message_id: str, carrier_message_id: str, status: MessageStatus
) -> None:
    """The carrier has taken the message; `message.sent` commits with the status `sent`."""
    apply_status(tx, account_id, status, tx.now, message_id=message_id, carrier_message_id=carrier_message_id)


def fail_message(tx: WriteTx, account_id: str, message_id: str, code: str, error: str) -> None:
    apply_status(
        tx, account_id, MessageStatus.FAILED, tx.now, message_id=message_id, error_code=code, error=error
    )


def apply_status(
    tx: WriteTx,
    account_id: str,
    status: MessageStatus,
    at: int,
    *,
    message_id: str | None = None,
    carrier: str | None = None,
    carrier_message_id: str | None = None,
    error_code: str | None = None,
    error: str | None = None,
) -> bool:
    """Move an outbound message forward, never back; false when the message is not known.

    It is found by the carrier's id, else by ours. A failure is final, but for one whose outcome was unknown.
    """
    known = None
    if carrier is not None and carrier_message_id is not None:
        known = _find_known(tx, account_id, carrier, carrier_message_id)
    found = known or message_id
    if found is None:
        return False
    row = tx.first(_LOCK, {"account_id": account_id, "id": found})
    if row is None or (carrier_message_id and row.carrier_message_id not in (None, carrier_message_id)):
        return False
    message = get_message(tx, account_id, found)
    if message.direction is Direction.INBOUND or (carrier is not None and carrier != message.carrier):
        return False
    values: dict[str, Any] = {}
    if carrier_message_id is not None and row.carrier_message_id is None:
        values["carrier_message_id"] = carrier_message_id
    moves = _moves(message, status)
    if moves:
        values["status"] = status.value
    if status is MessageStatus.FAILED:
        if moves or message.error_code == OUTCOME_UNKNOWN:
            values |= {
                "failed_at": message.failed_at or tx.now,
                "error_code": error_code,
                "error": None if error is None else error[:ERROR_LENGTH],
            }
    elif moves or message.status is not MessageStatus.FAILED:
        values |= _times(message, status, min(at, tx.now))
        if message.status is MessageStatus.FAILED:
            values |= {"failed_at": None, "error_code": None, "error": None}
    if values:
        _update(tx, account_id, found, values)
    if moves:
        _announce(tx, account_id, message, status)
    return True


def _moves(message: Message, status: MessageStatus) -> bool:
    if message.status is MessageStatus.FAILED:
        return message.error_code == OUTCOME_UNKNOWN and status is not MessageStatus.FAILED
    if status is MessageStatus.FAILED:
        return message.status in (MessageStatus.QUEUED, MessageStatus.SENT)
    return _ORDER.index(status) > _ORDER.index(message.status)


def _times(message: Message, status: MessageStatus, at: int) -> dict[str, Any]:
    """The moments that the status tells of and that are not known yet."""
    rank = _ORDER.index(status)
    known = {"sent_at": message.sent_at, "delivered_at": message.delivered_at, "read_at": message.read_at}
    return {name: at for name, value in list(known.items())[:rank] if value is None}


def _announce(tx: WriteTx, account_id: str, before: Message, status: MessageStatus) -> None:
    message = get_message(tx, account_id, before.id)
    if before.sent_at is None and status is not MessageStatus.FAILED:
        sent = snapshot(message, tx.now, MessageStatus.SENT)
        tx.emit(Event(account_id, "message.sent", message.id, sent))
    if status is not MessageStatus.SENT:
        tx.emit(Event(account_id, "message.status_updated", message.id, snapshot(message, tx.now)))


def _update(tx: WriteTx, account_id: str, message_id: str, values: dict[str, Any]) -> None:
    tx.execute(
        update(messages).where(_OWN_MESSAGE).values(**values),
        {"p_account": account_id, "p_id": message_id},
    )


def store_media(
    tx: WriteTx, account_id: str, media_id: str, *, object_key: str, content_type: str, size: int
) -> None:
    """The attachment is stored; the last one of a message announces it. Raises NotFoundError."""
    item = get_media(tx, account_id, media_id)
    _settle(
        tx,
        item,
        {
            "object_key": object_key,
            "content_type": content_type,
            "size": size,
            "status": MediaStatus.STORED.value,
            "source_url": None,
        },
    )


def fail_media(tx: WriteTx, account_id: str, media_id: str) -> None:
    """The attachment cannot be had; the message is announced without it. Raises NotFoundError."""
    _settle(tx, get_media(tx, account_id, media_id), {"status": MediaStatus.FAILED.value})


def _settle(tx: WriteTx, item: Media, values: dict[str, Any]) -> None:
    tx.first(_LOCK, {"account_id": item.account_id, "id": item.message_id})
    if get_media(tx, item.account_id, item.id).status is not MediaStatus.PENDING:
        return
    tx.execute(
        update(media).where(_OWN_MEDIA).values(**values), {"p_account": item.account_id, "p_id": item.id}
    )
    message = get_message(tx, item.account_id, item.message_id)
    if all(other.status is not MediaStatus.PENDING for other in message.media):
        tx.emit(Event(item.account_id, "message.received", message.id, snapshot(message, tx.now)))


def mark_read(tx: WriteTx, account_id: str, conversation_id: str) -> None:
    """A user has opened the conversation: its inbound messages are read (contracts/vocatech.md 5.2)."""
    tx.execute(
        update(messages)
        .where(
            messages.c.account_id == account_id,
            messages.c.conversation_id == conversation_id,
            messages.c.direction == Direction.INBOUND.value,
            messages.c.status == MessageStatus.DELIVERED.value,
        )
        .values(status=MessageStatus.READ.value, read_at=tx.now)
    )
    tx.execute(
        conversations.update().where(_OWN_CONVERSATION).values(is_unread=False),
        {"p_account": account_id, "p_id": conversation_id},
    )
