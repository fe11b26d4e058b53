"""Reads of accounts, keys and sessions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select

from antiphon.core.db.prepared import Prepared, Query
from antiphon.core.db.transaction import AnyRow, ReadTx
from antiphon.core.errors import NotFoundError
from antiphon.domain.accounts.records import Account, KeyKind, KeyOwner, Login, Plan, Role, Session, User
from antiphon.domain.accounts.tables import accounts, api_keys, memberships, recovery_codes, sessions, users

_ACCOUNT = (
    accounts.c.id,
    accounts.c.name,
    accounts.c.plan,
    accounts.c.subdomain,
    accounts.c.country,
    accounts.c.timezone,
    accounts.c.created_at,
)
_BY_ID = Prepared(select(*_ACCOUNT).where(accounts.c.id == bindparam("account_id")))
_BY_SUBDOMAIN = select(*_ACCOUNT).where(accounts.c.subdomain == bindparam("subdomain"))
_ALL = select(*_ACCOUNT).order_by(accounts.c.created_at)
_COUNT = select(func.count()).select_from(accounts)

# unscoped: a key is found by its hash
_KEY = Prepared(
    select(
        api_keys.c.id,
        api_keys.c.kind,
        api_keys.c.account_id,
        accounts.c.name,
        accounts.c.plan,
        api_keys.c.user_id,
        memberships.c.role,
        api_keys.c.scopes,
        api_keys.c.expires_at,
        api_keys.c.revoked_at,
        users.c.is_disabled,
        memberships.c.is_active,
        accounts.c.timezone,
    )
    .join(accounts, accounts.c.id == api_keys.c.account_id)
    .join(users, users.c.id == api_keys.c.user_id)
    .join(
        memberships,
        (memberships.c.user_id == api_keys.c.user_id) & (memberships.c.account_id == api_keys.c.account_id),
    )
    .where(api_keys.c.key_hash == bindparam("key_hash"))
)

# unscoped: a session is found by its hash
_SESSION = (
    select(
        *_ACCOUNT,
        users.c.id.label("user_id"),
        users.c.email,
        users.c.name.label("user_name"),
        memberships.c.role,
        sessions.c.csrf_token,
        sessions.c.expires_at,
    )
    .select_from(sessions)
    .join(accounts, accounts.c.id == sessions.c.account_id)
    .join(users, users.c.id == sessions.c.user_id)
    .join(
        memberships,
        (memberships.c.user_id == sessions.c.user_id) & (memberships.c.account_id == sessions.c.account_id),
    )
    .where(
        sessions.c.token_hash == bindparam("token_hash"),
        sessions.c.expires_at > bindparam("now"),
        users.c.is_disabled.is_(False),
        memberships.c.is_active.is_(True),
    )
)

_PEOPLE = (
    select(users.c.id, users.c.email, users.c.name, memberships.c.role)
    .join(memberships, memberships.c.user_id == users.c.id)
    .where(
        memberships.c.account_id == bindparam("account_id"),
        memberships.c.is_active.is_(True),
        users.c.is_disabled.is_(False),
    )
    .order_by(memberships.c.created_at, users.c.id)
)


def _account(row: AnyRow) -> Account:
    return Account(row.id, row.name, Plan(row.plan), row.subdomain, row.country, row.timezone, row.created_at)


def get_account(tx: ReadTx, account_id: str) -> Account:
    """Raises NotFoundError."""
    row = tx.first(_BY_ID, {"account_id": account_id})
    if row is None:
        raise NotFoundError("Account not found")
    return _account(row)


def find_account_by_subdomain(tx: ReadTx, subdomain: str) -> Account | None:
    row = tx.first(_BY_SUBDOMAIN, {"subdomain": subdomain})
    return None if row is None else _account(row)


def list_accounts(tx: ReadTx) -> list[Account]:
    """Every account of the installation; for the operator's commands and scheduled work."""
    return [_account(row) for row in tx.all(_ALL)]


def count_accounts(tx: ReadTx) -> int:
    return int(tx.scalar(_COUNT))


def list_people(tx: ReadTx, account_id: str) -> list[User]:
    """The active people of an account, first joined first."""
    rows = tx.all(_PEOPLE, {"account_id": account_id})
    return [User(row.id, row.email, row.name, Role.parse(row.role)) for row in rows]


@lru_cache(maxsize=4096)
def _key_owner(row: Sequence[Any]) -> KeyOwner:
    """Cached, as the same keys come again and again; a changed row is another one."""
    scopes = None if row[7] is None else tuple(msgspec.json.decode(row[7], type=list[str]))
    return KeyOwner(
        key_id=row[0],
        kind=KeyKind(row[1]),
        account_id=row[2],
        account_name=row[3],
        plan=Plan(row[4]),
        user_id=row[5],
        role=Role.parse(row[6]),
        scopes=scopes,
        expires_at=row[8],
        revoked_at=row[9],
        user_disabled=row[10] or not row[11],
        timezone=row[12],
    )


