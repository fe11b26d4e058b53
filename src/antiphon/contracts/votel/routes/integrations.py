"""Connections to carriers, mail and other services (contracts/votel.md 11.3)."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.errors import not_found
from antiphon.contracts.votel.routes.engines import check_address
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas_integrations import (
    Connect,
    Connection,
    ConnectionChange,
    IntegrationList,
    TestResult,
)
from antiphon.core.clock import to_iso
from antiphon.core.db.transaction import ReadTx
from antiphon.core.errors import AntiphonError, NotFoundError
from antiphon.domain.integrations.commands import (
    check_fields,
    create_service_connection,
    delete_service_connection,
    report_service_connection,
    update_service_connection,
)
from antiphon.domain.integrations.queries import get_service_connection, list_service_connections
from antiphon.domain.integrations.records import INTEGRATIONS, Integration, ServiceConnection
from antiphon.domain.integrations.services import check_service
from antiphon.domain.numbers import records as carriers
from antiphon.domain.numbers.commands import (
    CALLBACK_TOKEN,
    create_connection,
    open_credentials,
    report_connection,
)
from antiphon.domain.numbers.editing import delete_connection, update_connection
from antiphon.domain.numbers.network import callback_url, open_carrier
from antiphon.domain.numbers.queries import get_connection, list_connections

ROUTES = Routes("Integrations")

AnyConnection = ServiceConnection | carriers.Connection


@ROUTES.add(
    "GET",
    "/integrations",
    permission="settings:read",
    answer=IntegrationList,
    query={"connected": {"type": "boolean"}},
)
async def list_integrations(call: Call) -> Response:
    """What can be connected, and what is."""
    query = call.query
    connected = query.flag("connected")
    query.check()
    made = await call.services.database.read(_all, call.account_id)
    items = []
    for integration in INTEGRATIONS.values():
        own = [item for item in made if _key(item) == integration.key]
        if connected in (None, bool(own)):
            items.append(_integration(integration, own))
    return json_response({"integrations": items, "total": len(items)})


@ROUTES.add(
    "POST",
    "/integrations/{key}/connect",
    permission="settings:write",
    status=201,
    body=Connect,
    answer=Connection,
)
async def connect(call: Call) -> Response:
    """Connect a carrier or service; secrets are kept encrypted and never shown again."""
    integration = INTEGRATIONS.get(str(call.request.path_params["key"]))
    if integration is None:
        raise not_found()
    body = await call.body(Connect)
    services, account_id = call.services, call.account_id
    plain, secret = check_fields(integration.key, body.fields, whole=True)
    await _check_base_url(call, plain)
    made: AnyConnection
    if integration.is_carrier:
        new = await services.database.write(
            create_connection,
            services.cipher,
            account_id,
            carrier=integration.key,
            label=body.label or integration.name,
            credentials=secret,
            settings={name: value for name, value in plain.items() if value},
        )
        made = new.connection
    else:
        made = await services.database.write(
            create_service_connection,
            services.cipher,
            account_id,
            key=integration.key,
            label=body.label,
            fields=body.fields,
        )
    return json_response(_view(call, made), 201)


@ROUTES.add(
    "PATCH",
    "/integration-connections/{id:uuid}",
    permission="settings:write",
    body=ConnectionChange,
    answer=Connection,
)
async def change_connection(call: Call) -> Response:
    """Change the label and the fields given; with another address the secrets must be given again."""
    found = await call.services.database.read(_find, call.account_id, call.path_id())
    body = await call.body(ConnectionChange)
    services, account_id = call.services, call.account_id
    plain, secret = check_fields(_key(found), body.fields, whole=False)
    await _check_base_url(call, plain)
    changed: AnyConnection
    if isinstance(found, carriers.Connection):
        changed = await services.database.write(
            update_connection,
            services.cipher,
            account_id,
            found.id,
            label=body.label,
            credentials=secret,
            settings=plain,
        )
    else:
        changed = await services.database.write(
            update_service_connection,
            services.cipher,
            account_id,
            found.id,
            label=body.label,
            fields=body.fields,
        )
    return json_response(_view(call, changed))


@ROUTES.add("DELETE", "/integration-connections/{id:uuid}", permission="settings:manage", status=204)
async def disconnect(call: Call) -> Response:
    """Forget a connection with its secrets; 400 `in_use` while numbers use it."""
    found = await call.services.database.read(_find, call.account_id, call.path_id())
    command = delete_connection if isinstance(found, carriers.Connection) else delete_service_connection
    await call.services.database.write(command, call.account_id, found.id)
    return Response(status_code=204)


@ROUTES.add("POST", "/integration-connections/{id:uuid}/test", permission="settings:send", answer=TestResult)
async def test_connection(call: Call) -> Response:
    """Ask the carrier or service whether the access is good."""
    services = call.services
    found = await services.database.read(_find, call.account_id, call.path_id())
    error = None
    try:
        if isinstance(found, carriers.Connection):
            await open_carrier(services, found).check()
        else:
            await check_service(services, found)
    except AntiphonError as failure:
        error = str(failure) or type(failure).__name__
    report = report_connection if isinstance(found, carriers.Connection) else report_service_connection
    await services.database.write(report, call.account_id, found.id, error)
    return json_response({"success": error is None, "error": error})


async def _check_base_url(call: Call, plain: dict[str, str]) -> None:
    if plain.get("base_url"):
        await check_address(call, "fields.base_url", plain["base_url"])


def _all(tx: ReadTx, account_id: str) -> list[AnyConnection]:
    return [*list_connections(tx, account_id), *list_service_connections(tx, account_id)]


def _find(tx: ReadTx, account_id: str, connection_id: str) -> AnyConnection:
    try:
        found = get_connection(tx, account_id, connection_id)
    except NotFoundError:
        return get_service_connection(tx, account_id, connection_id)
    if found.carrier not in INTEGRATIONS:
        raise NotFoundError("Connection not found")
    return found


def _key(connection: AnyConnection) -> str:
    return connection.carrier if isinstance(connection, carriers.Connection) else connection.key


def _integration(integration: Integration, connections: list[AnyConnection]) -> dict[str, Any]:
    return {
        "key": integration.key,
        "name": integration.name,
        "category": integration.category,
        "connected": bool(connections),
        "connections": [_summary(item) for item in connections],
        "fields": [
            {
                "name": field.name,
                "label": field.label,
                "is_required": field.is_required,
                "is_secret": field.is_secret,
            }
            for field in integration.fields
        ],
        "events": [],
        "actions": [],
    }


def _summary(connection: AnyConnection) -> dict[str, Any]:
    return {
        "id": connection.id,
        "label": connection.label,
        "status": str(connection.status),
        "last_error": connection.last_error,
    }


def _view(call: Call, connection: AnyConnection) -> dict[str, Any]:
    url = None
    if isinstance(connection, carriers.Connection):
        token = open_credentials(call.services.cipher, connection).get(CALLBACK_TOKEN, "")
        url = callback_url(call.services.settings.origin, connection.carrier, token)
    return {
        **_summary(connection),
        "key": _key(connection),
        "fields": {name: str(value) for name, value in connection.settings.items()},
        "callback_url": url,
        "created_at": to_iso(connection.created_at),
        "updated_at": to_iso(connection.updated_at or connection.created_at),
    }
