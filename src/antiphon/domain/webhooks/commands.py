"""Writes of subscriptions, and test events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import and_, bindparam, func, or_, select

from antiphon.core.crypto import Cipher
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import NotFoundError
from antiphon.core.events import Event, events
from antiphon.core.ids import is_uuid, new_id
from antiphon.domain.accounts.audit import Target, changed, record
from antiphon.domain.accounts.tables import accounts
from antiphon.domain.channels.queries import get_channel
from antiphon.domain.voicegrams.commands import ensure_listener
from antiphon.domain.voicegrams.records import ListenerKind
from antiphon.domain.webhooks.dialect import Dialect
from antiphon.domain.webhooks.errors import SubscriptionError
from antiphon.domain.webhooks.lanes import start_lane
from antiphon.domain.webhooks.queries import get_delivery, get_listed, get_subscription
from antiphon.domain.webhooks.records import (
    AttemptResult,
    Delivery,
    DeliveryStatus,
    DisabledReason,
    NewSubscription,
    ObjectDelivery,
    Receiver,
    Source,
    Subscription,
    is_erased,
)
from antiphon.domain.webhooks.results import add_attempt, deactivate_row
from antiphon.domain.webhooks.schedule import HISTORY_MS, KEPT_CONTRACTS, REACTIVATION_MS
from antiphon.domain.webhooks.snapshot import snapshot
from antiphon.domain.webhooks.tables import attempts, deliveries, subscriptions

MAX_ACTIVE = 25
PURGE_BATCH = 500

s, d = subscriptions.c, deliveries.c
_LOCK_ACCOUNT = (
    select(accounts.c.id).where(accounts.c.id == bindparam("account_id")).with_for_update(key_share=True)
)
_LOCK = (
    select(s.id)
    .where(s.account_id == bindparam("account_id"), s.id == bindparam("subscription_id"))
    .with_for_update(key_share=True)
)
_ACTIVE = (
    select(func.count())
    .select_from(subscriptions)
    .where(
        s.account_id == bindparam("account_id"),
        s.contract == bindparam("contract"),
        s.is_active.is_(True),
    )
)
_SAME_ZAP = (
    select(s.id)
    .where(
        s.account_id == bindparam("account_id"),
        s.contract == bindparam("contract"),
        s.is_active.is_(True),
        s.zapier_subscription_id == bindparam("zapier_subscription_id"),
    )
    .limit(1)
)
_LANE = (
    select(s.lane_id)
    .where(s.account_id == bindparam("account_id"), s.id == bindparam("subscription_id"))
    .with_for_update(key_share=True)
)
_DELIVERY = (
    select(
        d.event_id,
        d.event_type,
        d.object_id,
        d.listener_id,
        d.link_expires_at,
        d.status,
        d.is_test,
        d.created_at,
        events.c.data.label("event_data"),
    )
    .outerjoin(events, events.c.id == d.event_id)
    .where(
        d.account_id == bindparam("account_id"),
        d.subscription_id == bindparam("subscription_id"),
        d.id == bindparam("delivery_id"),
    )
)
# Rows are never deleted, so numbers are never given again.
_LAST_NUMBER = select(func.max(s.number)).where(s.account_id == bindparam("account_id"))
_SECRETS = select(s.sealed_secret, s.sealed_previous_secret, s.previous_until).where(
    s.account_id == bindparam("account_id"), s.id == bindparam("subscription_id")
)
# unscoped: scheduled, for the installation
_ERASE = (
    subscriptions.update()
    .where(s.is_active.is_(False), s.sealed_secret.is_not(None), s.inactive_since <= bindparam("p_before"))
    .where(or_(s.contract.in_(KEPT_CONTRACTS), s.disabled_reason == DisabledReason.DELETED.value))
    .values(sealed_secret=None, sealed_previous_secret=None)
)
# unscoped: scheduled, for the installation
_OLD = select(d.id).where(d.finished_at < bindparam("before")).order_by(d.finished_at).limit(PURGE_BATCH)
_FINISH_TEST = (
    deliveries.update()
    .where(and_(d.account_id == bindparam("p_account"), d.id == bindparam("p_delivery")))
    .values(status=bindparam("p_status"), attempts=1, finished_at=bindparam("p_now"))
)


def secret_context(subscription_id: str) -> str:
    """What the sealed secret is bound to."""
    return f"webhook_subscriptions.sealed_secret:{subscription_id}"


def create_subscription(
    tx: WriteTx,
    cipher: Cipher,
    dialect: Dialect,
    account_id: str,
    *,
    url: str,
    channel_id: str | None = None,
    source: Source = Source.DASHBOARD,
    zapier_subscription_id: str | None = None,
    user_id: str | None = None,
    event_types: tuple[str, ...] | None = None,
    name: str = "",
    filter_text: str | None = None,
) -> NewSubscription:
    """Create an active subscription; its secret is shown only here (contracts/voicegram.md 4.5).

    The URL has been checked by the caller. Without `event_types` it gets all of its contract; where
    that has patterns, an empty list does, later ones included.
    Raises SubscriptionError `invalid_channel`, `conflict`, `limit_reached`, in this order.
    """
    channel_type = None if channel_id is None else _channel_type(tx, account_id, channel_id)
    tx.execute(_LOCK_ACCOUNT, {"account_id": account_id})
    _check_room(tx, account_id, dialect.contract, zapier_subscription_id)
    subscription_id, secret = new_id(), dialect.new_secret()
    tx.execute(
        subscriptions.insert(),
        {
            "id": subscription_id,
            "account_id": account_id,
            "contract": dialect.contract,
            "number": int(tx.scalar(_LAST_NUMBER, {"account_id": account_id}) or 0) + 1,
            "name": name,
            "url": url,
            "event_types": _encoded(_wanted(dialect, event_types)),
            "filter": filter_text,
            "sealed_secret": cipher.seal(secret, secret_context(subscription_id)),
            "secret_prefix": secret[:12],
            "channel_id": channel_id,
            "channel_type": channel_type,
            "source": source.value,
            "zapier_subscription_id": zapier_subscription_id,
            "is_active": True,
            "consecutive_failures": 0,
            "created_at": tx.now,
            "created_by_user_id": None if source is Source.ZAPIER else user_id,
        },
    )
    ensure_listener(tx, account_id, ListenerKind.SUBSCRIPTION, subscription_id)
    created = get_subscription(tx, account_id, subscription_id)
    tx.emit(Event(account_id, "webhook.created", subscription_id, snapshot(created)))
    record(tx, account_id, "webhook.created", _target(created))
    return NewSubscription(created, secret)


def _target(subscription: Subscription) -> Target:
    return Target("webhook", subscription.id, subscription.name or subscription.url)


def deactivate(tx: WriteTx, account_id: str, subscription_id: str) -> None:
    """Soft delete: pending deliveries are cancelled, row and history stay; again changes nothing.

    Raises NotFoundError.
    """
    _lock(tx, account_id, subscription_id)
    if get_subscription(tx, account_id, subscription_id).is_active:
        _delete(tx, account_id, subscription_id)


def reactivate(tx: WriteTx, account_id: str, subscription_id: str) -> Subscription:
    """Make active again with the same secret and a counter of 0 (contracts/voicegram.md 7.3).

    Raises NotFoundError; SubscriptionError `expired` 90 days after it became inactive where its contract
    says so, `conflict`, `limit_reached`.
    """
    tx.execute(_LOCK_ACCOUNT, {"account_id": account_id})
    _lock(tx, account_id, subscription_id)
    subscription = get_subscription(tx, account_id, subscription_id)
    if subscription.is_active:
        return subscription
    late = (subscription.inactive_since or 0) + REACTIVATION_MS <= tx.now
    if late and subscription.contract in KEPT_CONTRACTS:
        raise SubscriptionError("Too late to reactivate: create a new subscription", code="expired")
    _check_room(tx, account_id, subscription.contract, subscription.zapier_subscription_id)
    tx.execute(
        subscriptions.update()
        .where(s.account_id == account_id, s.id == subscription_id)
        .values(is_active=True, consecutive_failures=0, inactive_since=None, disabled_reason=None)
    )
    return get_subscription(tx, account_id, subscription_id)


def change_subscription(
    tx: WriteTx,
    account_id: str,
    subscription_id: str,
    *,
    name: str | None = None,
    url: str | None = None,
    event_types: Sequence[str] | None = None,
    is_active: bool | None = None,
    more: Mapping[str, str | None] | None = None,
) -> Subscription:
    """Change what is given; the secret is kept (contracts/vocatech.md 5.7).

    `more` may hold `filter` and `channel_id`, which can be taken away too. Made active, the failure count is
    0; made inactive, pending deliveries are cancelled. The URL has been checked by the caller. Raises
    NotFoundError; SubscriptionError as `reactivate`, and `invalid_channel`.
    """
    _lock(tx, account_id, subscription_id)
    before = get_listed(tx, account_id, subscription_id)
    given = {
        "name": name,
        "url": url,
        "event_types": None if event_types is None else _encoded(event_types),
        "consecutive_failures": 0 if is_active else None,
    }
    values: dict[str, Any] = {column: value for column, value in given.items() if value is not None}
    values |= more or {}
    if "channel_id" in values:
        channel_id = values["channel_id"]
        values["channel_type"] = None if channel_id is None else _channel_type(tx, account_id, channel_id)
    if values:
        tx.execute(
            subscriptions.update().where(s.account_id == account_id, s.id == subscription_id).values(**values)
        )
    if is_active:
        reactivate(tx, account_id, subscription_id)
    elif is_active is False and before.is_active:
        deactivate_row(tx, account_id, subscription_id, DisabledReason.PAUSED)
    after = get_subscription(tx, account_id, subscription_id)
    changes = changed(_described(before), _described(after))
    if changes:
        data = {**snapshot(after), "changes": changes}
        tx.emit(Event(account_id, "webhook.updated", subscription_id, data))
        record(tx, account_id, "webhook.updated", _target(after), changes)
    return after


def rotate_secret(
    tx: WriteTx, cipher: Cipher, dialect: Dialect, account_id: str, subscription_id: str, grace_ms: int
) -> str:
    """Replace the secret; the old one signs too for so long. Returns the new one, shown only here.

    Raises NotFoundError.
    """
    _lock(tx, account_id, subscription_id)
    get_listed(tx, account_id, subscription_id)
    sealed, _, _ = _secrets(tx, account_id, subscription_id)
    secret = dialect.new_secret()
    tx.execute(
        subscriptions.update()
        .where(s.account_id == account_id, s.id == subscription_id)
        .values(
            sealed_secret=cipher.seal(secret, secret_context(subscription_id)),
            secret_prefix=secret[:12],
            sealed_previous_secret=sealed if grace_ms else None,
            previous_until=tx.now + grace_ms if grace_ms else None,
        )
    )
    after = get_subscription(tx, account_id, subscription_id)
    tx.emit(Event(account_id, "webhook.updated", subscription_id, {**snapshot(after), "changes": []}))
    record(tx, account_id, "webhook.secret_rotated", _target(after))
    return secret


def resend(tx: WriteTx, account_id: str, subscription_id: str, delivery_id: str) -> ObjectDelivery:
    """Deliver once more, with the same event id and attempts from the start; one still due goes out now.

    Raises NotFoundError; SubscriptionError `invalid_state` for an inactive subscription, a test event, or an
    event whose data are erased.
    """
    lane_id = tx.scalar(_LANE, {"account_id": account_id, "subscription_id": subscription_id})
    subscription = get_listed(tx, account_id, subscription_id)
    own = {"account_id": account_id, "subscription_id": subscription_id, "delivery_id": delivery_id}
    row = tx.first(_DELIVERY, own)
    if row is None:
        raise NotFoundError("Delivery not found")
    if not subscription.is_active:
        raise SubscriptionError("The webhook is switched off", code="invalid_state")
    if row.is_test or is_erased(row.event_type, row.event_data):
        raise SubscriptionError("This event cannot be sent again", code="invalid_state")
    resent_id = delivery_id
    if row.status == DeliveryStatus.PENDING.value:
        tx.execute(
            deliveries.update()
            .where(d.account_id == account_id, d.id == delivery_id)
            .values(next_attempt_at=tx.now)
        )
    else:
        resent_id = new_id()
        tx.execute(
            deliveries.insert(),
            {
                "id": resent_id,
                "account_id": account_id,
                "subscription_id": subscription_id,
                "event_id": row.event_id,
                "event_type": row.event_type,
                "object_id": row.object_id,
                "listener_id": row.listener_id,
                "link_expires_at": row.link_expires_at,
                "status": DeliveryStatus.PENDING.value,
                "attempts": 0,
                "next_attempt_at": tx.now,
                "is_test": False,
                "created_at": row.created_at,
            },
        )
    if lane_id is None:
        start_lane(tx, account_id, subscription_id)
    record(tx, account_id, "webhook.delivery_resent", _target(subscription))
    return get_delivery(tx, account_id, resent_id)


def delete_subscription(tx: WriteTx, account_id: str, subscription_id: str) -> None:
    """Delete for good, an inactive one too: what is pending is cancelled, the history stays."""
    _lock(tx, account_id, subscription_id)
    if get_subscription(tx, account_id, subscription_id).disabled_reason is not DisabledReason.DELETED:
        _delete(tx, account_id, subscription_id)


def erase_secrets(tx: WriteTx) -> int:
    """Erase the secrets of what can no longer be reactivated; returns how many. For the schedule."""
    return tx.execute(_ERASE, {"p_before": tx.now - REACTIVATION_MS}).rowcount


def purge_history(tx: WriteTx) -> int:
    """Delete one batch of old finished deliveries and their attempts; returns how many. For the schedule."""
    ids = [row.id for row in tx.all(_OLD, {"before": tx.now - HISTORY_MS})]
    if ids:
        # unscoped: ids are of the rows just found, of any account
        tx.execute(attempts.delete().where(attempts.c.delivery_id.in_(ids)))
        # unscoped: as above
        tx.execute(deliveries.delete().where(d.id.in_(ids)))
    return len(ids)


def start_test(
    tx: WriteTx, dialect: Dialect, account_id: str, subscription_id: str, event_type: str | None = None
) -> tuple[Receiver, Delivery]:
    """Write the delivery of a test event; the caller sends it once and calls `finish_test`.

    Without `event_type` it is the one that the contract tests with.

    Raises NotFoundError; SubscriptionError `expired` when the secret is erased.
    """
    subscription = get_subscription(tx, account_id, subscription_id)
    secrets = _secrets(tx, account_id, subscription_id)
    if event_type is None:
        event_type, data = dialect.sample_data(tx.now, subscription)
    else:
        data = dialect.sample_of(event_type, tx.now)
    text = msgspec.json.encode(data).decode()
    delivery = Delivery(
        new_id(),
        dialect.new_test_id(),
        event_type,
        str(data.get("id", "")),
        None,
        None,
        0,
        True,
        tx.now,
        text,
        tx.now,
    )
    tx.execute(
        deliveries.insert(),
        {
            "id": delivery.id,
            "account_id": account_id,
            "subscription_id": subscription_id,
            "event_id": delivery.event_id,
            "event_type": event_type,
            "object_id": delivery.object_id,
            "data": text,
            "status": DeliveryStatus.FAILED.value,
            "attempts": 0,
            "next_attempt_at": None,
            "is_test": True,
            "created_at": tx.now,
            "finished_at": tx.now,
        },
    )
    return Receiver(subscription, *secrets), delivery


def finish_test(tx: WriteTx, account_id: str, subscription_id: str, result: AttemptResult) -> None:
    """Record a test's one attempt; it moves no counter of the subscription (contracts/voicegram.md 7.3)."""
    status = DeliveryStatus.DELIVERED if result.outcome.ok else DeliveryStatus.FAILED
    tx.execute(
        _FINISH_TEST,
        {
            "p_account": account_id,
            "p_delivery": result.delivery.id,
            "p_status": status.value,
            "p_now": result.ended_at,
        },
    )
    add_attempt(tx, account_id, subscription_id, result, status)


