"""Scheduled work across domains: events and deleted leads whose time is over go for good."""

from __future__ import annotations

from sqlalchemy import bindparam, exists, select

from antiphon.core.clock import DAY
from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import events
from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.domain.calls.tables import calls
from antiphon.domain.contacts.tables import contacts
from antiphon.domain.conversations.tables import conversations, messages
from antiphon.domain.services import Services
from antiphon.domain.voicegrams.tables import voicegrams
from antiphon.domain.webhooks.lanes import IS_PENDING
from antiphon.domain.webhooks.tables import deliveries

EVENTS_MS = 30 * DAY
DELETED_MS = 30 * DAY
EVENT_BATCH = 1000
# Each row deleted makes SQLite look through the tables that may refer to it.
LEAD_BATCH = 10

# unscoped: scheduled, for the installation
_OLD_EVENTS = (
    select(events.c.id)
    .where(events.c.created_at < bindparam("before"))
    .where(
        ~exists().where(
            deliveries.c.account_id == events.c.account_id,
            deliveries.c.object_id == events.c.object_id,
            deliveries.c.event_id == events.c.id,
            IS_PENDING,
        )
    )
    .order_by(events.c.created_at)
    .limit(EVENT_BATCH)
)
# unscoped: as above
_OLD_LEADS = (
    select(contacts.c.id)
    .where(contacts.c.deleted_at.is_not(None), contacts.c.deleted_at < bindparam("before"))
    .where(
        *(
            ~exists().where(table.c.account_id == contacts.c.account_id, table.c.contact_id == contacts.c.id)
            for table in (calls, messages, conversations, voicegrams)
        )
    )
    .order_by(contacts.c.deleted_at)
    .limit(LEAD_BATCH)
)
# unscoped: as above
_DELETE_EVENTS = events.delete().where(events.c.id.in_(bindparam("ids", expanding=True)))
# unscoped: as above
_DELETE_LEADS = contacts.delete().where(contacts.c.id.in_(bindparam("ids", expanding=True)))


class PurgeJobs:
    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: JobRegistry) -> None:
        registry.add_schedule("events.purge", "29 * * * *", self._purge_events)
        registry.add_schedule("leads.purge", "47 3 * * *", self._purge_leads)

    async def _purge_events(self, payload: Payload, context: JobContext) -> None:
        while await self._services.database.write(purge_events) == EVENT_BATCH:
            pass

    async def _purge_leads(self, payload: Payload, context: JobContext) -> None:
        while await self._services.database.write(purge_leads) == LEAD_BATCH:
            pass


def purge_events(tx: WriteTx) -> int:
    """Delete a batch of events older than 30 days; returns how many (contracts/votel.md 16).

    What a pending delivery still has to tell stays.
    """
    ids = [row.id for row in tx.all(_OLD_EVENTS, {"before": tx.now - EVENTS_MS})]
    if ids:
        tx.execute(_DELETE_EVENTS, {"ids": ids})
    return len(ids)


def purge_leads(tx: WriteTx) -> int:
    """Delete a batch of leads deleted 30 days ago, with notes and addresses; returns how many.

    One that a call, message, voicegram or conversation refers to stays (contracts/votel.md 0.6).
    """
    ids = [row.id for row in tx.all(_OLD_LEADS, {"before": tx.now - DELETED_MS})]
    if ids:
        tx.execute(_DELETE_LEADS, {"ids": ids})
    return len(ids)
