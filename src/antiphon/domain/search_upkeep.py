"""Scheduled work for searches: what texts find in large accounts is counted beforehand."""

from __future__ import annotations

from functools import partial

from sqlalchemy import bindparam, func, select

from antiphon.core.db.database import Database
from antiphon.core.db.search_counts_build import TextCounter
from antiphon.core.db.search_grams import count_days
from antiphon.core.db.transaction import ReadTx
from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.domain.accounts.tables import account_counters
from antiphon.domain.calls.queries import COUNTER as CALLS
from antiphon.domain.calls.tables import call_search
from antiphon.domain.contacts.queries import COUNTER as CONTACTS
from antiphon.domain.contacts.tables import contact_search
from antiphon.domain.conversations.queries import counter_name
from antiphon.domain.conversations.records import Channel
from antiphon.domain.conversations.tables import message_search
from antiphon.domain.services import Services
from antiphon.speech.workers import MediaPool

LARGE_ROWS = 20_000
"""Accounts with fewer rows are read or looked up, which takes 20 ms."""
COUNT_SECONDS = 300.0

# unscoped: the accounts of an installation that have so much of something.
_LARGE = (
    select(account_counters.c.account_id)
    .where(account_counters.c.name.in_(bindparam("names", expanding=True)))
    .group_by(account_counters.c.account_id)
    .having(func.sum(account_counters.c.value) >= bindparam("rows"))
)
_COUNTED = (
    (call_search, [CALLS]),
    (contact_search, [CONTACTS]),
    (message_search, [counter_name(channel) for channel in Channel]),
)


class SearchJobs:
    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: JobRegistry) -> None:
        registry.add_schedule("search.count", "*/10 * * * *", self._count)

    async def _count(self, payload: Payload, context: JobContext) -> None:
        await count_texts(self._services.database, self._services.media)


async def count_texts(database: Database, media: MediaPool, large_rows: int = LARGE_ROWS) -> None:
    """Bring the counts of all large accounts up to date."""
    count_in_worker = partial(media.run, count_days, timeout=COUNT_SECONDS)
    for index, names in _COUNTED:
        counter = TextCounter(index.text_counts, count_in_worker)
        account_ids = await database.read(_large, names, large_rows)
        await database.write(counter.keep, account_ids)
        for account_id in account_ids:
            while await counter.count(database, account_id):
                pass


def _large(tx: ReadTx, names: list[str], rows: int) -> list[str]:
    # unscoped: see the statement
    return [row.account_id for row in tx.all(_LARGE, {"names": names, "rows": rows})]
