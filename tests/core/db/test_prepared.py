"""Prepared reads give what ordinary reads give, on both stores."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from asyncpg import DivisionByZeroError
from sqlalchemy import bindparam, func, select, text

from antiphon.core.db.database import Database
from antiphon.core.db.postgres import PostgresDatabase
from antiphon.core.db.prepared import Prepared, Query
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.domain.accounts.commands import create_account, create_user
from antiphon.domain.accounts.records import Role
from antiphon.domain.accounts.tables import memberships, users

_PEOPLE = (
    select(users.c.email, users.c.password_hash, users.c.is_disabled, memberships.c.role.label("place"))
    .join(memberships, memberships.c.user_id == users.c.id)
    .where(memberships.c.account_id == bindparam("account_id"), users.c.is_disabled.is_(False))
    .order_by(users.c.email)
    .limit(bindparam("limit"))
)
_PREPARED = Prepared(_PEOPLE)
_LAST = Prepared(_PEOPLE.limit(None).order_by(None).order_by(users.c.email.desc()).limit(1))


def _account_of_three(tx: WriteTx) -> str:
    account = create_account(tx, name="First")
    for name in ("ann", "bob", "eve"):
        create_user(
            tx, account.id, email=f"{name}@example.org", name=name, role=Role.MEMBER, password_hash=None
        )
    return account.id


def _both(tx: ReadTx, parameters: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    return list(tx.all(_PREPARED, parameters)), list(tx.all(_PEOPLE, parameters))


@pytest.mark.parametrize("limit", [0, 2, 50])
async def test_rows_are_those_of_the_statement(database: Database, limit: int) -> None:
    """By position, by name and by type; also in a write transaction."""
    account_id = await database.write(_account_of_three)
    for run in (database.read, database.read, database.write):
        prepared, ordinary = await run(_both, {"account_id": account_id, "limit": limit})
        assert [tuple(row) for row in prepared] == [tuple(row) for row in ordinary]
        assert len(prepared) == min(limit, 3)
        assert all(row.is_disabled is False and row.password_hash is None for row in prepared)
        assert [row._asdict() for row in prepared] == [row._asdict() for row in ordinary]


async def test_first_and_scalar(database: Database) -> None:
    account_id = await database.write(_account_of_three)

    def read(tx: ReadTx, account_id: str) -> tuple[Any, Any]:
        row = tx.first(_LAST, {"account_id": account_id})
        return None if row is None else row.email, tx.scalar(_LAST, {"account_id": account_id})

    assert await database.read(read, account_id) == ("eve@example.org", "eve@example.org")
    assert await database.read(read, "nobody") == (None, None)


async def test_a_missing_parameter_is_an_error(database: Database) -> None:
    with pytest.raises(Exception, match="limit"):
        await database.read(_both, {"account_id": "nobody"})


_FORGET = Prepared(users.update().where(users.c.email == bindparam("p_email")).values(password_hash=None))


async def test_a_write_may_clear_a_column(database: Database) -> None:
    def forget(tx: WriteTx) -> tuple[int, list[Any]]:
        account = create_account(tx, name="First")
        for name in ("ann", "bob"):
            email = f"{name}@example.org"
            create_user(tx, account.id, email=email, name=name, role=Role.MEMBER, password_hash="x")
        written = tx.run(_FORGET, {"p_email": "ann@example.org"})
        return written, list(tx.all(_PREPARED, {"account_id": account.id, "limit": 5}))

    written, rows = await database.write(forget)
    assert (written, [row.password_hash for row in rows]) == (1, [None, "x"])


@pytest.mark.parametrize("values", [["ann"], bindparam("names", expanding=True)])
def test_lists_are_refused(values: Any) -> None:
    """Compiled once, they would be sent as a placeholder that no parameter fills."""
    with pytest.raises(TypeError, match="takes no list"):
        Prepared(select(users.c.id).where(users.c.name.in_(values)))
    inner = select(users.c.id).where(users.c.name.in_(values))
    with pytest.raises(TypeError, match="takes no list"):
        Prepared(select(memberships.c.role).where(memberships.c.user_id.in_(inner)))


def _emails(rows: Iterable[Sequence[Any]]) -> list[tuple[str, bool]]:
    return [(row[0], row[2]) for row in rows]


_FETCHED = Query(_PREPARED, _emails)


async def test_fetch_is_a_read_of_one_statement(database: Database) -> None:
    """Again and again, with changed rows, and as a part of a transaction."""
    account_id = await database.write(_account_of_three)
    three = [(f"{name}@example.org", False) for name in ("ann", "bob", "eve")]
    for limit in (3, 2, 3):
        assert await database.fetch(_FETCHED, account_id=account_id, limit=limit) == three[:limit]
    assert await database.read(_FETCHED, account_id=account_id, limit=1) == three[:1]
    assert await database.fetch(_FETCHED, account_id="nobody", limit=1) == []

    def disable(tx: WriteTx) -> list[tuple[str, bool]]:
        tx.execute(users.update().where(users.c.email == "ann@example.org").values(is_disabled=True))
        return _FETCHED(tx, account_id=account_id, limit=3)

    assert await database.write(disable) == three[1:]
    assert await database.fetch(_FETCHED, account_id=account_id, limit=3) == three[1:]


async def test_fetches_at_once(database: Database) -> None:
    account_id = await database.write(_account_of_three)
    fetches = (database.fetch(_FETCHED, account_id=account_id, limit=number % 4) for number in range(40))
    found = await asyncio.gather(*fetches)
    assert [len(rows) for rows in found] == [number % 4 for number in range(40)]


async def test_what_make_raises_reaches_the_caller(database: Database) -> None:
    def fail(rows: Iterable[Sequence[Any]]) -> None:
        raise LookupError("no such row")

    query = Query(_PREPARED, fail)
    for run in (database.fetch, database.read, database.fetch):
        with pytest.raises(LookupError):
            await run(query, account_id="nobody", limit=1)
    with pytest.raises(KeyError, match="limit"):
        await database.fetch(_FETCHED, account_id="nobody")


_NOTHING = Prepared(select((1 / (func.length(bindparam("word")) - 4)).label("part")))
_ROW = Query(_NOTHING, list)


@pytest.mark.postgres
async def test_reads_survive_a_restart_of_the_server(postgres_database: PostgresDatabase) -> None:
    """Every connection dies at once; the next reads find new ones, and faults of a statement stay faults."""
    database = postgres_database

    def kill(tx: WriteTx) -> None:
        tx.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'antiphon'"
                " AND pid <> pg_backend_pid()"
            )
        )

    account_id = await database.write(_account_of_three)
    runs = [database.read, database.fetch] * 3
    await asyncio.gather(*(run(_FETCHED, account_id=account_id, limit=3) for run in runs))
    for run in (database.fetch, database.read):
        await database.write(kill)
        assert len(await run(_FETCHED, account_id=account_id, limit=3)) == 3
    for run in (database.fetch, database.read):
        with pytest.raises(DivisionByZeroError):
            await run(_ROW, word="four")
        assert await run(_ROW, word="five5") == [(1,)]
