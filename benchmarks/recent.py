"""`GET /api/v1/voicegrams/recent` on SQLite against a static JSON reply of the same server.

`python benchmarks/recent.py [--accounts N] [--rounds N] [--json]`. Every request carries a key and passes
plan gate and rate limit; accounts share the load, so that none is refused. Rounds alternate between both
paths on the same connections' number; medians. The same ratio is given for the server's processor time, which
other programs on the machine do not change.
"""

from __future__ import annotations

import argparse
import statistics

from _common import Figure, ServerProcess, cpu_seconds, figure, run, server
from _load import get_request, send_all
from antiphon.core.db.transaction import WriteTx
from antiphon.core.ids import new_id
from antiphon.domain.accounts.commands import create_account, create_user
from antiphon.domain.accounts.keys import create_key
from antiphon.domain.accounts.records import KeyKind, Plan, Role
from antiphon.domain.channels.commands import create_channel
from antiphon.domain.channels.records import ChannelKind
from antiphon.domain.services import Services
from antiphon.domain.voicegrams.commands import complete_voicegram, create_voicegram, finish_step
from antiphon.domain.voicegrams.records import Step

PATH = "/api/v1/voicegrams/recent"
TARGET = 0.25
PER_MINUTE = 60
VOICEGRAMS = 3
TRANSCRIPT = "The new opening hours work well, please send the price list and call me back. " * 4
SUMMARY = (
    '{"text":"Likes the new hours; asks for the price list.","urgency":"low","sentiment":"positive",'
    '"intent":"inquiry","callback_required":true,"action_items":[{"task":"Send the price list",'
    '"priority":"low","deadline":null}],"mentioned":{"names":[],"phones":["+12025550143"],"emails":[]}}'
)


def make_accounts(tx: WriteTx, count: int) -> list[str]:
    """Paid accounts with three completed voicegrams each; their keys."""
    return [_account(tx, number) for number in range(count)]


def _account(tx: WriteTx, number: int) -> str:
    account = create_account(tx, name=f"Bench {number}", plan=Plan.PRO, subdomain=f"bench-{number}")
    email = f"owner{number}@example.org"
    user = create_user(tx, account.id, email=email, name="Owner", role=Role.OWNER, password_hash=None)
    channel = create_channel(tx, account.id, kind=ChannelKind.CAMPAIGN, name="Survey", slug="survey")
    for _ in range(VOICEGRAMS):
        voicegram_id = new_id()
        create_voicegram(
            tx,
            account.id,
            channel.id,
            voicegram_id=voicegram_id,
            sender_email="visitor@example.org",
            page_url=None,
            client_id=new_id(),
            source_key=f"voicegrams/{voicegram_id}",
            source_container="matroska",
            duration_ms=30_000,
        )
        results = {"transcript_text": TRANSCRIPT, "transcript_confidence": 0.9, "summary": SUMMARY}
        finish_step(tx, account.id, voicegram_id, Step.INSIGHT, results)
        complete_voicegram(tx, account.id, voicegram_id)
    return create_key(tx, account.id, user, kind=KeyKind.PAT, name="Bench").key


async def measure(options: argparse.Namespace) -> list[Figure]:
    each = (PER_MINUTE - 2) // options.rounds

    def prepare(tx: WriteTx, services: Services) -> list[str]:
        keys = make_accounts(tx, options.accounts)
        # Their steps are not to run beside the measurement.
        tx.jobs.clear()
        return keys

    async with server(prepare) as (process, keys):
        recent = [get_request(PATH, process.port, key) for key in keys]
        static = [get_request("/healthz", process.port)]
        await send_all(recent * 2, process.port)
        await send_all(static * 2000, process.port)
        rates: dict[str, list[float]] = {"recent": [], "static": []}
        costs: dict[str, list[float]] = {"recent": [], "static": []}
        for _ in range(options.rounds):
            for name, requests in (("static", static * (len(recent) * each)), ("recent", recent * each)):
                rate, cost = await _timed(process, requests)
                rates[name].append(rate)
                costs[name].append(cost)
    rate = {name: statistics.median(values) for name, values in rates.items()}
    cost = {name: statistics.median(values) for name, values in costs.items()}
    ratio = rate["recent"] / rate["static"]
    return [
        figure("recent against a static reply, requests/s", ratio, f">= {TARGET}", ratio >= TARGET),
        figure("recent against a static reply, processor time", cost["static"] / cost["recent"]),
        figure("recent, requests/s", rate["recent"]),
        figure("static reply, requests/s", rate["static"]),
        figure("recent, server ms a request", cost["recent"] * 1000),
        figure("static reply, server ms a request", cost["static"] * 1000),
    ]


async def _timed(process: ServerProcess, requests: list[bytes]) -> tuple[float, float]:
    before = cpu_seconds(process.pid)
    rate = await send_all(requests, process.port)
    return rate, (cpu_seconds(process.pid) - before) / len(requests)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    run(measure, parser)
