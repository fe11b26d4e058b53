"""What several benchmarks share: a real server process, its processor time, and rows of scripts/bench."""

# ruff: noqa: E402  the package need not be installed

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
import uvloop

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / part) for part in ("src", "tests")]

from antiphon.app import close_services, create_services
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.services import Services
from antiphon.migrations.runner import migrate
from antiphon.settings import Settings

SOURCES = Path(__file__).resolve().parent.parent / "src"
Figure = dict[str, Any]


def figure(name: str, value: float, target: str = "", met: bool | None = None) -> Figure:
    return {"figure": name, "value": round(value, 4), "target": target or "-", "met": met}


def percentile(values: list[float], part: float) -> float:
    """The smallest value that `part` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(part * 1000) // 1000) - 1)]


class ServerProcess:
    """`antiphon serve` on a port of its own; `places` is what it printed."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ANTIPHON_")}
        environment |= {f"ANTIPHON_{name.upper()}": value for name, value in settings.items()}
        environment["PYTHONPATH"] = str(SOURCES)
        command = [sys.executable, "-P", "-m", "antiphon", "serve", "--demo", "--json", "--port", "0"]
        self.data_dir = data_dir
        self._log = (data_dir / "server.log").open("wb")
        self._process = subprocess.Popen(
            [*command, "--data-dir", str(data_dir)],
            cwd=data_dir,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.stop()
            raise RuntimeError((data_dir / "server.log").read_text())
        self.places: dict[str, str] = json.loads(line)
        self.url = self.places["url"]
        self.port = int(self.url.rpartition(":")[2])
        self.pid = self._process.pid

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()


@asynccontextmanager
async def server(
    prepare: Callable[[WriteTx, Services], Any] | None = None, **settings: str
) -> AsyncIterator[tuple[ServerProcess, Any]]:
    """A fresh server and what `prepare` returned from one transaction before its start."""
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-") as folder:
        data_dir = Path(folder)
        prepared = None if prepare is None else await _prepare(data_dir, prepare)
        process = ServerProcess(data_dir, **settings)
        try:
            yield process, prepared
        finally:
            process.stop()


async def _prepare(data_dir: Path, prepare: Callable[[WriteTx, Services], Any]) -> Any:
    settings = Settings(data_dir=data_dir)
    await migrate(settings)
    services = create_services(settings)
    await services.database.start()
    try:
        return await services.database.write(prepare, services)
    finally:
        await close_services(services)


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads of a living process, those that have ended included."""
    # Its processor clock, as clock_getcpuclockid(3) gives it: /proc counts in hundredths of a second.
    return time.clock_gettime(~pid << 3 | 2)


def children(pid: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def memory_mb(pid: int) -> tuple[float, float]:
    """Resident and proportional set size in MB (10^6 bytes)."""
    found = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in ("Rss", "Pss"):
            found[name] = int(rest.split()[0]) * 1024 / 1e6
    return found["Rss"], found["Pss"]


def run(
    measure: Callable[[argparse.Namespace], Awaitable[list[Figure]]], parser: argparse.ArgumentParser
) -> None:
    """Parse the command line, measure, and print rows or, with `--json`, one object."""
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = uvloop.run(_measure(measure, options))
    if options.json:
        print(json.dumps({"figures": figures}))
        return
    for row in figures:
        met = {True: "met", False: "MISSED", None: ""}[row["met"]]
        print(f"{row['figure']:64} {row['value']:>10}  {row['target']:14} {met}")


async def _measure(
    measure: Callable[[argparse.Namespace], Awaitable[list[Figure]]], options: argparse.Namespace
) -> list[Figure]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    return await measure(options)
