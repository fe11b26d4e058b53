"""What answers, and their absence, lead to (contracts/voicegram.md 7.2)."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from antiphon.core.clock import HOUR, SECOND
from antiphon.domain.webhooks.records import DeliveryStatus
from receivers import Received, Receiver
from voicegram_fixtures import MakeReceiver
from voicegram_world import SCHEDULE, OpenWorld, World


def self_signed(directory: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = directory / "receiver.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


async def last_error(world: World, url: str) -> str | None:
    made = await world.subscribe(url)
    await world.complete()
    await world.work()
    [attempt] = await world.attempts(made.subscription.id)
    subscription = await world.subscription(made.subscription.id)
    assert subscription.last_error == attempt.error
    assert subscription.consecutive_failures == 0
    assert subscription.is_active
    return attempt.error


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_success(world: World, receiver: Receiver, status: int) -> None:
    """contracts/voicegram.md 7.2: any 2xx."""
    receiver.status(status)
    assert await last_error(world, receiver.url()) is None
    await world.pass_time(24 * HOUR)
    assert len(receiver.received) == 1


@pytest.mark.parametrize("status", [300, 301, 302, 304, 307, 308])
async def test_redirects_are_never_followed(world: World, make_receiver: MakeReceiver, status: int) -> None:
    """contracts/voicegram.md 7.2: 3xx is a failure, retried."""
    receiver, elsewhere = await make_receiver(), await make_receiver()
    receiver.status(status, Location=elsewhere.url())
    assert await last_error(world, receiver.url()) == f"redirect_blocked: {status}"
    await world.pass_time(5 * SECOND)
    assert len(receiver.received) == 2
    assert elsewhere.received == []


@pytest.mark.parametrize("status", [400, 401, 404, 409, 429, 500, 503])
async def test_other_statuses_are_retried(world: World, receiver: Receiver, status: int) -> None:
    """contracts/voicegram.md 7.2: other non-2xx."""
    receiver.status(status, 200)
    assert await last_error(world, receiver.url()) == f"http_status: {status}"
    await world.pass_time(5 * SECOND)
    assert len(receiver.received) == 2


async def test_timeout(open_world: OpenWorld, receiver: Receiver) -> None:
    """contracts/voicegram.md 7.2: the whole attempt has a limit."""
    world = await open_world(attempt_seconds=0.2)
    release = receiver.hang()
    assert await last_error(world, receiver.url()) == "timeout"
    release.set()


async def test_timeout_covers_a_dripping_body(open_world: OpenWorld, receiver: Receiver) -> None:
    """contracts/voicegram.md 7.1: 15 s per attempt, the answer's body included."""
    world = await open_world(attempt_seconds=0.3)
    release = asyncio.Event()

    async def drip(_: Received) -> web.StreamResponse:
        await release.wait()
        return web.Response()

    receiver.answer = drip
    assert await last_error(world, receiver.url()) == "timeout"
    release.set()


async def test_tls_error(world: World, make_receiver: MakeReceiver, tmp_path: Path) -> None:
    """contracts/voicegram.md 7.2: an untrusted certificate."""
    receiver = await make_receiver(self_signed(tmp_path))
    assert await last_error(world, receiver.url()) == "tls_error"
    assert receiver.received == []


async def test_connection_refused(world: World) -> None:
    """contracts/voicegram.md 7.2: nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert await last_error(world, f"http://127.0.0.1:{taken.getsockname()[1]}/") == "connection_error"


async def test_name_error(world: World) -> None:
    """contracts/voicegram.md 7.2: the name does not resolve."""
    assert await last_error(world, "http://receiver.invalid/hook") == "dns_error"


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "127.0.0.2"])
async def test_refused_addresses(world: World, host: str) -> None:
    """contracts/voicegram.md 7.2: the address is checked at every attempt."""
    assert await last_error(world, f"http://{host}:9/hook") == "host_blocked"


async def test_name_with_refused_address(open_world: OpenWorld, receiver: Receiver) -> None:
    """contracts/voicegram.md 7.2: the name is resolved and judged at delivery."""
    world = await open_world(webhook_allowed_networks=[])
    assert await last_error(world, f"http://localhost:{receiver.port}/hook") == "host_blocked"
    assert receiver.received == []


async def test_eight_attempts_on_schedule(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 7.1: eight attempts, each delay from the end of the one before, then failed."""
    receiver.status(500)
    made = await world.subscribe(receiver.url())
    voicegram_id = await world.complete()
    await world.work()
    # On PostgreSQL the queue's own clock goes on while the test runs.
    margin = 1 if world.services.database.dialect == "sqlite" else SECOND
    for number, delay in enumerate(SCHEDULE, start=1):
        assert len(receiver.received) == number
        await world.pass_time(delay - margin)
        assert len(receiver.received) == number, "too early"
        await world.pass_time(margin)
    assert len(receiver.received) == 8
    assert len(set(receiver.event_ids)) == 1
    await world.pass_time(48 * HOUR)
    assert len(receiver.received) == 8
    [delivery] = await world.deliveries(voicegram_id)
    assert delivery.status is DeliveryStatus.FAILED
    assert delivery.attempts == 8
    assert (await world.subscription(made.subscription.id)).consecutive_failures == 1


async def test_delay_counts_from_the_end_of_the_attempt(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 7.1: a slow failure moves the next attempt."""

    def answer(_: Received) -> web.Response:
        world.clock.advance(12 * SECOND)
        return web.Response(status=500)

    receiver.answer = answer
    made = await world.subscribe(receiver.url())
    voicegram_id = await world.complete()
    started = world.clock.now()
    await world.work()
    [delivery] = await world.deliveries(voicegram_id)
    assert delivery.next_attempt_at == started + 12 * SECOND + 5 * SECOND
    [attempt] = await world.attempts(made.subscription.id)
    assert (attempt.at, attempt.latency_ms) == (started, 12 * SECOND)


async def test_history_keeps_each_attempt(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 7.3: status, latency, error excerpt and the first 1 KiB of the response."""
    body = b"\0" + "ü".encode() * 2000
    receiver.answer = lambda _: web.Response(status=503, body=body)
    made = await world.subscribe(receiver.url())
    await world.complete()
    await world.work()
    [attempt] = await world.attempts(made.subscription.id)
    assert (attempt.number, attempt.status_code, attempt.error) == (1, 503, "http_status: 503")
    assert attempt.response_excerpt == body[:1024].decode("utf-8", "replace").replace("\0", "\ufffd")
    receiver.status(200)
    await world.pass_time(5 * SECOND)
    latest, first = await world.attempts(made.subscription.id)
    assert (latest.number, latest.error, first.number) == (2, None, 1)


async def test_success_resets_the_count_and_keeps_the_error(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 4.4: any 2xx sets 0; `last_error` is not cleared."""
    receiver.status(500)
    made = await world.subscribe(receiver.url())
    await world.complete()
    await world.work()
    for delay in SCHEDULE:
        await world.pass_time(delay)
    failed = await world.subscription(made.subscription.id)
    assert (failed.consecutive_failures, failed.last_success_at) == (1, None)
    receiver.status(200)
    await world.complete()
    await world.work()
    after = await world.subscription(made.subscription.id)
    assert (after.consecutive_failures, after.last_error) == (0, "http_status: 500")
    assert after.last_success_at == after.last_delivery_at == world.clock.now()
