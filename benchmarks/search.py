"""Filters and searches of the lists of calls, contacts and messages of a large account beside small ones.

`python benchmarks/search.py [--full] [--share PART] [--data DIR] [--postgres URL] [--only WORD ...]
[--rounds N] [--json]`. `--full` means 1,000,000 calls and messages and 200,000 contacts beside 1,000 small
accounts, else a fiftieth of that. With `--data` the rows are kept in that folder and used again; with
`--postgres`, a database of its own, they are copied there when it has none, and measured there. Words are as
unequal in frequency as those of a language; one name in twenty is `harbor`, one text in a thousand has the
rare word. Queries run as the routes run them, each with its page and its exact total, on the store itself.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from _common import Figure, figure, percentile, run
from _large import EXTENSION_NAME, NAME, RARE, Large, has_rows, large, phone, to_postgres
from antiphon.app import close_services, create_services
from antiphon.core.clock import DAY
from antiphon.core.db.transaction import ReadTx
from antiphon.domain.calls.activity import CallLogFilters, list_call_log
from antiphon.domain.calls.queries import list_call_page_with_segments, list_feed
from antiphon.domain.calls.records import CallFilters
from antiphon.domain.contacts.lists import LeadFilters, list_leads
from antiphon.domain.contacts.queries import list_contacts
from antiphon.domain.contacts.records import ContactFilters
from antiphon.domain.conversations.queries import list_messages
from antiphon.domain.conversations.records import WRITTEN, Channel, Direction, MessageFilters, MessageStatus
from antiphon.domain.search_upkeep import count_texts
from antiphon.domain.services import Services
from antiphon.migrations.runner import migrate
from antiphon.settings import Settings

TARGET_MS = 100.0
GROWTH_TARGET = 1.5
UNFILTERED = ("calls by nothing", "customers, all", "messages, all")
WARM_UP = 3
OF_MANY, TWO_WORDS = "bor", "a be"
"""What every sixth and every third call has, as the most frequent words of a language."""
_BACKEND = text("SELECT pg_backend_pid()")
BOTH = (Channel.SMS, Channel.WHATSAPP)
Reading = Callable[[ReadTx, str], int]
Case = Callable[[int], Reading]
"""What one round reads, by its number; the reading returns the total."""


@dataclass(frozen=True, slots=True)
class Target:
    name: str
    case: Case


def cases(made: Large) -> Iterator[Target]:
    yield from _calls(made)
    yield from _contacts(made)
    yield from _messages(made)


def _words(made: Large) -> dict[str, str]:
    return {
        "rare word": RARE,
        "frequent word": made.frequent,
        "three letters": made.frequent[:3],
        "two letters": made.frequent[:2],
        "one letter": made.frequent[:1],
        "three letters of many": OF_MANY,
        "ends of two words": TWO_WORDS,
        "name of many": NAME,
        "nothing": "xxyyzz",
    }


def _calls(made: Large) -> Iterator[Target]:
    now = made.now
    month = {"since": now - 30 * DAY, "until": now}
    year = {"since": now - 365 * DAY + 1, "until": now}

    def feed(name: str, filters: Callable[[int], dict[str, Any]]) -> Target:
        def case(at: int) -> Reading:
            wanted = CallFilters(**filters(at))
            return lambda tx, account: list_feed(tx, account, wanted, 25, 0).total

        return Target(f"calls by {name}", case)

    def report(name: str, filters: Callable[[int], dict[str, Any]]) -> Target:
        def case(at: int) -> Reading:
            wanted = CallFilters(with_internal=True, **filters(at))
            return lambda tx, account: list_call_page_with_segments(tx, account, wanted, 50, 0)[0].total

        return Target(f"calls, {name}", case)

    def log(name: str, **filters: Any) -> Target:
        wanted = CallLogFilters(**filters)
        return Target(
            f"call log, {name}", lambda at: lambda tx, account: list_call_log(tx, account, wanted, 25).total
        )

    yield feed("nothing", lambda at: {})
    yield feed("date", lambda at: {"since": now - (at % 300 + 31) * DAY + at, "until": now - at * DAY - at})
    yield feed("direction", lambda at: {"direction": ("inbound", "outbound")[at % 2]})
    yield feed("status", lambda at: {"status": ("completed", "busy", "no_answer", "failed")[at % 4]})
    yield feed("date, direction and status", lambda at: {**year, "direction": "outbound", "status": "busy"})
    yield feed("number", lambda at: {"remote_number": phone(at)})
    yield feed("number in a year", lambda at: {"remote_number": phone(at), **year})
    yield report("answered, 365 days", lambda at: {**year, "is_answered": True})
    for name, query in _words(made).items():
        yield report(name, lambda at, query=query: {"search": query})
        yield report(f"{name}, 365 days", lambda at, query=query: {"search": query, **year})
    yield report("name of many, 30 days", lambda at: {"search": NAME, **month})
    yield report("name of many, inbound", lambda at: {"search": NAME, "direction": "inbound"})
    yield report("name of many, missed", lambda at: {"search": NAME, "is_answered": False})
    yield report(
        "name of many, answered, inbound, 365 days",
        lambda at: {"search": NAME, "is_answered": True, "direction": "inbound", **year},
    )
    yield report("name of many, busy", lambda at: {"search": NAME, "status": "busy"})
    yield report("a name", lambda at: {"search": f"{NAME} {at}"})
    yield report("what all have", lambda at: {"search": EXTENSION_NAME})
    yield report("what all have, 365 days", lambda at: {"search": EXTENSION_NAME, **year})
    yield report("extension", lambda at: {"extension": "204", **month})
    yield log("all")
    yield log("30 days", since=month["since"], until=month["until"])
    yield log("direction", direction="inbound")
    yield log("status", status="busy")
    yield log("rare word", search=RARE)
    yield log("frequent word", search=made.frequent)
    yield log(
        "frequent word, inbound, completed", search=made.frequent, direction="inbound", status="completed"
    )


def _contacts(made: Large) -> Iterator[Target]:
    def customers(name: str, filters: Callable[[int], dict[str, Any]]) -> Target:
        def case(at: int) -> Reading:
            wanted = ContactFilters(person_only=True, **filters(at))
            return lambda tx, account: (
                list_contacts(tx, account, wanted, limit=25, offset=0, newest_first=True).total
            )

        return Target(f"customers, {name}", case)

    def leads(name: str, filters: Callable[[int], dict[str, Any]]) -> Target:
        def case(at: int) -> Reading:
            wanted = LeadFilters(**filters(at))
            return lambda tx, account: list_leads(tx, account, wanted, limit=25, offset=0).total

        return Target(f"leads, {name}", case)

    year = {"since": made.now - 365 * DAY + 1, "until": made.now}
    yield customers("all", lambda at: {})
    yield customers("source", lambda at: {"source": ("phone", "website", "manual")[at % 3]})
    yield customers("365 days", lambda at: year)
    yield customers("source, 365 days", lambda at: {"source": "phone", **year})
    yield customers("a name", lambda at: {"search": f"{NAME} {at}"})
    yield customers("name of many", lambda at: {"search": NAME})
    yield customers("three letters", lambda at: {"search": NAME[:3]})
    yield customers("two letters", lambda at: {"search": NAME[:2]})
    yield customers("name of many, source, 365 days", lambda at: {"search": NAME, "source": "phone", **year})
    yield customers("digits", lambda at: {"search": phone(at * 37)[-6:]})
    yield customers("digits of all", lambda at: {"search": "1555"})
    yield customers("in every address", lambda at: {"search": "example"})
    yield customers("nothing", lambda at: {"search": "xxyyzz"})
    yield leads("lifecycle", lambda at: {"lifecycle_stage": "customer"})
    yield leads("name of many", lambda at: {"search": NAME})
    yield leads("company", lambda at: {"search": f"company {at}"})
    yield leads("name of many, by name", lambda at: {"search": NAME, "sort": "name"})
    yield leads("all by name", lambda at: {"sort": "name"})


def _messages(made: Large) -> Iterator[Target]:
    now = made.now
    month = {"since": now - 30 * DAY, "until": now}
    year = {"since": now - 365 * DAY + 1, "until": now}

    def listed(name: str, filters: Callable[[int], dict[str, Any]]) -> Target:
        def case(at: int) -> Reading:
            wanted = MessageFilters(**{"channels": BOTH, **filters(at)})
            return lambda tx, account: list_messages(tx, account, wanted, 50).total

        return Target(f"messages, {name}", case)

    whatsapp = {"channels": (Channel.WHATSAPP,)}
    yield listed("all", lambda at: {})
    yield listed("WhatsApp", lambda at: whatsapp)
    yield listed("direction", lambda at: {"direction": list(Direction)[at % 2]})
    yield listed("WhatsApp, direction", lambda at: {"direction": list(Direction)[at % 2], **whatsapp})
    yield listed("date", lambda at: {"since": now - (at % 300 + 31) * DAY + at, "until": now - at * DAY - at})
    yield listed("365 days", lambda at: year)
    yield listed("status", lambda at: {"status": (MessageStatus.DELIVERED, MessageStatus.FAILED)[at % 2]})
    yield listed(
        "365 days, direction, status",
        lambda at: {**year, "direction": Direction.OUTBOUND, "status": MessageStatus.READ},
    )
    yield listed("number", lambda at: {"address": phone(at)})
    for name, query in _words(made).items():
        yield listed(name, lambda at, query=query: {"search": query})
        yield listed(f"{name}, 365 days", lambda at, query=query: {"search": query, **year})
    yield listed("name of many, 30 days", lambda at: {"search": NAME, **month})
    yield listed("name of many, inbound", lambda at: {"search": NAME, "direction": Direction.INBOUND})
    yield listed(
        "name of many, delivered, 365 days",
        lambda at: {"search": NAME, "status": MessageStatus.DELIVERED, **year},
    )
    yield listed("name of many, failed", lambda at: {"search": NAME, "status": MessageStatus.FAILED})
    yield listed("a whole number", lambda at: {"search": phone(at)})
    log = {"channels": WRITTEN, "is_log": True}
    yield listed("log, direction", lambda at: {**log, "direction": Direction.INBOUND})
    yield listed("log, status", lambda at: {**log, "status": MessageStatus.FAILED})
    yield listed("log, frequent word", lambda at: {**log, "search": made.frequent})
    yield listed("log, name of many", lambda at: {**log, "search": NAME})


async def measure(options: argparse.Namespace) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-") as temporary:
        folder = Path(options.data or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        share, small = (1.0, 1000) if options.full else (options.share, 20)
        made = await large(folder, share=share, small=small)
        settings = Settings(data_dir=folder, database_url=options.postgres)
        if options.postgres and await has_rows(options.postgres):
            await migrate(settings)
        elif options.postgres:
            await to_postgres(Settings(data_dir=folder).sqlite_path, options.postgres)
        services = create_services(settings)
        await services.database.start()
        await count_texts(services.database, services.media)
        try:
            return await _figures(services, made, options)
        finally:
            await close_services(services)


async def _figures(services: Services, made: Large, options: argparse.Namespace) -> list[Figure]:
    found: list[Figure] = []
    # As the server does when it has started.
    gc.collect()
    gc.freeze()
    for target in cases(made):
        if options.only and not any(word in target.name for word in options.only):
            continue
        total, times, own = await _rounds(services, made.account_id, target.case, options.rounds)
        worst = percentile(times, 0.99)
        found += [
            figure(f"{target.name} ({total:,}), p99 ms", worst, f"<= {TARGET_MS:g}", worst <= TARGET_MS),
            figure(f"{target.name}, p50 ms", statistics.median(times)),
        ]
        found.append(figure(f"{target.name}, processor ms", statistics.median(own)))
        if target.name in UNFILTERED:
            _, _, middle = await _rounds(services, made.middle_id, target.case, options.rounds)
            growth = statistics.median(own) / statistics.median(middle)
            name = f"{target.name}, processor against 10,000 (2,000 contacts)"
            found.append(figure(name, growth, f"<= {GROWTH_TARGET}", growth <= GROWTH_TARGET))
        if not options.json:
            print(
                f"{target.name:52}{total:>10,}{statistics.median(times):>9.1f}{worst:>9.1f}"
                f"{statistics.median(own):>9.1f}{'' if worst <= TARGET_MS else '  MISSED'}",
                flush=True,
            )
    return found


async def _rounds(
    services: Services, account_id: str, case: Case, rounds: int
) -> tuple[int, list[float], list[float]]:
    """The last total; milliseconds of each read, and of the processor for it."""
    total, times, own = 0, [], []
    for at in range(-WARM_UP, rounds):
        started = time.perf_counter()
        total, cost = await services.database.read(_timed, case(at % 1000), account_id)
        if at >= 0:
            times.append((time.perf_counter() - started) * 1000)
            own.append(cost)
    return total, times, own


def _timed(tx: ReadTx, reading: Reading, account_id: str) -> tuple[int, float]:
    before = _cost(tx)
    total = reading(tx, account_id)
    return total, _cost(tx) - before


def _cost(tx: ReadTx) -> float:
    """Processor milliseconds so far: of this thread and, with PostgreSQL on this machine, of its process."""
    own = time.thread_time() * 1000
    if tx.dialect == "sqlite":
        return own
    pid = tx.scalar(_BACKEND)
    return own + int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="1,000,000 calls and messages, 200,000 contacts")
    parser.add_argument("--share", type=float, default=0.02, help="of the full size, without --full")
    parser.add_argument("--data", default="", help="folder that keeps the rows")
    parser.add_argument("--postgres", default="", help="address of a database of its own")
    parser.add_argument("--only", nargs="+", default=[], help="words of which a figure's name has one")
    parser.add_argument("--rounds", type=int, default=30)
    run(measure, parser)
