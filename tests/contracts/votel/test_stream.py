"""Live updates (contracts/votel.md 1.4)."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from sqlalchemy import text

from antiphon.contracts.votel.live import LiveStreams, Times
from antiphon.core.actors import Actor, acting_as
from antiphon.core.clock import DAY, MINUTE
from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event
from antiphon.core.feed import EventFeed
from antiphon.core.ids import new_id
from antiphon.domain.accounts.commands import create_user
from antiphon.domain.accounts.keys import revoke_key
from antiphon.domain.accounts.records import Role
from antiphon.domain.accounts.tables import memberships
from antiphon.domain.conversations.rows import ensure_conversation
from streams import Stream
from votel_world import PASSWORD, OpenWorld, Tenant, World, add_key, add_user, add_voicegram
from waiting import eventually


def live(world: World) -> LiveStreams:
    return cast(LiveStreams, cast(Any, world.front.app).state.live)


def stream(world: World, tenant: Tenant | None = None, *, last: Any = None, **query: str) -> Stream:
    headers = {"X-API-Key": (tenant or world.ours).key}
    if last is not None:
        headers["Last-Event-ID"] = str(last)
    return Stream(world.front, headers, query)


def emit(
    tx: WriteTx,
    account_id: str,
    *types: str,
    object_id: str | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    for name in types:
        tx.emit(Event(account_id, name, object_id or new_id(), data or {}))


async def happen(world: World, *types: str, tenant: Tenant | None = None, **options: Any) -> None:
    await world.services.database.write(emit, (tenant or world.ours).account.id, *types, **options)


async def sign_in(world: World) -> tuple[dict[str, str], str]:
    """The cookie header of a new session, and its CSRF token."""
    answer = await world.client.post("/api/session", json={"email": world.ours.email, "password": PASSWORD})
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"].partition(";")[0]
    world.client.cookies.clear()
    return {"Cookie": cookie}, str(answer.json()["csrf_token"])


async def test_an_event_arrives_as_it_happens(world: World) -> None:
    """votel.md 1.4, 16: id is the account's number, event the catalogue's name, data the envelope."""
    async with stream(world) as opened:
        assert opened.status == 200
        assert opened.headers["content-type"].startswith("text/event-stream")
        assert opened.headers["cache-control"] == "no-store"
        assert "x-ratelimit-limit" in opened.headers
        first = await opened.opening()
        assert first.id is not None
        voicegram_id = await add_voicegram(world)
        received, completed = await opened.next(), await opened.next()
    assert (received.event, received.id) == ("voicegram.received", first.id + 1)
    assert (completed.event, completed.id) == ("voicegram.completed", first.id + 2)
    told = completed.data
    assert set(told) == {"id", "type", "created_at", "account_id", "actor", "data"}
    assert told["type"] == "voicegram.completed"
    assert told["account_id"] == world.ours.account.id
    assert told["actor"] == {"kind": "system", "id": None}
    data = told["data"]
    assert data["id"] == f"vg_{voicegram_id}"
    assert data["transcript"]["text"] == "please send the price list"
    assert data["lead_id"] is data["message_id"] is None, "nobody has looked for its sender here"
    one = (await world.get(f"/voicegrams/{voicegram_id}")).json()
    assert one["event_id"] == told["id"]
    same = ("created_at", "completed_at", "duration_seconds", "sender", "channel", "summary", "tags")
    assert {key: data[key] for key in same} == {key: one[key] for key in same}
    heard = await world.client.get(data["audio"]["url"])
    assert heard.status_code == 200


async def test_who_caused_it_is_told(world: World) -> None:
    """votel.md 16: actor {kind, id}."""
    async with stream(world) as opened:
        await opened.opening()
        with acting_as(Actor("user", world.ours.user_id, "Owner")):
            await happen(world, "message.sent")
        assert (await opened.next()).data["actor"] == {"kind": "user", "id": world.ours.user_id}


async def test_resume_brings_what_was_missed_once(world: World) -> None:
    """votel.md 1.4: Last-Event-ID resumes without loss and without doubles, in a header or the query."""
    async with stream(world) as opened:
        await opened.opening()
        await happen(world, "message.sent", "message.received")
        last = (await opened.next()).id
    types = [f"call.{word}" for word in ("started", "answered", "ended")] * 100
    await happen(world, *types)
    for resumed in (stream(world, last=last), stream(world, last_event_id=str(last))):
        async with resumed:
            assert (await resumed.opening()).event is None
            await happen(world, "message.sent")
            found = [await resumed.next() for _ in range(302)]
        assert last is not None
        assert [item.id for item in found] == list(range(last + 1, last + 303))
        assert [item.event for item in found] == ["message.received", *types, "message.sent"]
        await world.services.database.write(forget_after, world.ours.account.id, last + 301)


def forget_after(tx: WriteTx, account_id: str, number: int) -> None:
    """Take back the last event, so that the next reader finds the same."""
    values = {"account": account_id, "number": number}
    tx.execute(text("DELETE FROM events WHERE account_id = :account AND sequence > :number"), values)
    tx.execute(text("UPDATE event_sequences SET value = :number WHERE account_id = :account"), values)


@pytest.mark.parametrize("last", ["999999", "-3", "abc", "9" * 40, "1e3"])
async def test_unknown_position_is_one_reset(world: World, last: str) -> None:
    """votel.md 1.4: unknown -> one `reset` event, then the stream goes on."""
    async with stream(world, last=last) as opened:
        assert (await opened.opening()).event is None
        reset = await opened.block()
        assert reset.event == "reset"
        await happen(world, "message.sent")
        following = await opened.next()
        assert following.event == "message.sent"
        assert reset.id is not None
        assert following.id == reset.id + 1


async def test_old_position_is_one_reset(world: World) -> None:
    """votel.md 1.4: a 24-hour log; older -> `reset`. Where nothing was missed nothing is reset."""
    await happen(world, "message.sent", "message.sent")
    async with stream(world) as opened:
        last = (await opened.opening()).id
    assert last is not None
    world.clock.advance(DAY)
    async with stream(world, last=last) as opened:
        await opened.opening()
        await happen(world, "message.sent")
        assert (await opened.next()).event == "message.sent"
    async with stream(world, last=last - 1) as opened:
        await opened.opening()
        assert (await opened.next()).event == "reset"


async def test_a_conversation_has_its_leads_calls_and_voicegrams(world: World) -> None:
    """votel.md 1.4: `conversation_id` leaves what is in the thread, and calls and voicegrams are."""
    lead = (await world.post("/leads", json={"first_name": "Ada"})).json()["id"]
    thread = await world.services.database.write(ensure_conversation, world.ours.account.id, lead)
    async with stream(world, conversation_id=thread.id) as opened:
        await opened.opening()
        for data in ({"contact_id": new_id()}, {"contact_id": None}, {"contact_id": lead}):
            await happen(world, "call.ended", data=data)
        await happen(world, "voicegram.completed", data={"lead_id": new_id()})
        await happen(world, "voicegram.completed", data={"lead_id": lead})
        found = [await opened.next() for _ in range(2)]
        before = found[0].id
    assert [item.event for item in found] == ["call.ended", "voicegram.completed"]
    assert before is not None
    assert found[1].id == before + 2, "one of each kind was another's"


async def test_filters(world: World) -> None:
    """votel.md 1.4: `conversation_id` and `types`; the position moves on behind what was not told."""
    live(world).times = Times(comment=0.05)
    ours, other = new_id(), new_id()
    async with (
        stream(world, conversation_id=ours) as one,
        stream(world, types="call.*,message.sent") as some,
    ):
        await one.opening()
        await some.opening()
        await happen(world, "conversation.updated", object_id=other)
        await happen(world, "conversation.updated", object_id=ours)
        await happen(world, "message.received", data={"conversation_id": other})
        await happen(world, "message.received", data={"conversation_id": ours})
        await happen(world, "call.ended", "lead.updated")
        assert (await one.next()).event == "conversation.updated"
        last = await one.next()
        assert (last.event, last.data["type"]) == ("message.received", "message.received")
        ended = await some.next()
        assert ended.event == "call.ended"
        assert ended.id is not None
        await eventually(lambda: _reads(some))
        assert some.last_id == ended.id + 1
    for query in ({"types": "nothing.such"}, {"conversation_id": "x"}):
        answer = await world.get("/conversations/stream", params=query)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] in query


async def _reads(opened: Stream) -> bool:
    """Whether the next block gives a position without an event."""
    found = await opened.block()
    return found.is_comment and found.id is not None


async def test_six_streams(world: World) -> None:
    """votel.md 1.4: 5 streams per user, the 6th is 429; a closed one gives its place back."""
    opened = [stream(world) for _ in range(5)]
    for item in opened:
        await item.__aenter__()
        assert item.status == 200
    async with stream(world) as sixth:
        assert sixth.status == 429
        assert int(sixth.headers["retry-after"]) >= 1
    async with stream(world, world.theirs) as foreign:
        assert foreign.status == 200
    await opened[2].__aexit__(None, None, None)
    async with stream(world) as again:
        assert again.status == 200
    for item in opened:
        await item.__aexit__(None, None, None)
    assert len(live(world)) == 0
    assert world.services.feed.followers == 0


async def test_a_lasting_stream_keeps_its_place(world: World) -> None:
    """votel.md 1.4: a stream holds its place for as long as it lasts, not for one lease."""
    live(world).times = Times(comment=0.01)
    opened = [stream(world) for _ in range(5)]
    for item in opened:
        await item.__aenter__()
    for _ in range(4):
        world.clock.advance(30_000)
        for item in opened:
            for _ in range(3):
                await item.block()
    async with stream(world) as sixth:
        assert sixth.status == 429
    for item in opened:
        await item.__aexit__(None, None, None)


async def test_slow_client_is_reset_and_closed(open_world: OpenWorld) -> None:
    """votel.md 1.4: a client that does not read costs no memory; it is told to reload and closed."""
    world = await open_world()
    world.services.feed = EventFeed(world.services.database, world.services.bus, kept_events=20)
    async with Stream(world.front, {"X-API-Key": world.ours.key}, window=1) as slow:
        await slow.opening()
        async with stream(world) as quick:
            await quick.opening()
            for _ in range(30):
                await happen(world, "message.sent", "message.sent")
                await quick.next()
                last = await quick.next()
        found = await slow.ended()
    numbers = [item.id for item in found if item.event == "message.sent"]
    assert numbers == sorted(set(numbers))
    assert len(numbers) < 60
    assert found[-1].event == "reset"
    assert found[-1].id == last.id


async def test_stuck_client_is_given_up(world: World) -> None:
    """votel.md 1.4: who accepts nothing at all does not hold a place for ever."""
    live(world).times = Times(send=0.05)
    async with Stream(world.front, {"X-API-Key": world.ours.key}, window=1):
        await happen(world, *["message.sent"] * 5)
        await eventually(lambda: len(live(world)) == 0)


async def test_comments_and_end(world: World) -> None:
    """votel.md 1.4: a comment line now and then; the server closes, with a retry time given before."""
    live(world).times = Times(comment=0.01, life=0.1)
    async with stream(world) as opened:
        first = await opened.opening()
        assert first.retry is not None
        found = await opened.ended()
    assert found
    assert all(item.is_comment and item.event is None for item in found)


async def test_sign_out_ends_the_stream(world: World) -> None:
    """votel.md 1.4, issue 4 section 3: nothing is told after the session has ended."""
    cookie, csrf = await sign_in(world)
    other, _ = await sign_in(world)
    async with Stream(world.front, cookie) as ending, Stream(world.front, other) as staying:
        assert ending.status == staying.status == 200
        await ending.opening()
        await staying.opening()
        answer = await world.client.delete("/api/session", headers={**cookie, "X-CSRF-Token": csrf})
        assert answer.status_code == 204
        assert [item.event for item in await ending.ended()] == []
        await happen(world, "message.sent")
        assert (await staying.next()).event == "message.sent"
    async with Stream(world.front, cookie) as again:
        assert again.status == 401


async def test_revoked_key_and_lost_role_end_the_stream(world: World) -> None:
    """votel.md 1.4, 17: what a stream may tell is what its caller may read now."""
    user_id = await add_user(world, Role.MEMBER, "member@example.com")
    key_id, key = await add_key(world, user_id=user_id)
    async with Stream(world.front, {"X-API-Key": key}) as opened:
        await opened.opening()
        await world.services.database.write(revoke_key, world.ours.account.id, key_id)
        assert [item.event for item in await opened.ended()] == []
    _, key = await add_key(world, user_id=user_id)
    async with Stream(world.front, {"X-API-Key": key}) as opened:
        await opened.opening()
        await world.services.database.write(demote, world.ours.account.id, user_id)
        assert [item.event for item in await opened.ended()] == []


def demote(tx: WriteTx, account_id: str, user_id: str) -> None:
    tx.execute(
        memberships.update()
        .where(memberships.c.account_id == account_id, memberships.c.user_id == user_id)
        .values(role=Role.VIEWER.label)
    )
    tx.emit(Event(account_id, "user.updated", user_id))


async def test_only_what_the_role_may_read(world: World) -> None:
    """votel.md 17: settings and keys are the admin's, and a scoped key hears its scopes only."""
    viewer = await add_user(world, Role.VIEWER, "viewer@example.com")
    _, viewer_key = await add_key(world, user_id=viewer)
    _, scoped_key = await add_key(world, scopes=["conversations:read"])
    types = ("webhook.disabled", "api_key.created", "user.joined", "lead.created", "message.sent")
    expected = {
        world.ours.key: list(types),
        viewer_key: ["lead.created", "message.sent"],
        scoped_key: ["message.sent"],
    }
    for key, heard in expected.items():
        async with Stream(world.front, {"X-API-Key": key}) as opened:
            await opened.opening()
            await happen(world, *types)
            assert [(await opened.next()).event for _ in heard] == heard
    _, blind = await add_key(world, scopes=["contacts:read"])
    async with Stream(world.front, {"X-API-Key": blind}) as refused:
        assert refused.status == 403


