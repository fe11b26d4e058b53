"""Invitations: a held place, and the mail that brings a person in (contracts/votel.md 11.2)."""

from __future__ import annotations

import secrets

import msgspec
from sqlalchemy import bindparam, select

from antiphon.core.crypto import Cipher, sha256_hex
from antiphon.core.db.transaction import AnyRow, ReadTx, WriteTx
from antiphon.core.errors import NotFoundError
from antiphon.core.events import Event
from antiphon.domain.accounts import audit
from antiphon.domain.accounts.members import INVITATION_MS, get_member
from antiphon.domain.accounts.queries import get_account
from antiphon.domain.accounts.records import Invitation, Role
from antiphon.domain.accounts.tables import invitations, memberships, sign_in_links, users
from antiphon.domain.mails.commands import queue_mail

VALID_DAYS = 7

i = invitations.c
_ROWS = (
    select(
        i.id,
        i.user_id,
        users.c.email,
        users.c.name,
        memberships.c.role,
        i.invited_by_id,
        i.created_at,
        i.expires_at,
    )
    .join(users, users.c.id == i.user_id)
    .join(memberships, (memberships.c.account_id == i.account_id) & (memberships.c.user_id == i.user_id))
    .where(i.account_id == bindparam("account_id"))
)
_ALL = _ROWS.order_by(i.created_at.desc(), i.id.desc())
_ONE = _ROWS.where(i.id == bindparam("invitation_id"))
_RENEW = (
    invitations.update()
    .where(i.account_id == bindparam("p_account"), i.user_id == bindparam("p_user"))
    .values(expires_at=bindparam("p_expires"))
)
_DELETE = invitations.delete().where(i.account_id == bindparam("p_account"), i.user_id == bindparam("p_user"))
_DELETE_LINKS = sign_in_links.delete().where(
    sign_in_links.c.account_id == bindparam("p_account"), sign_in_links.c.user_id == bindparam("p_user")
)
_GIVE_UP_PLACE = memberships.delete().where(
    memberships.c.account_id == bindparam("p_account"),
    memberships.c.user_id == bindparam("p_user"),
    memberships.c.joined_at.is_(None),
)
_JOIN = (
    memberships.update()
    .where(
        memberships.c.account_id == bindparam("p_account"),
        memberships.c.user_id == bindparam("p_user"),
        memberships.c.is_active.is_(True),
        memberships.c.joined_at.is_(None),
    )
    .values(joined_at=bindparam("p_now"))
)


class InvitationMail:
    """Reaction to `user.invited`: a sign-in link for one use, valid 7 days."""

    def __init__(self, cipher: Cipher, origin: str) -> None:
        self._cipher = cipher
        self._origin = origin

    def __call__(self, tx: WriteTx, event: Event) -> None:
        mail_invitation(tx, self._cipher, self._origin, event.account_id, event.object_id)


def list_invitations(tx: ReadTx, account_id: str) -> list[Invitation]:
    """Those not accepted yet, expired ones too, newest first."""
    return [_invitation(row) for row in tx.all(_ALL, {"account_id": account_id})]


def get_invitation(tx: ReadTx, account_id: str, invitation_id: str) -> Invitation:
    """Raises NotFoundError."""
    row = tx.first(_ONE, {"account_id": account_id, "invitation_id": invitation_id})
    if row is None:
        raise NotFoundError("Invitation not found")
    return _invitation(row)


def mail_invitation(tx: WriteTx, cipher: Cipher, origin: str, account_id: str, user_id: str) -> None:
    """Mail the link, which is good for 7 days from now; an older one of this account ends."""
    member = get_member(tx, account_id, user_id)
    company = get_account(tx, account_id).name
    token = secrets.token_urlsafe(32)
    expires_at = tx.now + INVITATION_MS
    tx.execute(_DELETE_LINKS, {"p_account": account_id, "p_user": user_id})
    tx.execute(
        sign_in_links.insert(),
        {
            "token_hash": sha256_hex(token),
            "user_id": user_id,
            "account_id": account_id,
            "created_at": tx.now,
            "expires_at": expires_at,
        },
    )
    tx.execute(_RENEW, {"p_account": account_id, "p_user": user_id, "p_expires": expires_at})
    queue_mail(
        tx,
        cipher,
        account_id=account_id,
        recipient=member.email,
        subject=f"You were added to {company}",
        text=(
            f"{company} has added you as a {member.role.label}. Sign in with this link within "
            f"{VALID_DAYS} days; it works once:\n{origin}/dashboard/accept?token={token}"
        ),
    )


def resend_invitation(
    tx: WriteTx, cipher: Cipher, origin: str, account_id: str, invitation_id: str
) -> Invitation:
    """Mail a new link; the old one ends. Raises NotFoundError."""
    invitation = get_invitation(tx, account_id, invitation_id)
    mail_invitation(tx, cipher, origin, account_id, invitation.user_id)
    audit.record(tx, account_id, "invitation.resent", _target(invitation))
    return get_invitation(tx, account_id, invitation_id)


def withdraw_invitation(tx: WriteTx, account_id: str, invitation_id: str) -> None:
    """End the link and give up the place. Raises NotFoundError."""
    invitation = get_invitation(tx, account_id, invitation_id)
    key = {"p_account": account_id, "p_user": invitation.user_id}
    for statement in (_DELETE_LINKS, _DELETE, _GIVE_UP_PLACE):
        tx.execute(statement, key)
    audit.record(tx, account_id, "invitation.deleted", _target(invitation))


def join(tx: WriteTx, account_id: str, user_id: str) -> None:
    """Take up the place held; emits `user.joined` the first time."""
    key = {"p_account": account_id, "p_user": user_id}
    tx.execute(_DELETE, key)
    if tx.execute(_JOIN, {**key, "p_now": tx.now}).rowcount:
        member = get_member(tx, account_id, user_id)
        tx.emit(Event(account_id, "user.joined", user_id, {"member": msgspec.to_builtins(member)}))
        audit.record(tx, account_id, "user.joined", audit.Target("user", user_id, member.email))


def _target(invitation: Invitation) -> audit.Target:
    return audit.Target("invitation", invitation.id, invitation.email)


def _invitation(row: AnyRow) -> Invitation:
    return Invitation(
        row.id,
        row.user_id,
        row.email,
        row.name,
        Role.parse(row.role),
        row.invited_by_id,
        row.created_at,
        row.expires_at,
    )
