"""Webhooks of all contracts (contracts/votel.md 11.6)."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import msgspec
import pytest
from aiohttp import web
from standardwebhooks.webhooks import Webhook as StandardWebhook

from antiphon.contracts.vocatech.app import create_app as create_vocatech_app
from antiphon.contracts.votel.dialect import NativeDialect
from antiphon.contracts.votel.events import EVENT_TYPES
from antiphon.core.clock import DAY, HOUR
from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event
from antiphon.core.jobs.registry import JobContext
from antiphon.domain.channels.commands import update_channel
from antiphon.domain.voicegrams.commands import delete_voicegram
from antiphon.domain.webhooks.commands import erase_secrets
from antiphon.domain.webhooks.jobs import WebhookJobs
from antiphon.domain.webhooks.lanes import sweep_lanes
from antiphon.domain.webhooks.reactions import WebhookReactions
from antiphon.domain.webhooks.tables import subscriptions
from contracts_front import ServerFront
from votel_world import OpenWorld, World, add_voicegram, fault, make_dialects

SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
EVENT_ID = "evt_4c1e9a70-2f6b-4d8e-9a35-7b0c1d2e3f40"
BODY = b'{"id":"evt_4c1e9a70-2f6b-4d8e-9a35-7b0c1d2e3f40","type":"lead.created"}'


class Receiver:
    def __init__(self) -> None:
        self.status = 200
        self.url = ""
        self.requests: list[tuple[dict[str, str], bytes]] = []

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status, text="x" * 2000)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_post("/hook", made.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield made
    await runner.cleanup()


@pytest.fixture
async def hooks(open_world: OpenWorld) -> World:
    """A world that may send to loopback, whose events become deliveries."""
    world = await open_world(
        dialects=make_dialects(), webhook_allowed_networks=["127.0.0.0/8"], allow_insecure_webhooks=True
    )
    WebhookReactions(world.services.dialects).install(world.services.bus)
    return world


async def subscribe(world: World, url: str, **body: object) -> dict[str, Any]:
    answer = await world.post("/webhooks", json={"url": url, **body})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def deliver(world: World) -> None:
    """Send what is due, as the delivery engine's jobs do."""

    def restart(tx: WriteTx) -> list[tuple[str, str, str]]:
        # unscoped: the jobs themselves are not run here
        tx.execute(subscriptions.update().values(lane_id=None))
        sweep_lanes(tx)
        rows = tx.all(subscriptions.select().where(subscriptions.c.lane_id.is_not(None)))
        return [(row.account_id, row.id, row.lane_id) for row in rows]

    for account_id, subscription_id, lane_id in await world.services.database.write(restart):
        payload = {
            "account_id": account_id,
            "subscription_id": subscription_id,
            "lane_id": lane_id,
            "turn": 0,
        }
        await WebhookJobs(world.services).deliver(payload, JobContext(1, False, 1))


def told(receiver: Receiver) -> list[dict[str, Any]]:
    return [msgspec.json.decode(body) for _, body in receiver.requests]


async def emit(world: World, *events: tuple[str, dict[str, Any]]) -> None:
    def write(tx: WriteTx) -> None:
        for name, data in events:
            tx.emit(Event(world.ours.account.id, name, "0199d6a0-0000-7000-8000-000000000001", data))

    await world.services.database.write(write)


async def test_signature_of_the_contract(hooks: World) -> None:
    """votel.md 11.6: the vector; during a rotation two values with a space between."""
    dialect = hooks.services.dialects["native"]
    headers = dialect.signer(SECRET)(EVENT_ID, 1_790_000_000, BODY)
    assert headers["webhook-signature"] == "v1,+YDrAPLrgZKYQtBZFJh9pv0YfNGMSOovWUL2fq1VKc8="
    assert headers["webhook-id"] == EVENT_ID
    assert headers["webhook-timestamp"] == "1790000000"
    assert not [name for name in headers if name.startswith("X-")]
    now = int(time.time())
    new = dialect.new_secret()
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", new)
    both = dialect.signer(new, SECRET)(EVENT_ID, now, BODY)
    assert both["webhook-signature"].count("v1,") == 2
    for secret in (SECRET, new):
        assert StandardWebhook(secret).verify(BODY, both)["type"] == "lead.created"


