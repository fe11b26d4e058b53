"""Security headers of the pages that the server itself renders or serves."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping


def _policy(directives: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())


def style_source(css: str) -> str:
    """Return the policy source that allows exactly this inline style sheet."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()}'"


_SHARED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
_PERMISSIONS = "microphone=(self), camera=(), geolocation=()"


def message_page_headers(css: str, form_action: str = "'none'") -> dict[str, str]:
    """Headers of error and notice pages: text and one known style sheet, no script at all."""
    policy = {
        "default-src": "'none'",
        "style-src": style_source(css),
        "img-src": "'self'",
        "base-uri": "'none'",
        "form-action": form_action,
        "frame-ancestors": "'none'",
    }
    return {**_SHARED, "Content-Security-Policy": _policy(policy), "Cache-Control": "no-store"}


def hosted_page_headers(css: str) -> dict[str, str]:
    """Headers of the hosted recording page: the widget script, its API, the microphone and local playback."""
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": style_source(css),
        "connect-src": "'self'",
        "img-src": "'self'",
        "media-src": "'self' blob:",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'self'",
    }
    return {
        **_SHARED,
        "Content-Security-Policy": _policy(policy),
        "Permissions-Policy": _PERMISSIONS,
        "Cache-Control": "no-cache",
    }


def dashboard_headers(nonce: str, audio_origins: tuple[str, ...] = ()) -> dict[str, str]:
    """Headers of one answer with the dashboard page.

    `nonce` is that of its style elements; `audio_origins` are of an object store with links of its own.
    """
    audio = " ".join(("'self'", "blob:", *audio_origins))
    policy = {
        "default-src": "'self'",
        "script-src": "'self'",
        # The component library makes style elements for its variables and breakpoints.
        "style-src": f"'self' 'nonce-{nonce}'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "media-src": audio,
        "connect-src": audio,
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return {
        **_SHARED,
        "Content-Security-Policy": _policy(policy),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": _PERMISSIONS,
        "Cache-Control": "no-cache",
    }
