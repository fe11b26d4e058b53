"""`GET /api/v1/voicegrams/recent` and the event's body (contracts/voicegram.md 4.3, 5)."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest

import voicegram_world
from antiphon.core.clock import DAY, to_iso
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.accounts.commands import set_plan
from antiphon.domain.accounts.records import Plan
from antiphon.domain.voicegrams.commands import delete_audio, delete_voicegram
from antiphon.domain.voicegrams.tables import listeners
from receivers import Receiver
from service_factory import ORIGIN
from voicegram_world import SUMMARY, TRANSCRIPT, World

PATH = "/api/v1/voicegrams/recent"
NO_SUMMARY = {
    "text": "",
    "urgency": None,
    "sentiment": None,
    "intent": None,
    "callback_required": False,
    "action_items": [],
    "mentioned": {"names": [], "phones": [], "emails": []},
}


async def recent(world: World, query: str = "") -> list[dict[str, Any]]:
    answer = await world.get(PATH + query)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert list(body) == ["voicegrams"]
    rows: list[dict[str, Any]] = body["voicegrams"]
    return rows


async def test_row_is_the_event(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 4.3, 5: the webhook's shape and id; only times and link differ."""
    await world.subscribe(receiver.url())
    voicegram_id = await world.complete(tags=("vip", "Ünïted"))
    completed_at = to_iso(world.clock.now())
    await world.work()
    world.clock.advance(1500)
    [row] = await recent(world)
    data = row["data"]
    url = data["audio"].pop("url")
    assert url.startswith(f"{ORIGIN}/api/listen/vg_{voicegram_id}?t=")
    assert row == {
        "event": "voicegram.completed",
        "event_id": receiver.received[0].event_id,
        "delivered_at": to_iso(world.clock.now()),
        "data": {
            "id": f"vg_{voicegram_id}",
            "created_at": completed_at,
            "completed_at": completed_at,
            "duration_seconds": 31.4,
            "sender": {"verification_method": "email", "email": "visitor@example.org", "phone": None},
            "channel": {
                "type": "domain",
                "id": world.ours.domain.id,
                "name": "example.com",
                "page_url": "https://example.com/contact",
            },
            "transcript": {"text": TRANSCRIPT, "confidence": 0.97},
            "summary": SUMMARY,
            "audio": {
                "expires_at": to_iso(world.clock.now() + 365 * DAY),
                "content_type": "audio/webm",
            },
            "dashboard_url": f"{ORIGIN}/dashboard/inbox/vg_{voicegram_id}",
            "tags": ["vip", "Ünïted"],
        },
    }
    sent = receiver.received[0].event
    assert sent["delivered_at"] == completed_at
    sent_audio = sent["data"].pop("audio")
    assert sent_audio["expires_at"] == to_iso(world.clock.now() - 1500 + 365 * DAY)
    assert sent_audio["url"] != url
    data.pop("audio")
    assert sent["data"] == data
    assert list(sent["data"]) == list(data)


async def test_campaign_row(world: World) -> None:
    """contracts/voicegram.md 5: no page for campaigns."""
    await world.complete(channel=world.ours.campaign)
    [row] = await recent(world)
    assert row["data"]["channel"] == {
        "type": "campaign",
        "id": world.ours.campaign.id,
        "name": "Autumn survey",
        "page_url": None,
    }


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("?limit=", 3),
        ("?limit=2.5", 3),
        ("?limit=abc", 3),
        ("?limit=1e1", 3),
        ("?limit=%00", 3),
        ("?limit=%D9%A5", 3),
        ("?limit=1", 1),
        ("?limit=0", 1),
        ("?limit=-4", 1),
        ("?limit=-99999999999999999999", 1),
        ("?limit=5", 5),
        ("?limit=05", 5),
        ("?limit=%2B5", 5),
        ("?limit=900", 52),
        ("?limit=" + "9" * 5000, 52),
        ("?limit=50", 52),
        ("?limit=51", 52),
    ],
)
async def test_limit_is_clamped_never_refused(world: World, query: str, count: int) -> None:
    """contracts/voicegram.md 4.3: default 3, bounds 1..50, nonsense reads as 3."""
    for _ in range(6):
        await world.complete()
    assert len(await recent(world, query)) == min(count, 6)


