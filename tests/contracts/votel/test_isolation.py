"""Two accounts: nothing of one is seen or changed by the other (design, section 2)."""

from __future__ import annotations

import re
from typing import Any

from antiphon.contracts.votel.app import FAMILIES
from antiphon.contracts.votel.routing import Access
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.numbers.commands import create_simulator
from antiphon.domain.webhooks.commands import create_subscription
from inbox_world import SENDER, call_of, receive
from votel_world import OpenWorld, World, add_voicegram, make_dialects

BODIES: dict[str, dict[str, Any]] = {
    "/leads/{id:uuid}/notes": {"content": "a"},
    "/tags/{id:uuid}/merge": {"into_id": "0199d6a0-0000-7000-8000-00000000dead"},
    "/voicegrams/{id:uuid}/links": {"recipient": "Ada"},
    "/voicegrams/{id:uuid}/reprocess": {"steps": ["insight"]},
    "/webhooks/{id:uuid}": {"is_active": True},
    "/conversations/{id:uuid}": {"status": "closed"},
    "/conversations/{id:uuid}/messages": {"channel": "note", "body": "mine"},
    "/messages/{id:uuid}": {"body": "mine"},
    "/activity/calls/{id:uuid}": {"notes": "mine"},
}


async def world_of_two(open_world: OpenWorld) -> tuple[World, dict[str, str]]:
    world = await open_world(dialects=make_dialects(), webhook_allowed_networks=["0.0.0.0/0"])
    theirs = world.theirs
    voicegram_id = await add_voicegram(world, theirs)
    link = await world.post(f"/voicegrams/{voicegram_id}/links", json={"recipient": "Ada"}, tenant=theirs)

    job = await world.post(
        f"/voicegrams/{voicegram_id}/reprocess", json={"steps": ["insight"]}, tenant=theirs
    )
    invitation = await world.post("/invitations", json={"email": "ann@example.org"}, tenant=theirs)

    number = await world.services.database.write(create_simulator, world.services.cipher, theirs.account.id)
    smtp = {"fields": {"host": "mail.example.org", "sender": "a@example.org"}}
    connected = await world.post("/integrations/smtp/connect", json=smtp, tenant=theirs)

    def subscribe(tx: WriteTx) -> str:
        services, dialect = world.services, world.services.dialects["voicegram"]
        made = create_subscription(
            tx, services.cipher, dialect, theirs.account.id, url="https://127.0.0.1:1/"
        )
        return made.subscription.id

    subscription_id = await world.services.database.write(subscribe)
    await world.post(f"/webhooks/{subscription_id}/test", tenant=theirs)
    [tested] = (await world.get(f"/webhooks/{subscription_id}/deliveries", tenant=theirs)).json()[
        "deliveries"
    ]
    delivery_id = tested["delivery_id"]
    number = await world.services.database.write(create_simulator, world.services.cipher, theirs.account.id)
    message = await receive(world, "theirs", number=number)
    files = {"file": ("a.txt", b"theirs", "text/plain")}
    file = await world.post("/storage/attachment", files=files, tenant=theirs)
    call_id = await call_of(world, SENDER, tenant=theirs)
    lead = await world.post("/leads", json={"first_name": "Ada"}, tenant=theirs)
    lead_id = lead.json()["id"]
    note = await world.post(f"/leads/{lead_id}/notes", json={"content": "theirs"}, tenant=theirs)
    tag = await world.post("/tags", json={"name": "theirs"}, tenant=theirs)
    return world, {
        "/leads/": lead_id,
        "/activities/lead/": lead_id,
        "/notes/": note.json()["id"],
        "/tags/": tag.json()["id"],
        "/conversations/": message.conversation_id,
        "/activity/calls/": call_id,
        "/storage/files/": file.json()["id"],
        "/messages/": message.id,
        "/recording-channels/": theirs.campaign.id,
        "/voicegrams/": voicegram_id,
        "/webhooks/": subscription_id,
        "/api-keys/": theirs.key_id,
        "/phone-numbers/": number.id,
        "/integration-connections/": connected.json()["id"],
        "/users/": theirs.user_id,
        "/invitations/": invitation.json()["id"],
        "/jobs/": job.json()["id"],
        "link_id": link.json()["id"],
        "delivery_id": delivery_id,
    }


def keyed_routes_with_ids() -> list[tuple[str, str]]:
    endpoints = [endpoint for family in FAMILIES for endpoint in family.endpoints]
    return [
        (endpoint.method, endpoint.path)
        for endpoint in endpoints
        if "{id:uuid}" in endpoint.path and not endpoint.path.startswith("/public/")
    ]


async def test_every_route_with_an_id(open_world: OpenWorld) -> None:
    """votel.md 0.4: a foreign id is 404 like an absent one, on every route, and nothing changes."""
    world, ids = await world_of_two(open_world)
    routes = keyed_routes_with_ids()
    assert len(routes) >= 18

    def address(path: str) -> str:
        found = next(value for prefix, value in ids.items() if path.startswith(prefix))
        return (
            path.replace("{id:uuid}", found)
            .replace("{link_id:uuid}", ids["link_id"])
            .replace("{delivery_id:uuid}", ids["delivery_id"])
        )

    before = [
        (await world.get(address(path), tenant=world.theirs)).status_code
        for method, path in routes
        if method == "GET"
    ]
    assert set(before) == {200}, "the ids exist for their owner"
    for method, path in routes:
        answer = await world.request(method, address(path), json=BODIES.get(path, {}))
        assert answer.status_code == 404, (method, path, answer.text)
        absent = re.sub(r"{\w+:uuid}", "0199d6a0-0000-7000-8000-00000000dead", path)
        other = await world.request(method, absent, json=BODIES.get(path, {}))
        assert other.status_code == 404, (method, path)
        assert other.content == answer.content, "absent and foreign look the same"
    assert (await world.get("/me", tenant=world.theirs)).status_code == 200, "their key still works"
    their_voicegrams = (await world.get("/voicegrams", tenant=world.theirs)).json()
    assert their_voicegrams["total"] == 1
    hook = (await world.get(f"/webhooks/{ids['/webhooks/']}", tenant=world.theirs)).json()
    assert hook["is_active"] is True


async def test_every_list(open_world: OpenWorld) -> None:
    """design, section 2: a list holds the account's own rows only."""
    world, ids = await world_of_two(open_world)
    lists = [
        endpoint.path
        for family in FAMILIES
        for endpoint in family.endpoints
        if endpoint.method == "GET" and endpoint.access is Access.KEYED and "{" not in endpoint.path
        if not endpoint.is_stream
    ]
    assert {
        "/voicegrams",
        "/recording-channels",
        "/webhooks",
        "/api-keys",
        "/me",
        "/users",
        "/conversations",
    } <= set(lists)
    foreign = {*ids.values(), world.theirs.account.id, world.theirs.user_id, world.theirs.domain.id}
    for path in lists:
        text = (await world.get(path)).text
        assert not [value for value in foreign if value in text], path
