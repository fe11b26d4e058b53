"""Whether sessions and keys that are in use still hold, for what stays open long."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import bindparam, or_, select

from antiphon.core.db.transaction import ReadTx
from antiphon.domain.accounts.records import Role
from antiphon.domain.accounts.tables import api_keys, memberships, sessions, users

# unscoped: a session is found by its secret
_SESSIONS = select(sessions.c.token_hash).where(
    sessions.c.token_hash.in_(bindparam("hashes", expanding=True)), sessions.c.expires_at > bindparam("now")
)
# unscoped: keys in use, of any account
_KEYS = select(api_keys.c.id).where(
    api_keys.c.id.in_(bindparam("key_ids", expanding=True)),
    api_keys.c.revoked_at.is_(None),
    or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > bindparam("now")),
)
# unscoped: the places of people who are signed in, in any account
_MEMBERS = (
    select(memberships.c.account_id, memberships.c.user_id, memberships.c.role)
    .join(users, users.c.id == memberships.c.user_id)
    .where(
        memberships.c.user_id.in_(bindparam("user_ids", expanding=True)),
        memberships.c.is_active.is_(True),
        users.c.is_disabled.is_(False),
    )
)


@dataclass(frozen=True, slots=True)
class Access:
    """By which session or key a user acts in an account, and with which role there."""

    account_id: str
    user_id: str
    role: Role
    session_hash: str | None
    key_id: str | None


def still_valid(tx: ReadTx, accesses: Collection[Access]) -> set[Access]:
    """Those whose session or key is live and whose user holds the same role as before."""
    hashes = {access.session_hash for access in accesses if access.session_hash is not None}
    key_ids = {access.key_id for access in accesses if access.key_id is not None}
    live: set[str | None] = set()
    if hashes:
        live |= {row.token_hash for row in tx.all(_SESSIONS, {"hashes": list(hashes), "now": tx.now})}
    if key_ids:
        live |= {row.id for row in tx.all(_KEYS, {"key_ids": list(key_ids), "now": tx.now})}
    rows = tx.all(_MEMBERS, {"user_ids": list({access.user_id for access in accesses})})
    roles = {(row.account_id, row.user_id): row.role for row in rows}
    return {
        access
        for access in accesses
        if (access.session_hash or access.key_id) in live
        and roles.get((access.account_id, access.user_id)) == access.role.label
    }
