"""The outside world at the press of a button (contracts/votel.md 11.5)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text

from antiphon.contracts.votel.schemas_simulator import Outbox, PlannedCall, PlannedVoicegram, ReceivedMessage
from antiphon.core.jobs.registry import JobContext, JobRegistry
from antiphon.domain.accounts.records import Role
from antiphon.domain.conversations.commands import send_message
from antiphon.domain.conversations.jobs import MessageJobs
from antiphon.domain.conversations.records import Channel, OutboundMessage
from antiphon.domain.numbers.commands import create_simulator
from antiphon.domain.numbers.records import Number
from antiphon.domain.simulator import SimulatorJobs
from sounds import webm_recording
from votel_world import OpenWorld, World, add_key, add_user, fault

OUTSIDE = "+12025550143"


@pytest.fixture
async def simulated(open_world: OpenWorld) -> AsyncIterator[tuple[World, Number]]:
    world = await open_world(simulator="on")
    number = await world.services.database.write(
        create_simulator, world.services.cipher, world.ours.account.id
    )
    yield world, number
    await world.services.media.close()


async def run_job(world: World, name: str, planned_id: str) -> None:
    registry = JobRegistry()
    SimulatorJobs(world.services).register(registry)
    payload: dict[str, str | int] = {"account_id": world.ours.account.id, "planned_id": planned_id}
    await registry.jobs[name].handler(payload, JobContext(1, False, 1))


async def count(world: World, table: str) -> int:
    def read(tx: Any) -> int:
        return int(tx.scalar(text(f"SELECT count(*) FROM {table}")))

    return await world.services.database.read(read)


async def test_only_while_it_is_on(open_world: OpenWorld) -> None:
    """votel.md 0.1: no route at all in production, and `/me` says so."""
    world = await open_world()
    assert (await world.get("/me")).json()["features"] == {"simulator": False}
    for method, path in (("POST", "/simulator/calls"), ("GET", "/simulator/outbox")):
        answer = await world.request(method, path, json={})
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not found"})
    document = (await world.client.get("/openapi/votel.json")).json()
    assert not [path for path in document["paths"] if "simulator" in path]


async def test_messages(simulated: tuple[World, Number]) -> None:
    """votel.md 11.5: arrive as a carrier's do, and opt-out words are obeyed."""
    world, number = simulated
    assert (await world.get("/me")).json()["features"] == {"simulator": True}
    body = {
        "channel": "whatsapp",
        "from": "(202) 555-0143",
        "to": number.e164,
        "body": "Hi <b>",
        "name": "Ada",
    }
    made = await world.post("/simulator/messages", json=body)
    assert made.status_code == 201, made.text
    message = made.json()
    ReceivedMessage.model_validate(message, strict=True)
    assert (message["from"], message["to"], message["body"]) == (OUTSIDE, number.e164, "Hi <b>")
    lead = (await world.get(f"/leads/{message['lead_id']}")).json()
    assert (lead["name"], lead["phone"]) == ("Ada", OUTSIDE)
    await world.post("/simulator/messages", json={"from": OUTSIDE, "to": number.e164, "body": "STOP"})
    lead = (await world.get(f"/leads/{message['lead_id']}")).json()
    assert lead["consents"]["sms"]["status"] == "denied"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"to": "+12025550199"}, "to"),
        ({"to": "x"}, "to"),
        ({"from": "x"}, "from"),
        ({"channel": "email"}, "channel"),
        ({"body": ""}, "body"),
        ({"body": None}, "body"),
    ],
)
async def test_refused_messages(simulated: tuple[World, Number], change: dict[str, Any], field: str) -> None:
    """votel.md 0.4: each names its key, and nothing arrives."""
    world, number = simulated
    body = {"from": OUTSIDE, "to": number.e164, "body": "Hello", **change}
    assert fault(await world.post("/simulator/messages", json=body))["field"] == field
    assert await count(world, "messages") == 0


async def test_numbers_of_others(simulated: tuple[World, Number]) -> None:
    """design, section 2: another account's number is nobody's to write to."""
    world, _ = simulated
    theirs = await world.services.database.write(
        create_simulator, world.services.cipher, world.theirs.account.id
    )
    for path, more in (
        ("/simulator/messages", {"body": "x"}),
        ("/simulator/calls", {"script": "caller: hi"}),
    ):
        answer = await world.post(path, json={"from": OUTSIDE, "to": theirs.e164, **more})
        assert fault(answer)["field"] == "to"


async def test_a_call(simulated: tuple[World, Number]) -> None:
    """votel.md 11.5: answered at once; a job speaks it, once however often it runs."""
    world, number = simulated
    made = await world.post(
        "/simulator/calls",
        json={
            "from": OUTSIDE,
            "to": number.e164,
            "turns": [
                {"speaker": "agent", "text": "Good morning."},
                {"speaker": "caller", "text": "Please call me back."},
            ],
        },
    )
    assert made.status_code == 201, made.text
    call = made.json()
    PlannedCall.model_validate(call, strict=True)
    assert (call["status"], call["direction"], call["behaviour"]) == ("queued", "inbound", "normal")
    assert await count(world, "calls") == 0
    await run_job(world, "simulator.call", call["id"])
    await run_job(world, "simulator.call", call["id"])
    assert await count(world, "calls") == 1
    lead = (await world.get("/leads")).json()["data"][0]
    [line] = (await world.get(f"/activities/lead/{lead['id']}")).json()["activities"]
    assert line["summary"].startswith("Incoming call, 0:0")


