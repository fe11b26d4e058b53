"""Where carriers report to: `/api/carriers/{carrier}/{token}`, each in its own form."""

from __future__ import annotations

import structlog
from starlette.requests import Request
from starlette.responses import Response

from antiphon.carriers.port import CallbackRequest
from antiphon.contracts.http import BodyError, read_body
from antiphon.contracts.votel.errors import forbidden, invalid, not_found
from antiphon.contracts.votel.routing import Access, Call, Routes
from antiphon.core.crypto import sha256_hex
from antiphon.core.errors import DomainError
from antiphon.domain.carrier_events import apply_events
from antiphon.domain.numbers.network import open_carrier
from antiphon.domain.numbers.queries import find_addressed

ROUTES = Routes("Carriers")

# Meta sends up to 3 MB at once.
MAX_CALLBACK_BYTES = 4 * 1024 * 1024

log = structlog.get_logger(__name__)


@ROUTES.add("POST", "/carriers/{carrier}/{token}", access=Access.OPEN, documented=False)
async def receive_callback(call: Call) -> Response:
    """Take a callback whose signature is the carrier's; 403 for any other, and nothing changes."""
    return await _handle(call)


RECEIVE = ROUTES.endpoints[-1]


@ROUTES.add("GET", "/carriers/{carrier}/{token}", access=Access.OPEN, documented=False)
async def verify_callback_address(call: Call) -> Response:
    """Answer a carrier that verifies the address."""
    return await _handle(call)


async def _handle(call: Call) -> Response:
    services, path = call.services, call.request.path_params
    addressed = await services.database.read(
        find_addressed, str(path["carrier"]), sha256_hex(str(path["token"]))
    )
    if addressed is None:
        raise not_found()
    connection, numbers = addressed
    try:
        body = await read_body(call.request, MAX_CALLBACK_BYTES)
    except BodyError as error:
        raise invalid("", str(error)) from None
    carrier = open_carrier(services, connection, numbers)
    callback = _callback(call.request, services.settings.origin, body)
    if not carrier.verify(callback):
        log.warning("carrier callback refused", carrier=connection.carrier, connection=connection.id)
        raise forbidden("The signature does not match")
    try:
        events = carrier.parse_callbacks(callback)
    except DomainError as error:
        raise invalid(error.field, error.message) from None
    if events:
        await apply_events(services, connection, events)
    answer = carrier.answer(callback)
    return Response(answer.body or None, answer.status, media_type=answer.media_type)


def _callback(request: Request, origin: str, body: bytes) -> CallbackRequest:
    """The address is that of the public origin: behind a proxy the request's own is another."""
    scope = request.scope
    path = (scope.get("raw_path") or request.url.path.encode()).decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    return CallbackRequest(
        request.method,
        f"{origin}{path}{'?' + query if query else ''}",
        dict(request.query_params),
        {name.lower(): value for name, value in request.headers.items()},
        body,
    )
