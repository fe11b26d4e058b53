"""Recording attempts: history, schedule, counters and disabling (contracts/voicegram.md 7.2, 7.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from sqlalchemy import Integer, String, Text, and_, bindparam, case, select

from antiphon.core.db.batches import batch, encode_batch
from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import WriteTx
from antiphon.core.db.types import Id, Millis
from antiphon.core.events import Event
from antiphon.core.ids import new_id
from antiphon.domain.webhooks.lanes import IS_PENDING
from antiphon.domain.webhooks.queries import get_subscription
from antiphon.domain.webhooks.records import AttemptResult, DeliveryStatus, DisabledReason
from antiphon.domain.webhooks.schedule import ERROR_CHARS, MAX_FAILED_EVENTS, next_attempt_at
from antiphon.domain.webhooks.snapshot import snapshot
from antiphon.domain.webhooks.tables import attempts, deliveries, subscriptions

_Row: TypeAlias = tuple[str | int | None, ...]

s, d = subscriptions.c, deliveries.c
_OWN = and_(s.account_id == bindparam("p_account"), s.id == bindparam("p_id"))
_LOCK = Prepared(
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
_COUNTERS = Prepared(
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
# The account is in every row: compared with one parameter, SQLite would begin with the account's deliveries
# and read the whole batch for each of them.
_RESULTS = batch(
    "results",
    account=Id,
    attempt_id=Id,
    delivery_id=Id,
    made_before=Integer,
    status=String(16),
    next_attempt_at=Millis,
    finished_at=Millis,
    started_at=Millis,
    latency_ms=Integer,
    status_code=Integer,
    error=Text,
    response_excerpt=Text,
)
r = _RESULTS.c
# Somebody who asked meanwhile that it be sent now has set a later time than that of this attempt.
_IS_ASKED_FOR = and_(r.status == DeliveryStatus.PENDING.value, d.next_attempt_at > r.started_at)
_SETTLE = Prepared(
    deliveries.update()
    .where(d.account_id == r.account, d.id == r.delivery_id, d.attempts == r.made_before, IS_PENDING)
    .values(
        status=r.status,
        attempts=d.attempts + 1,
        next_attempt_at=case((_IS_ASKED_FOR, d.next_attempt_at), else_=r.next_attempt_at),
        finished_at=r.finished_at,
    )
)
_ADD_ATTEMPTS = Prepared(
    attempts.insert().from_select(
        [
            "id",
            "account_id",
            "subscription_id",
            "delivery_id",
            "number",
            "at",
            "latency_ms",
            "status_code",
            "error",
            "response_excerpt",
        ],
        select(
            r.attempt_id,
            r.account,
            bindparam("p_id", type_=Id),
            r.delivery_id,
            r.made_before + 1,
            r.started_at,
            r.latency_ms,
            r.status_code,
            r.error,
            r.response_excerpt,
        ),
    )
)
# An answer that was under way when its delivery was cancelled is history all the same.
_SETTLE_CANCELLED = Prepared(
    deliveries.update()
    .where(
        d.account_id == r.account,
        d.id == r.delivery_id,
        d.attempts == r.made_before,
        d.status == DeliveryStatus.CANCELLED.value,
    )
    .values(
        status=case((r.status == DeliveryStatus.DELIVERED.value, r.status), else_=d.status),
        attempts=d.attempts + 1,
    )
)
_CANCEL = (
    deliveries.update()
    .where(d.account_id == bindparam("p_account"), d.subscription_id == bindparam("p_id"), IS_PENDING)
    .values(status=DeliveryStatus.CANCELLED.value, next_attempt_at=None, finished_at=bindparam("p_now"))
)
_CANCEL_SOME = (
    deliveries.update()
    .where(d.account_id == bindparam("p_account"), d.id.in_(bindparam("p_ids", expanding=True)), IS_PENDING)
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
    rows: list[_Row] = []
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
        rows.append(_row(account_id, result, status, again))
    if rows:
        written = {"p_id": subscription_id, "results": encode_batch(rows)}
        tx.run(_SETTLE, written)
        if not is_active:
            tx.run(_SETTLE_CANCELLED, written)
        tx.run(_ADD_ATTEMPTS, written)
    tx.run(
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
            **snapshot(get_subscription(tx, account_id, subscription_id)),
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


def cancel_deliveries(tx: WriteTx, account_id: str, ids: Sequence[str]) -> None:
    """End deliveries whose events have lost their data: nothing is left to be sent."""
    tx.execute(_CANCEL_SOME, {"p_account": account_id, "p_ids": list(ids), "p_now": tx.now})


def add_attempt(
    tx: WriteTx, account_id: str, subscription_id: str, result: AttemptResult, status: DeliveryStatus
) -> None:
    """Write an attempt's row of the history, and nothing else."""
    row = _row(account_id, result, status, None)
    tx.run(_ADD_ATTEMPTS, {"p_id": subscription_id, "results": encode_batch([row])})


def _row(account_id: str, result: AttemptResult, status: DeliveryStatus, again: int | None) -> _Row:
    delivery, outcome = result.delivery, result.outcome
    return (
        account_id,
        new_id(),
        delivery.id,
        delivery.attempts,
        status.value,
        again,
        None if again is not None else result.ended_at,
        result.started_at,
        max(0, result.ended_at - result.started_at),
        outcome.status_code,
        None if outcome.error is None else outcome.error[:ERROR_CHARS],
        outcome.response_excerpt,
    )


def _disabling(failures: int, *, gone: bool) -> DisabledReason | None:
    if gone:
        return DisabledReason.GONE
    return DisabledReason.FAILURES if failures >= MAX_FAILED_EVENTS else None
