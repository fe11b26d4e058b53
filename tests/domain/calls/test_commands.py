"""Calls from ringing to the end: times, states, counters, contacts and events on both stores."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from antiphon.core.clock import DAY, MINUTE, SECOND, ManualClock
from antiphon.core.db.database import Database
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.core.events import events
from antiphon.core.jobs.requests import JobRequest
from antiphon.domain.accounts.commands import create_account
from antiphon.domain.accounts.records import Plan
from antiphon.domain.accounts.tables import account_counters
from antiphon.domain.calls.analysis import complete_analysis, store_transcript
from antiphon.domain.calls.commands import answer_call, end_call, import_call, start_call
from antiphon.domain.calls.erasure import delete_call
from antiphon.domain.calls.queries import find_call, get_call, list_calls
from antiphon.domain.calls.recordings import attach_recording, delete_recording
from antiphon.domain.calls.records import (
    Call,
    CallDirection,
    CallFilters,
    CallStatus,
    NewSegment,
    SegmentType,
    StartCall,
    Turn,
)
from antiphon.domain.calls.segments import add_segment
from antiphon.domain.calls.tables import call_days
from antiphon.domain.contacts.queries import get_contact

CALLER, COMPANY = "+15550100143", "+15550100100"


def ring(sid: str = "CA1", **changes: Any) -> StartCall:
    values: dict[str, Any] = {
        "carrier": "simulator",
        "direction": CallDirection.INBOUND,
        "call_sid": sid,
        "from_number": CALLER,
        "to_number": COMPANY,
        **changes,
    }
    return StartCall(**values)


@pytest.fixture
async def account_id(database: Database) -> str:
    account = await database.write(create_account, name="Office", plan=Plan.PRO)
    return account.id


async def begin(database: Database, account_id: str, start: StartCall | None = None) -> Call:
    return await database.write(start_call, account_id, start or ring())


def _told(tx: ReadTx, account_id: str) -> list[tuple[str, dict[str, Any]]]:
    rows = tx.all(
        select(events.c.type, events.c.data)
        .where(events.c.account_id == account_id, events.c.type.like("call.%"))
        .order_by(events.c.id)
    )
    return [(row.type, msgspec.json.decode(row.data)) for row in rows]


def _counted(tx: ReadTx, account_id: str) -> tuple[int, int]:
    """The unfiltered total, and the sum over the days."""
    total = tx.scalar(
        select(account_counters.c.value).where(
            account_counters.c.account_id == account_id, account_counters.c.name == "calls"
        )
    )
    days = tx.all(select(call_days.c.value).where(call_days.c.account_id == account_id))
    return total or 0, sum(row.value for row in days)


async def test_a_call_from_ringing_to_the_end(
    database: Database, account_id: str, clock: ManualClock
) -> None:
    """contracts/votel.md 5.6, contracts/voicory.md 9."""
    began = clock.now()
    call = await begin(database, account_id)
    assert (call.status, call.remote_number, call.group_number) == (CallStatus.RINGING, CALLER, COMPANY)
    clock.advance(5 * SECOND)
    call = await database.write(
        answer_call, account_id, call.id, at=clock.now(), extension="204", extension_name="Parts desk"
    )
    assert (call.status, call.answered_at) == (CallStatus.IN_PROGRESS, clock.now())
    clock.advance(MINUTE)
    call = await database.write(
        end_call, account_id, call.id, at=clock.now(), ended_reason="caller_hangup", cost_micros=71_200
    )
    assert (call.status, call.started_at, call.ended_at) == (CallStatus.COMPLETED, began, clock.now())
    assert (call.duration_seconds, call.cost_micros, call.ended_reason) == (60, 71_200, "caller_hangup")
    [segment] = (await database.read(get_call, account_id, call.id)).segments
    assert (segment.order, segment.type, segment.extension) == (1, SegmentType.EXTENSION, "204")
    assert (segment.started_at, segment.ended_at) == (call.started_at, call.ended_at)
    told = await database.read(_told, account_id)
    assert [type for type, _ in told] == ["call.started", "call.answered", "call.ended"]
    assert {data["id"] for _, data in told} == {call.id}
    assert told[2][1]["status"] == "completed"
    assert await database.read(_counted, account_id) == (1, 1)
    assert call.contact_id is not None
    contact = await database.read(get_contact, account_id, call.contact_id)
    assert (contact.interaction_count, contact.last_interaction_at) == (1, call.ended_at)
    assert (contact.source, contact.phones) == ("phone", (CALLER,))


async def test_callbacks_twice_and_in_reverse_order(
    database: Database, account_id: str, clock: ManualClock
) -> None:
    """Issue 3, section 4: an end before the answer before the start loses and reverts nothing."""
    now = clock.now()
    call = await begin(database, account_id, ring(from_number=None, started_at=now))
    for _ in range(2):
        call = await database.write(
            end_call, account_id, call.id, at=now, status=CallStatus.COMPLETED, duration_seconds=50
        )
    assert (call.started_at, call.ended_at, call.contact_id) == (now, now, None)
    for _ in range(2):
        call = await begin(database, account_id, ring(started_at=now - MINUTE))
        assert (call.status, call.started_at, call.from_number) == (
            CallStatus.COMPLETED,
            now - MINUTE,
            CALLER,
        )
        [stage] = call.segments
        assert (stage.started_at, stage.ended_at) == (now - MINUTE, now), "the journey begins with the call"
    for _ in range(2):
        call = await database.write(answer_call, account_id, call.id, at=now - 50 * SECOND)
    assert (call.status, call.answered_at) == (CallStatus.COMPLETED, now - 50 * SECOND)
    assert call.segments == (await database.read(get_call, account_id, call.id)).segments
    assert call.duration_seconds == 50
    told = [type for type, _ in await database.read(_told, account_id)]
    assert told == ["call.started", "call.ended", "call.updated", "call.answered"], "the caller was told late"
    assert await database.read(_counted, account_id) == (1, 1)
    assert call.contact_id is not None
    assert (await database.read(get_contact, account_id, call.contact_id)).interaction_count == 1


async def test_an_answer_after_a_missed_end_changes_nothing(database: Database, account_id: str) -> None:
    call = await begin(database, account_id)
    missed = await database.write(
        end_call, account_id, call.id, at=call.started_at + SECOND, status=CallStatus.BUSY
    )
    assert await database.write(answer_call, account_id, call.id, at=call.started_at) == missed
    assert missed.duration_seconds == 0


@pytest.mark.parametrize(
    ("answered", "status", "found"),
    [
        (True, None, CallStatus.COMPLETED),
        (False, None, CallStatus.NO_ANSWER),
        (False, CallStatus.BUSY, CallStatus.BUSY),
        (False, CallStatus.FAILED, CallStatus.FAILED),
    ],
)
async def test_how_a_call_ends(
    database: Database, account_id: str, answered: bool, status: CallStatus | None, found: CallStatus
) -> None:
    """contracts/voicory.md 9."""
    call = await begin(database, account_id)
    at = call.started_at + 10 * SECOND
    if answered:
        await database.write(answer_call, account_id, call.id, at=call.started_at + SECOND)
    call = await database.write(end_call, account_id, call.id, at=at, status=status)
    assert call.status is found
    assert call.duration_seconds == (9 if answered else 0)


async def test_an_open_status_does_not_end_a_call(database: Database, account_id: str) -> None:
    call = await begin(database, account_id)
    with pytest.raises(DomainError):
        await database.write(end_call, account_id, call.id, at=0, status=CallStatus.RINGING)


async def test_equal_callbacks_at_the_same_moment_are_one_call(database: Database, account_id: str) -> None:
    made = await asyncio.gather(*(begin(database, account_id) for _ in range(8)))
    assert len({call.id for call in made}) == 1
    told = await database.read(_told, account_id)
    assert [type for type, _ in told] == ["call.started"]


async def test_the_same_id_of_another_carrier_or_account_is_another_call(
    database: Database, account_id: str
) -> None:
    other = await database.write(create_account, name="Other", plan=Plan.PRO)
    first = await begin(database, account_id)
    second = await begin(database, account_id, ring(carrier="twilio"))
    third = await begin(database, other.id)
    assert len({first.id, second.id, third.id}) == 3
    with pytest.raises(NotFoundError):
        await database.read(get_call, other.id, first.id)
    for command in (answer_call, end_call):
        with pytest.raises(NotFoundError):
            await database.write(command, other.id, first.id, at=0)
    assert await database.read(find_call, other.id, "twilio", "CA1") is None


async def test_tests_and_internal_calls_are_counted_apart(database: Database, account_id: str) -> None:
    """contracts/voicory.md 8.1: only ended calls with an outside party, no tests."""
    for start in (
        ring("a"),
        ring("b", is_test=True),
        ring("c", direction=CallDirection.INTERNAL, from_number=None, to_number=None),
    ):
        call = await begin(database, account_id, start)
        await database.write(end_call, account_id, call.id, at=call.started_at)
    await begin(database, account_id, ring("d"))
    assert await database.read(_counted, account_id) == (1, 2)
    page = await database.read(list_calls, account_id, CallFilters(), 10, 0)
    assert [call.call_sid for call in page.items] == ["a"]
    page = await database.read(list_calls, account_id, CallFilters(with_internal=True), 10, 0)
    assert ({call.call_sid for call in page.items}, page.total) == ({"a", "c"}, 2)


async def test_the_journey_is_in_time_order_and_closed_with_the_call(
    database: Database, account_id: str
) -> None:
    """contracts/vocatech.md 5.1: all segments in time order."""
    call = await begin(database, account_id)
    at = call.started_at
    late = NewSegment(SegmentType.EXTENSION, at + 18 * SECOND, extension="204")
    for segment in (late, NewSegment(SegmentType.AUTO_ATTENDANT, at, at + 18 * SECOND), late):
        await database.write(add_segment, account_id, call.id, segment)
    await database.write(end_call, account_id, call.id, at=at + MINUTE)
    found = (await database.read(get_call, account_id, call.id)).segments
    assert [(one.order, one.type) for one in found] == [
        (1, SegmentType.AUTO_ATTENDANT),
        (2, SegmentType.EXTENSION),
    ]
    assert [one.ended_at for one in found] == [at + 18 * SECOND, at + MINUTE]


async def test_no_segment_ends_before_it_began(database: Database, account_id: str) -> None:
    """contracts/vocatech.md 5.1: a duration is never negative, whatever the clocks of a carrier say."""
    call = await begin(database, account_id)
    at = call.started_at
    await database.write(
        add_segment, account_id, call.id, NewSegment(SegmentType.AI_AGENT, at + 9 * SECOND, at)
    )
    await database.write(
        add_segment, account_id, call.id, NewSegment(SegmentType.EXTENSION, at + 10 * SECOND)
    )
    ended = await database.write(end_call, account_id, call.id, at=at + 8 * SECOND)
    late = NewSegment(SegmentType.VOICEMAIL, at + 12 * SECOND)
    await database.write(add_segment, account_id, call.id, late)
    found = (await database.read(get_call, account_id, call.id)).segments
    assert [(one.ended_at or 0) - one.started_at for one in found] == [0, 0, 0]
    assert ended.segments == found[:2]


async def test_turns_fall_into_the_segments_they_were_spoken_in(database: Database, account_id: str) -> None:
    """contracts/vocatech.md 5.1: `<speaker>: <words>`, one turn per line, per segment."""
    call = await begin(database, account_id)
    at = call.started_at
    await database.write(answer_call, account_id, call.id, at=at)
    for segment in (
        NewSegment(SegmentType.AI_AGENT, at, at + 10 * SECOND),
        NewSegment(SegmentType.EXTENSION, at + 10 * SECOND, extension="204"),
    ):
        await database.write(add_segment, account_id, call.id, segment)
    turns = [
        Turn("agent", "Good morning.", 0, 2000, 0.9),
        Turn("caller", "A drill press.", 2500, 6000, 0.8),
        Turn("user", "Parts desk.", 11_000, 13_000, 0.7),
    ]
    call = await database.write(store_transcript, account_id, call.id, turns, engine="test")
    assert [one.transcription for one in call.segments] == [
        "AI: Good morning.\nCaller: A drill press.",
        "Agent: Parts desk.",
    ]
    assert call.turns == turns
    assert await database.write(complete_analysis, account_id, call.id)
    assert not await database.write(complete_analysis, account_id, call.id)
    [data] = [data for type, data in await database.read(_told, account_id) if type == "call.analyzed"]
    assert data["transcription"] == "AI: Good morning.\nCaller: A drill press.\n\nAgent: Parts desk."


async def test_a_recording_is_analysed_once_the_call_has_ended(database: Database, account_id: str) -> None:
    """A recording may come before or after the end, and twice."""

    def jobs(tx: WriteTx, call_id: str, end_first: bool) -> list[JobRequest]:
        if end_first:
            end_call(tx, account_id, call_id, at=tx.now)
        attach_recording(tx, account_id, call_id, source_url="https://example.org/a.wav")
        attach_recording(tx, account_id, call_id, source_url="https://example.org/b.wav")
        if not end_first:
            assert not tx.jobs
            end_call(tx, account_id, call_id, at=tx.now)
        return list(tx.jobs)

    for sid, end_first in (("a", True), ("b", False)):
        call = await begin(database, account_id, ring(sid))
        found = await database.write(jobs, call.id, end_first)
        assert {job.key for job in found} == {f"call.fetch:{call.id}:first"}
        stored = await database.read(get_call, account_id, call.id)
        assert stored.recording_source == "https://example.org/a.wav"


async def test_deletion_erases_and_uncounts(database: Database, account_id: str) -> None:
    call = await begin(database, account_id)
    await database.write(attach_recording, account_id, call.id, source_key="calls/a")
    call = await database.write(end_call, account_id, call.id, at=call.started_at)

    def delete(tx: WriteTx) -> list[str]:
        delete_call(tx, account_id, call.id)
        return [job.key for job in tx.jobs]

    assert await database.write(delete) == ["objects.delete:calls/a"]
    with pytest.raises(NotFoundError):
        await database.read(get_call, account_id, call.id)
    assert await database.read(_counted, account_id) == (0, 0)
    told = await database.read(_told, account_id)
    assert told.pop() == ("call.deleted", {"contact_id": call.contact_id})
    assert all(data == {} for _, data in told)
    assert call.contact_id is not None
    assert (await database.read(get_contact, account_id, call.contact_id)).interaction_count == 0
    with pytest.raises(NotFoundError):
        await begin(database, account_id)


async def test_a_deleted_recording_leaves_the_call(database: Database, account_id: str) -> None:
    call = await begin(database, account_id)
    await database.write(attach_recording, account_id, call.id, source_key="calls/a")
    await database.write(delete_recording, account_id, call.id)
    call = await database.read(get_call, account_id, call.id)
    assert (call.recording_key, call.recording_source) == (None, None)
    assert call.recording_deleted_at is not None
    again = await database.write(attach_recording, account_id, call.id, source_key="calls/b")
    assert again.recording_source is None


async def test_an_import_is_told_of_once_and_repeatable(database: Database, account_id: str) -> None:
    began = 1_700_000_000_000

    async def bring() -> str | None:
        return await database.write(
            import_call,
            account_id,
            ring(started_at=began),
            status=CallStatus.COMPLETED,
            ended_at=began + MINUTE,
            turns=[Turn("caller", "Hello.", 0, 900, 1.0)],
        )

    call_id = await bring()
    assert call_id is not None
    assert await bring() is None
    call = await database.read(get_call, account_id, call_id)
    assert (call.duration_seconds, call.segments[0].transcription) == (60, "Caller: Hello.")
    assert [name for name, _ in await database.read(_told, account_id)] == ["call.imported"]
    assert await database.read(_counted, account_id) == (1, 1)


async def test_days_follow_a_start_that_was_told_late(database: Database, account_id: str) -> None:
    call = await begin(database, account_id, ring(started_at=20_000 * DAY + SECOND))
    await database.write(end_call, account_id, call.id, at=call.started_at)
    await begin(database, account_id, ring(started_at=20_000 * DAY - SECOND))
    page = await database.read(list_calls, account_id, CallFilters(until=20_000 * DAY - 1), 10, 0)
    assert page.total == len(page.items) == 1
    page = await database.read(list_calls, account_id, CallFilters(since=20_000 * DAY), 10, 0)
    assert page.total == len(page.items) == 0


async def test_one_calls_segments_are_found_without_those_of_its_account(
    database: Database, account_id: str
) -> None:
    """Without statistics SQLite takes an account's index, of millions of rows, for as good as the call's."""
    if database.dialect != "sqlite":
        pytest.skip("PostgreSQL knows how many rows an account has")
    seen: list[str] = []

    def story(tx: WriteTx) -> list[str]:
        driver: Any = tx.connection.connection.driver_connection
        driver.set_trace_callback(seen.append)
        call = start_call(tx, account_id, ring())
        answer_call(tx, account_id, call.id, at=call.started_at)
        segment = NewSegment(SegmentType.AI_AGENT, call.started_at)
        add_segment(tx, account_id, call.id, segment)
        add_segment(tx, account_id, call.id, replace(segment, ended_at=call.started_at))
        end_call(tx, account_id, call.id, at=call.started_at)
        store_transcript(tx, account_id, call.id, [Turn("caller", "Hello", 0, 100, 1.0)])
        delete_call(tx, account_id, call.id)
        driver.set_trace_callback(None)
        touching = {text for text in seen if "call_segments" in text and not text.startswith("INSERT")}
        assert len(touching) >= 5
        return [str(row[3]) for text in touching for row in driver.execute(f"EXPLAIN QUERY PLAN {text}")]

    plan = await database.write(story)
    assert not [step for step in plan if "ix_call_segments_account" in step or step.startswith("SCAN")]
