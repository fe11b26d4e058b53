"""Webhook subscriptions (contracts/vocatech.md 5.7)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from typing import Any

import pytest

from antiphon.contracts.vocatech.schemas_events import EVENTS
from antiphon.core.clock import DAY
from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event
from antiphon.domain.webhooks.commands import create_subscription
from antiphon.domain.webhooks.queries import get_numbered
from antiphon.domain.webhooks.records import DisabledReason
from antiphon.domain.webhooks.results import deactivate_row
from phone_world import OpenWorld, World
from receivers import Receiver

SEVEN = [
    "call.started",
    "call.answered",
    "call.ended",
    "call.transcription",
    "message.sent",
    "message.received",
    "message.status_updated",
]
URL = "https://127.0.0.1:9/hook"


async def create(world: World, url: str = URL, **body: Any) -> dict[str, Any]:
    answer = await world.post("/webhooks", json={"name": "CRM", "url": url, **body})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def fields(answer: Any) -> list[str]:
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["code"] == "validation_error"
    return [item["field"] for item in error["details"]]


async def test_life(world: World) -> None:
    """5.7: 201 with the secret once; a bare array; PATCH; DELETE 204 and gone; ids are never reused."""
    made = await create(world)
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert made == {"id": 1, "name": "CRM", "url": URL, "event_filters": SEVEN, "is_active": True}
    assert (await world.get("/webhooks")).json() == [made]
    changed = await world.patch("/webhooks/1", json={"name": "  Desk ", "event_filters": ["call.ended"]})
    assert changed.json() == {**made, "name": "Desk", "event_filters": ["call.ended"]}
    assert (await world.patch("/webhooks/1", json={})).json() == changed.json()
    assert (await world.patch("/webhooks/1", json={"event_filters": []})).json()["event_filters"] == SEVEN
    assert (await world.delete("/webhooks/1")).status_code == 204
    assert (await world.get("/webhooks")).json() == []
    for method in ("PATCH", "DELETE"):
        assert (await world.request(method, "/webhooks/1", json={"name": "x"})).status_code == 404
    assert (await create(world))["id"] == 2


async def test_filters_keep_their_order_once_each(world: World) -> None:
    """5.7: the object shows the filters that were given."""
    made = await create(world, event_filters=["message.sent", "call.transcription", "message.sent"])
    assert made["event_filters"] == ["message.sent", "call.transcription"]
    assert (await create(world, event_filters=[]))["event_filters"] == SEVEN
    assert (await create(world, event_filters=None))["event_filters"] == SEVEN


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": URL}, "name"),
        ({"name": "", "url": URL}, "name"),
        ({"name": "  ", "url": URL}, "name"),
        ({"name": 1, "url": URL}, "name"),
        ({"name": "a\0b", "url": URL}, "name"),
        ({"name": "CRM"}, "url"),
        ({"name": "CRM", "url": "nonsense"}, "url"),
        ({"name": "CRM", "url": "ftp://example.com/"}, "url"),
        ({"name": "CRM", "url": "https://user:pass@example.com/"}, "url"),
        ({"name": "CRM", "url": "https://10.0.0.1/"}, "url"),
        ({"name": "CRM", "url": URL, "event_filters": ["call.rang"]}, "event_filters.0"),
        ({"name": "CRM", "url": URL, "event_filters": ["call.*"]}, "event_filters.0"),
        ({"name": "CRM", "url": URL, "event_filters": ["call.analyzed"]}, "event_filters.0"),
        ({"name": "CRM", "url": URL, "event_filters": "call.ended"}, "event_filters"),
    ],
)
async def test_refused_bodies(world: World, body: dict[str, Any], field: str) -> None:
    """5.7: unknown event, bad or refused URL → 400 at the field."""
    assert fields(await world.post("/webhooks", json=body)) == [field]


async def test_changes_are_checked_as_creations_are(world: World) -> None:
    """5.7: PATCH of any key; null is no value for any."""
    await create(world)
    for body in ({"name": None}, {"url": None}, {"event_filters": None}, {"is_active": None}):
        assert fields(await world.patch("/webhooks/1", json=body)) == list(body)
    assert fields(await world.patch("/webhooks/1", json={"is_active": "yes"})) == ["is_active"]
    assert fields(await world.patch("/webhooks/1", json={"url": "https://10.0.0.1/"})) == ["url"]


async def test_http_only_with_the_setting(open_world: OpenWorld) -> None:
    """5.7: https only unless the operator allows insecure webhooks."""
    world = await open_world(allow_insecure_webhooks=False)
    assert fields(await world.post("/webhooks", json={"name": "a", "url": "http://127.0.0.1:9/"})) == ["url"]
    await create(world)


async def test_twenty_five_of_this_contract_alone(world: World) -> None:
    """5.7: a 26th active one → 400, atomically; the count is this contract's and this account's."""
    answers = await asyncio.gather(
        *(world.post("/webhooks", json={"name": str(n), "url": URL}) for n in range(30))
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 25 + [400] * 5
    assert sorted(answer.json()["id"] for answer in answers if answer.status_code == 201) == list(
        range(1, 26)
    )
    world.clock.advance(61_000)
    await world.patch("/webhooks/3", json={"is_active": False})
    await create(world)
    assert fields(await world.patch("/webhooks/3", json={"is_active": True})) == ["is_active"]
    assert (
        await world.post("/webhooks", tenant=world.theirs, json={"name": "a", "url": URL})
    ).status_code == 201


async def test_switching_off_and_on(world: World, receiver: Receiver) -> None:
    """5.7: made active, the secret is the same; made inactive, what is pending is cancelled."""
    made = await create(world, receiver.url())
    receiver.status(500)
    await emit(world, "call.started", call())
    await world.work()
    assert len(receiver.received) == 1
    off = await world.patch("/webhooks/1", json={"is_active": False})
    assert off.json()["is_active"] is False
    assert (await world.get("/webhooks")).json()[0]["is_active"] is False
    await world.pass_time(DAY)
    await emit(world, "call.started", call())
    await world.work()
    assert len(receiver.received) == 1
    assert (await world.patch("/webhooks/1", json={"is_active": True})).json()["is_active"] is True
    receiver.status(200)
    await emit(world, "call.started", call())
    await world.work()
    assert len(receiver.received) == 2
    verify(made["secret"], receiver)


async def test_reactivation_after_failures(world: World) -> None:
    """5.7: one that was disabled by failures is still listed and can be made active, or deleted."""
    await create(world)

    def disable(tx: WriteTx) -> None:
        found = get_numbered(tx, world.ours.account_id, "vocatech", 1)
        deactivate_row(tx, world.ours.account_id, found.id, DisabledReason.FAILURES)

    await world.services.database.write(disable)
    assert (await world.get("/webhooks")).json()[0]["is_active"] is False
    assert (await world.patch("/webhooks/1", json={"is_active": True})).json()["is_active"] is True
    await world.services.database.write(disable)
    assert (await world.delete("/webhooks/1")).status_code == 204
    assert (await world.get("/webhooks")).json() == []


async def test_test_event(world: World, receiver: Receiver) -> None:
    """5.7: the receiver's answer; first filtered type, ids begin `test_`, fresh event id, signed, once."""
    made = await create(world, receiver.url(), event_filters=["message.received", "call.ended"])
    assert (await world.post("/webhooks/1/test")).json() == {
        "success": True,
        "status_code": 200,
        "error": None,
    }
    receiver.status(503)
    refused = (await world.post("/webhooks/1/test")).json()
    assert (refused["success"], refused["status_code"]) == (False, 503)
    assert refused["error"]
    first, second = receiver.received
    assert first.event["event_type"] == "message.received"
    assert first.event["data"]["message_id"].startswith("test_")
    assert first.event["data"]["direction"] == "incoming"
    assert first.event["id"] != second.event["id"]
    verify(made["secret"], receiver)
    await world.pass_time(DAY)
    assert len(receiver.received) == 2
    await receiver.stop()
    silent = (await world.post("/webhooks/1/test")).json()
    assert silent["success"] is False
    assert silent["status_code"] is None
    assert silent["error"]


