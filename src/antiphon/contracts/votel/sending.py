"""From a send body to what the domain sends (contracts/votel.md 1.2)."""

from __future__ import annotations

from dataclasses import dataclass

from antiphon.carriers.port import whatsapp_type
from antiphon.contracts.votel.errors import invalid
from antiphon.contracts.votel.schemas import parse_email
from antiphon.contracts.votel.schemas_conversations import MessageCreate
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.destinations import parse_destination
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.core.http import HttpFailure
from antiphon.core.ids import is_uuid
from antiphon.core.phones import normalise_phone
from antiphon.domain.accounts.queries import get_account
from antiphon.domain.contacts.commands import resolve_contact
from antiphon.domain.contacts.queries import find_contact_by_address, get_contact
from antiphon.domain.contacts.records import Contact, Source
from antiphon.domain.conversations.commands import (
    MAIL_CARRIER,
    add_note,
    check_outbound,
    check_sizes,
    send_mail,
    send_message,
)
from antiphon.domain.conversations.consent import check_consent
from antiphon.domain.conversations.files import get_file
from antiphon.domain.conversations.inbox import find_conversation_id
from antiphon.domain.conversations.queries import get_message, is_window_open
from antiphon.domain.conversations.records import (
    Attachment,
    Channel,
    Message,
    OutboundMail,
    OutboundMessage,
    Purpose,
    RemoteFile,
    StoredFile,
)
from antiphon.domain.conversations.remote_files import filename_of
from antiphon.domain.conversations.routes import NO_CHANNEL, choose_address, choose_number
from antiphon.domain.conversations.rows import ensure_conversation
from antiphon.domain.conversations.unsubscribe import check_postal_address
from antiphon.domain.services import Services

_BODY_FIELDS = {"message": "body"}


@dataclass(frozen=True, slots=True)
class Draft:
    """What to send, to a lead or to an address."""

    body: MessageCreate
    is_personal: bool
    lead_id: str | None = None
    to: str | None = None

    @property
    def channel(self) -> Channel:
        return Channel(self.body.channel)

    @property
    def leaves(self) -> bool:
        """Whether it goes out: a note does not."""
        return self.channel is not Channel.NOTE


def check_draft(tx: ReadTx, account_id: str, draft: Draft) -> None:
    """Everything that would refuse it, before it counts. Raises ApiError, DomainError."""
    if draft.leaves:
        _compose(tx, account_id, draft, _known_recipient(tx, account_id, draft))
    elif not draft.body.body:
        raise invalid("body", "required", "required")


def send_draft(tx: WriteTx, account_id: str, draft: Draft) -> Message:
    """Raises as `check_draft`."""
    contact = _recipient(tx, account_id, draft)
    if not draft.leaves:
        conversation = ensure_conversation(tx, account_id, contact.id)
        return add_note(tx, account_id, conversation, draft.body.body, draft.body.metadata)
    composed = _compose(tx, account_id, draft, contact)
    if isinstance(composed, OutboundMail):
        return send_mail(tx, account_id, composed)
    return send_message(tx, account_id, composed)


def _address(tx: ReadTx, account_id: str, draft: Draft) -> tuple[str, str]:
    """The kind and value of the address that was given."""
    given = draft.to or ""
    if draft.channel is Channel.EMAIL:
        try:
            return "email", parse_email(given)
        except ValueError:
            raise invalid("to", "not an email address") from None
    number = normalise_phone(given, get_account(tx, account_id).country)
    if number is None:
        raise invalid("to", "not a phone number")
    return "phone", number


def _known_recipient(tx: ReadTx, account_id: str, draft: Draft) -> Contact:
    """The contact, or what a new one of this address would be."""
    if draft.lead_id is not None:
        return get_contact(tx, account_id, draft.lead_id)
    kind, value = _address(tx, account_id, draft)
    found = find_contact_by_address(tx, account_id, kind, value)
    if found is not None:
        return found
    phones, emails = ((value,), ()) if kind == "phone" else ((), (value,))
    return Contact(
        "", 0, account_id, "", "", "", Source.MANUAL, {}, (), phones, emails, 0, None, tx.now, tx.now
    )


def _recipient(tx: WriteTx, account_id: str, draft: Draft) -> Contact:
    if draft.lead_id is not None:
        return get_contact(tx, account_id, draft.lead_id)
    kind, value = _address(tx, account_id, draft)
    if kind == "email":
        return resolve_contact(tx, account_id, email=value, source=Source.MANUAL)
    return resolve_contact(tx, account_id, phone=value, source=Source.MANUAL)


