"""How long a visitor waits for the answer to a 30-second recording while 20 others upload too.

`python benchmarks/upload.py [--bursts N] [--json]`. A burst is 21 uploads sent at the same moment; the
bundled engine transcribes what earlier bursts have left. Bursts of a static reply alternate with them: what
they take is the machine's and the client's own. A visitor's page is loaded some seconds before the first.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics

from _campaign import Campaign, make_campaign
from _common import Figure, ServerProcess, figure, percentile, run, server
from _load import get_request, timed, upload_request
from _sound import spoken

TOGETHER = 21
TARGET_MS = 150.0
PAUSE_SECONDS = 1.0
PAGE_SECONDS = 5.0


async def measure(options: argparse.Namespace) -> list[Figure]:
    audio = spoken(30.0)
    async with server(make_campaign, trusted_proxies="127.0.0.1/32") as (process, campaign):
        page = f"/api/public/recording/{campaign.workspace}/{campaign.slug}"
        await timed([get_request(page, process.port)], process.port, 1)
        await asyncio.sleep(PAGE_SECONDS)
        first = await _burst(process, campaign, audio)
        answers: list[float] = []
        static: list[float] = []
        alone: list[float] = []
        for _ in range(options.bursts):
            await asyncio.sleep(PAUSE_SECONDS)
            static += await timed([get_request("/healthz", process.port)] * TOGETHER, process.port, TOGETHER)
            answers += await _burst(process, campaign, audio)
            await asyncio.sleep(PAUSE_SECONDS)
            alone += await _burst(process, campaign, audio, 1)
    p99, static_p99 = (percentile(values, 0.99) * 1000 for values in (answers, static))
    return [
        figure("upload of 30 s beside 20 others, p99 ms", p99, f"< {TARGET_MS:g}", p99 < TARGET_MS),
        figure("upload of 30 s beside 20 others, median ms", statistics.median(answers) * 1000),
        figure("upload of 30 s alone, median ms", statistics.median(alone) * 1000),
        figure("first burst after the start, slowest ms", max(first) * 1000),
        figure("static reply beside 20 others, p99 ms", static_p99),
        figure("size of the recording, kB", len(audio) / 1000),
    ]


async def _burst(
    process: ServerProcess, campaign: Campaign, audio: bytes, count: int = TOGETHER
) -> list[float]:
    requests = [
        upload_request(process.port, campaign.channel_id, campaign.sender_token, audio, f"192.0.2.{at}")
        for at in range(1, count + 1)
    ]
    return await timed(requests, process.port, count, 202)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bursts", type=int, default=12)
    run(measure, parser)
