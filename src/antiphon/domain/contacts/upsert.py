"""Many contacts at once: matched, merged and written in few statements (contracts/vocatech.md 5.5)."""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, select

from antiphon.core.db.transaction import WriteTx
from antiphon.core.ids import new_id
from antiphon.domain.accounts.audit import Target, changed, record
from antiphon.domain.accounts.commands import add_to_counter
from antiphon.domain.accounts.queries import get_account
from antiphon.domain.contacts.commands import NUMBERS
from antiphon.domain.contacts.errors import ContactFieldError
from antiphon.domain.contacts.fields import FieldValues, addresses_of, read_values
from antiphon.domain.contacts.queries import get_contact, get_contacts, list_fields
from antiphon.domain.contacts.records import (
    Contact,
    Field,
    Profile,
    RefusedRow,
    Source,
    UpsertedContact,
    UpsertResult,
)
from antiphon.domain.contacts.rows import insert_contacts, replace_contacts
from antiphon.domain.contacts.tables import contact_addresses, contacts

LOOKUP_VALUES = 1000

_OWNERS = (
    select(contact_addresses.c.value, contacts.c.number, contacts.c.id)
    .join(contacts, contacts.c.id == contact_addresses.c.contact_id)
    .where(
        contact_addresses.c.account_id == bindparam("account_id"),
        contact_addresses.c.kind == bindparam("kind"),
        contact_addresses.c.value.in_(bindparam("values", expanding=True)),
        contacts.c.deleted_at.is_(None),
    )
)


def upsert_contacts(
    tx: WriteTx,
    account_id: str,
    rows: Sequence[tuple[int, Mapping[str, object]]],
    *,
    source: str = Source.MANUAL,
) -> UpsertResult:
    """Merge rows of values by label into the contacts they match, or create new ones.

    Each row comes with its index in the request and sees what the rows before it did. A bad row is refused
    alone. The audit log gets one entry with the counts.
    """
    first_free = add_to_counter(tx, account_id, NUMBERS, 0) + 1
    fields = list_fields(tx, account_id)
    by_name = {field.name: field for field in fields}
    country = get_account(tx, account_id).country
    good: list[tuple[int, FieldValues]] = []
    refused = []
    for index, given in rows:
        try:
            values = read_values(by_name, given, country)
        except ContactFieldError as error:
            refused.append(RefusedRow(index, error.message))
            continue
        if values.is_empty:
            refused.append(RefusedRow(index, "The row has no usable field"))
        else:
            good.append((index, values))
    batch = _Batch(tx, account_id, fields, first_free, Source(source).value)
    batch.look_up([values for _, values in good])
    stored = [UpsertedContact(index, *batch.merge(values)) for index, values in good]
    batch.write()
    if stored:
        created = sum(row.created for row in stored)
        counts = changed({}, {"created": created, "updated": len(stored) - created, "refused": len(refused)})
        record(tx, account_id, "lead.upserted", Target("account", account_id), counts)
    return UpsertResult(stored, refused)


class _Batch:
    """The contacts that a batch touches, as they stand after the rows merged so far."""

    def __init__(
        self, tx: WriteTx, account_id: str, fields: Sequence[Field], first_free: int, source: str
    ) -> None:
        self._tx = tx
        self._account_id = account_id
        self._fields = fields
        self._next_number = first_free
        self._source = source
        self._contacts: dict[str, Contact] = {}
        self._owners: dict[tuple[str, str], list[tuple[int, str]]] = {}
        self._created: set[str] = set()
        self._before: dict[str, Contact] = {}

    def look_up(self, rows: Sequence[FieldValues]) -> None:
        """Find who has the values that the rows are matched by."""
        wanted: dict[str, dict[str, None]] = {}
        for values in rows:
            if (match := values.match(self._fields)) is not None:
                wanted.setdefault(match[0], {}).update(dict.fromkeys(match[1]))
        for kind, keys in wanted.items():
            self._owners |= {(kind, value): [] for value in keys}
            every = list(keys)
            for start in range(0, len(every), LOOKUP_VALUES):
                values_now = every[start : start + LOOKUP_VALUES]
                parameters = {"account_id": self._account_id, "kind": kind, "values": values_now}
                for row in self._tx.all(_OWNERS, parameters):
                    insort(self._owners[kind, row.value], (row.number, row.id))
        oldest = list({owners[0][1] for owners in self._owners.values() if owners})
        for start in range(0, len(oldest), LOOKUP_VALUES):
            self._contacts |= get_contacts(self._tx, self._account_id, oldest[start : start + LOOKUP_VALUES])

    def merge(self, values: FieldValues) -> tuple[Contact, bool]:
        """The contact after this row, and whether the row created it."""
        contact = self._match(values)
        if contact is None:
            created = values.apply(self._new(), self._tx.now)
            self._created.add(created.id)
            self._keep(created, {})
            return created, True
        changed = values.apply(contact, self._tx.now)
        if changed is not contact:
            if changed.id not in self._created:
                self._before.setdefault(changed.id, contact)
            self._keep(changed, addresses_of(contact, self._fields))
        return changed, False

    def write(self) -> None:
        created = [contact for contact in self._contacts.values() if contact.id in self._created]
        changed = [(before, self._contacts[before.id]) for before in self._before.values()]
        if created:
            add_to_counter(self._tx, self._account_id, NUMBERS, len(created))
        insert_contacts(self._tx, self._account_id, created, self._fields)
        replace_contacts(self._tx, self._account_id, changed, self._fields)

    def _match(self, values: FieldValues) -> Contact | None:
        match = values.match(self._fields)
        if match is None:
            return None
        kind, keys = match
        owners = [self._owners[kind, value][0] for value in keys if self._owners[kind, value]]
        if not owners:
            return None
        _, contact_id = min(owners)
        if contact_id not in self._contacts:
            self._contacts[contact_id] = get_contact(self._tx, self._account_id, contact_id)
        return self._contacts[contact_id]

    def _keep(self, contact: Contact, before: Mapping[tuple[str, str], int]) -> None:
        self._contacts[contact.id] = contact
        owner = (contact.number, contact.id)
        after = addresses_of(contact, self._fields)
        for key in before.keys() - after.keys():
            if key in self._owners:
                self._owners[key].remove(owner)
        for key in after.keys() - before.keys():
            if key in self._owners:
                insort(self._owners[key], owner)

    def _new(self) -> Contact:
        number, self._next_number = self._next_number, self._next_number + 1
        return Contact(
            id=new_id(),
            number=number,
            account_id=self._account_id,
            first_name="",
            last_name="",
            company="",
            source=self._source,
            custom={},
            tags=(),
            phones=(),
            emails=(),
            interaction_count=0,
            last_interaction_at=None,
            created_at=self._tx.now,
            updated_at=self._tx.now,
            profile=Profile(lead_source=self._source),
        )