def _compose(tx: ReadTx, account_id: str, draft: Draft, contact: Contact) -> OutboundMessage | OutboundMail:
    body, channel = draft.body, draft.channel
    if channel is Channel.WEBCHAT:
        raise invalid("channel", "no web chat", NO_CHANNEL)
    if body.template_id is not None:
        raise invalid("template_id", "no such template")
    _check_reply(tx, account_id, body, contact)
    files = _files(tx, account_id, body.attachments)
    if channel is Channel.EMAIL:
        if body.sender is not None or body.channel_id is not None:
            raise invalid("from", "no such mailbox", NO_CHANNEL)
        if not body.body:
            raise invalid("body", "required", "required")
        check_sizes(MAIL_CARRIER, channel, files)
        if body.purpose == "marketing":
            check_postal_address(tx, account_id)
        mail = OutboundMail(
            contact_id=contact.id,
            to=_own(draft, choose_address(tx, account_id, contact), contact.emails),
            subject=body.subject or "",
            body=body.body,
            html=body.html,
            cc=tuple(body.cc),
            bcc=tuple(body.bcc),
            files=files,
            scheduled_at=body.scheduled_at,
            reply_to_message_id=body.reply_to_message_id,
            metadata=body.metadata,
            purpose=Purpose(body.purpose),
            is_personal=draft.is_personal,
            fills=True,
        )
        check_consent(
            tx,
            account_id,
            contact,
            channel,
            mail.to,
            purpose=mail.purpose,
            is_personal=mail.is_personal,
        )
        return mail
    for name in ("html", "subject", "cc", "bcc"):
        if getattr(body, name):
            raise invalid(name, "only of an email")
    number, to = choose_number(tx, account_id, contact, channel, body.sender or body.channel_id)
    if draft.to is not None:
        to = _address(tx, account_id, draft)[1]
    outgoing = OutboundMessage(
        channel=channel,
        from_number=number.e164,
        to=to,
        body=body.body,
        files=files,
        message_type=_message_type(channel, files),
        contact_id=contact.id,
        scheduled_at=body.scheduled_at,
        reply_to_message_id=body.reply_to_message_id,
        metadata=body.metadata,
        purpose=Purpose(body.purpose),
        is_personal=draft.is_personal,
        fills=True,
    )
    try:
        check_outbound(tx, account_id, outgoing)
    except DomainError as error:
        error.field = _BODY_FIELDS.get(error.field, error.field)
        raise
    if channel is Channel.WHATSAPP and not is_window_open(tx, account_id, number.e164, to):
        raise invalid("channel", "the lead has not written within 24 hours", "window_closed")
    return outgoing


def _own(draft: Draft, chosen: str, known: tuple[str, ...]) -> str:
    """The address that was asked for, if it is one of the contact's."""
    wanted = (draft.to or "").strip().lower()
    return wanted if wanted in known else chosen


def _message_type(channel: Channel, files: tuple[Attachment, ...]) -> str:
    if channel is not Channel.WHATSAPP or not files:
        return "text"
    # What a file behind an address is, is known once it has been fetched.
    return whatsapp_type(files[0].content_type if isinstance(files[0], StoredFile) else "")


def _check_reply(tx: ReadTx, account_id: str, body: MessageCreate, contact: Contact) -> None:
    if body.reply_to_message_id is None:
        return
    try:
        message = get_message(tx, account_id, body.reply_to_message_id)
    except NotFoundError:
        message = None
    if message is None or message.conversation_id != find_conversation_id(tx, account_id, contact.id):
        raise invalid("reply_to_message_id", "not a message of this conversation")


def _files(tx: ReadTx, account_id: str, given: list[str]) -> tuple[Attachment, ...]:
    """Uploaded files by their ids, others by the addresses that `check_addresses` has let pass."""
    found: list[Attachment] = []
    for position, item in enumerate(given):
        if ":" in item:
            found.append(RemoteFile(item, filename_of(item)))
            continue
        try:
            if not is_uuid(item):
                raise NotFoundError
            file = get_file(tx, account_id, item.lower())
        except NotFoundError:
            raise invalid(f"attachments.{position}", "no such file") from None
        found.append(StoredFile(file.object_key, file.content_type, file.name, file.size))
    return tuple(found)


async def check_addresses(services: Services, attachments: list[str]) -> None:
    """Those that are addresses: https, and of hosts that may be asked. Raises ApiError."""
    for position, item in enumerate(attachments):
        if ":" not in item:
            continue
        field = f"attachments.{position}"
        try:
            destination = parse_destination(item, services.settings.allow_insecure_webhooks)
            await services.http.check_destination(destination.url)
        except DomainError as error:
            raise invalid(field, error.message) from error
        except HttpFailure as failure:
            raise invalid(field, "The host of the URL is not allowed") from failure
