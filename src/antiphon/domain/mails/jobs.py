"""Sends the outbox."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from sqlalchemy import bindparam, select

from antiphon.core.clock import DAY, HOUR, SECOND
from antiphon.core.db.transaction import ReadTx
from antiphon.core.jobs.policy import RetryPolicy
from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.core.mail import Mail, Mailer
from antiphon.domain.mails.commands import finish_mail, purge_mails
from antiphon.domain.mails.tables import mails
from antiphon.domain.services import Services

RETRY = RetryPolicy(max_attempts=12, initial_ms=5 * SECOND, factor=3.0, max_ms=2 * HOUR)
KEPT_MS = 30 * DAY

ChooseMailer = Callable[[str], Awaitable[Mailer | None]]

# unscoped: the outbox sends by the mail's id
_QUEUED = select(mails.c.account_id, mails.c.recipient, mails.c.subject, mails.c.sealed_body).where(
    mails.c.id == bindparam("mail_id"), mails.c.status == "queued"
)


def _load(tx: ReadTx, mail_id: str) -> tuple[str | None, str, str, str] | None:
    row = tx.first(_QUEUED, {"mail_id": mail_id})
    return None if row is None else (row.account_id, row.recipient, row.subject, row.sealed_body)


class MailJobs:
    """`choose` gives the mail server of an account's own, if it has one."""

    def __init__(self, services: Services, choose: ChooseMailer | None = None) -> None:
        self._services = services
        self._choose = choose

    def register(self, registry: JobRegistry) -> None:
        registry.add("mails.send", self._send, retry=RETRY, on_exhausted=self._give_up)
        registry.add_schedule("mails.purge", "17 3 * * *", self._purge)

    async def _send(self, payload: Payload, context: JobContext) -> None:
        mail_id = str(payload["mail_id"])
        queued = await self._services.database.read(_load, mail_id)
        if queued is None:
            return
        account_id, recipient, subject, sealed = queued
        body = msgspec.json.decode(self._services.cipher.open(sealed, f"mail:{mail_id}"))
        own = None if account_id is None or self._choose is None else await self._choose(account_id)
        await (own or self._services.mailer).send(
            Mail(to=recipient, subject=subject, text=body["text"], html=body["html"], key=mail_id)
        )
        await self._services.database.write(finish_mail, mail_id, None)

    async def _give_up(self, payload: Payload, error: Exception) -> None:
        await self._services.database.write(finish_mail, str(payload["mail_id"]), str(error)[:300])

    async def _purge(self, payload: Payload, context: JobContext) -> None:
        await self._services.database.write(purge_mails, self._services.clock.now() - KEPT_MS)
