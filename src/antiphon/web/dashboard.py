"""The one page of the dashboard: the same for everybody but for its nonce."""

from __future__ import annotations

import secrets
from pathlib import Path

from starlette.responses import HTMLResponse, Response

from antiphon.web.headers import dashboard_headers

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

    def answer(self) -> Response:
        """Raises FileNotFoundError when the page is not built."""
        built_at = self._path.stat().st_mtime_ns
        if built_at != self._built_at:
            self._html = self._path.read_text()
            self._built_at = built_at
        nonce = secrets.token_urlsafe(16)
        headers = dashboard_headers(nonce, self._audio_origins)
        return HTMLResponse(self._html.replace(PLACEHOLDER, nonce), headers=headers)