@pytest.mark.parametrize("event_type", SEVEN)
async def test_test_event_of_every_type(world: World, receiver: Receiver, event_type: str) -> None:
    """5.7, 6: synthetic data of the shape of the type."""
    await create(world, receiver.url(), event_filters=[event_type])
    assert (await world.post("/webhooks/1/test")).json()["success"] is True
    event = receiver.received[0].event
    assert event["event_type"] == event_type
    EVENTS[event_type][0].model_validate_json(receiver.received[0].body)
    assert list(event["data"]) == SHAPES[event_type]
    assert event["data"][SHAPES[event_type][0]].startswith("test_")


@pytest.mark.parametrize("path", ["0", "x", "-1", "1.0", "99999999999", "2147483648", "2", "01"])
async def test_ids(world: World, path: str) -> None:
    """2: unknown and ill-formed ids are 404, before the body is looked at."""
    await create(world)
    for method, tail in (("PATCH", ""), ("DELETE", ""), ("POST", "/test")):
        answer = await world.request(method, f"/webhooks/{path}{tail}", content=b"{")
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "not_found"


async def test_no_route_for_one_webhook(world: World) -> None:
    """5: there is no `GET /v1/webhooks/{id}`."""
    await create(world)
    assert (await world.get("/webhooks/1")).status_code == 404