async def test_upper_bound(world: World) -> None:
    """contracts/voicegram.md 4.3: at most 50."""
    for _ in range(51):
        await world.complete()
    assert len(await recent(world, "?limit=51")) == 50


async def test_order(world: World) -> None:
    """contracts/voicegram.md 4.3: by completion, then id, both descending."""
    first = await world.complete()
    same = await world.complete()
    world.clock.advance(1)
    last = await world.complete()
    found = [row["data"]["id"] for row in await recent(world)]
    assert found == [f"vg_{last}", f"vg_{same}", f"vg_{first}"]


async def test_rows_without_audio_stay_and_deleted_ones_go(world: World) -> None:
    """contracts/voicegram.md 4.3: retention of the file keeps the row; deletion removes it."""
    kept, gone = await world.complete(audio=b"x"), await world.complete(audio=b"x")
    write = world.services.database.write
    await write(delete_audio, world.ours.account_id, kept)
    await write(delete_voicegram, world.ours.account_id, gone)
    assert [row["data"]["id"] for row in await recent(world)] == [f"vg_{kept}"]


async def test_links_are_fresh_and_follow_the_plan(world: World) -> None:
    """contracts/voicegram.md 2, 4.3: a new link per call, valid as long as the plan says now."""
    await world.complete(audio=b"sound")
    seen = set()
    for plan, days in ((Plan.STARTER, 90), (Plan.PRO, 365), (Plan.BUSINESS, 365), (Plan.ENTERPRISE, 365)):
        await world.services.database.write(set_plan, world.ours.account_id, plan)
        world.clock.advance(1)
        [row] = await recent(world)
        audio = row["data"]["audio"]
        assert audio["expires_at"] == to_iso(world.clock.now() + days * DAY)
        seen.add(audio["url"])
        assert (await world.client.get(audio["url"])).content == b"sound"
    assert len(seen) == 4


async def test_key_without_a_listener_gets_one(world: World) -> None:
    """A key older than its listener works as well."""
    await world.complete(audio=b"sound")

    def forget(tx: WriteTx) -> None:
        tx.execute(listeners.delete().where(listeners.c.reference == world.ours.key.id))

    await world.services.database.write(forget)
    [row] = await recent(world)
    url = row["data"]["audio"]["url"]
    assert (await world.client.get(url)).status_code == 200


async def test_account_without_voicegrams_gets_one_sample(world: World) -> None:
    """contracts/voicegram.md 4.3: exactly one synthetic row with fixed ids, whose link answers 403."""
    await world.complete(tenant=world.theirs)
    for query in ("", "?limit=50"):
        [row] = await recent(world, query)
        data = row["data"]
        assert (row["event_id"], data["id"]) == ("evt_sample-00000001", "vg_sample_00000001")
        assert row["delivered_at"] == to_iso(world.clock.now())
        assert data["created_at"] < data["completed_at"] < row["delivered_at"] < data["audio"]["expires_at"]
        assert data["audio"]["url"] == f"{ORIGIN}/api/listen/vg_sample_00000001?t=sample"
        assert (await world.client.get(data["audio"]["url"])).json()["error"] == "link_invalid"
        world.clock.advance(DAY)


async def test_voicegram_without_speech(world: World, receiver: Receiver) -> None:
    """contracts/voicegram.md 5, 7.1: no speech: empty transcript, nothing classified; sent all the same."""
    await world.subscribe(receiver.url())
    with patch.multiple(voicegram_world, SUMMARY=NO_SUMMARY, TRANSCRIPT=""):
        await world.complete()
    await world.work()
    for body in (*await recent(world), receiver.received[0].event):
        assert body["data"]["summary"] == NO_SUMMARY
        assert body["data"]["transcript"]["text"] == ""
