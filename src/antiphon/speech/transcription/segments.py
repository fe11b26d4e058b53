"""Cut long sound at its pauses, so that a recogniser's memory and time stay bounded."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pocketsphinx import Endpointer  # type: ignore[import-untyped]  # the package ships no types

from antiphon.speech.audio import SPEECH_RATE

MAX_SEGMENT_SECONDS = 20.0
JOIN_GAP_SECONDS = 0.6
QUIET_RMS = 40.0

_FRAME_SECONDS = 0.03
_FRAME = int(SPEECH_RATE * _FRAME_SECONDS)
_EDGE_FRAMES = 8


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch with speech in 16 kHz mono PCM; `start_ms` from the start of the sound."""

    start_ms: int
    pcm: bytes


def speech_segments(pcm: bytes) -> Iterator[Segment]:
    """Stretches of 16 kHz mono s16le sound that may hold speech, each at most `MAX_SEGMENT_SECONDS`."""
    frames = len(pcm) // (2 * _FRAME)
    levels = _levels(pcm, frames)
    for first, last in _joined(_voiced(pcm, frames)):
        if max(levels[first:last], default=0.0) < QUIET_RMS:
            continue
        begin, end = max(first - _EDGE_FRAMES, 0), min(last + _EDGE_FRAMES, frames)
        for start, stop in _cut(begin, end, levels):
            tail = len(pcm) if stop == frames else stop * _FRAME * 2
            yield Segment(round(start * _FRAME_SECONDS * 1000), pcm[start * _FRAME * 2 : tail])


def _levels(pcm: bytes, frames: int) -> list[float]:
    samples = array("h")
    samples.frombytes(pcm[: frames * _FRAME * 2])
    scale = math.sqrt(_FRAME)
    return [math.hypot(*samples[at : at + _FRAME]) / scale for at in range(0, frames * _FRAME, _FRAME)]


def _voiced(pcm: bytes, frames: int) -> Iterator[tuple[int, int]]:
    """Frame ranges that the endpointer takes for speech."""
    endpointer = Endpointer(sample_rate=SPEECH_RATE, frame_length=_FRAME_SECONDS)
    speaking = False
    for index in range(frames):
        endpointer.process(pcm[index * _FRAME * 2 : (index + 1) * _FRAME * 2])
        if speaking and not endpointer.in_speech:
            yield _frame(endpointer.speech_start), _frame(endpointer.speech_end)
        speaking = endpointer.in_speech
    if speaking:
        yield _frame(endpointer.speech_start), frames


def _frame(seconds: float) -> int:
    return round(seconds / _FRAME_SECONDS)


def _joined(ranges: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    """Neighbours put together while the pause between them is short and the whole fits one segment."""
    gap, longest = JOIN_GAP_SECONDS / _FRAME_SECONDS, MAX_SEGMENT_SECONDS / _FRAME_SECONDS - 2 * _EDGE_FRAMES
    joined: list[tuple[int, int]] = []
    for first, last in ranges:
        if joined and first - joined[-1][1] <= gap and last - joined[-1][0] <= longest:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def _cut(begin: int, end: int, levels: Sequence[float]) -> Iterator[tuple[int, int]]:
    """Pieces no longer than a segment, cut at the quietest frame of each one's second half."""
    longest = int(MAX_SEGMENT_SECONDS / _FRAME_SECONDS)
    while end - begin > longest:
        half = begin + longest // 2
        at = min(range(half, begin + longest), key=levels.__getitem__)
        yield begin, at
        begin = at
    yield begin, end
