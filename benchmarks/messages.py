"""Lists of messages: an account with 1,000,000 against one with 10,000, on the store itself, without HTTP.

`python benchmarks/messages.py [--messages N] [--small N] [--rounds N] [--postgres URL] [--json]`. Queries run
as the routes of Voicory and Vocatech run them; p50 and p99 of the rounds. The database of `--postgres` must
be empty; without it SQLite is used.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _common import Figure, figure, percentile, run
from antiphon.app import close_services, create_services
from antiphon.core.clock import DAY
from antiphon.core.db.search_text import normalise
from antiphon.core.db.transaction import WriteTx
from antiphon.core.ids import new_id
from antiphon.domain.accounts.commands import add_to_counter, create_account
from antiphon.domain.contacts.commands import create_contact
from antiphon.domain.conversations.queries import counter_name, list_messages
from antiphon.domain.conversations.records import Channel, Direction, MessageFilters
from antiphon.domain.conversations.tables import conversations, messages
from antiphon.domain.services import Services
from antiphon.migrations.runner import migrate
from antiphon.settings import Settings

GROWTH_TARGET = 1.5
FILTER_TARGET_MS = 100.0
SPAN_DAYS = 730
CONTACTS = 500
COMPANY = "+15550100100"
WARM_UP = 10
WORDS = ("price", "visit", "order", "hours", "drill", "invoice", "parking", "repair", "delivery", "thanks")
BOTH = (Channel.SMS, Channel.WHATSAPP)


def make_account(tx: WriteTx, name: str, count: int) -> str:
    """An account with so many messages over two years, made row by row without their commands."""
    account = create_account(tx, name=name)
    threads = [_thread(tx, account.id, number) for number in range(CONTACTS)]
    step = SPAN_DAYS * DAY // count
    for first in range(0, count, 5000):
        numbers = range(first, min(first + 5000, count))
        at = tx.now - SPAN_DAYS * DAY
        tx.execute(
            messages.insert(), [_row(account.id, threads, number, at + number * step) for number in numbers]
        )
    for channel in BOTH:
        add_to_counter(tx, account.id, counter_name(channel), count // 2)
    tx.jobs.clear()
    return account.id


def _thread(tx: WriteTx, account_id: str, number: int) -> tuple[str, str, str]:
    phone = f"+1555{2_000_000 + number}"
    contact = create_contact(tx, account_id, first_name=f"Person {number}", phones=(phone,))
    conversation_id = new_id()
    tx.execute(
        conversations.insert(),
        {
            "id": conversation_id,
            "account_id": account_id,
            "contact_id": contact.id,
            "status": "open",
            "is_unread": False,
            "is_starred": False,
            "members": "[]",
            "created_at": tx.now,
            "updated_at": tx.now,
        },
    )
    return conversation_id, contact.id, phone


def _row(account_id: str, threads: list[tuple[str, str, str]], number: int, at: int) -> dict[str, Any]:
    conversation_id, contact_id, phone = threads[number % CONTACTS]
    inbound = number // 2 % 2 == 0
    body = f"About the {WORDS[number % 10]} of {number}: please tell us by Friday whether this still holds."
    channel = BOTH[number % 2]
    return {
        "id": new_id(),
        "account_id": account_id,
        "conversation_id": conversation_id,
        "contact_id": contact_id,
        "channel": channel.value,
        "kind": channel.value,
        "direction": "inbound" if inbound else "outbound",
        "status": "delivered",
        "carrier": "twilio",
        "carrier_message_id": f"SM{new_id()}",
        "from_address": phone if inbound else COMPANY,
        "to_address": COMPANY if inbound else phone,
        "remote_address": phone,
        "body": body,
        "message_type": "text",
        "is_from_bot": False,
        "created_at": at,
        "sent_at": at,
        "delivered_at": at,
        "search_text": normalise(body),
    }


async def measure(options: argparse.Namespace) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-") as folder:
        settings = Settings(data_dir=Path(folder), database_url=options.postgres)
        await migrate(settings)
        services = create_services(settings)
        await services.database.start()
        try:
            large = await services.database.write(make_account, "Large", options.messages)
            small = await services.database.write(make_account, "Small", options.small)
            return await _figures(services, large, small, options)
        finally:
            await close_services(services)


async def _figures(services: Services, large: str, small: str, options: argparse.Namespace) -> list[Figure]:
    async def times(
        account_id: str, filters: Callable[[int], MessageFilters], offset: int = 0
    ) -> list[float]:
        """Milliseconds of each read; the first ones, after which the store knows their cost, do not count."""
        found = []
        for at in range(-WARM_UP, options.rounds):
            begun = time.perf_counter()
            await services.database.read(list_messages, account_id, filters(at), 25, offset)
            found.append((time.perf_counter() - begun) * 1000)
        return found[WARM_UP:]

    now = services.clock.now()
    figures = []
    for name, channels in (("WhatsApp", (Channel.WHATSAPP,)), ("all", BOTH)):
        plain = MessageFilters(channels=channels)
        here = statistics.median(await times(large, lambda at, f=plain: f))
        there = statistics.median(await times(small, lambda at, f=plain: f))
        growth = here / there
        figures.append(figure(f"page 1, {name}, p50 ms", here))
        figures.append(
            figure(
                f"page 1, {name}, p50 against {options.small:,}",
                growth,
                f"<= {GROWTH_TARGET}",
                growth <= GROWTH_TARGET,
            )
        )
    deep = statistics.median(await times(large, lambda at: MessageFilters(channels=BOTH), 9_000))
    figures.append(figure("offset 9,000, p50 ms", deep))
    cases: dict[str, Callable[[int], MessageFilters]] = {
        "date": lambda at: MessageFilters(channels=BOTH, since=now - (at % 300 + 30) * DAY, until=now),
        "direction": lambda at: MessageFilters(channels=BOTH, direction=list(Direction)[at % 2]),
        "number": lambda at: MessageFilters(channels=BOTH, address=f"+1555{2_000_000 + at % CONTACTS}"),
        "search by a word of many": lambda at: MessageFilters(channels=BOTH, search=WORDS[at % 10]),
        "search by a word of few": lambda at: MessageFilters(channels=BOTH, search=f"of {at + 5000}:"),
    }
    for name, filters in cases.items():
        worst = percentile(await times(large, filters), 0.99)
        met = worst <= FILTER_TARGET_MS
        figures.append(figure(f"filtered by {name}, p99 ms", worst, f"<= {FILTER_TARGET_MS:g}", met))
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--postgres", default="")
    run(measure, parser)
