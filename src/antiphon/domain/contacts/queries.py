"""Reads of contacts, fields and opt-outs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select, true

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.search import Mode, Needles, needles_of
from antiphon.core.db.search_parts import Columns, Listed
from antiphon.core.db.transaction import AnyRow, ReadTx
from antiphon.core.errors import NotFoundError
from antiphon.domain.accounts.queries import get_account
from antiphon.domain.accounts.tables import account_counters
from antiphon.domain.contacts.fields import DEFAULT_FIELDS
from antiphon.domain.contacts.phones import normalise_phone
from antiphon.domain.contacts.records import Contact, ContactFilters, ContactPage, Field, Option, Profile
from antiphon.domain.contacts.tables import (
    EVERY_PART,
    SOURCE_PARTS,
    contact_addresses,
    contact_fields,
    contact_search,
    contacts,
    day_counts,
    suppressions,
)

COUNTER = "contacts"
ALL_CHANNELS = "all"

c = contacts.c
a = contact_addresses.c

_COLUMNS = (
    c.id,
    c.number,
    c.account_id,
    c.first_name,
    c.last_name,
    c.company,
    c.source,
    c.custom,
    c.tags,
    c.interaction_count,
    c.last_interaction_at,
    c.created_at,
    c.updated_at,
    c.last_activity_at,
    *(c[name] for name in Profile.__dataclass_fields__),
)
_FIRST_OF_PROFILE = 14
_OWN = (c.account_id == bindparam("account_id"), c.deleted_at.is_(None))
_ONE = Prepared(select(*_COLUMNS).where(*_OWN, c.id == bindparam("contact_id")))
_BY_NUMBER = Prepared(select(*_COLUMNS).where(*_OWN, c.number == bindparam("number")))
# Written so that no index serves the account: without statistics SQLite takes accounts for small, and would
# walk one rather than look up a list of ids.
_OF_ACCOUNT = (c.account_id == bindparam("account_id")).is_(true())
_SEVERAL = select(*_COLUMNS).where(
    _OF_ACCOUNT, c.deleted_at.is_(None), c.id.in_(bindparam("ids", expanding=True))
)
_ADDRESSES = (
    select(a.contact_id, a.kind, a.value)
    .where(
        a.account_id == bindparam("account_id"),
        a.contact_id.in_(bindparam("ids", expanding=True)),
    )
    .order_by(a.contact_id, a.kind, a.position)
)
_ADDRESSES_OF_ONE = Prepared(
    select(a.contact_id, a.kind, a.value)
    .where(
        a.account_id == bindparam("account_id"),
        a.contact_id == bindparam("contact_id"),
    )
    .order_by(a.kind, a.position)
)
_FIELDS = Prepared(
    select(
        contact_fields.c.number,
        contact_fields.c.name,
        contact_fields.c.field_name,
        contact_fields.c.position,
        contact_fields.c.data_type,
        contact_fields.c.is_builtin,
        contact_fields.c.is_phone,
        contact_fields.c.is_match,
        contact_fields.c.reports_enabled,
        contact_fields.c.hide_no_data,
        contact_fields.c.show_in_fields,
        contact_fields.c.is_integration,
        contact_fields.c.category,
        contact_fields.c.options,
    )
    .where(contact_fields.c.account_id == bindparam("account_id"))
    .order_by(contact_fields.c.position, contact_fields.c.number)
)
_TOTAL = Prepared(
    select(account_counters.c.value).where(
        account_counters.c.account_id == bindparam("account_id"), account_counters.c.name == COUNTER
    )
)
_SUPPRESSED = (
    select(suppressions.c.id)
    .where(
        suppressions.c.account_id == bindparam("account_id"),
        suppressions.c.channel.in_((bindparam("channel"), ALL_CHANNELS)),
        suppressions.c.address == bindparam("address"),
        suppressions.c.lifted_at.is_(None),
    )
    .limit(1)
)

decode_custom = msgspec.json.Decoder(dict[str, str]).decode
_decode_options = msgspec.json.Decoder(tuple[Option, ...]).decode
decode_tags = msgspec.json.Decoder(tuple[str, ...]).decode


@cache
def _owners(kinds: int) -> Prepared:
    """Who has an address of one of so many kinds."""
    return Prepared(
        select(c.number, c.id)
        .join(contacts, c.id == a.contact_id)
        .where(
            a.account_id == bindparam("account_id"),
            or_(*(a.kind == bindparam(f"kind_{position}") for position in range(kinds))),
            a.value == bindparam("value"),
            c.deleted_at.is_(None),
        )
    )


def list_fields(tx: ReadTx, account_id: str) -> Sequence[Field]:
    """The account's contact fields by order; those of a new account until others are made."""
    rows = tx.all(_FIELDS, {"account_id": account_id})
    return [_field(row) for row in rows] if rows else DEFAULT_FIELDS


