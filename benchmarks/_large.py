"""An account with 1,000,000 calls and messages and 200,000 contacts beside small ones, kept for many runs.

Rows are written without their commands and without the search indexes, which are made at the end as after a
migration. `to_postgres` copies the same rows, so that both stores give the same answers.
"""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from sqlalchemy import Boolean, Table

from _phone import BATCH, COMPANY, SPAN_DAYS, segments
from antiphon.app import close_services, create_services
from antiphon.core.clock import DAY, SECOND
from antiphon.core.db.metadata import metadata
from antiphon.core.db.transaction import WriteTx
from antiphon.core.ids import new_id
from antiphon.domain.accounts.commands import add_to_counter, create_account
from antiphon.domain.accounts.records import Plan
from antiphon.domain.calls.queries import COUNTER as CALLS
from antiphon.domain.calls.records import Turn
from antiphon.domain.calls.search import search_text as call_text
from antiphon.domain.calls.tables import call_segments, calls
from antiphon.domain.contacts.commands import NUMBERS
from antiphon.domain.contacts.counts import LIFECYCLE, SOURCE, add_counts
from antiphon.domain.contacts.queries import COUNTER as CONTACTS
from antiphon.domain.contacts.records import Contact
from antiphon.domain.contacts.search import search_text as contact_text
from antiphon.domain.contacts.tables import contact_addresses, contacts
from antiphon.domain.conversations.queries import counter_name
from antiphon.domain.conversations.records import Channel
from antiphon.domain.conversations.search import search_text as message_text
from antiphon.domain.conversations.tables import conversations, messages
from antiphon.migrations.runner import migrate
from antiphon.migrations.schema import DAY_COUNTS, SEARCH_INDEXES
from antiphon.settings import Settings

STATE = "large.json"
RARE = "quixotry"
"""In one text of a thousand."""
NAME = "harbor"
"""Of one person in twenty."""
TALKERS = 5000
"""The contacts that call and write."""
WORDS_A_CALL = 60
EXTENSION_NAME = "Parts desk"
WORDS_A_MESSAGE = 12
CALL_STATUSES = ("completed",) * 7 + ("no_answer", "busy", "failed")
MESSAGE_STATUSES = ("delivered",) * 6 + ("read",) * 2 + ("sent", "failed")
SOURCES = ("phone", "website", "manual")
LIFECYCLES = ("lead", "prospect", "customer", None)


