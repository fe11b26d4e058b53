"""Contacts: a bulk upsert of 500, and lists of an account with 200,000 against one with 2,000.

`python benchmarks/contacts.py [--contacts N] [--small N] [--rounds N] [--postgres URL] [--json]`. Commands
and queries run as the routes run them, on the store itself, without HTTP; medians of the rounds. Processor
time is that of the thread that works, which other programs on the machine do not change. The database of
`--postgres` must be empty; without it SQLite is used.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from _common import Figure, figure, percentile, run
from antiphon.app import close_services, create_services
from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event, EventBus
from antiphon.core.ids import new_id
from antiphon.domain.accounts.commands import add_to_counter, create_account
from antiphon.domain.contacts.commands import NUMBERS
from antiphon.domain.contacts.fields import DEFAULT_FIELDS
from antiphon.domain.contacts.queries import list_contacts
from antiphon.domain.contacts.records import Contact, ContactFilters
from antiphon.domain.contacts.rows import insert_contacts
from antiphon.domain.contacts.upsert import upsert_contacts
from antiphon.domain.services import Services
from antiphon.migrations.runner import migrate
from antiphon.settings import Settings

ROWS = 500
UPSERT_TARGET_MS = 150
GROWTH_TARGET = 1.5
SEARCH_TARGET_MS = 100
FIRST = ("Ann", "Bo", "Cy", "Dee", "Eva", "Finn", "Gus", "Hal", "Ida", "Jo")
LAST = ("Lee", "Ray", "Moss", "Stone", "Wood", "Field", "Brook", "Hill", "Marsh", "Lake")


def rows_from(start: int, count: int) -> list[tuple[int, dict[str, str]]]:
    return [
        (
            number,
            {
                "First Name": FIRST[number % 10],
                "Last Name": f"{LAST[number // 10 % 10]} {number}",
                "Company": f"Company {number % 5000}",
                "Phone": f"+1{3_000_000_000 + number}",
                "Email": f"person{number}@example.org",
            },
        )
        for number in range(start, start + count)
    ]


async def fill(services: Services, name: str, count: int) -> str:
    """An account with so many contacts, written as a bulk upsert writes them but without events."""
    account = await services.database.write(create_account, name=name)
    for start in range(0, count, 5000):
        many = rows_from(start, min(5000, count - start))
        await services.database.write(_insert, account.id, many)
    return account.id


class _SilentTx(WriteTx):
    """200,000 events are not under test."""

    def emit_all(self, events: Sequence[Event]) -> None:
        pass


def _insert(tx: WriteTx, account_id: str, rows: list[tuple[int, dict[str, str]]]) -> None:
    contacts = [_contact(account_id, number, given, tx.now) for number, given in rows]
    insert_contacts(_SilentTx(tx.connection, tx.now, EventBus()), account_id, contacts, DEFAULT_FIELDS)
    add_to_counter(tx, account_id, NUMBERS, len(rows))


def _contact(account_id: str, number: int, given: dict[str, str], now: int) -> Contact:
    return Contact(
        id=new_id(),
        number=number + 1,
        account_id=account_id,
        first_name=given["First Name"],
        last_name=given["Last Name"],
        company=given["Company"],
        source=("phone", "website", "manual")[number % 3],
        custom={},
        tags=(),
        phones=(given["Phone"],),
        emails=(given["Email"],),
        interaction_count=0,
        last_interaction_at=None,
        created_at=now,
        updated_at=now,
    )


async def timed(rounds: int, work: Callable[[int], Awaitable[object]]) -> list[float]:
    """Milliseconds of each round."""
    found = []
    for number in range(rounds):
        started = time.perf_counter()
        await work(number)
        found.append((time.perf_counter() - started) * 1000)
    return found


async def upserts(services: Services, account_id: str, rounds: int) -> list[Figure]:
    database = services.database
    base = 5_000_000

    costs: dict[str, list[float]] = {"new": [], "changed": []}

    async def create(number: int) -> None:
        rows = rows_from(base + number * ROWS, ROWS)
        costs["new"].append(await database.write(_processor_ms, upsert_contacts, account_id, rows))

    async def change(number: int) -> None:
        rows = rows_from(base + number * ROWS, ROWS)
        for _, fields in rows:
            fields |= {
                "Company": "New",
                "Phone": f"{fields['Phone']};+1{int(fields['Phone'][2:]) + 1_000_000_000}",
            }
        costs["changed"].append(await database.write(_processor_ms, upsert_contacts, account_id, rows))

    created, changed = await timed(rounds, create), await timed(rounds, change)
    figures = []
    for name, values in (("new", created), ("changed", changed)):
        value = statistics.median(values)
        met = value < UPSERT_TARGET_MS
        figures.append(figure(f"upsert of {ROWS}, {name}, ms", value, f"< {UPSERT_TARGET_MS}", met))
        figures.append(figure(f"upsert of {ROWS}, {name}, processor ms", statistics.median(costs[name])))
    return figures


def _processor_ms(tx: WriteTx, work: Callable[..., object], *parameters: object) -> float:
    started = time.thread_time()
    work(tx, *parameters)
    return (time.thread_time() - started) * 1000


async def lists(services: Services, small: str, large: str, rounds: int) -> list[Figure]:
    database = services.database
    total = (await database.read(list_contacts, large, ContactFilters(), limit=1, offset=0)).total

    async def page(
        account_id: str, search: str | None = None, offset: int = 0, *, newest: bool = False
    ) -> None:
        filters = ContactFilters(search=search, person_only=newest)
        await database.read(list_contacts, account_id, filters, limit=25, offset=offset, newest_first=newest)

    figures = []
    for name, newest in (("by id", False), ("newest first", True)):
        costs = {}
        for size, account_id in (("small", small), ("large", large)):
            await page(account_id, newest=newest)
            costs[size] = statistics.median(
                await timed(rounds * 10, lambda _, a=account_id, n=newest: page(a, newest=n))
            )
        ratio = costs["large"] / costs["small"]
        figures.append(figure(f"page 1 {name}, large, p50 ms", costs["large"]))
        figures.append(
            figure(
                f"page 1 {name}, large against small", ratio, f"<= {GROWTH_TARGET}", ratio <= GROWTH_TARGET
            )
        )
    deep = statistics.median(await timed(rounds, lambda _: page(large, offset=total - 25)))
    figures.append(figure("last page, large, ms", deep))
    for name, search in (
        ("name", "lee 1234"),
        ("common name", "ann"),
        ("digits", "30001234"),
        ("none", "nobody"),
    ):
        cost = percentile(await timed(rounds, lambda _, text=search: page(large, text, newest=True)), 0.99)
        figures.append(
            figure(f"search {name}, large, p99 ms", cost, f"< {SEARCH_TARGET_MS}", cost < SEARCH_TARGET_MS)
        )
    return figures


async def measure(options: argparse.Namespace) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-") as folder:
        settings = Settings(data_dir=Path(folder), database_url=options.postgres)
        await migrate(settings)
        services = create_services(settings)
        await services.database.start()
        try:
            small = await fill(services, "Small", options.small)
            large = await fill(services, "Large", options.contacts)
            return [
                *await upserts(services, large, options.rounds),
                *await lists(services, small, large, options.rounds),
            ]
        finally:
            await close_services(services)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=200_000)
    parser.add_argument("--small", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--postgres", default="")
    run(measure, parser)
