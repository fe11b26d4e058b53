from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from antiphon.core.clock import ManualClock, SystemClock
from antiphon.core.errors import ErrorCategory
from antiphon.core.http import AddressPolicy, GuardedClient, HttpFailure, service_session

if TYPE_CHECKING:
    from conftest import MakeCertificate

LOOPBACK = AddressPolicy(["127.0.0.0/8", "::1/128"])


@dataclass
class Names:
    """A resolver whose answers the test sets; it notes what it was asked."""

    table: dict[str, Sequence[str] | BaseException] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        answer = self.table.get(host, OSError("unknown name"))
        if isinstance(answer, BaseException):
            raise answer
        return answer


@pytest.fixture
def names() -> Names:
    return Names()


@pytest.fixture
async def client(names: Names) -> AsyncIterator[GuardedClient]:
    made = GuardedClient(LOOPBACK, SystemClock(), resolve=names)
    yield made
    await made.close()


@dataclass
class Sink:
    port: int
    requests: list[tuple[str, dict[str, str], bytes]]
    peers: set[object]


@asynccontextmanager
async def sink(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None,
    host: str = "127.0.0.1",
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[Sink]:
    async def record(request: web.BaseRequest) -> web.StreamResponse:
        state.requests.append((request.method, dict(request.headers), await request.read()))
        assert request.transport is not None
        state.peers.add(request.transport.get_extra_info("peername"))
        if handler is None:
            return web.Response(text="ok")
        return await handler(request)  # type: ignore[arg-type]  # handlers here use what both kinds have

    state = Sink(0, [], set())
    runner = web.ServerRunner(web.Server(record), shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, host, 0, ssl_context=context)
    await site.start()
    state.port = runner.addresses[0][1]
    try:
        yield state
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw_server(answer: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[int]:
    """Answers every request with what `answer` writes, well-formed or not."""
    done: list[asyncio.Task[None] | None] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        done.append(asyncio.current_task())
        try:
            await reader.readuntil(b"\r\n\r\n")
            await answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in done:
            if task is not None:
                task.cancel()
        await asyncio.gather(*(task for task in done if task is not None), return_exceptions=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def failure(client: GuardedClient, url: str, **options: float) -> HttpFailure:
    with pytest.raises(HttpFailure) as caught:
        await client.request("POST", url, body=b"{}", **options)  # type: ignore[arg-type]  # of mixed types
    return caught.value


async def test_sends_exactly_what_it_is_given(client: GuardedClient, names: Names) -> None:
    names.table["hooks.example.org"] = ["127.0.0.1"]
    async with sink() as server:
        url = f"http://hooks.example.org:{server.port}/a?b=%20c#d"
        answer = await client.request("POST", url, headers={"X-One": "1"}, body=b'{"a":1}')
        assert (answer.status, answer.body, answer.truncated) == (200, b"ok", False)
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.elapsed_ms >= 0
    assert server.requests == [
        (
            "POST",
            {"Host": f"hooks.example.org:{server.port}", "X-One": "1", "Content-Length": "7"},
            b'{"a":1}',
        )
    ]


async def test_elapsed_time_is_of_our_clock() -> None:
    clock = ManualClock()

    async def slow(_: web.Request) -> web.StreamResponse:
        clock.advance(1234)
        return web.Response()

    client = GuardedClient(LOOPBACK, clock)
    async with sink(slow) as server:
        assert (await client.request("GET", f"http://127.0.0.1:{server.port}/")).elapsed_ms == 1234
    await client.close()


@pytest.mark.parametrize("status", [204, 301, 302, 307, 308, 404, 410, 500])
async def test_any_status_is_an_answer_and_redirects_are_not_followed(
    client: GuardedClient, status: int
) -> None:
    """contracts/voicegram.md 7.2: 3xx is never followed."""

    async def redirect(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    async with sink(redirect) as server:
        answer = await client.request("POST", f"http://127.0.0.1:{server.port}/", body=b"x")
        assert answer.status == status
        assert answer.headers["location"] == "/elsewhere"
    assert len(server.requests) == 1


async def test_connections_are_reused_and_cookies_are_not_kept(client: GuardedClient, names: Names) -> None:
    async def cookie(_: web.Request) -> web.StreamResponse:
        return web.Response(headers={"Set-Cookie": "a=1"})

    names.table["one.example.org"] = ["127.0.0.1"]
    async with sink(cookie) as server:
        for _ in range(3):
            await client.request("POST", f"http://one.example.org:{server.port}/", body=b"x")
    assert len(server.peers) == 1
    assert all("Cookie" not in headers for _, headers, _ in server.requests)
    assert names.asked == ["one.example.org"] * 3


async def test_environment_proxies_are_ignored(
    client: GuardedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """contracts/voicegram.md 7.2."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    async with sink() as server:
        assert (await client.request("GET", f"http://127.0.0.1:{server.port}/")).status == 200


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.9", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "169.254.169.254", "192.0.2.1"],
)
async def test_refused_literals_are_never_connected(host: str) -> None:
    """contracts/voicegram.md 7.2: `host_blocked`."""
    client = GuardedClient(AddressPolicy(), SystemClock())
    async with sink() as server:
        caught = await failure(client, f"http://{host}:{server.port}/")
        assert caught.kind == "host_blocked"
        assert caught.category is ErrorCategory.CALLER
        with pytest.raises(HttpFailure, match="host_blocked"):
            await client.check_destination(f"http://{host}:{server.port}/")
    assert server.requests == []
    await client.close()


@pytest.mark.parametrize(
    "url", ["http://127.1:{port}/", "http://2130706433:{port}/", "http://u@127.0.0.1:{port}/", "x"]
)
async def test_urls_with_two_readings_are_never_connected(client: GuardedClient, url: str) -> None:
    async with sink() as server:
        assert (await failure(client, url.format(port=server.port))).kind == "host_blocked"
    assert server.requests == []


async def test_one_refused_address_among_several_refuses(client: GuardedClient, names: Names) -> None:
    """contracts/voicegram.md 7.2."""
    names.table["mixed.example.org"] = ["127.0.0.1", "10.0.0.1"]
    async with sink() as server:
        assert (await failure(client, f"http://mixed.example.org:{server.port}/")).kind == "host_blocked"
    assert server.requests == []


async def test_name_is_judged_anew_at_every_attempt(client: GuardedClient, names: Names) -> None:
    """contracts/voicegram.md 7.2: also with a connection still open."""
    names.table["turn.example.org"] = ["127.0.0.1"]
    async with sink() as server:
        url = f"http://turn.example.org:{server.port}/"
        await client.request("POST", url, body=b"x")
        names.table["turn.example.org"] = ["10.0.0.1"]
        assert (await failure(client, url)).kind == "host_blocked"
        names.table["turn.example.org"] = ["127.0.0.1"]
        await client.request("POST", url, body=b"x")
    assert len(server.requests) == 2


async def test_connects_to_the_checked_address_only(client: GuardedClient, names: Names) -> None:
    """contracts/voicegram.md 7.2: a name of this machine with another address in the check."""
    names.table["localhost"] = ["127.0.0.7"]
    async with sink(host="127.0.0.1") as wrong, sink(host="127.0.0.7") as right:
        await client.request("POST", f"http://localhost:{right.port}/", body=b"x")
        assert (await failure(client, f"http://localhost:{wrong.port}/")).kind == "connection_error"
    assert (len(wrong.requests), len(right.requests)) == (0, 1)


async def test_socket_itself_refuses_an_unchecked_address(
    client: GuardedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_checked", lambda addresses, _: addresses)
    monkeypatch.setattr(client, "_policy", AddressPolicy())
    async with sink() as server:
        assert (await failure(client, f"http://127.0.0.1:{server.port}/")).kind == "host_blocked"
    assert server.requests == []


async def test_next_address_is_tried_when_the_first_does_not_answer(
    client: GuardedClient, names: Names
) -> None:
    names.table["two.example.org"] = ["127.0.0.8", "127.0.0.1"]
    async with sink(host="127.0.0.1") as server:
        answer = await client.request("POST", f"http://two.example.org:{server.port}/", body=b"x")
        assert answer.status == 200


async def test_name_errors(client: GuardedClient, names: Names) -> None:
    """contracts/voicegram.md 7.2: `dns_error`."""
    names.table["empty.example.org"] = []
    names.table["odd.example.org"] = UnicodeError("label too long")
    for host in ("unknown.example.org", "empty.example.org", "odd.example.org"):
        caught = await failure(client, f"http://{host}/")
        assert caught.kind == "dns_error"
        assert caught.category is ErrorCategory.CONNECTIVITY


async def test_system_resolver_is_used_by_default() -> None:
    client = GuardedClient(LOOPBACK, SystemClock())
    async with sink() as server:
        assert (await client.request("GET", f"http://localhost:{server.port}/")).status == 200
    await client.close()


async def test_simultaneous_requests_share_a_lookup_and_later_ones_do_not(
    client: GuardedClient, names: Names
) -> None:
    names.table["busy.example.org"] = ["127.0.0.1"]
    async with sink() as server:
        url = f"http://busy.example.org:{server.port}/"
        await asyncio.gather(*(client.request("POST", url, body=b"x") for _ in range(20)))
        assert len(names.asked) < 20
        before = len(names.asked)
        await client.request("POST", url, body=b"x")
        assert len(names.asked) == before + 1
    assert len(server.requests) == 21


async def test_time_covers_name_resolution() -> None:
    """contracts/voicegram.md 7.2: `timeout`."""
    asked = asyncio.Event()

    async def never(_: str) -> Sequence[str]:
        asked.set()
        await asyncio.Event().wait()
        return []

    client = GuardedClient(LOOPBACK, SystemClock(), resolve=never)
    assert (await failure(client, "http://slow.example.org/", timeout_seconds=0.05)).kind == "timeout"
    assert asked.is_set()
    await client.close()


async def test_closing_ends_a_waiting_request() -> None:
    asked = asyncio.Event()

    async def never(_: str) -> Sequence[str]:
        asked.set()
        await asyncio.Event().wait()
        return []

    client = GuardedClient(LOOPBACK, SystemClock(), resolve=never)
    waiting = asyncio.create_task(failure(client, "http://slow.example.org/"))
    await asked.wait()
    await client.close()
    assert (await waiting).kind == "connection_error"


async def test_silent_receiver_times_out(client: GuardedClient) -> None:
    async def silent(writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with raw_server(silent) as port:
        assert (await failure(client, f"http://127.0.0.1:{port}/", timeout_seconds=0.1)).kind == "timeout"


async def test_dripping_body_times_out(client: GuardedClient) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with raw_server(drip) as port:
        assert (await failure(client, f"http://127.0.0.1:{port}/", timeout_seconds=0.2)).kind == "timeout"


async def test_endless_body_is_read_to_the_cap(client: GuardedClient) -> None:
    """contracts/voicegram.md 7.1: response bodies are read to at most 64 KiB."""
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536

    async with raw_server(endless) as port:
        answer = await client.request("POST", f"http://127.0.0.1:{port}/", body=b"x")
    assert (answer.status, len(answer.body), answer.truncated) == (200, 65536, True)
    assert sent < 64 * 1024 * 1024


@pytest.mark.parametrize(("length", "truncated"), [(99, False), (100, False), (101, True)])
async def test_cap_is_exact(client: GuardedClient, length: int, truncated: bool) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=b"x" * length)

    async with sink(answer) as server:
        got = await client.request("GET", f"http://127.0.0.1:{server.port}/", max_response_bytes=100)
    assert (len(got.body), got.truncated) == (min(length, 100), truncated)


async def test_compressed_answers_are_not_unpacked(client: GuardedClient) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)

    async def compressed(_: web.Request) -> web.StreamResponse:
        return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})

    async with sink(compressed) as server:
        got = await client.request("GET", f"http://127.0.0.1:{server.port}/")
    assert got.body == bomb
    assert "Accept-Encoding" not in server.requests[0][1]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_broken_answers_are_connection_errors(client: GuardedClient, answer: bytes) -> None:
    async def broken(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    async with raw_server(broken) as port:
        assert (await failure(client, f"http://127.0.0.1:{port}/")).kind == "connection_error"


async def test_closed_port_is_a_connection_error(client: GuardedClient) -> None:
    """contracts/voicegram.md 7.2."""
    caught = await failure(client, f"http://127.0.0.1:{free_port()}/")
    assert caught.kind == "connection_error"
    assert caught.retryable


@asynccontextmanager
async def tls_client(names: Names, trusted: bytes | None) -> AsyncIterator[GuardedClient]:
    context = ssl.create_default_context(cadata=trusted.decode()) if trusted else None
    client = GuardedClient(LOOPBACK, SystemClock(), resolve=names, ssl_context=context)
    try:
        yield client
    finally:
        await client.close()


async def test_tls_checks_the_name_and_not_the_address(
    make_certificate: MakeCertificate, names: Names
) -> None:
    """contracts/voicegram.md 7.2: pinned, and still the name in SNI and certificate."""
    names.table = {"good.example.org": ["127.0.0.1"], "other.example.org": ["127.0.0.1"]}
    context, pem = make_certificate("good.example.org", "127.0.0.1")
    asked: list[str | None] = []
    context.sni_callback = lambda _, name, __: asked.append(name)
    async with sink(context=context) as server, tls_client(names, pem) as client:
        answer = await client.request("POST", f"https://good.example.org:{server.port}/", body=b"x")
        assert answer.status == 200
        assert asked == ["good.example.org"]
        assert (await client.request("GET", f"https://127.0.0.1:{server.port}/")).status == 200
        assert (await failure(client, f"https://other.example.org:{server.port}/")).kind == "tls_error"
    assert len(server.requests) == 2


async def test_untrusted_and_expired_certificates_are_tls_errors(
    make_certificate: MakeCertificate, names: Names
) -> None:
    """contracts/voicegram.md 7.2: `tls_error`."""
    context, _ = make_certificate("127.0.0.1")
    async with sink(context=context) as server, tls_client(names, None) as client:
        assert (await failure(client, f"https://127.0.0.1:{server.port}/")).kind == "tls_error"
    context, pem = make_certificate("127.0.0.1", days=-1)
    async with sink(context=context) as server, tls_client(names, pem) as client:
        assert (await failure(client, f"https://127.0.0.1:{server.port}/")).kind == "tls_error"


async def test_plain_server_on_https_is_a_tls_error(names: Names) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server, tls_client(names, None) as client:
        port = server.sockets[0].getsockname()[1]
        assert (await failure(client, f"https://127.0.0.1:{port}/")).kind == "tls_error"


async def test_creation_check_accepts_what_does_not_resolve(client: GuardedClient, names: Names) -> None:
    """contracts/voicegram.md 4.5."""
    names.table["inside.example.org"] = ["10.0.0.1"]
    names.table["fine.example.org"] = ["127.0.0.1"]
    await client.check_destination("https://unknown.example.org/")
    await client.check_destination("https://fine.example.org/")
    with pytest.raises(HttpFailure) as caught:
        await client.check_destination("https://inside.example.org/")
    assert caught.value.kind == "host_blocked"


async def test_header_injection_is_refused(client: GuardedClient) -> None:
    async with sink() as server:
        with pytest.raises(ValueError, match="header"):
            await client.request("POST", f"http://127.0.0.1:{server.port}/", headers={"X": "a\r\nY: b"})
    assert server.requests == []


async def test_service_session_reaches_the_operators_own_network() -> None:
    async with (
        sink() as server,
        service_session() as session,
        session.get(f"http://127.0.0.1:{server.port}/") as response,
    ):
        assert await response.text() == "ok"
