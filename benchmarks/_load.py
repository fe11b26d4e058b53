"""A load client that costs little: prepared requests over kept connections, answers cut by their length."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from typing import cast


class Run:
    """Requests that connections take in turn; `seconds` holds how long each answer took."""

    def __init__(self, requests: list[bytes]) -> None:
        self.waiting: Iterator[bytes] = iter(requests)
        self.statuses: Counter[int] = Counter()
        self.seconds: list[float] = []


class _Connection(asyncio.Protocol):
    def __init__(self, run: Run, done: asyncio.Future[None]) -> None:
        self._run = run
        self._done = done
        self._data = b""
        self._started = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self._data += data
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._data[:end].lower()
        start = head.index(b"content-length:") + 15
        length = int(head[start:].partition(b"\r\n")[0])
        if len(self._data) < end + 4 + length:
            return
        self._run.statuses[int(self._data[9:12])] += 1
        self._run.seconds.append(time.perf_counter() - self._started)
        self._data = b""
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(error or ConnectionError("closed by the server"))

    def _next(self) -> None:
        request = next(self._run.waiting, None)
        if request is not None:
            self._started = time.perf_counter()
            self._transport.write(request)
        elif not self._done.done():
            self._done.set_result(None)
            self._transport.close()


def get_request(path: str, port: int, token: str = "") -> bytes:
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{authorization}\r\n".encode()


async def send_all(requests: list[bytes], port: int, connections: int = 32, status: int = 200) -> float:
    """Answers per second; every connection takes the next request as soon as it has its answer.

    Raises RuntimeError when an answer has another status.
    """
    started = time.perf_counter()
    await timed(requests, port, connections, status)
    return len(requests) / (time.perf_counter() - started)


async def timed(requests: list[bytes], port: int, connections: int, status: int = 200) -> list[float]:
    """As `send_all`; seconds from sending each request to its whole answer."""
    loop = asyncio.get_running_loop()
    run = Run(requests)
    dones = [loop.create_future() for _ in range(connections)]
    for done in dones:
        await loop.create_connection(lambda done=done: _Connection(run, done), "127.0.0.1", port)
    await asyncio.gather(*dones)
    if set(run.statuses) != {status}:
        raise RuntimeError(f"answers by status: {dict(run.statuses)}")
    return run.seconds


async def paced(
    requests: list[bytes], port: int, per_second: float, connections: int = 32, status: int = 200
) -> list[float]:
    """Send at a steady rate; seconds from the moment each request was due to its whole answer.

    Raises RuntimeError when an answer has another status.
    """
    due: asyncio.Queue[tuple[float, bytes] | None] = asyncio.Queue()
    seconds: list[float] = []
    statuses: Counter[int] = Counter()

    async def send() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (item := await due.get()) is not None:
            at, request = item
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            _, _, rest = head.partition(b"content-length:")
            if rest:
                await reader.readexactly(int(rest.partition(b"\r\n")[0]))
            statuses[int(head[9:12])] += 1
            seconds.append(time.perf_counter() - at)
        writer.close()
        await writer.wait_closed()

    senders = [asyncio.create_task(send()) for _ in range(connections)]
    begun = time.perf_counter()
    for number, request in enumerate(requests):
        at = begun + number / per_second
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        due.put_nowait((at, request))
    for _ in senders:
        due.put_nowait(None)
    await asyncio.gather(*senders)
    if set(statuses) != {status}:
        raise RuntimeError(f"answers by status: {dict(statuses)}")
    return seconds


def post_request(path: str, port: int, body: bytes, headers: dict[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def upload_request(port: int, channel_id: str, sender_token: str, audio: bytes, ip: str) -> bytes:
    """The visitor's upload, from an address of its own."""
    boundary = "benchmark-boundary"
    fields = {"channel_id": channel_id, "sender_token": sender_token}
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    )
    body += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="audio"; filename="audio"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    body += audio + f"\r\n--{boundary}--\r\n".encode()
    head = (
        f"POST /api/public/recording/voicegrams HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"X-Forwarded-For: {ip}\r\nContent-Type: multipart/form-data; boundary={boundary}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
