"""What a password must be, and its change (contracts/votel.md 18)."""

from __future__ import annotations

import unicodedata

from sqlalchemy import bindparam

from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import DomainError
from antiphon.domain.accounts import audit
from antiphon.domain.accounts.queries import get_login
from antiphon.domain.accounts.sessions import end_sessions
from antiphon.domain.accounts.tables import users

MIN_CHARS = 10
MAX_CHARS = 1000
COMMON = "common"
_RATED_CHARS = 72
_SET = users.update().where(users.c.id == bindparam("p_user")).values(password_hash=bindparam("p_hash"))


def check_password(password: str, field: str = "password") -> str:
    """The password, if it is good enough. Takes some milliseconds of CPU: call it in a thread.

    Raises DomainError `invalid` for its length, `common` when it is among the first million guesses.
    """
    # Its word lists take time and memory, and few processes ever need them.
    from zxcvbn import zxcvbn

    length = len(unicodedata.normalize("NFKC", password))
    if not MIN_CHARS <= length <= MAX_CHARS:
        raise DomainError(f"{MIN_CHARS} to {MAX_CHARS} characters", field=field)
    if zxcvbn(password[:_RATED_CHARS])["score"] < 2:
        raise DomainError("This password is easily guessed", field=field, code=COMMON)
    return password


def set_password(tx: WriteTx, user_id: str, password_hash: str) -> None:
    """Replace the password and end every session of the user."""
    tx.execute(_SET, {"p_user": user_id, "p_hash": password_hash})
    end_sessions(tx, user_id)


def change_password(
    tx: WriteTx, account_id: str, user_id: str, password_hash: str, *, keep_session: str
) -> None:
    """Replace the password and end every other session of the person."""
    login = get_login(tx, user_id)
    tx.execute(_SET, {"p_user": user_id, "p_hash": password_hash})
    end_sessions(tx, user_id, keep=keep_session)
    audit.record(tx, account_id, "user.password_changed", audit.Target("user", user_id, login.email))