async def test_native_is_the_default(hooks: World, receiver: Receiver) -> None:
    """votel.md 11.6: contract native, all events; the secret is shown once; the body is what was promised."""
    made = await subscribe(hooks, receiver.url, name="CRM")
    secret = made.pop("secret")
    assert (made["contract"], made["events"], made["filter"], made["name"]) == ("native", [], None, "CRM")
    assert (await hooks.get(f"/webhooks/{made['id']}")).json() == made
    voicegram_id = await add_voicegram(hooks)
    await deliver(hooks)
    [(headers, body)] = receiver.requests
    event = msgspec.json.decode(body)
    assert list(event) == ["id", "type", "created_at", "account_id", "data"]
    one = (await hooks.get(f"/voicegrams/{voicegram_id}")).json()
    assert (event["id"], event["type"]) == (one["event_id"], "voicegram.completed")
    assert event["account_id"] == hooks.ours.account.id
    assert event["data"]["id"] == f"vg_{voicegram_id}"
    assert {"lead_id", "message_id"} <= set(event["data"])
    assert "/api/listen/" in event["data"]["audio"]["url"]
    assert headers["webhook-id"] == event["id"]
    signed = hooks.services.dialects["native"].signer(secret)(
        event["id"], int(headers["webhook-timestamp"]), body
    )
    assert headers["webhook-signature"] == signed["webhook-signature"]


async def test_patterns_and_filters(hooks: World, receiver: Receiver) -> None:
    """votel.md 11.6, 0.7: names, `lead.*`, and a filter over the event's data."""
    await subscribe(hooks, receiver.url + "?leads", events=["lead.*", "user.joined"])
    condition = {
        "all": [
            {"field": "recording_channel.is_active", "op": "eq", "value": True},
            {"not": {"field": "recording_channel.name", "op": "contains", "value": "AUTUMN"}},
        ]
    }
    await subscribe(hooks, receiver.url + "?channels", events=["recording_channel.updated"], filter=condition)
    await emit(hooks, ("lead.created", {}), ("user.joined", {}), ("user.updated", {}), ("call.ended", CALL))
    account, channel = hooks.ours.account.id, hooks.ours.campaign.id
    for change in ({"greeting": "Hello"}, {"name": "Spring survey"}, {"is_active": False}):
        await hooks.services.database.write(update_channel, account, channel, change)
    await deliver(hooks)
    found = sorted(told(receiver), key=lambda event: (event["created_at"], event["type"]))
    assert sorted(event["type"] for event in found) == [
        "lead.created",
        "recording_channel.updated",
        "user.joined",
    ]
    [changed] = [event for event in found if event["type"] == "recording_channel.updated"]
    shown = (await hooks.get(f"/recording-channels/{channel}")).json()
    assert set(changed["data"]) == {"recording_channel", "changes"}
    assert set(changed["data"]["recording_channel"]) == set(shown)
    assert changed["data"]["changes"] == [{"field": "name", "from": "Autumn survey", "to": "Spring survey"}]


CALL = {"is_test": False, "transcription": None}


async def test_test_event(hooks: World, receiver: Receiver) -> None:
    """votel.md 11.6: one attempt, ids begin `test_`, of the event that is asked for."""
    made = await subscribe(hooks, receiver.url)
    path = f"/webhooks/{made['id']}"
    assert (await hooks.post(f"{path}/test")).json() == {"success": True, "status_code": 200, "error": None}
    assert (await hooks.post(f"{path}/test", json={"event": "webhook.disabled"})).json()["success"] is True
    first, second = told(receiver)
    assert first["type"] == "voicegram.completed"
    assert first["id"].startswith("test_")
    assert first["data"]["id"].startswith("test_")
    assert (second["type"], second["data"]["to"]) == ("webhook.disabled", "disabled")
    assert second["data"]["webhook"]["id"].startswith("test_")
    receiver.status = 500
    failed = (await hooks.post(f"{path}/test", json={"event": "lead.created"})).json()
    assert failed == {"success": False, "status_code": 500, "error": "http_status: 500"}
    assert fault(await hooks.post(f"{path}/test", json={"event": "nothing.such"}))["field"] == "event"
    assert (await hooks.get(path)).json()["consecutive_failures"] == 0


