"""The demo business: told once, in its time, and taken away again without a trace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import func, select

from antiphon.core.clock import DAY, ManualClock
from antiphon.core.db.database import Database
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.events import EventBus
from antiphon.core.jobs.tables import jobs
from antiphon.domain.accounts.commands import create_account
from antiphon.domain.calls.tables import calls
from antiphon.domain.contacts.lists import LeadFilters, list_leads
from antiphon.domain.contacts.tables import contacts
from antiphon.domain.conversations.commands import receive_message
from antiphon.domain.conversations.records import Channel, InboundMessage
from antiphon.domain.conversations.tables import conversations, messages
from antiphon.domain.demo import fill_demo
from antiphon.domain.demo_story import SOUND_JOB, remove_story
from antiphon.domain.numbers.commands import SIMULATOR, create_simulator
from antiphon.domain.numbers.queries import list_numbers
from antiphon.domain.voicegrams.senders import link_sender
from antiphon.domain.voicegrams.tables import voicegrams
from service_factory import MASTER_KEY, Cipher


@pytest.fixture
async def account_id(database: Database, bus: EventBus) -> str:
    bus.react("voicegram.received", link_sender)

    def make(tx: WriteTx) -> str:
        account = create_account(tx, name="Demo")
        create_simulator(tx, Cipher(MASTER_KEY), account.id)
        return account.id

    return await database.write(make)


def counts(tx: ReadTx) -> dict[str, int]:
    found = {}
    for table in (contacts, calls, voicegrams, messages):
        alive = select(func.count()).select_from(table).where(table.c.deleted_at.is_(None))
        found[table.name] = int(tx.scalar(alive))
    return found


async def test_two_weeks(database: Database, clock: ManualClock, account_id: str) -> None:
    """Each thing once and at its time, whoever said it one contact, and no work but the sounds."""
    clock.advance(30 * DAY)
    await database.write(fill_demo, account_id)
    made = await database.read(counts)
    assert made == {"contacts": 10, "calls": 30, "voicegrams": 12, "messages": 14}
    await database.write(fill_demo, account_id)
    assert await database.read(counts) == made, "once"

    def read(tx: ReadTx) -> tuple[Any, ...]:
        page = list_leads(tx, account_id, LeadFilters(tag="demo"), limit=100, offset=0)
        times = tx.first(select(func.min(calls.c.started_at), func.max(calls.c.started_at)))
        loose = tx.scalar(select(func.count()).select_from(calls).where(calls.c.contact_id.is_(None)))
        unlinked = select(func.count()).select_from(voicegrams).where(voicegrams.c.contact_id.is_(None))
        return page, times, loose, tx.scalar(unlinked)

    page, times, loose, unlinked = await database.read(read)
    assert (page.total, loose, unlinked) == (10, 0, 0)
    assert all(contact.interaction_count > 0 and contact.profile.pipeline_stage_id for contact in page.items)
    assert all(contact.name.startswith("Example: ") for contact in page.items), "nobody real"
    now = clock.now()
    assert now - 14 * DAY < times[0] < times[1] < now
    if database.dialect == "sqlite":
        queued = await database.read(lambda tx: [row.name for row in tx.all(select(jobs.c.name))])
        assert queued == [SOUND_JOB]


def write_before(tx: WriteTx, account_id: str) -> None:
    [number] = list_numbers(tx, account_id)
    message = InboundMessage(
        carrier=SIMULATOR,
        carrier_message_id="before",
        channel=Channel.SMS,
        number=number,
        from_address="+13125550199",
        body="Hello",
        at=tx.now,
    )
    receive_message(tx, account_id, message)


def open_threads(tx: ReadTx) -> Sequence[Any]:
    return tx.all(select(conversations.c.contact_id).where(conversations.c.deleted_at.is_(None)))


async def test_removal(database: Database, clock: ManualClock, account_id: str) -> None:
    """Messages too; what was there before stays, that of the other person in its thread."""
    clock.advance(30 * DAY)
    await database.write(write_before, account_id)
    before = await database.read(counts)
    assert before == {"contacts": 1, "calls": 0, "voicegrams": 0, "messages": 1}
    await database.write(fill_demo, account_id)
    assert await database.write(remove_story, account_id) == 52
    assert await database.read(counts) == before
    [left] = await database.read(open_threads)
    alive = select(contacts.c.id).where(contacts.c.deleted_at.is_(None))
    assert left.contact_id == await database.read(lambda tx: tx.scalar(alive))
    assert await database.write(remove_story, account_id) == 0
    await database.write(fill_demo, account_id)
    assert (await database.read(counts))["calls"] == 30, "and may be told again"