def _first_owner(rows: Iterable[Sequence[Any]]) -> KeyOwner | None:
    return next(map(_key_owner, rows), None)


find_key: Query[KeyOwner | None] = Query(_KEY, _first_owner)
"""The owner of a key by the SHA-256 of its whole text; revoked and expired keys are found too."""


def find_session(tx: ReadTx, token_hash: str) -> Session | None:
    row = tx.first(_SESSION, {"token_hash": token_hash, "now": tx.now})
    if row is None:
        return None
    user = User(row.user_id, row.email, row.user_name, Role.parse(row.role))
    return Session(token_hash, _account(row), user, row.csrf_token, row.expires_at)


_LOGIN_COLUMNS = (
    users.c.id,
    users.c.email,
    users.c.name,
    users.c.password_hash,
    users.c.is_disabled,
    users.c.sealed_totp_secret,
    users.c.totp_active_at,
)
_LOGIN_BY_EMAIL = select(*_LOGIN_COLUMNS).where(users.c.email == bindparam("email"))
_LOGIN_BY_ID = select(*_LOGIN_COLUMNS).where(users.c.id == bindparam("user_id"))
_RECOVERY = select(recovery_codes.c.code_hash).where(recovery_codes.c.user_id == bindparam("user_id"))


def find_login(tx: ReadTx, email: str) -> Login | None:
    """By address in any case."""
    return _login(tx, tx.first(_LOGIN_BY_EMAIL, {"email": email.lower()}))


def get_login(tx: ReadTx, user_id: str) -> Login:
    """Raises NotFoundError."""
    found = _login(tx, tx.first(_LOGIN_BY_ID, {"user_id": user_id}))
    if found is None:
        raise NotFoundError("User not found")
    return found


def _login(tx: ReadTx, row: AnyRow | None) -> Login | None:
    if row is None:
        return None
    hashes = [found.code_hash for found in tx.all(_RECOVERY, {"user_id": row.id})]
    is_active = row.totp_active_at is not None
    return Login(
        row.id,
        row.email,
        row.name,
        row.password_hash,
        row.is_disabled,
        row.sealed_totp_secret if is_active else None,
        frozenset(hashes if is_active else ()),
    )


_KEYS = (
    select(api_keys)
    .where(api_keys.c.account_id == bindparam("account_id"))
    .order_by(api_keys.c.created_at.desc())
)


def list_keys(tx: ReadTx, account_id: str) -> list[AnyRow]:
    return list(tx.all(_KEYS, {"account_id": account_id}))


_USER = (
    select(users.c.id, users.c.email, users.c.name, memberships.c.role)
    .join(memberships, memberships.c.user_id == users.c.id)
    .where(memberships.c.account_id == bindparam("account_id"), users.c.id == bindparam("user_id"))
)


def get_user(tx: ReadTx, account_id: str, user_id: str) -> User:
    """A person of the account with the role held there. Raises NotFoundError."""
    row = tx.first(_USER, {"account_id": account_id, "user_id": user_id})
    if row is None:
        raise NotFoundError("User not found")
    return User(row.id, row.email, row.name, Role.parse(row.role))


_JOINED = _USER.where(memberships.c.is_active.is_(True), memberships.c.joined_at.is_not(None))
# unscoped: the person's accounts are what is looked for
_OWN_ACCOUNTS = (
    select(*_ACCOUNT, memberships.c.role)
    .join(memberships, memberships.c.account_id == accounts.c.id)
    .where(
        memberships.c.user_id == bindparam("user_id"),
        memberships.c.is_active.is_(True),
        memberships.c.joined_at.is_not(None),
    )
    .order_by(memberships.c.joined_at, accounts.c.id)
)


def list_own_accounts(tx: ReadTx, user_id: str) -> list[tuple[Account, Role]]:
    """The accounts that a person works in, with the role held there, first joined first."""
    return [(_account(row), Role.parse(row.role)) for row in tx.all(_OWN_ACCOUNTS, {"user_id": user_id})]


def find_member_account(tx: ReadTx, account_id: str, user_id: str) -> tuple[Account, Role] | None:
    """An account and the role the user has in it; None without an active place there."""
    row = tx.first(_JOINED, {"account_id": account_id, "user_id": user_id})
    return None if row is None else (get_account(tx, account_id), Role.parse(row.role))


_KEY_NAME = select(api_keys.c.name).where(
    api_keys.c.account_id == bindparam("account_id"), api_keys.c.id == bindparam("key_id")
)


def get_key_name(tx: ReadTx, account_id: str, key_id: str) -> str:
    return str(tx.scalar(_KEY_NAME, {"account_id": account_id, "key_id": key_id}))
