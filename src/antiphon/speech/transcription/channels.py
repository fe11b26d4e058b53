"""A recording cut into one file a speaker; run it in a media worker."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

from antiphon.speech.audio import SPEECH_RATE, decode_channels


@dataclass(frozen=True, slots=True)
class Channels:
    """WAV files on one time line, one of them or one a channel; `duration_ms` of the whole."""

    paths: tuple[Path, ...]
    duration_ms: int


def split_channels(source: Path, folder: Path, max_seconds: float) -> Channels:
    """Write 16 kHz WAV files to `folder`: one a channel, a single one when both sound the same.

    Raises AudioError.
    """
    planes = decode_channels(source, SPEECH_RATE, max_seconds)
    if len(planes) == 2 and planes[0] == planes[1]:
        planes = planes[:1]
    paths = []
    for number, samples in enumerate(planes):
        path = folder / f"channel{number}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SPEECH_RATE)
            file.writeframes(samples)
        paths.append(path)
    return Channels(tuple(paths), len(planes[0]) * 1000 // (2 * SPEECH_RATE))
