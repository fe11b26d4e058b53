"""Reads of subscriptions and of the delivery history."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, bindparam, func, or_, select

from antiphon.core.db.transaction import ReadTx
from antiphon.core.errors import NotFoundError
from antiphon.core.events import events
from antiphon.domain.accounts.tables import accounts
from antiphon.domain.webhooks.records import (
    Attempt,
    AttemptFilters,
    AttemptPage,
    Delivery,
    DeliveryStatus,
    DisabledReason,
    ObjectDelivery,
    Source,
    Subscription,
    SubscriptionFilters,
    SubscriptionPage,
)
from antiphon.domain.webhooks.schedule import KEPT_CONTRACTS
from antiphon.domain.webhooks.tables import attempts, deliveries, subscriptions

s = subscriptions.c
SUBSCRIPTION_COLUMNS = (
    s.id,
    s.account_id,
    s.contract,
    s.url,
    s.event_types,
    s.secret_prefix,
    s.channel_id,
    s.channel_type,
    s.source,
    s.zapier_subscription_id,
    s.is_active,
    s.consecutive_failures,
    s.last_delivery_at,
    s.last_success_at,
    s.last_error,
    s.created_at,
    s.created_by_user_id,
    s.inactive_since,
    s.disabled_reason,
    s.number,
    s.name,
    s.filter,
    # unscoped: the account of the row that is selected
    select(accounts.c.timezone).where(accounts.c.id == s.account_id).scalar_subquery().label("timezone"),
)
_OWN = select(*SUBSCRIPTION_COLUMNS).where(
    s.account_id == bindparam("account_id"), s.id == bindparam("subscription_id")
)
_LISTED = or_(
    s.disabled_reason.is_(None),
    s.disabled_reason != DisabledReason.DELETED.value,
    s.contract.in_(KEPT_CONTRACTS),
)
_NUMBERED = (
    select(*SUBSCRIPTION_COLUMNS)
    .where(
        s.account_id == bindparam("account_id"),
        s.contract == bindparam("contract"),
        s.number.is_not(None),
        or_(s.disabled_reason.is_(None), s.disabled_reason != DisabledReason.DELETED.value),
    )
    .order_by(s.number)
)
_BY_NUMBER = _NUMBERED.where(s.number == bindparam("number"))
_ATTEMPTS = (
    select(
        attempts.c.id,
        attempts.c.delivery_id,
        attempts.c.number,
        attempts.c.at,
        attempts.c.latency_ms,
        attempts.c.status_code,
        attempts.c.error,
        attempts.c.response_excerpt,
        deliveries.c.event_id,
        deliveries.c.event_type,
        deliveries.c.object_id,
        deliveries.c.listener_id,
        deliveries.c.link_expires_at,
        deliveries.c.is_test,
        deliveries.c.status,
        deliveries.c.attempts,
        deliveries.c.next_attempt_at,
        deliveries.c.created_at,
        func.coalesce(deliveries.c.data, events.c.data).label("data"),
    )
    .select_from(attempts)
    .join(deliveries, deliveries.c.id == attempts.c.delivery_id)
    .outerjoin(events, events.c.id == deliveries.c.event_id)
)
_ATTEMPT_COUNT = (
    select(func.count()).select_from(attempts).join(deliveries, deliveries.c.id == attempts.c.delivery_id)
)
_LATEST = (
    select(attempts.c.delivery_id, attempts.c.error, attempts.c.status_code)
    .join(deliveries, deliveries.c.id == attempts.c.delivery_id)
    .where(
        deliveries.c.account_id == bindparam("account_id"),
        deliveries.c.object_id == bindparam("object_id"),
        attempts.c.number == deliveries.c.attempts,
    )
)
_DELIVERIES = select(
    deliveries.c.id,
    deliveries.c.subscription_id,
    s.url,
    deliveries.c.event_id,
    deliveries.c.event_type,
    deliveries.c.status,
    deliveries.c.attempts,
    deliveries.c.next_attempt_at,
    deliveries.c.created_at,
    deliveries.c.finished_at,
).join(subscriptions, s.id == deliveries.c.subscription_id)
_OBJECT = _DELIVERIES.where(
    deliveries.c.account_id == bindparam("account_id"), deliveries.c.object_id == bindparam("object_id")
).order_by(deliveries.c.created_at, deliveries.c.id)
_DELIVERY = _DELIVERIES.where(
    deliveries.c.account_id == bindparam("account_id"), deliveries.c.id == bindparam("delivery_id")
)


def to_subscription(row: Row[Any]) -> Subscription:
    reason = row.disabled_reason
    return Subscription(
        row.id,
        row.account_id,
        row.contract,
        row.url,
        tuple(msgspec.json.decode(row.event_types, type=list[str])),
        row.secret_prefix,
        row.channel_id,
        row.channel_type,
        Source(row.source),
        row.zapier_subscription_id,
        row.is_active,
        row.consecutive_failures,
        row.last_delivery_at,
        row.last_success_at,
        row.last_error,
        row.created_at,
        row.created_by_user_id,
        row.inactive_since,
        None if reason is None else DisabledReason(reason),
        row.number,
        row.name,
        row.filter,
        row.timezone,
    )


def get_subscription(tx: ReadTx, account_id: str, subscription_id: str) -> Subscription:
    """Active or not. Raises NotFoundError for absent and foreign ones alike."""
    row = tx.first(_OWN, {"account_id": account_id, "subscription_id": subscription_id})
    if row is None:
        raise NotFoundError("Webhook subscription not found")
    return to_subscription(row)


def get_listed(tx: ReadTx, account_id: str, subscription_id: str) -> Subscription:
    """As `get_subscription`, but a deleted one only where its contract keeps it."""
    found = get_subscription(tx, account_id, subscription_id)
    if found.disabled_reason is DisabledReason.DELETED and found.contract not in KEPT_CONTRACTS:
        raise NotFoundError("Webhook subscription not found")
    return found


def get_numbered(tx: ReadTx, account_id: str, contract: str, number: int) -> Subscription:
    """One of a contract by its integer id, unless deleted. Raises NotFoundError."""
    row = tx.first(_BY_NUMBER, {"account_id": account_id, "contract": contract, "number": number})
    if row is None:
        raise NotFoundError("Webhook not found")
    return to_subscription(row)


def list_numbered(tx: ReadTx, account_id: str, contract: str) -> list[Subscription]:
    """A contract's subscriptions by integer id, inactive ones too, deleted ones not."""
    return [
        to_subscription(row) for row in tx.all(_NUMBERED, {"account_id": account_id, "contract": contract})
    ]


