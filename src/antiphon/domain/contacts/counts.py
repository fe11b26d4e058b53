"""How many live contacts have one tag, stage, owner, lifecycle stage or source: exact, never counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import Executable, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from antiphon.core.db.prepared import Prepared
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.domain.contacts.records import Contact
from antiphon.domain.contacts.tables import contact_counts

TAG = "tag"
STAGE = "stage"
OWNER = "owner"
LIFECYCLE = "lifecycle"
SOURCE = "source"

Groups = Counter[tuple[str, str]]

_ONE = Prepared(
    select(contact_counts.c.count).where(
        contact_counts.c.account_id == bindparam("account_id"),
        contact_counts.c.kind == bindparam("kind"),
        contact_counts.c.value == bindparam("value"),
    )
)
_OF_KIND = Prepared(
    select(contact_counts.c.value, contact_counts.c.count.label("amount")).where(
        contact_counts.c.account_id == bindparam("account_id"), contact_counts.c.kind == bindparam("kind")
    )
)


def _adding(insert: postgresql.Insert | sqlite.Insert) -> Executable:
    keys = [contact_counts.c.account_id, contact_counts.c.kind, contact_counts.c.value]
    return insert.on_conflict_do_update(
        index_elements=keys, set_={"count": contact_counts.c.count + insert.excluded.count}
    )


_ADD = {
    "postgresql": _adding(postgresql.insert(contact_counts)),
    "sqlite": _adding(sqlite.insert(contact_counts)),
}


def groups_of(contact: Contact) -> Groups:
    """The groups that the contact counts in; those of its tags are counted where they are linked."""
    profile = contact.profile
    found = {
        STAGE: profile.pipeline_stage_id,
        OWNER: profile.owner_id,
        LIFECYCLE: profile.lifecycle_stage,
        SOURCE: profile.lead_source,
    }
    return Counter({(kind, value): 1 for kind, value in found.items() if value is not None})


def add_counts(tx: WriteTx, account_id: str, amounts: Mapping[tuple[str, str], int]) -> None:
    """Count further contacts, or fewer, in some groups."""
    rows = [
        {"account_id": account_id, "kind": kind, "value": value, "count": amount}
        for (kind, value), amount in sorted(amounts.items())
        if amount
    ]
    if rows:
        tx.execute(_ADD[tx.dialect], rows)


def count_group(tx: ReadTx, account_id: str, kind: str, value: str) -> int:
    return int(tx.scalar(_ONE, {"account_id": account_id, "kind": kind, "value": value}) or 0)


def counts_of(tx: ReadTx, account_id: str, kind: str) -> dict[str, int]:
    """Every group of a kind with its contacts."""
    rows = tx.all(_OF_KIND, {"account_id": account_id, "kind": kind})
    return {row.value: row.amount for row in rows}
