"""Messages that leave: stored first, handed over once, never twice (contracts/vocatech.md 5.3, issue 3)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from antiphon.carriers.port import MessageReceived
from antiphon.core.clock import DAY, HOUR, MINUTE, SECOND
from antiphon.core.errors import DomainError
from antiphon.domain.contacts.commands import suppress
from antiphon.domain.contacts.queries import get_contact, is_suppressed
from antiphon.domain.conversations.delivery import begin_hand_over
from antiphon.domain.conversations.errors import OptedOutError, UnknownSenderError
from antiphon.domain.conversations.records import Channel, MessageStatus, StoredFile
from antiphon.domain.numbers.queries import get_connection
from antiphon.domain.numbers.records import ConnectionStatus
from carrier_world import OUTSIDE, CarrierStandIn, CarrierWorld

Form = dict[str, Any]


async def write_to(world: CarrierWorld, sid: str = "IN1") -> None:
    """Somebody writes on WhatsApp, which opens the 24-hour window."""
    event = MessageReceived(sid, "whatsapp", OUTSIDE, world.simulator.number.e164, "Hello", world.clock.now())
    await world.deliver([event])
    world.events.clear()


async def test_queued_then_sent_then_delivered(world: CarrierWorld) -> None:
    """vocatech.md 5.3: `message.sent` commits with the status `sent`."""
    message = await world.send(name="Ada Example")
    assert (message.status, message.sent_at) == (MessageStatus.QUEUED, None)
    assert message.contact_name == "Ada Example"
    assert world.told() == []
    await world.work()
    message = await world.message(message.id)
    assert message.status is MessageStatus.SENT
    assert message.carrier_message_id is not None
    assert world.told() == ["message.sent"]
    await world.pass_time(2 * SECOND)
    message = await world.message(message.id)
    assert (message.status, message.delivered_at) == (MessageStatus.DELIVERED, world.clock.now())
    assert world.told() == ["message.sent", "message.status_updated"]
    contact = await world.database.read(get_contact, world.account_id, str(message.contact_id))
    assert (contact.source, contact.interaction_count) == ("manual", 1)


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"from_number": "+15550109999"}, UnknownSenderError, "from"),
        ({"to": "nobody"}, DomainError, "to"),
        ({"to": "+15550100100"}, DomainError, "to"),
        ({"body": ""}, DomainError, "message"),
        ({"body": "x" * 1601}, DomainError, "message"),
    ],
)
async def test_what_cannot_be_sent_is_refused_and_not_stored(
    world: CarrierWorld, changes: Form, error: type[DomainError], field: str
) -> None:
    with pytest.raises(error) as caught:
        await world.send(**changes)
    assert caught.value.field == field
    assert await world.messages() == []


async def test_a_number_sends_on_its_channels_only(world: CarrierWorld) -> None:
    line = await world.meta()
    with pytest.raises(UnknownSenderError):
        await world.send(line)


async def test_an_opted_out_recipient_is_refused(world: CarrierWorld) -> None:
    await world.database.write(suppress, world.account_id, "sms", OUTSIDE, "keyword")
    with pytest.raises(OptedOutError) as caught:
        await world.send()
    assert caught.value.field == "to"
    await world.send(channel=Channel.WHATSAPP)


async def test_an_opt_out_before_the_hand_over_stops_the_message(world: CarrierWorld) -> None:
    message = await world.send()
    await world.database.write(suppress, world.account_id, "sms", OUTSIDE, "keyword")
    await world.work()
    message = await world.message(message.id)
    assert (message.status, message.error_code) == (MessageStatus.FAILED, "opted_out")
    assert message.hand_over_started_at is None
    assert world.told() == ["message.status_updated"]


@pytest.mark.parametrize("age", [None, DAY + SECOND])
async def test_whatsapp_text_outside_the_window_fails(world: CarrierWorld, age: int | None) -> None:
    """vocatech.md 5.3: accepted, and ends as `failed`."""
    if age is not None:
        await write_to(world)
        world.clock.advance(age)
    message = await world.send(channel=Channel.WHATSAPP)
    await world.work()
    message = await world.message(message.id)
    assert (message.status, message.error_code) == (MessageStatus.FAILED, "window_closed")


async def test_whatsapp_text_inside_the_window_is_read(world: CarrierWorld) -> None:
    await write_to(world)
    world.clock.advance(23 * HOUR)
    message = await world.send(channel=Channel.WHATSAPP)
    await world.pass_time(4 * SECOND)
    await world.pass_time(4 * SECOND)
    assert (await world.message(message.id)).status is MessageStatus.READ
    assert world.told() == ["message.sent", "message.status_updated", "message.status_updated"]


async def test_a_template_needs_no_window(world: CarrierWorld, api: CarrierStandIn) -> None:
    line = await world.meta(api.url)
    template = {"name": "arrival", "language": {"code": "en"}}
    message = await world.send(
        line, channel=Channel.WHATSAPP, body="", message_type="template", content={"template": template}
    )
    await world.work()
    assert (await world.message(message.id)).status is MessageStatus.SENT
    assert api.sent[0]["template"] == template


@pytest.mark.parametrize(("ending", "code"), [("04", "unreachable"), ("05", "opted_out")])
async def test_simulated_numbers_fail_and_opt_out_on_demand(
    world: CarrierWorld, ending: str, code: str
) -> None:
    to = f"+120255501{ending}"
    message = await world.send(to=to)
    await world.work()
    await world.pass_time(2 * SECOND)
    message = await world.message(message.id)
    assert (message.status, message.error_code) == (MessageStatus.FAILED, code)
    assert await world.database.read(is_suppressed, world.account_id, "sms", to) is (code == "opted_out")


async def test_files_are_sent_as_signed_links_that_work(world: CarrierWorld, api: CarrierStandIn) -> None:
    line = await world.twilio(api.url)
    await world.services.store.put("files/1", b"picture")
    file = StoredFile("files/1", "image/png", "press.png", 7)
    message = await world.send(line, files=(file,))
    await world.work()
    (url,) = api.sent[0]["MediaUrl"]
    fetched = await world.client.get(url)
    assert (fetched.status_code, fetched.content) == (200, b"picture")
    assert message.kind.value == "mms"


async def test_a_carrier_that_times_out_half_way_is_never_asked_twice(
    world: CarrierWorld, api: CarrierStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 3 section 4: sent once or reported failed, never twice."""
    monkeypatch.setattr("antiphon.carriers.requests.SEND_SECONDS", 0.2)
    released = asyncio.Event()

    async def hang(request: web.Request, form: Form) -> web.StreamResponse:
        await released.wait()
        return web.json_response({"sid": "SMLATE"}, status=201)

    api.answer = hang
    line = await world.twilio(api.url)
    message = await world.send(line)
    await world.work()
    released.set()
    for _ in range(3):
        await world.pass_time(HOUR)
    message = await world.message(message.id)
    assert (message.status, message.error_code) == (MessageStatus.FAILED, "outcome_unknown")
    assert len(api.sent) == 1
    assert world.told() == ["message.status_updated"]
    # The carrier had taken it after all, and says so with our reference.
    query = api.sent[0]["StatusCallback"].partition("?")[2]
    fields = {"AccountSid": "AC" + "0" * 32, "MessageSid": "SMLATE", "MessageStatus": "delivered"}
    assert (await world.call_back(line, fields, f"?{query}")).status_code == 200
    message = await world.message(message.id)
    assert (message.status, message.error_code) == (MessageStatus.DELIVERED, None)
    assert message.carrier_message_id == "SMLATE"
    assert world.told()[1:] == ["message.sent", "message.status_updated"]


