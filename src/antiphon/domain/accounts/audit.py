"""The audit log: who changed what, written in the transaction of the change (contracts/votel.md 11.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import msgspec
from sqlalchemy import ColumnElement, bindparam, func, select

from antiphon.core.db.transaction import AnyRow, ReadTx, WriteTx
from antiphon.core.ids import new_id
from antiphon.domain.accounts.tables import audit_log, users

KEPT_DAYS = 400
PURGE_BATCH = 5000
MASK = "***"
SECRET_WORDS = ("secret", "password", "token", "api_key", "totp", "credentials")

_INSERT = audit_log.insert()
# unscoped: a person's own name
_USER_NAME = select(users.c.name).where(users.c.id == bindparam("user_id"))


@dataclass(frozen=True, slots=True)
class Target:
    """The object changed; `label` is what a person calls it, kept because the object may be gone later."""

    kind: str
    id: str
    label: str = ""


Change = TypedDict("Change", {"field": str, "from": Any, "to": Any})


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The fields of `after` that differ from `before`, secrets masked."""
    return [
        {"field": name, "from": _masked(name, before.get(name)), "to": _masked(name, value)}
        for name, value in after.items()
        if before.get(name) != value
    ]


def record(tx: WriteTx, account_id: str, action: str, target: Target, changes: Sequence[Change] = ()) -> None:
    """Write one entry in the name of `tx.actor`; `action` is `<object>.<verb>` as in the event catalogue."""
    actor = tx.actor
    tx.execute(
        _INSERT,
        {
            "id": new_id(),
            "account_id": account_id,
            "at": tx.now,
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "actor_name": actor.name or tx.scalar(_USER_NAME, {"user_id": actor.id}) or "",
            "key_id": actor.key_id,
            "ip": actor.ip,
            "action": action,
            "target_kind": target.kind,
            "target_id": target.id,
            "target_label": target.label,
            "changes": msgspec.json.encode(list(changes)).decode(),
        },
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the log; `changes` is JSON as stored."""

    id: str
    at: int
    actor_kind: str
    actor_id: str | None
    actor_name: str
    key_id: str | None
    ip: str | None
    action: str
    target: Target
    changes: bytes


@dataclass(frozen=True, slots=True)
class EntryFilters:
    """None leaves a filter out; times in milliseconds, both inclusive; `action` may end in `.*`."""

    actor_id: str | None = None
    action: str | None = None
    target_kind: str | None = None
    target_id: str | None = None
    since: int | None = None
    until: int | None = None


def list_entries(
    tx: ReadTx, account_id: str, filters: EntryFilters, *, limit: int, offset: int
) -> tuple[list[Entry], int]:
    """One page, newest first, and how many there are."""
    conditions: list[ColumnElement[bool]] = [audit_log.c.account_id == account_id]
    for name in ("actor_id", "target_kind", "target_id"):
        if (value := getattr(filters, name)) is not None:
            conditions.append(audit_log.c[name] == value)
    if filters.action is not None:
        if filters.action.endswith(".*"):
            conditions.append(audit_log.c.action.startswith(filters.action[:-1], autoescape=True))
        else:
            conditions.append(audit_log.c.action == filters.action)
    if filters.since is not None:
        conditions.append(audit_log.c.at >= filters.since)
    if filters.until is not None:
        conditions.append(audit_log.c.at <= filters.until)
    total = int(tx.scalar(select(func.count()).select_from(audit_log).where(*conditions)))
    rows = tx.all(
        select(audit_log)
        .where(*conditions)
        .order_by(audit_log.c.at.desc(), audit_log.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [_entry(row) for row in rows], total


def _entry(row: AnyRow) -> Entry:
    return Entry(
        row.id,
        row.at,
        row.actor_kind,
        row.actor_id,
        row.actor_name,
        row.key_id,
        row.ip,
        row.action,
        Target(row.target_kind, row.target_id, row.target_label),
        row.changes.encode(),
    )


def purge_audit_log(tx: WriteTx, before: int) -> int:
    """Delete entries older than `before`, at most 5000; returns how many."""
    # unscoped: scheduled, for the installation
    old = select(audit_log.c.id).where(audit_log.c.at < before).limit(PURGE_BATCH)
    # unscoped: scheduled, for the installation
    return tx.execute(audit_log.delete().where(audit_log.c.id.in_(old))).rowcount


def _masked(name: str, value: Any) -> Any:
    if value is not None and any(word in name for word in SECRET_WORDS):
        return MASK
    return value
