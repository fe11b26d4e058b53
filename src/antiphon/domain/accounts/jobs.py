"""Scheduled work of accounts: key expiry reminders, expired sessions, old request log rows."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from antiphon.core.clock import DAY, to_iso
from antiphon.core.crypto import Cipher
from antiphon.core.db.transaction import WriteTx
from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.domain.accounts.audit import KEPT_DAYS, purge_audit_log
from antiphon.domain.accounts.records import KeyKind
from antiphon.domain.accounts.request_log import purge_request_log
from antiphon.domain.accounts.sessions import purge_sessions
from antiphon.domain.accounts.sign_in_links import purge_sign_in_links
from antiphon.domain.accounts.tables import accounts, api_keys, users
from antiphon.domain.accounts.user_jobs import purge_jobs
from antiphon.domain.mails.commands import queue_mail
from antiphon.domain.services import Services

NOTICE_DAYS = (1, 7)
"""Days before expiry, nearest first (contracts/voicegram.md 1)."""

# unscoped: reminders go out over all accounts, as scheduled work of the installation.
_EXPIRING = (
    select(
        api_keys.c.id,
        api_keys.c.account_id,
        api_keys.c.kind,
        api_keys.c.name,
        api_keys.c.expires_at,
        api_keys.c.reminded_days,
        users.c.email,
        accounts.c.name.label("account_name"),
    )
    .join(users, users.c.id == api_keys.c.user_id)
    .join(accounts, accounts.c.id == api_keys.c.account_id)
    .where(
        api_keys.c.revoked_at.is_(None),
        api_keys.c.expires_at > bindparam("now"),
        api_keys.c.expires_at <= bindparam("until"),
    )
)


class AccountJobs:
    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: JobRegistry) -> None:
        registry.add_schedule("keys.remind", "11 * * * *", self._remind)
        registry.add_schedule("accounts.purge", "37 2 * * *", self._purge)

    async def _remind(self, payload: Payload, context: JobContext) -> None:
        services = self._services
        await services.database.write(remind_keys, services.cipher, services.settings.origin)

    async def _purge(self, payload: Payload, context: JobContext) -> None:
        services = self._services
        await services.database.write(purge_sessions)
        await services.database.write(purge_sign_in_links)
        before = services.clock.now() - services.settings.request_log_days * DAY
        while await services.database.write(purge_request_log, before):
            pass
        while await services.database.write(purge_audit_log, services.clock.now() - KEPT_DAYS * DAY):
            pass
        while await services.database.write(purge_jobs):
            pass


def remind_keys(tx: WriteTx, cipher: Cipher, origin: str) -> int:
    """Mail the owners of keys that expire within 7 days, and again within 1; returns how many mails."""
    sent = 0
    for row in tx.all(_EXPIRING, {"now": tx.now, "until": tx.now + max(NOTICE_DAYS) * DAY}):
        left = row.expires_at - tx.now
        notice = next(days for days in NOTICE_DAYS if left <= days * DAY)
        if row.reminded_days is not None and row.reminded_days <= notice:
            continue
        tx.execute(
            api_keys.update()
            .where(api_keys.c.account_id == row.account_id, api_keys.c.id == row.id)
            .values(reminded_days=notice)
        )
        what = "access token" if row.kind == KeyKind.PAT.value else "API key"
        queue_mail(
            tx,
            cipher,
            account_id=row.account_id,
            recipient=row.email,
            subject=f"{what[0].upper()}{what[1:]} {row.name} expires on {to_iso(row.expires_at)[:10]}",
            text=(
                f"The {what} {row.name} of {row.account_name} ends at {to_iso(row.expires_at)}.\n"
                f"Make a new one before then: {origin}/settings/api-keys"
            ),
        )
        sent += 1
    return sent
