"""The seven events: when they are sent, their bodies, and the signature (contracts/vocatech.md 6, 7)."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from antiphon.contracts.vocatech.events import VocatechDialect
from antiphon.contracts.vocatech.schemas_events import EVENTS
from antiphon.core.clock import MINUTE, SECOND
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.events import Event
from antiphon.domain.calls.analysis import complete_analysis
from antiphon.domain.calls.erasure import delete_call
from antiphon.domain.conversations.changes import erase_message
from antiphon.domain.webhooks.queries import list_object_deliveries
from phone_content import fill
from phone_world import OpenWorld, World
from receivers import Receiver
from service_factory import ORIGIN

SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
EVENT_ID = "evt_0f9a6a1e-51c5-4c39-9b55-6a1d6b7c8d90"
BODY = b'{"id":"evt_0f9a6a1e-51c5-4c39-9b55-6a1d6b7c8d90","event_type":"call.ended"}'
CALL_ID = "01a1f8e0-74ff-71ec-a446-6ed27967319c"
STARTED = 1_772_637_160_999


def link(media_id: str, expires_at: int) -> str:
    return f"https://example.com/{media_id}?{expires_at}"


def call(**changes: Any) -> dict[str, Any]:
    return {
        "id": CALL_ID,
        "direction": "inbound",
        "status": "completed",
        "extension": "204",
        "extension_name": "Parts desk",
        "remote_name": "Harbor Tools",
        "remote_number": "+15550100143",
        "group_number": "+15550100100",
        "started_at": STARTED,
        "answered_at": STARTED + 8 * SECOND,
        "ended_at": STARTED + 142 * SECOND,
        "is_test": False,
        "summary": "Asks for a second drill press.",
        "transcription": "Agent: Parts desk.\n\nCaller: One more drill press.",
        "sentiment": {"label": "positive", "score": 0.4},
        **changes,
    }


def message(**changes: Any) -> dict[str, Any]:
    return {
        "id": CALL_ID,
        "channel": "sms",
        "direction": "inbound",
        "from": "+15550100143",
        "to": "+15550100100",
        "body": "Hello",
        "status": "delivered",
        "sent_at": STARTED,
        "updated_at": STARTED + 5 * SECOND,
        "attachments": [
            {"id": "m-1", "content_type": "image/png", "filename": "a.png", "size": 12},
        ],
        **changes,
    }


async def subscribe(world: World, receiver: Receiver, *filters: str) -> str:
    body = {"name": "CRM", "url": receiver.url(), "event_filters": list(filters)}
    answer = await world.post("/webhooks", json=body)
    assert answer.status_code == 201
    return str(answer.json()["secret"])


async def send(world: World, event_type: str, data: dict[str, Any]) -> str:
    event = Event(world.ours.account_id, event_type, data["id"], data)

    def emit(tx: WriteTx) -> None:
        tx.emit(event)

    await world.services.database.write(emit)
    await world.work()
    return event.id


def test_vector() -> None:
    """7: the vector of the contract."""
    headers = VocatechDialect(link).signer(SECRET)(EVENT_ID, 1_790_000_000, BODY)
    assert headers["X-Vocatech-Signature"] == (
        "t=1790000000,v1=c53f85d7639d5124a586f30a7e1a6121a6007b2f0e0f6b37bd0076a467a150d4"
    )
    assert headers["X-Vocatech-Timestamp"] == headers["webhook-timestamp"] == "1790000000"
    assert headers["webhook-id"] == EVENT_ID
    assert headers["webhook-signature"] == "v1,Z6s/F36fW3FSMsL/AEsUaqrTdbpkKy+giznLEBap6/8="


def test_stock_library_takes_the_secret_as_it_is() -> None:
    """7: Standard Webhooks libraries verify with the secret shown, and refuse a changed body."""
    headers = VocatechDialect(link).signer(SECRET)(EVENT_ID, int(time.time()), BODY)
    Webhook(SECRET).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY + b" ", headers)


CALL_FIELDS = {
    "call_id": CALL_ID,
    "direction": "incoming",
    "extension": "204",
    "extension_name": "Parts desk",
    "remote_name": "Harbor Tools",
    "remote_number": "+15550100143",
    "group_number": "+15550100100",
    "start_time": "2026-03-04T09:12:40-06:00",
}
MESSAGE_FIELDS = {
    "message_id": CALL_ID,
    "direction": "incoming",
    "channel": "text",
    "from": "+15550100143",
    "to": "+15550100100",
    "body": "Hello",
    "status": "delivered",
    "sent_at": "2026-03-04T09:12:40-06:00",
}


@pytest.mark.parametrize(
    ("core", "shown", "data", "expected"),
    [
        ("call.started", "call.started", call(), CALL_FIELDS),
        (
            "call.answered",
            "call.answered",
            call(direction="outbound"),
            {**CALL_FIELDS, "direction": "outgoing", "answer_time": "2026-03-04T09:12:48-06:00"},
        ),
        (
            "call.ended",
            "call.ended",
            call(),
            {**CALL_FIELDS, "status": "answered", "end_time": "2026-03-04T09:15:02-06:00", "duration": 142},
        ),
        (
            "call.ended",
            "call.ended",
            call(ended_at=STARTED + 142 * SECOND + 1),
            {**CALL_FIELDS, "status": "answered", "end_time": "2026-03-04T09:15:03-06:00", "duration": 143},
        ),
        (
            "call.ended",
            "call.ended",
            call(status="busy", direction="internal"),
            {
                **CALL_FIELDS,
                "direction": "internal",
                "status": "missed",
                "end_time": "2026-03-04T09:15:02-06:00",
                "duration": 142,
            },
        ),
        (
            "call.started",
            "call.started",
            call(remote_number="anonymous", group_number=None, remote_name=None),
            {**CALL_FIELDS, "remote_number": None, "group_number": None, "remote_name": None},
        ),
        (
            "call.analyzed",
            "call.transcription",
            call(),
            {
                "call_id": CALL_ID,
                "summary": "Asks for a second drill press.",
                "transcription": "Agent: Parts desk.\n\nCaller: One more drill press.",
                "sentiment": {"label": "positive", "score": 0.4},
            },
        ),
        (
            "message.sent",
            "message.sent",
            message(direction="outbound", status="sent", channel="whatsapp", attachments=[]),
            {
                **MESSAGE_FIELDS,
                "direction": "outgoing",
                "status": "sent",
                "channel": "whatsapp",
                "attachments": [],
            },
        ),
        (
            "message.status_updated",
            "message.status_updated",
            message(status="read"),
            {"message_id": CALL_ID, "status": "read", "updated_at": "2026-03-04T09:12:45-06:00"},
        ),
    ],
)
async def test_bodies(
    open_world: OpenWorld,
    receiver: Receiver,
    core: str,
    shown: str,
    data: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    """6: envelope and data in the account's zone, with the id of the core event."""
    world = await open_world(timezone="America/Chicago")
    await subscribe(world, receiver)
    event_id = await send(world, core, data)
    [received] = receiver.received
    described, _ = EVENTS[shown]
    described.model_validate_json(received.body)
    assert received.event == {
        "id": event_id,
        "event_type": shown,
        "created_at": "2026-09-21T09:13:20-05:00",
        "data": expected,
    }
    assert received.headers["webhook-id"] == event_id


