"""Serving of the built user interface; scripts/build-ui makes the files."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Mapping
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

STATIC_ROOT = Path(__file__).parent / "static"

IMMUTABLE = "public, max-age=31536000, immutable"
SHORT = "public, max-age=300"

# Installers write a wheel's files in any order, so a copy may be a little older than its original.
INSTALL_SPREAD_SECONDS = 5

# mimetypes reads the machine's own table, which may lack or change these.
_CONTENT_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".woff2": "font/woff2",
    ".png": "image/png",
}


def is_built(root: Path = STATIC_ROOT) -> bool:
    """Tell whether the dashboard and the widget are there."""
    return (root / "widget.js").is_file() and (root / "dashboard" / "index.html").is_file()


def _content_type(path: Path) -> str:
    return (
        _CONTENT_TYPES.get(path.suffix.lower())
        or mimetypes.guess_type(path.name)[0]
        or "application/octet-stream"
    )


def _packed_copy(path: Path, request_headers: Headers) -> Path | None:
    """Return the gzipped copy, unless the client refuses it or the file was built again since."""
    codings = [part.split(";")[0].strip() for part in request_headers.get("accept-encoding", "").split(",")]
    if "gzip" not in codings:
        return None
    packed = path.with_name(path.name + ".gz")
    if packed.is_file() and packed.stat().st_mtime + INSTALL_SPREAD_SECONDS >= path.stat().st_mtime:
        return packed
    return None


def file_response(path: Path, scope: Scope, headers: Mapping[str, str]) -> Response:
    """Answer with one built file: content type by name, ETag and 304, the gzipped copy where accepted."""
    request_headers = Headers(scope=scope)
    packed = _packed_copy(path, request_headers)
    sent = packed or path
    response = FileResponse(
        sent,
        media_type=_content_type(path),
        headers={**headers, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"},
        stat_result=sent.stat(),
    )
    if packed is not None:
        response.headers["Content-Encoding"] = "gzip"
    etag = response.headers["etag"]
    known = [tag.strip().removeprefix("W/") for tag in request_headers.get("if-none-match", "").split(",")]
    return NotModifiedResponse(response.headers) if etag in known else response


class HashedAssets(StaticFiles):
    """Files whose names carry a hash of their content: kept by browsers for a year."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory, check_dir=False)

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        return file_response(Path(full_path), scope, {"Cache-Control": IMMUTABLE})

    async def check_config(self) -> None:
        """Without built files every asset is a plain 404; the pages say why."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if path.endswith(".gz"):
            raise HTTPException(status_code=404)
        return await super().get_response(path, scope)
