"""Webhooks and their deliveries in this contract's shapes (contracts/votel.md 11.6)."""

from __future__ import annotations

from typing import Any

import msgspec

from antiphon.contracts.votel.rendering import Rendering
from antiphon.core.clock import to_iso, to_iso_or_none
from antiphon.domain.webhooks.dialect import Dialect
from antiphon.domain.webhooks.records import Attempt, Subscription, is_erased
from antiphon.domain.webhooks.sender import render_body


def webhook_view(subscription: Subscription, rendering: Rendering) -> dict[str, Any]:
    """The events by the names of the subscription's own contract."""
    dialect = rendering.dialects[subscription.contract]
    filter_text = subscription.filter
    return {
        "id": subscription.id,
        "contract": subscription.contract,
        "name": subscription.name,
        "url": subscription.url,
        "events": [own_name(dialect, name) for name in subscription.event_types],
        "filter": None if filter_text is None else msgspec.Raw(filter_text.encode()),
        "secret_prefix": subscription.secret_prefix,
        "recording_channel_id": subscription.channel_id,
        "source": subscription.source.value,
        "is_active": subscription.is_active,
        "disabled_reason": subscription.disabled_reason,
        "inactive_since": to_iso_or_none(subscription.inactive_since),
        "consecutive_failures": subscription.consecutive_failures,
        "last_delivery_at": to_iso_or_none(subscription.last_delivery_at),
        "last_success_at": to_iso_or_none(subscription.last_success_at),
        "last_error": subscription.last_error,
        "created_at": to_iso(subscription.created_at),
        "created_by_user_id": subscription.created_by_user_id,
    }


def own_name(dialect: Dialect, event_type: str) -> str:
    """The contract's own name of an event of the catalogue; patterns stay."""
    return next((own for own, core in dialect.names.items() if core == event_type), event_type)


def attempt_view(attempt: Attempt, subscription: Subscription, rendering: Rendering) -> dict[str, Any]:
    """One attempt with the body that was sent; null where the event's data are erased."""
    dialect = rendering.dialects[subscription.contract]
    return {
        "id": attempt.id,
        "delivery_id": attempt.delivery_id,
        "event_id": attempt.event_id,
        "event": own_name(dialect, attempt.event_type),
        "object_id": attempt.object_id or None,
        "is_test": attempt.is_test,
        "attempt": attempt.number,
        "at": to_iso(attempt.at),
        "latency_ms": attempt.latency_ms,
        "status": "delivered" if attempt.error is None else "failed",
        "delivery_status": attempt.delivery_status.value,
        "next_attempt_at": to_iso_or_none(attempt.next_attempt_at),
        "status_code": attempt.status_code,
        "error": attempt.error,
        "body": _body(attempt, subscription, rendering),
        "response_excerpt": attempt.response_excerpt,
    }


def _body(attempt: Attempt, subscription: Subscription, rendering: Rendering) -> msgspec.Raw | None:
    dialect = rendering.dialects[subscription.contract]
    if is_erased(attempt.event_type, attempt.delivery.data):
        return None
    return msgspec.Raw(render_body(dialect, rendering.links, subscription, attempt.delivery, attempt.at))
