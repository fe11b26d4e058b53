"""Writing contacts with their addresses, many at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event
from antiphon.core.ids import new_id
from antiphon.domain.accounts.commands import add_to_counter
from antiphon.domain.contacts.fields import addresses_of
from antiphon.domain.contacts.queries import COUNTER
from antiphon.domain.contacts.records import Contact, Field
from antiphon.domain.contacts.search import search_text
from antiphon.domain.contacts.snapshot import snapshot
from antiphon.domain.contacts.tables import contact_addresses, contacts

_INSERT = contacts.insert()
_INSERT_ADDRESSES = contact_addresses.insert()
_UPDATE = (
    contacts.update()
    .where(contacts.c.account_id == bindparam("p_account"), contacts.c.id == bindparam("p_id"))
    .values(
        first_name=bindparam("p_first_name"),
        last_name=bindparam("p_last_name"),
        company=bindparam("p_company"),
        custom=bindparam("p_custom"),
        tags=bindparam("p_tags"),
        search_text=bindparam("p_search_text"),
        updated_at=bindparam("p_now"),
    )
)
_ADDRESSES = select(
    contact_addresses.c.contact_id,
    contact_addresses.c.kind,
    contact_addresses.c.value,
    contact_addresses.c.position,
).where(
    contact_addresses.c.account_id == bindparam("account_id"),
    contact_addresses.c.contact_id.in_(bindparam("ids", expanding=True)),
)
_THIS_ADDRESS = (
    contact_addresses.c.account_id == bindparam("p_account"),
    contact_addresses.c.contact_id == bindparam("p_contact"),
    contact_addresses.c.kind == bindparam("p_kind"),
    contact_addresses.c.value == bindparam("p_value"),
)
_DELETE_ADDRESS = contact_addresses.delete().where(*_THIS_ADDRESS)
_MOVE_ADDRESS = contact_addresses.update().where(*_THIS_ADDRESS).values(position=bindparam("p_position"))


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def insert_contacts(
    tx: WriteTx,
    account_id: str,
    created: Sequence[Contact],
    fields: Collection[Field],
    *,
    is_verified: bool = False,
) -> None:
    """Write new contacts and emit `lead.created` for each; their numbers are taken already."""
    if not created:
        return
    tx.execute(
        _INSERT,
        [
            {
                "id": contact.id,
                "account_id": account_id,
                "number": contact.number,
                "first_name": contact.first_name,
                "last_name": contact.last_name,
                "company": contact.company,
                "source": contact.source,
                "custom": _json(contact.custom),
                "tags": _json(contact.tags),
                "search_text": search_text(contact, fields),
                "interaction_count": contact.interaction_count,
                "last_interaction_at": contact.last_interaction_at,
                "created_at": contact.created_at,
                "updated_at": contact.updated_at,
                "deleted_at": None,
            }
            for contact in created
        ],
    )
    addresses = [
        _address(contact, kind, value, position, is_verified)
        for contact in created
        for (kind, value), position in addresses_of(contact, fields).items()
    ]
    if addresses:
        tx.execute(_INSERT_ADDRESSES, addresses)
    add_to_counter(tx, account_id, COUNTER, len(created))
    tx.emit_all([Event(account_id, "lead.created", contact.id, snapshot(contact)) for contact in created])


def replace_contacts(
    tx: WriteTx, account_id: str, changes: Sequence[tuple[Contact, Contact]], fields: Collection[Field]
) -> None:
    """Write existing contacts, each as it was and as it is to be, and emit `lead.updated` for each."""
    if not changes:
        return
    changed = [after for _, after in changes]
    tx.execute(
        _UPDATE,
        [
            {
                "p_account": account_id,
                "p_id": contact.id,
                "p_first_name": contact.first_name,
                "p_last_name": contact.last_name,
                "p_company": contact.company,
                "p_custom": _json(contact.custom),
                "p_tags": _json(contact.tags),
                "p_search_text": search_text(contact, fields),
                "p_now": contact.updated_at,
            }
            for contact in changed
        ],
    )
    _replace_addresses(tx, account_id, changed, fields)
    tx.emit_all(
        [
            Event(
                account_id,
                "lead.updated",
                after.id,
                {**snapshot(after), "is_renamed": before.name != after.name},
            )
            for before, after in changes
        ]
    )


def _replace_addresses(
    tx: WriteTx, account_id: str, changed: Sequence[Contact], fields: Collection[Field]
) -> None:
    """What stays keeps its row, and with it whether it is verified."""
    stored: dict[str, dict[tuple[str, str], int]] = {contact.id: {} for contact in changed}
    for row in tx.all(_ADDRESSES, {"account_id": account_id, "ids": list(stored)}):
        stored[row.contact_id][row.kind, row.value] = row.position
    removed, moved, added = [], [], []
    for contact in changed:
        wanted = addresses_of(contact, fields)
        before = stored[contact.id]
        own = {"p_account": account_id, "p_contact": contact.id}
        removed += [
            {**own, "p_kind": kind, "p_value": value} for kind, value in before.keys() - wanted.keys()
        ]
        for (kind, value), position in wanted.items():
            if (kind, value) not in before:
                added.append(_address(contact, kind, value, position, False))
            elif before[kind, value] != position:
                moved.append({**own, "p_kind": kind, "p_value": value, "p_position": position})
    if removed:
        tx.execute(_DELETE_ADDRESS, removed)
    if moved:
        tx.execute(_MOVE_ADDRESS, moved)
    if added:
        tx.execute(_INSERT_ADDRESSES, added)


def _address(contact: Contact, kind: str, value: str, position: int, is_verified: bool) -> dict[str, Any]:
    return {
        "id": new_id(),
        "account_id": contact.account_id,
        "contact_id": contact.id,
        "kind": kind,
        "position": position,
        "value": value,
        "is_verified": is_verified,
    }