def list_subscriptions(
    tx: ReadTx, account_id: str, filters: SubscriptionFilters, *, limit: int, offset: int
) -> SubscriptionPage:
    """Newest first; `total` counts what matches the filters (contracts/voicegram.md 4.6)."""
    conditions: list[ColumnElement[bool]] = [s.account_id == account_id, _LISTED]
    if filters.contract is not None:
        conditions.append(s.contract == filters.contract)
    if filters.source is not None:
        conditions.append(s.source == filters.source.value)
    if filters.is_active is not None:
        conditions.append(s.is_active.is_(filters.is_active))
    statement = select(*SUBSCRIPTION_COLUMNS).where(*conditions).order_by(s.created_at.desc(), s.id.desc())
    rows = tx.all(statement.limit(limit).offset(offset))
    total = int(tx.scalar(select(func.count()).select_from(subscriptions).where(*conditions)))
    return SubscriptionPage([to_subscription(row) for row in rows], total)


def list_attempts(
    tx: ReadTx,
    account_id: str,
    subscription_id: str,
    filters: AttemptFilters | None = None,
    *,
    limit: int = 50,
    offset: int = 0,
) -> AttemptPage:
    """The delivery history, latest attempt first. Raises NotFoundError."""
    get_subscription(tx, account_id, subscription_id)
    chosen = filters or AttemptFilters()
    conditions: list[ColumnElement[bool]] = [
        attempts.c.account_id == account_id,
        attempts.c.subscription_id == subscription_id,
    ]
    if chosen.status is not None:
        failed = chosen.status == DeliveryStatus.FAILED
        conditions.append(attempts.c.error.is_not(None) if failed else attempts.c.error.is_(None))
    if chosen.event_type is not None:
        conditions.append(deliveries.c.event_type == chosen.event_type)
    if chosen.since is not None:
        conditions.append(attempts.c.at >= chosen.since)
    if chosen.until is not None:
        conditions.append(attempts.c.at <= chosen.until)
    rows = tx.all(
        _ATTEMPTS.where(*conditions)
        .order_by(attempts.c.at.desc(), attempts.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return AttemptPage([_attempt(row) for row in rows], int(tx.scalar(_ATTEMPT_COUNT.where(*conditions))))


def _attempt(row: Row[Any]) -> Attempt:
    delivery = Delivery(
        row.delivery_id,
        row.event_id,
        row.event_type,
        row.object_id,
        row.listener_id,
        row.link_expires_at,
        row.attempts,
        row.is_test,
        row.next_attempt_at or 0,
        row.data or "{}",
        row.created_at,
    )
    return Attempt(
        row.id,
        row.delivery_id,
        row.event_id,
        row.event_type,
        row.object_id,
        row.is_test,
        row.number,
        row.at,
        row.latency_ms,
        row.status_code,
        row.error,
        row.response_excerpt,
        delivery,
        DeliveryStatus(row.status),
        row.next_attempt_at,
    )


def list_object_deliveries(tx: ReadTx, account_id: str, object_id: str) -> list[ObjectDelivery]:
    """The deliveries of every event of one object, oldest first, with the latest attempt's outcome."""
    own = {"account_id": account_id, "object_id": object_id}
    latest = {row.delivery_id: row for row in tx.all(_LATEST, own)}
    return [_object_delivery(row, latest.get(row.id)) for row in tx.all(_OBJECT, own)]


def get_delivery(tx: ReadTx, account_id: str, delivery_id: str) -> ObjectDelivery:
    """A delivery that has just been written, without an attempt's outcome. Raises NotFoundError."""
    row = tx.first(_DELIVERY, {"account_id": account_id, "delivery_id": delivery_id})
    if row is None:
        raise NotFoundError("Delivery not found")
    return _object_delivery(row, None)


def _object_delivery(row: Row[Any], last: Row[Any] | None) -> ObjectDelivery:
    return ObjectDelivery(
        row.id,
        row.subscription_id,
        row.url,
        row.event_id,
        row.event_type,
        DeliveryStatus(row.status),
        row.attempts,
        row.next_attempt_at,
        row.created_at,
        row.finished_at,
        None if last is None else last.error,
        None if last is None else last.status_code,
    )
