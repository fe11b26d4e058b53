"""Who may be written to, and when (contracts/votel.md 1.2, 3.5, 11.1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from antiphon.core.clock import DAY, HOUR, MINUTE, from_datetime, to_iso
from antiphon.domain.conversations.changes import release_message
from antiphon.domain.conversations.delivery import begin_hand_over
from antiphon.domain.conversations.queries import get_message
from inbox_world import SENDER, inbox, receive
from votel_world import OpenWorld, World, fault

NIGHT = {"from": "21:00", "to": "08:00"}


@pytest.fixture
async def world(open_world: OpenWorld) -> World:
    return await inbox(open_world)


async def account(world: World, **settings: Any) -> None:
    assert (await world.request("PATCH", "/account", json=settings)).status_code == 200


async def send(world: World, conversation_id: str, **body: Any) -> Any:
    wanted = {"channel": "sms", "body": "The sale begins.", "purpose": "marketing", **body}
    return await world.post(f"/conversations/{conversation_id}/messages", json=wanted)


async def by_hand(world: World, conversation_id: str, **body: Any) -> Any:
    """As a person signed in writes."""
    login = {"email": world.ours.email, "password": "correct horse battery"}
    session = await world.client.post("/api/session", json=login)
    return await world.client.post(
        f"/api/conversations/{conversation_id}/messages",
        json={"channel": "sms", "body": "It has arrived.", **body},
        headers={"X-CSRF-Token": session.json()["csrf_token"]},
    )


def at(world: World, text: str, zone: str) -> int:
    """Move the clock to the next such moment; it is then."""
    moment = from_datetime(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))
    assert moment > world.clock.now()
    world.clock.advance(moment - world.clock.now())
    return moment


async def test_marketing_waits_for_the_end_of_quiet_hours(world: World) -> None:
    """votel.md 1.2: by the lead's zone, as `scheduled`; what somebody waits for leaves at once."""
    message = await receive(world, "hello")
    lead = f"/leads/{message.contact_id}"
    await account(world, quiet_hours=NIGHT)
    await world.request("PATCH", lead, json={"timezone": "Asia/Tokyo"})
    now = at(world, "2027-01-15T22:30", "Asia/Tokyo")
    morning = now + 9 * HOUR + 30 * MINUTE
    sent = (await send(world, message.conversation_id)).json()
    assert (sent["status"], sent["scheduled_at"]) == ("scheduled", to_iso(morning))
    for purpose in ("transactional", None):
        asked = {} if purpose is None else {"purpose": purpose}
        body = {"channel": "sms", "body": "It has arrived.", **asked}
        answer = await world.post(f"/conversations/{message.conversation_id}/messages", json=body)
        assert answer.json()["status"] == "queued"
    await world.request("PATCH", lead, json={"timezone": "America/New_York"})
    assert (await send(world, message.conversation_id)).json()["status"] == "queued"
    later = {"scheduled_at": to_iso(now + DAY)}
    planned = (await send(world, message.conversation_id, **later)).json()
    assert planned["scheduled_at"] == to_iso(now + DAY), "08:30 in New York"


async def test_quiet_hours_are_asked_again_at_the_release(world: World) -> None:
    """votel.md 1.2: what the account has set by then is what counts."""
    account_id = world.ours.account.id
    message = await receive(world, "hello")
    await world.request("PATCH", f"/leads/{message.contact_id}", json={"timezone": "UTC"})
    now = at(world, "2027-01-15T12:00", "UTC")
    planned = (await send(world, message.conversation_id, scheduled_at=to_iso(now + 10 * HOUR))).json()
    assert planned["scheduled_at"] == to_iso(now + 10 * HOUR)
    await account(world, quiet_hours=NIGHT)
    world.clock.advance(10 * HOUR)
    database = world.services.database
    assert await database.write(release_message, account_id, planned["id"]) is False
    moved = (await world.get(f"/messages/{planned['id']}")).json()
    assert (moved["status"], moved["scheduled_at"]) == ("scheduled", to_iso(now + 20 * HOUR))
    world.clock.advance(10 * HOUR)
    assert await database.write(release_message, account_id, planned["id"]) is True


async def test_a_stop_is_answered_in_quiet_hours(world: World) -> None:
    """votel.md 8: the confirmation of a stop word does not wait."""
    await account(world, quiet_hours={"from": "00:00", "to": "23:59"})
    message = await receive(world, "STOP")
    rows = (await world.get(f"/conversations/{message.conversation_id}/messages")).json()["messages"]
    assert [row["status"] for row in rows if row["direction"] == "outbound"] == ["queued"]


async def test_consent_that_the_account_asks_for(world: World) -> None:
    """votel.md 1.2, 3.5: `unknown` stops marketing where `require_consent` lists the channel."""
    message = await receive(world, "hello")
    await account(world, require_consent=["sms", "email"], postal_address="1 Example Road")
    found = fault(await send(world, message.conversation_id))
    assert (found["field"], found["code"]) == ("to", "opted_out")
    assert (await send(world, message.conversation_id, purpose="transactional")).status_code == 201
    lead = f"/leads/{message.contact_id}"
    await world.request("PATCH", lead, json={"email": "ada@example.com"})
    mail = {"channel": "email", "subject": "Sale"}
    assert fault(await send(world, message.conversation_id, **mail))["code"] == "opted_out"
    await account(world, require_consent=["whatsapp"])
    assert (await send(world, message.conversation_id)).status_code == 201


async def test_do_not_disturb_leaves_answers_by_hand(world: World) -> None:
    """votel.md 1.2, 3.5: nothing automatic and no marketing; a person may still answer one to one."""
    message = await receive(world, "hello")
    await world.request("PATCH", f"/leads/{message.contact_id}", json={"dnd": True})
    conversation = message.conversation_id
    assert fault(await send(world, conversation, purpose="transactional"))["code"] == "opted_out"
    assert fault(await by_hand(world, conversation, purpose="marketing"))["code"] == "opted_out"
    assert fault(await world.post("/messages", json={"channel": "sms", "body": "x", "to": SENDER}))[
        "code"
    ] == ("opted_out")
    answer = await by_hand(world, conversation)
    assert answer.status_code == 201, answer.text
    handed = await world.services.database.write(
        begin_hand_over, world.ours.account.id, answer.json()["id"], is_idempotent=True
    )
    assert handed is not None


async def test_what_changes_before_the_hand_over_counts(world: World) -> None:
    """votel.md 3.5: a message on its way stops too, and says why."""
    message = await receive(world, "hello")
    sent = (await send(world, message.conversation_id)).json()
    await account(world, require_consent=["sms"])
    database, account_id = world.services.database, world.ours.account.id
    assert await database.write(begin_hand_over, account_id, sent["id"], is_idempotent=True) is None
    found = await database.read(get_message, account_id, sent["id"])
    assert (found.status, found.error_code) == ("failed", "opted_out")
    assert (await world.get(f"/messages/{sent['id']}")).json()["error"] == {
        "code": "opted_out",
        "message": "The recipient has not agreed to marketing by sms",
    }
    again = await world.post(f"/messages/{sent['id']}/retry")
    assert fault(again)["code"] == "opted_out", "another try is marketing still"