@pytest.mark.parametrize("status", [500, 503, 302])
async def test_a_server_error_of_the_carrier_is_not_repeated(
    world: CarrierWorld, api: CarrierStandIn, status: int
) -> None:
    async def fail(request: web.Request, form: Form) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": api.url})

    api.answer = fail
    message = await world.send(await world.twilio(api.url))
    await world.work()
    await world.pass_time(HOUR)
    assert (await world.message(message.id)).error_code == "outcome_unknown"
    assert len(api.sent) == 1


async def test_a_process_that_died_half_way_does_not_send_again(
    world: CarrierWorld, api: CarrierStandIn
) -> None:
    """The hand-over is committed before the request; who comes after it cannot know."""
    message = await world.send(await world.twilio(api.url))
    begun = await world.database.write(begin_hand_over, world.account_id, message.id, is_idempotent=False)
    assert begun is not None
    await world.work()
    message = await world.message(message.id)
    assert (message.status, message.error_code) == (MessageStatus.FAILED, "outcome_unknown")
    assert api.sent == []


async def test_an_idempotent_carrier_is_asked_again(world: CarrierWorld) -> None:
    message = await world.send()
    await world.database.write(begin_hand_over, world.account_id, message.id, is_idempotent=True)
    await world.work()
    assert (await world.message(message.id)).status is MessageStatus.SENT
    assert world.told() == ["message.sent"]


