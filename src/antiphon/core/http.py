"""Outgoing HTTP: a guarded client for destinations that users name, a session for the operator's own."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import aiohttp
from starlette.datastructures import Headers

from antiphon.core.addresses import AddressPolicy
from antiphon.core.clock import Clock
from antiphon.core.destinations import Destination, parse_destination
from antiphon.core.errors import DomainError, ErrorCategory, ServiceError
from antiphon.core.http_connections import AddressInfo, BrokenAnswerError, Connection, ConnectionPool

__all__ = [
    "AddressPolicy",
    "Destination",
    "FailureKind",
    "GuardedClient",
    "HttpFailure",
    "HttpResponse",
    "Resolve",
    "guarded_session",
    "parse_destination",
    "service_session",
]

FailureKind = Literal["timeout", "tls_error", "connection_error", "dns_error", "host_blocked"]
Resolve = Callable[[str], Awaitable[Sequence[str]]]

_LOOKUP_THREADS = 32
_CHECK_SECONDS = 5.0
_REPEATABLE = frozenset({"GET", "HEAD"})
_WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer of any status, redirects included.

    `body` is as sent, without decompression; `truncated` when it went on beyond the cap.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed_ms: int
    truncated: bool = False


class HttpFailure(ServiceError):  # noqa: N818  an outcome of a delivery, not a fault of the program
    """No answer. `kind` is the vocabulary of contracts/voicegram.md 7.2, `detail` is for logs.

    `may_have_arrived` is false when the request was certainly not sent. The category is CALLER for
    `host_blocked` and CONNECTIVITY for the others.
    """

    def __init__(self, kind: FailureKind, detail: str = "", *, may_have_arrived: bool = False) -> None:
        category = ErrorCategory.CALLER if kind == "host_blocked" else ErrorCategory.CONNECTIVITY
        super().__init__(category, f"{kind}: {detail}" if detail else kind, service="http")
        self.kind: FailureKind = kind
        self.detail = detail
        self.may_have_arrived = may_have_arrived


class GuardedClient:
    """Sends requests to destinations that users name; safe to use from many tasks, closed once.

    Each request resolves the name anew, refuses it when any address is refused, and connects to no other
    address than those. Redirects, cookies, environment proxies and compression are not followed or used.
    The number of connections is not limited here: callers cap their own concurrency.
    """

    def __init__(
        self,
        policy: AddressPolicy,
        clock: Clock,
        *,
        resolve: Resolve | None = None,
        ssl_context: ssl.SSLContext | None = None,
        keepalive_seconds: float = 15,
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._threads = ThreadPoolExecutor(_LOOKUP_THREADS, thread_name_prefix="dns")
        self._resolve = resolve or self._system_resolve
        self._ssl_context = ssl_context
        self._pool = ConnectionPool(keepalive_seconds)
        self._lookups: dict[str, asyncio.Task[Sequence[str] | HttpFailure]] = {}

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_seconds: float = 15,
        max_response_bytes: int = 65536,
    ) -> HttpResponse:
        """Send exactly the given headers and body; read at most `max_response_bytes` of the answer.

        The time covers name resolution, connecting and the whole answer. Raises HttpFailure; ValueError for
        a header that cannot be sent.
        """
        started = self._clock.now()
        deadline = asyncio.get_running_loop().time() + timeout_seconds
        destination = _parse(url)
        message = _message(method, destination, headers, body)
        is_sent = False
        try:
            connection = await self._connection(destination, deadline)
            while True:
                is_sent = True
                try:
                    answer = await connection.exchange(
                        message, deadline, max_response_bytes, is_head=method == "HEAD"
                    )
                    break
                except TimeoutError:
                    raise
                except (BrokenAnswerError, OSError):
                    # The receiver may have closed the connection before it saw the request.
                    if method not in _REPEATABLE or not connection.reused or connection.answering:
                        raise
                connection = await self._connection(destination, deadline)
        except HttpFailure:
            raise
        except TimeoutError as exc:
            detail = f"no complete answer within {timeout_seconds:g} s"
            raise HttpFailure("timeout", detail, may_have_arrived=is_sent) from exc
        except (BrokenAnswerError, OSError) as exc:
            raise _failure(exc, may_have_arrived=is_sent) from exc
        self._pool.give_back(destination.endpoint, connection)
        return HttpResponse(
            answer.status,
            Headers(raw=answer.headers),
            answer.body,
            max(0, self._clock.now() - started),
            answer.truncated,
        )

    async def check_destination(self, url: str) -> None:
        """Raise HttpFailure `host_blocked` when the host resolves to a refused address.

        A name that does not resolve now is accepted and judged when it is used (contracts/voicegram.md 4.5).
        """
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                await self._checked_addresses(_parse(url))
        except TimeoutError:
            return
        except HttpFailure as failure:
            if failure.kind == "host_blocked":
                raise

    async def close(self) -> None:
        pending = list(self._lookups.values())
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        await self._pool.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _connection(self, destination: Destination, deadline: float) -> Connection:
        """An idle connection to an address that is allowed now, or a new one."""
        if destination.address is not None:
            # Nothing to wait for, so nothing to time.
            connection = self._pool.take(
                destination.endpoint, self._checked((destination.host,), destination)
            )
            if connection is not None:
                return connection
        async with asyncio.timeout_at(deadline):
            addresses = await self._checked_addresses(destination)
            connection = self._pool.take(destination.endpoint, addresses)
            return connection or await self._connect(destination, addresses)

    async def _connect(self, destination: Destination, addresses: Sequence[str]) -> Connection:
        context = None
        if destination.scheme == "https":
            if self._ssl_context is None:
                # Reading the system's certificates takes tens of milliseconds.
                loop = asyncio.get_running_loop()
                self._ssl_context = await loop.run_in_executor(self._threads, _default_context)
            context = self._ssl_context
        return await self._pool.connect(
            [_address_info(address, destination.port) for address in addresses],
            self._open_socket,
            context=context,
            server_name=destination.host.rstrip("."),
        )

    async def _checked_addresses(self, destination: Destination) -> Sequence[str]:
        if destination.address is not None:
            return self._checked((destination.host,), destination)
        return self._checked(await self._lookup(destination.host), destination)

    def _checked(self, addresses: Sequence[str], destination: Destination) -> Sequence[str]:
        for address in addresses:
            if not self._policy.is_allowed(address):
                raise HttpFailure("host_blocked", f"{destination.host} has the refused address {address}")
        return addresses

    async def _lookup(self, host: str) -> Sequence[str]:
        # Requests that ask for one name at the same time share the lookup: a dead name holds one thread only.
        task = self._lookups.get(host)
        if task is None:
            task = self._lookups[host] = asyncio.create_task(self._resolve_or_failure(host))
            task.add_done_callback(lambda _: self._lookups.pop(host, None))
        try:
            result = await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise HttpFailure("connection_error", "the client was closed") from None
            raise
        if isinstance(result, HttpFailure):
            raise HttpFailure(result.kind, result.detail)
        return result

    async def _resolve_or_failure(self, host: str) -> Sequence[str] | HttpFailure:
        try:
            addresses = await self._resolve(host)
        except (OSError, UnicodeError) as exc:
            return HttpFailure("dns_error", f"{host}: {exc}")
        return addresses or HttpFailure("dns_error", f"{host} has no address")

    async def _system_resolve(self, host: str) -> Sequence[str]:
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        )
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))

    def _open_socket(self, info: AddressInfo) -> socket.socket:
        # The last word, whatever the check before it saw.
        family, kind, protocol, _, address = info
        if not self._policy.is_allowed(str(address[0])):
            raise _RefusedAddressError(f"the address {address[0]} is refused")
        return socket.socket(family, kind, protocol)


class _RefusedAddressError(OSError):
    pass


def _parse(url: str) -> Destination:
    try:
        return parse_destination(url, allow_insecure=True)
    except DomainError as exc:
        raise HttpFailure("host_blocked", exc.message) from exc


def _message(method: str, destination: Destination, headers: Mapping[str, str] | None, body: bytes) -> bytes:
    lines = [f"{method} {destination.target} HTTP/1.1\r\nHost: {destination.authority}\r\n"]
    if headers:
        lines += [f"{name}: {value}\r\n" for name, value in headers.items()]
    if body or method not in _WITHOUT_BODY:
        lines.append(f"Content-Length: {len(body)}\r\n")
    head = "".join(lines)
    if head.count("\n") != len(lines) + 1 or head.count("\r") != len(lines) + 1 or "\0" in head:
        raise ValueError("a header must not hold a line break")
    return b"%s\r\n%s" % (head.encode(), body)


def _address_info(address: str, port: int) -> AddressInfo:
    if ":" in address:
        return socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port, 0, 0)
    return socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port)


def _default_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _failure(exc: Exception, *, may_have_arrived: bool) -> HttpFailure:
    detail = str(exc) or type(exc).__name__
    if isinstance(exc, _RefusedAddressError):
        return HttpFailure("host_blocked", detail)
    kind: FailureKind = "tls_error" if isinstance(exc, ssl.SSLError) else "connection_error"
    return HttpFailure(kind, detail, may_have_arrived=may_have_arrived)


def guarded_session(
    policy: AddressPolicy, timeout: aiohttp.ClientTimeout, headers: Mapping[str, str] | None = None
) -> aiohttp.ClientSession:
    """A session for services that an account configured: every address a socket is opened for is checked."""

    def open_socket(info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        if not policy.is_allowed(str(address[0])):
            raise _RefusedAddressError(f"the address {address[0]} is refused")
        return socket.socket(family, kind, protocol)

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(use_dns_cache=False, socket_factory=open_socket),
        timeout=timeout,
        headers=headers,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
    )


def service_session(*, total_seconds: float = 60, connect_seconds: float = 5) -> aiohttp.ClientSession:
    """A session for services that the operator configured; honours the environment's proxies."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=total_seconds, sock_connect=connect_seconds),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=True,
    )
