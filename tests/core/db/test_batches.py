"""Rows of one parameter are a table like any other, on both stores."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import BigInteger, Integer, String, Text, bindparam, literal_column, select

from antiphon.core.db.batches import batch, encode_batch
from antiphon.core.db.database import Database
from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.domain.accounts.commands import create_account, create_user
from antiphon.domain.accounts.records import Role
from antiphon.domain.accounts.tables import users

_ROWS = batch("rows", word=Text, number=BigInteger, short=String(8))
_READ = Prepared(select(_ROWS.c.word, _ROWS.c.number, _ROWS.c.short))
_PEOPLE = batch("people", email=Text, name=Text, is_known=Integer)
_RENAME = Prepared(
    users.update()
    .where(users.c.email == _PEOPLE.c.email, _PEOPLE.c.is_known == bindparam("p_known"))
    .values(name=_PEOPLE.c.name)
)
_COPY = Prepared(
    users.insert().from_select(
        ["id", "email", "name", "is_disabled", "created_at"],
        select(
            _PEOPLE.c.name,
            _PEOPLE.c.email,
            _PEOPLE.c.name,
            literal_column("false"),
            bindparam("p_created", type_=BigInteger),
        ),
    )
)


def _three(tx: WriteTx) -> None:
    account = create_account(tx, name="First")
    for name in ("ann", "bob", "eve"):
        create_user(
            tx, account.id, email=f"{name}@example.org", name=name, role=Role.MEMBER, password_hash=None
        )


def _names(tx: ReadTx) -> dict[str, str]:
    return {row.email: row.name for row in tx.all(select(users.c.email, users.c.name))}


async def test_values_arrive_as_they_were_given(database: Database) -> None:
    """Texts of any kind, large numbers, nulls; in the order of the rows."""
    given: list[tuple[Any, ...]] = [
        ("plain", 1, "a"),
        ("quotes ' \" \\ $[0] :rows ? %s", -(2**62), ""),
        ("línea\nnova \u2028 😀", 2**53 + 1, "b"),
        ("12", None, None),
        (None, 0, "null"),
        ("[1, 2]", 5, "{}"),
    ]

    def read(tx: ReadTx) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in tx.all(_READ, {"rows": encode_batch(given)})]

    for run in (database.read, database.write):
        assert await run(read) == given


async def test_no_rows(database: Database) -> None:
    def read(tx: ReadTx) -> list[Any]:
        return list(tx.all(_READ, {"rows": encode_batch([])}))

    assert await database.read(read) == []


async def test_one_statement_updates_each_row_with_its_own_values(database: Database) -> None:
    await database.write(_three)

    def rename(tx: WriteTx) -> int:
        people = [
            ("ann@example.org", "Ann", 1),
            ("bob@example.org", "Bob", 0),
            ("eve@example.org", "Eve", 1),
            ("nobody@example.org", "Nobody", 1),
        ]
        return tx.run(_RENAME, {"people": encode_batch(people), "p_known": 1})

    assert await database.write(rename) == 2
    assert await database.read(_names) == {
        "ann@example.org": "Ann",
        "bob@example.org": "bob",
        "eve@example.org": "Eve",
    }


async def test_one_statement_inserts_all_rows(database: Database) -> None:
    await database.write(_three)
    people = [(f"{number}@example.org", f"name {number}", 0) for number in range(300)]

    def copy(tx: WriteTx) -> int:
        return tx.run(_COPY, {"people": encode_batch(people), "p_created": 1})

    assert await database.write(copy) == 300
    names = await database.read(_names)
    assert len(names) == 303
    assert all(names[email] == name for email, name, _ in people)


async def test_prepared_write_is_undone_with_its_transaction(database: Database) -> None:
    await database.write(_three)
    before = await database.read(_names)

    def fail(tx: WriteTx) -> None:
        assert tx.run(_RENAME, {"people": encode_batch([("ann@example.org", "X", 1)]), "p_known": 1}) == 1
        raise RuntimeError("after the write")

    with pytest.raises(RuntimeError):
        await database.write(fail)
    assert await database.read(_names) == before
