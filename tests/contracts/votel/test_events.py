"""What events tell of their objects (contracts/votel.md 16)."""

from __future__ import annotations

from typing import Any

import pytest

from antiphon.contracts.votel.schemas import RecordingChannel
from antiphon.contracts.votel.schemas_conversations import Conversation, Message
from inbox_world import inbox, receive
from streams import Stream
from votel_world import OpenWorld, World


@pytest.fixture
async def world(open_world: OpenWorld) -> World:
    return await inbox(open_world)


def stream(world: World, types: str) -> Stream:
    return Stream(world.front, {"X-API-Key": world.ours.key}, {"types": types})


async def next_data(opened: Stream) -> dict[str, Any]:
    return dict((await opened.next()).data["data"])


async def test_messages_and_conversations(world: World) -> None:
    """votel.md 16: the object in its REST shape at that moment, and what has changed."""
    async with stream(world, "conversation.*,message.*") as opened:
        await opened.opening()
        message = await receive(world, "Is the drill press here?", name="Ada Example")
        found = {}
        while "message.received" not in found:
            event = await opened.next()
            found[event.event] = event.data["data"]
        told = found["message.received"]["message"]
        Message.model_validate(told)
        assert told == (await world.get(f"/messages/{message.id}")).json() | {
            "updated_at": told["updated_at"]
        }
        Conversation.model_validate(found["conversation.created"]["conversation"])
    path = f"/conversations/{message.conversation_id}"
    async with stream(world, "conversation.*") as opened:
        await opened.opening()
        await world.request("PATCH", path, json={"assigned_to_id": world.ours.user_id})
        names, changes = set(), []
        while "conversation.updated" not in names:
            event = await opened.next()
            names.add(event.event)
            changes = event.data["data"].get("changes", changes)
            Conversation.model_validate(event.data["data"]["conversation"])
        assert {"field": "assigned_to_id", "from": None, "to": world.ours.user_id} in changes


async def test_one_conversation_only(world: World) -> None:
    """votel.md 1.4: `conversation_id` keeps what is in the thread."""
    first = await receive(world, "One", name="Ada Example")
    other = await receive(world, "Two", sender="+12025550188")
    query = {"conversation_id": first.conversation_id, "types": "message.received"}
    async with Stream(world.front, {"X-API-Key": world.ours.key}, query) as opened:
        await opened.opening()
        await receive(world, "Elsewhere", sender="+12025550188")
        await receive(world, "Here", name="Ada Example")
        assert (await next_data(opened))["message"]["body"] == "Here"
    assert other.conversation_id != first.conversation_id


async def test_settings_and_people(world: World) -> None:
    """votel.md 16: users, keys and channels as their routes show them; a key's text never."""
    async with stream(world, "user.*,api_key.*,recording_channel.*,webhook.*,account.*") as opened:
        await opened.opening()
        made = (await world.post("/api-keys", json={"name": "CRM"})).json()
        raw = await opened.next()
        assert made["key"] not in str(raw.data)
        key = raw.data["data"]["api_key"]
        assert key == {name: made[name] for name in key}
        await world.request("DELETE", f"/api-keys/{made['id']}")
        assert (await next_data(opened))["api_key"]["id"] == made["id"]
        invited = await world.post("/invitations", json={"email": "new@example.com", "role": "member"})
        assert invited.status_code == 201, invited.text
        user = (await next_data(opened))["user"]
        assert (user["email"], user["status"]) == ("new@example.com", "invited")
        await world.request("PATCH", f"/users/{user['id']}", json={"role": "admin"})
        changed = await next_data(opened)
        assert changed["user"] == (await world.get(f"/users/{user['id']}")).json()
        assert {"field": "role", "from": "member", "to": "admin"} in changed["changes"]
        channel = (
            await world.post("/recording-channels", json={"kind": "campaign", "name": "Spring"})
        ).json()
        told = (await next_data(opened))["recording_channel"]
        RecordingChannel.model_validate(told)
        assert told == channel
        path = f"/recording-channels/{channel['id']}"
        await world.request("PATCH", path, json={"greeting": "Hi", "is_active": True})
        assert (await next_data(opened))["changes"] == [{"field": "greeting", "from": "", "to": "Hi"}]
        await world.request("DELETE", path)
        assert (await next_data(opened))["recording_channel"]["id"] == channel["id"]


async def test_leads(world: World) -> None:
    """votel.md 16: a lead under `lead`, with where it came from and what changed."""
    async with stream(world, "lead.*") as opened:
        await opened.opening()
        made = (await world.post("/leads", json={"first_name": "Ada", "phone": "+12025550143"})).json()
        told = await next_data(opened)
        shown = told["lead"]
        same = ("id", "first_name", "last_name", "name", "email", "phone", "company", "tags", "created_at")
        assert {name: shown[name] for name in same} == {name: made[name] for name in same}
        assert set(shown) <= set(made)
