"""Counts by day follow their rows and give exact totals and pages (docs/decisions/0025)."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, delete, select

from antiphon.core.clock import DAY
from antiphon.core.db.database import Database
from antiphon.core.db.day_counts import install_counts
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.domain.accounts.commands import create_account
from antiphon.domain.accounts.tables import accounts
from antiphon.domain.contacts.queries import list_contacts
from antiphon.domain.contacts.records import ContactFilters
from antiphon.domain.contacts.tables import contact_days, contacts, day_counts
from antiphon.migrations.runner import migrate_sqlite
from antiphon.migrations.schema import DAY_COUNTS

TODAY = 19_000
SOURCES = ("phone", "website", "manual")


def _row(account_id: str, number: int, source: str, at: int) -> dict[str, Any]:
    return {
        "id": f"id-{account_id[-8:]}-{number:04}",
        "account_id": account_id,
        "number": number,
        "first_name": "",
        "last_name": "",
        "company": "",
        "source": source,
        "custom": "{}",
        "tags": "[]",
        "search_text": "\t",
        "interaction_count": 0,
        "created_at": at,
        "updated_at": 0,
    }


def _counted(tx: ReadTx, account_id: str) -> dict[tuple[int, str], int]:
    c = contact_days.c
    rows = tx.all(select(c.day, c.source, c.value).where(c.account_id == account_id, c.value != 0))
    return {(row.day, row.source): row.value for row in rows}


def _plain(rows: list[dict[str, Any]]) -> dict[tuple[int, str], int]:
    found: dict[tuple[int, str], int] = {}
    for row in rows:
        if row.get("deleted_at") is None:
            key = row["created_at"] // DAY, row["source"]
            found[key] = found.get(key, 0) + 1
    return found


async def _account(database: Database, rows: list[dict[str, Any]], chance: random.Random) -> str:
    def make(tx: WriteTx) -> str:
        account_id = create_account(tx, name="Counted").id
        tx.jobs.clear()
        for number in range(200):
            at = (TODAY + chance.randrange(-8, 8)) * DAY + chance.choice((0, 1, DAY - 1, DAY // 2))
            rows.append(_row(account_id, number, chance.choice(SOURCES), chance.choice((at,) * 20 + (-1, 0))))
        tx.execute(contacts.insert(), rows)
        return account_id

    return await database.write(make)


async def test_counts_follow_their_rows(database: Database) -> None:
    """Whatever changes a row; a day begins at midnight, also before the epoch."""
    chance = random.Random(3)
    rows: list[dict[str, Any]] = []
    account_id = await _account(database, rows, chance)
    other = await _account(database, [], chance)
    before = await database.read(_counted, other)
    assert await database.read(_counted, account_id) == _plain(rows)

    def change(tx: WriteTx) -> None:
        for row in chance.sample(rows, 60):
            changes: dict[str, Any] = chance.choice(
                (
                    {"source": chance.choice(SOURCES)},
                    {"deleted_at": 5},
                    {"deleted_at": None},
                    {"created_at": row["created_at"] + DAY, "source": "manual"},
                    {"first_name": "Ann"},
                )
            )
            row.update(changes)
            tx.execute(contacts.update().where(contacts.c.id == row["id"]).values(**changes))
        tx.execute(delete(contacts).where(contacts.c.id == rows.pop()["id"]))

    for _ in range(3):
        await database.write(change)
        assert await database.read(_counted, account_id) == _plain(rows)
    assert await database.read(_counted, other) == before

    def fail(tx: WriteTx) -> None:
        change(tx)
        raise RuntimeError

    kept = [dict(row) for row in rows]
    with pytest.raises(RuntimeError):
        await database.write(fail)
    assert await database.read(_counted, account_id) == _plain(kept)


async def test_an_account_goes_with_its_counts(database: Database) -> None:
    account_id = await _account(database, [], random.Random(3))

    def erase(tx: WriteTx) -> None:
        tx.execute(delete(accounts).where(accounts.c.id == account_id))

    await database.write(erase)
    assert await database.read(_counted, account_id) == {}


async def test_lists_agree_with_a_plain_scan(database: Database) -> None:
    """contracts/voicory.md 8.2: `source`, `from` and `to` in any mix, newest first, exact totals."""
    chance = random.Random(11)
    rows: list[dict[str, Any]] = []
    account_id = await _account(database, rows, chance)
    for _ in range(150):
        edges = [(TODAY + chance.randrange(-9, 9)) * DAY + chance.choice((0, -1, 1, 777)) for _ in range(2)]
        filters = ContactFilters(
            source=chance.choice((None, *SOURCES)),
            since=chance.choice((None, edges[0], -DAY)),
            until=chance.choice((None, edges[1], 10**17)),
        )
        wanted = sorted(
            (
                row
                for row in rows
                if filters.source in (None, row["source"])
                and (filters.since is None or row["created_at"] >= filters.since)
                and (filters.until is None or row["created_at"] <= filters.until)
            ),
            key=lambda row: (row["created_at"], row["id"]),
            reverse=True,
        )
        limit, offset = chance.choice((1, 7, 50)), chance.choice((0, 0, 3, 60))
        page = await database.read(
            list_contacts, account_id, filters, limit=limit, offset=offset, newest_first=True
        )
        # The total of no filter is the account's counter, which these rows did not move.
        if filters != ContactFilters():
            assert page.total == len(wanted), filters
            ids = [row["id"] for row in wanted[offset : offset + limit]]
            assert [item.id for item in page.items] == ids, filters


def test_counts_of_lost_triggers_are_made_anew(tmp_path: Path) -> None:
    """A rebuilt table loses its triggers; the next run of the migrations finds out and counts again."""
    path = tmp_path / "torn.db"
    migrate_sqlite(path)
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("DROP TRIGGER contact_days_insert")
    row = _row("a" * 36, 1, "phone", TODAY * DAY)
    raw.execute(
        f"INSERT INTO contacts ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",  # own names
        list(row.values()),
    )
    assert raw.execute("SELECT count(*) FROM contact_days").fetchone() == (0,)
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        install_counts(connection, DAY_COUNTS)
    engine.dispose()
    assert raw.execute("SELECT day, source, value FROM contact_days").fetchall() == [(TODAY, "phone", 1)]
    made = dict(raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    for name, sql in day_counts.sqlite_objects().items():
        assert made[name] == sql
    raw.close()
