"""Writes of conversations: messages received, sent and noted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from antiphon.carriers.port import media_limit
from antiphon.core.clock import DAY
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import DomainError
from antiphon.core.events import Event
from antiphon.core.ids import new_id
from antiphon.core.media_types import UNKNOWN
from antiphon.core.phones import E164
from antiphon.domain.accounts.queries import list_people
from antiphon.domain.contacts.commands import resolve_contact, touch_contact
from antiphon.domain.contacts.queries import find_contact_by_address, get_contact
from antiphon.domain.contacts.records import Contact, Source
from antiphon.domain.conversations.consent import check_consent, quiet_end
from antiphon.domain.conversations.delivery import find_known
from antiphon.domain.conversations.errors import UnknownSenderError
from antiphon.domain.conversations.inbox import list_followers
from antiphon.domain.conversations.keywords import obey_keywords
from antiphon.domain.conversations.placeholders import fill_texts
from antiphon.domain.conversations.queries import get_message
from antiphon.domain.conversations.records import (
    ANSWER,
    CARRIED,
    Attachment,
    Channel,
    Conversation,
    Direction,
    InboundMessage,
    MediaStatus,
    Message,
    MessageKind,
    MessageStatus,
    OutboundMail,
    OutboundMessage,
    Purpose,
    RemoteFile,
    StoredFile,
)
from antiphon.domain.conversations.rows import (
    OWN_CONVERSATION,
    author_of,
    ensure_conversation,
    insert_message,
    lock_conversation,
    note_message,
)
from antiphon.domain.conversations.segments import count_segments
from antiphon.domain.conversations.snapshot import snapshot
from antiphon.domain.conversations.tables import conversations, media
from antiphon.domain.conversations.unsubscribe import check_postal_address
from antiphon.domain.numbers.queries import get_own_number
from antiphon.domain.numbers.records import Number

MAX_BODY = 1600
MAX_ATTACHED_BYTES = 25 * 1024 * 1024
MAX_MAIL_BODY = 200_000
MAX_NOTE = 20_000
MAX_SUBJECT = 500
MAX_AHEAD_MS = 365 * DAY
MAIL_CARRIER = "smtp"


def receive_message(tx: WriteTx, account_id: str, incoming: InboundMessage) -> Message:
    """Store a delivered message once; the event follows when its attachments are settled.

    The contact is found or made, opt-out words are obeyed (contracts/votel.md 9).
    """
    known = find_known(tx, account_id, incoming.carrier, incoming.carrier_message_id)
    if known is not None:
        return get_message(tx, account_id, known)
    source = Source.WHATSAPP if incoming.channel is Channel.WHATSAPP else Source.PHONE
    contact = resolve_contact(
        tx, account_id, phone=incoming.from_address, name=incoming.name, source=source.value
    )
    # The contact's row is locked from here on, so that two first messages share one conversation.
    touch_contact(tx, account_id, contact.id, 1, tx.now)
    conversation = ensure_conversation(tx, account_id, contact.id)
    if incoming.channel is Channel.WHATSAPP:
        kind = MessageKind.WHATSAPP
    else:
        kind = MessageKind.MMS if incoming.media else MessageKind.SMS
    at = tx.now if incoming.at is None else min(incoming.at, tx.now)
    message_id = insert_message(
        tx,
        account_id,
        contact.name,
        conversation_id=conversation.id,
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
        body=_clean(incoming.body),
        content=_encode(incoming.content),
        message_type=incoming.message_type,
        is_from_bot=False,
        author_kind="lead",
        source="inbound",
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
                "filename": _clean(item.filename),
                "size": 0,
                "caption": None if item.caption is None else _clean(item.caption),
                "status": MediaStatus.PENDING.value,
                "created_at": tx.now,
            },
        )
        tx.enqueue(
            "messages.fetch_media",
            {"account_id": account_id, "media_id": media_id},
            key=f"messages.fetch_media:{media_id}",
        )
    message = note_message(tx, conversation, message_id, unread=True)
    answer = obey_keywords(tx, account_id, incoming)
    if not incoming.media:
        tx.emit(Event(account_id, "message.received", message_id, snapshot(message, tx.now)))
    if answer is not None:
        _answer_keyword(tx, account_id, contact, incoming, message_id, answer)
    return message


def _clean(text: str) -> str:
    """Without NUL characters, which PostgreSQL cannot hold."""
    return text.replace("\0", "")


def _answer_keyword(
    tx: WriteTx, account_id: str, contact: Contact, incoming: InboundMessage, message_id: str, text: str
) -> None:
    is_whatsapp = incoming.channel is Channel.WHATSAPP
    _store_outbound(
        tx,
        account_id,
        contact,
        (),
        scheduled_at=None,
        channel=incoming.channel.value,
        kind=(MessageKind.WHATSAPP if is_whatsapp else MessageKind.SMS).value,
        carrier=incoming.number.carrier,
        number_id=incoming.number.id,
        from_address=incoming.number.e164,
        to_address=incoming.from_address,
        remote_address=incoming.from_address,
        body=text,
        message_type="text",
        is_from_bot=False,
        segments=None if is_whatsapp else count_segments(text),
        author_kind="system",
        source=ANSWER,
        source_id=message_id,
    )


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
    if not E164.fullmatch(outgoing.to):
        raise DomainError("is not a phone number", field="to")
    if outgoing.to == outgoing.from_number:
        raise DomainError("is the sending number itself", field="to")
    if outgoing.contact_id:
        contact: Contact | None = get_contact(tx, account_id, outgoing.contact_id)
    else:
        contact = find_contact_by_address(tx, account_id, "phone", outgoing.to)
    check_consent(
        tx,
        account_id,
        contact,
        outgoing.channel,
        outgoing.to,
        purpose=outgoing.purpose,
        is_personal=outgoing.is_personal,
    )
    has_content = outgoing.files or outgoing.content is not None
    if len(outgoing.body) > MAX_BODY or not (outgoing.body or has_content):
        raise DomainError(f"1 to {MAX_BODY} characters", field="message")
    check_sizes(number.carrier, outgoing.channel, outgoing.files)
    return number


def check_sizes(carrier: str, channel: Channel, files: Sequence[Attachment]) -> None:
    """Against our limit for all files and the carrier's own; of one not fetched yet the size is not known.

    Raises DomainError `too_large` on `attachments`.
    """
    stored = [file for file in files if isinstance(file, StoredFile)]
    total = sum(file.size for file in stored)
    if total > MAX_ATTACHED_BYTES:
        raise _too_large("in all", MAX_ATTACHED_BYTES)
    if channel not in CARRIED:
        return
    for file in stored:
        limit = media_limit(carrier, channel.value, file.content_type)
        # Carriers of text messages count all files of one together.
        if (total if channel is Channel.SMS else file.size) > limit:
            raise _too_large("for the carrier", limit)


def _too_large(what: str, limit: int) -> DomainError:
    return DomainError(f"more than {limit // 2**20} MiB {what}", field="attachments", code="too_large")


def send_message(tx: WriteTx, account_id: str, outgoing: OutboundMessage) -> Message:
    """Store a message and enqueue its hand-over, or wait for its time. Raises as `check_outbound`."""
    number = check_outbound(tx, account_id, outgoing)
    contact = _recipient(tx, account_id, outgoing)
    if outgoing.channel is Channel.WHATSAPP:
        kind = MessageKind.WHATSAPP
    else:
        kind = MessageKind.MMS if outgoing.files else MessageKind.SMS
    is_text = outgoing.channel is Channel.SMS
    return _store_outbound(
        tx,
        account_id,
        contact,
        outgoing.files,
        scheduled_at=outgoing.scheduled_at,
        members=outgoing.members,
        channel=outgoing.channel.value,
        kind=kind.value,
        carrier=number.carrier,
        number_id=number.id,
        from_address=outgoing.from_number,
        to_address=outgoing.to,
        remote_address=outgoing.to,
        body=outgoing.body,
        content=_encode(outgoing.content),
        message_type=outgoing.message_type,
        is_from_bot=outgoing.is_from_bot,
        segments=count_segments(outgoing.body) if is_text and outgoing.body else None,
        reply_to_message_id=outgoing.reply_to_message_id,
        metadata=outgoing.metadata,
        purpose=outgoing.purpose,
        fills=outgoing.fills,
        **author_of(tx, is_from_bot=outgoing.is_from_bot, user_id=outgoing.author_user_id),
    )


def _recipient(tx: WriteTx, account_id: str, outgoing: OutboundMessage) -> Contact:
    if outgoing.contact_id:
        return get_contact(tx, account_id, outgoing.contact_id)
    return resolve_contact(tx, account_id, phone=outgoing.to, name=outgoing.name, source=Source.MANUAL.value)


def send_mail(tx: WriteTx, account_id: str, mail: OutboundMail) -> Message:
    """As `send_message`, by mail. Raises OptedOutError; DomainError on `body`, `subject`."""
    contact = get_contact(tx, account_id, mail.contact_id)
    check_consent(
        tx,
        account_id,
        contact,
        Channel.EMAIL,
        mail.to,
        purpose=mail.purpose,
        is_personal=mail.is_personal,
    )
    if not 1 <= len(mail.body) <= MAX_MAIL_BODY:
        raise DomainError(f"1 to {MAX_MAIL_BODY} characters", field="body")
    check_sizes(MAIL_CARRIER, Channel.EMAIL, mail.files)
    if mail.purpose is Purpose.MARKETING:
        check_postal_address(tx, account_id)
    if len(mail.subject) > MAX_SUBJECT:
        raise DomainError(f"at most {MAX_SUBJECT} characters", field="subject")
    return _store_outbound(
        tx,
        account_id,
        contact,
        mail.files,
        scheduled_at=mail.scheduled_at,
        channel=Channel.EMAIL.value,
        kind=MessageKind.EMAIL.value,
        carrier=MAIL_CARRIER,
        from_address="",
        to_address=mail.to,
        remote_address=mail.to,
        body=mail.body,
        html=mail.html,
        subject=mail.subject,
        cc=_encode_list(mail.cc),
        bcc=_encode_list(mail.bcc),
        message_type="email",
        is_from_bot=False,
        reply_to_message_id=mail.reply_to_message_id,
        metadata=mail.metadata,
        purpose=mail.purpose,
        fills=mail.fills,
        **author_of(tx),
    )


def _store_outbound(
    tx: WriteTx,
    account_id: str,
    contact: Contact,
    files: Sequence[Attachment],
    *,
    scheduled_at: int | None,
    members: Sequence[str] = (),
    source: str,
    purpose: Purpose = Purpose.TRANSACTIONAL,
    fills: bool = False,
    **values: Any,
) -> Message:
    if scheduled_at is not None and scheduled_at > tx.now + MAX_AHEAD_MS:
        raise DomainError("at most 365 days ahead", field="scheduled_at")
    leaves_at = quiet_end(tx, account_id, contact, source, purpose, max(tx.now, scheduled_at or 0))
    waits = leaves_at > tx.now
    if fills and not waits:
        values |= filled_in(tx, account_id, contact, values)
    if not waits:
        touch_contact(tx, account_id, contact.id, 1, tx.now)
    conversation = ensure_conversation(tx, account_id, contact.id)
    message_id = insert_message(
        tx,
        account_id,
        contact.name,
        conversation_id=conversation.id,
        contact_id=contact.id,
        direction=Direction.OUTBOUND.value,
        status=(MessageStatus.SCHEDULED if waits else MessageStatus.QUEUED).value,
        scheduled_at=leaves_at if waits else None,
        source=source,
        purpose=purpose.value,
        **values,
    )
    _attach(tx, account_id, message_id, files)
    _add_members(tx, account_id, conversation.id, members)
    if waits:
        enqueue_release(tx, account_id, message_id, leaves_at)
        return get_message(tx, account_id, message_id)
    message = note_message(tx, conversation, message_id)
    enqueue_sending(tx, account_id, message_id)
    return message


def filled_in(tx: ReadTx, account_id: str, contact: Contact, values: Mapping[str, Any]) -> dict[str, Any]:
    """A message's texts, by their columns, with placeholders filled in. Raises DomainError on `body`."""
    body, subject, html = fill_texts(
        tx,
        account_id,
        contact,
        values.get("author_user_id"),
        body=values["body"],
        subject=values.get("subject"),
        html=values.get("html"),
    )
    if body == values["body"] and (subject, html) == (values.get("subject"), values.get("html")):
        return {}
    channel = values["channel"]
    limit = MAX_MAIL_BODY if channel == Channel.EMAIL else MAX_BODY
    if not 1 <= len(body) <= limit:
        raise DomainError(f"1 to {limit} characters with its placeholders filled in", field="body")
    found: dict[str, Any] = {"body": body}
    if channel == Channel.EMAIL:
        found |= {"subject": None if subject is None else subject[:MAX_SUBJECT], "html": html}
    if channel == Channel.SMS:
        found["segments"] = count_segments(body)
    return found


