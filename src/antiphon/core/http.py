"""Outgoing HTTP: a guarded client for destinations that users name, a session for the operator's own."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from antiphon.core.addresses import AddressPolicy
from antiphon.core.clock import Clock
from antiphon.core.destinations import Destination, parse_destination
from antiphon.core.errors import DomainError, ErrorCategory, ServiceError

__all__ = [
    "AddressPolicy",
    "Destination",
    "FailureKind",
    "GuardedClient",
    "HttpFailure",
    "HttpResponse",
    "Resolve",
    "parse_destination",
    "service_session",
]

FailureKind = Literal["timeout", "tls_error", "connection_error", "dns_error", "host_blocked"]
Resolve = Callable[[str], Awaitable[Sequence[str]]]

_LOOKUP_THREADS = 32
_CHECK_SECONDS = 5.0
_addresses: ContextVar[Sequence[str]] = ContextVar("addresses")


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

    The category is CALLER for `host_blocked` and CONNECTIVITY for the others.
    """

    def __init__(self, kind: FailureKind, detail: str = "") -> None:
        category = ErrorCategory.CALLER if kind == "host_blocked" else ErrorCategory.CONNECTIVITY
        super().__init__(category, f"{kind}: {detail}" if detail else kind, service="http")
        self.kind: FailureKind = kind
        self.detail = detail


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
        self._keepalive_seconds = keepalive_seconds
        self._lookups: dict[str, asyncio.Task[Sequence[str] | HttpFailure]] = {}
        self._session: aiohttp.ClientSession | None = None

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

        The time covers name resolution, connecting and the whole answer. Raises HttpFailure.
        """
        started = self._clock.now()
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._send(method, url, headers, body, max_response_bytes, started)
        except HttpFailure:
            raise
        except TimeoutError as exc:
            raise HttpFailure("timeout", f"no complete answer within {timeout_seconds:g} s") from exc
        except (aiohttp.ClientError, OSError) as exc:
            raise _failure(exc) from exc

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
        if self._session is not None:
            await self._session.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        body: bytes,
        max_response_bytes: int,
        started: int,
    ) -> HttpResponse:
        destination = _parse(url)
        _addresses.set(await self._checked_addresses(destination))
        async with self._open_session().request(
            method,
            URL(destination.url, encoded=True),
            headers=headers,
            data=body or None,
            allow_redirects=False,
        ) as response:
            chunks = []
            size = 0
            while size <= max_response_bytes and (chunk := await response.content.readany()):
                chunks.append(chunk)
                size += len(chunk)
            if size > max_response_bytes:
                response.close()
            return HttpResponse(
                status=response.status,
                headers=response.headers,
                body=b"".join(chunks)[:max_response_bytes],
                elapsed_ms=max(0, self._clock.now() - started),
                truncated=size > max_response_bytes,
            )

    async def _checked_addresses(self, destination: Destination) -> Sequence[str]:
        if destination.address is not None:
            addresses: Sequence[str] = (destination.host,)
        else:
            addresses = await self._lookup(destination.host)
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

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=0,
                use_dns_cache=False,
                resolver=_CheckedResolver(),
                socket_factory=self._open_socket,
                ssl=self._ssl_context or True,
                keepalive_timeout=self._keepalive_seconds,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            )
        return self._session

    def _open_socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        # The resolver is not asked for literal addresses; this sees every address a socket is opened for.
        family, kind, protocol, _, address = info
        if not self._policy.is_allowed(str(address[0])):
            raise _RefusedAddressError(f"the address {address[0]} is refused")
        return socket.socket(family, kind, protocol)


class _RefusedAddressError(OSError):
    pass


class _CheckedResolver(AbstractResolver):
    """Answers with the addresses that the current request has resolved and checked."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in _addresses.get()
        ]

    async def close(self) -> None:
        return None


def _parse(url: str) -> Destination:
    try:
        return parse_destination(url, allow_insecure=True)
    except DomainError as exc:
        raise HttpFailure("host_blocked", exc.message) from exc


def _failure(exc: BaseException) -> HttpFailure:
    detail = str(exc) or type(exc).__name__
    cause = exc.os_error if isinstance(exc, aiohttp.ClientConnectorError) else exc
    if isinstance(cause, _RefusedAddressError):
        return HttpFailure("host_blocked", str(cause))
    if isinstance(exc, aiohttp.ClientConnectorDNSError):
        return HttpFailure("dns_error", detail)
    if isinstance(exc, aiohttp.ClientSSLError | ssl.SSLError) or isinstance(cause, ssl.SSLError):
        return HttpFailure("tls_error", detail)
    return HttpFailure("connection_error", detail)


def service_session(*, total_seconds: float = 60, connect_seconds: float = 5) -> aiohttp.ClientSession:
    """A session for services that the operator configured; honours the environment's proxies."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=total_seconds, sock_connect=connect_seconds),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=True,
    )
