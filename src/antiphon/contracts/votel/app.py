"""The application of this contract: `/api/...`, its document and its interactive page."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from antiphon.contracts.docs_page import docs_route
from antiphon.contracts.votel.auth import COOKIE, KEY_HEADER
from antiphon.contracts.votel.errors import on_http_error, on_server_error
from antiphon.contracts.votel.live import LiveStreams
from antiphon.contracts.votel.routes import (
    account,
    activity,
    api_keys,
    carriers,
    conversations,
    engines,
    files,
    integrations,
    jobs,
    lead_activity,
    lead_config,
    leads,
    me,
    media,
    messages,
    notifications,
    phone_numbers,
    public_recording,
    recording_channels,
    recordings,
    reports,
    request_log,
    search,
    session,
    simulator,
    stream,
    trials,
    unsubscribe,
    users,
    voicegram_links,
    voicegrams,
    webhooks,
)
from antiphon.contracts.votel.routing import Endpoint, mount, run
from antiphon.contracts.votel.sign_in import SignInGuard
from antiphon.domain.services import Services

OPENAPI_URL = "/openapi/votel.json"
DOCS_URL = "/docs/votel"
FAMILIES = (
    session.ROUTES,
    me.ROUTES,
    notifications.ROUTES,
    users.ROUTES,
    account.ROUTES,
    engines.ROUTES,
    trials.ROUTES,
    integrations.ROUTES,
    phone_numbers.ROUTES,
    recording_channels.ROUTES,
    voicegrams.ROUTES,
    voicegram_links.ROUTES,
    webhooks.ROUTES,
    search.ROUTES,
    leads.ROUTES,
    lead_activity.ROUTES,
    lead_config.ROUTES,
    api_keys.ROUTES,
    public_recording.ROUTES,
    conversations.ROUTES,
    messages.ROUTES,
    unsubscribe.ROUTES,
    files.ROUTES,
    activity.ROUTES,
    reports.ROUTES,
    carriers.ROUTES,
    media.ROUTES,
    recordings.ROUTES,
    request_log.ROUTES,
    jobs.ROUTES,
    stream.ROUTES,
)

_CALLBACKS = ["", "api", "carriers"]
_UPLOAD = f"/api{public_recording.UPLOAD.path}"
_SECURITY_SCHEMES = {
    "apiKey": {"type": "apiKey", "in": "header", "name": KEY_HEADER},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "Methods other than GET and HEAD need the header X-CSRF-Token too.",
    },
}


class VotelApp(FastAPI):
    """What comes by the hundred skips the framework's layers: callbacks of carriers, visitors' uploads."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _direct(scope["path"]) if scope.get("method") == "POST" else None
        if found is None:
            await super().__call__(scope, receive, send)
            return
        endpoint, scope["path_params"] = found
        scope["app"] = self
        response = await run(endpoint, Request(scope, receive))
        await response(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            document = super().openapi()
            document.setdefault("components", {})["securitySchemes"] = _SECURITY_SCHEMES
        return self.openapi_schema or {}


def _direct(path: str) -> tuple[Endpoint, dict[str, str]] | None:
    """The endpoint of a POST that needs no router, with what its path names."""
    if path == _UPLOAD:
        return public_recording.UPLOAD, {}
    words = path.split("/")
    if len(words) == 5 and words[:3] == _CALLBACKS and words[3] and words[4]:
        return carriers.RECEIVE, {"carrier": words[3], "token": words[4]}
    return None


class _TrailingSlash:
    """One trailing slash more or less never matters, and is no redirect (contracts/votel.md 0.1)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/api/") and scope["path"].endswith("/"):
            scope = {**scope, "path": scope["path"][:-1]}
        await self._app(scope, receive, send)


def documented_app(*, with_simulator: bool = True) -> VotelApp:
    """The routes and their document, without anything to serve them with."""
    app = VotelApp(
        title="Antiphon native API",
        version="1",
        description="Sign-in, recording channels, voicegrams and the routes of the recording page.",
        openapi_url=OPENAPI_URL,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    mount(app, [*FAMILIES, simulator.ROUTES] if with_simulator else FAMILIES)
    return app


def create_app(services: Services) -> FastAPI:
    """The native contract over the wired services."""
    app = documented_app(with_simulator=services.settings.has_simulator)
    app.state.services = services
    app.state.uploads = 0
    app.state.sign_in = SignInGuard(services)
    app.state.live = LiveStreams(services)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, on_server_error)
    app.add_middleware(_TrailingSlash)
    app.router.routes.append(docs_route(DOCS_URL, app.title, OPENAPI_URL))
    return app
