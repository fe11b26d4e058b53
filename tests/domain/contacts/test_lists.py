"""The list of leads agrees with a plain scan of random rows (contracts/votel.md 3.2)."""

from __future__ import annotations

import random
from typing import Any

import pytest

from antiphon.core.db.database import Database
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.accounts.commands import create_account
from antiphon.domain.contacts.lists import SORTS, LeadFilters, list_leads
from antiphon.domain.contacts.tables import contact_search, contacts
from text_counts import count_account


@pytest.mark.parametrize("is_counted", [False, True])
@pytest.mark.usefixtures("small_windows", "small_blocks")
async def test_searches_in_any_order(database: Database, is_counted: bool) -> None:
    """The page and the exact total, whatever the order and the filters; a company counts too."""
    chance = random.Random(11)
    rows: list[dict[str, Any]] = []

    def make(tx: WriteTx) -> str:
        account_id = create_account(tx, name="Leads").id
        tx.jobs.clear()
        for number in range(200):
            name = chance.choice(("harbor", "harbour", "ann", "zoe"))
            rows.append(
                {
                    "id": f"id-{account_id[-8:]}-{number:04}",
                    "account_id": account_id,
                    "number": number,
                    "first_name": name,
                    "last_name": "",
                    "company": "",
                    "source": chance.choice(("phone", "manual", "elsewhere")),
                    "custom": "{}",
                    "tags": "[]",
                    "search_text": f"{chance.choice(('acme', 'harbor works'))}\t{name}\nname@example.org",
                    "interaction_count": 0,
                    "created_at": chance.randrange(10**10),
                    "updated_at": chance.randrange(50),
                    "last_activity_at": chance.randrange(50),
                    "score": chance.randrange(5),
                    "sort_name": name,
                    "lifecycle_stage": chance.choice((None, "lead", "customer")),
                    "deleted_at": 5 if chance.random() < 0.1 else None,
                }
            )
        tx.execute(contacts.insert(), rows)
        return account_id

    account_id = await database.write(make)
    if is_counted:
        await count_account(database, contact_search, account_id)
    for _ in range(150):
        sort = chance.choice(("", "-")) + chance.choice(tuple(SORTS))
        query = chance.choice(("harbor", "harbo", "acme", "ann", "oe", "example"))
        lifecycle = chance.choice((None, None, "customer"))
        since = chance.choice((None, None, 5 * 10**9))
        wanted = [
            row
            for row in rows
            if row["deleted_at"] is None
            and query in row["search_text"]
            and lifecycle in (None, row["lifecycle_stage"])
            and (since is None or row["created_at"] >= since)
        ]
        name = SORTS[sort.removeprefix("-")].name
        wanted.sort(key=lambda row: (row[name], row["id"]), reverse=sort.startswith("-"))
        limit, offset = chance.choice((1, 3, 100)), chance.choice((0, 0, 2, 30, 500))
        filters = LeadFilters(search=query, lifecycle_stage=lifecycle, since=since, sort=sort)
        page = await database.read(list_leads, account_id, filters, limit=limit, offset=offset)
        found = [item.id for item in page.items], page.total
        assert found == ([row["id"] for row in wanted[offset : offset + limit]], len(wanted)), filters
