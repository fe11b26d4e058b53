"""Writes of API keys (contracts/votel.md 11.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import bindparam, select

from antiphon.core import crypto
from antiphon.core.clock import DAY, HOUR
from antiphon.core.db.transaction import AnyRow, WriteTx
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.core.events import Event
from antiphon.core.ids import new_id
from antiphon.domain.accounts import audit
from antiphon.domain.accounts.records import KeyKind, NewKey
from antiphon.domain.accounts.tables import api_keys

MAX_EXPIRY_DAYS = 36_500
MAX_GRACE_HOURS = 72
_KEY_MAKERS = {
    KeyKind.PAT: crypto.new_pat,
    KeyKind.PUBLIC: crypto.new_public_key,
    KeyKind.SECRET: crypto.new_secret_key,
}

k = api_keys.c
_ONE = select(api_keys).where(k.account_id == bindparam("account_id"), k.id == bindparam("key_id"))
_LIVE_OF_USER = select(k.id).where(
    k.account_id == bindparam("account_id"), k.user_id == bindparam("user_id"), k.revoked_at.is_(None)
)
_REVOKE = (
    api_keys.update()
    .where(k.account_id == bindparam("p_account"), k.id == bindparam("p_key"), k.revoked_at.is_(None))
    .values(revoked_at=bindparam("p_now"))
)
_CHANGE = (
    api_keys.update()
    .where(k.account_id == bindparam("p_account"), k.id == bindparam("p_key"))
    .values(
        name=bindparam("p_name"),
        scopes=bindparam("p_scopes"),
        expires_at=bindparam("p_expires"),
        updated_at=bindparam("p_now"),
    )
)


@dataclass(frozen=True, slots=True)
class KeyChanges:
    """What to change; None leaves a value, and `has_scopes` says whether `scopes` is one to set."""

    name: str | None = None
    scopes: Sequence[str] | None = None
    has_scopes: bool = False


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
            "scopes": _encoded(scopes),
            "expires_at": expires_at,
            "created_at": tx.now,
        },
    )
    told = {
        "kind": kind.value,
        "name": name,
        "prefix": key.prefix,
        "scopes": scopes,
        "user_id": user_id,
        "expires_at": expires_at,
        "created_at": tx.now,
    }
    tx.emit(Event(account_id, "api_key.created", key.id, told))
    audit.record(tx, account_id, "api_key.created", audit.Target("api_key", key.id, name))
    return key


def update_key(tx: WriteTx, account_id: str, key_id: str, changes: KeyChanges) -> None:
    """Rename a live key or set its scopes. Raises NotFoundError."""
    row = _live(tx, account_id, key_id)
    name = row.name if changes.name is None else changes.name
    scopes = _encoded(changes.scopes) if changes.has_scopes else row.scopes
    if (name, scopes) == (row.name, row.scopes):
        return
    _store(tx, account_id, key_id, name, scopes, row.expires_at)
    before = {"name": row.name, "scopes": _decoded(row.scopes)}
    after = {"name": name, "scopes": _decoded(scopes)}
    target = audit.Target("api_key", key_id, name)
    audit.record(tx, account_id, "api_key.updated", target, audit.changed(before, after))


def rotate_key(tx: WriteTx, account_id: str, key_id: str, *, grace_hours: int = 0) -> NewKey:
    """A new key in the place of a live one, which works on for the grace time, at most 72 hours.

    The new one lives as long as the old one was made for. Raises NotFoundError, DomainError.
    """
    if not 0 <= grace_hours <= MAX_GRACE_HOURS:
        raise DomainError(f"0 to {MAX_GRACE_HOURS}", field="grace_hours")
    row = _live(tx, account_id, key_id)
    made = create_key(
        tx,
        account_id,
        row.user_id,
        kind=KeyKind(row.kind),
        name=row.name,
        expires_in_days=None if row.expires_at is None else max(1, (row.expires_at - row.created_at) // DAY),
        scopes=_decoded(row.scopes),
    )
    if grace_hours == 0:
        revoke_key(tx, account_id, key_id)
        return made
    end = tx.now + grace_hours * HOUR
    expires_at = end if row.expires_at is None else min(end, row.expires_at)
    _store(tx, account_id, key_id, row.name, row.scopes, expires_at)
    changes = audit.changed({"expires_at": row.expires_at}, {"expires_at": expires_at})
    audit.record(tx, account_id, "api_key.updated", audit.Target("api_key", key_id, row.name), changes)
    return made


def revoke_key(tx: WriteTx, account_id: str, key_id: str) -> None:
    """Revoke at once; doing it again changes nothing. Raises NotFoundError."""
    row = tx.first(_ONE, {"account_id": account_id, "key_id": key_id})
    if row is None:
        raise NotFoundError("API key not found")
    found = tx.execute(_REVOKE, {"p_account": account_id, "p_key": key_id, "p_now": tx.now})
    if found.rowcount:
        tx.emit(Event(account_id, "api_key.revoked", key_id, {"kind": row.kind, "name": row.name}))
        audit.record(tx, account_id, "api_key.revoked", audit.Target("api_key", key_id, row.name))


def revoke_keys_of(tx: WriteTx, account_id: str, user_id: str) -> None:
    """Revoke every live key of a person in the account."""
    for row in tx.all(_LIVE_OF_USER, {"account_id": account_id, "user_id": user_id}):
        revoke_key(tx, account_id, row.id)


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


def _live(tx: WriteTx, account_id: str, key_id: str) -> AnyRow:
    row = tx.first(_ONE, {"account_id": account_id, "key_id": key_id})
    expired = row is not None and row.expires_at is not None and row.expires_at <= tx.now
    if row is None or row.revoked_at is not None or expired:
        raise NotFoundError("API key not found")
    return row


def _store(
    tx: WriteTx, account_id: str, key_id: str, name: str, scopes: str | None, expires_at: int | None
) -> None:
    tx.execute(
        _CHANGE,
        {
            "p_account": account_id,
            "p_key": key_id,
            "p_name": name,
            "p_scopes": scopes,
            "p_expires": expires_at,
            "p_now": tx.now,
        },
    )


def _encoded(scopes: Sequence[str] | None) -> str | None:
    return None if scopes is None else msgspec.json.encode(list(scopes)).decode()


def _decoded(scopes: str | None) -> list[str] | None:
    return None if scopes is None else msgspec.json.decode(scopes, type=list[str])
