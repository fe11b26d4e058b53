"""Writes of contacts, fields and opt-outs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Integer, and_, bindparam, case, func, select
from sqlalchemy.dialects import postgresql, sqlite

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import WriteTx
from antiphon.core.db.types import Millis
from antiphon.core.errors import DomainError
from antiphon.core.events import Event, events
from antiphon.core.ids import new_id
from antiphon.domain.accounts.audit import Target, record
from antiphon.domain.accounts.commands import add_to_counter, take_numbers
from antiphon.domain.accounts.queries import get_account
from antiphon.domain.contacts.counts import add_counts, groups_of
from antiphon.domain.contacts.errors import ContactFieldError
from antiphon.domain.contacts.fields import DEFAULT_FIELDS, MAX_ADDRESS, FieldValues, read_values
from antiphon.domain.contacts.history import changes_of
from antiphon.domain.contacts.layout import BUILT_IN
from antiphon.domain.contacts.phones import normalise_phone
from antiphon.domain.contacts.queries import COUNTER, find_contact_by_address, get_contact, list_fields
from antiphon.domain.contacts.queries import is_suppressed as is_suppressed
from antiphon.domain.contacts.records import Contact, Field, Option, Profile, Source
from antiphon.domain.contacts.rows import change_tag_links, insert_contacts, replace_contacts
from antiphon.domain.contacts.tables import activities, contact_fields, contacts, suppressions
from antiphon.domain.contacts.tags import use_tags

NUMBERS = "contact_numbers"
FIELD_NUMBERS = "contact_field_numbers"
MAX_FIELDS = 200
DATA_TYPES = ("text", "email", "phone", "dropdown", "date", "number", "textarea")
CUSTOM_CATEGORY = "Other"
MAX_LABEL = 100

_OWN = and_(contacts.c.account_id == bindparam("p_account"), contacts.c.id == bindparam("p_id"))
_COUNTED = {"interaction_count": contacts.c.interaction_count + bindparam("p_amount", type_=Integer)}
_LATEST = case(
    (contacts.c.last_interaction_at > bindparam("p_at"), contacts.c.last_interaction_at),
    else_=bindparam("p_at", type_=Millis),
)
_ACTIVE = case(
    (contacts.c.last_activity_at > bindparam("p_at"), contacts.c.last_activity_at),
    else_=bindparam("p_at", type_=Millis),
)
_TOUCH = Prepared(
    contacts.update().where(_OWN).values(**_COUNTED, last_interaction_at=_LATEST, last_activity_at=_ACTIVE)
)
_TAKE_BACK = Prepared(contacts.update().where(_OWN).values(**_COUNTED))
_SET_LAST = (
    contacts.update()
    .where(_OWN)
    .values(last_interaction_at=bindparam("p_at"), last_activity_at=bindparam("p_active_at"))
)
_LAST_LOGGED = select(func.max(activities.c.at)).where(
    activities.c.account_id == bindparam("account_id"),
    activities.c.contact_id == bindparam("contact_id"),
    activities.c.deleted_at.is_(None),
)
_DELETE = contacts.update().where(_OWN).values(deleted_at=bindparam("p_now"))
_FORGET = (
    events.update()
    .where(events.c.account_id == bindparam("p_account"), events.c.object_id == bindparam("p_id"))
    .values(data="{}")
)
_LIVE = [suppressions.c.account_id, suppressions.c.channel, suppressions.c.address]
_SUPPRESS = {
    "postgresql": postgresql.insert(suppressions).on_conflict_do_nothing(
        index_elements=_LIVE, index_where=suppressions.c.lifted_at.is_(None)
    ),
    "sqlite": sqlite.insert(suppressions).on_conflict_do_nothing(
        index_elements=_LIVE, index_where=suppressions.c.lifted_at.is_(None)
    ),
}
_LIFT = (
    suppressions.update()
    .where(
        suppressions.c.account_id == bindparam("p_account"),
        suppressions.c.channel == bindparam("p_channel"),
        suppressions.c.address == bindparam("p_address"),
        suppressions.c.lifted_at.is_(None),
    )
    .values(lifted_at=bindparam("p_now"))
    .returning(suppressions.c.id)
)


def resolve_contact(
    tx: WriteTx,
    account_id: str,
    *,
    phone: str | None = None,
    email: str | None = None,
    name: str | None = None,
    source: str,
    is_verified: bool = False,
) -> Contact:
    """The oldest live contact with the phone or else the email; without one, a new contact.

    `name` names a new contact alone. A sender that is no phone number, such as a short code, is kept as it
    is. `is_verified` tells of a new contact's addresses. Raises DomainError without any address.
    """
    number = None
    if phone is not None and phone.strip():
        country = get_account(tx, account_id).country
        number = normalise_phone(phone, country) or phone.strip()[:MAX_ADDRESS]
    address = email.strip().lower() if email is not None and email.strip() else None
    if number is None and address is None:
        raise DomainError("A phone number or an email address is needed")
    found = _find(tx, account_id, number, address)
    if found is None:
        # From here on nobody else creates contacts of this account; who did just before is seen.
        _lock(tx, account_id)
        found = _find(tx, account_id, number, address)
    if found is not None:
        return found
    first, _, last = " ".join((name or "").replace("\0", " ").split()).partition(" ")
    return create_contact(
        tx,
        account_id,
        source=source,
        first_name=first,
        last_name=last,
        phones=() if number is None else (number,),
        emails=() if address is None else (address,),
        is_verified=is_verified,
    )


def _find(tx: WriteTx, account_id: str, number: str | None, address: str | None) -> Contact | None:
    found = None
    if number is not None:
        found = find_contact_by_address(tx, account_id, "phone", number)
    if found is None and address is not None:
        found = find_contact_by_address(tx, account_id, "email", address)
    return found


def _lock(tx: WriteTx, account_id: str) -> None:
    add_to_counter(tx, account_id, NUMBERS, 0)


def create_contact(
    tx: WriteTx,
    account_id: str,
    *,
    source: str = Source.MANUAL,
    first_name: str = "",
    last_name: str = "",
    company: str = "",
    phones: tuple[str, ...] = (),
    emails: tuple[str, ...] = (),
    custom: dict[str, str] | None = None,
    tags: tuple[str, ...] = (),
    is_verified: bool = False,
    profile: Profile | None = None,
) -> Contact:
    """A new contact from checked values; emits `lead.created`."""
    contact = Contact(
        id=new_id(),
        number=take_numbers(tx, account_id, NUMBERS),
        account_id=account_id,
        first_name=first_name,
        last_name=last_name,
        company=company,
        source=Source(source).value,
        custom=custom or {},
        tags=use_tags(tx, account_id, tags) if tags else (),
        phones=phones,
        emails=emails,
        interaction_count=0,
        last_interaction_at=None,
        created_at=tx.now,
        updated_at=tx.now,
        profile=profile or Profile(lead_source=Source(source).value),
    )
    insert_contacts(tx, account_id, [contact], list_fields(tx, account_id), is_verified=is_verified)
    return contact


def update_contact(tx: WriteTx, account_id: str, contact_id: str, given: Mapping[str, object]) -> Contact:
    """Merge field values by label: given ones replace, `""` clears (contracts/vocatech.md 5.5).

    Raises NotFoundError, ContactFieldError.
    """
    _lock(tx, account_id)
    contact = get_contact(tx, account_id, contact_id)
    fields = list_fields(tx, account_id)
    by_name = {field.name: field for field in fields}
    values: FieldValues = read_values(by_name, given, get_account(tx, account_id).country)
    changed = values.apply(contact, tx.now)
    if changed is not contact:
        replace_contacts(tx, account_id, [(contact, changed)], fields)
        target = Target("lead", contact_id, changed.name or "")
        record(tx, account_id, "lead.updated", target, changes_of(contact, changed))
    return changed


def delete_contact(tx: WriteTx, account_id: str, contact_id: str) -> None:
    """Gone from every contract at once; what was said with it stays (contracts/vocatech.md 5.5).

    Raises NotFoundError.
    """
    _lock(tx, account_id)
    contact = get_contact(tx, account_id, contact_id)
    parameters = {"p_account": account_id, "p_id": contact_id}
    tx.execute(_DELETE, {**parameters, "p_now": tx.now})
    tx.execute(_FORGET, parameters)
    add_to_counter(tx, account_id, COUNTER, -1)
    gone = groups_of(contact)
    add_counts(tx, account_id, dict.fromkeys(gone, -1))
    change_tag_links(tx, account_id, [(contact, contact.tags, ())])
    tx.emit(Event(account_id, "lead.deleted", contact_id, {"number": contact.number}))
    record(tx, account_id, "lead.deleted", Target("lead", contact_id, contact.name or ""))


def touch_contact(tx: WriteTx, account_id: str, contact_id: str, amount: int, at: int) -> None:
    """Count interactions, the newest of them at `at` in milliseconds (contracts/voicory.md 8.2).

    A negative amount takes back and leaves the time of the newest as it is.
    """
    parameters = {"p_account": account_id, "p_id": contact_id, "p_amount": amount}
    if amount < 0:
        tx.run(_TAKE_BACK, parameters)
    else:
        tx.run(_TOUCH, {**parameters, "p_at": at})


def set_last_interaction(tx: WriteTx, account_id: str, contact_id: str, at: int | None) -> None:
    """The time of the newest interaction, in milliseconds, as it was found anew."""
    logged = tx.scalar(_LAST_LOGGED, {"account_id": account_id, "contact_id": contact_id})
    active_at = max(at or 0, logged or 0)
    tx.execute(_SET_LAST, {"p_account": account_id, "p_id": contact_id, "p_at": at, "p_active_at": active_at})


def create_field(
    tx: WriteTx,
    account_id: str,
    *,
    name: str,
    data_type: str = "text",
    is_match: bool = False,
    is_visible: bool = True,
    options: Sequence[Option] = (),
) -> Field:
    """Add a field of contacts; `data_type` is one of DATA_TYPES, a dropdown has options.

    Raises ContactFieldError `invalid` for a label, type or options that cannot be, or `taken`.
    """
    label = " ".join(name.split())
    if not label or len(label) > MAX_LABEL or "\0" in label or data_type not in DATA_TYPES:
        raise ContactFieldError(f"A label has 1 to {MAX_LABEL} characters", field="name")
    if (data_type == "dropdown") != bool(options):
        raise ContactFieldError("a dropdown, and only that, has options", field="options")
    if len({option.value for option in options}) < len(options):
        raise ContactFieldError("each option has a value of its own", field="options")
    add_to_counter(tx, account_id, FIELD_NUMBERS, 0)
    fields = store_default_fields(tx, account_id)
    if any(field.name.casefold() == label.casefold() for field in fields):
        raise ContactFieldError(f"{label} exists", field="name", code="taken")
    if len(fields) >= MAX_FIELDS:
        raise ContactFieldError(f"At most {MAX_FIELDS} fields", field="name")
    field = Field(
        number=take_numbers(tx, account_id, FIELD_NUMBERS),
        name=label,
        field_name=_field_name(label, {field.field_name for field in fields}),
        position=max(field.position for field in fields) + 1,
        data_type=data_type,
        is_builtin=False,
        is_phone=data_type == "phone",
        is_match=is_match,
        reports_enabled=False,
        hide_no_data=False,
        show_in_fields=is_visible,
        is_integration=False,
        category=CUSTOM_CATEGORY,
        options=tuple(options),
    )
    record(tx, account_id, "lead_field.created", Target("lead_field", field.field_name, label))
    tx.execute(contact_fields.insert(), _field_row(account_id, field))
    return field


def store_default_fields(tx: WriteTx, account_id: str) -> list[Field]:
    """Write the fields of a new account, if it has none in the table yet; returns the account's fields."""
    fields = list(list_fields(tx, account_id))
    if fields == list(DEFAULT_FIELDS) and add_to_counter(tx, account_id, FIELD_NUMBERS, 0) == 0:
        take_numbers(tx, account_id, FIELD_NUMBERS, len(fields))
        tx.execute(contact_fields.insert(), [_field_row(account_id, field) for field in fields])
    return fields


