"""What every recogniser gives: a transcript with word times and confidences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from antiphon.core.languages import speaks


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word; times from the start of the file, `confidence` 0..1."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """`text` is "" and `confidence` 0 where nothing was said (contracts/voicegram.md 5).

    `language` is the one that was listened for, whatever was asked.
    """

    text: str
    confidence: float
    words: tuple[Word, ...]
    language: str
    engine: str
    duration_ms: int

    def note(self, wanted: str) -> str | None:
        """What to say of an engine that does not know the wanted language; else None."""
        if not self.language or speaks(self.language, wanted):
            return None
        return f"{self.engine} listened for {self.language}, not for {wanted}"


class Transcriber(Protocol):
    """A recogniser. It blocks and may hold the interpreter lock: use it inside a media worker."""

    @property
    def name(self) -> str: ...

    def transcribe(self, path: Path, language: str) -> Transcript:
        """Transcribe a file; raises `AudioError` for a bad file, `ServiceError` for a failing engine."""
        ...


def assemble(
    words: Sequence[Word], *, language: str, engine: str, duration_ms: int, text: str | None = None
) -> Transcript:
    """Transcript of the words; its confidence is the mean of theirs, its text their sequence unless given."""
    confidence = sum(word.confidence for word in words) / len(words) if words else 0.0
    spoken = " ".join(word.text for word in words) if text is None else text.strip()
    return Transcript(
        text=spoken,
        confidence=round(min(max(confidence, 0.0), 1.0), 4) if spoken else 0.0,
        words=tuple(words) if spoken else (),
        language=language,
        engine=engine,
        duration_ms=duration_ms,
    )