async def test_attachment_links_are_minted_per_attempt(world: World, receiver: Receiver) -> None:
    """6: a link of 30 minutes from the attempt; nothing else differs between attempts."""
    await subscribe(world, receiver, "message.received")
    receiver.status(500, 200)
    await send(world, "message.received", message())
    await world.pass_time(5 * SECOND)
    first, second = (item.event for item in receiver.received)
    links = [item["data"]["attachments"][0].pop("url") for item in (first, second)]
    assert first == second
    assert first["data"] == {
        **MESSAGE_FIELDS,
        "sent_at": "2026-03-04T15:12:40+00:00",
        "attachments": [
            {"id": "med_m-1", "content_type": "image/png", "filename": "a.png", "size": 12},
        ],
    }
    made = world.clock.now() - 5 * SECOND
    mint = world.services.media_links.url
    assert links == [mint("m-1", made + 30 * MINUTE), mint("m-1", made + 5 * SECOND + 30 * MINUTE)]


async def test_stock_library_verifies_a_delivery(world: World, receiver: Receiver) -> None:
    """7: what arrives is signed over the exact bytes; both headers name one time."""
    secret = await subscribe(world, receiver)
    await send(world, "call.started", call())
    [received] = receiver.received
    stamp = int(received.headers["webhook-timestamp"])
    assert received.headers["X-Vocatech-Timestamp"] == str(stamp)
    signed = Webhook(secret).sign(
        received.event["id"], datetime.fromtimestamp(stamp, UTC), received.body.decode()
    )
    assert received.headers["webhook-signature"] == signed


