"""Recording channels and the workspace (contracts/votel.md 18, contracts/voicegram.md 9)."""

from __future__ import annotations

import asyncio

import pytest

from votel_world import ORIGIN, OpenWorld, World, fault


async def test_campaign(world: World) -> None:
    """votel.md 0.6 and 18: CRUD, with the page's address."""
    world.clock.advance(5)
    body = {
        "kind": "campaign",
        "name": " Winter ",
        "greeting": "Hello",
        "notify_emails": ["A@Example.com"],
        "is_active": False,
        "host": "ignored.example.com",
    }
    made = await world.post("/recording-channels", json=body)
    assert made.status_code == 201
    channel = made.json()
    assert channel == {
        "id": channel["id"],
        "kind": "campaign",
        "name": "Winter",
        "host": None,
        "slug": "winter",
        "is_active": False,
        "status": "active",
        "agent_id": None,
        "greeting": "Hello",
        "notify_emails": ["a@example.com"],
        "embed_code": None,
        "public_url": f"{ORIGIN}/v/acme/winter",
        "last_seen_at": None,
        "voicegram_count": 0,
        "created_at": "2026-09-21T14:13:20.005Z",
        "updated_at": "2026-09-21T14:13:20.005Z",
    }
    path = f"/recording-channels/{channel['id']}"
    assert (await world.get(path)).json() == channel
    world.clock.advance(5)
    changed = (await world.request("PATCH", path, json={"slug": "cold", "is_active": True})).json()
    assert changed == {
        **channel,
        "slug": "cold",
        "is_active": True,
        "public_url": f"{ORIGIN}/v/acme/cold",
        "updated_at": "2026-09-21T14:13:20.010Z",
    }
    listed = (await world.get("/recording-channels")).json()
    assert (listed["total"], listed["recording_channels"][0]) == (3, changed)
    gone = await world.request("DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    for method in ("GET", "PATCH", "DELETE"):
        answer = await world.request(method, path)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Recording channel not found"})
    again = await world.post("/recording-channels", json={**body, "slug": "cold"})
    assert again.status_code == 201, "a deleted row frees its slug"


async def test_domain(world: World) -> None:
    """votel.md 18 and voicegram.md 9: the script to embed."""
    made = await world.post("/recording-channels", json={"kind": "domain", "host": "WWW.Example.net."})
    channel = made.json()
    assert (channel["host"], channel["name"], channel["public_url"]) == (
        "www.example.net",
        "www.example.net",
        None,
    )
    expected = f'<script src="{ORIGIN}/widget.js" data-channel="{channel["id"]}" async></script>'
    assert channel["embed_code"] == expected


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"slug": None}, "slug"),
        ({"slug": "a--b"}, "slug"),
        ({"greeting": "x" * 10_000}, "greeting"),
        ({"greeting": "a\0b"}, "greeting"),
        ({"notify_emails": ["a@example.com", "b"]}, "notify_emails.1"),
        ({"notify_emails": ["a@example.com"] * 21}, "notify_emails"),
        ({"is_active": 1}, "is_active"),
    ],
)
async def test_refused_changes(world: World, change: dict[str, object], field: str) -> None:
    """votel.md 0.4: and nothing of the change is kept."""
    path = f"/recording-channels/{world.ours.campaign.id}"
    before = (await world.get(path)).json()
    assert fault(await world.request("PATCH", path, json=change))["field"] == field
    assert (await world.get(path)).json() == before


async def test_workspace(world: World) -> None:
    """voicegram.md 9: a-z, 0-9 and single hyphens, 3 to 40 characters, not reserved, not taken."""
    assert (await world.get("/workspace")).json() == {
        "subdomain": "acme",
        "public_url": f"{ORIGIN}/v/acme",
    }
    for wrong, code in {
        "ab": "invalid",
        "x" * 41: "invalid",
        "-abc": "invalid",
        "a--b": "invalid",
        "Acme": "invalid",
        "a.b": "invalid",
        "abc\n.": "invalid",
        "admin": "reserved",
        "other": "taken",
    }.items():
        found = fault(await world.request("PATCH", "/workspace", json={"subdomain": wrong}))
        assert (found["field"], found["code"]) == ("subdomain", code), wrong
    assert fault(await world.request("PATCH", "/workspace", json={}))["code"] == "required"
    for name in ("acme", "acme-2"):
        answer = await world.request("PATCH", "/workspace", json={"subdomain": name})
        assert answer.json() == {"subdomain": name, "public_url": f"{ORIGIN}/v/{name}"}
    assert (await world.public("GET", "/acme-2/autumn")).status_code == 200
    assert (await world.public("GET", "/acme/autumn")).status_code == 404


async def test_operators_block_list(open_world: OpenWorld) -> None:
    """voicegram.md 9: brands are kept by the operator."""
    world = await open_world(blocked_subdomains=["brand"])
    found = fault(await world.request("PATCH", "/workspace", json={"subdomain": "brand"}))
    assert found["code"] == "reserved"


async def test_one_winner_for_a_subdomain(world: World) -> None:
    """voicegram.md 9: unique, also when two accounts ask at once."""
    body = {"subdomain": "wanted"}
    answers = await asyncio.gather(
        world.request("PATCH", "/workspace", json=body),
        world.request("PATCH", "/workspace", json=body, tenant=world.theirs),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    [lost] = [answer for answer in answers if answer.status_code == 400]
    assert fault(lost)["code"] == "taken"