def enqueue_sending(tx: WriteTx, account_id: str, message_id: str) -> None:
    tx.enqueue(
        "messages.send",
        {"account_id": account_id, "message_id": message_id},
        key=f"messages.send:{message_id}",
    )


def enqueue_release(tx: WriteTx, account_id: str, message_id: str, scheduled_at: int) -> None:
    tx.enqueue(
        "messages.release",
        {"account_id": account_id, "message_id": message_id},
        key=f"messages.release:{message_id}:{scheduled_at}",
        delay_ms=max(0, scheduled_at - tx.now),
    )


def _attach(tx: WriteTx, account_id: str, message_id: str, files: Sequence[Attachment]) -> None:
    for position, file in enumerate(files):
        if isinstance(file, RemoteFile):
            values = {
                "source_url": file.url,
                "content_type": UNKNOWN,
                "size": 0,
                "status": MediaStatus.PENDING.value,
            }
        else:
            values = {
                "object_key": file.object_key,
                "content_type": file.content_type,
                "size": file.size,
                "status": MediaStatus.STORED.value,
            }
        tx.execute(
            media.insert(),
            {
                "id": new_id(),
                "account_id": account_id,
                "message_id": message_id,
                "position": position,
                "filename": file.filename,
                "created_at": tx.now,
                **values,
            },
        )


