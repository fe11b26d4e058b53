"""The WhatsApp Cloud API, against its published rules."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from aiohttp import web

from antiphon.core.clock import HOUR, MINUTE, SECOND
from antiphon.domain.contacts.queries import is_suppressed
from antiphon.domain.conversations.records import Channel, MediaStatus, MessageStatus, StoredFile
from antiphon.domain.numbers.queries import get_connection
from antiphon.domain.numbers.records import ConnectionStatus
from carrier_world import (
    ACCESS_TOKEN,
    OUTSIDE,
    PHONE_NUMBER_ID,
    VERIFY_TOKEN,
    CarrierStandIn,
    CarrierWorld,
    Line,
)

PLACE = {"display_phone_number": "15550102000", "phone_number_id": PHONE_NUMBER_ID}


def incoming(world: CarrierWorld, **message: Any) -> dict[str, Any]:
    item = {
        "from": OUTSIDE[1:],
        "id": "wamid.IN1",
        "timestamp": str(world.clock.now() // 1000),
        "type": "text",
        **message,
    }
    if item["type"] == "text":
        item.setdefault("text", {"body": "Is the clinic open on Sunday?"})
    contact = {"profile": {"name": "Ada Example"}, "wa_id": OUTSIDE[1:]}
    return {
        "messaging_product": "whatsapp",
        "metadata": PLACE,
        "contacts": [contact],
        "messages": [item],
    }


def state(world: CarrierWorld, sid: str, status: str, **more: Any) -> dict[str, Any]:
    at = str(world.clock.now() // 1000)
    item = {"id": sid, "status": status, "timestamp": at, "recipient_id": OUTSIDE[1:], **more}
    return {"messaging_product": "whatsapp", "metadata": PLACE, "statuses": [item]}


async def opened(world: CarrierWorld, api: CarrierStandIn) -> Line:
    """A line whose window somebody has opened."""
    line = await world.meta(api.url)
    assert (await world.tell(line, incoming(world))).status_code == 200
    world.events.clear()
    return line


async def test_the_address_is_verified(world: CarrierWorld) -> None:
    line = await world.meta()
    query = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}
    answer = await world.client.get(line.path, params=query)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    for change in ({"hub.verify_token": "other"}, {"hub.mode": "other"}, {"hub.verify_token": ""}):
        assert (await world.client.get(line.path, params={**query, **change})).status_code == 403


async def test_a_text_arrives(world: CarrierWorld) -> None:
    line = await world.meta()
    assert (await world.tell(line, incoming(world))).status_code == 200
    await world.tell(line, incoming(world))
    (message,) = await world.messages()
    assert (message.channel, message.body) == (Channel.WHATSAPP, "Is the clinic open on Sunday?")
    assert (message.remote_address, message.own_address) == (OUTSIDE, line.number.e164)
    assert (message.contact_name, message.carrier_message_id) == ("Ada Example", "wamid.IN1")
    assert world.told() == ["message.received"]


async def test_meta_sends_up_to_three_megabytes_at_once(world: CarrierWorld) -> None:
    line = await world.meta()
    large = {**incoming(world), "statuses": [{"padding": "x" * 3_000_000}]}
    assert (await world.tell(line, large)).status_code == 200
    assert len(await world.messages()) == 1
    assert (await world.tell(line, {"padding": "x" * 5_000_000})).status_code == 400


async def test_forged_and_foreign_callbacks(world: CarrierWorld) -> None:
    line = await world.meta()
    assert (await world.tell(line, incoming(world), secret="another")).status_code == 403
    other = {**incoming(world), "metadata": {**PLACE, "phone_number_id": "999"}}
    assert (await world.tell(line, other)).status_code == 200
    assert await world.messages() == []


@pytest.mark.parametrize(
    ("message", "body", "content"),
    [
        (
            {"type": "location", "location": {"latitude": 1.5, "longitude": 2.5}},
            "",
            {"location": {"latitude": 1.5, "longitude": 2.5}},
        ),
        (
            {"type": "button", "button": {"text": "Yes", "payload": "y"}},
            "Yes",
            {"button": {"text": "Yes", "payload": "y"}},
        ),
        (
            {"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"title": "Blue"}}},
            "Blue",
            {"interactive": {"type": "list_reply", "list_reply": {"title": "Blue"}}},
        ),
        ({"type": "unsupported"}, "", {"unsupported": {}}),
    ],
)
async def test_other_kinds_keep_their_content(
    world: CarrierWorld, message: dict[str, Any], body: str, content: dict[str, Any]
) -> None:
    """voicory.md 8.3: shaped as WhatsApp's message object."""
    line = await world.meta()
    await world.tell(line, incoming(world, **message))
    (found,) = await world.messages()
    assert (found.message_type, found.body, found.content) == (message["type"], body, content)


