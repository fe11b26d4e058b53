"""HTTP/1.1 connections of the guarded client: one request at a time on each, reused while both sides agree.

The answer is parsed by httptools as it arrives and kept up to its cap only. Whatever leaves a connection in
doubt (a broken answer, unasked bytes, a cut body, a time-out) ends it.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

import httptools
from aiohappyeyeballs import start_connection

MAX_HEAD_BYTES = 64 * 1024
MAX_HEADERS = 256

NEXT_ADDRESS_SECONDS = 0.25
SWITCHING_PROTOCOLS = 101

AddressInfo: TypeAlias = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]
Endpoint: TypeAlias = tuple[str, str, int]
"""Scheme, host and port: what a connection may be reused for."""


class BrokenAnswerError(Exception):
    """What came is no complete HTTP/1.1 answer."""


@dataclass(slots=True)
class Answer:
    """`headers` have lower-case names; `body` is at most the cap long."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    truncated: bool


class Connection(asyncio.Protocol):
    """One connection to one address; a request is sent only after the answer to the one before.

    `reused` tells that it has carried a request before, `answering` that some of the current answer has come.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, address: str, pool: ConnectionPool) -> None:
        self.address = address
        self.reused = False
        self.answering = False
        self.is_open = False
        self.idle_since = 0.0
        self._loop = loop
        self._pool = pool
        self._transport: asyncio.Transport
        self._parser: httptools.HttpResponseParser
        self._answer: asyncio.Future[Answer] | None = None
        self._is_head = False
        self._cap = 0
        self._begin()

    def _begin(self) -> None:
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._chunks: list[bytes] = []
        self._size = 0
        self._head_bytes = 0
        self._has_head = False
        self._is_whole = False
        self._keep_alive = False

    async def exchange(self, request: bytes, deadline: float, cap: int, *, is_head: bool = False) -> Answer:
        """Send the request and wait for its answer, until the loop's time `deadline`.

        Raises TimeoutError, BrokenAnswerError, OSError; the connection is then closed.
        """
        self._begin()
        self._cap, self._is_head, self.answering = cap, is_head, False
        answer: asyncio.Future[Answer] = self._loop.create_future()
        self._answer = answer
        timer = self._loop.call_at(deadline, self._expire)
        try:
            self._transport.write(request)
            return await answer
        finally:
            timer.cancel()
            if self._answer is not None:
                self._answer = None
                self.abort()

    def abort(self) -> None:
        if self.is_open:
            self.is_open = False
            self._transport.abort()

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._parser = httptools.HttpResponseParser(self)
        # As lenient as browsers and other clients are with answers.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )
        self.is_open = True
        self._pool.opened(self)

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            self.abort()
            return
        self.answering = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._is_whole, self._keep_alive = True, False
        except httptools.HttpParserError as error:
            # What follows a whole answer does not spoil it, but the connection.
            self._keep_alive = False
            if not self._is_whole:
                self._fail(BrokenAnswerError(str(error.__context__ or error)))
                return
        if self._is_whole or self._size > self._cap:
            self._finish()
        elif not self._has_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._fail(BrokenAnswerError("the head of the answer is too large"))

    def eof_received(self) -> None:
        self._end(None)
        self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        self._end(exc)
        self._pool.lost(self)

    # The parser's side

    def on_message_begin(self) -> None:
        if self._is_whole:
            raise BrokenAnswerError("more came than the answer")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > MAX_HEAD_BYTES or len(self._headers) >= MAX_HEADERS:
            raise BrokenAnswerError("the head of the answer is too large")
        if not self._has_head:
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._has_head = True
        self._status = self._parser.get_status_code()
        self._is_whole = self._is_head and self._status >= 200

    def on_body(self, chunk: bytes) -> None:
        if self._size <= self._cap:
            self._chunks.append(chunk)
            self._size += len(chunk)

    def on_message_complete(self) -> None:
        if 100 <= self._status < 200 and self._status != SWITCHING_PROTOCOLS:
            self._headers.clear()
            self._has_head = False
            return
        self._keep_alive = not self._is_whole and self._parser.should_keep_alive()
        self._is_whole = True

    # Both

    def _finish(self) -> None:
        assert self._answer is not None
        answer, self._answer = self._answer, None
        truncated = self._size > self._cap
        is_wanted = not answer.done()
        if truncated or not (self._keep_alive and is_wanted) or self._transport.get_write_buffer_size():
            self.abort()
        if is_wanted:
            chunks = self._chunks
            body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
            answer.set_result(Answer(self._status, self._headers, body[: self._cap], truncated))

    def _end(self, exc: Exception | None) -> None:
        """Nothing more will come."""
        if self._answer is None:
            return
        if exc is None and self._has_head and _lasts_until_the_end(self._headers):
            self._finish()
        else:
            self._fail(exc or BrokenAnswerError("the connection ended before the answer did"))

    def _expire(self) -> None:
        self._fail(TimeoutError())

    def _fail(self, error: Exception) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_exception(error)
        self.abort()


def _lasts_until_the_end(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether the end of the connection ends the answer's body (RFC 9112, 6.3)."""
    codings = b",".join(value for name, value in headers if name == b"transfer-encoding")
    if codings:
        return codings.rpartition(b",")[2].strip().lower() != b"chunked"
    return all(name != b"content-length" for name, _ in headers)


