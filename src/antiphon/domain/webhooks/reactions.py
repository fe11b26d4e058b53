"""From events to deliveries, in the transaction of the event."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Row, and_, bindparam, literal_column, or_, select

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event, EventBus
from antiphon.core.ids import new_id
from antiphon.domain.accounts.queries import get_account
from antiphon.domain.voicegrams.commands import ensure_listener
from antiphon.domain.voicegrams.records import ListenerKind
from antiphon.domain.webhooks.dialect import Dialects
from antiphon.domain.webhooks.lanes import IS_PENDING, start_lane
from antiphon.domain.webhooks.records import DeliveryStatus
from antiphon.domain.webhooks.tables import deliveries, subscriptions

ERASING = ("voicegram.deleted", "call.deleted", "message.deleted")
"""Events of objects whose earlier events lose their data. They are no events of any webhook themselves."""

s = subscriptions.c


# Locked in one order, so that events of one account wait for each other and not in a circle.
@cache
def _matching(contracts: tuple[str, ...]) -> Prepared:
    return Prepared(
        select(s.id, s.contract, s.event_types, s.filter, s.lane_id)
        .where(
            s.account_id == bindparam("account_id"),
            s.is_active.is_(True),
            or_(*(s.contract == literal_column(f"'{contract}'") for contract in contracts)),
            or_(s.channel_id.is_(None), s.channel_id == bindparam("channel_id")),
        )
        .order_by(s.id)
        .with_for_update(key_share=True)
    )


_CANCEL_OBJECT = (
    deliveries.update()
    .where(
        and_(
            deliveries.c.account_id == bindparam("p_account"),
            deliveries.c.object_id == bindparam("p_object"),
            IS_PENDING,
        )
    )
    .values(status=DeliveryStatus.CANCELLED.value, next_attempt_at=None, finished_at=bindparam("p_now"))
)


class WebhookReactions:
    """Writes one delivery per matching active subscription (contracts/voicegram.md 7.1)."""

    def __init__(self, dialects: Dialects) -> None:
        self._dialects = dialects
        self._contracts = {name: dialects.contracts_with(name) for name in dialects.event_types}

    def install(self, bus: EventBus) -> None:
        for event_type in sorted(self._contracts):
            bus.react(event_type, self.on_event)
        for event_type in ERASING:
            bus.react(event_type, on_object_deleted)

    def on_event(self, tx: WriteTx, event: Event) -> None:
        contracts = tuple(
            name for name in self._contracts.get(event.type, []) if self._dialects[name].accepts(event)
        )
        if not contracts:
            return
        # Of a voicegram; a message names its channel in one word.
        channel = event.data.get("channel")
        rows = tx.all(
            _matching(contracts),
            {
                "account_id": event.account_id,
                "channel_id": channel.get("id") if isinstance(channel, dict) else None,
            },
        )
        matching = [row for row in rows if _wants(row, event.type) and self._passes(row, event, tx.now)]
        if not matching:
            return
        link_expires_at = None
        if event.type.startswith("voicegram."):
            link_expires_at = tx.now + get_account(tx, event.account_id).plan.link_validity_ms
        tx.execute(
            deliveries.insert(),
            [
                {
                    "id": new_id(),
                    "account_id": event.account_id,
                    "subscription_id": row.id,
                    "event_id": event.id,
                    "event_type": event.type,
                    "object_id": event.object_id,
                    "listener_id": None
                    if link_expires_at is None
                    else ensure_listener(tx, event.account_id, ListenerKind.SUBSCRIPTION, row.id),
                    "link_expires_at": link_expires_at,
                    "status": DeliveryStatus.PENDING.value,
                    "attempts": 0,
                    "next_attempt_at": tx.now,
                    "is_test": False,
                    "created_at": tx.now,
                }
                for row in matching
            ],
        )
        for row in matching:
            if row.lane_id is None:
                start_lane(tx, event.account_id, row.id)

    def _passes(self, row: Row[Any], event: Event, now: int) -> bool:
        return row.filter is None or self._dialects[row.contract].passes(event, row.filter, now)


def on_object_deleted(tx: WriteTx, event: Event) -> None:
    """Reaction: what is erased is not sent any more."""
    tx.execute(_CANCEL_OBJECT, {"p_account": event.account_id, "p_object": event.object_id, "p_now": tx.now})


def _wants(row: Row[Any], event_type: str) -> bool:
    wanted = msgspec.json.decode(row.event_types, type=list[str])
    return not wanted or any(fnmatchcase(event_type, pattern) for pattern in wanted)
