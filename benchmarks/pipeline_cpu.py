"""Processor time of one voicegram from upload to delivered webhook and mail, all but the transcription.

`python benchmarks/pipeline_cpu.py [--count N] [--json]`. The recogniser is a stand-in for an
OpenAI-compatible service in this process, so the process that only calls it is left out (and given apart);
the server and every other media worker count whole. WebM/Opus of 30 s is what Chrome and Firefox send,
MP4/AAC what Safari sends.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from pathlib import Path

from aiohttp import web

from _campaign import Campaign, make_campaign
from _common import Figure, ServerProcess, children, cpu_seconds, figure, run, server
from _load import timed, upload_request
from _sound import SENTENCES, spoken
from antiphon.core.db.transaction import WriteTx
from antiphon.domain.services import Services

TARGET_MS = 60.0
ROUNDS = 3
CALLS_STAND_IN_NICENESS = "10"


class StandIn:
    """Answers recognition requests, and counts webhooks."""

    def __init__(self) -> None:
        self.delivered = 0
        self.url = ""
        text = " ".join(SENTENCES)
        words = text.split()
        self._answer = {
            "text": text,
            "language": "en",
            "words": [{"word": w, "start": n / 3, "end": n / 3 + 0.3} for n, w in enumerate(words)],
            "segments": [{"text": text, "start": 0, "end": 30, "avg_logprob": -0.1}],
        }

    async def start(self) -> web.AppRunner:
        app = web.Application(client_max_size=2**24)
        app.router.add_post("/v1/audio/transcriptions", self._transcribe)
        app.router.add_post("/hook", self._hook)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    async def _transcribe(self, request: web.Request) -> web.Response:
        await request.read()
        return web.json_response(self._answer)

    async def _hook(self, request: web.Request) -> web.Response:
        await request.read()
        self.delivered += 1
        return web.Response()


async def measure(options: argparse.Namespace) -> list[Figure]:
    stand_in = StandIn()
    runner = await stand_in.start()

    def prepare(tx: WriteTx, services: Services) -> Campaign:
        return make_campaign(tx, services, f"{stand_in.url}/hook")

    try:
        async with server(
            prepare,
            trusted_proxies="127.0.0.1/32",
            webhook_allowed_networks="127.0.0.1/32",
            allow_insecure_webhooks="true",
            transcription_engine="openai",
            transcription_base_url=f"{stand_in.url}/v1",
        ) as (process, campaign):
            costs: dict[str, list[dict[str, float]]] = {"webm": [], "mp4": []}
            sounds = {kind: spoken(30.0, container=kind) for kind in costs}
            for audio in sounds.values():
                await _process(process, campaign, stand_in, audio, 3)
            for _ in range(ROUNDS):
                for kind, audio in sounds.items():
                    costs[kind].append(await _process(process, campaign, stand_in, audio, options.count))
    finally:
        await runner.cleanup()
    return [row for kind in costs for row in _rows(kind, costs[kind])]


def _rows(kind: str, costs: list[dict[str, float]]) -> list[Figure]:
    cost = {part: statistics.median(run[part] for run in costs) for part in costs[0]}
    name = "WebM/Opus" if kind == "webm" else "MP4/AAC"
    total = cost["server"] + cost["media"]
    target = (f"< {TARGET_MS:g}", total < TARGET_MS) if kind == "webm" else ("", None)
    return [
        figure(f"{name}: all but transcription, ms of CPU a voicegram", total, *target),
        figure(f"{name}: of it the server", cost["server"]),
        figure(f"{name}: of it media workers", cost["media"]),
        figure(f"{name}: beside it the caller of the recogniser", cost["caller"]),
    ]


async def _process(
    process: ServerProcess, campaign: Campaign, stand_in: StandIn, audio: bytes, count: int
) -> dict[str, float]:
    """Milliseconds of processor time per voicegram by part, from upload to delivery."""
    before = _times(process.pid)
    expected = stand_in.delivered + count
    requests = [
        upload_request(process.port, campaign.channel_id, campaign.sender_token, audio, f"192.0.2.{at}")
        for at in range(1, count + 1)
    ]
    await timed(requests, process.port, 2, 202)
    deadline = time.monotonic() + 120
    while stand_in.delivered < expected:
        if time.monotonic() > deadline:
            raise RuntimeError(f"delivered {stand_in.delivered} of {expected}")
        await asyncio.sleep(0.05)
    await asyncio.sleep(1.5)
    after = _times(process.pid)
    return {
        part: sum(
            (seconds - before[part].get(pid, 0.0)) * 1000 / count for pid, seconds in after[part].items()
        )
        for part in after
    }


def _times(pid: int) -> dict[str, dict[int, float]]:
    found: dict[str, dict[int, float]] = {"server": {pid: cpu_seconds(pid)}, "media": {}, "caller": {}}
    for child in children(pid):
        niceness = Path(f"/proc/{child}/cmdline").read_text().split("\0")[-3]
        found["caller" if niceness == CALLS_STAND_IN_NICENESS else "media"][child] = cpu_seconds(child)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=40)
    run(measure, parser)
