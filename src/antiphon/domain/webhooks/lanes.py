"""The lane of a receiver: at most one job at a time delivers what is due to a subscription.

A subscription's `lane_id` names the running lane. Whoever inserts a delivery starts the lane, and a lane ends
only in a transaction that finds nothing due; both lock the subscription's row first, so no delivery falls
between them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, bindparam, exists, func, literal_column, or_, select

from antiphon.core.clock import MINUTE
from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.events import events
from antiphon.core.ids import new_id
from antiphon.domain.webhooks.queries import SUBSCRIPTION_COLUMNS, to_subscription
from antiphon.domain.webhooks.records import Delivery, DeliveryStatus, Receiver
from antiphon.domain.webhooks.tables import deliveries, subscriptions

DELIVER_JOB = "webhooks.deliver"
WAKE_JOB = "webhooks.wake"
STALE_LANE_MS = 5 * MINUTE
EARLY_WAKE_MS = 250

s, d = subscriptions.c, deliveries.c
# A literal, since a bound parameter would keep both stores from using the partial index.
IS_PENDING = d.status == literal_column(f"'{DeliveryStatus.PENDING.value}'")

_RECEIVER = select(*SUBSCRIPTION_COLUMNS, s.sealed_secret, s.sealed_previous_secret, s.previous_until).where(
    s.account_id == bindparam("account_id"),
    s.id == bindparam("subscription_id"),
    s.lane_id == bindparam("lane_id"),
    s.is_active.is_(True),
)
_DUE = Prepared(
    select(
        d.id,
        d.event_id,
        d.event_type,
        d.object_id,
        d.listener_id,
        d.link_expires_at,
        d.attempts,
        d.is_test,
        d.next_attempt_at,
        d.created_at,
        func.coalesce(d.data, events.c.data).label("data"),
    )
    .outerjoin(events, events.c.id == d.event_id)
    .where(d.account_id == bindparam("account_id"), d.subscription_id == bindparam("subscription_id"))
    .where(IS_PENDING, d.next_attempt_at <= bindparam("now"))
    .where(
        d.next_attempt_at >= bindparam("after"),
        or_(d.next_attempt_at > bindparam("after"), d.id > bindparam("after_id")),
    )
    .order_by(d.next_attempt_at, d.id)
    .limit(bindparam("limit"))
)
_EARLIEST = select(func.min(d.next_attempt_at)).where(
    d.account_id == bindparam("account_id"), d.subscription_id == bindparam("subscription_id"), IS_PENDING
)
_LOCK = (
    select(s.lane_id, s.is_active)
    .where(s.account_id == bindparam("account_id"), s.id == bindparam("subscription_id"))
    .with_for_update(key_share=True)
)
_SET_LANE = (
    subscriptions.update()
    .where(s.account_id == bindparam("p_account"), s.id == bindparam("p_id"))
    .values(lane_id=bindparam("p_lane"), lane_seen_at=bindparam("p_seen"))
)
# unscoped: the sweeper works for the whole installation.
_STUCK = (
    select(s.account_id, s.id)
    .where(s.is_active.is_(True), or_(s.lane_id.is_(None), s.lane_seen_at < bindparam("stale")))
    .where(
        exists().where(
            d.account_id == s.account_id,
            d.subscription_id == s.id,
            IS_PENDING,
            d.next_attempt_at <= bindparam("now"),
        )
    )
    .order_by(s.id)
)


def start_lane(tx: WriteTx, account_id: str, subscription_id: str) -> None:
    """Start a lane; the caller holds the subscription's row and has seen that none is running."""
    lane_id = new_id()
    _set_lane(tx, account_id, subscription_id, lane_id)
    _enqueue_lane(tx, account_id, subscription_id, lane_id, 0)


def continue_lane(tx: WriteTx, account_id: str, subscription_id: str, lane_id: str, turn: int) -> None:
    """Put a long-running lane at the end of the queue, so that others get their turn."""
    if _lock(tx, account_id, subscription_id) == (lane_id, True):
        _set_lane(tx, account_id, subscription_id, lane_id)
        _enqueue_lane(tx, account_id, subscription_id, lane_id, turn)


def end_lane(tx: WriteTx, account_id: str, subscription_id: str, lane_id: str) -> bool:
    """End the lane unless something is due; schedules its next start. True when it has ended."""
    owner, is_active = _lock(tx, account_id, subscription_id)
    if owner != lane_id:
        return True
    if is_active:
        due = _earliest(tx, account_id, subscription_id)
        if due is not None and due <= tx.now:
            return False
        if due is not None:
            _enqueue_wake(tx, account_id, subscription_id, due, str(due))
    _set_lane(tx, account_id, subscription_id, None)
    return True


