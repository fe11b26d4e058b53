"""Which page may use which recording channel (contracts/voicegram.md 9, contracts/votel.md 0.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.requests import Request

from antiphon.domain.channels.queries import is_channel_host
from antiphon.domain.channels.records import Channel, ChannelKind
from antiphon.domain.services import Services
from antiphon.settings import Settings

_ORIGIN = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?P<port>:[0-9]{1,5})?"
)
_LOOPBACK = frozenset(("localhost", "127.0.0.1", "[::1]"))


@dataclass(frozen=True, slots=True)
class Origin:
    """The page's origin; `host` is None for one that names no host (`null`, another scheme)."""

    text: str
    host: str | None
    authority: str | None


def origin_of(request: Request) -> Origin | None:
    """The `Origin` header. Browsers leave it out of a GET to the page's own origin, but mark that."""
    text = request.headers.get("origin")
    if text is None:
        if request.headers.get("sec-fetch-site") != "same-origin":
            return None
        text = f"{request.url.scheme}://{request.headers.get('host', '')}"
    match = _ORIGIN.fullmatch(text.lower())
    if match is None:
        return Origin(text, None, None)
    return Origin(text, match["host"].rstrip("."), match["host"] + (match["port"] or ""))


def is_own(request: Request, settings: Settings, origin: Origin) -> bool:
    """Whether the page came from this server: by the configured origin or by the host asked for."""
    if origin.authority is None:
        return False
    return (
        origin.text.lower() == settings.origin.lower()
        or origin.authority == request.headers.get("host", "").lower()
    )


def is_allowed(request: Request, settings: Settings, channel: Channel, workspace: str | None) -> bool:
    """Whether the page asking may use the channel; any port will do.

    A domain channel belongs to its host and the subdomains of it, a campaign to its hosted page.
    """
    origin = origin_of(request)
    if origin is None:
        return channel.kind is ChannelKind.CAMPAIGN or settings.is_development
    if origin.host is None:
        return False
    if settings.is_development and origin.host in _LOOPBACK:
        return True
    if channel.kind is ChannelKind.CAMPAIGN:
        hosted = f"{workspace}.{settings.workspace_domain}".lower()
        return is_own(request, settings, origin) or (
            bool(settings.workspace_domain and workspace) and origin.host == hosted
        )
    return origin.host == channel.host or origin.host.endswith(f".{channel.host}")


async def cors_headers(request: Request, services: Services) -> dict[str, str]:
    """Headers that let the asking page read the answer, when it belongs to any channel at all."""
    headers = {"Vary": "Origin"}
    origin = origin_of(request) if "origin" in request.headers else None
    if origin is None or origin.host is None:
        return headers
    settings = services.settings
    known = (
        is_own(request, settings, origin)
        or (settings.is_development and origin.host in _LOOPBACK)
        or (settings.workspace_domain and origin.host.endswith(f".{settings.workspace_domain.lower()}"))
        or await services.database.read(is_channel_host, origin.host)
    )
    if known:
        headers |= {
            "Access-Control-Allow-Origin": origin.text,
            "Access-Control-Expose-Headers": "Retry-After",
        }
    return headers


PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "600",
}
