"""Searches in calls, contacts and messages of a large account beside small ones.

`python benchmarks/search.py [--full] [--rows N] [--kinds KIND ...] [--rounds N] [--postgres URL] [--json]`.
By default the large account has 50,000 calls, contacts and messages; `--full` means 1,000,000 calls and
messages and 200,000 contacts beside 1,000 small accounts. Words are as unequal in frequency as those of a
language; one name in twenty is `harbor`, one text in a thousand has the rare word. Queries run as the routes
run them, each with its page and its exact total, on the store itself. `--postgres` is the address of an empty
database.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

from _common import Figure, figure, percentile, run
from _phone import BATCH, COMPANY, SPAN_DAYS, call_row
from antiphon.app import close_services, create_services
from antiphon.core.clock import DAY
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.ids import new_id
from antiphon.domain.accounts.commands import create_account
from antiphon.domain.calls.queries import list_feed
from antiphon.domain.calls.records import CallFilters, Turn
from antiphon.domain.calls.search import search_text as call_text
from antiphon.domain.calls.tables import calls
from antiphon.domain.contacts.queries import list_contacts
from antiphon.domain.contacts.records import Contact, ContactFilters
from antiphon.domain.contacts.search import search_text as contact_text
from antiphon.domain.contacts.tables import contacts
from antiphon.domain.conversations.queries import list_messages
from antiphon.domain.conversations.records import Channel, MessageFilters
from antiphon.domain.conversations.search import search_text as message_text
from antiphon.domain.conversations.tables import conversations, messages
from antiphon.domain.services import Services
from antiphon.migrations.runner import migrate
from antiphon.settings import Settings

TARGET_MS = 100.0
WARM_UP = 3
WORDS_A_CALL = 60
WORDS_A_MESSAGE = 12
PEOPLE = 2000
RARE = "quixotry"
NAME = "harbor"
"""Of one row in twenty."""


class Writer:
    """Texts of invented words, as unequal in frequency as those of a language."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        parts = [consonant + vowel for consonant in "bcdfghjklmnprstvwz" for vowel in "aeiou"]
        sizes = (1, 2, 2, 3, 3, 4)
        words = {"".join(self.chance.choices(parts, k=self.chance.choice(sizes))) for _ in range(8000)}
        self.words = sorted(words, key=lambda word: (len(word), word))
        self.frequent = self.words[800]
        """In about one call in twenty."""
        self._weights = list(accumulate(1 / (place + 3) for place in range(len(self.words))))

    def text(self, count: int) -> str:
        words = self.chance.choices(self.words, cum_weights=self._weights, k=count)
        if self.chance.random() < 0.001:
            words[0] = RARE
        return " ".join(words)

    def name(self, number: int) -> str:
        return f"{NAME if self.chance.random() < 0.05 else self.words[number % 5000 + 500]} {number}"


def _number(person: int) -> str:
    return f"+1555{2_000_000 + person}"


def fill(tx: WriteTx, name: str, counts: dict[str, int], writer: Writer) -> str:
    """An account whose rows have all that searching looks at, written without their commands."""
    account_id = create_account(tx, name=name).id
    tx.jobs.clear()
    for start in range(0, counts["contacts"], BATCH):
        numbers = range(start, min(start + BATCH, counts["contacts"]))
        tx.execute(contacts.insert(), [_contact(account_id, number, writer) for number in numbers])
    for start in range(0, counts["calls"], BATCH):
        numbers = range(start, min(start + BATCH, counts["calls"]))
        tx.execute(
            calls.insert(), [_call(account_id, number, counts["calls"], tx.now, writer) for number in numbers]
        )
    conversation_id = new_id()
    tx.execute(conversations.insert(), _conversation(tx, account_id, conversation_id, writer))
    for start in range(0, counts["messages"], BATCH):
        numbers = range(start, min(start + BATCH, counts["messages"]))
        tx.execute(
            messages.insert(),
            [_message(account_id, conversation_id, number, tx.now, writer) for number in numbers],
        )
    return account_id


def _contact(account_id: str, number: int, writer: Writer) -> dict[str, Any]:
    first, last = writer.name(number).split()
    contact = Contact(
        id=new_id(),
        number=number + 1,
        account_id=account_id,
        first_name=first,
        last_name=last,
        company=f"Company {number % 5000}",
        source="manual",
        custom={},
        tags=(),
        phones=(_number(number),),
        emails=(f"person{number}@example.org",),
        interaction_count=0,
        last_interaction_at=None,
        created_at=number,
        updated_at=number,
    )
    return {
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
        "interaction_count": 0,
        "created_at": number,
        "updated_at": number,
    }


