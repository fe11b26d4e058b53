"""Sends the outbox."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, select

from antiphon.core.clock import DAY, HOUR, SECOND
from antiphon.core.db.transaction import ReadTx
from antiphon.core.jobs.policy import RetryPolicy
from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.core.mail import Mail
from antiphon.domain.mails.commands import finish_mail, purge_mails
from antiphon.domain.mails.tables import mails
from antiphon.domain.services import Services

RETRY = RetryPolicy(max_attempts=12, initial_ms=5 * SECOND, factor=3.0, max_ms=2 * HOUR)
KEPT_MS = 30 * DAY

# unscoped: the outbox sends by the mail's id
_QUEUED = select(mails.c.recipient, mails.c.subject, mails.c.sealed_body).where(
    mails.c.id == bindparam("mail_id"), mails.c.status == "queued"
)


def _load(tx: ReadTx, mail_id: str) -> tuple[str, str, str] | None:
    row = tx.first(_QUEUED, {"mail_id": mail_id})
    return None if row is None else (row.recipient, row.subject, row.sealed_body)


class MailJobs:
    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: JobRegistry) -> None:
        registry.add("mails.send", self._send, retry=RETRY, on_exhausted=self._give_up)
        registry.add_schedule("mails.purge", "17 3 * * *", self._purge)

    async def _send(self, payload: Payload, context: JobContext) -> None:
        mail_id = str(payload["mail_id"])
        queued = await self._services.database.read(_load, mail_id)
        if queued is None:
            return
        recipient, subject, sealed = queued
        body = msgspec.json.decode(self._services.cipher.open(sealed, f"mail:{mail_id}"))
        await self._services.mailer.send(
            Mail(to=recipient, subject=subject, text=body["text"], html=body["html"], key=mail_id)
        )
        await self._services.database.write(finish_mail, mail_id, None)

    async def _give_up(self, payload: Payload, error: Exception) -> None:
        await self._services.database.write(finish_mail, str(payload["mail_id"]), str(error)[:300])

    async def _purge(self, payload: Payload, context: JobContext) -> None:
        await self._services.database.write(purge_mails, self._services.clock.now() - KEPT_MS)