def _delete(tx: WriteTx, account_id: str, subscription_id: str) -> None:
    deactivate_row(tx, account_id, subscription_id, DisabledReason.DELETED)
    deleted = get_subscription(tx, account_id, subscription_id)
    tx.emit(Event(account_id, "webhook.deleted", subscription_id, snapshot(deleted)))
    record(tx, account_id, "webhook.deleted", _target(deleted))


def _described(subscription: Subscription) -> dict[str, Any]:
    return {
        "name": subscription.name,
        "url": subscription.url,
        "events": list(subscription.event_types),
        "filter": subscription.filter,
        "recording_channel_id": subscription.channel_id,
        "is_active": subscription.is_active,
    }


def _secrets(tx: WriteTx, account_id: str, subscription_id: str) -> tuple[str, str | None, int | None]:
    row = tx.first(_SECRETS, {"account_id": account_id, "subscription_id": subscription_id})
    if row is None or row.sealed_secret is None:
        raise SubscriptionError("The secret of this subscription is erased", code="expired")
    return row.sealed_secret, row.sealed_previous_secret, row.previous_until


def _wanted(dialect: Dialect, event_types: Sequence[str] | None) -> Sequence[str]:
    if dialect.has_patterns:
        return event_types or ()
    return event_types or sorted(dialect.event_types)