async def test_history_and_resend(hooks: World, receiver: Receiver) -> None:
    """votel.md 11.6: attempts with body and answer, filters; resent under the same event id."""
    made = await subscribe(hooks, receiver.url)
    path = f"/webhooks/{made['id']}/deliveries"
    voicegram_id = await add_voicegram(hooks)
    await emit(hooks, ("lead.created", {"id": "x"}))
    await deliver(hooks)
    found = (await hooks.get(path)).json()
    assert found["total"] == 2
    by_type = {row["event"]: row for row in found["deliveries"]}
    row = by_type["voicegram.completed"]
    sent = {event["type"]: event for event in told(receiver)}
    assert row["body"] == sent["voicegram.completed"]
    assert (row["status"], row["delivery_status"], row["status_code"]) == ("delivered", "delivered", 200)
    assert row["response_excerpt"] == "x" * 1024
    for query, total in (
        ("event=voicegram.completed", 1),
        ("status=failed", 0),
        ("status=delivered", 2),
        ("from=2020-01-01", 2),
        ("to=2020-01-01", 0),
    ):
        assert (await hooks.get(f"{path}?{query}")).json()["total"] == total, query
    assert fault(await hooks.get(f"{path}?status=pending"))["field"] == "status"
    again = await hooks.post(f"{path}/{row['delivery_id']}/resend")
    assert again.status_code == 200
    assert (again.json()["status"], again.json()["event_id"]) == ("pending", row["event_id"])
    await deliver(hooks)
    last = told(receiver)[-1]
    assert last["id"] == row["event_id"]
    assert last["created_at"] == row["body"]["created_at"]
    await hooks.services.database.write(delete_voicegram, hooks.ours.account.id, voicegram_id)
    refused = await hooks.post(f"{path}/{row['delivery_id']}/resend")
    assert fault(refused)["code"] == "invalid_state", "what is erased is not sent any more"
    erased = (await hooks.get(f"{path}?event=voicegram.completed")).json()["deliveries"]
    assert [item["body"] for item in erased] == [None, None]
    absent = await hooks.post(f"{path}/0199d6a0-0000-7000-8000-00000000dead/resend")
    assert absent.status_code == 404


async def test_resend_of_what_is_still_due_and_of_tests(hooks: World, receiver: Receiver) -> None:
    """votel.md 11.6: what waits for its next attempt goes out now; a test event is not sent again."""
    made = await subscribe(hooks, receiver.url)
    path = f"/webhooks/{made['id']}"
    receiver.status = 503
    await emit(hooks, ("lead.created", {"id": "x"}))
    await deliver(hooks)
    [row] = (await hooks.get(f"{path}/deliveries?status=failed")).json()["deliveries"]
    assert row["delivery_status"] == "pending"
    receiver.status = 200
    again = (await hooks.post(f"{path}/deliveries/{row['delivery_id']}/resend")).json()
    assert again["id"] == row["delivery_id"]
    await deliver(hooks)
    assert len(receiver.requests) == 2
    await hooks.post(f"{path}/test")
    [test] = [r for r in (await hooks.get(f"{path}/deliveries")).json()["deliveries"] if r["is_test"]]
    assert (
        fault(await hooks.post(f"{path}/deliveries/{test['delivery_id']}/resend"))["code"] == "invalid_state"
    )
    await hooks.request("PATCH", path, json={"is_active": False})
    off = await hooks.post(f"{path}/deliveries/{row['delivery_id']}/resend")
    assert fault(off)["code"] == "invalid_state"


async def test_rotation(hooks: World, receiver: Receiver) -> None:
    """votel.md 11.6: `grace_hours`, meanwhile both signatures are sent."""
    made = await subscribe(hooks, receiver.url)
    path, dialect = f"/webhooks/{made['id']}", hooks.services.dialects["native"]
    new = (await hooks.post(f"{path}/rotate-secret", json={"grace_hours": 24})).json()["secret"]
    assert new != made["secret"]
    assert (await hooks.get(path)).json()["secret_prefix"] == new[:12]

    async def signature() -> tuple[str, set[str]]:
        await hooks.post(f"{path}/test")
        headers, body = receiver.requests[-1]
        stamp = int(headers["webhook-timestamp"])
        old = dialect.signer(made["secret"])(headers["webhook-id"], stamp, body)["webhook-signature"]
        return old, set(headers["webhook-signature"].split(" "))

    old, values = await signature()
    assert old in values
    assert len(values) == 2
    hooks.clock.advance(24 * HOUR)
    old, values = await signature()
    assert old not in values
    assert len(values) == 1
    for hours in (-1, 25, "1"):
        answer = await hooks.post(f"{path}/rotate-secret", json={"grace_hours": hours})
        assert fault(answer)["field"] == "grace_hours"
    at_once = (await hooks.post(f"{path}/rotate-secret")).json()["secret"]
    await hooks.post(f"{path}/test")
    headers, body = receiver.requests[-1]
    expected = dialect.signer(at_once)(headers["webhook-id"], int(headers["webhook-timestamp"]), body)
    assert headers["webhook-signature"] == expected["webhook-signature"]


