"""Spoken recordings as browsers send them; needs flite (Debian: apt install flite)."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from fractions import Fraction
from pathlib import Path

import av

RATE = 48_000
VOICES = ("rms", "slt", "awb", "rms")
SENTENCES = (
    "Hello, this is Robert Miller from the bakery on Main Street.",
    "I am calling about the order that we placed last week.",
    "Could you please send me the price list and the new opening hours?",
    "The delivery on Tuesday was late and two boxes were missing.",
    "Please call me back tomorrow afternoon before five o'clock.",
    "You can reach me at four one five, two three six, seven eight nine oh.",
    "We would also like to change the address for the next delivery.",
    "Thank you very much for your help, and have a nice day.",
)


def spoken(seconds: float, voice: str = "rms", container: str = "webm") -> bytes:
    """Speech of this length as `webm` (Opus, live, without a duration) or `mp4` (AAC, fragmented)."""
    frames = _frames(seconds, voice)
    target = io.BytesIO()
    codec, rate = ("libopus", 48_000) if container == "webm" else ("aac", 48_000)
    options = {"live": "1"} if container == "webm" else {"movflags": "frag_keyframe+empty_moov"}
    with av.open(target, "w", format=container, options=options) as file:
        stream = file.add_stream(codec, rate=rate, layout="mono")
        stream.bit_rate = 48_000
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=rate)
        position = 0
        for frame in frames:
            for piece in resampler.resample(frame):
                piece.pts, piece.time_base = position, Fraction(1, rate)
                position += piece.samples
                file.mux(stream.encode(piece))
        file.mux(stream.encode(None))
    return target.getvalue()


def _frames(seconds: float, voice: str) -> list[av.AudioFrame]:
    flite = shutil.which("flite")
    if flite is None:
        raise SystemExit("this benchmark needs flite (Debian: apt install flite)")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "speech.wav")
        repeated = " ".join(SENTENCES * (1 + int(seconds) // 25))
        subprocess.run([flite, "-voice", voice, "-t", repeated, "-o", str(path)], check=True)
        with av.open(str(path), format="wav") as file:
            frames, length = [], 0.0
            for frame in file.decode(audio=0):
                if length >= seconds:
                    return frames
                frame.pts = None
                frames.append(frame)
                length += frame.samples / frame.sample_rate
    raise RuntimeError(f"flite spoke only {length:.1f} s")
