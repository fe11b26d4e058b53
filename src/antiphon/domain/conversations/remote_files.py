"""Attachments that a send body names by their addresses: fetched before the message is handed over."""

from __future__ import annotations

import re
from urllib.parse import unquote, urljoin

from antiphon.core.destinations import parse_destination
from antiphon.core.errors import DomainError, ErrorCategory, ServiceError
from antiphon.core.http import GuardedClient, HttpFailure, HttpResponse

TIMEOUT_SECONDS = 30
MAX_REDIRECTS = 3
MAX_NAME = 100
USER_AGENT = "Antiphon/1.0"

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069/\\]")


class AttachmentError(ServiceError):
    """The file cannot be had; the message says which one and why. Retryable or not by its category."""

    def __init__(self, category: ErrorCategory, host: str, reason: str) -> None:
        super().__init__(category, f"The attachment from {host} {reason}", service="attachment")


def filename_of(url: str) -> str:
    """The last part of the path, without what hides or breaks a name."""
    path = url.partition("?")[0].partition("#")[0].partition("://")[2]
    name = unquote(path.rpartition("/")[2] if "/" in path else "", errors="replace")
    return _CONTROL.sub("", name).strip()[-MAX_NAME:] or "file"


def host_of(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


async def fetch_file(http: GuardedClient, url: str, *, max_bytes: int, allow_insecure: bool) -> bytes:
    """The bytes behind an address that a user named; a few redirects are followed, each one checked anew.

    Raises AttachmentError.
    """
    host = "an address"
    for _ in range(MAX_REDIRECTS + 1):
        try:
            destination = parse_destination(url, allow_insecure)
        except DomainError as error:
            raise AttachmentError(ErrorCategory.CALLER, host, f"is nowhere: {error.message}") from None
        host = destination.host
        try:
            answer = await http.request(
                "GET",
                destination.url,
                headers={"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": USER_AGENT},
                timeout_seconds=TIMEOUT_SECONDS,
                max_response_bytes=max_bytes,
            )
        except HttpFailure as failure:
            raise AttachmentError(failure.category, host, _REASONS[failure.kind]) from failure
        if answer.status not in _REDIRECTS:
            return _body(answer, host)
        url = urljoin(destination.url, answer.headers.get("location", ""))
    raise AttachmentError(ErrorCategory.CALLER, host, "leads from address to address")


_REASONS = {
    "timeout": "did not come in time",
    "tls_error": "has no valid certificate",
    "connection_error": "cannot be reached",
    "dns_error": "cannot be found",
    "host_blocked": "is not allowed",
}


def _body(answer: HttpResponse, host: str) -> bytes:
    if answer.status == 429 or answer.status >= 500:
        raise AttachmentError(ErrorCategory.SERVER, host, f"was answered with {answer.status}")
    if answer.status != 200:
        raise AttachmentError(ErrorCategory.CALLER, host, f"was answered with {answer.status}")
    if answer.truncated:
        raise AttachmentError(ErrorCategory.CALLER, host, "is too large")
    if not answer.body:
        raise AttachmentError(ErrorCategory.CALLER, host, "is empty")
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise AttachmentError(ErrorCategory.CALLER, host, "comes compressed")
    return answer.body
