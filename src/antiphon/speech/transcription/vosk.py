"""Vosk models from a folder; nothing is fetched."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

from antiphon.core.errors import ConfigurationError
from antiphon.speech.audio import SPEECH_RATE, decode_pcm
from antiphon.speech.transcription.port import Transcript, Word, assemble

_CHUNK_BYTES = SPEECH_RATE


class VoskTranscriber:
    """Needs the `vosk` extra and an unpacked model folder; the language is the model's own."""

    name = "vosk"

    def __init__(self, model_dir: Path, max_seconds: float) -> None:
        if not model_dir.is_dir():
            raise ConfigurationError(f"no vosk model in {str(model_dir)!r}")
        try:
            self._vosk: Any = importlib.import_module("vosk")
        except ImportError as error:
            raise ConfigurationError("vosk is not installed: install antiphon[vosk]") from error
        self._vosk.SetLogLevel(-1)
        self._max_seconds = max_seconds
        try:
            self._model = self._vosk.Model(model_path=str(model_dir))
        except Exception as error:
            raise ConfigurationError(f"vosk cannot load the model in {str(model_dir)!r}") from error

    def transcribe(self, path: Path, language: str) -> Transcript:
        """Lower-case words without punctuation."""
        pcm = decode_pcm(path, SPEECH_RATE, self._max_seconds)
        recogniser = self._vosk.KaldiRecognizer(self._model, SPEECH_RATE)
        recogniser.SetWords(True)
        results: list[dict[str, Any]] = []
        for at in range(0, len(pcm), _CHUNK_BYTES):
            if recogniser.AcceptWaveform(pcm[at : at + _CHUNK_BYTES]):
                results.append(json.loads(recogniser.Result()))
        results.append(json.loads(recogniser.FinalResult()))
        words = [
            Word(
                item["word"],
                round(item["start"] * 1000),
                round(item["end"] * 1000),
                round(float(item["conf"]), 4),
            )
            for result in results
            for item in result.get("result", ())
            if item["word"] != "[unk]"
        ]
        return assemble(
            words, language=language, engine=self.name, duration_ms=len(pcm) * 1000 // (2 * SPEECH_RATE)
        )