def _field_row(account_id: str, field: Field) -> dict[str, Any]:
    values = {name: getattr(field, name) for name in Field.__dataclass_fields__}
    options = msgspec.json.encode(field.options).decode()
    return {"account_id": account_id, **values, "options": options}


RESERVED_FIELD_NAMES = frozenset(
    {
        *(name for _, group in BUILT_IN for name, _, _ in group),
        *("id", "number", "emails", "phones", "custom", "custom_fields", "timezone_guessed", "owner_name"),
        *("pipeline_stage_name", "deal_status", "consents", "attribution", "conversation_id", "created_at"),
        *("updated_at", "last_activity_at", "last_inbound_at"),
    }
)


def _field_name(label: str, taken: set[str]) -> str:
    base = re.sub(r"[^a-z0-9]+", "_", label.casefold()).strip("_")[:56] or "field"
    name, number = base, 1
    while name in taken or name in RESERVED_FIELD_NAMES:
        number += 1
        name = f"{base}_{number}"
    return name


def suppress(tx: WriteTx, account_id: str, channel: str, address: str, reason: str) -> bool:
    """Never message the address on the channel (`all`: on any) again; false when that held already.

    By address, so that it outlives the contact. Emits `suppression.added`.
    """
    row = {
        "id": new_id(),
        "account_id": account_id,
        "channel": channel,
        "address": address.lower(),
        "reason": reason,
        "created_at": tx.now,
        "lifted_at": None,
    }
    if tx.execute(_SUPPRESS[tx.dialect], row).rowcount == 0:
        return False
    data = {"channel": channel, "address": row["address"], "reason": reason}
    tx.emit(Event(account_id, "suppression.added", str(row["id"]), data))
    return True


def lift_suppression(tx: WriteTx, account_id: str, channel: str, address: str) -> bool:
    """Allow the address on the channel again; false when it was allowed. Emits `suppression.removed`."""
    parameters = {
        "p_account": account_id,
        "p_channel": channel,
        "p_address": address.lower(),
        "p_now": tx.now,
    }
    found = tx.scalar(_LIFT, parameters)
    if found is None:
        return False
    data = {"channel": channel, "address": address.lower()}
    tx.emit(Event(account_id, "suppression.removed", str(found), data))
    return True