def _call(account_id: str, number: int, count: int, now: int, writer: Writer) -> dict[str, Any]:
    at = now - SPAN_DAYS * DAY + number * (SPAN_DAYS * DAY // count)
    row = call_row(account_id, [""], at, writer.chance)
    person = writer.chance.randrange(PEOPLE)
    turns = (Turn("caller", writer.text(WORDS_A_CALL), 0, 1, 1.0),) if row["transcript"] else ()
    text = call_text(
        writer.name(person),
        "Parts desk",
        extensions=("204",),
        numbers=(_number(person), COMPANY),
        turns=turns,
    )
    return {**row, "contact_id": None, "search_text": text}


def _conversation(tx: WriteTx, account_id: str, conversation_id: str, writer: Writer) -> dict[str, Any]:
    contact = _contact(account_id, 9_999_999, writer)
    tx.execute(contacts.insert(), contact)
    return {
        "id": conversation_id,
        "account_id": account_id,
        "contact_id": contact["id"],
        "status": "open",
        "is_unread": False,
        "is_starred": False,
        "members": "[]",
        "created_at": tx.now,
        "updated_at": tx.now,
    }


def _message(account_id: str, conversation_id: str, number: int, now: int, writer: Writer) -> dict[str, Any]:
    person = writer.chance.randrange(PEOPLE)
    body = writer.text(WORDS_A_MESSAGE)
    return {
        "id": new_id(),
        "account_id": account_id,
        "conversation_id": conversation_id,
        "channel": "sms",
        "kind": "sms",
        "direction": "inbound",
        "status": "delivered",
        "carrier": "twilio",
        "carrier_message_id": f"SM{new_id()}",
        "from_address": _number(person),
        "to_address": COMPANY,
        "remote_address": _number(person),
        "body": body,
        "message_type": "text",
        "is_from_bot": False,
        "created_at": now - 10_000_000 + number,
        "search_text": message_text(writer.name(person), body, _number(person), COMPANY),
    }


async def measure(options: argparse.Namespace) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-") as folder:
        settings = Settings(data_dir=Path(folder), database_url=options.postgres)
        await migrate(settings)
        services = create_services(settings)
        await services.database.start()
        try:
            return await _figures(services, options)
        finally:
            await close_services(services)


async def _figures(services: Services, options: argparse.Namespace) -> list[Figure]:
    writer = Writer(1)
    rows = 1_000_000 if options.full else options.rows
    large = {"calls": rows, "messages": rows, "contacts": min(rows, 200_000)}
    large = {kind: count if kind in options.kinds else 0 for kind, count in large.items()}
    small = dict.fromkeys(large, 20)
    begun = time.process_time()
    account_id = await services.database.write(fill, "Large", large, writer)
    found = [figure("filling, processor us a row", (time.process_time() - begun) / sum(large.values()) * 1e6)]
    for number in range(1000 if options.full else 20):
        await services.database.write(fill, f"Small {number}", small, writer)
    other = await services.database.write(fill, "Other", small, writer)

    async def search_calls(account: str, query: str, **more: Any) -> int:
        filters = CallFilters(search=query, with_numbers=True, **more)
        return (await services.database.read(_timed, list_feed, account, filters, 25, 0)).total

    async def search_contacts(account: str, query: str) -> int:
        filters = ContactFilters(search=query)
        page = await services.database.read(_timed, list_contacts, account, filters, limit=50, offset=0)
        return page.total

    async def search_messages(account: str, query: str) -> int:
        filters = MessageFilters(channels=(Channel.SMS, Channel.WHATSAPP), search=query)
        return (await services.database.read(_timed, list_messages, account, filters, 50)).total

    now = services.clock.now()
    word = writer.frequent
    spoken = {
        "rare word": RARE,
        "frequent word": word,
        "name of many": NAME,
        "three letters": word[:3],
        "whole number": _number(321),
        "nothing": "xxyyzz",
    }
    for kind, work, queries in (
        ("calls", search_calls, {**spoken, "digits": "5200032"}),
        (
            "contacts",
            search_contacts,
            {"name": f"{NAME} 1", "name of many": NAME, "digits": "20032", "nothing": "xxyyzz"},
        ),
        ("messages", search_messages, spoken),
    ):
        if kind not in options.kinds:
            continue
        for name, query in queries.items():
            found += await _case(f"{kind}, {name}", options.rounds, partial(work, account_id, query))
        found += await _case(
            f"{kind}, name of many, small account", options.rounds, partial(work, other, NAME)
        )
    if "calls" not in options.kinds:
        return found
    month = {"since": now - 30 * DAY, "until": now}
    in_month = partial(search_calls, account_id, NAME, **month)
    found += await _case("calls, name of many, 30 days", options.rounds, in_month)
    return found


def _timed(tx: ReadTx, work: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    started = time.thread_time()
    try:
        return work(tx, *arguments, **options)
    finally:
        _costs.append((time.thread_time() - started) * 1000)


_costs: list[float] = []


async def _case(name: str, rounds: int, work: Callable[[], Awaitable[int]]) -> list[Figure]:
    total, times = 0, []
    for _ in range(WARM_UP):
        total = await work()
    _costs.clear()
    for _ in range(rounds):
        started = time.perf_counter()
        await work()
        times.append((time.perf_counter() - started) * 1000)
    worst = percentile(times, 0.99)
    return [
        figure(f"{name} ({total:,}), p99 ms", worst, f"<= {TARGET_MS:g}", worst <= TARGET_MS),
        figure(f"{name}, p50 ms", statistics.median(times)),
        figure(f"{name}, own processor ms", statistics.median(_costs)),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="1,000,000 calls and messages, 200,000 contacts")
    parser.add_argument("--rows", type=int, default=50_000, help="of each kind without --full")
    parser.add_argument("--kinds", nargs="+", default=["calls", "contacts", "messages"])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--postgres", default="", help="address of an empty database")
    run(measure, parser)
