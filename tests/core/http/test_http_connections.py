"""Connections of the guarded client: what is reused, what ends one, and what counts as an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from antiphon.core.clock import SystemClock
from antiphon.core.http import AddressPolicy, GuardedClient, HttpFailure
from waiting import eventually

LOOPBACK = AddressPolicy(["127.0.0.0/8"])
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Answering = Callable[[int, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Script:
    """A server that notes requests and connections, and answers each request as the test says.

    The answering function gets the number of the request, from 0. A connection is left open unless it
    closes the writer.
    """

    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    connections: list[asyncio.StreamWriter] = field(default_factory=list)
    gone: int = 0


@asynccontextmanager
async def script(answer: Answering, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Script]:
    state = Script()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        state.connections.append(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                body = await reader.readexactly(int(length or 0))
                state.requests.append(head + body)
                await answer(len(state.requests) - 1, writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            state.gone += 1
            writer.close()

    server = await asyncio.start_server(serve, host, port)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()
        for writer in state.connections:
            writer.transport.abort()
        await eventually(lambda: state.gone == len(state.connections))


def always(*parts: bytes, close: bool = False) -> Answering:
    async def answer(_: int, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)
        if close:
            writer.close()

    return answer


@pytest.fixture
async def client() -> AsyncIterator[GuardedClient]:
    made = GuardedClient(LOOPBACK, SystemClock())
    yield made
    await made.close()


async def post(client: GuardedClient, server: Script) -> tuple[int, bytes]:
    answer = await client.request("POST", f"http://127.0.0.1:{server.port}/", body=b"x")
    return answer.status, answer.body


async def post_failure(client: GuardedClient, server: Script, timeout_seconds: float = 15) -> HttpFailure:
    with pytest.raises(HttpFailure) as caught:
        await client.request(
            "POST", f"http://127.0.0.1:{server.port}/", body=b"x", timeout_seconds=timeout_seconds
        )
    return caught.value


@pytest.mark.parametrize(
    ("parts", "body"),
    [
        ((b"HTTP/1.1 200 OK\r\nContent-Le", b"ngth: 5\r\n\r", b"\nhel", b"lo"), b"hello"),
        (
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n", b"2\r\nlo\r\n0\r\n\r\n"),
            b"hello",
        ),
        ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: 1\r\n\r\n",), b""),
        ((b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK), b"ok"),
        ((b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",), b"ok"),
        ((b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",), b""),
    ],
)
async def test_whole_answers_leave_the_connection_open(
    client: GuardedClient, parts: tuple[bytes, ...], body: bytes
) -> None:
    async with script(always(*parts)) as server:
        for _ in range(3):
            assert await post(client, server) == (200, body)
        assert len(server.connections) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        OK + b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\nmore",
        OK + b"more",
    ],
)
async def test_answers_that_end_the_connection(client: GuardedClient, answer: bytes) -> None:
    """Also when more comes than was asked for: the next request must not read what is left."""
    async with script(always(answer)) as server:
        for _ in range(2):
            assert await post(client, server) == (200, b"ok")
        assert len(server.connections) == 2


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.0 200 OK\r\nContent-Type: a/b\r\n\r\n"]
)
async def test_body_may_last_until_the_end_of_the_connection(client: GuardedClient, head: bytes) -> None:
    async with script(always(head, b"he", b"llo", close=True)) as server:
        assert await post(client, server) == (200, b"hello")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\nContent-",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)
async def test_cut_answers_are_failures(client: GuardedClient, answer: bytes) -> None:
    async with script(always(answer, close=True)) as server:
        failure = await post_failure(client, server)
    assert (failure.kind, failure.may_have_arrived) == ("connection_error", True)


async def test_switch_of_protocols_is_an_answer(client: GuardedClient) -> None:
    switch = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\nother bytes"
    async with script(always(switch)) as server:
        assert await post(client, server) == (101, b"")
        assert await post(client, server) == (101, b"")
        assert len(server.connections) == 2


async def test_head_has_no_body(client: GuardedClient) -> None:
    async with script(always(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")) as server:
        answer = await client.request("HEAD", f"http://127.0.0.1:{server.port}/")
        assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "1000")


async def test_unasked_bytes_end_an_idle_connection(client: GuardedClient) -> None:
    """What was sent without a request must not become the answer to the next one."""
    async with script(always(OK)) as server:
        await post(client, server)
        server.connections[0].write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nplant!")
        await eventually(lambda: server.gone == 1)
        assert await post(client, server) == (200, b"ok")


async def test_connection_closed_by_the_receiver_is_not_used_again(client: GuardedClient) -> None:
    async with script(always(OK)) as server:
        await post(client, server)
        server.connections[0].close()
        await eventually(lambda: server.gone == 1)
        assert await post(client, server) == (200, b"ok")
        assert len(server.connections) == 2


async def test_only_what_may_be_repeated_is_sent_again_on_a_dead_connection(client: GuardedClient) -> None:
    """A receiver that closes as the request comes may have acted on it."""

    async def answer(number: int, writer: asyncio.StreamWriter) -> None:
        if number % 2:
            writer.close()
        else:
            writer.write(OK)

    async with script(answer) as server:
        url = f"http://127.0.0.1:{server.port}/"
        await client.request("GET", url)
        assert (await client.request("GET", url)).status == 200
        assert len(server.requests) == 3
        failure = await post_failure(client, server)
        assert (failure.kind, failure.may_have_arrived) == ("connection_error", True)
        assert len(server.requests) == 4


async def test_time_out_is_not_a_dead_connection(client: GuardedClient) -> None:
    """However many connections are idle: the time is over."""
    release = asyncio.Event()
    ready = asyncio.Event()

    async def answer(number: int, writer: asyncio.StreamWriter) -> None:
        if number < 3:
            if number == 2:
                ready.set()
            await ready.wait()
            writer.write(OK)
        else:
            await release.wait()

    async with script(answer) as server:
        url = f"http://127.0.0.1:{server.port}/"
        await asyncio.gather(*(client.request("GET", url) for _ in range(3)))
        with pytest.raises(HttpFailure, match="timeout"):
            await client.request("GET", url, timeout_seconds=0.05)
        await eventually(lambda: len(server.requests) == 4)
        release.set()
    assert len(server.requests) == 4


async def test_fresh_connection_is_not_tried_twice(client: GuardedClient) -> None:
    async with script(always(close=True)) as server:
        with pytest.raises(HttpFailure):
            await client.request("GET", f"http://127.0.0.1:{server.port}/")
        assert len(server.requests) == 1


async def test_simultaneous_requests_have_connections_of_their_own(client: GuardedClient) -> None:
    release = asyncio.Event()

    async def answer(_: int, writer: asyncio.StreamWriter) -> None:
        await release.wait()
        writer.write(OK)

    async with script(answer) as server:
        waiting = [asyncio.create_task(post(client, server)) for _ in range(5)]
        await eventually(lambda: len(server.requests) == 5)
        release.set()
        assert await asyncio.gather(*waiting) == [(200, b"ok")] * 5
        assert len(server.connections) == 5
        await asyncio.gather(*(post(client, server) for _ in range(5)))
        assert len(server.connections) == 5


async def test_idle_connections_are_closed_after_a_while() -> None:
    client = GuardedClient(LOOPBACK, SystemClock(), keepalive_seconds=0.05)
    async with script(always(OK)) as server:
        await asyncio.gather(*(post(client, server) for _ in range(3)))
        await eventually(lambda: server.gone == len(server.connections))
        assert await post(client, server) == (200, b"ok")
    await client.close()


async def test_open_connection_to_an_address_that_the_name_lost_is_not_used() -> None:
    """contracts/voicegram.md 7.2: the connection is pinned to the addresses of this attempt's check."""
    addresses = ["127.0.0.1"]

    async def resolve(_: str) -> Sequence[str]:
        return addresses

    client = GuardedClient(LOOPBACK, SystemClock(), resolve=resolve)
    async with script(always(OK)) as before, script(always(OK), "127.0.0.7", before.port) as after:
        url = f"http://moved.example.org:{before.port}/"
        await client.request("POST", url, body=b"x")
        addresses[:] = ["127.0.0.7"]
        await client.request("POST", url, body=b"x")
        assert (len(before.requests), len(after.requests)) == (1, 1)
        await eventually(lambda: before.gone == 1)
    await client.close()


