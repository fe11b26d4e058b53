"""Attachments by their addresses: fetched and stored before the hand-over (contracts/votel.md 1.2)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from antiphon.carriers.port import MessageReceived
from antiphon.core.clock import HOUR, MINUTE, SECOND
from antiphon.domain.conversations.changes import retry_message
from antiphon.domain.conversations.commands import MAX_ATTACHED_BYTES
from antiphon.domain.conversations.records import Channel, MediaStatus, MessageStatus, RemoteFile, StoredFile
from antiphon.domain.conversations.remote_files import filename_of
from carrier_world import OUTSIDE, CarrierWorld
from receivers import Received, Receiver

PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 20
PDF = b"%PDF-1.7 an offer"


@pytest.fixture
async def files() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    await receiver.start()
    receiver.answer = lambda _: web.Response(body=PNG, content_type="text/html")
    yield receiver
    await receiver.stop()


async def send(world: CarrierWorld, *urls: str, **changes: Any) -> str:
    remote = tuple(RemoteFile(url, filename_of(url)) for url in urls)
    message = await world.send(**{"files": remote, **changes})
    assert [item.status for item in message.media] == [MediaStatus.PENDING] * len(urls)
    return message.id


async def test_fetched_stored_and_sent(world: CarrierWorld, files: Receiver) -> None:
    """The type is told from the bytes; an MMS leaves with all its files in their order."""
    files.answer = lambda asked: web.Response(body=PDF if "pdf" in asked.path else PNG)
    message_id = await send(world, files.url("/a%20b/Drill%20press.png"), files.url("/offer.pdf?x=1"))
    await world.work()
    message = await world.message(message_id)
    assert message.status is MessageStatus.SENT
    assert [(item.filename, item.content_type, item.size) for item in message.media] == [
        ("Drill press.png", "image/png", len(PNG)),
        ("offer.pdf", "application/pdf", len(PDF)),
    ]
    for item, data in zip(message.media, (PNG, PDF), strict=True):
        assert await world.services.store.get(str(item.object_key)) == data
    sent = next(event for event in world.events if event.type == "message.sent")
    assert [item["content_type"] for item in sent.data["attachments"]] == ["image/png", "application/pdf"]
    assert [asked.headers.get("Accept-Encoding") for asked in files.received] == ["identity"] * 2


async def test_whatsapp_is_told_what_the_file_is(world: CarrierWorld, files: Receiver) -> None:
    event = MessageReceived(
        "IN1", "whatsapp", OUTSIDE, world.simulator.number.e164, "Hello", world.clock.now()
    )
    await world.deliver([event])
    message_id = await send(world, files.url("/x"), channel=Channel.WHATSAPP, message_type="document")
    await world.work()
    message = await world.message(message_id)
    assert (message.status, message.message_type) == (MessageStatus.SENT, "image")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda: web.Response(status=404), "was answered with 404"),
        (lambda: web.Response(status=403), "was answered with 403"),
        (lambda: web.Response(body=b""), "is empty"),
        (lambda: web.Response(body=PNG, headers={"Content-Encoding": "gzip"}), "comes compressed"),
        (lambda: web.Response(body=PNG + bytes(6 * 2**20)), "makes more than 5 MiB for the carrier"),
        (lambda: web.Response(body=bytes(MAX_ATTACHED_BYTES + 1)), "is too large"),
        (lambda: web.Response(status=302, headers={"Location": "/again"}), "leads from address to address"),
        (lambda: web.Response(status=302, headers={"Location": "https://10.0.0.1/"}), "is not allowed"),
        (lambda: web.Response(status=302, headers={"Location": "file:///etc/passwd"}), "is nowhere: "),
    ],
)
async def test_what_cannot_be_had_fails_the_message(
    world: CarrierWorld, files: Receiver, answer: Any, reason: str
) -> None:
    """votel.md 1.2: the failure stands in the delivery state; nothing is sent without its file."""
    files.answer = lambda _: answer()
    message_id = await send(world, files.url("/x.png"))
    await world.work()
    message = await world.message(message_id)
    assert (message.status, message.error_code) == (MessageStatus.FAILED, "attachment_unavailable")
    assert reason in str(message.error)
    assert world.told() == ["message.status_updated"]


async def test_a_refused_address_is_not_asked(world: CarrierWorld, files: Receiver) -> None:
    """A name may lead elsewhere by the time of sending: it is checked then."""
    message_id = await send(world, f"http://127.0.0.2:{files.port}/x.png")
    await world.work()
    message = await world.message(message_id)
    assert (message.status, message.error_code) == (MessageStatus.FAILED, "attachment_unavailable")
    assert files.received == []


async def test_a_redirect_is_followed(world: CarrierWorld, files: Receiver) -> None:
    def answer(asked: Received) -> web.Response:
        moved = web.Response(status=302, headers={"Location": "/files/press.png"})
        return web.Response(body=PNG) if asked.path == "/files/press.png" else moved

    files.answer = answer
    message_id = await send(world, files.url("/x"))
    await world.work()
    assert (await world.message(message_id)).status is MessageStatus.SENT


async def test_a_host_that_is_down_is_asked_again(world: CarrierWorld, files: Receiver) -> None:
    """Later messages of the conversation wait, so that the order holds."""
    files.answer = lambda _: web.Response(status=503)
    first = await send(world, files.url("/x.png"))
    second = (await world.send(body="It is the green one.")).id
    await world.work()
    assert (await world.message(first)).status is MessageStatus.QUEUED
    assert (await world.message(second)).status is MessageStatus.QUEUED
    files.answer = lambda _: web.Response(body=PNG)
    await world.pass_time(5 * SECOND)
    await world.pass_time(MINUTE)
    told = [event.object_id for event in world.events if event.type == "message.sent"]
    assert told == [first, second]


async def test_given_up_in_the_end_and_tried_anew(world: CarrierWorld, files: Receiver) -> None:
    """votel.md 1.1: another try of a failed message asks for its files again."""
    files.answer = lambda _: web.Response(status=503)
    message_id = await send(world, files.url("/x.png"))
    for _ in range(8):
        await world.pass_time(HOUR)
    message = await world.message(message_id)
    assert (message.status, message.error_code) == (MessageStatus.FAILED, "attachment_unavailable")
    assert "was answered with 503" in str(message.error)
    files.answer = lambda _: web.Response(body=PNG)
    again = await world.database.write(retry_message, world.account_id, message_id)
    await world.work()
    found = await world.message(again.id)
    assert (found.status, [item.content_type for item in found.media]) == (MessageStatus.SENT, ["image/png"])


async def test_what_was_uploaded_counts_too(world: CarrierWorld, files: Receiver) -> None:
    """A carrier's limit of a text message is that of all its files together."""
    files.answer = lambda _: web.Response(body=PNG + bytes(2 * 2**20))
    await world.services.store.put("files/own", b"x")
    own = StoredFile("files/own", "image/png", "own.png", 4 * 2**20)
    message = await world.send(files=(own, RemoteFile(files.url("/x.png"), "x.png")))
    await world.work()
    assert "5 MiB for the carrier" in str((await world.message(message.id)).error)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.com/a/b.png?x=/c", "b.png"),
        ("https://example.com/%2e%2e%2fetc%2Fpasswd", "..etcpasswd"),
        ("https://example.com", "file"),
        ("https://example.com/", "file"),
        ("https://example.com/%E2%80%AEgnp.exe%00", "gnp.exe"),
    ],
)
def test_names(url: str, name: str) -> None:
    assert filename_of(url) == name
