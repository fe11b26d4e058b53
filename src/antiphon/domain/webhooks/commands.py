"""Writes of subscriptions, and test events."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import and_, bindparam, func, select

from antiphon.core.crypto import Cipher
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import NotFoundError
from antiphon.core.events import Event, new_event_id
from antiphon.core.ids import is_uuid, new_id
from antiphon.domain.accounts.tables import accounts
from antiphon.domain.channels.queries import get_channel
from antiphon.domain.voicegrams.commands import ensure_listener
from antiphon.domain.voicegrams.records import ListenerKind
from antiphon.domain.webhooks.dialect import Dialect
from antiphon.domain.webhooks.errors import SubscriptionError
from antiphon.domain.webhooks.queries import get_subscription
from antiphon.domain.webhooks.records import (
    AttemptResult,
    Delivery,
    DeliveryStatus,
    DisabledReason,
    NewSubscription,
    Receiver,
    Source,
    Subscription,
)
from antiphon.domain.webhooks.results import add_attempt, deactivate_row
from antiphon.domain.webhooks.schedule import HISTORY_MS, REACTIVATION_MS
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
# Rows are never deleted, so numbers are never given again.
_LAST_NUMBER = select(func.max(s.number)).where(s.account_id == bindparam("account_id"))
_SECRET = select(s.sealed_secret).where(
    s.account_id == bindparam("account_id"), s.id == bindparam("subscription_id")
)
# unscoped: scheduled, for the installation
_ERASE = (
    subscriptions.update()
    .where(s.is_active.is_(False), s.sealed_secret.is_not(None), s.inactive_since <= bindparam("p_before"))
    .values(sealed_secret=None)
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
) -> NewSubscription:
    """Create an active subscription; its secret is shown only here (contracts/voicegram.md 4.5).

    The URL has been checked by the caller. Without `event_types` it gets all of its contract.
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
            "event_types": _encoded(event_types or sorted(dialect.event_types)),
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
    tx.emit(Event(account_id, "webhook.created", subscription_id, {"contract": dialect.contract}))
    return NewSubscription(get_subscription(tx, account_id, subscription_id), secret)


def deactivate(tx: WriteTx, account_id: str, subscription_id: str) -> None:
    """Soft delete: pending deliveries are cancelled, row and history stay; again changes nothing.

    Raises NotFoundError.
    """
    _lock(tx, account_id, subscription_id)
    if get_subscription(tx, account_id, subscription_id).is_active:
        deactivate_row(tx, account_id, subscription_id, DisabledReason.DELETED)
        tx.emit(Event(account_id, "webhook.deleted", subscription_id))


def reactivate(tx: WriteTx, account_id: str, subscription_id: str) -> Subscription:
    """Make active again with the same secret and a counter of 0 (contracts/voicegram.md 7.3).

    Raises NotFoundError; SubscriptionError `expired` 90 days after it became inactive, `conflict`,
    `limit_reached`.
    """
    tx.execute(_LOCK_ACCOUNT, {"account_id": account_id})
    _lock(tx, account_id, subscription_id)
    subscription = get_subscription(tx, account_id, subscription_id)
    if subscription.is_active:
        return subscription
    if (subscription.inactive_since or 0) + REACTIVATION_MS <= tx.now:
        raise SubscriptionError("Too late to reactivate: create a new subscription", code="expired")
    _check_room(tx, account_id, subscription.contract, subscription.zapier_subscription_id)
    tx.execute(
        subscriptions.update()
        .where(s.account_id == account_id, s.id == subscription_id)
        .values(is_active=True, consecutive_failures=0, inactive_since=None, disabled_reason=None)
    )
    tx.emit(Event(account_id, "webhook.reactivated", subscription_id))
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
) -> Subscription:
    """Change what is given; the secret is kept (contracts/vocatech.md 5.7).

    Made active, the failure count is 0; made inactive, pending deliveries are cancelled. The URL has been
    checked by the caller. Raises NotFoundError; SubscriptionError as `reactivate`.
    """
    _lock(tx, account_id, subscription_id)
    given = {
        "name": name,
        "url": url,
        "event_types": None if event_types is None else _encoded(event_types),
        "consecutive_failures": 0 if is_active else None,
    }
    values = {column: value for column, value in given.items() if value is not None}
    if values:
        tx.execute(
            subscriptions.update().where(s.account_id == account_id, s.id == subscription_id).values(**values)
        )
    if is_active:
        return reactivate(tx, account_id, subscription_id)
    if is_active is False and get_subscription(tx, account_id, subscription_id).is_active:
        deactivate_row(tx, account_id, subscription_id, DisabledReason.PAUSED)
    return get_subscription(tx, account_id, subscription_id)


def delete_subscription(tx: WriteTx, account_id: str, subscription_id: str) -> None:
    """Delete for good, an inactive one too: what is pending is cancelled, the history stays."""
    _lock(tx, account_id, subscription_id)
    deactivate_row(tx, account_id, subscription_id, DisabledReason.DELETED)
    tx.emit(Event(account_id, "webhook.deleted", subscription_id))


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
    tx: WriteTx, dialect: Dialect, account_id: str, subscription_id: str
) -> tuple[Receiver, Delivery]:
    """Write the delivery of a test event; the caller sends it once and calls `finish_test`.

    Raises NotFoundError; SubscriptionError `expired` when the secret is erased.
    """
    subscription = get_subscription(tx, account_id, subscription_id)
    sealed = tx.scalar(_SECRET, {"account_id": account_id, "subscription_id": subscription_id})
    if sealed is None:
        raise SubscriptionError("The secret of this subscription is erased", code="expired")
    event_type, data = dialect.sample_data(tx.now, subscription)
    text = msgspec.json.encode(data).decode()
    delivery = Delivery(
        new_id(),
        new_event_id(),
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
    return Receiver(subscription, sealed), delivery


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