@pytest.mark.parametrize(
    ("ending", "told"),
    [("01", "busy"), ("02", "no answer"), ("04", "failed")],
)
async def test_magic_endings(simulated: tuple[World, Number], ending: str, told: str) -> None:
    """votel.md 11.5: numbers ending 01 are busy, 02 do not answer, 04 fail."""
    world, number = simulated
    outside = f"+120255501{ending}"
    made = await world.post(
        "/simulator/calls", json={"from": number.e164, "to": outside, "script": "caller: hello"}
    )
    assert made.json()["direction"] == "outbound"
    await run_job(world, "simulator.call", made.json()["id"])
    lead = (await world.get("/leads")).json()["data"][0]
    [line] = (await world.get(f"/activities/lead/{lead['id']}")).json()["activities"]
    assert line["summary"] == f"Outgoing call, {told}"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "turns"),
        ({"turns": [], "script": "caller: a"}, "turns"),
        ({"turns": []}, "turns"),
        ({"turns": [{"speaker": "ghost", "text": "boo"}]}, "turns.0.speaker"),
        ({"script": "no colon"}, "script"),
        ({"turns": [{"speaker": "caller", "text": "x" * 1001}]}, "turns.0.text"),
    ],
)
async def test_refused_calls(simulated: tuple[World, Number], given: dict[str, Any], field: str) -> None:
    """votel.md 0.4: shapes are checked before anything is planned."""
    world, number = simulated
    body = {"from": OUTSIDE, "to": number.e164, **given}
    assert fault(await world.post("/simulator/calls", json=body))["field"] == field


async def test_outbox(simulated: tuple[World, Number]) -> None:
    """votel.md 11.5: what was handed over, and the network's reports on it."""
    world, number = simulated
    account_id = world.ours.account.id
    message = await world.services.database.write(
        send_message, account_id, OutboundMessage(Channel.SMS, number.e164, OUTSIDE, "Hello")
    )
    path = f"/simulator/messages/{message.id}/status"
    assert fault(await world.post(path, json={"status": "delivered"}))["code"] == "invalid_state"
    registry = JobRegistry()
    MessageJobs(world.services).register(registry)
    await registry.jobs["messages.send"].handler(
        {"account_id": account_id, "message_id": message.id}, JobContext(1, False, 1)
    )
    listed = (await world.get("/simulator/outbox")).json()
    Outbox.model_validate(listed, strict=True)
    assert ([item["id"] for item in listed["outbox"]], listed["total"]) == ([message.id], 1)
    assert listed["outbox"][0]["status"] == "sent"
    assert (await world.post(path, json={"status": "delivered"})).json()["status"] == "delivered"
    assert (await world.post(path, json={"status": "sent"})).json()["status"] == "delivered", "never back"
    assert fault(await world.post(path, json={"status": "lost"}))["field"] == "status"
    assert (await world.get("/simulator/outbox", tenant=world.theirs)).json() == {"outbox": [], "total": 0}
    foreign = await world.post(path, json={"status": "read"}, tenant=world.theirs)
    assert foreign.status_code == 404


async def test_voicegrams(simulated: tuple[World, Number]) -> None:
    """An addition: a voicegram by text or by recording, on the way that the public page takes."""
    world, _ = simulated
    channel = world.ours.campaign.id
    body = {"channel_id": channel, "email": "visitor@example.org", "text": "The heating is broken."}
    made = await world.post("/simulator/voicegrams", json=body)
    assert made.status_code == 201, made.text
    PlannedVoicegram.model_validate(made.json(), strict=True)
    voicegram_id = made.json()["id"]
    assert (await world.get(f"/voicegrams/{voicegram_id}")).status_code == 404
    await run_job(world, "simulator.voicegram", voicegram_id)
    await run_job(world, "simulator.voicegram", voicegram_id)
    voicegram = (await world.get(f"/voicegrams/{voicegram_id}")).json()
    assert (voicegram["status"], voicegram["sender"]["email"]) == ("processing", "visitor@example.org")
    recorded = await world.post(
        "/simulator/voicegrams",
        data={"channel_id": channel, "email": "visitor@example.org"},
        files={"audio": ("a.webm", webm_recording(), "audio/webm")},
    )
    assert (recorded.status_code, recorded.json()["status"]) == (201, "processing"), recorded.text
    assert (await world.get("/voicegrams")).json()["total"] == 2
    noise = await world.post(
        "/simulator/voicegrams",
        data={"channel_id": channel, "email": "visitor@example.org"},
        files={"audio": ("a.webm", b"no sound at all", "audio/webm")},
    )
    assert fault(noise)["code"] == "not_audio"
    for change, field in (
        ({"channel_id": world.theirs.campaign.id}, "channel_id"),
        ({"email": "nobody"}, "email"),
        ({"text": ""}, "text"),
    ):
        assert fault(await world.post("/simulator/voicegrams", json={**body, **change}))["field"] == field


async def test_admins_only(simulated: tuple[World, Number]) -> None:
    """votel.md 17: any key of role admin."""
    world, _ = simulated
    for role, status in ((Role.MEMBER, 403), (Role.ADMIN, 200)):
        user = await add_user(world, role, f"{role.label}@example.com")
        key = {"X-API-Key": (await add_key(world, user_id=user))[1]}
        assert (await world.get("/simulator/outbox", headers=key)).status_code == status