def add_note(
    tx: WriteTx, account_id: str, conversation: Conversation, body: str, metadata: dict[str, Any]
) -> Message:
    """A note of the account's people, which never leaves; emits `message.note_added`.

    Raises DomainError on `body`.
    """
    if not 1 <= len(body) <= MAX_NOTE:
        raise DomainError(f"1 to {MAX_NOTE} characters", field="body")
    conversation = lock_conversation(tx, account_id, conversation.id)
    message_id = insert_message(
        tx,
        account_id,
        None if conversation.contact is None else conversation.contact.name,
        conversation_id=conversation.id,
        contact_id=conversation.contact_id,
        channel=Channel.NOTE.value,
        kind=MessageKind.NOTE.value,
        direction=Direction.INTERNAL.value,
        status=MessageStatus.SENT.value,
        carrier="",
        from_address="",
        to_address="",
        remote_address="",
        body=body,
        message_type="note",
        is_from_bot=False,
        sent_at=tx.now,
        metadata=metadata,
        **author_of(tx),
    )
    message = note_message(tx, conversation, message_id)
    mentions = _mentioned(tx, account_id, body)
    data = {**snapshot(message, tx.now), "mentions": mentions}
    tx.emit(Event(account_id, "message.note_added", message_id, data))
    return message


def _mentioned(tx: WriteTx, account_id: str, body: str) -> list[str]:
    """The people whose name or the part of their address before the @ stands after an @."""
    text = body.casefold()
    if "@" not in text:
        return []
    return [
        person.id
        for person in list_people(tx, account_id)
        if any(
            word and re.search(rf"@{re.escape(word)}(?!\w)", text)
            for word in (person.name.casefold(), person.email.partition("@")[0].casefold())
        )
    ]


def _add_members(tx: WriteTx, account_id: str, conversation_id: str, emails: Sequence[str]) -> None:
    if not emails:
        return
    wanted = {email.strip().lower() for email in emails}
    known = list_followers(tx, account_id, conversation_id)
    found = [person.id for person in list_people(tx, account_id) if person.email in wanted]
    added = list(dict.fromkeys([*known, *found]))
    if added != known:
        tx.execute(
            conversations.update().where(OWN_CONVERSATION).values(members=_encode_list(added)),
            {"p_account": account_id, "p_id": conversation_id},
        )


def _encode_list(items: Sequence[str]) -> str:
    return msgspec.json.encode(list(items)).decode()