async def test_off_is_a_pause(hooks: World, receiver: Receiver) -> None:
    """votel.md 11.6: inactive is not deleted; native comes back after any time, with its secret."""
    made = await subscribe(hooks, receiver.url)
    path = f"/webhooks/{made['id']}"
    off = (await hooks.request("PATCH", path, json={"is_active": False})).json()
    assert (off["is_active"], off["disabled_reason"]) == (False, "paused")
    await emit(hooks, ("lead.created", {}))
    await deliver(hooks)
    assert receiver.requests == []
    hooks.clock.advance(91 * DAY)
    await hooks.services.database.write(erase_secrets)
    on = (await hooks.request("PATCH", path, json={"is_active": True, "name": "Again"})).json()
    assert (on["is_active"], on["disabled_reason"], on["name"]) == (True, None, "Again")
    assert (await hooks.post(f"{path}/test")).json()["success"] is True
    assert (await hooks.request("DELETE", path)).status_code == 204
    assert (await hooks.get(path)).status_code == 404
    assert (await hooks.get("/webhooks")).json()["total"] == 0
    assert (await hooks.request("PATCH", path, json={"is_active": True})).status_code == 404


async def test_change(hooks: World, receiver: Receiver) -> None:
    """votel.md 0.6, 11.6: only the keys given; a filter can be taken away."""
    made = await subscribe(hooks, receiver.url, events=["lead.*"], filter={"field": "a", "op": "is_set"})
    path = f"/webhooks/{made['id']}"
    changed = (await hooks.request("PATCH", path, json={"events": [], "filter": None})).json()
    assert (changed["events"], changed["filter"], changed["url"]) == ([], None, receiver.url)
    moved = (await hooks.request("PATCH", path, json={"url": receiver.url + "?2"})).json()
    assert moved["url"] == receiver.url + "?2"
    for body, field in (
        ({"events": ["nothing.*"]}, "events"),
        ({"events": ["lead.cre"]}, "events"),
        ({"filter": {"field": "x", "op": "like"}}, "filter"),
        ({"filter": []}, "filter"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": ""}, "url"),
        ({"is_active": None}, "is_active"),
        ({"recording_channel_id": hooks.ours.campaign.id}, "recording_channel_id"),
    ):
        assert fault(await hooks.request("PATCH", path, json=body))["field"] == field, body


async def test_the_other_contracts(hooks: World, receiver: Receiver) -> None:
    """votel.md 11.6: that document's events, secret and list; off there is off here."""
    made = await subscribe(
        hooks, receiver.url, contract="vocatech", name="Desk", events=["call.transcription", "call.ended"]
    )
    assert made["events"] == ["call.transcription", "call.ended"]
    everything = await subscribe(hooks, receiver.url, contract="vocatech", name="All")
    assert len(everything["events"]) == 7
    voicegram = await subscribe(
        hooks, receiver.url, contract="voicegram", recording_channel_id=hooks.ours.campaign.id
    )
    assert voicegram["secret"].startswith("vg_whsec_")
    assert voicegram["events"] == ["voicegram.completed"]
    for contract, total in (("vocatech", 2), ("voicegram", 1), ("native", 0)):
        assert (await hooks.get(f"/webhooks?contract={contract}")).json()["total"] == total
    await hooks.request("PATCH", f"/webhooks/{made['id']}", json={"is_active": False})
    front = ServerFront(create_vocatech_app(hooks.services))
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=front), base_url="https://voice.antiphon.example"
    ) as client:
        listed = await client.get("/v1/webhooks", headers={"Authorization": f"Bearer {hooks.ours.key}"})
    assert [(item["name"], item["is_active"]) for item in listed.json()] == [("Desk", False), ("All", True)]
    await hooks.post(f"/webhooks/{everything['id']}/test", json={"event": "call.transcription"})
    assert told(receiver)[-1]["event_type"] == "call.transcription"
    history = (await hooks.get(f"/webhooks/{everything['id']}/deliveries?event=call.transcription")).json()
    assert [row["event"] for row in history["deliveries"]] == ["call.transcription"]
    for body in (
        {"contract": "vocatech", "events": ["lead.created"]},
        {"contract": "voicegram", "events": ["voicegram.*"]},
        {"contract": "vocatech", "filter": {"field": "x", "op": "is_set"}},
    ):
        fault(await hooks.post("/webhooks", json={"url": receiver.url, **body}))


async def test_event_types_have_samples(hooks: World) -> None:
    """votel.md 11.6: section 16 with samples, for each contract in its own body."""
    native = (await hooks.get("/webhooks/event-types")).json()
    assert native["total"] == len(native["event_types"]) == len(NativeDialect.names)
    for item in native["event_types"]:
        assert item["sample"]["type"] == item["type"]
        assert item["sample"]["id"].startswith("test_")
        assert item["type"] in EVENT_TYPES
    others = (await hooks.get("/webhooks/event-types?contract=vocatech")).json()
    assert [item["sample"]["event_type"] for item in others["event_types"]] == [
        item["type"] for item in others["event_types"]
    ]
    assert fault(await hooks.get("/webhooks/event-types?contract=x"))["field"] == "contract"
