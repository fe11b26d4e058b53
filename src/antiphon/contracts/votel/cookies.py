"""The session cookie (contracts/votel.md 18)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from antiphon.contracts.votel.auth import COOKIE
from antiphon.domain.accounts.sessions import SESSION_MS
from antiphon.settings import Settings


def set_session_cookie(
    response: Response, settings: Settings, request: Request, token: str | None = None
) -> None:
    """Set the cookie for the whole validity; without a token, the request's own again."""
    value = request.cookies.get(COOKIE, "") if token is None else token
    response.set_cookie(
        COOKIE,
        value,
        max_age=SESSION_MS // 1000,
        path="/",
        httponly=True,
        samesite="lax",
        secure=is_secure(settings),
    )


def clear_session_cookie(response: Response, settings: Settings) -> None:
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=is_secure(settings))


def is_secure(settings: Settings) -> bool:
    return settings.origin.startswith("https://")
