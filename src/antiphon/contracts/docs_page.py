"""Interactive API pages from packaged files: no CDN and no inline script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

STATIC_PATH = "/docs/static"


def _package_folder(name: str) -> Path:
    """Where a package is, without running it: its files alone are wanted."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(name)
    return Path(spec.origin).parent


HEADERS = {
    # The packaged interface sets style attributes and shows images from data URLs.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-cache",
}

_PACKAGED = _package_folder("fastapi_offline") / "static"
_FILES = {
    "swagger-ui-bundle.js": (_PACKAGED / "swagger-ui-bundle.js", "text/javascript"),
    "swagger-ui.css": (_PACKAGED / "swagger-ui.css", "text/css"),
}
_START = """\
"use strict";
SwaggerUIBundle({
  url: document.getElementById("docs").dataset.openapiUrl,
  dom_id: "#docs",
  deepLinking: true,
  persistAuthorization: false,
  tryItOutEnabled: true,
});
"""


def docs_html(title: str, openapi_url: str) -> str:
    """The page of one contract; its document is read from `openapi_url`."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="stylesheet" href="{STATIC_PATH}/swagger-ui.css">
</head>
<body>
<div id="docs" data-openapi-url="{escape(openapi_url)}"></div>
<script src="{STATIC_PATH}/swagger-ui-bundle.js"></script>
<script src="{STATIC_PATH}/start.js"></script>
</body>
</html>
"""


def docs_route(path: str, title: str, openapi_url: str) -> Route:
    """The route of one contract's page."""
    page = docs_html(title, openapi_url)

    async def show(request: Request) -> Response:
        return HTMLResponse(page, headers=HEADERS)

    return Route(path, show, include_in_schema=False)


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    headers = {"Cache-Control": "public, max-age=3600"}
    if name == "start.js":
        return Response(_START, headers=headers, media_type="text/javascript")
    if name not in _FILES:
        return Response("Not found", 404, media_type="text/plain")
    path, media_type = _FILES[name]
    return FileResponse(path, media_type=media_type, headers=headers)


def docs_static_route() -> Route:
    """The files of every page, at `/docs/static/...`."""
    return Route(STATIC_PATH + "/{name}", _static, include_in_schema=False)


def docs_index_route(contracts: Sequence[tuple[str, str, str]]) -> Route:
    """`/docs`: a link to the page and the document of each contract, given as name, title and description."""
    entries = "".join(
        f'<li><a href="/docs/{escape(name)}">{escape(title)}</a> {escape(text)} '
        f'<a href="/openapi/{escape(name)}.json">OpenAPI document</a></li>'
        for name, title, text in contracts
    )
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Antiphon API</title>'
        "<style>body{font:1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}"
        "li{margin:.8rem 0}a{margin-right:.5rem}</style></head>"
        f"<body><h1>Antiphon API</h1><ul>{entries}</ul>"
        '<p>The <a href="/guide">guide</a> begins with a key and a first call.</p></body></html>'
    )

    async def show(request: Request) -> Response:
        return HTMLResponse(page, headers=HEADERS)

    return Route("/docs", show, include_in_schema=False)
