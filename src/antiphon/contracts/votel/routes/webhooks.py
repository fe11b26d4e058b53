"""Webhooks as the dashboard manages them (contracts/votel.md 11.6, contracts/voicegram.md 7.3)."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.errors import forbidden, invalid
from antiphon.contracts.votel.inputs import LIST_QUERY
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas import (
    DeliveryList,
    NewWebhook,
    Webhook,
    WebhookChange,
    WebhookCreate,
    WebhookList,
    WebhookTest,
)
from antiphon.core.clock import to_iso, to_iso_or_none
from antiphon.core.http import HttpFailure, parse_destination
from antiphon.domain.accounts.records import Plan
from antiphon.domain.webhooks.commands import create_subscription, deactivate, reactivate
from antiphon.domain.webhooks.queries import get_subscription, list_attempts, list_subscriptions
from antiphon.domain.webhooks.records import Attempt, Subscription, SubscriptionFilters
from antiphon.domain.webhooks.send_test import send_test

ROUTES = Routes("Webhooks")

VOICEGRAM = "voicegram"


@ROUTES.add(
    "GET",
    "/webhooks",
    permission="settings:read",
    answer=WebhookList,
    query={**LIST_QUERY, "contract": {"enum": [VOICEGRAM]}, "is_active": {"type": "boolean"}},
)
async def list_webhooks(call: Call) -> Response:
    """Webhooks of every contract, inactive ones too, newest first."""
    query = call.query
    contracts = [dialect.contract for dialect in call.services.dialects]
    filters = SubscriptionFilters(query.choice("contract", contracts), None, query.flag("is_active"))
    query.check()
    page = await call.services.database.read(
        list_subscriptions,
        call.account_id,
        filters,
        limit=query.limit,
        offset=(query.page - 1) * query.limit,
    )
    return json_response({"webhooks": [_view(item) for item in page.items], "total": page.total})


@ROUTES.add(
    "POST",
    "/webhooks",
    permission="settings:write",
    status=201,
    body=WebhookCreate,
    answer=NewWebhook,
)
async def create_webhook(call: Call) -> Response:
    """Subscribe a receiver; the secret is in this answer only."""
    services = call.services
    if call.caller.account.plan is Plan.FREE:
        raise forbidden("Upgrade required: webhooks")
    body = await call.body(WebhookCreate)
    destination = parse_destination(body.url, services.settings.allow_insecure_webhooks)
    try:
        await services.http.check_destination(destination.url)
    except HttpFailure as failure:
        raise invalid("url", "The host of the URL is not allowed", "invalid_url") from failure
    created = await services.database.write(
        create_subscription,
        services.cipher,
        services.dialects[body.contract],
        call.account_id,
        url=body.url,
        channel_id=body.recording_channel_id,
        user_id=call.caller.user.id,
    )
    return json_response({**_view(created.subscription), "secret": created.secret}, 201)


@ROUTES.add("GET", "/webhooks/{id:uuid}", permission="settings:read", answer=Webhook)
async def get_webhook(call: Call) -> Response:
    """One webhook, active or not."""
    return json_response(_view(await _get(call)))


@ROUTES.add(
    "PATCH",
    "/webhooks/{id:uuid}",
    permission="settings:write",
    body=WebhookChange,
    answer=Webhook,
)
async def change_webhook(call: Call) -> Response:
    """Switch on again, within 90 days, or off."""
    subscription = await _get(call)
    body = await call.body(WebhookChange)
    if body.is_active is True:
        subscription = await call.services.database.write(reactivate, call.account_id, subscription.id)
    elif body.is_active is False:
        await call.services.database.write(deactivate, call.account_id, subscription.id)
        subscription = await _get(call)
    return json_response(_view(subscription))


@ROUTES.add("DELETE", "/webhooks/{id:uuid}", permission="settings:manage", status=204)
async def delete_webhook(call: Call) -> Response:
    """Switch off and cancel what is pending; the history stays."""
    await call.services.database.write(deactivate, call.account_id, call.path_id())
    return Response(status_code=204)


@ROUTES.add("POST", "/webhooks/{id:uuid}/test", permission="settings:send", answer=WebhookTest)
async def test_webhook(call: Call) -> Response:
    """Send a signed sample event once and tell how it went."""
    result = await send_test(call.services, call.account_id, call.path_id())
    return json_response(
        {
            "success": result.outcome.ok,
            "status_code": result.outcome.status_code,
            "error": result.outcome.error,
        }
    )


@ROUTES.add(
    "GET",
    "/webhooks/{id:uuid}/deliveries",
    permission="settings:read",
    answer=DeliveryList,
    query=LIST_QUERY,
)
async def list_webhook_deliveries(call: Call) -> Response:
    """The attempts made, latest first."""
    query = call.query
    page = await call.services.database.read(
        list_attempts,
        call.account_id,
        call.path_id(),
        limit=query.limit,
        offset=(query.page - 1) * query.limit,
    )
    return json_response({"deliveries": [_attempt(item) for item in page.items], "total": page.total})


async def _get(call: Call) -> Subscription:
    return await call.services.database.read(get_subscription, call.account_id, call.path_id())


def _view(subscription: Subscription) -> dict[str, Any]:
    return {
        "id": subscription.id,
        "contract": subscription.contract,
        "url": subscription.url,
        "events": list(subscription.event_types),
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


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "id": attempt.id,
        "delivery_id": attempt.delivery_id,
        "event_id": attempt.event_id,
        "event": attempt.event_type,
        "object_id": attempt.object_id or None,
        "is_test": attempt.is_test,
        "attempt": attempt.number,
        "at": to_iso(attempt.at),
        "latency_ms": attempt.latency_ms,
        "status_code": attempt.status_code,
        "error": attempt.error,
        "response_excerpt": attempt.response_excerpt,
    }
