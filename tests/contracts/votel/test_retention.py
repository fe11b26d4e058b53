"""What was said and written ends with the account's time for it (contracts/votel.md 11.1)."""

from __future__ import annotations

from antiphon.core.clock import DAY
from antiphon.core.jobs.registry import JobContext, JobRegistry
from antiphon.domain.calls.records import Turn
from antiphon.domain.retention import RetentionJobs
from inbox_world import call_of, inbox, receive, thread_of
from votel_world import OpenWorld, World, add_voicegram

SEARCHES = ("/voicegrams?search=please", "/activity/calls?search=drill")


async def retain(world: World) -> None:
    registry = JobRegistry()
    RetentionJobs(world.services).register(registry)
    await registry.jobs["words.retention"].handler({}, JobContext(1, False, 1))


async def test_transcripts_and_messages(open_world: OpenWorld) -> None:
    """votel.md 11.1: each by its own days; the summary and what is younger stay, null keeps for ever."""
    world = await inbox(open_world)
    voicegram_id = await add_voicegram(world)
    turns = [Turn("caller", "One more drill press", 0, 900, 0.9)]
    call_id = await call_of(world, "+13125550199", summary="Asks for a drill press.", turns=turns)
    old = await receive(world, "Where is my parcel?")
    world.clock.advance(20 * DAY)
    await receive(world, "It is here.")
    await retain(world)
    assert len(await thread_of(world, old.conversation_id)) == 2
    for path in SEARCHES:
        assert (await world.get(path)).json()["total"] == 1, path
    body = {"retention": {"transcripts_days": 10, "messages_days": 10}}
    assert (await world.request("PATCH", "/account", json=body)).status_code == 200
    await retain(world)
    assert [line["body"] for line in await thread_of(world, old.conversation_id)] == ["It is here."]
    voicegram = (await world.get(f"/voicegrams/{voicegram_id}")).json()
    assert (voicegram["transcript"]["text"], voicegram["transcript"]["words"]) == ("", [])
    assert voicegram["summary"]["text"] == "Asks for the price list."
    call = (await world.get(f"/activity/calls/{call_id}")).json()
    assert (call["transcript"], call["summary"]) == ([], "Asks for a drill press.")
    for path in SEARCHES:
        assert (await world.get(path)).json()["total"] == 0, path
    await retain(world)
    assert len(await thread_of(world, old.conversation_id)) == 1
