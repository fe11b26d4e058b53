"""Recording attempts: history, schedule, counters and disabling (contracts/voicegram.md 7.2, 7.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, select

from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event
from antiphon.core.ids import new_id
from antiphon.domain.webhooks.lanes import IS_PENDING
from antiphon.domain.webhooks.records import AttemptResult, DeliveryStatus, DisabledReason
from antiphon.domain.webhooks.schedule import ERROR_CHARS, MAX_FAILED_EVENTS, next_attempt_at
from antiphon.domain.webhooks.tables import attempts, deliveries, subscriptions

s, d = subscriptions.c, deliveries.c
_OWN = and_(s.account_id == bindparam("p_account"), s.id == bindparam("p_id"))
_LOCK = (
    select(
        s.url,
        s.contract,
        s.lane_id,
        s.is_active,
        s.consecutive_failures,
        s.last_delivery_at,
        s.last_success_at,
        s.last_error,
    )
    .where(s.account_id == bindparam("account_id"), s.id == bindparam("subscription_id"))
    .with_for_update(key_share=True)
)
_COUNTERS = (
    subscriptions.update()
    .where(_OWN)
    .values(
        consecutive_failures=bindparam("p_failures"),
        last_delivery_at=bindparam("p_delivery"),
        last_success_at=bindparam("p_success"),
        last_error=bindparam("p_error"),
        lane_seen_at=bindparam("p_now"),
    )
)
_SETTLE = (
    deliveries.update()
    .where(
        d.account_id == bindparam("p_account"),
        d.id == bindparam("p_delivery"),
        d.attempts == bindparam("p_expected"),
        IS_PENDING,
    )
    .values(
        status=bindparam("p_status"),
        attempts=d.attempts + 1,
        next_attempt_at=bindparam("p_next"),
        finished_at=bindparam("p_finished"),
    )
)
# An answer that was under way when its delivery was cancelled is history all the same.
_SETTLE_CANCELLED = (
    deliveries.update()
    .where(
        d.account_id == bindparam("p_account"),
        d.id == bindparam("p_delivery"),
        d.attempts == bindparam("p_expected"),
        d.status == DeliveryStatus.CANCELLED.value,
    )
    .values(status=bindparam("p_status"), attempts=d.attempts + 1)
)
_CANCEL = (
    deliveries.update()
    .where(d.account_id == bindparam("p_account"), d.subscription_id == bindparam("p_id"), IS_PENDING)
    .values(status=DeliveryStatus.CANCELLED.value, next_attempt_at=None, finished_at=bindparam("p_now"))
)
_DEACTIVATE = (
    subscriptions.update()
    .where(_OWN)
    .values(is_active=False, inactive_since=bindparam("p_now"), disabled_reason=bindparam("p_reason"))
)


def record_results(
    tx: WriteTx, account_id: str, subscription_id: str, lane_id: str, results: Sequence[AttemptResult]
) -> bool:
    """Write a lane's attempts in the order of their end; false when the lane is to stop."""
    row = tx.first(_LOCK, {"account_id": account_id, "subscription_id": subscription_id})
    if row is None:
        return False
    is_active, failures = bool(row.is_active), int(row.consecutive_failures)
    delivery_at, success_at, error = row.last_delivery_at, row.last_success_at, row.last_error
    reason: DisabledReason | None = None
    settled: list[dict[str, Any]] = []
    for result in results:
        outcome, made = result.outcome, result.delivery.attempts + 1
        delivery_at = result.started_at
        again = None
        if outcome.ok:
            failures, success_at, status = 0, result.ended_at, DeliveryStatus.DELIVERED
        else:
            error, status = str(outcome.error)[:ERROR_CHARS], DeliveryStatus.PENDING
            again = None if outcome.gone else next_attempt_at(made, result.ended_at)
            if again is None:
                status = DeliveryStatus.FAILED
                if is_active and reason is None:
                    failures += 1
                    reason = _disabling(failures, gone=outcome.gone)
        settled.append(
            {
                "p_account": account_id,
                "p_delivery": result.delivery.id,
                "p_expected": result.delivery.attempts,
                "p_status": status.value,
                "p_next": again,
                "p_finished": None if again is not None else result.ended_at,
            }
        )
    if settled:
        _settle(tx, settled, was_active=is_active)
        tx.execute(attempts.insert(), [attempt_row(account_id, subscription_id, item) for item in results])
    tx.execute(
        _COUNTERS,
        {
            "p_account": account_id,
            "p_id": subscription_id,
            "p_failures": failures,
            "p_delivery": delivery_at,
            "p_success": success_at,
            "p_error": error,
            "p_now": tx.now,
        },
    )
    if is_active and reason is not None:
        deactivate_row(tx, account_id, subscription_id, reason)
        data = {
            "url": row.url,
            "contract": row.contract,
            "reason": reason.value,
            "last_error": error,
            "consecutive_failures": failures,
        }
        tx.emit(Event(account_id, "webhook.disabled", subscription_id, data))
    return is_active and reason is None and row.lane_id == lane_id


def deactivate_row(tx: WriteTx, account_id: str, subscription_id: str, reason: DisabledReason) -> None:
    """Make the subscription inactive and cancel what is pending; the caller holds its row."""
    own = {"p_account": account_id, "p_id": subscription_id, "p_now": tx.now}
    tx.execute(_DEACTIVATE, {**own, "p_reason": reason.value})
    tx.execute(_CANCEL, own)


def attempt_row(account_id: str, subscription_id: str, result: AttemptResult) -> dict[str, Any]:
    outcome = result.outcome
    return {
        "id": new_id(),
        "account_id": account_id,
        "subscription_id": subscription_id,
        "delivery_id": result.delivery.id,
        "number": result.delivery.attempts + 1,
        "at": result.started_at,
        "latency_ms": max(0, result.ended_at - result.started_at),
        "status_code": outcome.status_code,
        "error": None if outcome.error is None else outcome.error[:ERROR_CHARS],
        "response_excerpt": outcome.response_excerpt,
    }


def _disabling(failures: int, *, gone: bool) -> DisabledReason | None:
    if gone:
        return DisabledReason.GONE
    return DisabledReason.FAILURES if failures >= MAX_FAILED_EVENTS else None


def _settle(tx: WriteTx, settled: list[dict[str, Any]], *, was_active: bool) -> None:
    tx.execute(_SETTLE, settled)
    if not was_active:
        for values in settled:
            status = DeliveryStatus(values["p_status"])
            kept = (
                DeliveryStatus.DELIVERED if status is DeliveryStatus.DELIVERED else DeliveryStatus.CANCELLED
            )
            tx.execute(_SETTLE_CANCELLED, {**values, "p_status": kept.value})
