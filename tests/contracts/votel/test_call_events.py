"""What events of calls tell, and calls whose party is known late (contracts/votel.md 1, 5.6, 16)."""

from __future__ import annotations

import pytest

from antiphon.contracts.votel.schemas_activity import CallDetail
from antiphon.core.clock import MINUTE, SECOND
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.calls.analysis import complete_analysis, store_results
from antiphon.domain.calls.commands import start_call
from antiphon.domain.calls.records import CallDirection, NewSegment, SegmentType, StartCall, Turn
from call_fixtures import CALLER, COMPANY, make_call
from inbox_world import inbox, receive, thread_of
from votel_world import OpenWorld, World, told

KEYS = set(CallDetail.model_fields)


@pytest.fixture
async def world(open_world: OpenWorld) -> World:
    return await inbox(open_world)


async def test_events_have_every_key_of_the_call(world: World) -> None:
    """votel.md 16: the object in its REST shape at that moment."""
    message = await receive(world, "I will call you", sender=CALLER)

    def call(tx: WriteTx) -> str:
        account_id, at = world.ours.account.id, tx.now - 5 * MINUTE
        call_id = make_call(
            tx,
            account_id,
            at=at,
            turns=[Turn("caller", "When do you open?", 0, 1800, 0.9)],
            segments=[NewSegment(SegmentType.EXTENSION, at, extension="204")],
            metadata={"campaign": "autumn"},
        )
        found = {"summary": "Asks for the hours.", "sentiment_label": "neutral", "sentiment_score": 0.0}
        store_results(tx, account_id, call_id, found)
        complete_analysis(tx, account_id, call_id)
        return call_id

    call_id = await world.services.database.write(call)
    shown = (await world.get(f"/activity/calls/{call_id}")).json()
    assert set(shown) == KEYS
    for verb in ("started", "answered", "ended", "analyzed"):
        [data] = await told(world, f"call.{verb}")
        CallDetail.model_validate(data["call"], strict=True)
        assert set(data["call"]) == KEYS, verb
        assert data["call"]["conversation_id"] == message.conversation_id, verb
        assert data["call"]["metadata"] == {"campaign": "autumn"}, verb
    [analyzed] = await told(world, "call.analyzed")
    assert analyzed["call"] == shown
    [ended] = await told(world, "call.ended")
    assert [leg["extension"] for leg in ended["call"]["legs"]] == ["204"]
    assert (ended["call"]["summary"], ended["call"]["transcript"]) == (None, [])


async def test_a_first_call_has_a_conversation_when_it_ends(world: World) -> None:
    """votel.md 1: the call makes the thread that its event names."""
    call_id = await world.services.database.write(
        lambda tx: make_call(tx, world.ours.account.id, at=tx.now - MINUTE)
    )
    [started], [ended] = await told(world, "call.started"), await told(world, "call.ended")
    assert started["call"]["conversation_id"] is None
    shown = (await world.get(f"/activity/calls/{call_id}")).json()
    assert ended["call"]["conversation_id"] == shown["conversation_id"] is not None


async def test_a_party_that_is_known_late_joins_the_thread(world: World) -> None:
    """votel.md 1: each call stands in its lead's thread, whenever it is known whose it was."""
    account_id, database = world.ours.account.id, world.services.database

    def withheld(tx: WriteTx) -> str:
        return make_call(tx, account_id, at=tx.now - MINUTE, remote=None, call_sid="CA1")

    call_id = await database.write(withheld)
    assert (await world.get("/conversations")).json()["total"] == 0
    late = StartCall("twilio", CallDirection.INBOUND, "CA1", from_number=CALLER, to_number=COMPANY)
    for _ in range(2):
        world.clock.advance(SECOND)
        await database.write(start_call, account_id, late)
    [conversation] = (await world.get("/conversations")).json()["conversations"]
    assert [line["call_id"] for line in await thread_of(world, conversation["id"])] == [call_id]
    shown = (await world.get(f"/activity/calls/{call_id}")).json()
    assert (shown["conversation_id"], shown["lead_id"]) == (conversation["id"], conversation["lead_id"])