@pytest.mark.parametrize("how", ["cancelled", "timed out"])
async def test_given_up_request_closes_its_connection(client: GuardedClient, how: str) -> None:
    """A late answer must not meet the next request."""

    async def silent_once(number: int, writer: asyncio.StreamWriter) -> None:
        if number:
            writer.write(OK)

    async with script(silent_once) as server:
        if how == "cancelled":
            given_up = asyncio.create_task(post(client, server))
            await eventually(lambda: len(server.requests) == 1)
            given_up.cancel()
            with pytest.raises(asyncio.CancelledError):
                await given_up
        else:
            failure = await post_failure(client, server, timeout_seconds=0.05)
            assert (failure.kind, failure.may_have_arrived) == ("timeout", True)
        await eventually(lambda: server.gone == 1)
        assert await post(client, server) == (200, b"ok")


async def test_closing_the_client_ends_requests_and_connections() -> None:
    client = GuardedClient(LOOPBACK, SystemClock())

    async def second_hangs(number: int, writer: asyncio.StreamWriter) -> None:
        if not number:
            writer.write(OK)

    async with script(second_hangs) as server:
        await post(client, server)
        waiting = asyncio.create_task(post_failure(client, server))
        await eventually(lambda: len(server.requests) == 2)
        await client.close()
        assert (await waiting).kind == "connection_error"
        await eventually(lambda: server.gone == 1)
        assert (await post_failure(client, server)).kind == "connection_error"
        assert len(server.requests) == 2


