"""The committed events of one account, read back in the order of their commits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import bindparam, select

from antiphon.core.actors import Actor
from antiphon.core.clock import DAY
from antiphon.core.db.transaction import AnyRow, ReadTx
from antiphon.core.events import Event, event_sequences, events

RESUME_MS = DAY
"""How far back a reader may go on from (contracts/votel.md 1.4)."""

e = events.c
_AFTER = (
    select(
        e.id, e.account_id, e.type, e.object_id, e.data, e.created_at, e.sequence, e.actor_kind, e.actor_id
    )
    .where(e.account_id == bindparam("account_id"), e.sequence > bindparam("after"))
    .order_by(e.sequence)
    .limit(bindparam("limit"))
)
_FOLLOWING = (
    select(e.sequence, e.created_at)
    .where(e.account_id == bindparam("account_id"), e.sequence > bindparam("after"))
    .order_by(e.sequence)
    .limit(1)
)
_LAST = select(event_sequences.c.value).where(event_sequences.c.account_id == bindparam("account_id"))
_LASTS = select(event_sequences.c.account_id, event_sequences.c.value).where(
    event_sequences.c.account_id.in_(bindparam("account_ids", expanding=True))
)


def last_sequence(tx: ReadTx, account_id: str) -> int:
    """The number of the account's latest event, 0 before the first."""
    return int(tx.scalar(_LAST, {"account_id": account_id}) or 0)


def last_sequences(tx: ReadTx, account_ids: Collection[str]) -> dict[str, int]:
    """As `last_sequence` for many accounts; those without an event are missing."""
    return {row.account_id: row.value for row in tx.all(_LASTS, {"account_ids": list(account_ids)})}


def list_events(tx: ReadTx, account_id: str, after: int, limit: int) -> list[Event]:
    """The events that follow number `after`, first come first."""
    return _events(tx.all(_AFTER, {"account_id": account_id, "after": after, "limit": limit}))


@dataclass(frozen=True, slots=True)
class Position:
    """Where a reader goes on, `complete` unless something is missing before; `last` is the latest number."""

    number: int
    last: int
    complete: bool = True


def find_position(tx: ReadTx, account_id: str, after: int | None) -> Position:
    """The position behind number `after`.

    Without one, with a number that was never given or one whose following event is gone or older than
    `RESUME_MS`, a reader goes on from the latest event.
    """
    last = last_sequence(tx, account_id)
    if after is None or after == last:
        return Position(last, last)
    following = tx.first(_FOLLOWING, {"account_id": account_id, "after": after}) if after >= 0 else None
    if following is None or following.sequence != after + 1 or following.created_at <= tx.now - RESUME_MS:
        return Position(last, last, complete=False)
    return Position(after, last)


def _events(rows: Sequence[AnyRow]) -> list[Event]:
    return [
        Event(
            row.account_id,
            row.type,
            row.object_id,
            msgspec.json.decode(row.data),
            row.id,
            row.sequence,
            Actor(row.actor_kind or "system", row.actor_id),
            row.created_at,
        )
        for row in rows
    ]
