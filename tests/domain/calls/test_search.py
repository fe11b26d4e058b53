"""What a search of calls finds, as it becomes known (vocatech.md 5.1; issue 3: names and transcripts)."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from antiphon.core.clock import DAY, SECOND, ManualClock
from antiphon.core.db.database import Database
from antiphon.core.db.day_counts import DayCounts
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.accounts.commands import create_account
from antiphon.domain.calls import queries
from antiphon.domain.calls.analysis import store_transcript
from antiphon.domain.calls.commands import end_call, start_call
from antiphon.domain.calls.erasure import delete_call
from antiphon.domain.calls.queries import list_feed
from antiphon.domain.calls.records import CallDirection, CallFilters, NewSegment, SegmentType, StartCall, Turn
from antiphon.domain.calls.segments import add_segment
from antiphon.migrations.runner import migrate_sqlite

CALLER, COMPANY = "+15550100143", "+15550100100"


@pytest.fixture
async def account_id(database: Database) -> str:
    return (await database.write(create_account, name="Office")).id


async def _call(database: Database, account_id: str, clock: ManualClock, sid: str, **changes: Any) -> str:
    def make(tx: WriteTx) -> str:
        start = StartCall(
            carrier="simulator",
            direction=CallDirection.INBOUND,
            call_sid=sid,
            from_number=CALLER,
            to_number=COMPANY,
            **changes,
        )
        call = start_call(tx, account_id, start)
        end_call(tx, account_id, call.id, at=clock.now() + SECOND)
        return call.id

    clock.advance(SECOND)
    return await database.write(make)


async def _found(database: Database, account_id: str, query: str, **filters: Any) -> list[str]:
    page = await database.read(list_feed, account_id, CallFilters(search=query, **filters), 25, 0)
    assert page.total == len(page.rows)
    return [row.id for row in page.rows]


async def test_a_call_is_found_by_what_is_known_of_it(
    database: Database, account_id: str, clock: ManualClock
) -> None:
    first = await _call(database, account_id, clock, "CA1", remote_name="Harbor Tools", extension="204")
    second = await _call(database, account_id, clock, "CA2", extension_name="Parts desk")
    assert await _found(database, account_id, "arbor t") == [second, first]  # both of one contact
    assert await _found(database, account_id, "parts") == [second]
    assert await _found(database, account_id, "drill") == []
    turns = [Turn("agent", "Good morning.", 0, 900, 1.0), Turn("caller", "A drill press.", 900, 1800, 1.0)]
    await database.write(store_transcript, account_id, first, turns)
    assert await _found(database, account_id, "DRILL pre") == [first]
    assert await _found(database, account_id, "morning. a drill") == []
    segment = NewSegment(SegmentType.HUNT_GROUP, clock.now(), extension="777")
    await database.write(add_segment, account_id, second, segment)
    assert await _found(database, account_id, "777") == [second]
    assert await _found(database, account_id, "204") == [first]
    await database.write(delete_call, account_id, first)
    for query in ("drill", "204", "harbor tools"):
        assert first not in await _found(database, account_id, query)


async def test_digits_of_numbers_count_only_when_asked_for(
    database: Database, account_id: str, clock: ManualClock
) -> None:
    call_id = await _call(database, account_id, clock, "CA1")
    assert await _found(database, account_id, "0100-143") == []
    assert await _found(database, account_id, "0100-143", with_numbers=True) == [call_id]
    assert await _found(database, account_id, "43", with_numbers=True) == [call_id]


@pytest.mark.parametrize("short_calls", [0, 1000])
async def test_filters_count_exactly_either_way(
    database: Database,
    account_id: str,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    short_calls: int,
) -> None:
    """The index and the calls of a short range give the same."""
    monkeypatch.setattr(queries, "SHORT_CALLS", short_calls)
    start = clock.now()
    made = []
    for number in range(3):
        made.append(
            await _call(
                database, account_id, clock, f"CA{number}", remote_name="Ada", extension=f"30{number}"
            )
        )
        clock.advance(DAY)
    since, until = start + DAY, start + 3 * DAY
    assert await _found(database, account_id, "ada", since=since, until=until) == made[:0:-1]
    assert await _found(database, account_id, "ada", since=since, status="completed") == []
    assert await _found(database, account_id, "ada", since=since, extension="301") == [made[1]]
    assert await _found(database, account_id, made[2].upper(), since=since) == [made[2]]
    assert await _found(database, account_id, made[0], since=since) == []
    other = (await database.write(create_account, name="Other")).id
    assert await _found(database, other, "ada", since=since) == []
    assert await _found(database, other, made[2]) == []


@pytest.mark.parametrize("few_segments", [-1, 1000])
async def test_filters_by_segments_count_exactly_either_way(
    database: Database,
    account_id: str,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    few_segments: int,
) -> None:
    """contracts/vocatech.md 5.1: any segment; looked up for each call, or of all segments of the account."""
    monkeypatch.setattr(queries, "FEW_SEGMENTS", few_segments)
    monkeypatch.setattr(DayCounts, "at_most", lambda *given: 0)
    other = (await database.write(create_account, name="Other")).id
    await _call(database, other, clock, "CA0", remote_name="Ada", extension="204")
    start = clock.now()
    made = [
        await _call(database, account_id, clock, f"CA{number}", remote_name="Ada", extension=extension)
        for number, extension in enumerate(("204", "204", "205", None))
    ]
    segment = NewSegment(SegmentType.HUNT_GROUP, clock.now(), extension="204", user_id="someone")
    await database.write(add_segment, account_id, made[2], segment)

    async def found(**filters: Any) -> list[str]:
        page = await database.read(list_feed, account_id, CallFilters(**filters), 25, 0)
        assert page.total == len(page.rows)
        return [row.id for row in page.rows]

    for query in (None, "ada"):
        assert await found(search=query, extension="204") == [made[2], made[1], made[0]]
        assert await found(search=query, extension="205") == [made[2]]
        assert await found(search=query, user_id="someone") == [made[2]]
        assert await found(search=query, extension="205", user_id="someone", since=start) == [made[2]]
        assert await found(search=query, extension="206") == []
        assert await found(search=query, extension="204", until=start + SECOND) == [made[0]]


def test_one_call_reads_its_own_segments_alone(tmp_path: Path) -> None:
    """SQLite has no statistics; it must not read all segments of an extension for each call."""
    path = tmp_path / "plan.db"
    migrate_sqlite(path)
    names = ("account_id", "since", "until", "user_id", "extension")
    plan = queries._count(("since", "until", "each user_id", "each extension")).sqlite(dict.fromkeys(names))
    raw = sqlite3.connect(path)
    steps = [
        row[3]
        for row in raw.execute(f"EXPLAIN QUERY PLAN {plan.sql}", plan.values(dict.fromkeys(names, "1")))
    ]
    raw.close()
    assert "ix_calls_account_id_started_at_id" in steps[0], steps
    looked_up = [step for step in steps if "call_segments" in step]
    assert len(looked_up) == 2
    assert all("sqlite_autoindex_call_segments_1 (call_id=?)" in step for step in looked_up), steps
