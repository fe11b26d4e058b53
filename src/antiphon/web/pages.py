"""Routes for browsers: the widget script, hosted recording pages and the dashboard."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from antiphon.web.dashboard import DashboardPage
from antiphon.web.html import not_built_page, not_found_page, recording_page
from antiphon.web.preloads import questions_of
from antiphon.web.static import SHORT, STATIC_ROOT, HashedAssets, file_response, is_built

# contracts/voicegram.md 9: workspace and slug share their characters; lengths 3..40 and 1..60.
_WORKSPACE = re.compile(r"(?=.{3,40}\Z)[a-z0-9]+(-[a-z0-9]+)*")
_SLUG = re.compile(r"(?=.{1,60}\Z)[a-z0-9]+(-[a-z0-9]+)*")

_FAVICON = Path(__file__).parent / "favicon.svg"


class HostedChannel(Protocol):
    """What the hosted page shows of a campaign channel."""

    @property
    def workspace_name(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def greeting(self) -> str | None: ...
    @property
    def is_active(self) -> bool: ...


class WebServices(Protocol):
    """What the pages need from the product."""

    async def find_hosted_channel(self, workspace: str, slug: str) -> HostedChannel | None:
        """Return the campaign channel of this address, an inactive or deleted one too, or None."""


def create_web_routes(
    services: WebServices,
    static_root: Path = STATIC_ROOT,
    audio_origins: tuple[str, ...] = (),
    session_cookie: str = "",
) -> list[BaseRoute]:
    """Return the browser routes.

    `audio_origins` are origins of signed audio links beside our own; who has a `session_cookie` is taken for
    signed in until the API says otherwise.
    """
    shell = DashboardPage(static_root, audio_origins)
    script_headers = {"Cache-Control": SHORT, "Cross-Origin-Resource-Policy": "cross-origin"}

    async def widget(request: Request) -> Response:
        path = static_root / "widget.js"
        if not path.is_file():
            return not_built_page()
        return file_response(path, request.scope, script_headers)

    async def dashboard(request: Request) -> Response:
        if not is_built(static_root):
            return not_built_page()
        path = request.path_params.get("rest", "")
        is_signed_in = session_cookie in request.cookies
        questions = questions_of(path, is_signed_in=is_signed_in, has_filters=bool(request.url.query))
        return shell.answer(path, questions)

    async def hosted(request: Request) -> Response:
        workspace, slug = request.path_params["workspace"], request.path_params["slug"]
        if not (_WORKSPACE.fullmatch(workspace) and _SLUG.fullmatch(slug)):
            return not_found_page()
        channel = await services.find_hosted_channel(workspace, slug)
        if channel is None:
            return not_found_page()
        if not is_built(static_root):
            return not_built_page()
        return recording_page(
            workspace=workspace,
            slug=slug,
            company=channel.workspace_name,
            name=channel.name,
            greeting=channel.greeting,
            is_active=channel.is_active,
        )

    async def home(request: Request) -> Response:
        return RedirectResponse("/dashboard", status_code=307)

    async def api_keys(request: Request) -> Response:
        """The place where Votel says that keys are made; mails about keys name it too."""
        return RedirectResponse("/dashboard/settings/api-keys", status_code=307)

    async def favicon(request: Request) -> Response:
        return FileResponse(_FAVICON, media_type="image/svg+xml", headers={"Cache-Control": SHORT})

    return [
        Route("/", home),
        Route("/settings/api-keys", api_keys),
        Route("/favicon.svg", favicon),
        Route("/favicon.ico", favicon),
        Route("/widget.js", widget),
        Route("/v/{workspace}/{slug}", hosted),
        Mount(
            "/dashboard/assets", HashedAssets(static_root / "dashboard" / "assets"), name="dashboard-assets"
        ),
        Route("/dashboard", dashboard),
        Route("/dashboard/{rest:path}", dashboard),
    ]
