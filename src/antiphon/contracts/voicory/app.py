"""The application of this contract: six GET routes, their document and their page (contracts/voicory.md)."""

from __future__ import annotations

from typing import Any, ClassVar

from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from antiphon import __version__
from antiphon.contracts.docs_page import docs_route
from antiphon.contracts.endpoints import Documentation, DocumentedApp, mount
from antiphon.contracts.voicory.errors import on_failure, on_http_error
from antiphon.contracts.voicory.headers import BASE, KEY_HEADER, ContractHeaders, preflight
from antiphon.contracts.voicory.routes import calls, customers, messages
from antiphon.contracts.voicory.routing import Routes, run
from antiphon.contracts.voicory.schemas import Error
from antiphon.domain.services import Services

OPENAPI_URL = "/openapi/voicory.json"
DOCS_URL = "/docs/voicory"
TITLE = "Voicory API"
FAMILIES: tuple[Routes, ...] = (calls.ROUTES, customers.ROUTES, messages.ROUTES)

_LIMIT_HEADERS: dict[str, Any] = {
    "X-RateLimit-Limit": {"schema": {"type": "integer"}, "description": "Requests allowed in the window"},
    "X-RateLimit-Remaining": {"schema": {"type": "integer", "minimum": 0}},
    "X-RateLimit-Reset": {"schema": {"type": "integer"}, "description": "Unix seconds"},
}
_VERSION = {"X-API-Version": {"schema": {"type": "string", "const": "v1"}}}
_COUNTED = {**_LIMIT_HEADERS, **_VERSION}
_RETRY = {"Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Whole seconds"}}
_DOCUMENTATION = Documentation(
    security="key",
    error=Error,
    descriptions={
        400: "`INVALID_ID` or `INVALID_FILTER`",
        401: "`MISSING_API_KEY`, `INVALID_API_KEY` or `REVOKED_API_KEY`",
        404: "No such record in this account",
        429: "More than 60 requests in a minute, or 10 in 5 seconds, with this key",
        500: "A fault of the server; safe to retry",
    },
    headers={
        **dict.fromkeys((200, 400, 404), _COUNTED),
        **dict.fromkeys((401, 500), _VERSION),
        429: {**_COUNTED, **_RETRY},
    },
    always=(401, 429, 500),
)


class VoicoryApp(DocumentedApp):
    security_schemes: ClassVar = {"key": {"type": "apiKey", "in": "header", "name": KEY_HEADER}}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._with_headers = ContractHeaders(super().__call__)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._with_headers(scope, receive, send)


def create_app(services: Services) -> VoicoryApp:
    """The app; the caller starts and stops the services and sets `antiphon.request` in the scope."""
    app = VoicoryApp(
        title=TITLE,
        version=__version__,
        description=(
            "Calls, customers and WhatsApp messages of an account, read-only. "
            "The [guide](/guide/voicory) begins with the first call."
        ),
        openapi_url=OPENAPI_URL,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    for path in {endpoint.path for family in FAMILIES for endpoint in family.endpoints}:
        route = Route(BASE + path, preflight, methods=["OPTIONS"], include_in_schema=False)
        app.router.routes.append(route)
    mount(app, BASE, FAMILIES, run, _DOCUMENTATION, head=True)
    app.router.routes.append(docs_route(DOCS_URL, TITLE, OPENAPI_URL))
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, on_failure)
    return app
