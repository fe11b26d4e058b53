"""Sound files that tests make for themselves."""

from __future__ import annotations

import struct
import wave
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import pi, sin
from pathlib import Path

import av

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
        layout = "mono" if inside.streams.audio[0].codec_context.layout.nb_channels == 1 else "stereo"
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


def word_errors(spoken: str, heard: str) -> int:
    """Edit distance in words."""
    row = list(range(len(heard.split()) + 1))
    for at, word in enumerate(spoken.split(), 1):
        diagonal, row[0] = row[0], at
        for column, other in enumerate(heard.split(), 1):
            diagonal, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, diagonal + (word != other)),
            )
    return row[-1]
