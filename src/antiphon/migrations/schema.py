"""Every table of the product in one place, for migrations and for the check that they agree."""

from __future__ import annotations

from typing import Any

from antiphon.core import events
from antiphon.core.db.day_counts import DayCounts
from antiphon.core.db.metadata import metadata
from antiphon.core.db.search import SearchIndex
from antiphon.core.db.search_schema import owned_names
from antiphon.core.jobs import tables as job_tables
from antiphon.domain.accounts import tables as account_tables
from antiphon.domain.calls import tables as call_tables
from antiphon.domain.channels import tables as channel_tables
from antiphon.domain.contacts import tables as contact_tables
from antiphon.domain.conversations import tables as conversation_tables
from antiphon.domain.integrations import tables as integration_tables
from antiphon.domain.mails import tables as mail_tables
from antiphon.domain.notifications import tables as notification_tables
from antiphon.domain.numbers import tables as number_tables
from antiphon.domain.voicegrams import tables as voicegram_tables
from antiphon.domain.webhooks import tables as webhook_tables

TABLE_MODULES = (
    events,
    job_tables,
    account_tables,
    call_tables,
    channel_tables,
    contact_tables,
    conversation_tables,
    integration_tables,
    mail_tables,
    notification_tables,
    number_tables,
    voicegram_tables,
    webhook_tables,
)
target_metadata = metadata
SEARCH_INDEXES = [
    value for module in TABLE_MODULES for value in vars(module).values() if isinstance(value, SearchIndex)
]
DAY_COUNTS = [
    value for module in TABLE_MODULES for value in vars(module).values() if isinstance(value, DayCounts)
]
TEXT_COUNTS = [index.text_counts for index in SEARCH_INDEXES if index.counted is not None]
_SEARCH_TABLES = owned_names(SEARCH_INDEXES)


def include_object(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Leave out the queue engine's own tables and those of searches, which are not made by revisions."""
    if kind != "table" or name is None:
        return True
    return name not in _SEARCH_TABLES and not name.startswith("pgqueuer")
