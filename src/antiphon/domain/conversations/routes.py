"""By which number or address a message to a contact goes (contracts/votel.md 1.2)."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from antiphon.core.db.transaction import ReadTx
from antiphon.core.errors import DomainError
from antiphon.core.phones import normalise_phone
from antiphon.domain.accounts.queries import get_account
from antiphon.domain.contacts.queries import is_suppressed
from antiphon.domain.contacts.records import Contact
from antiphon.domain.conversations.errors import OptedOutError
from antiphon.domain.conversations.records import Channel, Direction
from antiphon.domain.conversations.tables import messages
from antiphon.domain.numbers.queries import list_numbers
from antiphon.domain.numbers.records import Number

NO_ADDRESS = "no_address"
NO_CHANNEL = "no_channel"

m = messages.c
_LAST_USED = (
    select(m.number_id, m.remote_address, m.direction)
    .where(
        m.account_id == bindparam("account_id"),
        m.contact_id == bindparam("contact_id"),
        m.channel == bindparam("channel"),
        m.number_id.is_not(None),
        m.deleted_at.is_(None),
    )
    .order_by(m.created_at.desc(), m.id.desc())
    .limit(1)
)


def choose_number(
    tx: ReadTx, account_id: str, contact: Contact, channel: Channel, wanted: str | None = None
) -> tuple[Number, str]:
    """The account's number to send from and the contact's number to send to.

    `wanted` is a number of the account or its id; without one the number last used with the contact, else
    the account's first. Raises DomainError `no_channel` (no such number, or none can), `no_address` (the
    contact has no phone), OptedOutError.
    """
    able = [
        number
        for number in list_numbers(tx, account_id)
        if (number.whatsapp if channel is Channel.WHATSAPP else number.sms)
    ]
    last = tx.first(
        _LAST_USED, {"account_id": account_id, "contact_id": contact.id, "channel": channel.value}
    )
    if wanted is not None:
        e164 = normalise_phone(wanted, get_account(tx, account_id).country)
        able = [number for number in able if wanted.lower() == number.id or e164 == number.e164]
        if not able:
            raise DomainError(
                f"no number of this account that can send {channel}", field="from", code=NO_CHANNEL
            )
    if not able:
        raise DomainError(f"no number can send {channel}", field="channel", code=NO_CHANNEL)
    if not contact.phones:
        raise DomainError("the contact has no phone number", field="channel", code=NO_ADDRESS)
    to = contact.phones[0]
    if last is not None:
        able.sort(key=lambda number: number.id != last.number_id)
        if last.remote_address in contact.phones and last.direction == Direction.INBOUND.value:
            to = last.remote_address
    if is_suppressed(tx, account_id, channel.value, to):
        raise OptedOutError("has opted out", field="to")
    return able[0], to


def choose_address(tx: ReadTx, account_id: str, contact: Contact) -> str:
    """The contact's mail address. Raises DomainError `no_address`, OptedOutError."""
    if not contact.emails:
        raise DomainError("the contact has no email address", field="channel", code=NO_ADDRESS)
    if is_suppressed(tx, account_id, Channel.EMAIL.value, contact.emails[0]):
        raise OptedOutError("has opted out", field="to")
    return contact.emails[0]
