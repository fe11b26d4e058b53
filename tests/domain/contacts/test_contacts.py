"""Contacts, one row of all contracts: found, created, counted, deleted, suppressed (contracts/README.md)."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from antiphon.core.clock import ManualClock
from antiphon.core.db.database import Database
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.core.events import EventBus, events
from antiphon.domain.accounts.commands import create_account
from antiphon.domain.accounts.tables import audit_log
from antiphon.domain.channels.commands import create_channel
from antiphon.domain.channels.records import ChannelKind
from antiphon.domain.contacts.commands import (
    create_contact,
    create_field,
    delete_contact,
    is_suppressed,
    lift_suppression,
    resolve_contact,
    suppress,
    touch_contact,
    update_contact,
)
from antiphon.domain.contacts.errors import ContactFieldError
from antiphon.domain.contacts.queries import (
    count_contacts,
    find_contact_by_address,
    find_contact_by_number,
    get_contact,
    list_contacts,
    list_fields,
)
from antiphon.domain.contacts.records import ContactFilters
from antiphon.domain.contacts.tables import contact_addresses
from antiphon.domain.contacts.upsert import upsert_contacts
from antiphon.domain.interactions import uncount_voicegram
from antiphon.domain.voicegrams.commands import announce_voicegram, create_voicegram, delete_voicegram
from antiphon.domain.voicegrams.senders import link_sender

PHONE = "+13125550143"


@pytest.fixture
async def account(database: Database) -> str:
    return (await database.write(create_account, name="Acme")).id


@pytest.fixture
async def other(database: Database) -> str:
    return (await database.write(create_account, name="Other", country="GB")).id


def emitted(tx: ReadTx, account_id: str) -> list[tuple[str, dict[str, Any]]]:
    rows = tx.all(
        select(events.c.type, events.c.data)
        .where(events.c.account_id == account_id)
        .order_by(events.c.created_at, events.c.id)
    )
    return [(row.type, msgspec.json.decode(row.data)) for row in rows]


async def test_a_caller_is_found_or_made(database: Database, account: str, other: str) -> None:
    """README, one domain object: the oldest live row with the number or the email, else a new one."""
    made = await database.write(
        resolve_contact, account, phone="(312) 555-0143", name="Ann B Lee", source="phone"
    )
    assert (made.number, made.first_name, made.last_name, made.phones) == (1, "Ann", "B Lee", (PHONE,))
    assert (made.name, made.source) == ("Ann B Lee", "phone")
    again = await database.write(resolve_contact, account, phone=PHONE, name="Bo", source="whatsapp")
    assert again == made
    await database.write(create_contact, account, phones=(PHONE,))
    assert (await database.write(resolve_contact, account, phone=PHONE, source="phone")).id == made.id
    assert (await database.read(find_contact_by_number, account, "312-555-0143")) == made
    foreign = await database.write(resolve_contact, other, phone=PHONE, source="phone")
    assert (foreign.number, foreign.account_id) == (1, other)
    by_mail = await database.write(resolve_contact, account, email="Ann@Example.ORG", source="website")
    assert by_mail.emails == ("ann@example.org",)
    found = await database.read(find_contact_by_address, account, "email", "ANN@example.org")
    assert found == by_mail
    for nothing in ({}, {"phone": " "}, {"email": ""}):
        with pytest.raises(DomainError):
            await database.write(resolve_contact, account, source="phone", **nothing)


async def test_events_tell_of_each_change(database: Database, account: str) -> None:
    """votel.md 16: `lead.created`, `lead.updated`, `lead.deleted`; none when nothing changed."""
    made = await database.write(create_contact, account, first_name="Ann")
    await database.write(update_contact, account, made.id, {"Company": "Acme"})
    await database.write(update_contact, account, made.id, {"Company": "Acme"})
    before = await database.read(emitted, account)
    assert [kind for kind, _ in before] == ["lead.created", "lead.updated"]
    assert (before[1][1]["company"], before[1][1]["id"]) == ("Acme", made.id)
    await database.write(delete_contact, account, made.id)
    after = await database.read(emitted, account)
    # What the events knew of the person is gone with the row.
    assert after == [("lead.created", {}), ("lead.updated", {}), ("lead.deleted", {"number": 1})]


async def test_equal_callers_at_the_same_moment(database: Database, account: str) -> None:
    """README, one domain object: parallel first calls of one number make one contact."""
    made = await asyncio.gather(
        *(database.write(resolve_contact, account, phone=PHONE, source="phone") for _ in range(8))
    )
    assert len({contact.id for contact in made}) == 1
    assert await database.read(count_contacts, account) == 1


async def test_parallel_upserts(database: Database, account: str) -> None:
    """vocatech.md 5.5: the same rows sent twice at once become one set of contacts with distinct ids."""
    rows = [(index, {"Phone": f"+1312556{index:04d}"}) for index in range(40)]
    results = await asyncio.gather(*(database.write(upsert_contacts, account, rows) for _ in range(4)))
    assert sorted(sum(row.created for row in result.stored) for result in results) == [0, 0, 0, 40]
    assert len({row.contact.number for row in results[0].stored}) == 40
    assert await database.read(count_contacts, account) == 40


async def test_numbers_are_not_given_twice(database: Database, account: str) -> None:
    """vocatech.md 4: integer ids are never reused."""
    first = await database.write(create_contact, account)
    await database.write(delete_contact, account, first.id)
    assert (await database.write(create_contact, account)).number == 2
    await database.write(upsert_contacts, account, [(0, {"First Name": "A"}), (1, {"First Name": "B"})])
    assert (await database.write(create_contact, account)).number == 5


async def test_a_deleted_contact_is_not_found(database: Database, account: str) -> None:
    """README: a deleted row is gone; who calls again is a new contact."""
    made = await database.write(resolve_contact, account, phone=PHONE, source="phone")
    await database.write(delete_contact, account, made.id)
    for attempt in (get_contact, delete_contact):
        with pytest.raises(NotFoundError):
            await database.write(attempt, account, made.id)
    assert await database.read(find_contact_by_number, account, PHONE) is None
    page = await database.read(list_contacts, account, ContactFilters(), limit=10, offset=0)
    assert (page.items, page.total) == ([], 0)
    assert (await database.write(resolve_contact, account, phone=PHONE, source="phone")).id != made.id


async def test_interactions_are_counted(database: Database, account: str) -> None:
    """voicory.md 8.2: the newest counts, in whatever order they arrive."""
    made = await database.write(create_contact, account)
    for amount, at in ((1, 500), (1, 300), (2, 900), (-1, 900)):
        await database.write(touch_contact, account, made.id, amount, at)
    contact = await database.read(get_contact, account, made.id)
    assert (contact.interaction_count, contact.last_interaction_at) == (3, 900)


async def test_senders_become_contacts(
    database: Database, account: str, bus: EventBus, clock: ManualClock
) -> None:
    """README, one domain object: a voicegram's sender is the contact with the verified email."""
    bus.react("voicegram.received", link_sender)
    bus.react("voicegram.deleted", uncount_voicegram)

    def send(tx: WriteTx, channel_id: str, voicegram_id: str) -> None:
        create_voicegram(
            tx,
            account,
            channel_id,
            voicegram_id=voicegram_id,
            sender_email="Visitor@example.org",
            page_url=None,
            client_id=voicegram_id,
            source_key="x",
            source_container="webm",
            duration_ms=1000,
        )
        announce_voicegram(tx, account, voicegram_id)

    channel = await database.write(
        create_channel, account, kind=ChannelKind.CAMPAIGN, name="S", slug="survey"
    )
    ids = [f"00000000-0000-7000-8000-00000000000{number}" for number in range(2)]
    for voicegram_id in ids:
        clock.advance(1000)
        await database.write(send, channel.id, voicegram_id)
    contact = await database.read(find_contact_by_address, account, "email", "visitor@example.org")
    assert contact is not None
    assert (contact.source, contact.interaction_count) == ("website", 2)
    assert contact.last_interaction_at == clock.now()
    verified = await database.read(lambda tx: tx.scalar(select(contact_addresses.c.is_verified)))
    assert verified
    for voicegram_id, left in zip(reversed(ids), ((1, clock.now() - 1000), (0, None)), strict=True):
        await database.write(delete_voicegram, account, voicegram_id)
        contact = await database.read(get_contact, account, contact.id)
        assert (contact.interaction_count, contact.last_interaction_at) == left


