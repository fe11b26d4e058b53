"""Webhook subscriptions (contracts/voicegram.md 4.4 to 4.6)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from antiphon.contracts.http import json_response, services_of
from antiphon.contracts.voicegram.auth import authorize
from antiphon.contracts.voicegram.bodies import choice, integer, read_model
from antiphon.contracts.voicegram.documentation import ID_PARAMETER, add, query
from antiphon.contracts.voicegram.errors import ApiError, invalid
from antiphon.contracts.voicegram.schemas import (
    CreatedSubscription,
    NewSubscription,
    SubscriptionList,
)
from antiphon.contracts.voicegram.schemas import Subscription as SubscriptionSchema
from antiphon.core.clock import to_iso, to_iso_or_none
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.core.http import GuardedClient, HttpFailure, parse_destination
from antiphon.core.ids import is_uuid
from antiphon.domain.webhooks.commands import create_subscription, deactivate
from antiphon.domain.webhooks.queries import get_subscription, list_subscriptions
from antiphon.domain.webhooks.records import Source, Subscription, SubscriptionFilters

router = APIRouter(tags=["Webhooks"])

PATH = "/api/v1/webhook-subscriptions"
ONE = PATH + "/{id}"
CONTRACT = "voicegram"
MAX_OFFSET = 10**12


def to_object(subscription: Subscription) -> dict[str, Any]:
    """The subscription object of section 4.4."""
    return {
        "id": subscription.id,
        "url": subscription.url,
        "secret_prefix": subscription.secret_prefix,
        "channel_id": subscription.channel_id,
        "channel_type": subscription.channel_type,
        "source": subscription.source.value,
        "zapier_subscription_id": subscription.zapier_subscription_id,
        "is_active": subscription.is_active,
        "consecutive_failures": subscription.consecutive_failures,
        "last_delivery_at": to_iso_or_none(subscription.last_delivery_at),
        "last_success_at": to_iso_or_none(subscription.last_success_at),
        "last_error": subscription.last_error,
        "created_at": to_iso(subscription.created_at),
        "created_by_user_id": subscription.created_by_user_id,
    }


async def create(request: Request) -> Response:
    owner = await authorize(request, f"POST {PATH}")
    services = services_of(request)
    body = await read_model(request, NewSubscription)
    _check_source(body)
    await _check_url(services.http, body.url, allow_insecure=services.settings.allow_insecure_webhooks)
    created = await services.database.write(
        create_subscription,
        services.cipher,
        services.dialects[CONTRACT],
        owner.account_id,
        url=body.url,
        channel_id=body.channel_id,
        source=Source(body.source),
        zapier_subscription_id=body.zapier_subscription_id,
        user_id=owner.user_id,
    )
    return json_response({**to_object(created.subscription), "secret": created.secret}, 201)


async def list_all(request: Request) -> Response:
    owner = await authorize(request, f"GET {PATH}")
    limit = integer(request, "limit", 25, 1, 100)
    offset = integer(request, "offset", 0, 0, MAX_OFFSET)
    source = choice(request, "source", ("zapier", "dashboard"))
    is_active = choice(request, "is_active", ("true", "false"))
    filters = SubscriptionFilters(
        CONTRACT,
        None if source is None else Source(source),
        None if is_active is None else is_active == "true",
    )
    page = await services_of(request).database.read(
        list_subscriptions, owner.account_id, filters, limit=limit, offset=offset
    )
    return json_response(
        {
            "subscriptions": [to_object(item) for item in page.items],
            "pagination": {"total": page.total, "limit": limit, "offset": offset},
        }
    )


async def get(request: Request) -> Response:
    owner = await authorize(request, f"GET {ONE}")
    subscription_id = _id_of(request)
    found = await services_of(request).database.read(_get_own, owner.account_id, subscription_id)
    return json_response(to_object(found))


async def delete(request: Request) -> Response:
    owner = await authorize(request, f"DELETE {ONE}")
    subscription_id = _id_of(request)
    await services_of(request).database.write(_delete_own, owner.account_id, subscription_id)
    return Response(status_code=204)


def _get_own(tx: ReadTx, account_id: str, subscription_id: str) -> Subscription:
    found = get_subscription(tx, account_id, subscription_id)
    if found.contract != CONTRACT:
        raise NotFoundError
    return found


def _delete_own(tx: WriteTx, account_id: str, subscription_id: str) -> None:
    _get_own(tx, account_id, subscription_id)
    deactivate(tx, account_id, subscription_id)


def _id_of(request: Request) -> str:
    text = str(request.path_params["id"])
    if not is_uuid(text):
        raise ApiError("not_found")
    return text.lower()


def _check_source(body: NewSubscription) -> None:
    path, given = ["zapier_subscription_id"], body.zapier_subscription_id
    if body.source == "zapier" and given is None:
        raise invalid(path, "Required with source zapier")
    if body.source == "dashboard" and given is not None:
        raise invalid(path, "Only for source zapier")
    if given is not None and "\0" in given:
        raise invalid(path, "Must not hold a NUL character")


async def _check_url(http: GuardedClient, url: str, *, allow_insecure: bool) -> None:
    try:
        parse_destination(url, allow_insecure)
    except DomainError as error:
        if error.code == "unparseable":
            raise invalid(["url"], error.message) from None
        raise ApiError("invalid_url", error.message) from None
    try:
        await http.check_destination(url)
    except HttpFailure:
        raise ApiError("invalid_url", "The host of the URL has an address that is not allowed.") from None


add(
    router,
    "POST",
    PATH,
    create,
    summary="Subscribe a URL to voicegram.completed",
    answer=CreatedSubscription,
    status=201,
    body=NewSubscription,
    errors=(400, 401, 403, 409, 429, 500),
)
add(
    router,
    "GET",
    PATH,
    list_all,
    summary="Subscriptions of the account, newest first",
    answer=SubscriptionList,
    errors=(400, 401, 403, 429, 500),
    parameters=(
        query("limit", {"type": "integer", "default": 25, "minimum": 1, "maximum": 100}),
        query("offset", {"type": "integer", "default": 0, "minimum": 0}),
        query("source", {"type": "string", "enum": ["zapier", "dashboard"]}),
        query("is_active", {"type": "boolean"}),
    ),
)
add(
    router,
    "GET",
    ONE,
    get,
    summary="One subscription, inactive ones too",
    answer=SubscriptionSchema,
    errors=(401, 403, 404, 429, 500),
    parameters=(ID_PARAMETER,),
)
add(
    router,
    "DELETE",
    ONE,
    delete,
    summary="Deactivate; the row and its delivery history stay",
    answer=None,
    status=204,
    errors=(401, 403, 404, 429, 500),
    parameters=(ID_PARAMETER,),
)
