"""Spoken and encoded test sound."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from antiphon.speech.workers import MediaPool
from speech_sounds import Speak, sine, write_wav
from speech_stand_in import StandIn, serve


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    """Three seconds of a 440 Hz sine, 16 kHz mono WAV."""
    return write_wav(tmp_path / "tone.wav", [sine(3.0)])


@pytest.fixture(scope="session")
def speak(tmp_path_factory: pytest.TempPathFactory) -> Speak:
    """`speak(text, voice="rms")`: a 16 kHz mono WAV spoken by flite, made once per text and voice."""
    flite = shutil.which("flite")
    if flite is None:
        pytest.skip("speech: flite is not installed")
    folder = tmp_path_factory.mktemp("flite")
    made: dict[tuple[str, str], Path] = {}

    def say(text: str, voice: str = "rms") -> Path:
        if (text, voice) not in made:
            path = folder / f"{len(made)}.wav"
            subprocess.run([flite, "-voice", voice, "-t", text, "-o", str(path)], check=True)
            made[text, voice] = path
        return made[text, voice]

    return say


@pytest.fixture
async def pool() -> AsyncIterator[MediaPool]:
    pool = MediaPool(max_workers=1)
    yield pool
    await pool.close()


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with serve() as state:
        yield state
