"""Typed rows of subscriptions, deliveries and attempts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    DASHBOARD = "dashboard"
    ZAPIER = "zapier"


class DeliveryStatus(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


class DisabledReason(StrEnum):
    DELETED = "deleted"
    FAILURES = "failures"
    GONE = "gone"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription without its secret (contracts/voicegram.md 4.4).

    `number` is its integer id within the account; `timezone` is the account's; `filter` is JSON text.
    """

    id: str
    account_id: str
    contract: str
    url: str
    event_types: tuple[str, ...]
    secret_prefix: str
    channel_id: str | None
    channel_type: str | None
    source: Source
    zapier_subscription_id: str | None
    is_active: bool
    consecutive_failures: int
    last_delivery_at: int | None
    last_success_at: int | None
    last_error: str | None
    created_at: int
    created_by_user_id: str | None
    inactive_since: int | None
    disabled_reason: DisabledReason | None
    number: int | None
    name: str
    filter: str | None
    timezone: str


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """A subscription at the only moment its secret is known."""

    subscription: Subscription
    secret: str


@dataclass(frozen=True, slots=True)
class SubscriptionFilters:
    """None means any."""

    contract: str | None = None
    source: Source | None = None
    is_active: bool | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionPage:
    items: list[Subscription]
    total: int


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where a lane delivers; `sealed_secret` is None once erased.

    Until `previous_until` signatures are made with the secret before the rotation too.
    """

    subscription: Subscription
    sealed_secret: str | None
    sealed_previous_secret: str | None = None
    previous_until: int | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one subscription; `data` is the event's data as JSON text.

    `listener_id` and `link_expires_at` fix the listen link, so that retries repeat it; `created_at` is the
    event's own time.
    """

    id: str
    event_id: str
    event_type: str
    object_id: str
    listener_id: str | None
    link_expires_at: int | None
    attempts: int
    is_test: bool
    due_at: int
    data: str
    created_at: int


ERASABLE = ("voicegram.", "call.", "message.")
"""Events whose data go with their object; others may have none from the start."""


def is_erased(event_type: str, data: str | None) -> bool:
    return data is None or (data == "{}" and event_type.startswith(ERASABLE))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt came to; `error` is the vocabulary of contracts/voicegram.md 7.2, None for a 2xx."""

    error: str | None
    status_code: int | None
    response_excerpt: str

    @property
    def ok(self) -> bool:
        return self.error is None

    @property
    def gone(self) -> bool:
        return self.status_code == 410


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """An attempt that was made and is to be recorded."""

    delivery: Delivery
    outcome: Outcome
    started_at: int
    ended_at: int


@dataclass(frozen=True, slots=True)
class AttemptFilters:
    """None means any; `status` is delivered or failed, times are milliseconds, inclusive."""

    status: str | None = None
    event_type: str | None = None
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One row of the delivery history (contracts/voicegram.md 7.3); `delivery` is what was sent."""

    id: str
    delivery_id: str
    event_id: str
    event_type: str
    object_id: str
    is_test: bool
    number: int
    at: int
    latency_ms: int
    status_code: int | None
    error: str | None
    response_excerpt: str
    delivery: Delivery
    delivery_status: DeliveryStatus
    next_attempt_at: int | None


@dataclass(frozen=True, slots=True)
class AttemptPage:
    items: list[Attempt]
    total: int


@dataclass(frozen=True, slots=True)
class ObjectDelivery:
    """Where one event of an object stands at one receiver."""

    id: str
    subscription_id: str
    url: str
    event_id: str
    event_type: str
    status: DeliveryStatus
    attempts: int
    next_attempt_at: int | None
    created_at: int
    finished_at: int | None
    last_error: str | None
    last_status_code: int | None
