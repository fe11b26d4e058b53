"""Lag of the server's event loop while four recordings are transcribed, against the same loop at rest.

`python benchmarks/loop_lag.py [--rounds N] [--json]`. The real application runs in this process with four
heavy workers; a task asks to be woken every 5 ms and notes how late it is. Four recordings pass through the
whole pipeline meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from _campaign import Campaign, make_campaign
from _common import Figure, figure, percentile, run
from _sound import VOICES, spoken
from antiphon.app import App
from antiphon.core.ids import new_id
from antiphon.domain.voicegrams.commands import create_voicegram
from antiphon.domain.voicegrams.intake import source_key
from antiphon.domain.voicegrams.queries import get_voicegram
from antiphon.migrations.runner import migrate
from antiphon.settings import Settings

TARGET_MS = 20.0
TOGETHER = 4
EVERY_SECONDS = 0.005
SOUND_SECONDS = 30.0
REST_SECONDS = 5.0


class Probe:
    """Collects how late the loop wakes a task, in milliseconds."""

    def __init__(self) -> None:
        self.lags: list[float] = []
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            due = time.perf_counter() + EVERY_SECONDS
            await asyncio.sleep(EVERY_SECONDS)
            self.lags.append(max(0.0, time.perf_counter() - due) * 1000)

    def stop(self) -> list[float]:
        self._task.cancel()
        return self.lags


async def measure(options: argparse.Namespace) -> list[Figure]:
    sounds = [spoken(SOUND_SECONDS, voice) for voice in VOICES[:TOGETHER]]
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-") as folder:
        settings = Settings(data_dir=Path(folder), speech_processes=TOGETHER)
        await migrate(settings)
        app = App(settings)
        await app.start()
        try:
            campaign = await app.services.database.write(make_campaign, app.services)
            await _transcribe(app, campaign, sounds)
            busy, rest, wall = [], [], []
            for _ in range(options.rounds):
                probe = Probe()
                await asyncio.sleep(REST_SECONDS)
                rest.append(probe.stop())
                probe = Probe()
                started = time.perf_counter()
                await _transcribe(app, campaign, sounds)
                wall.append(time.perf_counter() - started)
                busy.append(probe.stop())
        finally:
            await app.stop()
    p99 = statistics.median(percentile(lags, 0.99) for lags in busy)
    return [
        figure(
            f"loop lag while {TOGETHER} transcriptions run, p99 ms", p99, f"< {TARGET_MS:g}", p99 < TARGET_MS
        ),
        figure("of it the worst", max(max(lags) for lags in busy)),
        figure("loop lag at rest, p99 ms", statistics.median(percentile(lags, 0.99) for lags in rest)),
        figure("four transcriptions, seconds per second of one", statistics.median(wall) / SOUND_SECONDS),
    ]


async def _transcribe(app: App, campaign: Campaign, sounds: list[bytes]) -> None:
    """Leave the recordings and wait until all are completed."""
    services = app.services
    ids = []
    for sound in sounds:
        voicegram_id = new_id()
        key = source_key(campaign.account_id, voicegram_id, "matroska")
        await services.store.put(key, sound)
        await services.database.write(
            create_voicegram,
            campaign.account_id,
            campaign.channel_id,
            voicegram_id=voicegram_id,
            sender_email="visitor@example.org",
            page_url=None,
            client_id=new_id(),
            source_key=key,
            source_container="matroska",
            duration_ms=int(SOUND_SECONDS * 1000),
        )
        ids.append(voicegram_id)
    deadline = time.monotonic() + 600
    while ids:
        if time.monotonic() > deadline:
            raise RuntimeError("the recordings were not completed")
        await asyncio.sleep(0.2)
        voicegram = await services.database.read(get_voicegram, campaign.account_id, ids[0])
        if voicegram.completed_at is not None:
            if not voicegram.transcript_text:
                raise RuntimeError("a recording was completed without a transcript")
            ids.pop(0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    run(measure, parser)