class Writer:
    """Texts of invented words, as unequal in frequency as those of a language."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        parts = [consonant + vowel for consonant in "bcdfghjklmnprstvwz" for vowel in "aeiou"]
        sizes = (1, 2, 2, 3, 3, 4)
        words = {"".join(self.chance.choices(parts, k=self.chance.choice(sizes))) for _ in range(8000)}
        self.words = sorted(words, key=lambda word: (len(word), word))
        self.frequent = self.words[800]
        """In a call of a hundred."""
        self._weights = list(accumulate(1 / (place + 3) for place in range(len(self.words))))

    def text(self, count: int) -> str:
        words = self.chance.choices(self.words, cum_weights=self._weights, k=count)
        if self.chance.random() < 0.001:
            words[0] = RARE
        return " ".join(words)

    def name(self, number: int) -> tuple[str, str]:
        first = NAME if self.chance.random() < 0.05 else self.words[number % 5000 + 500]
        return first.capitalize(), str(number)


@dataclass(frozen=True, slots=True)
class Large:
    """What was made: ids of accounts, and the moment that the rows of the large one end at."""

    account_id: str
    middle_id: str
    small_id: str
    now: int
    frequent: str


def phone(person: int) -> str:
    return f"+1555{2_000_000 + person}"


async def large(folder: Path, *, share: float, small: int) -> Large:
    """The accounts of a folder, made there at first; `share` is the part of the full size."""
    known = folder / STATE
    settings = Settings(data_dir=folder)
    await migrate(settings)
    if known.exists():
        return Large(**json.loads(known.read_text()))
    _without_indexes(settings.sqlite_path)
    services = create_services(settings)
    await services.database.start()
    writer = Writer(1)
    write = services.database.write
    try:
        account_id = await write(_fill, "Large", _counts(share), writer)
        middle_id = await write(
            _fill, "Middle", {"contacts": 2000, "calls": 10_000, "messages": 10_000}, writer
        )
        for number in range(small):
            few = dict.fromkeys(("contacts", "calls", "messages"), 20)
            small_id = await write(_fill, f"Small {number}", few, writer)
        now = services.clock.now()
    finally:
        await close_services(services)
    await migrate(settings)
    found = Large(account_id, middle_id, small_id, now, writer.frequent)
    known.write_text(json.dumps({name: getattr(found, name) for name in Large.__slots__}))
    return found


def _counts(share: float) -> dict[str, int]:
    full = {"contacts": 200_000, "calls": 1_000_000, "messages": 1_000_000}
    return {kind: round(count * share) for kind, count in full.items()}


def _without_indexes(path: Path) -> None:
    raw = sqlite3.connect(path)
    for counts in DAY_COUNTS:
        for name in counts.sqlite_objects():
            raw.execute(f"DROP TRIGGER {name}")
    for index in SEARCH_INDEXES:
        for kind in ("insert", "update", "words", "delete"):
            raw.execute(f"DROP TRIGGER IF EXISTS {index.name}_{kind}")
        for name in (index.text_name, index.name):
            raw.execute(f"DROP TABLE IF EXISTS {name}")
    raw.commit()
    raw.close()


def _fill(tx: WriteTx, name: str, counts: dict[str, int], writer: Writer) -> str:
    account_id = create_account(tx, name=name, plan=Plan.PRO).id
    tx.jobs.clear()
    people: list[tuple[str, str, str]] = []
    groups: Counter[tuple[str, str]] = Counter()
    for batch in _batched(_contacts(account_id, counts["contacts"], tx.now, writer)):
        tx.execute(contacts.insert(), batch)
        tx.execute(contact_addresses.insert(), [one for row in batch for one in _addresses(row)])
        groups.update(group for row in batch for group in _groups(row))
        people += [
            (row["id"], f"{row['first_name']} {row['last_name']}", phone(row["number"] - 1))
            for row in batch
            if row["number"] <= TALKERS
        ]
    for batch in _batched(_calls(account_id, people, counts["calls"], tx.now, writer)):
        tx.execute(calls.insert(), batch)
        tx.execute(call_segments.insert(), [segment for row in batch for segment in segments(row)])
    threads = {person[0]: new_id() for person in people}
    tx.execute(
        conversations.insert(),
        [_conversation(account_id, thread, contact, tx.now) for contact, thread in threads.items()],
    )
    add_counts(tx, account_id, groups)
    channels: Counter[str] = Counter()
    for batch in _batched(_messages(account_id, people, threads, counts["messages"], tx.now, writer)):
        tx.execute(messages.insert(), batch)
        channels.update(row["channel"] for row in batch)
    for channel, count in channels.items():
        add_to_counter(tx, account_id, counter_name(Channel(channel)), count)
    for name, kind in ((CALLS, "calls"), (CONTACTS, "contacts"), (NUMBERS, "contacts")):
        add_to_counter(tx, account_id, name, counts[kind])
    return account_id


def _batched(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    source = iter(rows)
    while batch := list(islice(source, BATCH)):
        yield batch


def _contacts(account_id: str, count: int, now: int, writer: Writer) -> Iterator[dict[str, Any]]:
    step = SPAN_DAYS * DAY // max(count, 1)
    for number in range(count):
        first, last = writer.name(number)
        at = now - SPAN_DAYS * DAY + number * step
        contact = Contact(
            id=new_id(),
            number=number + 1,
            account_id=account_id,
            first_name=first,
            last_name=last,
            company=f"Company {number % 5000}",
            source=SOURCES[number % 3],
            custom={},
            tags=(),
            phones=(phone(number),),
            emails=(f"person{number}@example.org",),
            interaction_count=0,
            last_interaction_at=None,
            created_at=at,
            updated_at=at,
        )
        yield {
            "id": contact.id,
            "account_id": account_id,
            "number": contact.number,
            "first_name": first,
            "last_name": last,
            "company": contact.company,
            "source": contact.source,
            "custom": "{}",
            "tags": "[]",
            "search_text": contact_text(contact, ()),
            "sort_name": f"{first} {last}".lower(),
            "lifecycle_stage": LIFECYCLES[number % 4],
            "lead_source": f"campaign {number % 20}",
            "interaction_count": 0,
            "created_at": at,
            "updated_at": at,
        }


def _groups(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for kind, value in ((LIFECYCLE, row["lifecycle_stage"]), (SOURCE, row["lead_source"])):
        if value is not None:
            yield kind, value


def _addresses(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    number = row["number"] - 1
    for kind, value in (("phone", phone(number)), ("email", f"person{number}@example.org")):
        yield {
            "id": new_id(),
            "account_id": row["account_id"],
            "contact_id": row["id"],
            "kind": kind,
            "position": 0,
            "value": value,
            "is_verified": False,
        }


def _calls(
    account_id: str, people: list[tuple[str, str, str]], count: int, now: int, writer: Writer
) -> Iterator[dict[str, Any]]:
    chance = writer.chance
    step = SPAN_DAYS * DAY // max(count, 1)
    for number in range(count):
        at = now - SPAN_DAYS * DAY + number * step
        inbound = chance.random() < 0.7
        status = chance.choice(CALL_STATUSES)
        completed = status == "completed"
        contact_id, name, remote = chance.choice(people)
        seconds = chance.randrange(20, 400)
        said = writer.text(WORDS_A_CALL) if completed else ""
        turns = (Turn("caller", said, 0, 1, 1.0),) if completed else ()
        yield {
            "id": new_id(),
            "account_id": account_id,
            "carrier": "twilio",
            "call_sid": f"CA{number:032x}",
            "direction": "inbound" if inbound else "outbound",
            "status": status,
            "from_number": remote if inbound else COMPANY,
            "to_number": COMPANY if inbound else remote,
            "remote_number": remote,
            "group_number": COMPANY,
            "contact_id": contact_id,
            "extension": "204",
            "extension_name": EXTENSION_NAME,
            "started_at": at,
            "answered_at": at if completed else None,
            "ended_at": at + seconds * SECOND,
            "duration_seconds": seconds if completed else 0,
            "cost_micros": seconds * 200,
            "stt_seconds": float(seconds),
            "tts_characters": 400,
            "recording_key": "calls/bench" if completed else None,
            "transcript": msgspec.json.encode(turns).decode() if completed else None,
            "summary": said[:70] if completed else None,
            "sentiment_label": ("positive", "neutral", "negative")[seconds % 3] if completed else None,
            "sentiment_score": 0.4 if completed else None,
            "analyzed_at": at + seconds * SECOND,
            "metadata": "{}",
            "is_test": False,
            "search_text": call_text(
                name, EXTENSION_NAME, extensions=("204",), numbers=(remote, COMPANY), turns=turns
            ),
            "created_at": at,
        }


def _conversation(account_id: str, conversation_id: str, contact_id: str, now: int) -> dict[str, Any]:
    return {
        "id": conversation_id,
        "account_id": account_id,
        "contact_id": contact_id,
        "status": "open",
        "is_unread": False,
        "members": "[]",
        "created_at": now,
        "updated_at": now,
    }


def _messages(
    account_id: str,
    people: list[tuple[str, str, str]],
    threads: dict[str, str],
    count: int,
    now: int,
    writer: Writer,
) -> Iterator[dict[str, Any]]:
    chance = writer.chance
    step = SPAN_DAYS * DAY // max(count, 1)
    for number in range(count):
        at = now - SPAN_DAYS * DAY + number * step
        contact_id, name, remote = chance.choice(people)
        inbound = chance.random() < 0.5
        channel = ("sms", "whatsapp")[chance.random() < 0.4]
        body = writer.text(WORDS_A_MESSAGE)
        yield {
            "id": new_id(),
            "account_id": account_id,
            "conversation_id": threads[contact_id],
            "contact_id": contact_id,
            "channel": channel,
            "kind": channel,
            "direction": "inbound" if inbound else "outbound",
            "status": "delivered" if inbound else chance.choice(MESSAGE_STATUSES),
            "carrier": "twilio",
            "carrier_message_id": f"SM{number:032x}",
            "from_address": remote if inbound else COMPANY,
            "to_address": COMPANY if inbound else remote,
            "remote_address": remote,
            "body": body,
            "message_type": "text",
            "is_from_bot": False,
            "created_at": at,
            "sent_at": at,
            "delivered_at": at,
            "search_text": message_text(name, body, remote, COMPANY),
        }


async def to_postgres(path: Path, url: str) -> None:
    """Copy an SQLite file into a store that is empty but for its tables."""
    await migrate(Settings(data_dir=path.parent, database_url=url))
    source = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    target = await asyncpg.connect(url, timeout=60)
    try:
        # The rows kept their references where they come from.
        await target.execute("SET session_replication_role = replica")
        for index in SEARCH_INDEXES:
            await target.execute(f"DROP TABLE IF EXISTS {index.name}")
            await target.execute(f"DROP FUNCTION IF EXISTS {index.name}_follow() CASCADE")
        for counts in DAY_COUNTS:
            await target.execute(f"DROP FUNCTION IF EXISTS {counts.table.name}_follow() CASCADE")
        derived = {counts.table.name for counts in DAY_COUNTS}
        for table in metadata.sorted_tables:
            if table.name in derived or table.info.get("dialect", "postgresql") != "postgresql":
                continue
            started = time.perf_counter()
            if (await target.fetchval(f'SELECT count(*) FROM "{table.name}"')) == 0:
                await _copy(source, target, table)
                print(f"{table.name}: {time.perf_counter() - started:.1f} s", flush=True)
    finally:
        await target.close()
        source.close()
    await migrate(Settings(data_dir=path.parent, database_url=url))
    target = await asyncpg.connect(url, timeout=60)
    await target.execute("VACUUM ANALYZE")
    await target.close()


async def _copy(source: sqlite3.Connection, target: asyncpg.Connection[Any], table: Table) -> None:
    names = [column.name for column in table.columns]
    flags = [at for at, column in enumerate(table.columns) if isinstance(column.type, Boolean)]
    rows = source.execute(f"SELECT {', '.join(names)} FROM {table.name}")  # own names
    while batch := rows.fetchmany(BATCH):
        if flags:
            batch = [
                [value if at not in flags or value is None else bool(value) for at, value in enumerate(row)]
                for row in batch
            ]
        await target.copy_records_to_table(table.name, records=batch, columns=names)


async def has_rows(url: str) -> bool:
    target = await asyncpg.connect(url, timeout=60)
    try:
        if await target.fetchval("SELECT to_regclass('accounts')") is None:
            return False
        return await target.fetchval("SELECT count(*) FROM accounts") > 0
    finally:
        await target.close()
