"""The bundled recogniser: processor time per second of speech, and what all cores together reach.

`python benchmarks/transcription.py [--seconds N] [--rounds N] [--json]`. As many files as there are cores, by
the product's worker pool: one after the other, then all at once, alternated; medians.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

from _common import Figure, children, cpu_seconds, figure, run
from _sound import VOICES, spoken
from antiphon.speech.transcription.factory import TranscriptionConfig, transcribe_file
from antiphon.speech.workers import MediaPool, usable_cores

TARGET = 0.2
PART_OF_CORES = 0.8
CONFIG = TranscriptionConfig(engine="pocketsphinx")


async def measure(options: argparse.Namespace) -> list[Figure]:
    cores = usable_cores()
    pool = MediaPool(max_workers=cores)
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number in range(cores):
            path = Path(folder, f"{number}.webm")
            path.write_bytes(spoken(options.seconds, VOICES[number % len(VOICES)]))
            paths.append(path)
        try:
            # Every worker loads its model before anything counts.
            await _together(pool, paths)
            runs = [await _round(pool, paths) for _ in range(options.rounds)]
        finally:
            await pool.close()
    single, together, cpu_single, cpu_together = (
        statistics.median(values) for values in zip(*runs, strict=True)
    )
    sound = options.seconds * cores
    used = single / together
    return [
        figure(
            "processor time of a second of speech", cpu_single / sound, f"< {TARGET}",
            cpu_single / sound < TARGET,
        ),
        figure("the same with all cores busy", cpu_together / sound),
        figure("waiting time of a second of speech", single / sound),
        figure(
            f"{cores} files at once against one after the other", used, f">= {cores * PART_OF_CORES:g}",
            used >= cores * PART_OF_CORES,
        ),
    ]  # fmt: skip


async def _one_by_one(pool: MediaPool, paths: list[Path]) -> None:
    for path in paths:
        await pool.run(transcribe_file, CONFIG, path)


async def _together(pool: MediaPool, paths: list[Path]) -> None:
    await asyncio.gather(*(pool.run(transcribe_file, CONFIG, path) for path in paths))


async def _round(pool: MediaPool, paths: list[Path]) -> tuple[float, float, float, float]:
    times, costs = [], []
    for way in (_one_by_one, _together):
        before, started = _worker_seconds(), time.perf_counter()
        await way(pool, paths)
        times.append(time.perf_counter() - started)
        costs.append(_worker_seconds() - before)
    return times[0], times[1], costs[0], costs[1]


def _worker_seconds() -> float:
    return sum(cpu_seconds(pid) for pid in children(os.getpid()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--rounds", type=int, default=3)
    run(measure, parser)
