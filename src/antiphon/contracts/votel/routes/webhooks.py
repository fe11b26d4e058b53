"""Webhooks of the three contracts that send them (contracts/votel.md 11.6)."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

import msgspec
from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.dialect import CONTRACT
from antiphon.contracts.votel.errors import forbidden, invalid
from antiphon.contracts.votel.event_bodies import event_body
from antiphon.contracts.votel.inputs import LIST_QUERY
from antiphon.contracts.votel.rendering import Rendering
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas import Delivery
from antiphon.contracts.votel.schemas_webhooks import (
    AttemptList,
    EventTypeList,
    NewWebhook,
    Secret,
    SecretRotation,
    Webhook,
    WebhookChange,
    WebhookCreate,
    WebhookList,
    WebhookTest,
    WebhookTestRequest,
)
from antiphon.contracts.votel.views import delivery_view
from antiphon.contracts.votel.views_webhooks import attempt_view, webhook_view
from antiphon.core.clock import HOUR
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.filters import check_filter
from antiphon.core.http import HttpFailure, parse_destination
from antiphon.domain.accounts.records import Plan
from antiphon.domain.webhooks.commands import (
    change_subscription,
    create_subscription,
    delete_subscription,
    resend,
    rotate_secret,
)
from antiphon.domain.webhooks.dialect import Dialect
from antiphon.domain.webhooks.queries import get_listed, list_attempts, list_subscriptions
from antiphon.domain.webhooks.records import (
    AttemptFilters,
    AttemptPage,
    Subscription,
    SubscriptionFilters,
)
from antiphon.domain.webhooks.send_test import send_test

ROUTES = Routes("Webhooks")

VOICEGRAM = "voicegram"
CONTRACTS = (CONTRACT, VOICEGRAM, "vocatech")
STATUSES = ("delivered", "failed")
_TIME = {"type": "string", "format": "date-time"}


@ROUTES.add(
    "GET",
    "/webhooks",
    permission="settings:read",
    answer=WebhookList,
    query={**LIST_QUERY, "contract": {"enum": list(CONTRACTS)}, "is_active": {"type": "boolean"}},
)
async def list_webhooks(call: Call) -> Response:
    """Webhooks of every contract, inactive ones too, newest first."""
    query = call.query
    filters = SubscriptionFilters(query.choice("contract", CONTRACTS), None, query.flag("is_active"))
    query.check()
    page = await call.services.database.read(
        list_subscriptions,
        call.account_id,
        filters,
        limit=query.limit,
        offset=(query.page - 1) * query.limit,
    )
    rendering = Rendering.of(call.services)
    return json_response(
        {"webhooks": [webhook_view(item, rendering) for item in page.items], "total": page.total}
    )


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
    services, body = call.services, await call.body(WebhookCreate)
    if body.contract == VOICEGRAM and call.caller.account.plan is Plan.FREE:
        raise forbidden("Upgrade required: webhooks")
    dialect = services.dialects[body.contract]
    event_types = _event_types(dialect, body.events)
    filter_text = _filter_text(dialect, body.filter)
    _check_channel(dialect, body.recording_channel_id)
    await _check_url(call, body.url)
    created = await services.database.write(
        create_subscription,
        services.cipher,
        dialect,
        call.account_id,
        url=body.url,
        name=body.name,
        event_types=event_types,
        filter_text=filter_text,
        channel_id=body.recording_channel_id,
        user_id=call.caller.user.id,
    )
    view = webhook_view(created.subscription, Rendering.of(services))
    return json_response({**view, "secret": created.secret}, 201)


@ROUTES.add(
    "GET",
    "/webhooks/event-types",
    permission="settings:read",
    answer=EventTypeList,
    query={"contract": {"enum": list(CONTRACTS), "default": CONTRACT}},
)
async def list_event_types(call: Call) -> Response:
    """The events of a contract, each with a sample of the body that a receiver gets."""
    query = call.query
    contract = query.choice("contract", CONTRACTS) or CONTRACT
    query.check()
    dialect, now = call.services.dialects[contract], call.services.clock.now()
    found = [
        {"type": own, "sample": msgspec.Raw(_sample(call, dialect, core, now))}
        for own, core in dialect.names.items()
    ]
    return json_response({"event_types": found, "total": len(found)})


@ROUTES.add("GET", "/webhooks/{id:uuid}", permission="settings:read", answer=Webhook)
async def get_webhook(call: Call) -> Response:
    """One webhook, active or not."""
    return _shown(call, await _get(call))


@ROUTES.add(
    "PATCH",
    "/webhooks/{id:uuid}",
    permission="settings:write",
    body=WebhookChange,
    answer=Webhook,
)
async def change_webhook(call: Call) -> Response:
    """Change what is given; switched on again, the failures are forgotten."""
    subscription = await _get(call)
    body = await call.body(WebhookChange)
    given, dialect = body.model_fields_set, call.services.dialects[subscription.contract]
    event_types = _event_types(dialect, body.events) if "events" in given else None
    more: dict[str, str | None] = {}
    if "filter" in given:
        more["filter"] = _filter_text(dialect, body.filter)
    if "recording_channel_id" in given:
        _check_channel(dialect, body.recording_channel_id)
        more["channel_id"] = body.recording_channel_id
    if "url" in given:
        await _check_url(call, body.url)
    changed = await call.services.database.write(
        change_subscription,
        call.account_id,
        subscription.id,
        name=body.name if "name" in given else None,
        url=body.url if "url" in given else None,
        event_types=event_types,
        is_active=body.is_active if "is_active" in given else None,
        more=more,
    )
    return _shown(call, changed)


@ROUTES.add("DELETE", "/webhooks/{id:uuid}", permission="settings:manage", status=204)
async def delete_webhook(call: Call) -> Response:
    """Delete and cancel what is pending; one of the Voicegram contract stays listed, switched off."""
    await call.services.database.write(_delete, call.account_id, call.path_id())
    return Response(status_code=204)


@ROUTES.add(
    "POST",
    "/webhooks/{id:uuid}/test",
    permission="settings:send",
    body=WebhookTestRequest,
    answer=WebhookTest,
)
async def test_webhook(call: Call) -> Response:
    """Send a signed sample event once and tell how it went."""
    subscription = await _get(call)
    body = await call.body(WebhookTestRequest)
    dialect = call.services.dialects[subscription.contract]
    core = None
    if body.event is not None:
        core = dialect.names.get(body.event)
        if core is None:
            raise invalid("event", f"{body.event} is no event of this contract")
    outcome = (await send_test(call.services, call.account_id, subscription.id, core)).outcome
    return json_response({"success": outcome.ok, "status_code": outcome.status_code, "error": outcome.error})


@ROUTES.add(
    "POST",
    "/webhooks/{id:uuid}/rotate-secret",
    permission="settings:write",
    body=SecretRotation,
    answer=Secret,
)
async def rotate_webhook_secret(call: Call) -> Response:
    """Make a new secret; for `grace_hours` requests are signed with the old one too."""
    services, subscription = call.services, await _get(call)
    body = await call.body(SecretRotation)
    secret = await services.database.write(
        rotate_secret,
        services.cipher,
        services.dialects[subscription.contract],
        call.account_id,
        subscription.id,
        body.grace_hours * HOUR,
    )
    return json_response({"secret": secret}, headers={"Cache-Control": "no-store"})


@ROUTES.add(
    "GET",
    "/webhooks/{id:uuid}/deliveries",
    permission="settings:read",
    answer=AttemptList,
    query={
        **LIST_QUERY,
        "status": {"enum": list(STATUSES)},
        "event": {"type": "string"},
        "from": _TIME,
        "to": _TIME,
    },
)
async def list_webhook_deliveries(call: Call) -> Response:
    """The attempts made within 30 days, latest first, each with what was sent and answered."""
    query, services = call.query, call.services
    event = query.text("event")
    filters = AttemptFilters(query.choice("status", STATUSES), event, query.since(), query.until())
    query.check()
    subscription, page = await services.database.read(
        _load_attempts,
        call.account_id,
        call.path_id(),
        filters,
        {dialect.contract: dict(dialect.names) for dialect in services.dialects},
        query.limit,
        (query.page - 1) * query.limit,
    )
    rendering = Rendering.of(services)
    found = [attempt_view(item, subscription, rendering) for item in page.items]
    return json_response({"deliveries": found, "total": page.total})


@ROUTES.add(
    "POST",
    "/webhooks/{id:uuid}/deliveries/{delivery_id:uuid}/resend",
    permission="settings:send",
    answer=Delivery,
)
async def resend_webhook_delivery(call: Call) -> Response:
    """Deliver the event again, under the same event id."""
    found = await call.services.database.write(
        resend, call.account_id, call.path_id(), call.path_id("delivery_id")
    )
    return json_response(delivery_view(found))


async def _get(call: Call) -> Subscription:
    return await call.services.database.read(get_listed, call.account_id, call.path_id())


def _shown(call: Call, subscription: Subscription) -> Response:
    return json_response(webhook_view(subscription, Rendering.of(call.services)))


def _delete(tx: WriteTx, account_id: str, subscription_id: str) -> None:
    get_listed(tx, account_id, subscription_id)
    delete_subscription(tx, account_id, subscription_id)


def _load_attempts(
    tx: ReadTx,
    account_id: str,
    subscription_id: str,
    filters: AttemptFilters,
    names: dict[str, dict[str, str]],
    limit: int,
    offset: int,
) -> tuple[Subscription, AttemptPage]:
    subscription = get_listed(tx, account_id, subscription_id)
    core = names[subscription.contract].get(filters.event_type or "", filters.event_type)
    chosen = AttemptFilters(filters.status, core, filters.since, filters.until)
    return subscription, list_attempts(tx, account_id, subscription_id, chosen, limit=limit, offset=offset)


def _event_types(dialect: Dialect, events: Sequence[str]) -> tuple[str, ...] | None:
    """As they are stored; None is all. Raises ApiError 400."""
    for name in events:
        known = name in dialect.names
        if dialect.has_patterns and name.endswith("*"):
            known = any(fnmatchcase(own, name) for own in dialect.names)
        if not known:
            raise invalid("events", f"{name} is no event of this contract")
    if dialect.has_patterns:
        return tuple(dict.fromkeys(events))
    return tuple(dict.fromkeys(dialect.names[name] for name in events)) or tuple(dialect.names.values())


def _filter_text(dialect: Dialect, value: dict[str, Any] | None) -> str | None:
    if value is None:
        return None
    if not dialect.has_patterns:
        raise invalid("filter", "Only webhooks of the native contract have filters")
    check_filter(value)
    return msgspec.json.encode(value).decode()


def _check_channel(dialect: Dialect, channel_id: str | None) -> None:
    if channel_id is not None and dialect.contract != VOICEGRAM:
        raise invalid("recording_channel_id", "Only webhooks of the Voicegram contract have a channel")


async def _check_url(call: Call, url: str) -> None:
    services = call.services
    destination = parse_destination(url, services.settings.allow_insecure_webhooks)
    try:
        await services.http.check_destination(destination.url)
    except HttpFailure as failure:
        raise invalid("url", "The host of the URL is not allowed", "invalid_url") from failure


def _sample(call: Call, dialect: Dialect, core: str, now: int) -> bytes:
    return event_body(call, dialect, dialect.new_test_id(), core, dialect.sample_of(core, now), now)
