"""A contact with everything that contracts/votel.md 3.1 shows of it, gathered for a whole page at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, select

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import AnyRow, ReadTx
from antiphon.core.errors import NotFoundError
from antiphon.core.phones import zone_of
from antiphon.domain.accounts.tables import memberships, users
from antiphon.domain.contacts.lists import LeadFilters, list_leads
from antiphon.domain.contacts.pipelines import Stage, list_pipelines, stages_by_id
from antiphon.domain.contacts.queries import ALL_CHANNELS, get_contact, list_fields
from antiphon.domain.contacts.records import Contact, Field, Profile
from antiphon.domain.contacts.tables import contact_addresses, suppressions
from antiphon.domain.conversations.tables import conversations
from antiphon.domain.list_filters import lead_condition

CONSENT_CHANNELS = ("sms", "whatsapp", "email", "call")

_ADDRESSES = (
    select(
        contact_addresses.c.contact_id,
        contact_addresses.c.kind,
        contact_addresses.c.value,
        contact_addresses.c.label,
        contact_addresses.c.is_verified,
    )
    .where(
        contact_addresses.c.account_id == bindparam("account_id"),
        contact_addresses.c.contact_id.in_(bindparam("ids", expanding=True)),
        contact_addresses.c.kind.in_(("phone", "email")),
    )
    .order_by(contact_addresses.c.contact_id, contact_addresses.c.position)
)
_OWNERS = (
    select(users.c.id, users.c.name)
    .join(memberships, memberships.c.user_id == users.c.id)
    .where(
        memberships.c.account_id == bindparam("account_id"),
        users.c.id.in_(bindparam("ids", expanding=True)),
    )
)
_CONVERSATIONS = (
    select(conversations.c.contact_id, conversations.c.id, conversations.c.last_inbound_at)
    .where(
        conversations.c.account_id == bindparam("account_id"),
        conversations.c.contact_id.in_(bindparam("ids", expanding=True)),
        conversations.c.deleted_at.is_(None),
    )
    .order_by(conversations.c.last_message_at, conversations.c.id)
)
_ANY_SUPPRESSION = Prepared(
    select(suppressions.c.id)
    .where(suppressions.c.account_id == bindparam("account_id"), suppressions.c.lifted_at.is_(None))
    .limit(1)
)
_SUPPRESSED = select(
    suppressions.c.channel, suppressions.c.address, suppressions.c.reason, suppressions.c.created_at
).where(
    suppressions.c.account_id == bindparam("account_id"),
    suppressions.c.channel.in_((*CONSENT_CHANNELS, ALL_CHANNELS)),
    suppressions.c.address.in_(bindparam("addresses", expanding=True)),
    suppressions.c.lifted_at.is_(None),
)


@dataclass(frozen=True, slots=True)
class Address:
    value: str
    label: str | None
    is_verified: bool


@dataclass(frozen=True, slots=True)
class Consent:
    """What an address of the lead allows on one channel; `at` in milliseconds."""

    status: str = "unknown"
    source: str | None = None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Lead:
    """`zone` is the one set, else the one that the phone's region has."""

    contact: Contact
    phones: tuple[Address, ...]
    emails: tuple[Address, ...]
    owner_name: str | None
    stage: Stage | None
    consents: dict[str, Consent]
    conversation_id: str | None
    last_inbound_at: int | None
    fields: Sequence[Field]
    zone: str | None


@dataclass(frozen=True, slots=True)
class LeadPage:
    items: list[Lead]
    total: int


def get_lead(tx: ReadTx, account_id: str, lead_id: str) -> Lead:
    """Raises NotFoundError."""
    try:
        contact = get_contact(tx, account_id, lead_id)
    except NotFoundError:
        raise NotFoundError("Lead not found") from None
    return describe_leads(tx, account_id, [contact])[0]


def page_of_leads(
    tx: ReadTx,
    account_id: str,
    filters: LeadFilters,
    condition: Mapping[str, Any] | None = None,
    *,
    limit: int,
    offset: int,
) -> LeadPage:
    """One page of the list with the exact total; `condition` is a filter. Raises FilterError."""
    if condition is not None:
        filters = replace(filters, condition=lead_condition(tx, account_id, condition))
    page = list_leads(tx, account_id, filters, limit=limit, offset=offset)
    return LeadPage(describe_leads(tx, account_id, page.items), page.total)


