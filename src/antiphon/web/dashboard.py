"""The page of the dashboard: the same for everybody but for its nonce and what its address loads."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from starlette.responses import HTMLResponse, Response

from antiphon.web.headers import dashboard_headers
from antiphon.web.preloads import Manifest, chunks_of, early, preloads

# ui/vite.dashboard.config.ts
PLACEHOLDER = "ANTIPHON_NONCE"


class DashboardPage:
    """Answers with the built page, read again when it was built again.

    No ETag: a page kept by a browser would carry another nonce than the headers of a 304.
    """

    def __init__(self, static_root: Path, audio_origins: tuple[str, ...]) -> None:
        self._path = static_root / "dashboard" / "index.html"
        self._audio_origins = audio_origins
        self._built_at = 0
        self._html = ""
        self._manifest: Manifest = {}
        self._links: dict[tuple[str, ...], str] = {}

    def answer(self, path: str, questions: tuple[str, ...] = ()) -> Response:
        """The page at `/dashboard/<path>`, which asks `questions` of the API while its code loads.

        Raises FileNotFoundError when it is not built.
        """
        built_at = self._path.stat().st_mtime_ns
        if built_at != self._built_at:
            self._html = self._path.read_text()
            self._manifest = json.loads(self._path.with_name("manifest.json").read_text())
            self._links.clear()
            self._built_at = built_at
        nonce = secrets.token_urlsafe(16)
        headers = dashboard_headers(nonce, self._audio_origins)
        asked = self._html.replace("</title>", "</title>" + early(self._manifest, questions), 1)
        html = asked.replace("</head>", self._preloads(chunks_of(path)) + "</head>", 1)
        return HTMLResponse(html.replace(PLACEHOLDER, nonce), headers=headers)

    def _preloads(self, chunks: tuple[str, ...]) -> str:
        if chunks not in self._links:
            self._links[chunks] = preloads(self._manifest, chunks)
        return self._links[chunks]
