"""Writes of accounts, their users and counters."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import WriteTx
from antiphon.core.ids import new_id
from antiphon.domain.accounts.errors import SubdomainError, TakenError
from antiphon.domain.accounts.records import Account, Plan, Role
from antiphon.domain.accounts.subdomains import check_subdomain, slugify
from antiphon.domain.accounts.tables import account_counters, accounts, memberships, users

MEMBER_NUMBERS = "member_numbers"
_USER_BY_EMAIL = select(users.c.id).where(users.c.email == bindparam("email"))
_SUBDOMAIN_TAKEN = select(accounts.c.id).where(accounts.c.subdomain == bindparam("subdomain"))


def _counting(insert: postgresql.Insert | sqlite.Insert) -> Prepared:
    counting = insert.on_conflict_do_update(
        index_elements=[account_counters.c.account_id, account_counters.c.name],
        set_={"value": account_counters.c.value + insert.excluded.value},
    ).returning(account_counters.c.value)
    return Prepared(counting)


_COUNT = {
    "postgresql": _counting(postgresql.insert(account_counters)),
    "sqlite": _counting(sqlite.insert(account_counters)),
}


def create_account(
    tx: WriteTx,
    *,
    name: str,
    plan: Plan = Plan.FREE,
    subdomain: str | None = None,
    country: str = "US",
    timezone: str = "UTC",
) -> Account:
    """Create an account; without a subdomain it gets the nearest free one to its name.

    Raises SubdomainError `invalid`, `reserved` or `taken`.
    """
    if subdomain is None:
        subdomain = _free_subdomain(tx, name)
    else:
        check_subdomain(subdomain)
        if tx.scalar(_SUBDOMAIN_TAKEN, {"subdomain": subdomain}) is not None:
            raise SubdomainError(f"{subdomain} is taken", field="subdomain", code="taken")
    account = Account(new_id(), name.strip(), plan, subdomain, country.upper(), timezone, tx.now)
    tx.execute(
        accounts.insert(),
        {
            "id": account.id,
            "name": account.name,
            "plan": account.plan.value,
            "subdomain": account.subdomain,
            "country": account.country,
            "timezone": account.timezone,
            "created_at": tx.now,
        },
    )
    return account


def _free_subdomain(tx: WriteTx, name: str) -> str:
    base = slugify(name, 32)
    for candidate in (base, *(f"{base or 'workspace'}-{number}" for number in range(2, 20))):
        try:
            check_subdomain(candidate)
        except SubdomainError:
            continue
        if tx.scalar(_SUBDOMAIN_TAKEN, {"subdomain": candidate}) is None:
            return candidate
    return f"{base or 'workspace'}-{secrets.token_hex(3)}"


def set_subdomain(
    tx: WriteTx,
    account_id: str,
    subdomain: str,
    blocked: Collection[str] = (),
    *,
    field: str = "subdomain",
) -> None:
    """Rename the workspace. Raises SubdomainError `invalid`, `reserved` or `taken`."""
    check_subdomain(subdomain, blocked, field)
    owner = tx.scalar(_SUBDOMAIN_TAKEN, {"subdomain": subdomain})
    taken = SubdomainError(f"{subdomain} is taken", field=field, code="taken")
    if owner is not None and owner != account_id:
        raise taken
    try:
        tx.execute(accounts.update().where(accounts.c.id == account_id).values(subdomain=subdomain))
    except IntegrityError as error:
        raise taken from error


def set_plan(tx: WriteTx, account_id: str, plan: Plan) -> None:
    tx.execute(accounts.update().where(accounts.c.id == account_id).values(plan=plan.value))


def create_user(
    tx: WriteTx,
    account_id: str,
    *,
    email: str,
    name: str,
    role: Role,
    password_hash: str | None,
    has_joined: bool = True,
) -> str:
    """Add a person to an account, creating the user when the address is new. Returns the user id.

    Raises TakenError when the person is a member already.
    """
    address = email.strip().lower()
    user_id = tx.scalar(_USER_BY_EMAIL, {"email": address})
    if user_id is None:
        user_id = new_id()
        tx.execute(
            users.insert(),
            {
                "id": user_id,
                "email": address,
                "name": name.strip(),
                "password_hash": password_hash,
                "is_disabled": False,
                "created_at": tx.now,
            },
        )
    try:
        tx.execute(
            memberships.insert(),
            {
                "account_id": account_id,
                "user_id": user_id,
                "role": role.label,
                "member_number": take_numbers(tx, account_id, MEMBER_NUMBERS),
                "created_at": tx.now,
                "joined_at": tx.now if has_joined else None,
            },
        )
    except IntegrityError as error:
        raise TakenError(f"{address} is in this account already", field="email") from error
    return str(user_id)


def add_to_counter(tx: WriteTx, account_id: str, name: str, amount: int) -> int:
    """Move a per-account counter with the rows it counts; returns its new value.

    The counter stays locked until the transaction ends; an amount of 0 only locks it.
    """
    row: dict[str, Any] = {"account_id": account_id, "name": name, "value": amount}
    return int(tx.scalar(_COUNT[tx.dialect], row))


def take_numbers(tx: WriteTx, account_id: str, name: str, amount: int = 1) -> int:
    """The first of so many integers that the account has never had under this name."""
    return add_to_counter(tx, account_id, name, amount) - amount + 1
