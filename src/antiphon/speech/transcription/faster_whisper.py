"""Whisper models in CTranslate2 form, from a folder; nothing is fetched."""

from __future__ import annotations

import importlib
import math
from pathlib import Path
from typing import Any

from antiphon.core.errors import ConfigurationError
from antiphon.speech.audio import SPEECH_RATE, decode_pcm
from antiphon.speech.transcription.port import Transcript, Word, assemble


class FasterWhisperTranscriber:
    """Needs the `whisper` extra and a model folder (`model.bin`, `config.json`, a tokenizer)."""

    name = "faster-whisper"

    def __init__(self, model_dir: Path, max_seconds: float) -> None:
        if not (model_dir / "model.bin").is_file():
            raise ConfigurationError(f"no faster-whisper model in {str(model_dir)!r}")
        try:
            package = importlib.import_module("faster_whisper")
            self._numpy = importlib.import_module("numpy")
        except ImportError as error:
            raise ConfigurationError("faster-whisper is not installed: install antiphon[whisper]") from error
        self._max_seconds = max_seconds
        # The media pool has one process per core already.
        self._model: Any = package.WhisperModel(
            str(model_dir), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True
        )

    def transcribe(self, path: Path, language: str) -> Transcript:
        """Punctuated text with word times; `language` "" lets the model detect it."""
        pcm = decode_pcm(path, SPEECH_RATE, self._max_seconds)
        samples = self._numpy.frombuffer(pcm, dtype=self._numpy.int16).astype(self._numpy.float32) / 32768.0
        segments, info = self._model.transcribe(
            samples,
            language=language.split("-")[0].lower() or None,
            word_timestamps=True,
            vad_filter=True,
            condition_on_previous_text=False,
        )
        words: list[Word] = []
        texts: list[str] = []
        for segment in segments:
            texts.append(segment.text.strip())
            fallback = math.exp(min(segment.avg_logprob, 0.0))
            words.extend(
                Word(
                    word.word.strip(),
                    round(word.start * 1000),
                    round(word.end * 1000),
                    _unit(word.probability),
                )
                for word in segment.words or ()
            )
            if not segment.words and segment.text.strip():
                words.append(
                    Word(
                        segment.text.strip(), round(segment.start * 1000), round(segment.end * 1000), fallback
                    )
                )
        return assemble(
            words,
            language=info.language,
            engine=self.name,
            duration_ms=len(pcm) * 1000 // (2 * SPEECH_RATE),
            text=" ".join(texts),
        )


def _unit(value: float) -> float:
    return round(min(max(float(value), 0.0), 1.0), 4)
