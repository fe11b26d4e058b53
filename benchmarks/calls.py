"""Lists of calls: an account with many calls beside many small ones, over HTTP and on the store itself.

`python benchmarks/calls.py [--full] [--calls N] [--rounds N] [--postgres URL] [--json]`. By default the large
account has 50,000 calls; `--full` means 1,000,000 beside 1,000 small accounts. The page and its totals are
also served by benchmarks/reference/calls_orm.py from the same file. Ratios over HTTP are those of the
servers' processor time, which other programs on the machine change least. `--postgres` (an empty database)
measures the same there, without the reference.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from _common import Figure, ServerProcess, cpu_seconds, figure, percentile, run
from _load import get_request, send_all
from _phone import make_account
from antiphon.app import close_services, create_services
from antiphon.core.clock import DAY
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.calls.queries import list_call_page_with_segments, list_feed, list_latest
from antiphon.domain.calls.records import CallFilters
from antiphon.domain.services import Services
from antiphon.migrations.runner import migrate
from antiphon.settings import Settings

FEED = "/api/v1/calls"
REPORT = "/v1/calls"
STATIC_TARGET = 0.25
POSTGRES_STATIC_TARGET = 0.15
REFERENCE_TARGET = 3.0
GROWTH_TARGET = 1.5
REPORT_TARGET = 8.0
FILTER_TARGET_MS = 100.0
SMALL_CALLS = 10_000
KEYS = 2400
WARM_UP = 10
PASSES = 6
SETTLE_SECONDS = 1.3
REFERENCE = Path(__file__).parent / "reference" / "calls_orm.py"


async def measure(options: argparse.Namespace) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-") as folder:
        settings = Settings(data_dir=Path(folder), database_url=options.postgres or "")
        await migrate(settings)
        services = create_services(settings)
        await services.database.start()
        try:
            large, small, keys = await _prepare(services, options)
            figures = await _store_figures(services, large, small, options)
        finally:
            await close_services(services)
        figures += await _http_figures(Path(folder), keys, options)
    return figures


async def _prepare(services: Services, options: argparse.Namespace) -> tuple[str, str, list[str]]:
    def make(tx: WriteTx, name: str, count: int, keys: int) -> tuple[str, list[str]]:
        made = make_account(tx, name, count, keys)
        tx.jobs.clear()
        return made

    write = services.database.write
    large, keys = await write(make, "Large", 1_000_000 if options.full else options.calls, KEYS)
    small, _ = await write(make, "Small", SMALL_CALLS, 0)
    for number in range(1000 if options.full else 20):
        await write(make, f"Other {number}", 20, 0)
    return large, small, keys


async def _store_figures(
    services: Services, large: str, small: str, options: argparse.Namespace
) -> list[Figure]:
    now = services.clock.now()
    month = CallFilters(since=now - 30 * DAY, until=now)
    year = replace(month, since=now - 365 * DAY + 1)
    whole = replace(year, with_internal=True)
    cases: dict[str, Callable[[int], CallFilters]] = {
        "date": lambda at: replace(month, since=now - (at % 300 + 1) * DAY + at),
        "direction": lambda at: CallFilters(direction=("inbound", "outbound")[at % 2]),
        "status": lambda at: CallFilters(status=("completed", "busy", "no_answer", "failed")[at % 4]),
        "date, direction and status": lambda at: replace(year, direction="outbound", status="busy"),
        "number": lambda at: CallFilters(remote_number=f"+1555{2_000_000 + at % 400}"),
        "search by a name of many": lambda at: replace(whole, search="harbor"),
        "search by a name of few": lambda at: replace(whole, search=f"valley {at % 40}2"),
        "search by nothing that is there": lambda at: replace(whole, search=f"nobody {at}"),
        "search by extension": lambda at: replace(whole, extension="204"),
    }
    found: list[Figure] = []
    pages = await _times(services, options.rounds, large, lambda at: CallFilters())
    others = await _times(services, options.rounds, small, lambda at: CallFilters())
    growth = statistics.median(pages) / statistics.median(others)
    found.append(
        figure("page 1, p50 against 10,000 calls", growth, f"<= {GROWTH_TARGET}", growth <= GROWTH_TARGET)
    )
    deep = await _times(services, options.rounds, large, lambda at: CallFilters(), offset=9_000)
    found.append(figure("page 1, p50 ms", statistics.median(pages)))
    found.append(figure("offset 9,000, p50 ms", statistics.median(deep)))
    for name, filters in cases.items():
        worst = percentile(await _times(services, options.rounds, large, filters), 0.99)
        met = worst <= FILTER_TARGET_MS
        found.append(figure(f"filtered by {name}, p99 ms", worst, f"<= {FILTER_TARGET_MS:g}", met))
    return found


async def _times(
    services: Services, rounds: int, account_id: str, filters: Callable[[int], CallFilters], offset: int = 0
) -> list[float]:
    """Milliseconds of each read; the first ones, after which the store knows its cost, are not counted."""
    found = []
    for at in range(-WARM_UP, rounds):
        wanted = filters(at)
        begun = time.perf_counter()
        if wanted.with_internal:
            await services.database.read(list_call_page_with_segments, account_id, wanted, 50, offset)
        elif wanted == CallFilters() and offset == 0:
            # Not `fetch`, which would hand out what it has kept.
            await services.database.read(list_latest, account_id=account_id, limit=25)
        else:
            await services.database.read(list_feed, account_id, wanted, 25, offset)
        found.append((time.perf_counter() - begun) * 1000)
    return found[WARM_UP:]


async def _http_figures(folder: Path, keys: list[str], options: argparse.Namespace) -> list[Figure]:
    on_postgres = bool(options.postgres)
    process = ServerProcess(folder, **({"database_url": options.postgres} if on_postgres else {}))
    port = _free_port()
    # The reference reads the file of SQLite.
    orm = (
        None
        if on_postgres
        else subprocess.Popen([sys.executable, str(REFERENCE), str(folder / "antiphon.db"), str(port)])
    )
    try:
        if orm is not None:
            _wait_for(port)
        own = [_feed_request(process.port, key) for key in keys]
        theirs = [_feed_request(port, key) for key in keys]
        # As long for the server as the list of calls, about.
        static = [get_request("/healthz", process.port)] * (4 * len(keys))
        # A range of a year, so that both pages are full.
        year = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 360 * 86400))
        path = f"{REPORT}?start_date={year}&limit="
        page25 = [get_request(f"{path}25", process.port, key) for key in keys[:300]]
        page500 = [get_request(f"{path}500", process.port, key) for key in keys[300:360]]
        cases = [
            ("static", static, process.port, process.pid),
            ("feed", own, process.port, process.pid),
            *([("orm", theirs[:60], port, orm.pid)] if orm is not None else ()),
            ("25", page25, process.port, process.pid),
            ("500", page500, process.port, process.pid),
        ]
        # A key may pass 10 times in 5 seconds and 60 times in a minute.
        for _, requests, server_port, _ in cases:
            await send_all(requests, server_port)
        await asyncio.sleep(SETTLE_SECONDS)
        idle = {pid: await _idle(pid) for pid in {pid for *_, pid in cases}}
        costs: dict[str, list[float]] = {name: [] for name, *_ in cases}
        for _ in range(min(options.rounds, PASSES)):
            for name, requests, server_port, pid in cases:
                costs[name].append(await _cost(requests, server_port, pid, idle[pid]))
    finally:
        process.stop()
        if orm is not None:
            orm.kill()
            orm.wait()
    cost = {name: statistics.median(values) for name, values in costs.items()}
    against_static = cost["static"] / cost["feed"]
    target = POSTGRES_STATIC_TARGET if on_postgres else STATIC_TARGET
    against_orm = [cost["orm"] / cost["feed"]] if orm is not None else []
    report = cost["500"] / cost["25"]
    return [
        figure(
            "GET /api/v1/calls against a static reply",
            against_static,
            f">= {target}",
            against_static >= target,
        ),
        *(
            figure(
                "GET /api/v1/calls against FastAPI, ORM, response model",
                ratio,
                f">= {REFERENCE_TARGET}",
                ratio >= REFERENCE_TARGET,
            )
            for ratio in against_orm
        ),
        figure(
            "GET /v1/calls, limit 500 against 25", report, f"<= {REPORT_TARGET:g}", report <= REPORT_TARGET
        ),
        *(figure(f"server ms a request: {name}", value * 1000) for name, value in cost.items()),
    ]


async def _idle(pid: int) -> float:
    """What a server does while nobody asks it, in seconds of processor time a second."""
    before = cpu_seconds(pid)
    await asyncio.sleep(3)
    return (cpu_seconds(pid) - before) / 3


async def _cost(requests: list[bytes], port: int, pid: int, idle: float) -> float:
    """Seconds of the server's processor time a request, with what it does about them after its answers."""
    before, begun = cpu_seconds(pid), time.perf_counter()
    await send_all(requests, port)
    # The request log is written once a second.
    await asyncio.sleep(SETTLE_SECONDS)
    return (cpu_seconds(pid) - before - idle * (time.perf_counter() - begun)) / len(requests)


def _feed_request(port: int, key: str) -> bytes:
    return f"GET {FEED} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nx-api-key: {key}\r\n\r\n".encode()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    """Returns once the reference answers."""
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/openapi.json").close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the reference does not answer")


def main(parser: argparse.ArgumentParser, work: Any = measure) -> None:
    parser.add_argument("--full", action="store_true", help="1,000,000 calls beside 1,000 accounts")
    parser.add_argument("--calls", type=int, default=50_000, help="of the large account without --full")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--postgres", default="", help="address of an empty database")
    run(work, parser)


if __name__ == "__main__":
    main(argparse.ArgumentParser(description=__doc__))
