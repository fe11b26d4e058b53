"""Scheduled work: what was said and written goes when the account's time for it is over (votel.md 11.1)."""

from __future__ import annotations

from antiphon.core.clock import DAY
from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.domain.accounts.account_settings import get_account_settings
from antiphon.domain.accounts.queries import list_accounts
from antiphon.domain.calls.maintenance import expire_transcripts as expire_call_transcripts
from antiphon.domain.conversations.changes import expire_messages
from antiphon.domain.services import Services
from antiphon.domain.voicegrams.maintenance import expire_transcripts as expire_voicegram_transcripts

EXPIRIES = (
    ("transcript_retention_days", expire_call_transcripts),
    ("transcript_retention_days", expire_voicegram_transcripts),
    ("message_retention_days", expire_messages),
)
"""What erases one batch and says how many, by the setting of the account."""


class RetentionJobs:
    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: JobRegistry) -> None:
        registry.add_schedule("words.retention", "53 * * * *", self._retain)

    async def _retain(self, payload: Payload, context: JobContext) -> None:
        database = self._services.database
        for account in await database.read(list_accounts):
            values = (await database.read(get_account_settings, account.id)).values
            for setting, expire in EXPIRIES:
                if values[setting] is None:
                    continue
                before = self._services.clock.now() - values[setting] * DAY
                while await database.write(expire, account.id, before):
                    pass
