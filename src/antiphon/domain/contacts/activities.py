"""What is written down of a contact: notes, changes, and what was logged by hand (contracts/votel.md 3.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, case, select

from antiphon.core.db.transaction import AnyRow, ReadTx, WriteTx
from antiphon.core.db.types import Millis
from antiphon.core.errors import NotFoundError
from antiphon.core.ids import new_id
from antiphon.domain.accounts.queries import get_user
from antiphon.domain.contacts.tables import activities, contacts

a = activities.c


class ActivityType(StrEnum):
    CALL = "call"
    EMAIL = "email"
    SMS = "sms"
    NOTE = "note"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line to be written; `at` is when it happened, in milliseconds, None for now."""

    contact_id: str
    type: ActivityType
    subtype: str
    summary: str
    content: str = ""
    is_pinned: bool = False
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    id: str
    contact_id: str
    type: ActivityType
    subtype: str
    summary: str
    content: str
    is_pinned: bool
    actor_kind: str
    actor_id: str | None
    actor_name: str
    at: int
    created_at: int
    updated_at: int


COLUMNS = (
    a.id,
    a.contact_id,
    a.type,
    a.subtype,
    a.summary,
    a.content,
    a.is_pinned,
    a.actor_kind,
    a.actor_id,
    a.actor_name,
    a.at,
    a.created_at,
    a.updated_at,
)
_INSERT = activities.insert()
_ONE = select(*COLUMNS).where(
    a.account_id == bindparam("account_id"), a.id == bindparam("activity_id"), a.deleted_at.is_(None)
)
_TOUCH = (
    contacts.update()
    .where(contacts.c.account_id == bindparam("p_account"), contacts.c.id == bindparam("p_contact"))
    .values(
        last_activity_at=case(
            (contacts.c.last_activity_at > bindparam("p_at"), contacts.c.last_activity_at),
            else_=bindparam("p_at", type_=Millis),
        )
    )
)


def activity_of(row: AnyRow) -> Activity:
    return Activity(
        row.id,
        row.contact_id,
        ActivityType(row.type),
        row.subtype,
        row.summary,
        row.content,
        row.is_pinned,
        row.actor_kind,
        row.actor_id,
        row.actor_name,
        row.at,
        row.created_at,
        row.updated_at,
    )


def get_activity(tx: ReadTx, account_id: str, activity_id: str) -> Activity:
    """Raises NotFoundError."""
    row = tx.first(_ONE, {"account_id": account_id, "activity_id": activity_id})
    if row is None:
        raise NotFoundError("Activity not found")
    return activity_of(row)


def write_entries(tx: WriteTx, account_id: str, entries: Sequence[Entry]) -> list[Activity]:
    """Write the lines in the name of `tx.actor`; their contacts were active then."""
    if not entries:
        return []
    name = actor_name(tx, account_id)
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "account_id": account_id,
            "contact_id": entry.contact_id,
            "type": entry.type.value,
            "subtype": entry.subtype,
            "summary": entry.summary,
            "content": entry.content,
            "is_pinned": entry.is_pinned,
            "actor_kind": tx.actor.kind,
            "actor_id": tx.actor.id,
            "actor_name": name,
            "at": tx.now if entry.at is None else entry.at,
            "created_at": tx.now,
            "updated_at": tx.now,
        }
        for entry in entries
    ]
    tx.execute(_INSERT, rows)
    latest: dict[str, int] = {}
    for row in rows:
        latest[row["contact_id"]] = max(row["at"], latest.get(row["contact_id"], 0))
    tx.execute(
        _TOUCH,
        [
            {"p_account": account_id, "p_contact": contact_id, "p_at": at}
            for contact_id, at in sorted(latest.items())
        ],
    )
    return [_made(row) for row in rows]


def _made(row: dict[str, Any]) -> Activity:
    values = {name: row[name] for name in Activity.__dataclass_fields__}
    return Activity(**{**values, "type": ActivityType(row["type"])})


def actor_name(tx: WriteTx, account_id: str) -> str:
    """What the actor is called, kept because the person may be gone later."""
    actor = tx.actor
    if actor.name or actor.id is None:
        return actor.name
    try:
        return get_user(tx, account_id, actor.id).name
    except NotFoundError:
        return ""
