"""The application of this contract: `/v1/...`, its document and its page (contracts/vocatech.md)."""

from __future__ import annotations

from typing import Any, ClassVar

from starlette.exceptions import HTTPException

from antiphon import __version__
from antiphon.contracts.docs_page import docs_route
from antiphon.contracts.endpoints import Documentation, DocumentedApp, describe_webhook, mount
from antiphon.contracts.vocatech.errors import on_failure, on_http_error
from antiphon.contracts.vocatech.routes import calls, contacts, media, messages, settings, users, webhooks
from antiphon.contracts.vocatech.routing import Routes, run
from antiphon.contracts.vocatech.schemas import Error
from antiphon.contracts.vocatech.schemas_events import EVENTS, HEADERS
from antiphon.domain.services import Services

BASE = "/v1"
OPENAPI_URL = "/openapi/vocatech.json"
DOCS_URL = "/docs/vocatech"
TITLE = "Vocatech API"
FAMILIES: tuple[Routes, ...] = (
    messages.ROUTES,
    media.ROUTES,
    calls.ROUTES,
    users.ROUTES,
    contacts.ROUTES,
    webhooks.ROUTES,
    settings.ROUTES,
)

_LIMIT_HEADERS: dict[str, Any] = {
    "X-RateLimit-Limit": {"schema": {"type": "integer"}, "description": "Requests allowed in the bucket"},
    "X-RateLimit-Remaining": {"schema": {"type": "integer", "minimum": 0}},
    "X-RateLimit-Reset": {"schema": {"type": "integer"}, "description": "Unix seconds"},
}
_RETRY = {"Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Whole seconds"}}
_CHALLENGE = {"WWW-Authenticate": {"schema": {"type": "string", "const": "Bearer"}}}
_DOCUMENTATION = Documentation(
    security="key",
    error=Error,
    descriptions={
        400: "`validation_error`",
        401: "`missing_token`, `invalid_token` or `token_expired`",
        403: "The kind of key or the role of its user does not allow this",
        404: "No such record in this account",
        429: "A bucket is used up",
        500: "A fault of the server; safe to retry",
    },
    headers={
        **dict.fromkeys((200, 201, 204, 400, 403, 404), _LIMIT_HEADERS),
        401: _CHALLENGE,
        429: {**_LIMIT_HEADERS, **_RETRY},
    },
    always=(401, 403, 429, 500),
)


class VocatechApp(DocumentedApp):
    security_schemes: ClassVar = {
        "key": {"type": "http", "scheme": "bearer", "bearerFormat": "sk_<32 base62>"}
    }


def create_app(services: Services) -> VocatechApp:
    """The app; the caller starts and stops the services and sets `antiphon.request` in the scope."""
    app = VocatechApp(
        title=TITLE,
        version=__version__,
        description=(
            "Calls, messages, media, users, contacts, webhooks and settings of a company's phone. "
            "The [guide](/guide/vocatech) begins with the first call."
        ),
        openapi_url=OPENAPI_URL,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    mount(app, BASE, FAMILIES, run, _DOCUMENTATION)
    for event_type, (body, occasion) in EVENTS.items():
        describe_webhook(app, event_type, body, occasion, HEADERS)
    app.router.routes.append(docs_route(DOCS_URL, TITLE, OPENAPI_URL))
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, on_failure)
    return app
