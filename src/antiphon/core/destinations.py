"""Reading a URL that a user gave as a destination, without leaving anything to interpretation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import quote

import idna

from antiphon.core.errors import DomainError

MAX_URL_CHARS = 2047

_URI = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff\"<>\\^`{|}]|%(?![0-9A-Fa-f]{2})")
_PORT = re.compile(r"[0-9]*")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_\-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_QUOTE_SAFE = "/?:@!$&'()*+,;=-._~%[]"
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Destination:
    """A checked http(s) URL in pieces.

    `host` is lower-case ASCII, without brackets; `address` is set when the host is a literal address;
    `target` is path and query, percent-encoded; `url` is what is sent, without a fragment; `endpoint` is
    what a connection is made to.
    """

    scheme: str
    host: str
    port: int
    target: str
    address: IPv4Address | IPv6Address | None

    @property
    def endpoint(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


@lru_cache(maxsize=1024)
def parse_destination(url: str, allow_insecure: bool = False) -> Destination:
    """The pieces of an absolute https URL, or http where `allow_insecure` (contracts/voicegram.md 3 and 4.5).

    Raises DomainError with code `unparseable` when it is no absolute URI, else `invalid_url` for another
    scheme, 2048 characters or more, user info, or a host or port that is not written in its canonical way.
    """
    match = _URI.fullmatch(url)
    if match is None or _FORBIDDEN.search(url):
        raise _unparseable("This is not an absolute URL.")
    scheme, authority, path, query, _ = match.groups()
    scheme = scheme.lower()
    if scheme in _DEFAULT_PORTS and not authority:
        raise _unparseable("The URL has no host.")
    if len(url) > MAX_URL_CHARS:
        raise _invalid("The URL must be shorter than 2048 characters.")
    if scheme not in _DEFAULT_PORTS or (scheme == "http" and not allow_insecure):
        raise _invalid("The URL must begin with https://.")
    if "@" in authority:
        raise _invalid("The URL must not hold a user name or password.")
    host, port = _split_port(authority)
    address: IPv4Address | IPv6Address | None
    if host.startswith("["):
        address = _ipv6(host)
        host = address.compressed
    else:
        host = _ascii_host(host)
        address = _ipv4(host)
    target = quote(path or "/", safe=_QUOTE_SAFE) + (
        "" if query is None else "?" + quote(query, safe=_QUOTE_SAFE)
    )
    return Destination(scheme, host, port or _DEFAULT_PORTS[scheme], target, address)


def _split_port(authority: str) -> tuple[str, int | None]:
    end = authority.rfind("]") + 1
    host, colon, port = authority[end:].partition(":")
    if (end and host) or not _PORT.fullmatch(port):
        raise _unparseable("The URL has a malformed host or port.")
    host = authority[:end] or host
    if not host:
        raise _unparseable("The URL has no host.")
    if not colon or not port:
        return host, None
    if len(port) > 5 or not 1 <= int(port) <= 65535:
        raise _invalid("The port must be from 1 to 65535.")
    return host, int(port)


def _ipv6(host: str) -> IPv6Address:
    try:
        if "%" in host:
            raise _invalid("The address must not name a zone.")
        return IPv6Address(host[1:-1])
    except AddressValueError:
        raise _unparseable("The URL has a malformed IPv6 address.") from None


def _ascii_host(host: str) -> str:
    host = host.lower()
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError:
            raise _invalid("The host name has characters that are not allowed.") from None
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise _invalid("The host name is malformed.")
    return host


def _ipv4(host: str) -> IPv4Address | None:
    """The literal address; another spelling of one (`127.1`, `0x7f.1`, `2130706433`) is refused."""
    if not _NUMBER.fullmatch(host.rpartition(".")[2]):
        return None
    try:
        return IPv4Address(host)
    except AddressValueError:
        raise _invalid("A numeric host must be four numbers from 0 to 255 without leading zeros.") from None


def _unparseable(message: str) -> DomainError:
    return DomainError(message, field="url", code="unparseable")


def _invalid(message: str) -> DomainError:
    return DomainError(message, field="url", code="invalid_url")
