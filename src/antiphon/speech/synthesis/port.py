"""What every speech synthesiser gives: a WAV file of a text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Synthesis:
    """A spoken text: PCM WAV at `path`, `sample_rate` in Hz."""

    path: Path
    duration_ms: int
    sample_rate: int
    engine: str
    voice: str


class Synthesiser(Protocol):
    """A voice engine. It blocks: use it in a media worker or a thread."""

    @property
    def name(self) -> str: ...

    @property
    def default_voice(self) -> str: ...

    def write_wav(self, text: str, voice: str, target: Path) -> None:
        """Speak clean, non-empty text into a WAV file.

        Raises `ServiceError` when the engine fails, `DomainError` `unknown_voice` for a voice it has not.
        """
        ...
