"""Events and deleted leads go when their time is over (contracts/votel.md 0.6, 16)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from antiphon.core.clock import DAY, ManualClock
from antiphon.core.db.database import Database
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.events import Event, events
from antiphon.core.ids import new_id
from antiphon.domain import purge
from antiphon.domain.accounts.commands import create_account
from antiphon.domain.contacts.commands import create_contact, delete_contact
from antiphon.domain.contacts.tables import contact_addresses, contacts
from antiphon.domain.conversations.rows import ensure_conversation
from antiphon.domain.purge import purge_events, purge_leads
from antiphon.domain.webhooks.records import DeliveryStatus
from antiphon.domain.webhooks.tables import deliveries, subscriptions


@pytest.fixture
async def account(database: Database) -> str:
    return (await database.write(create_account, name="Acme")).id


def deliver(tx: WriteTx, event: Event, status: DeliveryStatus) -> None:
    subscription_id = new_id()
    tx.execute(
        subscriptions.insert(),
        {
            "id": subscription_id,
            "account_id": event.account_id,
            "contract": "native",
            "url": "https://example.org/hook",
            "event_types": "[]",
            "secret_prefix": "whsec_",
            "source": "dashboard",
            "is_active": True,
            "consecutive_failures": 0,
            "created_at": tx.now,
        },
    )
    tx.execute(
        deliveries.insert(),
        {
            "id": new_id(),
            "account_id": event.account_id,
            "subscription_id": subscription_id,
            "event_id": event.id,
            "event_type": event.type,
            "object_id": event.object_id,
            "status": status.value,
            "attempts": 0,
            "is_test": False,
            "created_at": tx.now,
        },
    )


def kept_events(tx: ReadTx) -> list[str]:
    return [row.object_id for row in tx.all(select(events.c.object_id).order_by(events.c.sequence))]


async def test_events_are_kept_for_30_days_and_for_pending_deliveries(
    database: Database, account: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """votel.md 16: kept 30 days; in batches; what a delivery still has to tell stays."""
    monkeypatch.setattr(purge, "_OLD_EVENTS", purge._OLD_EVENTS.limit(2))
    old = [Event(account, "lead.updated", f"old-{index}") for index in range(5)]

    def write(tx: WriteTx) -> None:
        tx.emit_all(old)
        deliver(tx, old[0], DeliveryStatus.PENDING)
        deliver(tx, old[1], DeliveryStatus.DELIVERED)

    await database.write(write)
    clock.advance(DAY)
    await database.write(lambda tx: tx.emit(Event(account, "lead.updated", "young")))
    clock.advance(29 * DAY)
    assert await database.write(purge_events) == 0
    clock.advance(1)
    assert await database.write(purge_events) == 2
    assert [await database.write(purge_events) for _ in range(2)] == [2, 0]
    assert await database.read(kept_events) == ["old-0", "young"]


async def test_deleted_leads_are_kept_while_something_refers_to_them(
    database: Database, account: str, clock: ManualClock
) -> None:
    """votel.md 0.6: purged after 30 days unless logs refer to them."""

    def write(tx: WriteTx) -> list[str]:
        made = [
            create_contact(tx, account, first_name=name, emails=(f"{name}@example.org",)).id
            for name in ("live", "gone", "talked")
        ]
        ensure_conversation(tx, account, made[2])
        for contact_id in made[1:]:
            delete_contact(tx, account, contact_id)
        return made

    def left(tx: ReadTx) -> set[str]:
        found = {row.id for row in tx.all(select(contacts.c.id))}
        assert {row.contact_id for row in tx.all(select(contact_addresses.c.contact_id))} == found
        return found

    live, gone, talked = await database.write(write)
    clock.advance(30 * DAY)
    assert await database.write(purge_leads) == 0
    clock.advance(1)
    assert await database.write(purge_leads) == 1
    assert await database.read(left) == {live, talked}
    assert gone not in await database.read(left)
