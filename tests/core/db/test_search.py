"""Search indexes follow their tables, find substrings and count them exactly (docs/decisions/0017)."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import ColumnElement, bindparam, create_engine, text

from antiphon.core.clock import DAY, SystemClock
from antiphon.core.db.database import Database
from antiphon.core.db.postgres import PostgresDatabase
from antiphon.core.db.search import Needles, needles_of
from antiphon.core.db.search_parts import Columns
from antiphon.core.db.search_schema import install, sqlite_objects
from antiphon.core.db.search_text import normalise, spelled, whole
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.events import EventBus
from antiphon.core.ids import new_id
from antiphon.domain.accounts.commands import create_account
from antiphon.domain.calls import queries as call_queries
from antiphon.domain.calls.queries import list_feed
from antiphon.domain.calls.records import CallFilters
from antiphon.domain.calls.tables import calls
from antiphon.domain.contacts.tables import contact_search, contacts
from antiphon.migrations.runner import migrate_sqlite
from antiphon.migrations.schema import SEARCH_INDEXES


def _row(account_id: str, number: int, search_text: str) -> dict[str, Any]:
    return {
        "id": f"id-{account_id[-8:]}-{number:04}",
        "account_id": account_id,
        "number": number,
        "first_name": "",
        "last_name": "",
        "company": "",
        "source": "manual",
        "custom": "{}",
        "tags": "[]",
        "search_text": search_text,
        "interaction_count": 0,
        "created_at": number,
        "updated_at": 0,
    }


async def _account(database: Database, *texts: str) -> str:
    def make(tx: WriteTx) -> str:
        account = create_account(tx, name="Search")
        tx.jobs.clear()
        if texts:
            tx.execute(
                contacts.insert(), [_row(account.id, number, found) for number, found in enumerate(texts)]
            )
        return account.id

    return await database.write(make)


def _no_conditions(columns: Columns) -> Sequence[ColumnElement[bool]]:
    return ()


def _from_two(columns: Columns) -> Sequence[ColumnElement[bool]]:
    return (columns.created_at >= bindparam("since"),)


def _by_number(columns: Columns) -> Sequence[ColumnElement[Any]]:
    return (columns.number,)


def _find(
    tx: ReadTx,
    account_id: str,
    needles: Needles,
    *,
    since: int | None = None,
    limit: int = 100,
    offset: int = 0,
    scan: bool = False,
) -> tuple[list[int], int]:
    ids, total = contact_search.find(
        tx,
        account_id,
        needles,
        shape=("since",) if since is not None else (),
        conditions=_no_conditions if since is None else _from_two,
        order=_by_number,
        parameters={"limit": limit, "offset": offset, "since": since},
        scan=scan,
    )
    return [int(one[-4:]) for one in ids], total


async def _found(database: Database, account_id: str, query: str, **options: Any) -> list[int]:
    needles = needles_of(query, phones=True, past_head=options.pop("past_head", False))
    assert needles is not None
    numbers, total = await database.read(_find, account_id, needles, **options)
    assert total == len(numbers)
    scanned = await database.read(_find, account_id, needles, **{**options, "scan": True})
    assert scanned == (numbers, total)
    return numbers


TEXTS = (
    "acme\tann marie lee\nann@example.org\n" + spelled("+13125550143"),
    "100%_\\fun\tjose\n" + spelled("+13125550144"),
    normalise("Größe\nMünchen") + "\tfoo 'bar' \"baz\" *",
    "\tacme 日本語の名前" + whole("204") + whole("2045"),
    "",
)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ANN MAR", [0]),
        ("acme", [0, 3]),
        ("n@exa", [0]),
        ("(312) 555-014", [0, 1]),
        ("3125550144", [1]),
        ("43 312", []),
        ("100%_", [1]),
        ("100_", []),
        ("\\fu", [1]),
        ("%", [1]),
        ("GROSSE mun", [2]),
        ("munchen", [2]),
        ("'bar' \"baz\" *", [2]),
        ('"baz', [2]),
        ("ann OR jose", []),
        ("ann* NEAR", []),
        ("head : acme", []),
        ("lee ann", []),
        ("acme ann", []),
        ("日本語", [3]),
        ("日本", [3]),
        ("204", []),
        ("nmnknq", []),
        ("bfff", []),
        ("cfffabed", []),
        ("dcdade", []),
        ("me", [0, 3]),
        ("ee", [0]),
        ("se", [1, 2]),
        (" *", [2]),
        ('z"', [2]),
        ("名前", [3]),
        ("fu", [1]),
        ("xq", []),
        ("43", [0]),
        ("nm", []),
        ("cf", []),
        ("zzz", []),
    ],
)
async def test_queries(database: Database, query: str, found: list[int]) -> None:
    """contracts/votel.md 0.6: a case-blind substring, phones by digits; nothing in a query is an operator."""
    account_id = await _account(database, *TEXTS)
    await _account(database, *TEXTS)
    assert await _found(database, account_id, query) == found


def test_two_letters_are_counted_on_the_text_index(tmp_path: Path) -> None:
    """SQLite looks up the trigrams that begin with them, each by itself, and reads no row of the table."""
    path = tmp_path / "terms.db"
    migrate_sqlite(path)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        for number, found in enumerate(("acme\tada", "ada ash\tada", "\tham", "\tsalad ab")):
            connection.execute(contacts.insert(), _row("a" * 36, number, found))
        tx = ReadTx(connection, 0)
        assert needles_of("ad") == Needles(("ad",))
        assert Needles(("ad",)).mode("sqlite") == "sqlite"
        wanted = {
            ("ad", False): '"ad " OR "ada"',
            ("ab", False): '"ab\n"',
            ("ad", True): 'rest : ("ad " OR "ada")',
            ("sh", False): '"sh\n"',
            ("qq", False): '"qq\n"',
        }
        for (query, past_head), match in wanted.items():
            needles = Needles((query,), past_head)
            found = contact_search.parameters(tx, "sqlite", "a" * 36, needles)
            assert found["needles"] == match
    engine.dispose()


async def test_the_first_part_may_be_left_out(database: Database) -> None:
    account_id = await _account(database, *TEXTS)
    assert await _found(database, account_id, "acme", past_head=True) == [3]
    assert await _found(database, account_id, "ac", past_head=True) == [3]
    assert await _found(database, account_id, "munchen", past_head=True) == []
    assert await _found(database, account_id, "555 0143", past_head=True) == [0]


async def test_a_whole_value_is_found_by_all_of_it(database: Database) -> None:
    account_id = await _account(database, *TEXTS)
    for value, wanted in (("204", [3]), ("2045", [3]), ("20", []), ("045", [])):
        assert await database.read(_find, account_id, Needles((whole(value),))) == (wanted, len(wanted))


async def test_a_whole_number_is_found_by_all_of_it(database: Database) -> None:
    """Even and odd numbers of digits, in any place of two; a search for words finds none of them."""
    stored = ("+13125550143", "+1312555014", "+131255501430", "+23125550143")
    account_id = await _account(
        database, *(f"ann\tbody{whole(value)}{whole('+15550100100')}" for value in stored)
    )
    for place, value in enumerate(stored):
        found = await database.read(_find, account_id, Needles((whole(value),)))
        assert found == ([place], 1)
    assert await _found(database, account_id, "3125550143") == []
    assert await database.read(_find, account_id, Needles((whole("+13125550"),))) == ([], 0)


def test_a_query_without_text_asks_nothing() -> None:
    assert needles_of(None) is needles_of("") is needles_of(" \x00 ") is None


async def test_pages_and_filters_keep_the_exact_total(database: Database) -> None:
    account_id = await _account(database, *(f"\tcommon {number}" for number in range(7)))
    needles = Needles(("common",))
    read = database.read
    assert await read(_find, account_id, needles, limit=3) == ([0, 1, 2], 7)
    assert await read(_find, account_id, needles, limit=3, offset=6) == ([6], 7)
    assert await read(_find, account_id, needles, limit=3, offset=9) == ([], 7)
    assert await read(_find, account_id, needles, limit=0) == ([], 7)
    assert await read(_find, account_id, needles, since=5) == ([5, 6], 2)


async def test_the_index_follows_the_row(database: Database) -> None:
    account_id = await _account(database, "\tfirst words", "\tother words")

    def change(tx: WriteTx, **values: Any) -> None:
        tx.execute(
            contacts.update()
            .where(contacts.c.account_id == account_id, contacts.c.number == 0)
            .values(**values)
        )

    async def found(query: str, **options: Any) -> list[int]:
        return await _found(database, account_id, query, **options)

    await database.write(change, search_text="\tsecond words")
    assert (await found("first"), await found("second"), await found("words")) == ([], [0], [0, 1])
    await database.write(change, created_at=50)
    assert await found("words", since=50) == [0]
    await database.write(change, deleted_at=1)
    assert await found("words") == [1]
    await database.write(change, deleted_at=None, search_text="\tthird words")
    assert (await found("second"), await found("third"), await found("words")) == ([], [0], [0, 1])

    def erase(tx: WriteTx) -> None:
        tx.execute(contacts.delete().where(contacts.c.account_id == account_id))

    await database.write(erase)
    assert await found("words") == []

    def rolled_back(tx: WriteTx) -> None:
        tx.execute(contacts.insert(), _row(account_id, 9, "\tnever words"))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await database.write(rolled_back)
    assert await found("words") == []


def test_entries_of_an_account_lie_together(tmp_path: Path) -> None:
    """The index of SQLite is read within the account, whoever writes in between."""
    path = tmp_path / "scopes.db"
    migrate_sqlite(path)
    raw = sqlite3.connect(path)
    accounts = [new_id() for _ in range(3)]
    for number in range(6):
        row = _row(accounts[number % 3], number, f"\tword {number}")
        raw.execute(
            f"INSERT INTO contacts ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",  # own names
            list(row.values()),
        )
    places: dict[str, set[int]] = {}
    for account_id, entry in raw.execute(
        "SELECT account_id, entry FROM contacts_search JOIN contacts USING (id) ORDER BY entry"
    ):
        places.setdefault(account_id, set()).add(entry >> 40)
    assert sorted(len(found) for found in places.values()) == [1, 1, 1]
    assert len(set.union(*places.values())) == 3
    plan = raw.execute(
        "EXPLAIN QUERY PLAN SELECT 1 FROM contacts_search WHERE entry > 5 << 40 ORDER BY entry DESC LIMIT 1"
    ).fetchall()
    assert "USING INTEGER PRIMARY KEY" in plan[0][3]
    raw.close()


def test_the_text_index_leads_the_plan(tmp_path: Path) -> None:
    """SQLite has no statistics; its plan must not walk the rows of an account instead."""
    path = tmp_path / "plan.db"
    migrate_sqlite(path)
    source = contact_search.source("sqlite", 1)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        statement = (
            source.columns.id.table.select()
            .with_only_columns(source.columns.id)
            .select_from(source.rows)
            .where(*source.conditions, source.columns.created_at > 5)
        )
        compiled = str(statement.compile(engine, compile_kwargs={"literal_binds": False}))
        plan = connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {compiled}",
            tuple(
                {"account_id": "a", "needles": '"word"'}.get(name, 5)
                for name in statement.compile(engine).positiontup or ()
            ),
        ).all()
    engine.dispose()
    steps = [row[3] for row in plan]
    assert steps[0].startswith("SCAN contacts_search_text VIRTUAL TABLE INDEX"), steps
    assert any("SEARCH contacts_search USING INTEGER PRIMARY KEY" in step for step in steps), steps


def test_what_a_migration_tore_is_made_anew(tmp_path: Path) -> None:
    """A rebuilt table loses its triggers; the next run of the migrations finds out and fills the index."""
    path = tmp_path / "torn.db"
    migrate_sqlite(path)
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("DROP TRIGGER contacts_search_insert")
    row = _row("a" * 36, 1, "acme\tann lee")
    raw.execute(
        f"INSERT INTO contacts ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",  # own names
        list(row.values()),
    )
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        install(connection, SEARCH_INDEXES)
    engine.dispose()
    match = "SELECT count(*) FROM contacts_search_text WHERE contacts_search_text MATCH '\"ann\"'"
    assert raw.execute(match).fetchone() == (1,)
    made = dict(raw.execute("SELECT name, sql FROM sqlite_master WHERE name LIKE '%search%'"))
    for index in SEARCH_INDEXES:
        for name, sql in sqlite_objects(index).items():
            assert made[name] == sql
    raw.close()


SENTENCE = "\tcommon words"
NEWEST = 1_700_000_000_000
STEP = 7 * 60 * 60 * 1000


def _call(account_id: str, number: int, **values: Any) -> dict[str, Any]:
    """One of each direction in turn; in the order of time backwards, two at a time, some in a day."""
    at = NEWEST - number // 2 * STEP
    return {
        "id": f"id-{account_id[-8:]}-{number:04}",
        "account_id": account_id,
        "carrier": "simulator",
        "call_sid": f"CA{number}",
        "direction": ("inbound", "outbound", "internal")[number % 3],
        "status": "completed",
        "from_number": "+15550100100",
        "to_number": "+15550100101",
        "started_at": at,
        "ended_at": at + 1000,
        "duration_seconds": 1,
        "cost_micros": 0,
        "stt_seconds": 0.0,
        "tts_characters": 0,
        "metadata": "{}",
        "is_test": False,
        "search_text": SENTENCE,
        "created_at": at,
        **values,
    }


@pytest.fixture
def small_windows(small_windows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no range of time is so short that its rows are read."""
    monkeypatch.setattr(call_queries, "SHORT_CALLS", -1)


