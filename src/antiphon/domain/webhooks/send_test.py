"""Test events, sent while the caller waits (contracts/voicegram.md 7.3)."""

from __future__ import annotations

from antiphon.domain.services import Services
from antiphon.domain.webhooks.commands import finish_test, start_test
from antiphon.domain.webhooks.queries import get_subscription
from antiphon.domain.webhooks.records import AttemptResult
from antiphon.domain.webhooks.schedule import ATTEMPT_SECONDS
from antiphon.domain.webhooks.sender import Sender


async def send_test(
    services: Services,
    account_id: str,
    subscription_id: str,
    event_type: str | None = None,
    *,
    timeout_seconds: float = ATTEMPT_SECONDS,
) -> AttemptResult:
    """Send signed sample data with a fresh event id, once; the attempt is in the history.

    Raises NotFoundError; SubscriptionError `expired` when the secret is erased.
    """
    database, sender = services.database, Sender(services, timeout_seconds=timeout_seconds)
    subscription = await database.read(get_subscription, account_id, subscription_id)
    dialect = services.dialects[subscription.contract]
    receiver, delivery = await database.write(start_test, dialect, account_id, subscription_id, event_type)
    result = await sender.attempt(sender.open(receiver), delivery)
    await database.write(finish_test, account_id, subscription_id, result)
    return result
