"""100 calls a second told by a carrier's callbacks, beside a steady load of the API, on SQLite.

`python benchmarks/callbacks.py [--seconds N] [--calls N] [--reads N] [--json]`. The simulated carrier's three
callbacks of each call (started, answered, ended) come over HTTP as a carrier's would; beside them, lists of
calls are asked for at a steady rate. The API load runs alone before and after; times count from the moment a
request is due, so a server that falls behind shows. Nothing may be lost: every call must be stored complete.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from _common import Figure, cpu_seconds, figure, percentile, run, server
from _load import paced, post_request
from _phone import make_account
from antiphon.carriers.port import CallAnswered, CallEnded, CallParties, CallStarted, CarrierEvent
from antiphon.carriers.simulator import SIGNATURE_HEADER, encode_callback, sign_callback
from antiphon.core.clock import SECOND
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.numbers.commands import CALLBACK_TOKEN, create_simulator, open_credentials
from antiphon.domain.numbers.queries import get_connection
from antiphon.domain.services import Services

CALLS = 10_000
PER_KEY = 0.8
"""Requests a second on one key; Voicory's limit is one."""
TALK = 30 * SECOND
P99_TARGET = 2.0
FEED = "/api/v1/calls"


async def measure(options: argparse.Namespace) -> list[Figure]:
    keys = int(options.reads / PER_KEY) + 1

    def prepare(tx: WriteTx, services: Services) -> dict[str, Any]:
        account_id, made = make_account(tx, "Busy", CALLS, keys)
        number = create_simulator(tx, services.cipher, account_id)
        connection = get_connection(tx, account_id, number.connection_id)
        tx.jobs.clear()
        credentials = open_credentials(services.cipher, connection)
        return {"account_id": account_id, "keys": made, "number": number.e164, **credentials}

    async with server(prepare) as (process, made):
        feed = [
            f"GET {FEED} HTTP/1.1\r\nHost: 127.0.0.1:{process.port}\r\nx-api-key: {key}\r\n\r\n".encode()
            for key in made["keys"]
        ]
        reads = (feed * (options.seconds * options.reads // len(feed) + 1))[: options.seconds * options.reads]
        await paced(reads[: options.reads], process.port, options.reads)
        alone = await paced(reads, process.port, options.reads)
        told = _callbacks(made, process.port, options.seconds * options.calls, options.calls)
        used = cpu_seconds(process.pid)
        begun = time.perf_counter()
        beside, callbacks = await asyncio.gather(
            paced(reads, process.port, options.reads),
            paced(told, process.port, 3 * options.calls, connections=64, status=204),
        )
        seconds = time.perf_counter() - begun
        used = cpu_seconds(process.pid) - used
        alone += await paced(reads, process.port, options.reads)
        stored = _complete(process.data_dir, made["account_id"])
    calls = options.seconds * options.calls
    p99_alone, p99_beside = (percentile(values, 0.99) * 1000 for values in (alone, beside))
    ratio = p99_beside / p99_alone
    return [
        figure("calls lost or incomplete", calls - stored, "0", stored == calls),
        figure("API p99 beside callbacks, against alone", ratio, f"<= {P99_TARGET:g}", ratio <= P99_TARGET),
        figure("API p99 alone, ms", p99_alone),
        figure("API p99 beside callbacks, ms", p99_beside),
        figure("API median alone, ms", percentile(alone, 0.5) * 1000),
        figure("API median beside callbacks, ms", percentile(beside, 0.5) * 1000),
        figure("callback p99, ms", percentile(callbacks, 0.99) * 1000),
        figure("callbacks/s", len(told) / seconds),
        figure("server ms of processor per call and its share of the API", used * 1000 / calls),
    ]


def _callbacks(made: dict[str, Any], port: int, calls: int, per_second: int) -> list[bytes]:
    """Three of each call, a second apart from each other at the rate of sending."""
    now = time.time_ns() // 1_000_000
    rows: list[tuple[int, bytes]] = []
    for number in range(calls):
        outside = f"+1555{2_000_000 + number % 500}"
        parties = CallParties(f"SIMBENCH{number}", "inbound", outside, made["number"])
        events: tuple[CarrierEvent, ...] = (
            CallStarted(parties, now - TALK),
            CallAnswered(parties, now - TALK),
            CallEnded(parties, now, "completed", "caller_hangup", TALK),
        )
        for order, event in enumerate(events):
            body = encode_callback([event])
            headers = {
                "Content-Type": "application/json",
                SIGNATURE_HEADER: sign_callback(made["secret"], body, now),
            }
            path = f"/api/carriers/simulator/{made[CALLBACK_TOKEN]}"
            rows.append((number + order * per_second, post_request(path, port, body, headers)))
    return [request for _, request in sorted(rows, key=lambda row: row[0])]


def _complete(data_dir: Path, account_id: str) -> int:
    """Calls of the carrier that were stored with everything that was told, each with its three events."""
    with closing(sqlite3.connect(data_dir / "antiphon.db")) as connection:
        found = connection.execute(
            "SELECT count(*) FROM calls WHERE account_id = ? AND carrier = 'simulator'"
            " AND status = 'completed' AND answered_at IS NOT NULL AND duration_seconds = ?"
            " AND (SELECT count(*) FROM events WHERE events.account_id = calls.account_id"
            " AND events.object_id = calls.id) = 3",
            (account_id, TALK // SECOND),
        ).fetchone()
    return int(found[0])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--calls", type=int, default=100, help="calls a second, three callbacks each")
    parser.add_argument("--reads", type=int, default=40, help="API requests a second")
    run(measure, parser)
