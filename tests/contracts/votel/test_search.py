"""Search over everything (contracts/votel.md 0.7)."""

from __future__ import annotations

from typing import Any

from antiphon.contracts.votel.routes.search import SearchAnswer
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.accounts.records import Role
from antiphon.domain.contacts.commands import create_contact
from call_fixtures import make_call
from votel_world import World, add_key, add_user, add_voicegram, fault


async def found(world: World, query: str, **options: Any) -> list[tuple[str, str]]:
    answer = await world.get(f"/search?{query}", **options)
    assert answer.status_code == 200, answer.text
    SearchAnswer.model_validate(answer.json(), strict=True)
    assert answer.json()["total"] == len(answer.json()["results"])
    return [(hit["kind"], hit["title"]) for hit in answer.json()["results"]]


async def test_every_kind(world: World) -> None:
    """Leads by name, email and phone, voicegrams by their words, calls by the contact's name."""

    def write(tx: WriteTx) -> None:
        account_id = world.ours.account.id
        create_contact(tx, account_id, first_name="Ada", last_name="Price", phones=("+12025550143",))
        make_call(tx, account_id, at=tx.now - 100_000, remote="+12025550143")
        theirs = world.theirs.account.id
        create_contact(tx, theirs, first_name="Ada", last_name="Price", phones=("+12025550143",))

    await world.services.database.write(write)
    await add_voicegram(world)
    await add_voicegram(world, world.theirs)
    assert await found(world, "q=PRICE") == [
        ("lead", "Ada Price"),
        ("voicegram", "visitor@example.org"),
        ("call", "Ada Price"),
    ]
    assert await found(world, "q=price&kinds=voicegrams,lead") == [
        ("lead", "Ada Price"),
        ("voicegram", "visitor@example.org"),
    ]
    assert await found(world, "q=555-0143") == [("lead", "Ada Price")]
    for nothing in ("", "q=", "q=p", "q=%20", "q=nobody"):
        assert await found(world, nothing) == []
    assert fault(await world.get("/search?q=ab&kinds=lead,robot"))["field"] == "kinds"


async def test_within_ones_reads(world: World) -> None:
    """votel.md 17: what a key may not read, it does not find."""
    await world.post("/leads", json={"first_name": "Price"})
    await add_voicegram(world)
    keys = {
        scope: {"X-API-Key": (await add_key(world, scopes=[scope]))[1]}
        for scope in ("contacts:read", "conversations:*", "audit:read")
    }
    for scope, kind in (("contacts:read", "lead"), ("conversations:*", "voicegram")):
        assert [hit[0] for hit in await found(world, "q=price", headers=keys[scope])] == [kind]
    assert await found(world, "q=price", headers=keys["audit:read"]) == []
    viewer = await add_user(world, Role.VIEWER, "v@example.com")
    own = {"X-API-Key": (await add_key(world, user_id=viewer))[1]}
    assert len(await found(world, "q=price", headers=own)) == 2
