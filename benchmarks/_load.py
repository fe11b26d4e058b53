"""A load client that costs little: prepared requests over kept connections, answers cut by Content-Length."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from typing import cast


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], statuses: Counter[int], done: asyncio.Future[None]) -> None:
        self._requests = requests
        self._statuses = statuses
        self._done = done
        self._data = b""

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
        self._statuses[int(self._data[9:12])] += 1
        self._data = b""
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(error or ConnectionError("closed by the server"))

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is not None:
            self._transport.write(request)
        elif not self._done.done():
            self._done.set_result(None)
            self._transport.close()


def get_request(path: str, port: int, token: str = "") -> bytes:
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{authorization}\r\n".encode()


async def send_all(requests: list[bytes], port: int, connections: int = 32) -> float:
    """Answers per second; every connection takes the next request as soon as it has its answer.

    Raises RuntimeError when an answer is not 200.
    """
    loop = asyncio.get_running_loop()
    waiting, statuses = iter(requests), Counter[int]()
    dones = [loop.create_future() for _ in range(connections)]
    started = time.perf_counter()
    for done in dones:
        await loop.create_connection(lambda d=done: _Connection(waiting, statuses, d), "127.0.0.1", port)
    await asyncio.gather(*dones)
    seconds = time.perf_counter() - started
    if set(statuses) != {200}:
        raise RuntimeError(f"answers by status: {dict(statuses)}")
    return len(requests) / seconds