async def test_suppressions(database: Database, account: str, other: str) -> None:
    """votel.md 3.5: by address and channel, outliving the contact, once each, liftable."""
    assert await database.write(suppress, account, "sms", PHONE, "stop")
    assert not await database.write(suppress, account, "sms", PHONE, "stop")
    assert await database.read(is_suppressed, account, "sms", PHONE)
    assert not await database.read(is_suppressed, account, "whatsapp", PHONE)
    assert not await database.read(is_suppressed, other, "sms", PHONE)
    assert await database.write(lift_suppression, account, "sms", PHONE)
    assert not await database.write(lift_suppression, account, "sms", PHONE)
    assert not await database.read(is_suppressed, account, "sms", PHONE)
    assert await database.write(suppress, account, "sms", PHONE, "stop")
    assert await database.write(suppress, account, "all", "Ann@example.org", "manual")
    assert await database.read(is_suppressed, account, "email", "ann@EXAMPLE.org")
    kinds = [kind for kind, _ in await database.read(emitted, account)]
    assert sorted(kinds) == ["suppression.added"] * 3 + ["suppression.removed"]


async def test_concurrent_opt_outs(database: Database, account: str) -> None:
    """votel.md 13: the same stop word delivered twice at once is one opt-out."""
    done = await asyncio.gather(*(database.write(suppress, account, "sms", PHONE, "stop") for _ in range(6)))
    assert sorted(done) == [False] * 5 + [True]


