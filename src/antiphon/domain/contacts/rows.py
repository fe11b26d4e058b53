"""Writing contacts with their addresses, many at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.search_text import normalise
from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event
from antiphon.core.ids import new_id
from antiphon.domain.accounts.commands import add_to_counter
from antiphon.domain.contacts.counts import TAG, Groups, add_counts, groups_of
from antiphon.domain.contacts.fields import addresses_of
from antiphon.domain.contacts.history import tell_changes, told
from antiphon.domain.contacts.queries import COUNTER
from antiphon.domain.contacts.records import Contact, Field, Profile
from antiphon.domain.contacts.search import search_text
from antiphon.domain.contacts.tables import contact_addresses, contacts
from antiphon.domain.contacts.tags import find_tags, key_of, link_tags

_PROFILE = tuple(Profile.__dataclass_fields__)
_INSERT = Prepared(contacts.insert())
_INSERT_ADDRESSES = Prepared(contact_addresses.insert())
_UPDATE = Prepared(
    contacts.update()
    .where(contacts.c.account_id == bindparam("p_account"), contacts.c.id == bindparam("p_id"))
    .values(
        first_name=bindparam("p_first_name"),
        last_name=bindparam("p_last_name"),
        company=bindparam("p_company"),
        custom=bindparam("p_custom"),
        tags=bindparam("p_tags"),
        search_text=bindparam("p_search_text"),
        sort_name=bindparam("p_sort_name"),
        updated_at=bindparam("p_now"),
    )
)
_UPDATE_PROFILE = Prepared(
    contacts.update()
    .where(contacts.c.account_id == bindparam("p_account"), contacts.c.id == bindparam("p_id"))
    .values({name: bindparam(f"p_{name}") for name in _PROFILE})
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
_LABEL_ADDRESS = contact_addresses.update().where(*_THIS_ADDRESS).values(label=bindparam("p_label"))
_MOVE_ADDRESS = Prepared(
    contact_addresses.update().where(*_THIS_ADDRESS).values(position=bindparam("p_position"))
)


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
    tx.run_all(
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
                "sort_name": sort_name(contact),
                "last_activity_at": contact.last_activity_at or 0,
                **{name: getattr(contact.profile, name) for name in _PROFILE},
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
        tx.run_all(_INSERT_ADDRESSES, addresses)
    add_to_counter(tx, account_id, COUNTER, len(created))
    groups: Groups = Counter()
    for contact in created:
        groups.update(groups_of(contact))
    add_counts(tx, account_id, groups)
    change_tag_links(tx, account_id, [(contact, (), contact.tags) for contact in created if contact.tags])
    tx.emit_all(
        [Event(account_id, "lead.created", contact.id, told(tx, account_id, contact)) for contact in created]
    )


def replace_contacts(
    tx: WriteTx, account_id: str, changes: Sequence[tuple[Contact, Contact]], fields: Collection[Field]
) -> None:
    """Write existing contacts, each as it was and as it is to be, and emit `lead.updated` for each."""
    if not changes:
        return
    changed = [after for _, after in changes]
    tx.run_all(
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
                "p_sort_name": sort_name(contact),
                "p_now": contact.updated_at,
            }
            for contact in changed
        ],
    )
    if profiles := [after for before, after in changes if before.profile != after.profile]:
        tx.run_all(
            _UPDATE_PROFILE,
            [
                {
                    "p_account": account_id,
                    "p_id": contact.id,
                    **{f"p_{name}": getattr(contact.profile, name) for name in _PROFILE},
                }
                for contact in profiles
            ],
        )
    _replace_addresses(tx, account_id, changed, fields)
    groups: Groups = Counter()
    for before, after in changes:
        if before.profile != after.profile:
            groups.update(groups_of(after))
            groups.subtract(groups_of(before))
    add_counts(tx, account_id, groups)
    change_tag_links(
        tx,
        account_id,
        [(after, before.tags, after.tags) for before, after in changes if before.tags != after.tags],
    )
    tell_changes(tx, account_id, changes)


def change_tag_links(
    tx: WriteTx, account_id: str, changes: Sequence[tuple[Contact, Sequence[str], Sequence[str]]]
) -> None:
    """Make the rows and counts of tags follow contacts' tags, as they were and as they are; they exist."""
    if not changes:
        return
    known = find_tags(tx, account_id, {name for _, old, new in changes for name in (*old, *new)})
    groups: Groups = Counter()
    for contact, old, new in changes:
        before = {key_of(name) for name in old}
        after = {key_of(name) for name in new}
        added = [known[key] for key in sorted(after - before) if key in known]
        removed = [known[key] for key in sorted(before - after) if key in known]
        link_tags(tx, account_id, contact.id, contact.created_at, added, removed)
        groups.update({(TAG, tag.id): 1 for tag in added})
        groups.subtract({(TAG, tag.id): 1 for tag in removed})
    add_counts(tx, account_id, groups)


def set_labels(
    tx: WriteTx, account_id: str, contact_id: str, labels: Mapping[tuple[str, str], str | None]
) -> None:
    """Name addresses of a contact, by kind and value: work, private."""
    if labels:
        own = {"p_account": account_id, "p_contact": contact_id}
        tx.execute(
            _LABEL_ADDRESS,
            [
                {**own, "p_kind": kind, "p_value": value, "p_label": label}
                for (kind, value), label in labels.items()
            ],
        )


def sort_name(contact: Contact) -> str:
    """What a list by name is ordered by: the name, else the first address."""
    first_address = (*contact.emails, *contact.phones, "")[0]
    return normalise(contact.name or first_address)


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
        tx.run_all(_MOVE_ADDRESS, moved)
    if added:
        tx.run_all(_INSERT_ADDRESSES, added)


def _address(contact: Contact, kind: str, value: str, position: int, is_verified: bool) -> dict[str, Any]:
    return {
        "id": new_id(),
        "account_id": contact.account_id,
        "contact_id": contact.id,
        "kind": kind,
        "position": position,
        "value": value,
        "is_verified": is_verified,
        "label": None,
    }
