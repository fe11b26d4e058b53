"""The account's tags: made, renamed, deleted and merged for every lead at once (contracts/votel.md 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Text, bindparam, func, select

from antiphon.core.db.transaction import AnyRow, ReadTx, WriteTx
from antiphon.core.errors import NotFoundError
from antiphon.core.ids import new_id
from antiphon.domain.accounts.audit import Target, changed, record
from antiphon.domain.accounts.commands import add_to_counter
from antiphon.domain.contacts.commands import NUMBERS
from antiphon.domain.contacts.counts import TAG, count_group, counts_of
from antiphon.domain.contacts.errors import ContactFieldError
from antiphon.domain.contacts.tables import contact_counts, contact_tags, contacts, tags
from antiphon.domain.contacts.tags import MAX_ACCOUNT_TAGS, check_name, find_tags, key_of

_COLUMNS = (tags.c.id, tags.c.name, tags.c.color, tags.c.created_at, tags.c.updated_at)
_ALL = (
    select(*_COLUMNS).where(tags.c.account_id == bindparam("account_id")).order_by(tags.c.name_key, tags.c.id)
)
_ONE = select(*_COLUMNS).where(tags.c.account_id == bindparam("account_id"), tags.c.id == bindparam("tag_id"))
_UPDATE = (
    tags.update()
    .where(tags.c.account_id == bindparam("p_account"), tags.c.id == bindparam("p_tag"))
    .values(
        name=bindparam("p_name"),
        name_key=bindparam("p_key"),
        color=bindparam("p_color"),
        updated_at=bindparam("p_now"),
    )
)
_DELETE = tags.delete().where(tags.c.account_id == bindparam("p_account"), tags.c.id == bindparam("p_tag"))
_DELETE_COUNT = contact_counts.delete().where(
    contact_counts.c.account_id == bindparam("p_account"),
    contact_counts.c.kind == TAG,
    contact_counts.c.value == bindparam("p_tag"),
)
_TAGGED = (
    contact_tags.c.account_id == bindparam("p_account"),
    contact_tags.c.tag_id == bindparam("p_tag"),
)
_HAVE = select(contact_tags.c.contact_id).where(*_TAGGED)
_HAVE_OTHER = select(contact_tags.c.contact_id).where(
    contact_tags.c.account_id == bindparam("p_account"), contact_tags.c.tag_id == bindparam("p_other")
)
_LIVE = (contacts.c.account_id == bindparam("p_account"), contacts.c.id.in_(_HAVE))
# An element of the list is found by its quotes: within an element each one has a backslash before it.
_ELEMENT = bindparam("p_element", type_=Text)
_RENAME = (
    contacts.update()
    .where(*_LIVE)
    .values(tags=func.replace(contacts.c.tags, _ELEMENT, bindparam("p_new", type_=Text)))
)
_CUT = func.replace(
    func.replace(
        func.replace(contacts.c.tags, _ELEMENT.concat(","), ""), bindparam("p_comma", type_=Text), ""
    ),
    bindparam("p_alone", type_=Text),
    "[]",
)
_REMOVE = contacts.update().where(*_LIVE).values(tags=_CUT)
_REMOVE_WHERE_BOTH = contacts.update().where(*_LIVE, contacts.c.id.in_(_HAVE_OTHER)).values(tags=_CUT)
_UNLINK = contact_tags.delete().where(*_TAGGED)
_UNLINK_WHERE_BOTH = contact_tags.delete().where(*_TAGGED, contact_tags.c.contact_id.in_(_HAVE_OTHER))
_RELINK = contact_tags.update().where(*_TAGGED).values(tag_id=bindparam("p_other"))
_COUNT_LINKS = (
    select(func.count())
    .select_from(contact_tags)
    .where(contact_tags.c.account_id == bindparam("account_id"), contact_tags.c.tag_id == bindparam("tag_id"))
)
_SET_COUNT = (
    contact_counts.update()
    .where(
        contact_counts.c.account_id == bindparam("p_account"),
        contact_counts.c.kind == TAG,
        contact_counts.c.value == bindparam("p_tag"),
    )
    .values(count=bindparam("p_count"))
)


@dataclass(frozen=True, slots=True)
class Tag:
    id: str
    name: str
    color: str | None
    lead_count: int
    created_at: int
    updated_at: int


def list_tags(tx: ReadTx, account_id: str) -> list[Tag]:
    """Every tag by name."""
    counts = counts_of(tx, account_id, TAG)
    return [_tag(row, counts.get(row.id, 0)) for row in tx.all(_ALL, {"account_id": account_id})]


def get_tag(tx: ReadTx, account_id: str, tag_id: str) -> Tag:
    """Raises NotFoundError."""
    row = tx.first(_ONE, {"account_id": account_id, "tag_id": tag_id})
    if row is None:
        raise NotFoundError("Tag not found")
    return _tag(row, count_group(tx, account_id, TAG, tag_id))


def create_tag(tx: WriteTx, account_id: str, *, name: str, color: str | None = None) -> Tag:
    """Raises ContactFieldError `taken`, `limit_reached` or for a name that cannot be."""
    _lock(tx, account_id)
    clean = _free_name(tx, account_id, name, None)
    if len(list_tags(tx, account_id)) >= MAX_ACCOUNT_TAGS:
        raise ContactFieldError(f"at most {MAX_ACCOUNT_TAGS} tags", field="name", code="limit_reached")
    tag_id = new_id()
    tx.execute(
        tags.insert(),
        {
            "id": tag_id,
            "account_id": account_id,
            "name": clean,
            "name_key": key_of(clean),
            "color": color,
            "created_at": tx.now,
            "updated_at": tx.now,
        },
    )
    record(tx, account_id, "tag.created", Target("tag", tag_id, clean))
    return get_tag(tx, account_id, tag_id)


def update_tag(tx: WriteTx, account_id: str, tag_id: str, changes: Mapping[str, Any]) -> Tag:
    """Rename or recolour, for every lead. Raises NotFoundError, ContactFieldError."""
    _lock(tx, account_id)
    before = get_tag(tx, account_id, tag_id)
    name = _free_name(tx, account_id, changes["name"], tag_id) if "name" in changes else before.name
    color = changes.get("color", before.color)
    differing = changed({"name": before.name, "color": before.color}, {"name": name, "color": color})
    if not differing:
        return before
    own = {"p_account": account_id, "p_tag": tag_id}
    tx.execute(_UPDATE, {**own, "p_name": name, "p_key": key_of(name), "p_color": color, "p_now": tx.now})
    if name != before.name:
        tx.execute(_RENAME, {**own, "p_element": _quoted(before.name), "p_new": _quoted(name)})
    record(tx, account_id, "tag.updated", Target("tag", tag_id, before.name), differing)
    return get_tag(tx, account_id, tag_id)


def delete_tag(tx: WriteTx, account_id: str, tag_id: str) -> None:
    """Gone from every lead. Raises NotFoundError."""
    _lock(tx, account_id)
    tag = get_tag(tx, account_id, tag_id)
    own = {"p_account": account_id, "p_tag": tag_id}
    tx.execute(_REMOVE, {**own, **_cut(tag.name)})
    tx.execute(_UNLINK, own)
    tx.execute(_DELETE_COUNT, own)
    tx.execute(_DELETE, own)
    record(tx, account_id, "tag.deleted", Target("tag", tag_id, tag.name))


def merge_tag(tx: WriteTx, account_id: str, tag_id: str, into_id: str) -> Tag:
    """Every lead with the tag has the other one, each once; the tag is gone. Raises NotFoundError."""
    _lock(tx, account_id)
    tag, other = get_tag(tx, account_id, tag_id), get_tag(tx, account_id, into_id)
    if tag.id == other.id:
        return other
    own = {"p_account": account_id, "p_tag": tag_id}
    both = {**own, "p_other": into_id}
    tx.execute(_REMOVE_WHERE_BOTH, {**both, **_cut(tag.name)})
    tx.execute(_UNLINK_WHERE_BOTH, both)
    tx.execute(_RENAME, {**own, "p_element": _quoted(tag.name), "p_new": _quoted(other.name)})
    if tag.lead_count:
        tx.execute(_RELINK, both)
        _recount(tx, account_id, into_id)
    tx.execute(_DELETE_COUNT, own)
    tx.execute(_DELETE, own)
    record(
        tx,
        account_id,
        "tag.merged",
        Target("tag", tag_id, tag.name),
        changed({"into": None}, {"into": other.name}),
    )
    return get_tag(tx, account_id, into_id)


def _recount(tx: WriteTx, account_id: str, into_id: str) -> None:
    count = int(tx.scalar(_COUNT_LINKS, {"account_id": account_id, "tag_id": into_id}))
    parameters = {"p_account": account_id, "p_tag": into_id, "p_count": count}
    if tx.execute(_SET_COUNT, parameters).rowcount == 0:
        row = {"account_id": account_id, "kind": TAG, "value": into_id, "count": count}
        tx.execute(contact_counts.insert(), row)


def _lock(tx: WriteTx, account_id: str) -> None:
    add_to_counter(tx, account_id, NUMBERS, 0)


def _tag(row: AnyRow, lead_count: int) -> Tag:
    return Tag(row.id, row.name, row.color, lead_count, row.created_at, row.updated_at)


def _free_name(tx: ReadTx, account_id: str, name: str, own_id: str | None) -> str:
    clean = check_name(name)
    found = find_tags(tx, account_id, [clean])
    if any(tag.id != own_id for tag in found.values()):
        raise ContactFieldError("a tag of this name exists", field="name", code="taken")
    return clean


def _quoted(name: str) -> str:
    return msgspec.json.encode(name).decode()


def _cut(name: str) -> dict[str, str]:
    element = _quoted(name)
    return {"p_element": element, "p_comma": f",{element}", "p_alone": f"[{element}]"}