@pytest.mark.parametrize(
    ("core", "data"),
    [
        ("call.started", call(is_test=True)),
        ("call.answered", call(is_test=True)),
        ("call.ended", call(is_test=True)),
        ("call.analyzed", call(is_test=True)),
        ("call.analyzed", call(transcription=None)),
        ("call.analyzed", call(transcription="")),
        ("message.received", message(channel="email")),
        ("message.sent", message(channel="webchat")),
    ],
)
async def test_what_is_not_told(world: World, receiver: Receiver, core: str, data: dict[str, Any]) -> None:
    """5.1, 5.2, 6: no test calls, no call without words, no other channels."""
    await subscribe(world, receiver)
    await send(world, core, data)
    assert receiver.received == []


async def test_what_is_erased_is_not_sent(world: World, receiver: Receiver) -> None:
    """6, 7: retries end with the call or message they tell of; they are no failures of the receiver."""
    receiver.status(500)
    await subscribe(world, receiver, "call.ended", "message.received")
    own = world.ours.account_id
    content = await fill(world.services, own, "ours", "+13125550143")
    await world.work()
    assert len(receiver.received) == 3
    receiver.received.clear()

    def erase(tx: WriteTx) -> None:
        delete_call(tx, own, content.call)
        erase_message(tx, own, content.text)

    await world.services.database.write(erase)
    await world.pass_time(5 * SECOND)
    assert {item.event["data"]["message_id"] for item in receiver.received} == {content.whatsapp}

    def look(tx: ReadTx) -> list[str]:
        ids = (content.call, content.text, content.whatsapp)
        return [each.status.value for id in ids for each in list_object_deliveries(tx, own, id)]

    assert await world.services.database.read(look) == ["cancelled", "cancelled", "pending"]


async def test_filters_choose(world: World, receiver: Receiver) -> None:
    """5.7: only the types of the filters are sent."""
    await subscribe(world, receiver, "call.transcription", "message.sent")
    for core, data in (
        ("call.started", call()),
        ("call.ended", call()),
        ("call.analyzed", call()),
        ("message.received", message()),
        ("message.sent", message(direction="outbound")),
    ):
        await send(world, core, data)
    assert [item.event["event_type"] for item in receiver.received] == ["call.transcription", "message.sent"]


async def test_events_of_the_domains(open_world: OpenWorld, receiver: Receiver) -> None:
    """6: what calls and messages really emit is rendered, and reads as in the REST lists."""
    world = await open_world(timezone="America/Chicago")
    await subscribe(world, receiver)
    content = await fill(world.services, world.ours.account_id, "ours", "+13125550143")

    def analyze(tx: WriteTx) -> None:
        complete_analysis(tx, world.ours.account_id, content.call)

    await world.services.database.write(analyze)
    await world.work()
    for item in receiver.received:
        EVENTS[item.event["event_type"]][0].model_validate_json(item.body)
    events = [item.event for item in receiver.received]
    told = {(event["event_type"], event["data"].get("channel")): event for event in events}
    assert len(told) == len(events)
    assert sorted(told, key=str) == [
        ("call.answered", None),
        ("call.ended", None),
        ("call.started", None),
        ("call.transcription", None),
        ("message.received", "text"),
        ("message.received", "whatsapp"),
    ]
    [listed] = (await world.get("/calls")).json()["calls"]
    ended = told["call.ended", None]["data"]
    for name in ("call_id", "direction", "status", "remote_number", "start_time", "end_time", "duration"):
        assert ended[name] == listed[name], name
    spoken = told["call.transcription", None]["data"]
    assert spoken["call_id"] == listed["call_id"]
    assert spoken["transcription"] == listed["journey"][0]["transcription"]
    rows = {row["message_id"]: row for row in (await world.get("/messages")).json()["messages"]}
    for channel in ("text", "whatsapp"):
        data = told["message.received", channel]["data"]
        row = rows[data["message_id"]]
        assert (data["from"], data["to"]) == (row["remote_number"], row["group_number"])
        assert (data["sent_at"], data["body"]) == (row["sent_time"], row["body"])
        assert (data["status"], data["direction"]) == (row["status"], row["direction"])
        links = [item.pop("url") for item in data["attachments"]]
        assert data["attachments"] == row["attachments"]
        assert all(link.startswith(ORIGIN) for link in links)
