"""What works and what does not: integrations and the widgets of channels (contracts/votel.md 16)."""

from __future__ import annotations

import asyncio

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from antiphon.contracts.votel.schemas import RecordingChannel
from antiphon.core.clock import DAY
from antiphon.core.errors import ServiceError
from antiphon.core.mail import Mail
from antiphon.domain.channels.commands import miss_widgets
from antiphon.domain.integrations.services import AccountMailers
from services import free_port
from speech_stand_in import serve
from votel_world import SITE, OpenWorld, World, audit_actions, make_dialects, told


@pytest.fixture
async def local(open_world: OpenWorld) -> World:
    """The operator allows services on this machine."""
    return await open_world(webhook_allowed_networks=["127.0.0.0/8"])


async def statuses(world: World, event_type: str) -> list[tuple[str, str, str | None]]:
    return [(data["from"], data["to"], data["reason"]) for data in await told(world, event_type)]


async def test_a_service_that_refuses_and_takes_again(local: World) -> None:
    """votel.md 11.3, 16: one event and one audit entry for each change, none for a repetition."""
    with serve() as api:
        body = {"fields": {"base_url": api.url}, "label": "Our models"}
        made = (await local.post("/integrations/openai_compatible/connect", json=body)).json()
        path = f"/integration-connections/{made['id']}/test"
        for status in (401, 401, 200, 200):
            api.reply(status, b"{}")
            await local.post(path)
    refused, mended = await told(local, "integration.status_changed")
    assert refused["integration"] == {
        "id": made["id"],
        "key": "openai_compatible",
        "label": "Our models",
        "status": "error",
        "last_error": "The service answered 401",
    }
    assert (refused["from"], refused["to"], refused["reason"]) == (
        "connected",
        "error",
        "The service answered 401",
    )
    assert (mended["from"], mended["to"], mended["reason"]) == ("error", "connected", None)
    actions = await audit_actions(local)
    assert actions.count("integration_connection.status_changed") == 2


async def test_the_account_s_mail_server_is_known_by_how_it_does(local: World) -> None:
    """votel.md 16: a refused password is told when a mail is refused, not only by a test."""
    plain = Controller(Sink(), hostname="127.0.0.1", port=free_port(), ready_timeout=20)
    plain.start()
    try:
        fields = {
            "host": "127.0.0.1",
            "port": str(plain.port),
            "security": "none",
            "sender": "Acme <a@example.org>",
        }
        made = (await local.post("/integrations/smtp/connect", json={"fields": fields})).json()
        mail = Mail(to="b@example.org", subject="Hello", text="There")
        choose = AccountMailers(local.services)

        async def send() -> None:
            mailer = await choose(local.ours.account.id)
            assert mailer is not None
            await mailer.send(mail)

        path = f"/integration-connections/{made['id']}"
        # The server has no STARTTLS, so that the access as it is set cannot work.
        await local.request("PATCH", path, json={"fields": {"security": "starttls"}})
        for _ in range(2):
            with pytest.raises(ServiceError):
                await send()
        await local.request("PATCH", path, json={"fields": {"security": "none"}})
        await send()
        await send()
    finally:
        await asyncio.to_thread(plain.stop)
    found = await statuses(local, "integration.status_changed")
    assert [(before, after) for before, after, _ in found] == [("connected", "error"), ("error", "connected")]


async def test_a_widget_is_seen_and_seen_no_more(world: World) -> None:
    """votel.md 16, 18: pending until its widget loads, an error after a week without."""
    domain, campaign = world.ours.domain, world.ours.campaign

    async def load() -> None:
        answer = await world.public("GET", f"/channels/{domain.id}", origin=SITE)
        assert answer.status_code == 200

    async def status() -> str:
        return str((await world.get(f"/recording-channels/{domain.id}")).json()["status"])

    assert await status() == "pending"
    assert (await world.get(f"/recording-channels/{campaign.id}")).json()["status"] == "active"
    await load()
    world.clock.advance(DAY)
    await load()
    assert await status() == "active"
    world.clock.advance(7 * DAY)
    assert await world.services.database.write(miss_widgets) == 0
    world.clock.advance(1)
    assert await world.services.database.write(miss_widgets) == 1
    assert await world.services.database.write(miss_widgets) == 0
    assert await status() == "error"
    await load()
    assert await status() == "active"
    assert await statuses(world, "channel.status_changed") == [
        ("pending", "active", "The widget was seen"),
        ("active", "error", "The widget was not seen for 7 days"),
        ("error", "active", "The widget was seen"),
    ]
    for data in await told(world, "channel.status_changed"):
        RecordingChannel.model_validate(data["channel"], strict=True)
        assert (data["channel"]["id"], data["channel"]["status"]) == (domain.id, data["to"])
    assert (await audit_actions(world)).count("recording_channel.status_changed") == 3


async def test_a_channel_that_is_off_is_not_missed(world: World) -> None:
    """votel.md 16: whoever switches a channel off does not expect its widget."""
    path = f"/recording-channels/{world.ours.domain.id}"
    await world.public("GET", f"/channels/{world.ours.domain.id}", origin=SITE)
    await world.request("PATCH", path, json={"is_active": False})
    world.clock.advance(30 * DAY)
    assert await world.services.database.write(miss_widgets) == 0


async def test_both_are_in_the_lists_of_events(open_world: OpenWorld) -> None:
    """votel.md 11.6, 16: named with samples, and to be subscribed to."""
    world = await open_world(dialects=make_dialects())
    found = {
        item["type"]: item["sample"]
        for item in (await world.get("/webhooks/event-types")).json()["event_types"]
    }
    for name in ("channel.status_changed", "integration.status_changed"):
        assert {"from", "to", "reason"} <= found[name]["data"].keys()
        hook = {"url": "https://www.example.com/hook", "events": [name]}
        assert (await world.post("/webhooks", json=hook)).status_code == 201