class ConnectionPool:
    """Open connections by endpoint; idle ones are closed after `keepalive_seconds`."""

    def __init__(self, keepalive_seconds: float) -> None:
        self._keepalive = keepalive_seconds
        self._idle: dict[Endpoint, list[Connection]] = {}
        self._open: set[Connection] = set()
        self._sweeper: asyncio.TimerHandle | None = None
        self._is_closed = False
        self._emptied = asyncio.Event()

    def take(self, endpoint: Endpoint, addresses: Sequence[str]) -> Connection | None:
        """An idle connection to one of the addresses, the last used first."""
        idle = self._idle.get(endpoint)
        while idle:
            connection = idle.pop()
            if connection.is_open and connection.address in addresses:
                return connection
            connection.abort()
        return None

    def give_back(self, endpoint: Endpoint, connection: Connection) -> None:
        if self._is_closed or not connection.is_open:
            connection.abort()
            return
        connection.reused = True
        loop = asyncio.get_running_loop()
        connection.idle_since = loop.time()
        self._idle.setdefault(endpoint, []).append(connection)
        if self._sweeper is None:
            self._sweeper = loop.call_later(self._keepalive, self._sweep, loop)

    async def connect(
        self,
        infos: Sequence[AddressInfo],
        open_socket: Callable[[AddressInfo], socket.socket],
        *,
        context: ssl.SSLContext | None,
        server_name: str | None,
    ) -> Connection:
        """Connect to the first address that answers. Raises OSError (ssl.SSLError among them)."""
        loop = asyncio.get_running_loop()
        delay = NEXT_ADDRESS_SECONDS if len(infos) > 1 else None
        sock = await start_connection(infos, happy_eyeballs_delay=delay, socket_factory=open_socket)
        try:
            address = str(sock.getpeername()[0])
            _, connection = await loop.create_connection(
                lambda: Connection(loop, address, self),
                sock=sock,
                ssl=context,
                server_hostname=server_name if context else None,
            )
        except BaseException:
            sock.close()
            raise
        if self._is_closed:
            connection.abort()
            raise OSError("the client was closed")
        return connection

    async def close(self) -> None:
        """Close all connections, those in use included, and wait until they are closed."""
        self._is_closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        for connection in list(self._open):
            connection.abort()
        if self._open:
            await self._emptied.wait()

    def opened(self, connection: Connection) -> None:
        self._open.add(connection)

    def lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        if self._is_closed and not self._open:
            self._emptied.set()

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        oldest = loop.time() - self._keepalive
        next_at = None
        for endpoint, idle in list(self._idle.items()):
            for connection in idle:
                if connection.idle_since <= oldest:
                    connection.abort()
            kept = [connection for connection in idle if connection.is_open]
            if kept:
                self._idle[endpoint] = kept
                next_at = min(next_at or kept[0].idle_since, kept[0].idle_since)
            else:
                del self._idle[endpoint]
        self._sweeper = None
        if next_at is not None:
            self._sweeper = loop.call_at(next_at + self._keepalive, self._sweep, loop)
