"""Small recordings made on the spot."""

from __future__ import annotations

import io
from fractions import Fraction
from functools import cache
from math import pi, sin

import av
from av.audio.frame import AudioFrame


@cache
def webm_recording(seconds: float = 1.0, hertz: float = 440.0) -> bytes:
    """A tone as WebM/Opus, as browsers record it; 0 Hz is silence."""
    rate, target = 48_000, io.BytesIO()
    with av.open(target, "w", format="webm") as container:
        stream = container.add_stream("libopus", rate=rate, layout="mono")
        for start in range(0, round(seconds * rate), 960):
            frame = AudioFrame(format="s16", layout="mono", samples=960)
            samples = (round(8000 * sin(2 * pi * hertz * (start + at) / rate)) for at in range(960))
            frame.planes[0].update(b"".join(value.to_bytes(2, "little", signed=True) for value in samples))
            frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()
