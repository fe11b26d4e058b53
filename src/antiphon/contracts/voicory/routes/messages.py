"""WhatsApp messages (contracts/voicory.md 8.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from pydantic import Field
from starlette.responses import Response

from antiphon.contracts.voicory.filters import RANGE, UUID_SCHEMA
from antiphon.contracts.voicory.routing import Call, Routes
from antiphon.contracts.voicory.schemas import Answer, DateTime, Listed, One, Phone, Uuid
from antiphon.contracts.voicory.words import message_content
from antiphon.core.clock import to_iso, to_iso_or_none
from antiphon.core.db.transaction import ReadTx
from antiphon.core.errors import NotFoundError
from antiphon.core.phones import normalise_phone
from antiphon.domain.accounts.queries import get_account
from antiphon.domain.contacts.queries import get_contact
from antiphon.domain.conversations.queries import get_message as find_message
from antiphon.domain.conversations.queries import list_messages as find_messages
from antiphon.domain.conversations.records import (
    UNSENT,
    Channel,
    Direction,
    Message,
    MessageFilters,
    MessagePage,
)

ROUTES = Routes("Messages")


class WhatsAppMessage(Answer):
    id: Uuid = Field(description="Equal to Vocatech's `message_id`")
    direction: Literal["inbound", "outbound"]
    content: dict[str, Any] = Field(description="WhatsApp's message object, without addresses of media")
    message_type: str = Field(description="WhatsApp's type word, a key of `content`")
    from_number: Phone
    to_number: Phone
    status: Literal["queued", "sent", "delivered", "read", "failed"]
    is_from_bot: bool
    customer_id: Uuid | None
    created_at: DateTime


class WhatsAppMessageDetail(WhatsAppMessage):
    delivered_at: DateTime | None
    read_at: DateTime | None
    wa_message_id: str | None


@ROUTES.list(
    "/messages",
    answer=Listed[WhatsAppMessage],
    filters={
        "direction": {"type": "string"},
        "customer_id": UUID_SCHEMA,
        "phone_number": {"type": "string", "description": "The whole number of either side."},
        **RANGE,
    },
)
async def list_messages(call: Call) -> Response:
    """List WhatsApp messages, newest first."""
    filters = call.filters
    direction = filters.choice("direction", ("inbound", "outbound"))
    contact_id, phone = filters.uuid("customer_id"), filters.phone()
    since, until = filters.since(), filters.until()
    if filters.is_empty:
        return call.listed([], 0)
    wanted = MessageFilters(
        channels=(Channel.WHATSAPP,),
        direction=None if direction is None else Direction(direction),
        contact_id=contact_id,
        since=since,
        until=until,
    )
    page = await call.services.database.read(
        _page, call.account_id, wanted, phone, filters.limit, filters.offset
    )
    return call.listed([message_view(item) for item in page.items], page.total)


def _page(
    tx: ReadTx, account_id: str, filters: MessageFilters, phone: str | None, limit: int, offset: int
) -> MessagePage:
    if filters.contact_id is not None:
        try:
            get_contact(tx, account_id, filters.contact_id)
        except NotFoundError:
            return MessagePage()
    if phone is not None:
        number = normalise_phone(phone, get_account(tx, account_id).country)
        if number is None:
            return MessagePage()
        filters = replace(filters, address=number)
    return find_messages(tx, account_id, filters, limit, offset)


@ROUTES.one("/messages/{id}", answer=One[WhatsAppMessageDetail])
async def get_message(call: Call) -> Response:
    """Get a WhatsApp message with its delivery."""
    message = await call.services.database.read(find_message, call.account_id, call.path_id())
    if message.channel is not Channel.WHATSAPP or message.status in UNSENT:
        raise NotFoundError("Message not found")
    # A simulated message is no message of WhatsApp's, but its id stands where one would.
    return call.one(
        {
            **message_view(message),
            "delivered_at": to_iso_or_none(message.delivered_at),
            "read_at": to_iso_or_none(message.read_at),
            "wa_message_id": message.carrier_message_id,
        }
    )


def message_view(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "direction": message.direction.value,
        "content": message_content(message),
        "message_type": message.message_type,
        "from_number": message.from_address,
        "to_number": message.to_address,
        "status": message.status.value,
        "is_from_bot": message.is_from_bot,
        "customer_id": message.contact_id,
        "created_at": to_iso(message.created_at),
    }
