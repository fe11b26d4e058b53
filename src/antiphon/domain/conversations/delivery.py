"""The way of an outbound message: its hand-over to the carrier and the states that follow."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select, tuple_, update

from antiphon.core.db.transaction import WriteTx
from antiphon.core.db.types import Id, Millis
from antiphon.core.errors import NotFoundError
from antiphon.core.events import Event
from antiphon.domain.contacts.queries import get_contact
from antiphon.domain.conversations.consent import check_consent
from antiphon.domain.conversations.errors import OptedOutError
from antiphon.domain.conversations.queries import get_message, is_window_open
from antiphon.domain.conversations.records import (
    ANSWER,
    UNSENT,
    WRITTEN,
    Channel,
    Direction,
    Message,
    MessageStatus,
)
from antiphon.domain.conversations.rows import LOCK_MESSAGE, OWN_MESSAGE, update_message
from antiphon.domain.conversations.snapshot import snapshot
from antiphon.domain.conversations.tables import messages

ERROR_LENGTH = 300
OUTCOME_UNKNOWN = "outcome_unknown"
WINDOW_CLOSED = "window_closed"
OPTED_OUT = "opted_out"
TEMPLATE = "template"

_ORDER = [MessageStatus.QUEUED, MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ]
_KNOWN = select(messages.c.id).where(
    messages.c.account_id == bindparam("account_id"),
    messages.c.carrier == bindparam("carrier"),
    messages.c.carrier_message_id == bindparam("carrier_message_id"),
)
# Its row is locked: one that is being settled at this moment is settled before it is asked.
_EARLIER = (
    select(messages.c.id)
    .where(
        messages.c.account_id == bindparam("account_id"),
        messages.c.conversation_id == bindparam("conversation_id"),
        messages.c.channel == bindparam("channel"),
        messages.c.status == MessageStatus.QUEUED.value,
        messages.c.deleted_at.is_(None),
        tuple_(messages.c.created_at, messages.c.id)
        < tuple_(bindparam("created_at", type_=Millis), bindparam("id", type_=Id)),
    )
    .order_by(messages.c.created_at, messages.c.id)
    .limit(1)
    .with_for_update()
)


def find_known(tx: WriteTx, account_id: str, carrier: str, carrier_message_id: str) -> str | None:
    """The message of the carrier's id."""
    parameters = {"account_id": account_id, "carrier": carrier, "carrier_message_id": carrier_message_id}
    found: str | None = tx.scalar(_KNOWN, parameters)
    return found


def waits_for_earlier(tx: WriteTx, account_id: str, message_id: str) -> bool:
    """Whether a message created before on its channel is still to be handed over (contracts/votel.md 1.2).

    Raises NotFoundError.
    """
    message = get_message(tx, account_id, message_id)
    earlier = tx.scalar(
        _EARLIER,
        {
            "account_id": account_id,
            "conversation_id": message.conversation_id,
            "channel": message.channel.value,
            "created_at": message.created_at,
            "id": message.id,
        },
    )
    return message.status is MessageStatus.QUEUED and earlier is not None


def begin_hand_over(tx: WriteTx, account_id: str, message_id: str, *, is_idempotent: bool) -> Message | None:
    """Mark the hand-over as begun; the commit must come before the request. None: nothing is to be sent.

    One that was begun before and never told its outcome fails, unless the carrier takes a repetition for
    the same message: nothing is ever sent twice. Raises NotFoundError.
    """
    tx.first(LOCK_MESSAGE, {"account_id": account_id, "id": message_id})
    message = get_message(tx, account_id, message_id)
    if message.status is not MessageStatus.QUEUED:
        return None
    if message.hand_over_started_at is not None and not is_idempotent:
        fail_message(
            tx, account_id, message_id, OUTCOME_UNKNOWN, "The hand-over to the carrier was interrupted"
        )
        return None
    # The confirmation of an opt-out is the last message that is sent.
    if message.source != ANSWER and (reason := _refusal(tx, message)) is not None:
        fail_message(tx, account_id, message_id, OPTED_OUT, f"The recipient {reason}")
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
    update_message(tx, account_id, message_id, {"hand_over_started_at": tx.now})
    return message


def _refusal(tx: WriteTx, message: Message) -> str | None:
    """Why the recipient must not get it by now."""
    contact = None
    if message.contact_id is not None:
        contact = get_contact(tx, message.account_id, message.contact_id)
    try:
        check_consent(
            tx,
            message.account_id,
            contact,
            message.channel,
            message.to_address,
            purpose=message.purpose,
            is_personal=message.author_kind == "user",
        )
    except OptedOutError as refusal:
        return refusal.message
    return None


def withdraw_hand_over(tx: WriteTx, account_id: str, message_id: str) -> None:
    """The carrier has certainly not taken the message: it may be handed over again."""
    tx.execute(
        update(messages)
        .where(OWN_MESSAGE, messages.c.status == MessageStatus.QUEUED.value)
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
    """Move an outbound message forward, never back; false when the message is not known, or erased.

    It is found by the carrier's id, else by ours. A failure is final, but for one whose outcome was unknown.
    """
    known = None
    if carrier is not None and carrier_message_id is not None:
        known = find_known(tx, account_id, carrier, carrier_message_id)
    found = known or message_id
    if found is None:
        return False
    row = tx.first(LOCK_MESSAGE, {"account_id": account_id, "id": found})
    if row is None or (carrier_message_id and row.carrier_message_id not in (None, carrier_message_id)):
        return False
    try:
        message = get_message(tx, account_id, found)
    except NotFoundError:
        return False
    if message.direction is not Direction.OUTBOUND or message.status in UNSENT:
        return False
    if message.channel not in WRITTEN or (carrier is not None and carrier != message.carrier):
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
        update_message(tx, account_id, found, values)
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
        data = {**snapshot(message, tx.now), "previous_status": before.status.value}
        tx.emit(Event(account_id, "message.status_updated", message.id, data))