def _field(row: AnyRow) -> Field:
    values = row._asdict()
    return Field(**{**values, "options": _options(row.options)})


def _options(text: str) -> tuple[Option, ...]:
    return _decode_options(text) if text != "[]" else ()


def _contact(row: AnyRow, phones: tuple[str, ...], emails: tuple[str, ...]) -> Contact:
    return Contact(
        id=row.id,
        number=row.number,
        account_id=row.account_id,
        first_name=row.first_name,
        last_name=row.last_name,
        company=row.company,
        source=row.source,
        custom=decode_custom(row.custom) if row.custom != "{}" else {},
        tags=decode_tags(row.tags) if row.tags != "[]" else (),
        phones=phones,
        emails=emails,
        interaction_count=row.interaction_count,
        last_interaction_at=row.last_interaction_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        profile=Profile(*row[_FIRST_OF_PROFILE:]),
        last_activity_at=row.last_activity_at or None,
    )


def _single(tx: ReadTx, row: AnyRow | None) -> Contact:
    if row is None:
        raise NotFoundError("Contact not found")
    found = tx.all(_ADDRESSES_OF_ONE, {"account_id": row.account_id, "contact_id": row.id})
    phones = tuple(address.value for address in found if address.kind == "phone")
    emails = tuple(address.value for address in found if address.kind == "email")
    return _contact(row, phones, emails)


def _with_addresses(tx: ReadTx, account_id: str, rows: Sequence[AnyRow]) -> list[Contact]:
    if not rows:
        return []
    found: dict[tuple[str, str], list[str]] = {}
    for address in tx.all(_ADDRESSES, {"account_id": account_id, "ids": [row.id for row in rows]}):
        found.setdefault((address.contact_id, address.kind), []).append(address.value)
    return [
        _contact(row, tuple(found.get((row.id, "phone"), ())), tuple(found.get((row.id, "email"), ())))
        for row in rows
    ]


def get_contact(tx: ReadTx, account_id: str, contact_id: str) -> Contact:
    """Raises NotFoundError for absent, deleted and foreign ones alike."""
    return _single(tx, tx.first(_ONE, {"account_id": account_id, "contact_id": contact_id}))


def get_contact_by_number(tx: ReadTx, account_id: str, number: int) -> Contact:
    """By the integer id of contracts/vocatech.md 5.5. Raises NotFoundError."""
    return _single(tx, tx.first(_BY_NUMBER, {"account_id": account_id, "number": number}))


def get_contacts(tx: ReadTx, account_id: str, ids: Sequence[str]) -> dict[str, Contact]:
    """Those of the ids that are live contacts of the account."""
    if not ids:
        return {}
    rows = tx.all(_SEVERAL, {"account_id": account_id, "ids": list(ids)})
    return {contact.id: contact for contact in _with_addresses(tx, account_id, rows)}


def find_contact_by_address(tx: ReadTx, account_id: str, kind: str, value: str) -> Contact | None:
    """The oldest live contact with a `phone` (E.164; of any phone field) or `email` (any case)."""
    kinds = [kind]
    if kind == "phone":
        fields = list_fields(tx, account_id)
        kinds.extend(field.address_kind or "" for field in fields if field.is_phone and not field.is_builtin)
    else:
        value = value.lower()
    # Sorted here: a database that is asked for the first by number may walk all contacts in that order.
    owners = tx.all(
        _owners(len(kinds)),
        {
            "account_id": account_id,
            "value": value,
            **{f"kind_{position}": name for position, name in enumerate(kinds)},
        },
    )
    return get_contact(tx, account_id, min(owners).id) if owners else None


def find_contact_by_number(tx: ReadTx, account_id: str, number: str) -> Contact | None:
    """The oldest live contact with this phone number, in any way of writing it."""
    e164 = normalise_phone(number, get_account(tx, account_id).country)
    return find_contact_by_address(tx, account_id, "phone", e164 or number.strip())


