"""Scheduled work of notices."""

from __future__ import annotations

from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.domain.notifications.commands import purge_notices
from antiphon.domain.services import Services


class NotificationJobs:
    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: JobRegistry) -> None:
        registry.add_schedule("notifications.purge", "47 3 * * *", self._purge)

    async def _purge(self, payload: Payload, context: JobContext) -> None:
        while await self._services.database.write(purge_notices):
            pass