def _encoded(event_types: Sequence[str]) -> str:
    return msgspec.json.encode(event_types).decode()


def _channel_type(tx: WriteTx, account_id: str, channel_id: str) -> str:
    try:
        if not is_uuid(channel_id):
            raise NotFoundError
        return get_channel(tx, account_id, channel_id).kind.value
    except NotFoundError:
        raise SubscriptionError(
            "No such channel in this account", field="channel_id", code="invalid_channel"
        ) from None


def _check_room(tx: WriteTx, account_id: str, contract: str, zapier_subscription_id: str | None) -> None:
    own = {"account_id": account_id, "contract": contract}
    if zapier_subscription_id is not None:
        same = tx.scalar(_SAME_ZAP, {**own, "zapier_subscription_id": zapier_subscription_id})
        if same is not None:
            raise SubscriptionError(
                "An active subscription has this zapier_subscription_id",
                field="zapier_subscription_id",
                code="conflict",
            )
    if int(tx.scalar(_ACTIVE, own)) >= MAX_ACTIVE:
        raise SubscriptionError(f"At most {MAX_ACTIVE} active subscriptions", code="limit_reached")


def _lock(tx: WriteTx, account_id: str, subscription_id: str) -> None:
    tx.execute(_LOCK, {"account_id": account_id, "subscription_id": subscription_id})
