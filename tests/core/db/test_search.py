"""Search indexes follow their tables, find substrings and count them exactly (docs/decisions/0017)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import ColumnElement, bindparam, create_engine, text

from antiphon.core.clock import SystemClock
from antiphon.core.db.database import Database
from antiphon.core.db.postgres import PostgresDatabase
from antiphon.core.db.search import Columns, Needles, needles_of, normalise, spelled, whole
from antiphon.core.db.search_schema import install, sqlite_objects
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.events import EventBus
from antiphon.core.ids import new_id
from antiphon.domain.accounts.commands import create_account
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
    for account_id, entry in raw.execute("SELECT account_id, entry FROM contacts_search ORDER BY entry"):
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
    needles = Needles(("word",))
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
                contact_search.parameters("sqlite", "a", needles).get(name, 5)
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