async def _feed(
    database: Database, account_id: str, query: str, limit: int, offset: int = 0, **filters: Any
) -> tuple[list[int], int]:
    wanted = CallFilters(search=query, **filters)
    page = await database.read(list_feed, account_id, wanted, limit, offset)
    return [int(row.id[-4:]) for row in page.rows], page.total


@pytest.mark.usefixtures("small_windows")
async def test_lists_of_parts_are_exact(database: Database) -> None:
    """Newest first whatever order the rows came in, the total over all parts of the list."""

    def make(tx: WriteTx) -> tuple[str, str]:
        first, second = (create_account(tx, name=name).id for name in ("First", "Second"))
        tx.jobs.clear()
        for account_id in (first, second):
            rows = [_call(account_id, number) for number in range(60)]
            # Some rare ones, far back; one of a test, one that goes on.
            rows[57]["search_text"] = rows[58]["search_text"] = "\tcommon rarity"
            rows[6]["is_test"], rows[7]["ended_at"] = True, None
            tx.execute(calls.insert(), rows[30:] + rows[:30])
        return first, second

    account_id, _ = await database.write(make)
    every = [number for pair in range(0, 60, 2) for number in (pair + 1, pair)]
    shown = [number for number in every if number % 3 != 2 and number not in (6, 7)]
    for query, wanted in (
        ("common", shown),
        ("words", [one for one in shown if one not in (57, 58)]),
        ("rarity", [57, 58]),
    ):
        for limit, offset in ((3, 0), (5, 7), (2, 30), (100, 0), (3, 99), (0, 0)):
            found = await _feed(database, account_id, query, limit, offset)
            assert found == (wanted[offset : offset + limit], len(wanted)), (query, limit, offset)
    inbound = [one for one in shown if one % 3 == 0]
    assert await _feed(database, account_id, "common", 4, 2, direction="inbound") == (
        inbound[2:6],
        len(inbound),
    )
    internal = [one for one in every if one % 3 == 2]
    with_internal = await _feed(database, account_id, "common", 4, direction="internal", with_internal=True)
    assert with_internal == (internal[:4], len(internal))
    assert await _feed(database, account_id, "common", 4, direction="internal") == ([], 0)
    since, until = NEWEST - 20 * STEP, NEWEST - 12 * STEP
    between = [one for one in shown if 12 <= one // 2 <= 20]
    found_between = await _feed(database, account_id, "common", 3, 1, since=since, until=until)
    assert found_between == (between[1:4], len(between))
    assert await _feed(database, account_id, "common", 3, since=NEWEST + 1) == ([], 0)
    assert await _feed(database, account_id, "common", 3, since=until, until=since) == ([], 0)
    assert await _feed(database, "nobody", "common", 3) == ([], 0)


@pytest.mark.usefixtures("small_windows")
async def test_lists_of_parts_agree_with_a_plain_scan(database: Database) -> None:
    """Any mix of filters, ranges that cut days and ranges that do not, times beyond any day among them."""
    chance = random.Random(7)
    first_day = NEWEST // DAY
    edges = [first_day * DAY + chance.choice((0, -1, 1, DAY // 2)) + day * DAY for day in range(-6, 7)]
    rows: list[dict[str, Any]] = []

    def make(tx: WriteTx) -> str:
        account_id = create_account(tx, name="Mixed").id
        tx.jobs.clear()
        for number in range(300):
            at = chance.choice(edges) + chance.choice((0, 0, 1, -1, chance.randrange(DAY)))
            at = chance.choice((at,) * 30 + (-5, 0, 10**16))
            row = _call(
                account_id,
                number,
                started_at=at,
                ended_at=None if chance.random() < 0.1 else at,
                is_test=chance.random() < 0.1,
                status=chance.choice(("completed", "completed", "busy", "failed")),
                direction=chance.choice(("inbound", "outbound", "internal")),
                search_text=chance.choice(("\tcommon words", "\tother words", "\tcommon")),
            )
            rows.append(row)
        tx.execute(calls.insert(), rows)
        return account_id

    account_id = await database.write(make)
    for _ in range(200):
        filters: dict[str, Any] = {"with_internal": chance.random() < 0.5}
        for name, value in (
            ("direction", chance.choice(("inbound", "outbound", "internal"))),
            ("is_answered", chance.random() < 0.5),
            ("status", chance.choice(("completed", "busy", "failed"))),
            ("since", chance.choice((*edges, -9, 0, 10**15))),
            ("until", chance.choice((*edges, -9, 0, 10**15))),
        ):
            if chance.random() < 0.4:
                filters[name] = value
        query = chance.choice(("common", "words", "common words", "other", "on", "ds", "th"))
        wanted = sorted(
            (row for row in rows if _passes(row, query, CallFilters(**filters))),
            key=lambda row: (row["started_at"], row["id"]),
            reverse=True,
        )
        limit, offset = chance.choice((1, 3, 25)), chance.choice((0, 0, 2, 40))
        found = await _feed(database, account_id, query, limit, offset, **filters)
        page = [int(row["id"][-4:]) for row in wanted[offset : offset + limit]]
        assert found == (page, len(wanted)), (query, filters)


def _passes(row: dict[str, Any], query: str, filters: CallFilters) -> bool:
    is_completed = row["status"] == "completed"
    return (
        query in row["search_text"]
        and row["ended_at"] is not None
        and not row["is_test"]
        and (filters.with_internal or row["direction"] != "internal")
        and filters.direction in (None, row["direction"])
        and filters.status in (None, row["status"])
        and filters.is_answered in (None, is_completed)
        and (filters.since is None or row["started_at"] >= filters.since)
        and (filters.until is None or row["started_at"] <= filters.until)
    )


@pytest.mark.usefixtures("small_windows")
async def test_rows_change_their_part(database: Database) -> None:
    """A call is listed from its end on."""

    def make(tx: WriteTx) -> str:
        account_id = create_account(tx, name="Ends").id
        tx.jobs.clear()
        tx.execute(calls.insert(), [_call(account_id, number, ended_at=None) for number in range(9)])
        return account_id

    def change(tx: WriteTx, account_id: str, **values: Any) -> None:
        tx.execute(calls.update().where(calls.c.account_id == account_id).values(**values))

    account_id = await database.write(make)
    assert await _feed(database, account_id, "common", 9) == ([], 0)
    await database.write(change, account_id, ended_at=5)
    assert await _feed(database, account_id, "common", 9) == ([1, 0, 3, 4, 7, 6], 6)
    await database.write(change, account_id, started_at=NEWEST - 9 * DAY)
    older = {"since": NEWEST - 10 * DAY, "until": NEWEST - 8 * DAY}
    assert await _feed(database, account_id, "common", 9, **older) == ([7, 6, 4, 3, 1, 0], 6)
    assert await _feed(database, account_id, "common", 9, since=NEWEST - 8 * DAY) == ([], 0)
    await database.write(change, account_id, direction="internal", search_text="\tother")
    assert await _feed(database, account_id, "other", 9) == ([], 0)
    assert (await _feed(database, account_id, "other", 9, with_internal=True))[1] == 9
    assert await _feed(database, account_id, "common", 9, with_internal=True) == ([], 0)


@pytest.mark.postgres
async def test_without_the_extension_searches_still_find(
    clean_postgres_url: str, postgres_database: PostgresDatabase
) -> None:
    """A managed server may refuse pg_trgm: the narrow copies are read instead."""
    account_id = await _account(postgres_database, *TEXTS)
    database = PostgresDatabase(clean_postgres_url, SystemClock(), EventBus(), pool_size=2)
    async with database.engine.connect() as connection:
        await connection.execute(text("DROP INDEX contacts_search_text"))
        await connection.commit()
    try:
        assert await _found(database, account_id, "ann mar") == [0]
    finally:
        async with database.engine.begin() as connection:
            await connection.run_sync(install, SEARCH_INDEXES)
        await database.stop()
    async with postgres_database.engine.connect() as connection:
        made = (await connection.execute(text("SELECT to_regclass('contacts_search_text')"))).scalar()
    assert made is not None
