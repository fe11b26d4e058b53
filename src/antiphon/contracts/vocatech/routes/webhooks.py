"""Webhook subscriptions (contracts/vocatech.md 5.7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints
from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.vocatech.bodies import Body, Given, refuse_nul
from antiphon.contracts.vocatech.errors import invalid
from antiphon.contracts.vocatech.events import CONTRACT, CORE_TYPES, EVENT_TYPES
from antiphon.contracts.vocatech.routing import MANAGE, Call, Routes
from antiphon.contracts.vocatech.schemas import Answer
from antiphon.core.errors import DomainError
from antiphon.core.http import HttpFailure, parse_destination
from antiphon.domain.webhooks.commands import (
    change_subscription,
    create_subscription,
    delete_subscription,
)
from antiphon.domain.webhooks.queries import get_numbered, list_numbered
from antiphon.domain.webhooks.records import Subscription
from antiphon.domain.webhooks.send_test import send_test

ROUTES = Routes("Webhooks")

EventType = Literal[
    "call.started",
    "call.answered",
    "call.ended",
    "call.transcription",
    "message.sent",
    "message.received",
    "message.status_updated",
]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(refuse_nul),
]
Url = Annotated[str, StringConstraints(max_length=2048), AfterValidator(refuse_nul)]


class NewWebhook(Body):
    name: Name = Field(examples=["CRM"])
    url: Url = Field(description="https, reached from the internet", examples=["https://example.com/hook"])
    event_filters: list[EventType] | None = Field(None, description="Absent or empty: all seven")


class WebhookChange(Body):
    name: Annotated[Name | None, Given] = None
    url: Annotated[Url | None, Given] = None
    event_filters: Annotated[list[EventType] | None, Given] = None
    is_active: Annotated[bool | None, Given] = None


class Webhook(Answer):
    id: int
    name: str
    url: str
    event_filters: list[EventType]
    is_active: bool


class CreatedWebhook(Webhook):
    secret: str = Field(description="Shown only here: `whsec_` and base64 of 32 bytes")


class WebhookTest(Answer):
    success: bool
    status_code: int | None
    error: str | None


@ROUTES.add("GET", "/webhooks", answer=list[Webhook])
async def list_webhooks(call: Call) -> Response:
    """Every subscription, inactive ones too, as a bare array."""
    found = await call.services.database.read(list_numbered, call.account_id, CONTRACT)
    return json_response([_view(item) for item in found])


@ROUTES.add(
    "POST", "/webhooks", needs=MANAGE, status=201, body=NewWebhook, answer=CreatedWebhook, errors=(400,)
)
async def create_webhook(call: Call) -> Response:
    """Subscribe a URL; the secret is in this answer only."""
    services = call.services
    body = await call.body(NewWebhook)
    await _check_url(call, body.url)
    try:
        created = await services.database.write(
            create_subscription,
            services.cipher,
            services.dialects[CONTRACT],
            call.account_id,
            url=body.url,
            name=body.name,
            event_types=_core_types(body.event_filters),
            user_id=call.owner.user_id,
        )
    except DomainError as error:
        raise _refusal(error, "url") from None
    return json_response({**_view(created.subscription), "secret": created.secret}, 201)


@ROUTES.add("PATCH", "/webhooks/{id}", needs=MANAGE, body=WebhookChange, answer=Webhook, errors=(400, 404))
async def change_webhook(call: Call) -> Response:
    """Change what is given; the secret is kept."""
    subscription = await _get(call)
    body = await call.body(WebhookChange)
    if body.url is not None:
        await _check_url(call, body.url)
    try:
        changed = await call.services.database.write(
            change_subscription,
            call.account_id,
            subscription.id,
            name=body.name,
            url=body.url,
            event_types=None if body.event_filters is None else _core_types(body.event_filters),
            is_active=body.is_active,
        )
    except DomainError as error:
        raise _refusal(error, "is_active") from None
    return json_response(_view(changed))


@ROUTES.add("DELETE", "/webhooks/{id}", needs=MANAGE, status=204, errors=(404,))
async def delete_webhook(call: Call) -> Response:
    """Delete; pending deliveries are cancelled."""
    subscription = await _get(call)
    await call.services.database.write(delete_subscription, call.account_id, subscription.id)
    return Response(status_code=204)


@ROUTES.add("POST", "/webhooks/{id}/test", needs=MANAGE, answer=WebhookTest, errors=(400, 404))
async def test_webhook(call: Call) -> Response:
    """Send one signed test event and tell what the receiver answered."""
    subscription = await _get(call)
    result = await send_test(call.services, call.account_id, subscription.id)
    outcome = result.outcome
    return json_response({"success": outcome.ok, "status_code": outcome.status_code, "error": outcome.error})


async def _get(call: Call) -> Subscription:
    return await call.services.database.read(get_numbered, call.account_id, CONTRACT, call.path_number())


async def _check_url(call: Call, url: str) -> None:
    services = call.services
    try:
        destination = parse_destination(url, services.settings.allow_insecure_webhooks)
        await services.http.check_destination(destination.url)
    except DomainError as error:
        raise invalid("url", error.message) from None
    except HttpFailure:
        raise invalid("url", "The host of the URL has an address that is not allowed.") from None


def _refusal(error: DomainError, field: str) -> Exception:
    return error if error.code == "not_found" else invalid(field, error.message)


def _core_types(filters: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(CORE_TYPES[name] for name in filters or CORE_TYPES))


def _view(subscription: Subscription) -> dict[str, Any]:
    return {
        "id": subscription.number,
        "name": subscription.name,
        "url": subscription.url,
        "event_filters": [EVENT_TYPES[name] for name in subscription.event_types],
        "is_active": subscription.is_active,
    }
