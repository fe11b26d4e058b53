"""Bodies of events as webhooks send them, without a receiver to send them to."""

from __future__ import annotations

from typing import Any

from antiphon.contracts.votel.routing import Call
from antiphon.contracts.votel.views_events import TEST_PREFIX
from antiphon.domain.webhooks.dialect import AudioLink, Dialect
from antiphon.domain.webhooks.records import Delivery, Source, Subscription


def event_body(
    call: Call,
    dialect: Dialect,
    event_id: str,
    core: str,
    data: dict[str, Any],
    now: int,
    audio: AudioLink | None = None,
) -> bytes:
    """What a subscriber of the contract would get of this event now."""
    delivery = Delivery("", event_id, core, str(data.get("id", "")), None, None, 0, True, now, "", now)
    return dialect.render(event_id, core, data, nobodys_subscription(call, dialect), delivery, now, audio)


def nobodys_subscription(call: Call, dialect: Dialect) -> Subscription:
    account = call.caller.account
    return Subscription(
        id=f"{TEST_PREFIX}webhook",
        account_id=account.id,
        contract=dialect.contract,
        url="",
        event_types=(),
        secret_prefix="",
        channel_id=None,
        channel_type=None,
        source=Source.DASHBOARD,
        zapier_subscription_id=None,
        is_active=True,
        consecutive_failures=0,
        last_delivery_at=None,
        last_success_at=None,
        last_error=None,
        created_at=0,
        created_by_user_id=None,
        inactive_since=None,
        disabled_reason=None,
        number=None,
        name="",
        filter=None,
        timezone=account.timezone,
    )
