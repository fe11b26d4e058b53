"""Writes of notices."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import bindparam, select

from antiphon.core.clock import DAY
from antiphon.core.db.transaction import WriteTx
from antiphon.core.ids import new_id
from antiphon.domain.notifications.records import TargetKind
from antiphon.domain.notifications.tables import notifications

KEPT_DAYS = 90
PURGE_BATCH = 5000

n = notifications.c
_INSERT = notifications.insert()
_READ = (
    notifications.update()
    .where(n.account_id == bindparam("p_account"), n.user_id == bindparam("p_user"), n.read_at.is_(None))
    .values(read_at=bindparam("p_now"))
)
_READ_SOME = _READ.where(n.id.in_(bindparam("p_ids", expanding=True)))


def notify(
    tx: WriteTx, account_id: str, user_ids: Collection[str], type: str, kind: TargetKind, target_id: str
) -> None:
    """Leave a notice for each person, but not for who did it."""
    rows = [
        {
            "id": new_id(),
            "account_id": account_id,
            "user_id": user_id,
            "type": type,
            "target_kind": kind.value,
            "target_id": target_id,
            "actor_id": tx.actor.id,
            "created_at": tx.now,
        }
        for user_id in dict.fromkeys(user_ids)
        if user_id != tx.actor.id
    ]
    if rows:
        tx.execute(_INSERT, rows)


def mark_read(tx: WriteTx, account_id: str, user_id: str, ids: Sequence[str] | None = None) -> int:
    """Mark the person's own notices read, all or those named; returns how many were not."""
    parameters = {"p_account": account_id, "p_user": user_id, "p_now": tx.now}
    if ids is None:
        return tx.execute(_READ, parameters).rowcount
    return tx.execute(_READ_SOME, {**parameters, "p_ids": list(ids)}).rowcount


def purge_notices(tx: WriteTx) -> int:
    """Delete one batch of those older than 90 days; returns how many. For the schedule."""
    # unscoped: scheduled, for the installation
    old = select(n.id).where(n.created_at < tx.now - KEPT_DAYS * DAY).limit(PURGE_BATCH)
    # unscoped: scheduled, for the installation
    return tx.execute(notifications.delete().where(n.id.in_(old))).rowcount