async def test_roles(world: World) -> None:
    """1: webhooks are written by admins, an owner is one; everyone may read them."""
    await create(world)
    for key in (world.ours.member, world.ours.viewer):
        assert (await world.get("/webhooks", key=key)).status_code == 200
        for method, path in (
            ("POST", "/webhooks"),
            ("PATCH", "/webhooks/1"),
            ("DELETE", "/webhooks/1"),
            ("POST", "/webhooks/1/test"),
        ):
            answer = await world.request(method, path, key=key, content=b"not json")
            assert answer.status_code == 403
            assert answer.json()["error"]["code"] == "forbidden"


async def test_other_accounts_and_contracts(world: World) -> None:
    """README: ids are the account's own; subscriptions of other contracts are not shown."""
    await create(world)
    assert (await world.get("/webhooks", tenant=world.theirs)).json() == []
    for method, tail in (("PATCH", ""), ("DELETE", ""), ("POST", "/test")):
        answer = await world.request(method, f"/webhooks/1{tail}", tenant=world.theirs, json={"name": "x"})
        assert answer.status_code == 404
    services = world.services
    await services.database.write(
        create_subscription,
        services.cipher,
        services.dialects["voicegram"],
        world.ours.account_id,
        url=URL,
    )
    assert [item["id"] for item in (await world.get("/webhooks")).json()] == [1]
    assert (await world.delete("/webhooks/2")).status_code == 404


SHAPES = {
    "call.started": [
        "call_id",
        "direction",
        "extension",
        "extension_name",
        "remote_name",
        "remote_number",
        "group_number",
        "start_time",
    ],
}
SHAPES["call.answered"] = [*SHAPES["call.started"], "answer_time"]
SHAPES["call.ended"] = [*SHAPES["call.started"], "status", "end_time", "duration"]
SHAPES["call.transcription"] = ["call_id", "summary", "transcription", "sentiment"]
SHAPES["message.received"] = [
    "message_id",
    "direction",
    "channel",
    "from",
    "to",
    "body",
    "status",
    "sent_at",
    "attachments",
]
SHAPES["message.sent"] = SHAPES["message.received"]
SHAPES["message.status_updated"] = ["message_id", "status", "updated_at"]


def call(**changes: Any) -> dict[str, Any]:
    """A neutral snapshot, as `domain.calls` emits it."""
    return {
        "id": "01a1f8e0-74ff-71ec-a446-6ed27967319c",
        "direction": "inbound",
        "status": "ringing",
        "extension": None,
        "extension_name": None,
        "remote_name": None,
        "remote_number": "+15550100143",
        "group_number": "+15550100100",
        "started_at": 1_772_637_160_999,
        "answered_at": 1_772_637_170_000,
        "ended_at": 1_772_637_302_500,
        "is_test": False,
        **changes,
    }


async def emit(world: World, event_type: str, data: dict[str, Any]) -> str:
    event = Event(world.ours.account_id, event_type, data["id"], data)
    await world.services.database.write(lambda tx: tx.emit(event))
    return event.id


def verify(secret: str, receiver: Receiver) -> None:
    """7: our own reading of the observed signature, over what arrived last."""
    last = receiver.received[-1]
    stamp = last.headers["X-Vocatech-Timestamp"]
    expected = hmac.new(secret.encode(), b"t=" + stamp.encode() + b"." + last.body, hashlib.sha256)
    assert last.headers["X-Vocatech-Signature"] == f"t={stamp},v1={expected.hexdigest()}"
