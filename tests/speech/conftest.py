"""Spoken and encoded test sound."""

from __future__ import annotations

import shutil
import struct
import subprocess
import wave
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import pi, sin
from pathlib import Path

import av
import pytest

RATE = 16_000

Speak = Callable[..., Path]


def write_wav(path: Path, channels: Sequence[Sequence[int]], rate: int = RATE) -> Path:
    """PCM WAV with one sequence of samples per channel."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(rate)
        samples = [value for group in zip(*channels, strict=True) for value in group]
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return path


def sine(seconds: float, hertz: float = 440.0, rate: int = RATE, level: float = 8000.0) -> list[int]:
    return [round(level * sin(2 * pi * hertz * at / rate)) for at in range(round(seconds * rate))]


def encode(
    source: Path,
    target: Path,
    container: str,
    codec: str,
    rate: int = 48_000,
    options: dict[str, str] | None = None,
) -> Path:
    """Encode a WAV; `options` are the muxer's."""
    with (
        av.open(str(source), "r", format="wav") as inside,
        av.open(str(target), "w", format=container, options=options or {}) as outside,
    ):
        layout = inside.streams.audio[0].codec_context.layout.name
        stream = outside.add_stream(codec, rate=rate, layout=layout)
        resampler = av.AudioResampler(format=stream.codec_context.format, layout=layout, rate=rate)
        position = 0
        frames = [*(piece for frame in inside.decode(audio=0) for piece in resampler.resample(frame))]
        for frame in [*frames, *resampler.resample(None)]:
            frame.pts, frame.time_base = position, Fraction(1, rate)
            position += frame.samples
            outside.mux(stream.encode(frame))
        outside.mux(stream.encode(None))
    return target


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
