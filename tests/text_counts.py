"""Counts what texts find in an account, as the job does, in this process."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from antiphon.core.db.database import Database
from antiphon.core.db.search import SearchIndex
from antiphon.core.db.search_counts_build import TextCounter
from antiphon.core.db.search_grams import Counts, count_days


async def count_here(*args: Any) -> list[Counts]:
    return count_days(*args)


async def count_account(database: Database, index: SearchIndex, account_id: str) -> None:
    counter = TextCounter(index.text_counts, count_here)
    while await counter.count(database, account_id):
        pass
    blocks = index.text_counts.blocks
    assert await database.read(
        lambda tx: tx.scalar(select(func.count()).where(blocks.c.account_id == account_id))
    )
