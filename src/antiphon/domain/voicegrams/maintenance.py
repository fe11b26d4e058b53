"""Scheduled work: retention of audio, expiry reminders, stalled pipelines, deletion of stored files."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from antiphon.core.clock import DAY, MINUTE, SECOND, to_iso
from antiphon.core.crypto import Cipher
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.jobs.policy import RetryPolicy
from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.domain.accounts.queries import list_accounts
from antiphon.domain.mails.commands import queue_mail
from antiphon.domain.pipeline import FIRST_RUN, STALLED_BATCH, StepRun
from antiphon.domain.services import Services
from antiphon.domain.voicegrams.commands import delete_audio, erase_transcript
from antiphon.domain.voicegrams.links import ListenLinks
from antiphon.domain.voicegrams.records import ListenerKind, Step, StepStatus, VoicegramStatus
from antiphon.domain.voicegrams.tables import listeners, voicegram_steps, voicegrams

BATCH = 200
LINK_NOTICE_MS = 7 * DAY
OBJECT_RETRY = RetryPolicy(max_attempts=20, initial_ms=5 * SECOND, factor=3.0, max_ms=60 * MINUTE)

_EXPIRED_AUDIO = (
    select(voicegrams.c.id)
    .where(
        voicegrams.c.account_id == bindparam("account_id"),
        voicegrams.c.completed_at <= bindparam("before"),
        voicegrams.c.audio_deleted_at.is_(None),
        voicegrams.c.deleted_at.is_(None),
    )
    .order_by(voicegrams.c.completed_at)
    .limit(BATCH)
)
_EXPIRED_WORDS = (
    select(voicegrams.c.id)
    .where(
        voicegrams.c.account_id == bindparam("account_id"),
        voicegrams.c.completed_at <= bindparam("before"),
        voicegrams.c.transcript_text != "",
        voicegrams.c.deleted_at.is_(None),
    )
    .order_by(voicegrams.c.completed_at)
    .limit(BATCH)
)
# unscoped: stalled work is looked for over all accounts, as scheduled work of the installation.
_STALLED = (
    select(voicegrams.c.account_id, voicegrams.c.id)
    .where(voicegrams.c.status == VoicegramStatus.PROCESSING.value)
    .where(voicegrams.c.created_at <= bindparam("before"), voicegrams.c.deleted_at.is_(None))
    .limit(STALLED_BATCH)
)
_OPEN_STEP = (
    select(voicegram_steps.c.name)
    .where(
        voicegram_steps.c.account_id == bindparam("account_id"),
        voicegram_steps.c.voicegram_id == bindparam("voicegram_id"),
        voicegram_steps.c.status.in_([StepStatus.PENDING.value, StepStatus.RUNNING.value]),
    )
    .order_by(voicegram_steps.c.position)
    .limit(1)
)
# unscoped: as above, for expiring links
_EXPIRING = (
    select(
        listeners.c.account_id,
        listeners.c.id,
        listeners.c.reference,
        listeners.c.expires_at,
        voicegrams.c.id.label("voicegram_id"),
        voicegrams.c.sender_email,
    )
    .join(
        voicegrams,
        (voicegrams.c.account_id == listeners.c.account_id) & (voicegrams.c.id == listeners.c.voicegram_id),
    )
    .where(
        listeners.c.kind == ListenerKind.MAILBOX.value,
        listeners.c.expires_at > bindparam("now"),
        listeners.c.expires_at <= bindparam("until"),
        listeners.c.reminded_at.is_(None),
        listeners.c.revoked_at.is_(None),
        voicegrams.c.audio_deleted_at.is_(None),
        voicegrams.c.deleted_at.is_(None),
    )
    .limit(BATCH)
)


class Maintenance:
    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: JobRegistry) -> None:
        registry.add("objects.delete", self._delete_object, retry=OBJECT_RETRY)
        registry.add_schedule("voicegrams.retention", "23 * * * *", self._retain)
        registry.add_schedule("links.remind", "41 7 * * *", self._remind)

    async def _delete_object(self, payload: Payload, context: JobContext) -> None:
        await self._services.store.delete(str(payload["key"]))

    async def _retain(self, payload: Payload, context: JobContext) -> None:
        for account in await self._services.database.read(list_accounts):
            retention = account.plan.audio_retention_ms
            if retention is None:
                continue
            before = self._services.clock.now() - retention
            while await self._services.database.write(expire_audio, account.id, before) == BATCH:
                pass

    async def _remind(self, payload: Payload, context: JobContext) -> None:
        services = self._services
        while await services.database.write(remind_links, services.cipher, services.links) == BATCH:
            pass


def expire_audio(tx: WriteTx, account_id: str, before: int) -> int:
    """Delete the audio of voicegrams completed before; returns how many (contracts/voicegram.md 2)."""
    rows = tx.all(_EXPIRED_AUDIO, {"account_id": account_id, "before": before})
    for row in rows:
        delete_audio(tx, account_id, row.id)
    return len(rows)


def expire_transcripts(tx: WriteTx, account_id: str, before: int) -> int:
    """Erase the words of voicegrams completed before; the summary stays. Returns how many."""
    rows = tx.all(_EXPIRED_WORDS, {"account_id": account_id, "before": before})
    for row in rows:
        erase_transcript(tx, account_id, row.id)
    return len(rows)


def find_stalled(tx: ReadTx, before: int) -> list[tuple[StepRun, Step]]:
    """Voicegrams that have been processing since before a time (ms)."""
    return [
        (StepRun(row.account_id, row.id, FIRST_RUN), _open_step(tx, row.account_id, row.id))
        for row in tx.all(_STALLED, {"before": before})
    ]


def _open_step(tx: ReadTx, account_id: str, voicegram_id: str) -> Step:
    name = tx.scalar(_OPEN_STEP, {"account_id": account_id, "voicegram_id": voicegram_id})
    return Step(name or Step.COMPLETE.value)


def remind_links(tx: WriteTx, cipher: Cipher, links: ListenLinks) -> int:
    """Mail each notified mailbox once, a week before its link to a kept recording ends; returns how many."""
    rows = tx.all(_EXPIRING, {"now": tx.now, "until": tx.now + LINK_NOTICE_MS})
    for row in rows:
        tx.execute(
            listeners.update()
            .where(listeners.c.account_id == row.account_id, listeners.c.id == row.id)
            .values(reminded_at=tx.now)
        )
        queue_mail(
            tx,
            cipher,
            account_id=row.account_id,
            recipient=row.reference,
            subject=f"The link to the voicegram from {row.sender_email} ends soon",
            text=(
                f"The listen link mailed to you ends on {to_iso(row.expires_at)}.\n"
                f"The voicegram stays in the dashboard: {links.dashboard_url(row.voicegram_id)}"
            ),
        )
    return len(rows)