@dataclass(frozen=True, slots=True)
class _Shape:
    """Which conditions a list has; there is one prepared pair of statements for each."""

    source: bool
    since: bool
    until: bool
    newest_first: bool

    def counted(self, columns: Columns) -> list[ColumnElement[bool]]:
        """Those on a column that is counted by."""
        return [columns.source == bindparam("source")] if self.source else []

    def conditions(self, columns: Columns) -> list[ColumnElement[bool]]:
        found = self.counted(columns)
        if self.since:
            found.append(columns.created_at >= bindparam("since"))
        if self.until:
            found.append(columns.created_at <= bindparam("until"))
        return found

    def between(self) -> _Shape:
        return replace(self, since=True, until=True)

    def order(self, columns: Columns) -> tuple[ColumnElement[Any], ...]:
        return (columns.created_at.desc(), columns.id.desc()) if self.newest_first else (columns.number,)


@cache
def _statements(shape: _Shape) -> tuple[Prepared, Prepared]:
    conditions = (*_OWN, *shape.conditions(c))
    page = (
        select(c.id)
        .where(*conditions)
        .order_by(*shape.order(c))
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
    )
    count = select(func.count()).select_from(contacts).where(*conditions)
    return Prepared(page), Prepared(count)


def list_contacts(
    tx: ReadTx,
    account_id: str,
    filters: ContactFilters,
    *,
    limit: int,
    offset: int,
    newest_first: bool = False,
) -> ContactPage:
    """One page with the exact total, in the order of `number` or by creation, newest first."""
    shape = _Shape(
        filters.source is not None,
        filters.since is not None,
        filters.until is not None,
        newest_first,
    )
    parameters = {
        "account_id": account_id,
        "limit": limit,
        "offset": offset,
        "source": filters.source,
        "since": filters.since,
        "until": filters.until,
    }
    parts = EVERY_PART if filters.source is None else (SOURCE_PARTS[filters.source],)
    needles = needles_of(filters.search, phones=True, past_head=filters.person_only)
    if needles is not None:
        ids, total = contact_search.find(
            tx,
            account_id,
            needles,
            shape=(shape,),
            conditions=shape.conditions,
            order=shape.order,
            parameters=parameters,
            listed=Listed(parts, is_all=True, since=filters.since, until=filters.until)
            if newest_first
            else None,
            counted=shape.counted,
        )
        return _listed(tx, account_id, ids, total)
    if shape.source or shape.since or shape.until:
        total, window = day_counts.find(
            tx,
            shape=shape.source,
            conditions=shape.counted,
            parameters=parameters,
            since=filters.since,
            until=filters.until,
            count=lambda bounds: int(tx.scalar(_statements(shape.between())[1], parameters | bounds)),
        )
        if window is None:
            return ContactPage([], total)
        if newest_first:
            shape = shape.between()
            parameters |= {"since": window.since, "until": window.until, "offset": window.offset}
    else:
        total = count_contacts(tx, account_id)
        if offset >= total:
            return ContactPage([], total)
    page, _ = _statements(shape)
    # The page is chosen on an index alone; only its rows are read.
    return _listed(tx, account_id, [row.id for row in tx.all(page, parameters)], total)


def _listed(tx: ReadTx, account_id: str, ids: list[str], total: int) -> ContactPage:
    contacts_by_id = get_contacts(tx, account_id, ids)
    return ContactPage([contacts_by_id[contact_id] for contact_id in ids], total)


def contact_needles(search: str) -> Needles | None:
    """What a search of contacts asks for; None when it asks nothing."""
    return needles_of(search, phones=True)


@cache
def matching_contacts(mode: Mode, count: int) -> Select[Any]:
    """The ids of the live contacts that a search finds; with the values of `contact_search.parameters`."""
    source = contact_search.source(mode, count)
    return select(source.columns.id).select_from(source.rows).where(*source.conditions)


def count_contacts(tx: ReadTx, account_id: str) -> int:
    return int(tx.scalar(_TOTAL, {"account_id": account_id}) or 0)


def is_suppressed(tx: ReadTx, account_id: str, channel: str, address: str) -> bool:
    """Whether the address, E.164 or an email, is never to be messaged or called on the channel."""
    parameters = {"account_id": account_id, "channel": channel, "address": address.lower()}
    return tx.scalar(_SUPPRESSED, parameters) is not None