async def test_what_was_never_sent_cannot_have_arrived(client: GuardedClient) -> None:
    async with script(always(OK)) as server:
        pass
    failure = await post_failure(client, server)
    assert (failure.kind, failure.may_have_arrived) == ("connection_error", False)
    with pytest.raises(HttpFailure) as caught:
        await client.request("POST", "http://10.0.0.1/", body=b"x")
    assert (caught.value.kind, caught.value.may_have_arrived) == ("host_blocked", False)


async def test_request_is_written_as_the_standard_asks(client: GuardedClient) -> None:
    """RFC 9112: the host as in the address, a length whenever a body is meant."""
    async with script(always(OK)) as server:
        url = f"http://127.0.0.1:{server.port}"
        await client.request("POST", f"{url}/a%20b?c=d", headers={"X-A": "ü"})
        await client.request("GET", url)
        host = f"Host: 127.0.0.1:{server.port}\r\n"
        assert server.requests == [
            f"POST /a%20b?c=d HTTP/1.1\r\n{host}X-A: ü\r\nContent-Length: 0\r\n\r\n".encode(),
            f"GET / HTTP/1.1\r\n{host}\r\n".encode(),
        ]


async def test_large_body_is_sent_whole(client: GuardedClient) -> None:
    body = bytes(range(256)) * 20_000
    async with script(always(OK)) as server:
        answer = await client.request("PUT", f"http://127.0.0.1:{server.port}/", body=body)
        assert answer.status == 200
        assert server.requests[0].endswith(body)


async def test_answer_before_the_whole_request_was_read_ends_the_connection(client: GuardedClient) -> None:
    early = asyncio.Event()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        await early.wait()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        answer = await client.request("POST", url, body=bytes(50_000_000))
        assert answer.status == 413
        answer = await client.request("POST", url, body=b"x")
        assert answer.status == 413
        early.set()