def describe_leads(tx: ReadTx, account_id: str, contacts: Sequence[Contact]) -> list[Lead]:
    """The contacts with what stands elsewhere, in their order."""
    if not contacts:
        return []
    ids = [contact.id for contact in contacts]
    addresses: dict[tuple[str, str], list[Address]] = {}
    for row in tx.all(_ADDRESSES, {"account_id": account_id, "ids": ids}):
        address = Address(row.value, row.label, row.is_verified)
        addresses.setdefault((row.contact_id, row.kind), []).append(address)
    talks = conversations_of(tx, account_id, ids)
    owners = _owners(tx, account_id, contacts)
    stages: Mapping[str, Stage] = {}
    if any(contact.profile.pipeline_stage_id for contact in contacts):
        stages = stages_by_id(list_pipelines(tx, account_id))
    refused = _suppressed(tx, account_id, contacts)
    fields = [field for field in list_fields(tx, account_id) if not field.is_builtin]
    found = []
    for contact in contacts:
        talk = talks.get(contact.id)
        zone = contact.profile.timezone
        if zone is None and contact.phones:
            zone = zone_of(contact.phones[0])
        found.append(
            Lead(
                contact,
                tuple(addresses.get((contact.id, "phone"), ())),
                tuple(addresses.get((contact.id, "email"), ())),
                owners.get(contact.profile.owner_id or ""),
                stages.get(contact.profile.pipeline_stage_id or ""),
                _consents(contact, refused),
                None if talk is None else talk.id,
                None if talk is None else talk.last_inbound_at,
                fields,
                zone,
            )
        )
    return found


def lead_of_snapshot(account_id: str, data: Mapping[str, Any]) -> Lead:
    """The lead that an event's data tells of: its own values, without its conversation and consents."""
    profile = Profile(**{name: data[name] for name in Profile.__dataclass_fields__})
    contact = Contact(
        data["id"],
        data["number"],
        account_id,
        data["first_name"],
        data["last_name"],
        data["company"],
        data["source"],
        data["custom"],
        tuple(data["tags"]),
        tuple(data["phones"]),
        tuple(data["emails"]),
        0,
        None,
        data["created_at"],
        data["updated_at"],
        profile,
        data["last_activity_at"],
    )
    return Lead(
        contact,
        tuple(Address(value, None, False) for value in contact.phones),
        tuple(Address(value, None, False) for value in contact.emails),
        data["owner_name"],
        None if data["stage"] is None else Stage(**data["stage"]),
        {channel: Consent() for channel in CONSENT_CHANNELS},
        None,
        None,
        (),
        profile.timezone or (zone_of(contact.phones[0]) if contact.phones else None),
    )


def conversations_of(tx: ReadTx, account_id: str, contact_ids: Sequence[str]) -> dict[str, AnyRow]:
    """The `id` and `last_inbound_at` of each contact's conversation, where there is one."""
    if not contact_ids:
        return {}
    rows = tx.all(_CONVERSATIONS, {"account_id": account_id, "ids": list(contact_ids)})
    return {row.contact_id: row for row in rows}


def _owners(tx: ReadTx, account_id: str, contacts: Sequence[Contact]) -> dict[str, str]:
    ids = list({contact.profile.owner_id for contact in contacts if contact.profile.owner_id})
    if not ids:
        return {}
    return {row.id: row.name for row in tx.all(_OWNERS, {"account_id": account_id, "ids": ids})}


def _suppressed(tx: ReadTx, account_id: str, contacts: Sequence[Contact]) -> dict[tuple[str, str], AnyRow]:
    """Live suppressions of the contacts' addresses, by channel and address."""
    if tx.first(_ANY_SUPPRESSION, {"account_id": account_id}) is None:
        return {}
    addresses = list({value for contact in contacts for value in (*contact.phones, *contact.emails)})
    if not addresses:
        return {}
    rows = tx.all(_SUPPRESSED, {"account_id": account_id, "addresses": addresses})
    return {(row.channel, row.address): row for row in rows}


def _consents(contact: Contact, refused: dict[tuple[str, str], AnyRow]) -> dict[str, Consent]:
    """`denied` where the primary address of the channel is suppressed (contracts/votel.md 3.5)."""
    found = {}
    for channel in CONSENT_CHANNELS:
        address = (contact.emails if channel == "email" else contact.phones)[:1]
        row = None
        if refused and address:
            row = refused.get((channel, address[0])) or refused.get((ALL_CHANNELS, address[0]))
        found[channel] = Consent() if row is None else Consent("denied", row.reason, row.created_at)
    return found