async def test_a_carrier_out_of_reach_is_tried_again(world: CarrierWorld, api: CarrierStandIn) -> None:
    """Nothing was handed over, so trying again is safe."""
    line = await world.twilio("http://127.0.0.1:9")
    message = await world.send(line)
    await world.work()
    message = await world.message(message.id)
    assert (message.status, message.hand_over_started_at) == (MessageStatus.QUEUED, None)
    for _ in range(12):
        await world.pass_time(10 * MINUTE)
    message = await world.message(message.id)
    assert (message.status, message.error_code) == (MessageStatus.FAILED, "carrier_unavailable")


async def test_a_rate_limit_waits_as_long_as_the_carrier_asks(
    world: CarrierWorld, api: CarrierStandIn
) -> None:
    async def limit(request: web.Request, form: Form) -> web.StreamResponse:
        if len(api.sent) == 1:
            return web.json_response({"code": 20429}, status=429, headers={"Retry-After": "30"})
        return web.json_response({"sid": "SM1"}, status=201)

    api.answer = limit
    message = await world.send(await world.twilio(api.url))
    await world.work()
    await world.pass_time(20 * SECOND)
    assert len(api.sent) == 1
    await world.pass_time(11 * SECOND)
    assert (await world.message(message.id)).status is MessageStatus.SENT
    assert len(api.sent) == 2


async def test_refused_access_is_shown_at_the_connection(world: CarrierWorld, api: CarrierStandIn) -> None:
    async def refuse(request: web.Request, form: Form) -> web.StreamResponse:
        return web.json_response({"code": 20003, "message": "Authenticate"}, status=401)

    api.answer = refuse
    line = await world.twilio(api.url)
    message = await world.send(line)
    await world.work()
    message = await world.message(message.id)
    assert (message.status, message.error_code) == (MessageStatus.FAILED, "carrier_unavailable")
    connection = await world.database.read(get_connection, world.account_id, line.connection.id)
    assert (connection.status, connection.last_error) == (ConnectionStatus.ERROR, "Authenticate")
    await world.send(line)
    await world.work()
    assert world.told("integration.") == ["integration.status_changed"]
    api.answer = None
    await world.send(line)
    await world.work()
    connection = await world.database.read(get_connection, world.account_id, line.connection.id)
    assert (connection.status, connection.last_error) == (ConnectionStatus.CONNECTED, None)
    told = [event.data for event in world.events if event.type == "integration.status_changed"]
    assert [(data["from"], data["to"], data["reason"]) for data in told] == [
        ("connected", "error", "Authenticate"),
        ("error", "connected", None),
    ]


@pytest.mark.parametrize(("code", "own"), [(21610, "opted_out"), (21211, "invalid_number"), (1, "twilio_1")])
async def test_a_refusal_is_final_and_in_our_words(
    world: CarrierWorld, api: CarrierStandIn, code: int, own: str
) -> None:
    async def refuse(request: web.Request, form: Form) -> web.StreamResponse:
        return web.json_response({"code": code, "message": "refused", "status": 400}, status=400)

    api.answer = refuse
    message = await world.send(await world.twilio(api.url))
    await world.work()
    await world.pass_time(HOUR)
    message = await world.message(message.id)
    assert (message.status, message.error_code, message.error) == (MessageStatus.FAILED, own, "refused")
    assert len(api.sent) == 1
    # votel.md 9: a carrier's own opt-outs count the same.
    assert await world.database.read(is_suppressed, world.account_id, "sms", OUTSIDE) is (own == "opted_out")
