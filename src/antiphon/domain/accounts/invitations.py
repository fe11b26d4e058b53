"""The mail that brings a new member in (contracts/vocatech.md 5.6)."""

from __future__ import annotations

import secrets

from antiphon.core.clock import DAY
from antiphon.core.crypto import Cipher, sha256_hex
from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event
from antiphon.domain.accounts.members import get_member
from antiphon.domain.accounts.queries import get_account
from antiphon.domain.accounts.tables import sign_in_links
from antiphon.domain.mails.commands import queue_mail

VALID_DAYS = 7


class InvitationMail:
    """Reaction to `user.invited`: a sign-in link for one use, valid 7 days."""

    def __init__(self, cipher: Cipher, origin: str) -> None:
        self._cipher = cipher
        self._origin = origin

    def __call__(self, tx: WriteTx, event: Event) -> None:
        member = get_member(tx, event.account_id, event.object_id)
        company = get_account(tx, event.account_id).name
        token = secrets.token_urlsafe(32)
        tx.execute(
            sign_in_links.insert(),
            {
                "token_hash": sha256_hex(token),
                "user_id": member.user_id,
                "created_at": tx.now,
                "expires_at": tx.now + VALID_DAYS * DAY,
            },
        )
        queue_mail(
            tx,
            self._cipher,
            account_id=event.account_id,
            recipient=member.email,
            subject=f"You were added to {company}",
            text=(
                f"{company} has added you as a {member.role.label}. Sign in with this link within "
                f"{VALID_DAYS} days; it works once:\n{self._origin}/dashboard/accept?token={token}"
            ),
        )