def abandon_lane(tx: WriteTx, account_id: str, subscription_id: str, lane_id: str) -> None:
    """Give the lane up without a look at what is due; the sweeper restarts it."""
    if _lock(tx, account_id, subscription_id)[0] == lane_id:
        _set_lane(tx, account_id, subscription_id, None)


def wake_lane(tx: WriteTx, account_id: str, subscription_id: str) -> None:
    """Start the lane if something is due and none is running."""
    owner, is_active = _lock(tx, account_id, subscription_id)
    if owner is not None or not is_active:
        return
    due = _earliest(tx, account_id, subscription_id)
    if due is None:
        return
    if due <= tx.now:
        start_lane(tx, account_id, subscription_id)
    else:
        # The queue's clock runs ahead of ours; the running wake-up still holds the plain key.
        again = max(due, tx.now + EARLY_WAKE_MS)
        _enqueue_wake(tx, account_id, subscription_id, again, new_id())


def sweep_lanes(tx: WriteTx) -> int:
    """Start a lane wherever something is due and no live lane delivers it; returns how many."""
    started = 0
    for row in tx.all(_STUCK, {"now": tx.now, "stale": tx.now - STALE_LANE_MS}):
        _lock(tx, row.account_id, row.id)
        start_lane(tx, row.account_id, row.id)
        started += 1
    return started


def find_receiver(tx: ReadTx, account_id: str, subscription_id: str, lane_id: str) -> Receiver | None:
    """The subscription while this lane is the running one and deliveries are wanted."""
    row = tx.first(
        _RECEIVER, {"account_id": account_id, "subscription_id": subscription_id, "lane_id": lane_id}
    )
    if row is None:
        return None
    return Receiver(to_subscription(row), row.sealed_secret, row.sealed_previous_secret, row.previous_until)


def list_due(
    tx: ReadTx, account_id: str, subscription_id: str, limit: int, after: int = 0, after_id: str = ""
) -> list[Delivery]:
    """What is to be sent now, longest due first, from behind the given due time and delivery on."""
    rows = tx.all(
        _DUE,
        {
            "account_id": account_id,
            "subscription_id": subscription_id,
            "now": tx.now,
            "limit": limit,
            "after": after,
            "after_id": after_id,
        },
    )
    return [_delivery(row) for row in rows]


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        row.id,
        row.event_id,
        row.event_type,
        row.object_id,
        row.listener_id,
        row.link_expires_at,
        row.attempts,
        row.is_test,
        row.next_attempt_at,
        row.data or "{}",
        row.created_at,
    )


def _lock(tx: WriteTx, account_id: str, subscription_id: str) -> tuple[str | None, bool]:
    row = tx.first(_LOCK, {"account_id": account_id, "subscription_id": subscription_id})
    return (None, False) if row is None else (row.lane_id, row.is_active)


def _earliest(tx: ReadTx, account_id: str, subscription_id: str) -> int | None:
    found = tx.scalar(_EARLIEST, {"account_id": account_id, "subscription_id": subscription_id})
    return None if found is None else int(found)


def _set_lane(tx: WriteTx, account_id: str, subscription_id: str, lane_id: str | None) -> None:
    tx.execute(
        _SET_LANE,
        {
            "p_account": account_id,
            "p_id": subscription_id,
            "p_lane": lane_id,
            "p_seen": None if lane_id is None else tx.now,
        },
    )


def _enqueue_lane(tx: WriteTx, account_id: str, subscription_id: str, lane_id: str, turn: int) -> None:
    # A key of its own per lane and turn: the job of the turn before may still count as running.
    tx.enqueue(
        DELIVER_JOB,
        {"account_id": account_id, "subscription_id": subscription_id, "lane_id": lane_id, "turn": turn},
        key=f"{DELIVER_JOB}:{subscription_id}:{lane_id}:{turn}",
    )


def _enqueue_wake(tx: WriteTx, account_id: str, subscription_id: str, due: int, key: str) -> None:
    tx.enqueue(
        WAKE_JOB,
        {"account_id": account_id, "subscription_id": subscription_id},
        key=f"{WAKE_JOB}:{subscription_id}:{key}",
        delay_ms=due - tx.now,
    )