async def test_fields_are_named_once(database: Database, account: str) -> None:
    """vocatech.md 5.5: labels differ, `field_name` is made from the label, ids go on."""
    fields = [
        await database.write(create_field, account, name=name)
        for name in ("Shoe Size", "Shoe-Size!", "靴", "Tags")
    ]
    assert [field.field_name for field in fields] == ["shoe_size", "shoe_size_2", "field", "tags_2"]
    assert [field.number for field in fields] == [6, 7, 8, 9]
    assert [field.position for field in await database.read(list_fields, account)] == list(range(1, 10))
    for bad in ("", "  ", "x" * 101, "a\0b", "phone", "SHOE size"):
        with pytest.raises(ContactFieldError):
            await database.write(create_field, account, name=bad)
    contact = await database.write(create_contact, account)
    contact = await database.write(update_contact, account, contact.id, {"靴": "44", "Shoe Size": "43"})
    assert contact.custom == {"field": "44", "shoe_size": "43"}
    assert await database.read(get_contact, account, contact.id) == contact


async def test_a_call_from_any_phone_field_is_the_contact(database: Database, account: str) -> None:
    """README, one domain object: numbers of own phone fields find the contact too."""
    await database.write(create_field, account, name="Mobile", data_type="phone")
    contact = await database.write(create_contact, account, first_name="Ann")
    contact = await database.write(update_contact, account, contact.id, {"Mobile": f"{PHONE};+13125550144"})
    assert (await database.write(resolve_contact, account, phone="+13125550144", source="phone")) == contact
    await database.write(update_contact, account, contact.id, {"Mobile": ""})
    assert await database.read(find_contact_by_number, account, PHONE) is None


async def test_changed_addresses_keep_their_order(database: Database, account: str) -> None:
    """vocatech.md 5.5: the first phone of the row is the one that other contracts show."""
    made = await database.write(create_contact, account, phones=(PHONE, "+13125550144"), is_verified=True)
    for text in ("+13125550144;+13125550143", "+13125550199;+13125550143", ""):
        changed = await database.write(update_contact, account, made.id, {"Phone": text})
        assert changed.phones == tuple(text.split(";")) if text else changed.phones == ()
        assert (await database.read(get_contact, account, made.id)) == changed


async def test_a_bulk_upsert_leaves_one_audit_entry_with_its_counts(database: Database, account: str) -> None:
    """votel.md 11.1: one entry of the request, none when nothing was stored."""
    rows = [(0, {"Phone": PHONE}), (1, {"Phone": PHONE, "First Name": "Ada"}), (2, {"Nothing": "x"})]

    def entries(tx: ReadTx) -> list[Any]:
        return list(tx.all(select(audit_log).where(audit_log.c.action == "lead.upserted")))

    await database.write(upsert_contacts, account, rows[2:])
    assert await database.read(entries) == []
    await database.write(upsert_contacts, account, rows)
    [entry] = await database.read(entries)
    assert entry.account_id == account
    told = {change["field"]: change["to"] for change in msgspec.json.decode(entry.changes)}
    assert told == {"created": 1, "updated": 1, "refused": 1}
