"""Customers: the contacts of the account (contracts/voicory.md 8.2)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field
from starlette.responses import Response

from antiphon.contracts.voicory.filters import RANGE
from antiphon.contracts.voicory.routing import Call, Routes
from antiphon.contracts.voicory.schemas import Answer, DateTime, Listed, One, Phone, Uuid
from antiphon.contracts.voicory.words import CALL_STATUSES, dollars, message_content
from antiphon.core.clock import to_iso, to_iso_or_none
from antiphon.core.db.transaction import ReadTx
from antiphon.domain.calls.queries import list_calls
from antiphon.domain.calls.records import CallFilters
from antiphon.domain.contacts.queries import get_contact, list_contacts
from antiphon.domain.contacts.records import Contact, ContactFilters, Source
from antiphon.domain.conversations.queries import list_recent_of_contact
from antiphon.domain.conversations.records import Channel

ROUTES = Routes("Customers")
RECENT = 10

SourceName = Literal["website", "whatsapp", "phone", "manual"]


class Variables(Answer):
    model_config = ConfigDict(extra="allow", strict=True)

    tags: list[str] = Field(description="Always present; beside it the custom fields by field name")


class Customer(Answer):
    id: Uuid
    name: str | None
    email: str | None
    phone_number: Phone | None
    source: SourceName
    interaction_count: int = Field(ge=0)
    last_interaction: DateTime | None
    variables: Variables
    created_at: DateTime


class RecentCall(Answer):
    id: Uuid
    direction: Literal["inbound", "outbound"]
    status: Literal["completed", "failed", "busy", "no-answer"]
    duration: int = Field(ge=0, description="Seconds")
    cost: float


class RecentMessage(Answer):
    id: Uuid
    direction: Literal["inbound", "outbound"]
    content: dict[str, Any]
    status: Literal["queued", "sent", "delivered", "read", "failed"]


class CustomerDetail(Customer):
    recent_calls: list[RecentCall] = Field(max_length=RECENT)
    recent_messages: list[RecentMessage] = Field(max_length=RECENT)


@ROUTES.list(
    "/customers",
    answer=Listed[Customer],
    filters={"search": {"type": "string"}, "source": {"type": "string"}, **RANGE},
)
async def list_customers(call: Call) -> Response:
    """List customers, newest first."""
    filters = call.filters
    wanted = ContactFilters(
        search=filters.text("search"),
        source=filters.choice("source", [source.value for source in Source]),
        since=filters.since(),
        until=filters.until(),
        person_only=True,
    )
    if filters.is_empty:
        return call.listed([], 0)
    page = await call.services.database.read(
        list_contacts,
        call.account_id,
        wanted,
        limit=filters.limit,
        offset=filters.offset,
        newest_first=True,
    )
    return call.listed([customer_view(contact) for contact in page.items], page.total)


@ROUTES.one("/customers/{id}", answer=One[CustomerDetail])
async def get_customer(call: Call) -> Response:
    """Get a customer with the latest calls and WhatsApp messages."""
    return call.one(await call.services.database.read(_detail, call.account_id, call.path_id()))


def _detail(tx: ReadTx, account_id: str, contact_id: str) -> dict[str, Any]:
    contact = get_contact(tx, account_id, contact_id)
    calls = list_calls(tx, account_id, CallFilters(contact_id=contact_id), RECENT, 0)
    messages = list_recent_of_contact(tx, account_id, contact_id, (Channel.WHATSAPP,), RECENT)
    return {
        **customer_view(contact),
        "recent_calls": [
            {
                "id": item.id,
                "direction": item.direction.value,
                "status": CALL_STATUSES[item.status],
                "duration": item.duration_seconds,
                "cost": dollars(item.cost_micros),
            }
            for item in calls.items
        ],
        "recent_messages": [
            {
                "id": item.id,
                "direction": item.direction.value,
                "content": message_content(item),
                "status": item.status.value,
            }
            for item in messages
        ],
    }


def customer_view(contact: Contact) -> dict[str, Any]:
    return {
        "id": contact.id,
        "name": contact.name,
        "email": contact.emails[0] if contact.emails else None,
        "phone_number": next((phone for phone in contact.phones if phone.startswith("+")), None),
        "source": contact.source,
        "interaction_count": contact.interaction_count,
        "last_interaction": to_iso_or_none(contact.last_interaction_at),
        "variables": {**contact.custom, "tags": contact.tags},
        "created_at": to_iso(contact.created_at),
    }
