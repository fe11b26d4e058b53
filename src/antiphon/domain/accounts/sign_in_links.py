"""Mailed sign-in links: one use, 30 minutes; those of invitations 7 days (contracts/votel.md 18)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from antiphon.core.clock import MINUTE
from antiphon.core.crypto import Cipher, sha256_hex
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import DomainError
from antiphon.domain.accounts.errors import LinkError
from antiphon.domain.accounts.invitations import join
from antiphon.domain.accounts.passwords import set_password
from antiphon.domain.accounts.queries import find_login, get_login
from antiphon.domain.accounts.records import Login
from antiphon.domain.accounts.tables import memberships, sign_in_links, users
from antiphon.domain.mails.commands import queue_mail

LINK_MS = 30 * MINUTE

# unscoped: a link is found by its secret
_LIVE = (
    select(sign_in_links.c.user_id, sign_in_links.c.account_id)
    .join(users, users.c.id == sign_in_links.c.user_id)
    .where(sign_in_links.c.token_hash == bindparam("token_hash"))
    .where(sign_in_links.c.used_at.is_(None), sign_in_links.c.expires_at > bindparam("now"))
    .where(users.c.is_disabled.is_(False))
)
# unscoped: a person's own links, not those of an account that invites
_DELETE_OWN = sign_in_links.delete().where(
    sign_in_links.c.user_id == bindparam("p_user"), sign_in_links.c.account_id.is_(None)
)
# unscoped: a link is found by its secret
_USE = (
    sign_in_links.update()
    .where(sign_in_links.c.token_hash == bindparam("p_hash"), sign_in_links.c.used_at.is_(None))
    .values(used_at=bindparam("p_now"))
)
# unscoped: the person's accounts are what is looked for
_PLACES = select(memberships.c.account_id, memberships.c.joined_at).where(
    memberships.c.user_id == bindparam("user_id"), memberships.c.is_active.is_(True)
)
# unscoped: scheduled, for the installation
_PURGE = sign_in_links.delete().where(sign_in_links.c.expires_at <= bindparam("p_now"))


@dataclass(frozen=True, slots=True)
class UsedLink:
    """Who signs in, and the account that invited, if one did."""

    user_id: str
    account_id: str | None


def mail_sign_in_link(tx: WriteTx, cipher: Cipher, origin: str, email: str) -> bool:
    """Mail a link to the address if somebody signs in with it; older links the person asked for end."""
    login = find_login(tx, email)
    if login is None or login.is_disabled:
        return False
    token = secrets.token_urlsafe(32)
    tx.execute(_DELETE_OWN, {"p_user": login.user_id})
    tx.execute(
        sign_in_links.insert(),
        {
            "token_hash": sha256_hex(token),
            "user_id": login.user_id,
            "created_at": tx.now,
            "expires_at": tx.now + LINK_MS,
        },
    )
    queue_mail(
        tx,
        cipher,
        account_id=None,
        recipient=login.email,
        subject="Your sign-in link",
        text=(
            "Sign in with this link within 30 minutes; it works once:\n"
            f"{origin}/dashboard/accept?token={token}\n\n"
            "If you did not ask for it, ignore this mail."
        ),
    )
    return True


def find_link_login(tx: ReadTx, token: str) -> Login | None:
    """Whom a link that still works would sign in."""
    row = tx.first(_LIVE, {"token_hash": sha256_hex(token), "now": tx.now})
    return None if row is None else get_login(tx, row.user_id)


def use_sign_in_link(tx: WriteTx, token: str, new_password_hash: str | None) -> UsedLink:
    """Use up a link and take up the place it invites to.

    A password replaces the old one and ends the other sessions. Raises LinkError `link_void` for what is
    unknown, used or expired, and DomainError `required` when the person has no password yet and gives none;
    the link then stays good.
    """
    key = {"token_hash": sha256_hex(token), "now": tx.now}
    row = tx.first(_LIVE, key)
    if row is None:
        raise _void()
    if new_password_hash is None and get_login(tx, row.user_id).password_hash is None:
        raise DomainError("Choose a password", field="password", code="required")
    if tx.execute(_USE, {"p_hash": key["token_hash"], "p_now": tx.now}).rowcount != 1:
        raise _void()
    if new_password_hash is not None:
        set_password(tx, row.user_id, new_password_hash)
    if row.account_id is not None:
        join(tx, row.account_id, row.user_id)
    else:
        # Whoever reads the mailbox is invited as well by this link as by the other.
        places = tx.all(_PLACES, {"user_id": row.user_id})
        if all(place.joined_at is None for place in places):
            for place in places:
                join(tx, place.account_id, row.user_id)
    return UsedLink(row.user_id, row.account_id)


def purge_sign_in_links(tx: WriteTx) -> int:
    """Delete what has expired; returns how many."""
    return tx.execute(_PURGE, {"p_now": tx.now}).rowcount


def _void() -> LinkError:
    return LinkError("This link does not work any more", field="token", code="link_void")
