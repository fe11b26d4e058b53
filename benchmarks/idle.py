"""What an idle server takes: memory with no worker busy, and processor time.

`python benchmarks/idle.py [--seconds N] [--json]`. Freshly started, and again after uploads have been
processed while their workers still wait for more. The target counts the server and every worker left.
"""

from __future__ import annotations

import argparse
import asyncio

from _campaign import make_campaign
from _common import Figure, ServerProcess, children, cpu_seconds, figure, memory_mb, run, server
from _load import timed, upload_request
from _sound import spoken

MEMORY_TARGET_MB = 200.0
CPU_TARGET = 0.02
UPLOADS = 4
SETTLE_SECONDS = 5.0
IDLE_SECONDS = "10"


async def measure(options: argparse.Namespace) -> list[Figure]:
    async with server(make_campaign, trusted_proxies="127.0.0.1/32", speech_idle_seconds=IDLE_SECONDS) as (
        process,
        campaign,
    ):
        await asyncio.sleep(SETTLE_SECONDS)
        fresh = memory_mb(process.pid)[0]
        fresh_cpu = await _idle_cpu(process, options.seconds)
        audio = spoken(30.0)
        requests = [
            upload_request(process.port, campaign.channel_id, campaign.sender_token, audio, f"192.0.2.{at}")
            for at in range(1, UPLOADS + 1)
        ]
        await timed(requests, process.port, UPLOADS, 202)
        await _wait_for_work(process)
        waiting = [memory_mb(pid) for pid in (process.pid, *children(process.pid))]
        await asyncio.sleep(float(IDLE_SECONDS) + SETTLE_SECONDS)
        left = [memory_mb(pid) for pid in (process.pid, *children(process.pid))]
        used_cpu = await _idle_cpu(process, options.seconds)
    resident, cpu = sum(rss for rss, _ in left), max(fresh_cpu, used_cpu)
    return [
        figure(
            "idle after work, MB resident, workers left included", resident, f"< {MEMORY_TARGET_MB:g}",
            resident < MEMORY_TARGET_MB,
        ),
        figure("idle, part of a core", cpu, f"< {CPU_TARGET}", cpu < CPU_TARGET),
        figure("freshly started, MB resident", fresh),
        figure("workers left when idle", len(left) - 1),
        figure("workers waiting right after work", len(waiting) - 1),
        figure("right after work, MB proportional with workers", sum(pss for _, pss in waiting)),
    ]  # fmt: skip


async def _idle_cpu(process: ServerProcess, seconds: float) -> float:
    pids = (process.pid, *children(process.pid))
    before = sum(cpu_seconds(pid) for pid in pids)
    await asyncio.sleep(seconds)
    return (sum(cpu_seconds(pid) for pid in pids) - before) / seconds


async def _wait_for_work(process: ServerProcess) -> None:
    """Until the workers have used no processor for two seconds."""
    quiet = 0
    known = -1.0
    while quiet < 4:
        await asyncio.sleep(0.5)
        used = sum(cpu_seconds(pid) for pid in children(process.pid))
        quiet = quiet + 1 if used == known else 0
        known = used


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    run(measure, parser)
