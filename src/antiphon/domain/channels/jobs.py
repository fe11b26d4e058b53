"""Scheduled work of channels: codes that nobody can use any more, widgets that are not seen any more."""

from __future__ import annotations

from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.domain.channels.commands import miss_widgets
from antiphon.domain.channels.verification import purge_codes
from antiphon.domain.services import Services


class ChannelJobs:
    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: JobRegistry) -> None:
        registry.add_schedule("channels.purge", "23 * * * *", self._purge)
        registry.add_schedule("channels.watch", "53 * * * *", self._watch)

    async def _purge(self, payload: Payload, context: JobContext) -> None:
        await self._services.database.write(purge_codes, self._services.clock.now())

    async def _watch(self, payload: Payload, context: JobContext) -> None:
        while await self._services.database.write(miss_widgets):
            pass
