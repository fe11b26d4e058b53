"""Domain events: rows that commit with the change they tell of, and listeners told after the commit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import BigInteger, Column, Index, String, Table
from sqlalchemy.dialects import postgresql, sqlite

from antiphon.core.actors import Actor
from antiphon.core.db.metadata import metadata
from antiphon.core.db.prepared import Prepared
from antiphon.core.db.types import Id, JsonText, Millis
from antiphon.core.ids import new_id

if TYPE_CHECKING:
    from antiphon.core.db.transaction import WriteTx


events = Table(
    "events",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("account_id", Id, nullable=False),
    Column("type", String(64), nullable=False),
    Column("object_id", Id, nullable=False),
    Column("data", JsonText, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("sequence", BigInteger, nullable=False, server_default="0"),
    Column("actor_kind", String(16)),
    Column("actor_id", Id),
    Index("ix_events_created_at", "created_at"),
    Index("ix_events_account_id_created_at", "account_id", "created_at"),
    Index("ix_events_account_id_sequence", "account_id", "sequence"),
    Index("ix_events_account_id_object_id", "account_id", "object_id"),
)

event_sequences = Table(
    "event_sequences",
    metadata,
    Column("account_id", Id, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

_INSERT = Prepared(events.insert())


def _advancing(insert: postgresql.Insert | sqlite.Insert) -> Prepared:
    adding = insert.on_conflict_do_update(
        index_elements=[event_sequences.c.account_id],
        set_={"value": event_sequences.c.value + insert.excluded.value},
    )
    return Prepared(adding.returning(event_sequences.c.value))


_ADVANCE = {
    "sqlite": _advancing(sqlite.insert(event_sequences)),
    "postgresql": _advancing(postgresql.insert(event_sequences)),
}


def new_event_id() -> str:
    """`evt_<uuid>`, stable over retries and the same in every contract (contracts/README.md)."""
    return f"evt_{new_id()}"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to one object of one account.

    `type` is the catalogue name (`voicegram.completed`); `data` holds JSON values that reactions need.
    `sequence` counts the account's events in the order of their commits; listeners find it, `actor` and
    `created_at` set.
    """

    account_id: str
    type: str
    object_id: str
    data: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=new_event_id)
    sequence: int = 0
    actor: Actor | None = None
    created_at: int = 0


Reaction = Callable[["WriteTx", Event], None]
Listener = Callable[[Event], None]


class EventBus:
    """Wiring between domains: reactions run inside the transaction, listeners after its commit."""

    def __init__(self) -> None:
        self._reactions: defaultdict[str, list[Reaction]] = defaultdict(list)
        self._listeners: list[Listener] = []

    def react(self, event_type: str, reaction: Reaction) -> None:
        """Run `reaction` inside every transaction that emits `event_type`."""
        self._reactions[event_type].append(reaction)

    def listen(self, listener: Listener) -> None:
        """Tell `listener`, on the event loop, of every event after its commit."""
        self._listeners.append(listener)

    def dispatch(self, tx: WriteTx, events: Sequence[Event]) -> None:
        """Run the reactions to each event."""
        for event in events:
            for reaction in self._reactions[event.type]:
                reaction(tx, event)

    def publish(self, events: list[Event]) -> None:
        for event in events:
            for listener in self._listeners:
                listener(event)


def store_events(tx: WriteTx, collected: Sequence[Event]) -> list[Event]:
    """Write the rows of a transaction's events, numbered and with their actor.

    Runs last in the transaction: the number's row stays locked until the commit, so that numbers are in the
    order of commits, and nothing is waited for under that lock.
    """
    counts = Counter(event.account_id for event in collected)
    following = {
        account_id: tx.scalar(_ADVANCE[tx.dialect], {"account_id": account_id, "value": counts[account_id]})
        - counts[account_id]
        for account_id in sorted(counts)
    }
    numbered = []
    for event in collected:
        following[event.account_id] += 1
        numbered.append(
            replace(event, sequence=following[event.account_id], actor=tx.actor, created_at=tx.now)
        )
    tx.run_all(
        _INSERT,
        [
            {
                "id": event.id,
                "account_id": event.account_id,
                "type": event.type,
                "object_id": event.object_id,
                "data": msgspec.json.encode(event.data).decode(),
                "created_at": tx.now,
                "sequence": event.sequence,
                "actor_kind": tx.actor.kind,
                "actor_id": tx.actor.id,
            }
            for event in numbered
        ],
    )
    return numbered
