"""Requests to carriers' APIs through the guarded client, with outcomes told apart by what is certain."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urljoin

from antiphon.carriers.port import FetchedMedia, NotHandedOver, SendUnknown
from antiphon.core.clock import SECOND
from antiphon.core.errors import ErrorCategory, ServiceError
from antiphon.core.http import GuardedClient, HttpFailure, HttpResponse, parse_destination

SEND_SECONDS = 20.0
MEDIA_SECONDS = 120.0
MAX_REDIRECTS = 4

_REDIRECTS = (301, 302, 303, 307, 308)


async def post_once(
    http: GuardedClient, service: str, url: str, headers: Mapping[str, str], body: bytes
) -> HttpResponse:
    """The carrier's answer below 500 to a request that must not be repeated blindly.

    Raises NotHandedOver when it certainly did not arrive or is to come later, else SendUnknown.
    """
    try:
        response = await http.request(
            "POST", url, headers=headers, body=body, timeout_seconds=SEND_SECONDS, max_response_bytes=262_144
        )
    except HttpFailure as failure:
        if not failure.may_have_arrived:
            raise NotHandedOver(failure.category, str(failure), service=service) from failure
        raise SendUnknown(str(failure)) from failure
    if response.status == 429:
        raise NotHandedOver(
            ErrorCategory.RATE_LIMIT,
            f"{service} asks to wait",
            service=service,
            retry_after_ms=retry_after(response),
        )
    if response.status >= 500 or 300 <= response.status < 400:
        raise SendUnknown(f"{service} answered {response.status}")
    return response


def retry_after(response: HttpResponse) -> int | None:
    """The wait in milliseconds that the answer asks for."""
    value = response.headers.get("Retry-After", "")
    return int(value) * SECOND if value.isdigit() and len(value) < 6 else None


async def fetch(
    http: GuardedClient,
    service: str,
    url: str,
    headers: Mapping[str, str],
    max_bytes: int,
    *,
    timeout_seconds: float = MEDIA_SECONDS,
    is_signed: bool = False,
) -> FetchedMedia:
    """The body at `url`; redirects are followed, with `headers` only as long as the origin is the same.

    With `is_signed`, as behind a redirect, the address itself gives the access, for some minutes. Raises
    ServiceError: CALLER when it will never be there or is too large.
    """
    first = _origin(service, url)
    for _ in range(MAX_REDIRECTS + 1):
        is_first = _origin(service, url) == first
        response = await http.request(
            "GET",
            url,
            headers=headers if is_first else {},
            timeout_seconds=timeout_seconds,
            max_response_bytes=max_bytes,
        )
        if response.status in _REDIRECTS:
            url = urljoin(url, response.headers.get("Location", ""))
            continue
        if response.status == 200:
            if response.truncated:
                raise ServiceError(ErrorCategory.CALLER, "the file is too large", service=service)
            return FetchedMedia(response.body, content_type(response.headers.get("Content-Type", "")))
        category = status_category(response.status)
        if category is ErrorCategory.AUTH and (is_signed or not is_first):
            # The address has expired; the next try gets another one.
            category = ErrorCategory.SERVER
        raise ServiceError(
            category,
            f"{service} answered {response.status}",
            service=service,
            retry_after_ms=retry_after(response),
        )
    raise ServiceError(ErrorCategory.CALLER, "too many redirects", service=service)


def content_type(header: str) -> str:
    """The type without parameters, lower case; that of unknown bytes when there is none."""
    value = header.partition(";")[0].strip().lower()
    is_plain = value.isascii() and value.count("/") == 1 and len(value) <= 100 and value.isprintable()
    return value if is_plain and " " not in value else "application/octet-stream"


def _origin(service: str, url: str) -> tuple[str, str, int]:
    try:
        target = parse_destination(url, allow_insecure=True)
    except Exception as error:
        raise ServiceError(ErrorCategory.CALLER, "not an address", service=service) from error
    return target.scheme, target.host, target.port


def status_category(status: int) -> ErrorCategory:
    """Whether a refused request is to be tried again, by its status."""
    if status in (401, 403):
        return ErrorCategory.AUTH
    if status == 429:
        return ErrorCategory.RATE_LIMIT
    # A file may be announced a moment before it is there.
    return ErrorCategory.SERVER if status >= 500 or status == 404 else ErrorCategory.CALLER
