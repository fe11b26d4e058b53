"""The audit log: who changed what, written in the transaction of the change (contracts/votel.md 11.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import msgspec
from sqlalchemy import bindparam, select

from antiphon.core.db.transaction import WriteTx
from antiphon.core.ids import new_id
from antiphon.domain.accounts.tables import audit_log, users

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


def _masked(name: str, value: Any) -> Any:
    if value is not None and any(word in name for word in SECRET_WORDS):
        return MASK
    return value
