"""One unit of work per write, on both stores (design, section 2)."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from antiphon.core.actors import SYSTEM, Actor, acting_as, set_actor
from antiphon.core.db.database import Database
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.events import Event, EventBus, events
from antiphon.core.ids import new_id
from antiphon.domain.accounts.commands import add_to_counter, create_account
from antiphon.domain.accounts.queries import count_accounts, get_account
from antiphon.domain.accounts.records import Account
from antiphon.domain.accounts.tables import account_counters


class RefusedError(Exception):
    pass


def _create(tx: WriteTx, name: str) -> Account:
    return create_account(tx, name=name)


def _create_and_refuse(tx: WriteTx, name: str) -> None:
    account = create_account(tx, name=name)
    tx.emit(Event(account.id, "account.created", account.id))
    tx.after_commit(lambda: pytest.fail("a rolled back transaction called back"))
    raise RefusedError


def _events(tx: ReadTx) -> int:
    return int(tx.scalar(select(func.count()).select_from(events)))


async def test_what_is_written_is_read(database: Database) -> None:
    account = await database.write(_create, "First")
    assert await database.read(get_account, account.id) == account


async def test_a_failing_write_leaves_nothing(database: Database, bus: EventBus) -> None:
    heard: list[Event] = []
    bus.listen(heard.append)
    with pytest.raises(RefusedError):
        await database.write(_create_and_refuse, "First")
    assert await database.read(count_accounts) == 0
    assert await database.read(_events) == 0
    assert heard == []


async def test_concurrent_writes_keep_their_own_outcomes(database: Database) -> None:
    """Group commit: one command's failure stays its own."""
    writes = [
        database.write(_create_and_refuse, f"bad {n}") if n % 3 == 0 else database.write(_create, f"good {n}")
        for n in range(30)
    ]
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert [isinstance(outcome, RefusedError) for outcome in outcomes] == [n % 3 == 0 for n in range(30)]
    assert await database.read(count_accounts) == 20


async def test_counters_lose_no_increment(database: Database) -> None:
    account = await database.write(_create, "Counted")
    await database.write(add_to_counter, account.id, "voicegrams", 1)
    await asyncio.gather(*(database.write(add_to_counter, account.id, "voicegrams", 1) for _ in range(40)))

    def total(tx: ReadTx) -> int:
        return int(
            tx.scalar(select(account_counters.c.value).where(account_counters.c.account_id == account.id))
        )

    assert await database.read(total) == 41


async def test_an_event_commits_with_its_change_and_is_told_after(database: Database, bus: EventBus) -> None:
    heard: list[Event] = []
    seen_in_transaction: list[int] = []
    bus.listen(heard.append)
    bus.react("account.created", lambda tx, event: seen_in_transaction.append(count_accounts(tx)))

    def create(tx: WriteTx) -> Event:
        account = create_account(tx, name="Loud")
        event = Event(account.id, "account.created", account.id, {"name": "Loud"})
        tx.emit(event)
        assert heard == []
        return event

    event = await database.write(create)
    assert heard == [replace(event, sequence=1, actor=SYSTEM, created_at=heard[0].created_at)]
    assert seen_in_transaction == [1]
    assert await database.read(_events) == 1


async def test_events_of_an_account_are_counted_without_gaps(database: Database, bus: EventBus) -> None:
    """contracts/votel.md 1.4: an event's number is a sequence number of the tenant."""
    heard: list[Event] = []
    bus.listen(heard.append)
    accounts = [await database.write(_create, name) for name in ("One", "Two")]

    def change(tx: WriteTx, number: int) -> None:
        for account in accounts if number % 2 else reversed(accounts):
            tx.emit(Event(account.id, "account.updated", account.id, {"number": number}))
        if number % 5 == 0:
            raise RefusedError

    await asyncio.gather(*(database.write(change, number) for number in range(30)), return_exceptions=True)
    for account in accounts:
        told = [event.sequence for event in heard if event.account_id == account.id]
        assert sorted(told) == list(range(1, 25))
        query = select(events.c.sequence).where(events.c.account_id == account.id)
        stored = await database.read(lambda tx, query=query: tx.all(query))
        assert sorted(row.sequence for row in stored) == sorted(told)


async def test_a_write_knows_who_causes_it(database: Database) -> None:
    """contracts/votel.md 16: an event names its actor; work of nobody is the system's."""
    account = await database.write(_create, "Acting")
    person = Actor("user", new_id(), "Somebody")

    def change(tx: WriteTx) -> Actor:
        tx.emit(Event(account.id, "account.updated", account.id))
        return tx.actor

    async def as_person() -> Actor:
        set_actor(person)
        return await database.write(change)

    assert await asyncio.gather(asyncio.create_task(as_person()), database.write(change)) == [person, SYSTEM]
    with acting_as(person):
        assert await database.write(change) == person
    query = select(events.c.actor_kind, events.c.actor_id).where(events.c.account_id == account.id)
    rows = await database.read(lambda tx: tx.all(query))
    assert sorted((row.actor_kind, row.actor_id) for row in rows) == [
        ("system", None),
        ("user", person.id),
        ("user", person.id),
    ]


async def test_a_failing_reaction_takes_the_change_with_it(database: Database, bus: EventBus) -> None:
    def refuse(tx: WriteTx, event: Event) -> None:
        raise RefusedError

    bus.react("account.created", refuse)

    def create(tx: WriteTx) -> None:
        account = create_account(tx, name="Unlucky")
        tx.emit(Event(account.id, "account.created", account.id))

    with pytest.raises(RefusedError):
        await database.write(create)
    assert await database.read(count_accounts) == 0
    assert await database.read(_events) == 0


async def test_callbacks_run_once_after_the_commit(database: Database) -> None:
    calls: list[str] = []

    def create(tx: WriteTx) -> None:
        create_account(tx, name="Called")
        tx.after_commit(lambda: calls.append("done"))
        assert calls == []

    await database.write(create)
    assert calls == ["done"]


async def test_jobs_commit_with_the_write(database: Database) -> None:
    told: list[int] = []
    database.add_jobs_listener(lambda: told.append(1))

    def enqueue(tx: WriteTx, fail: bool) -> None:
        tx.enqueue("test.job", {"id": "1"}, key="test:1")
        if fail:
            raise RefusedError

    with pytest.raises(RefusedError):
        await database.write(enqueue, True)
    assert told == []
    await database.write(enqueue, False)
    assert told == [1]