async def test_accounts_hear_nothing_of_each_other(world: World) -> None:
    """design, section 2: account scope; 401 without a key, 403 for a foreign sub-account."""
    async with stream(world) as opened:
        await opened.opening()
        await happen(world, "message.sent", tenant=world.theirs)
        await happen(world, "message.received")
        found = await opened.next()
        assert (found.event, found.data["account_id"]) == ("message.received", world.ours.account.id)
    async with Stream(world.front, {}) as anonymous:
        assert anonymous.status == 401
    async with stream(world, sub_account_id=world.theirs.account.id) as foreign:
        assert foreign.status == 403


async def test_sub_account_by_query(world: World) -> None:
    """votel.md 0.2: stream routes take `sub_account_id` in the query too."""
    theirs = world.theirs.account.id
    await world.services.database.write(
        create_user, theirs, email=world.ours.email, name="Owner", role=Role.VIEWER, password_hash=None
    )
    cookie, _ = await sign_in(world)
    async with Stream(world.front, cookie, {"sub_account_id": theirs}) as opened:
        assert opened.status == 200
        await opened.opening()
        await happen(world, "message.sent", tenant=world.theirs)
        assert (await opened.next()).data["account_id"] == theirs


async def test_stopping_ends_every_stream(world: World) -> None:
    """votel.md 1.4: a server that stops leaves no stream open, and the next one goes on where it ended."""
    async with stream(world) as opened:
        await opened.opening()
        await happen(world, "message.sent")
        last = (await opened.next()).id
        await world.services.feed.stop()
        assert await opened.ended() == []
    world.services.feed = EventFeed(world.services.database, world.services.bus)
    await happen(world, "message.received")
    async with stream(world, last=last) as resumed:
        await resumed.opening()
        assert (await resumed.next()).event == "message.received"
    world.clock.advance(MINUTE)


async def test_busy_writers_and_coming_readers(world: World) -> None:
    """votel.md 1.4: whoever joins, leaves and comes back while others write misses nothing."""
    total = 300

    async def write() -> None:
        for number in range(total):
            await happen(world, "message.sent", data={"number": number})

    async def read(pieces: int) -> list[int]:
        numbers: list[int] = []
        last: int | None = start
        while len(numbers) < total:
            async with stream(world, last=last) as opened:
                await opened.opening()
                for _ in range(min(pieces, total - len(numbers))):
                    found = await opened.next()
                    assert found.id is not None
                    numbers.append(found.id)
                last = opened.last_id
        return numbers

    async with stream(world) as opened:
        first = await opened.opening()
    assert first.id is not None
    start = first.id
    _, *found = await asyncio.gather(write(), *(read(pieces) for pieces in (7, 40, total)))
    for numbers in found:
        assert numbers == list(range(start + 1, start + total + 1))
