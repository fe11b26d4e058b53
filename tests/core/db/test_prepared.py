"""Prepared reads give what ordinary reads give, on both stores."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import bindparam, select

from antiphon.core.db.database import Database
from antiphon.core.db.prepared import Prepared
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
