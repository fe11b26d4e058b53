"""`/me` and `/channels` (contracts/voicegram.md 4.1, 4.2)."""

from __future__ import annotations

from antiphon.core.clock import to_iso
from antiphon.domain.accounts.commands import set_plan
from antiphon.domain.accounts.records import Plan
from antiphon.domain.channels.commands import create_channel, delete_channel, update_channel
from antiphon.domain.channels.records import ChannelKind
from voicegram_world import World


async def test_me(world: World) -> None:
    """contracts/voicegram.md 4.1: four fields; the free plan has it too, without a name `Unnamed Account`."""
    assert (await world.get("/api/v1/me")).json() == {
        "account_id": world.ours.account_id,
        "account_name": "Acme",
        "plan_name": "pro",
        "plan_tier_index": 2,
    }
    free = (await world.get("/api/v1/me", tenant=world.free)).json()
    assert (free["account_name"], free["plan_name"], free["plan_tier_index"]) == (
        "Unnamed Account",
        "free",
        0,
    )


async def test_plan_indexes(world: World) -> None:
    """contracts/voicegram.md 2: the five plans and their indexes."""
    found = {}
    for plan in Plan:
        await world.services.database.write(set_plan, world.ours.account_id, plan)
        body = (await world.get("/api/v1/me")).json()
        found[body["plan_name"]] = body["plan_tier_index"]
    assert found == {"free": 0, "starter": 1, "pro": 2, "business": 3, "enterprise": 4}


async def test_channels(world: World) -> None:
    """contracts/voicegram.md 4.2: all channels, inactive ones too, newest first; host or display name."""
    write = world.services.database.write
    world.clock.advance(1)
    name = "Ünïted " + "x" * 190
    newest = await write(create_channel, world.ours.account_id, kind=ChannelKind.CAMPAIGN, name=name)
    await write(update_channel, world.ours.account_id, newest.id, {"is_active": False})
    body = (await world.get("/api/v1/channels")).json()
    assert body["channels"][0] == {
        "id": newest.id,
        "type": "campaign",
        "name": name,
        "is_active": False,
        "created_at": to_iso(world.clock.now()),
    }
    assert {item["id"]: (item["type"], item["name"]) for item in body["channels"][1:]} == {
        world.ours.domain.id: ("domain", "example.com"),
        world.ours.campaign.id: ("campaign", "Autumn survey"),
    }


async def test_no_channels(world: World) -> None:
    """contracts/voicegram.md 4.2: `[]` if none."""
    for channel in (world.ours.domain, world.ours.campaign):
        await world.services.database.write(delete_channel, world.ours.account_id, channel.id)
    assert (await world.get("/api/v1/channels")).json() == {"channels": []}
