"""What texts find is counted beforehand, and exact whatever changes (docs/decisions/0029)."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func, select, text

from antiphon.core.clock import DAY, SystemClock
from antiphon.core.db import search_counts_build
from antiphon.core.db.database import Database
from antiphon.core.db.postgres import PostgresDatabase
from antiphon.core.db.search import Needles, needles_of
from antiphon.core.db.search_counts import CountedText, total_of
from antiphon.core.db.search_counts_build import SETTLED_DAYS, StaleCountsError, TextCounter
from antiphon.core.db.search_grams import FREQUENT, MAX_GRAM, Counts, count_days, prefix_of
from antiphon.core.db.search_text import EITHER, HEAD_END, MAX_SHORT, normalise, spelled, whole
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.domain.accounts.commands import add_to_counter, create_account
from antiphon.domain.calls.activity import CallLogFilters, list_call_log
from antiphon.domain.calls.queries import COUNTER, list_feed
from antiphon.domain.calls.records import CallFilters
from antiphon.domain.calls.search import call_needles, search_text
from antiphon.domain.calls.tables import call_search, calls
from antiphon.domain.search_upkeep import count_texts
from antiphon.speech.workers import MediaPool
from text_counts import count_account, count_here

COUNTS = call_search.text_counts
FIRST_DAY = 19_000
NAMES = ("Ann", "Bo", "ab", "北京", "Zoë", "a+b", "x")
WORDS = ("abba", "cab", "7 ab", "20", "+1 b", "%a_", "Ünal", "so, so", "北 京")
EXTENSIONS = (None, "20", "7", "ab", "204", "+1")
NUMBERS = ("+15550100207", "+4930123", None)
SHORT = (
    "a",
    "b",
    "ab",
    "ba",
    "a ",
    "20",
    "7",
    "07",
    "+1",
    "+2",
    "0",
    "%",
    "_",
    "京",
    "北京",
    "oe",
    "zo",
    "+",
    "xx",
)
LONG = (
    "abba",
    "abb",
    "cab",
    "204",
    "1555",
    "15550100",
    "so, so",
    "7 ab",
    "unal",
    "ann",
    "+1 b",
    "ann ann",
    "%a_",
    "bo\u0301",
)
QUERIES = SHORT + LONG


def _text(chance: random.Random) -> str:
    name, words = (" ".join(chance.choices(some, k=chance.randrange(3))) for some in (NAMES, WORDS))
    own = search_text(
        name,
        chance.choice(NAMES),
        extensions=[chance.choice(EXTENSIONS)],
        numbers=[chance.choice(NUMBERS)],
    )
    return own + normalise(words)


def _finds(needles: Needles, found: str) -> bool:
    looked_at = found.partition(HEAD_END)[2] if needles.past_head else found
    return any(one in looked_at for one in needles.texts)


@pytest.mark.parametrize(
    "needles_for",
    [
        needles_of,
        lambda query: needles_of(query, past_head=True),
        lambda query: needles_of(query, phones=True),
        lambda query: call_needles(query, with_numbers=False),
        lambda query: call_needles(query, with_numbers=True),
    ],
)
def test_counts_are_those_of_a_scan(needles_for: Callable[[str], Needles | None]) -> None:
    """For words, digits of phones and whole extensions, with the name and without; by kinds of rows."""
    chance = random.Random(5)
    rows = [_text(chance) for _ in range(300)]
    [(first, last, number, filed)] = count_days(
        [(FIRST_DAY, at % 3, row) for at, row in enumerate(rows)], 7, 9, 400, is_open=False
    )
    assert (first, last, number) == (7, 9, 300)
    known = 0
    for query in QUERIES:
        needles = needles_for(query)
        assert needles is not None
        text = needles.counted()
        if text is None:
            # Of a phone, what is typed besides digits and one with a plus.
            assert len(needles.texts) > 1
            continue
        of_text = Needles(
            tuple(one for one in needles.texts if one not in text.absent), past_head=needles.past_head
        )
        for kinds in ({0, 1, 2}, {1}):
            wanted = sum(_finds(of_text, row) for at, row in enumerate(rows) if at % 3 in kinds)
            total = total_of(dict(filed).get(prefix_of(text.text)), text, kinds)
            if total is None:
                assert len(text.text) > MAX_SHORT
                assert wanted < FREQUENT * len(rows)
            else:
                assert total == wanted, (query, kinds)
                known += len(text.text) > MAX_SHORT
    assert known > 8


def test_what_is_not_counted() -> None:
    assert Needles(("ab", "other")).counted() is None
    assert Needles((".1", spelled(".1"))).counted() is None
    assert Needles(("+15", spelled("+15"))).counted() is None
    assert Needles(("a" * (MAX_GRAM + 1),)).counted() is None
    assert Needles(("20", whole("20")), past_head=True).counted() is None
    both = ("20", spelled("20"), whole("20"))
    assert Needles(both).counted() == CountedText("20", ((EITHER, 1),))
    [(_, _, _, filed)] = count_days([(1, 0, f"ann\t{spelled('1')}{whole('+1555')}")], 1, 1, 1, is_open=False)
    assert {prefix for prefix, _ in filed} == {"a", "n", "1", "+"}


def _call(account_id: str, number: int, chance: random.Random) -> dict[str, Any]:
    at = (FIRST_DAY + chance.randrange(30)) * DAY + chance.choice((0, 1, DAY - 1, DAY // 2))
    return {
        "id": f"id-{account_id[-8:]}-{number:04}",
        "account_id": account_id,
        "carrier": "simulator",
        "call_sid": f"CA{number}",
        "direction": chance.choice(("inbound", "outbound", "internal")),
        "status": chance.choice(("completed", "busy")),
        "from_number": "+15550100100",
        "to_number": "+15550100101",
        "started_at": chance.choice((at,) * 30 + (-5, 10**16)),
        "ended_at": None if chance.random() < 0.1 else at,
        "duration_seconds": 1,
        "cost_micros": 0,
        "stt_seconds": 0.0,
        "tts_characters": 0,
        "metadata": "{}",
        "is_test": chance.random() < 0.1,
        "search_text": _text(chance),
        "created_at": at,
        "deleted_at": None,
    }


def _passes(row: dict[str, Any], needles: Needles, filters: CallFilters) -> bool:
    return (
        _finds(needles, row["search_text"])
        and row["ended_at"] is not None
        and row["deleted_at"] is None
        and not row["is_test"]
        and (filters.with_internal or row["direction"] != "internal")
        and filters.direction in (None, row["direction"])
        and filters.status in (None, row["status"])
        and filters.is_answered in (None, row["status"] == "completed")
        and (filters.since is None or row["started_at"] >= filters.since)
        and (filters.until is None or row["started_at"] <= filters.until)
    )


async def _account(database: Database, rows: list[dict[str, Any]], chance: random.Random) -> str:
    def make(tx: WriteTx) -> str:
        account_id = create_account(tx, name="Counted").id
        tx.jobs.clear()
        rows.extend(_call(account_id, number, chance) for number in range(200))
        tx.execute(calls.insert(), rows)
        return account_id

    return await database.write(make)


async def _total(database: Database, account_id: str, query: str) -> int:
    wanted = CallFilters(search=query, with_internal=True)
    return (await database.read(list_feed, account_id, wanted, 5, 0)).total


def _noted(tx: ReadTx) -> int:
    return int(tx.scalar(select(func.count()).select_from(COUNTS.changes)))


def _covered(tx: ReadTx, account_id: str) -> list[tuple[int, int]]:
    b = COUNTS.blocks.c
    rows = tx.all(select(b.first_day, b.last_day).where(b.account_id == account_id).order_by(b.first_day))
    return [(row.first_day, row.last_day) for row in rows]


@pytest.mark.usefixtures("small_blocks")
async def test_lists_agree_with_a_plain_scan(database: Database) -> None:
    """Whatever was counted, changed since, came late or left; with filters and ranges that cut days."""
    chance = random.Random(11)
    rows: list[dict[str, Any]] = []
    account_id = await _account(database, rows, chance)

    def change(tx: WriteTx) -> None:
        for row in chance.sample(rows, chance.randrange(1, 12)):
            changes: dict[str, Any] = chance.choice(
                (
                    {"search_text": _text(chance)},
                    {"started_at": (FIRST_DAY + chance.randrange(-9, 40)) * DAY},
                    {"status": "busy", "direction": "inbound"},
                    {"deleted_at": chance.choice((None, 5))},
                    {"is_test": chance.random() < 0.5},
                    {"ended_at": chance.choice((None, 7))},
                    {"cost_micros": 3},
                )
            )
            row.update(changes)
            tx.execute(calls.update().where(calls.c.id == row["id"]).values(**changes))
        gone = rows.pop(chance.randrange(len(rows)))
        tx.execute(calls.delete().where(calls.c.id == gone["id"]))
        late = _call(account_id, 1000 + len(rows) + chance.randrange(10**6), chance)
        late["started_at"] -= chance.randrange(60) * DAY
        rows.append(late)
        tx.execute(calls.insert(), late)

    async def compare() -> None:
        for _ in range(25):
            filters: dict[str, Any] = {"with_internal": chance.random() < 0.5}
            edge = FIRST_DAY * DAY + chance.choice((0, -1, 1, DAY // 2))
            for name, value in (
                ("direction", chance.choice(("inbound", "outbound", "internal"))),
                ("is_answered", chance.random() < 0.5),
                ("status", chance.choice(("completed", "busy"))),
                ("since", edge + chance.randrange(-20, 25) * DAY),
                ("until", edge + chance.randrange(5, 40) * DAY),
                ("with_numbers", True),
            ):
                if chance.random() < 0.4:
                    filters[name] = value
            query = chance.choice(QUERIES)
            wanted = CallFilters(search=query, **filters)
            needles = call_needles(query, with_numbers=wanted.with_numbers)
            assert needles is not None
            found = sorted(
                (row for row in rows if _passes(row, needles, wanted)),
                key=lambda row: (row["started_at"], row["id"]),
                reverse=True,
            )
            limit, offset = chance.choice((0, 1, 3, 25)), chance.choice((0, 0, 2, 40))
            page = await database.read(list_feed, account_id, wanted, limit, offset)
            assert page.total == len(found), (query, filters)
            ids = [row["id"] for row in found[offset : offset + limit]]
            assert [row.id for row in page.rows] == ids, (query, filters, limit, offset)

    await compare()
    for at in range(12):
        if at % 3 != 2:
            await count_account(database, call_search, account_id)
            assert await database.read(_covered, account_id)
            assert await database.read(_noted) == 0
        await compare()
        await database.write(change)
        assert await database.read(_noted) > 0
        await compare()


@pytest.mark.usefixtures("small_blocks")
async def test_the_log_reads_words_after_the_name(database: Database) -> None:
    rows: list[dict[str, Any]] = []
    account_id = await _account(database, rows, random.Random(3))
    await count_account(database, call_search, account_id)
    for query in ("ab", "b", "京", "20"):
        needles = needles_of(query, past_head=True)
        assert needles is not None
        wanted = {
            row["id"] for row in rows if _passes(row, needles, CallFilters(with_internal=True, status="busy"))
        }
        filters = CallLogFilters(search=query, status="busy")
        page = await database.read(list_call_log, account_id, filters, 200)
        assert ({call.id for call in page.items}, page.total) == (wanted, len(wanted)), query


@pytest.mark.usefixtures("small_blocks")
async def test_totals_are_read_from_the_counts(database: Database) -> None:
    """Days follow each other without a gap and rows of them are looked at for the page alone."""
    rows: list[dict[str, Any]] = []
    account_id = await _account(database, rows, random.Random(4))
    await count_account(database, call_search, account_id)
    covered = await database.read(_covered, account_id)
    assert len(covered) > 5
    assert all(last + 1 == first for (_, last), (first, _) in pairwise(covered))

    def spoil(tx: WriteTx) -> None:
        tx.execute(COUNTS.counts.update().values(counts='{" b":[0,1000,1,1000,2,1000]}'))

    await database.write(spoil)
    page = await database.read(list_feed, account_id, CallFilters(search="ab"), 0, 0)
    assert page.total >= 1000


@pytest.mark.usefixtures("small_blocks")
async def test_a_change_while_its_days_are_counted(database: Database) -> None:
    """It commits after the rows were read: what was counted without it is not believed."""
    rows: list[dict[str, Any]] = []
    account_id = await _account(database, rows, random.Random(8))
    values = {"search_text": "\tqqq", "is_test": False, "ended_at": 5}
    places = iter(rows)

    async def count_and_change(*args: Any) -> list[Counts]:
        row = next(places)
        await database.write(
            lambda tx: tx.execute(calls.update().where(calls.c.id == row["id"]).values(**values)) and None
        )
        return count_days(*args)

    counter = TextCounter(COUNTS, count_and_change)
    for number in range(1, 9):
        await counter.count(database, account_id)
        assert await _total(database, account_id, "qq") == number
        assert await _total(database, account_id, "qqq") == number
    await count_account(database, call_search, account_id)
    assert await database.read(_noted) == 0
    assert await _total(database, account_id, "qq") == 8


@pytest.mark.postgres
@pytest.mark.usefixtures("small_blocks")
async def test_a_change_that_was_open_when_its_days_were_counted(postgres_database: PostgresDatabase) -> None:
    rows: list[dict[str, Any]] = []
    account_id = await _account(postgres_database, rows, random.Random(8))
    values = {"search_text": "\tqq", "is_test": False, "ended_at": 5}
    async with postgres_database.engine.connect() as connection:
        await connection.execute(calls.update().where(calls.c.id == rows[0]["id"]).values(**values))
        await count_account(postgres_database, call_search, account_id)
        assert await _total(postgres_database, account_id, "qq") == 0
        await connection.commit()
    assert await _total(postgres_database, account_id, "qq") == 1
    await count_account(postgres_database, call_search, account_id)
    assert await postgres_database.read(_noted) == 0
    assert await _total(postgres_database, account_id, "qq") == 1


@pytest.mark.usefixtures("small_blocks")
async def test_two_that_count_at_once(database: Database) -> None:
    """As after a pause that cost a job its claim: who comes later keeps nothing, of new days or old."""
    rows: list[dict[str, Any]] = []
    account_id = await _account(database, rows, random.Random(9))

    async def count_beside(*args: Any) -> list[Counts]:
        assert await TextCounter(COUNTS, count_here).count(database, account_id)
        return count_days(*args)

    slow = TextCounter(COUNTS, count_beside)
    with pytest.raises(StaleCountsError):
        await slow.count(database, account_id)
    await count_account(database, call_search, account_id)
    before = await database.read(_covered, account_id)
    changed = calls.update().where(calls.c.id == rows[0]["id"]).values(search_text="\tqq")
    await database.write(lambda tx: tx.execute(changed) and None)
    with pytest.raises(StaleCountsError):
        await slow.count(database, account_id)
    assert await database.read(_covered, account_id) == before
    assert await database.read(_noted) == 0


@pytest.mark.usefixtures("small_blocks")
async def test_a_day_of_too_many_rows_is_read(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of an import that tells no times, whose day would be counted anew with each change."""
    monkeypatch.setattr(search_counts_build, "MOST_ROWS", 60)
    chance = random.Random(2)
    rows: list[dict[str, Any]] = []
    account_id = await _account(database, rows, chance)

    def add(tx: WriteTx) -> None:
        full = {"started_at": (FIRST_DAY + 9) * DAY, "ended_at": 5, "is_test": False, "search_text": "\tqq"}
        tx.execute(calls.insert(), [_call(account_id, 1000 + at, chance) | full for at in range(80)])

    await database.write(add)
    await count_account(database, call_search, account_id)
    assert any(first <= FIRST_DAY + 9 <= last for first, last in await database.read(_covered, account_id))
    assert await _total(database, account_id, "qq") == 80


