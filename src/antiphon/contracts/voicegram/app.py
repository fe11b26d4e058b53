"""The application of this contract (contracts/voicegram.md)."""

from __future__ import annotations

from typing import ClassVar

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from antiphon import __version__
from antiphon.contracts.docs_page import docs_route, docs_static_route
from antiphon.contracts.endpoints import DocumentedApp
from antiphon.contracts.voicegram.errors import DOMAIN_CODES, STATUS, ApiError, invalid
from antiphon.contracts.voicegram.routes import account, channels, listen, subscriptions, voicegrams
from antiphon.core.errors import DomainError
from antiphon.domain.services import Services

log = structlog.get_logger(__name__)

OPENAPI_URL = "/openapi/voicegram.json"
DOCS_URL = "/docs/voicegram"
TITLE = "Voicegram API"


def create_app(services: Services) -> VoicegramApp:
    """The app; the caller starts and stops the services and sets `antiphon.request` in the scope."""
    app = VoicegramApp(
        title=TITLE,
        version=__version__,
        description="Completed voice messages by REST and signed webhook.",
        openapi_url=OPENAPI_URL,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    for family in (account, channels, voicegrams, subscriptions, listen):
        app.include_router(family.router)
    app.direct[voicegrams.PATH] = _recent
    app.router.routes.append(docs_route(DOCS_URL, TITLE, OPENAPI_URL))
    app.router.routes.append(docs_static_route())
    app.add_exception_handler(ApiError, _on_api_error)
    app.add_exception_handler(DomainError, _on_domain_error)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_failure)
    return app


class VoicegramApp(DocumentedApp):
    security_schemes: ClassVar = {
        "pat": {"type": "http", "scheme": "bearer", "bearerFormat": "vg_pat_<64 hex>"}
    }


async def _recent(request: Request) -> Response:
    try:
        return await voicegrams.recent(request)
    except ApiError as error:
        return error.response()
    except Exception as error:
        log.exception("request failed", method=request.method, path=request.url.path)
        return await _on_failure(request, error)


async def _on_api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error.response()


async def _on_domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    code = DOMAIN_CODES.get(error.code, error.code)
    if code == "validation_error":
        return invalid([error.field] if error.field else [], error.message).response()
    if code not in STATUS:
        raise error
    return ApiError(code, None if code == "not_found" else error.message).response()


async def _on_http_error(request: Request, error: Exception) -> Response:
    """Unknown paths and methods alike (contracts/voicegram.md 3)."""
    return ApiError("not_found").response()


async def _on_failure(request: Request, error: Exception) -> Response:
    return ApiError("internal_error").response()
