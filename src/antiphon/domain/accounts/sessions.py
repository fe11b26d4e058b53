"""Sessions of the dashboard: kept as hashes, ended on the server (contracts/votel.md 18)."""

from __future__ import annotations

import secrets

from sqlalchemy import bindparam, select

from antiphon.core.clock import DAY
from antiphon.core.crypto import sha256_hex
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import NotFoundError
from antiphon.domain.accounts import audit
from antiphon.domain.accounts.tables import memberships, sessions, users

SESSION_MS = 14 * DAY

# unscoped: the person's accounts are what is looked for
_PLACES = (
    select(memberships.c.account_id, users.c.email)
    .join(users, users.c.id == memberships.c.user_id)
    .where(
        memberships.c.user_id == bindparam("user_id"),
        memberships.c.is_active.is_(True),
        memberships.c.joined_at.is_not(None),
        users.c.is_disabled.is_(False),
    )
    .order_by(memberships.c.joined_at, memberships.c.account_id)
)
# unscoped: a session is found by its secret
_OWNER = (
    select(sessions.c.account_id, sessions.c.user_id, users.c.email)
    .join(users, users.c.id == sessions.c.user_id)
    .where(sessions.c.token_hash == bindparam("token_hash"))
)
# unscoped: a session is found by its secret
_EXTEND = (
    sessions.update()
    .where(sessions.c.token_hash == bindparam("p_hash"))
    .values(expires_at=bindparam("p_expires"))
)
# unscoped: a session is found by its secret
_END = sessions.delete().where(sessions.c.token_hash == bindparam("p_hash"))
# unscoped: a password is a person's, in every account
_END_OTHERS = sessions.delete().where(
    sessions.c.user_id == bindparam("p_user"), sessions.c.token_hash != bindparam("p_kept")
)
# unscoped: scheduled, for the installation
_PURGE = sessions.delete().where(sessions.c.expires_at <= bindparam("p_now"))


def start_session(
    tx: WriteTx, user_id: str, *, account_id: str | None = None, replacing: str | None = None
) -> tuple[str, str]:
    """Open a session in the given account, else in the first one joined: the cookie's text and CSRF token.

    `replacing` is the token hash of the browser's session until now, which ends. Raises NotFoundError when
    the user belongs to no such account.
    """
    places = tx.all(_PLACES, {"user_id": user_id})
    place = next((row for row in places if account_id in (None, row.account_id)), None)
    if place is None:
        raise NotFoundError("No account")
    if replacing is not None:
        tx.execute(_END, {"p_hash": replacing})
    token, csrf_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    tx.execute(
        sessions.insert(),
        {
            "token_hash": sha256_hex(token),
            "account_id": place.account_id,
            "user_id": user_id,
            "csrf_token": csrf_token,
            "created_at": tx.now,
            "expires_at": tx.now + SESSION_MS,
        },
    )
    audit.record(tx, place.account_id, "session.started", audit.Target("user", user_id, place.email))
    return token, csrf_token


def extend_session(tx: WriteTx, token_hash: str) -> None:
    tx.execute(_EXTEND, {"p_hash": token_hash, "p_expires": tx.now + SESSION_MS})


def end_session(tx: WriteTx, token_hash: str) -> None:
    """End one session; doing it again changes nothing."""
    owner = tx.first(_OWNER, {"token_hash": token_hash})
    if owner is None:
        return
    tx.execute(_END, {"p_hash": token_hash})
    audit.record(tx, owner.account_id, "session.ended", audit.Target("user", owner.user_id, owner.email))


def end_sessions(tx: WriteTx, user_id: str, *, keep: str = "") -> None:
    """End every session of the person, in every account, but the one with the token hash `keep`."""
    tx.execute(_END_OTHERS, {"p_user": user_id, "p_kept": keep})


def purge_sessions(tx: WriteTx) -> int:
    """Delete what has expired; returns how many."""
    return tx.execute(_PURGE, {"p_now": tx.now}).rowcount