@pytest.mark.usefixtures("small_blocks")
async def test_recent_days_are_read(database: Database) -> None:
    """Changes of today and yesterday, the most there are, cost no note; no block reaches those days."""
    chance, now = random.Random(2), SystemClock().now()
    account_id = await _account(database, [], chance)

    def add(tx: WriteTx) -> None:
        for number in range(60):
            row = _call(account_id, 1000 + number, chance) | {"search_text": "\tqq", "is_test": False}
            tx.execute(calls.insert(), row | {"started_at": now - number * DAY // 60, "ended_at": now})

    before = await database.read(_noted)
    await database.write(add)
    assert await database.read(_noted) == before
    await count_account(database, call_search, account_id)
    covered = await database.read(_covered, account_id)
    assert covered[-1][1] <= now // DAY - SETTLED_DAYS
    assert await _total(database, account_id, "qq") == 60


@pytest.mark.usefixtures("small_blocks")
async def test_large_accounts_are_counted(database: Database) -> None:
    """And what is kept of accounts that are not large, or gone, is dropped."""
    chance, media = random.Random(6), MediaPool(max_workers=1)
    large, small = [await _account(database, [], chance) for _ in range(2)]

    def count(tx: WriteTx, account_id: str, rows: int) -> None:
        add_to_counter(tx, account_id, COUNTER, rows)

    await database.write(count, large, 100)
    await database.write(count, small, 99)
    await count_texts(database, media, large_rows=100)
    assert await database.read(_covered, large)
    assert not await database.read(_covered, small)
    assert await database.read(_noted) == 0

    def erase(tx: WriteTx) -> None:
        tx.execute(text("DELETE FROM accounts WHERE id = :id"), {"id": large})

    await database.write(erase)
    assert await database.read(_noted) > 0
    await count_texts(database, media, large_rows=100)
    await media.close()
    assert not await database.read(_covered, large)
    assert await database.read(_noted) == 0