@pytest.mark.parametrize("is_damaged", [False, True])
async def test_media_are_fetched_in_two_steps(
    world: CarrierWorld, api: CarrierStandIn, is_damaged: bool
) -> None:
    line = await world.meta(api.url)
    digest = hashlib.sha256(b"other" if is_damaged else b"picture").hexdigest()
    lookup = f'{{"url": "{api.url}/files/1", "mime_type": "image/png", "sha256": "{digest}"}}'
    api.files["/v23.0/555"] = (lookup.encode(), "application/json")
    api.files["/files/1"] = (b"picture", "application/octet-stream")
    image = {"id": "555", "mime_type": "image/png", "caption": "The press"}
    await world.tell(line, incoming(world, type="image", image=image))
    for _ in range(6):
        await world.pass_time(HOUR if is_damaged else SECOND)
    (message,) = await world.messages()
    (media,) = message.media
    assert (message.body, media.caption, message.content) == ("The press", "The press", None)
    assert media.status is (MediaStatus.FAILED if is_damaged else MediaStatus.STORED)
    assert {access for _, access in api.file_requests} == {f"Bearer {ACCESS_TOKEN}"}
    assert world.told() == ["message.received"]


async def test_an_address_of_media_that_has_expired_is_asked_for_anew(
    world: CarrierWorld, api: CarrierStandIn
) -> None:
    """It says nothing of the connection's access."""
    line = await world.meta(api.url)
    api.files["/v23.0/555"] = (f'{{"url": "{api.url}/files/1"}}'.encode(), "application/json")
    api.files["/files/1"] = (b"picture", "image/png")
    api.expired.append("/files/1")
    await world.tell(line, incoming(world, type="image", image={"id": "555", "mime_type": "image/png"}))
    await world.work()
    await world.pass_time(MINUTE)
    (message,) = await world.messages()
    assert [item.status for item in message.media] == [MediaStatus.STORED]
    assert [path for path, _ in api.file_requests] == ["/v23.0/555", "/files/1"] * 2
    connection = await world.database.read(get_connection, world.account_id, line.connection.id)
    assert connection.status is ConnectionStatus.CONNECTED


async def test_what_is_sent_and_how_it_goes_on(world: CarrierWorld, api: CarrierStandIn) -> None:
    line = await opened(world, api)
    message = await world.send(line, channel=Channel.WHATSAPP)
    await world.work()
    assert api.sent == [
        {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": OUTSIDE[1:],
            "biz_opaque_callback_data": message.id,
            "type": "text",
            "text": {"preview_url": False, "body": "The drill press has arrived."},
        }
    ]
    for word in ("read", "delivered", "sent", "read"):
        await world.tell(line, state(world, "wamid.1", word))
    assert (await world.message(message.id)).status is MessageStatus.READ
    assert world.told() == ["message.sent", "message.status_updated"]


async def test_media_are_sent_as_links(world: CarrierWorld, api: CarrierStandIn) -> None:
    line = await opened(world, api)
    file = StoredFile("files/1", "application/pdf", "offer.pdf", 7)
    await world.send(line, channel=Channel.WHATSAPP, body="Our offer", files=(file,))
    await world.work()
    (sent,) = api.sent
    assert sent["type"] == "document"
    document = sent["document"]
    assert (document["caption"], document["filename"]) == ("Our offer", "offer.pdf")
    assert document["link"].startswith("https://antiphon.example.com/api/media/")


async def test_a_failure_told_later(world: CarrierWorld, api: CarrierStandIn) -> None:
    line = await opened(world, api)
    message = await world.send(line, channel=Channel.WHATSAPP)
    await world.work()
    errors = [{"code": 131047, "title": "Re-engagement message", "error_data": {"details": "24 hours"}}]
    await world.tell(line, state(world, "wamid.1", "failed", errors=errors))
    message = await world.message(message.id)
    assert (message.status, message.error_code, message.error) == (
        MessageStatus.FAILED,
        "window_closed",
        "24 hours",
    )


async def test_a_state_with_our_reference_tells_of_an_unknown_outcome(
    world: CarrierWorld, api: CarrierStandIn
) -> None:
    async def break_off(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        return web.json_response({}, status=200)

    line = await opened(world, api)
    api.answer = break_off
    message = await world.send(line, channel=Channel.WHATSAPP)
    await world.work()
    assert (await world.message(message.id)).error_code == "outcome_unknown"
    more = {"biz_opaque_callback_data": message.id}
    await world.tell(line, state(world, "wamid.X", "sent", **more))
    message = await world.message(message.id)
    assert (message.status, message.carrier_message_id) == (MessageStatus.SENT, "wamid.X")


@pytest.mark.parametrize(
    ("status", "code", "own"),
    [
        (400, 131047, "window_closed"),
        (400, 131026, "unreachable"),
        (400, 131050, "marketing_opted_out"),
        (401, 190, "carrier_unavailable"),
    ],
)
async def test_refusals(world: CarrierWorld, api: CarrierStandIn, status: int, code: int, own: str) -> None:
    async def refuse(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        return web.json_response({"error": {"code": code, "message": "no"}}, status=status)

    line = await opened(world, api)
    api.answer = refuse
    message = await world.send(line, channel=Channel.WHATSAPP)
    await world.work()
    await world.pass_time(MINUTE)
    assert (await world.message(message.id)).error_code == own
    assert len(api.sent) == 1
    assert not await world.database.read(is_suppressed, world.account_id, "whatsapp", OUTSIDE)
