"""Writes of accounts, users, keys and sessions."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Executable, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from antiphon.core import crypto
from antiphon.core.clock import DAY
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.core.events import Event
from antiphon.core.ids import new_id
from antiphon.domain.accounts.errors import SubdomainError, TakenError
from antiphon.domain.accounts.records import Account, KeyKind, NewKey, Plan, Role
from antiphon.domain.accounts.subdomains import check_subdomain, slugify
from antiphon.domain.accounts.tables import account_counters, accounts, api_keys, memberships, sessions, users

SESSION_MS = 14 * DAY
MAX_EXPIRY_DAYS = 36_500
MEMBER_NUMBERS = "member_numbers"
_KEY_MAKERS = {
    KeyKind.PAT: crypto.new_pat,
    KeyKind.PUBLIC: crypto.new_public_key,
    KeyKind.SECRET: crypto.new_secret_key,
}
_USER_BY_EMAIL = select(users.c.id).where(users.c.email == bindparam("email"))
_SUBDOMAIN_TAKEN = select(accounts.c.id).where(accounts.c.subdomain == bindparam("subdomain"))


def _counting(insert: postgresql.Insert | sqlite.Insert) -> Executable:
    return insert.on_conflict_do_update(
        index_elements=[account_counters.c.account_id, account_counters.c.name],
        set_={"value": account_counters.c.value + insert.excluded.value},
    ).returning(account_counters.c.value)


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


def set_subdomain(tx: WriteTx, account_id: str, subdomain: str, blocked: Collection[str] = ()) -> None:
    """Rename the workspace. Raises SubdomainError `invalid`, `reserved` or `taken`."""
    check_subdomain(subdomain, blocked)
    owner = tx.scalar(_SUBDOMAIN_TAKEN, {"subdomain": subdomain})
    taken = SubdomainError(f"{subdomain} is taken", field="subdomain", code="taken")
    if owner is not None and owner != account_id:
        raise taken
    try:
        tx.execute(accounts.update().where(accounts.c.id == account_id).values(subdomain=subdomain))
    except IntegrityError as error:
        raise taken from error


def set_plan(tx: WriteTx, account_id: str, plan: Plan) -> None:
    tx.execute(accounts.update().where(accounts.c.id == account_id).values(plan=plan.value))


def create_user(
    tx: WriteTx, account_id: str, *, email: str, name: str, role: Role, password_hash: str | None
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
            },
        )
    except IntegrityError as error:
        raise TakenError(f"{address} is in this account already", field="email") from error
    return str(user_id)


def set_password(tx: WriteTx, user_id: str, password_hash: str) -> None:
    """Replace the password and end every session of the user."""
    tx.execute(users.update().where(users.c.id == user_id).values(password_hash=password_hash))
    # unscoped: a password is a person's, in every account
    tx.execute(sessions.delete().where(sessions.c.user_id == user_id))


def create_key(
    tx: WriteTx,
    account_id: str,
    user_id: str,
    *,
    kind: KeyKind,
    name: str,
    expires_in_days: int | None = None,
    scopes: list[str] | None = None,
) -> NewKey:
    """Make a key; its text is in the answer and nowhere else (contracts/README.md, Keys)."""
    text = _KEY_MAKERS[kind]()
    expires_at = None if expires_in_days is None else tx.now + expires_in_days * DAY
    key = NewKey(new_id(), text, text[:12], expires_at)
    tx.execute(
        api_keys.insert(),
        {
            "id": key.id,
            "account_id": account_id,
            "user_id": user_id,
            "kind": kind.value,
            "name": name,
            "key_hash": crypto.sha256_hex(text),
            "prefix": key.prefix,
            "scopes": None if scopes is None else msgspec.json.encode(scopes).decode(),
            "expires_at": expires_at,
            "created_at": tx.now,
        },
    )
    tx.emit(Event(account_id, "api_key.created", key.id, {"kind": kind.value}))
    return key


def revoke_key(tx: WriteTx, account_id: str, key_id: str) -> None:
    """Revoke at once; doing it again changes nothing. Raises NotFoundError."""
    found = tx.execute(
        api_keys.update()
        .where(api_keys.c.account_id == account_id, api_keys.c.id == key_id)
        .where(api_keys.c.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )
    if found.rowcount:
        tx.emit(Event(account_id, "api_key.revoked", key_id))
        return
    known = select(api_keys.c.id).where(api_keys.c.account_id == account_id, api_keys.c.id == key_id)
    if tx.scalar(known) is None:
        raise NotFoundError("API key not found")


def start_session(tx: WriteTx, user_id: str) -> tuple[str, str]:
    """Open a session in the user's first account: the cookie's text and the CSRF token.

    Raises NotFoundError when the user belongs to no account.
    """
    # unscoped: the person's accounts are what is looked for
    account_id = tx.scalar(
        select(memberships.c.account_id)
        .where(memberships.c.user_id == user_id, memberships.c.is_active.is_(True))
        .order_by(memberships.c.created_at)
        .limit(1)
    )
    if account_id is None:
        raise NotFoundError("No account")
    token, csrf_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    tx.execute(
        sessions.insert(),
        {
            "token_hash": crypto.sha256_hex(token),
            "account_id": account_id,
            "user_id": user_id,
            "csrf_token": csrf_token,
            "created_at": tx.now,
            "expires_at": tx.now + SESSION_MS,
        },
    )
    return token, csrf_token


def extend_session(tx: WriteTx, token_hash: str) -> None:
    # unscoped: a session is found by its secret
    tx.execute(
        sessions.update().where(sessions.c.token_hash == token_hash).values(expires_at=tx.now + SESSION_MS)
    )


def end_session(tx: WriteTx, token_hash: str) -> None:
    # unscoped: a session is found by its secret
    tx.execute(sessions.delete().where(sessions.c.token_hash == token_hash))


def purge_sessions(tx: WriteTx) -> int:
    """Delete what has expired; returns how many."""
    # unscoped: scheduled, for the installation
    return tx.execute(sessions.delete().where(sessions.c.expires_at <= tx.now)).rowcount


def add_to_counter(tx: WriteTx, account_id: str, name: str, amount: int) -> int:
    """Move a per-account counter with the rows it counts; returns its new value.

    The counter stays locked until the transaction ends; an amount of 0 only locks it.
    """
    row: dict[str, Any] = {"account_id": account_id, "name": name, "value": amount}
    return int(tx.scalar(_COUNT[tx.dialect], row))


def take_numbers(tx: WriteTx, account_id: str, name: str, amount: int = 1) -> int:
    """The first of so many integers that the account has never had under this name."""
    return add_to_counter(tx, account_id, name, amount) - amount + 1


def parse_expiry(text: str | None) -> int | None:
    """`30d` or `never` to days. Raises DomainError."""
    if text is None or text == "never":
        return None
    days = text.removesuffix("d")
    if days != text and re.fullmatch(r"[0-9]{1,5}", days) and 0 < int(days) <= MAX_EXPIRY_DAYS:
        return int(days)
    raise DomainError(
        f"expiry is a number of days such as 30d, at most {MAX_EXPIRY_DAYS}, or never", field="expires"
    )
