"""Mailed sign-in links: one use, 30 minutes (contracts/votel.md 18)."""

from __future__ import annotations

import secrets

from sqlalchemy import bindparam, select

from antiphon.core.clock import MINUTE
from antiphon.core.crypto import Cipher, sha256_hex
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import DomainError
from antiphon.domain.accounts.commands import set_password
from antiphon.domain.accounts.errors import LinkError
from antiphon.domain.accounts.queries import find_login
from antiphon.domain.accounts.tables import sign_in_links, users
from antiphon.domain.mails.commands import queue_mail

LINK_MS = 30 * MINUTE

_LIVE = (
    select(sign_in_links.c.user_id, users.c.password_hash)
    .join(users, users.c.id == sign_in_links.c.user_id)
    .where(sign_in_links.c.token_hash == bindparam("token_hash"))
    .where(sign_in_links.c.used_at.is_(None), sign_in_links.c.expires_at > bindparam("now"))
    .where(users.c.is_disabled.is_(False))
)


def mail_sign_in_link(tx: WriteTx, cipher: Cipher, origin: str, email: str) -> bool:
    """Mail a link to the address if somebody signs in with it; older links of the person end."""
    login = find_login(tx, email)
    if login is None or login[2]:
        return False
    user_id, token = login[0], secrets.token_urlsafe(32)
    tx.execute(sign_in_links.delete().where(sign_in_links.c.user_id == user_id))
    tx.execute(
        sign_in_links.insert(),
        {
            "token_hash": sha256_hex(token),
            "user_id": user_id,
            "created_at": tx.now,
            "expires_at": tx.now + LINK_MS,
        },
    )
    queue_mail(
        tx,
        cipher,
        account_id=None,
        recipient=email,
        subject="Your sign-in link",
        text=(
            "Sign in with this link within 30 minutes; it works once:\n"
            f"{origin}/dashboard/accept?token={token}\n\n"
            "If you did not ask for it, ignore this mail."
        ),
    )
    return True


def use_sign_in_link(tx: WriteTx, token: str, new_password_hash: str | None) -> str:
    """Use up a link; returns the user's id. A password replaces the old one and ends the other sessions.

    Raises LinkError `link_void` for what is unknown, used or expired, and DomainError `required` when the
    person has no password yet and gives none; the link then stays good.
    """
    row = tx.first(_LIVE, {"token_hash": sha256_hex(token), "now": tx.now})
    if row is None:
        raise LinkError("This link does not work any more", field="token", code="link_void")
    if row.password_hash is None and new_password_hash is None:
        raise DomainError("Choose a password", field="password", code="required")
    used = tx.execute(
        sign_in_links.update()
        .where(sign_in_links.c.token_hash == sha256_hex(token), sign_in_links.c.used_at.is_(None))
        .values(used_at=tx.now)
    )
    if used.rowcount != 1:
        raise LinkError("This link does not work any more", field="token", code="link_void")
    if new_password_hash is not None:
        set_password(tx, row.user_id, new_password_hash)
    return str(row.user_id)


def purge_sign_in_links(tx: WriteTx) -> int:
    """Delete what has expired; returns how many."""
    return tx.execute(sign_in_links.delete().where(sign_in_links.c.expires_at <= tx.now)).rowcount
