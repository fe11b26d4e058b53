"""Choice of the recogniser by configuration; the choice and the loaded model live as long as the worker."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from antiphon.core.errors import ConfigurationError
from antiphon.speech.audio import MAX_SECONDS
from antiphon.speech.models import model_kind
from antiphon.speech.transcription.port import Transcriber, Transcript

ENGINES = ("auto", "pocketsphinx", "faster-whisper", "vosk", "openai")


@dataclass(frozen=True, slots=True)
class TranscriptionConfig:
    """Which recogniser and where its model or service is.

    `engine` is one of `ENGINES`; `model_dir` the folder of a faster-whisper or vosk model; `base_url`,
    `api_key` and `model` belong to an OpenAI-compatible service; `language` is for calls that name none;
    `allowed_networks` as in `open_session`.
    """

    engine: str = "auto"
    model_dir: str = ""
    base_url: str = ""
    api_key: str = field(default="", repr=False)
    model: str = "whisper-1"
    language: str = "en"
    max_seconds: float = MAX_SECONDS
    allowed_networks: tuple[str, ...] | None = None


def choose_engine(config: TranscriptionConfig) -> str:
    """Name of the engine that `config` means; `auto` takes the best one whose model and package are there."""
    if config.engine not in ENGINES:
        raise ConfigurationError(
            f"unknown transcription engine {config.engine!r}: use one of {', '.join(ENGINES)}"
        )
    if config.engine != "auto":
        return config.engine
    if config.model_dir:
        kind = model_kind(Path(config.model_dir))
        if kind in ("faster-whisper", "vosk") and find_spec(kind.replace("-", "_")):
            return kind
    return "pocketsphinx"


def create_transcriber(config: TranscriptionConfig) -> Transcriber:
    """Load the engine; raises `ConfigurationError` when its package, model or address is missing."""
    engine = choose_engine(config)
    if engine == "pocketsphinx":
        from antiphon.speech.transcription.pocketsphinx import PocketsphinxTranscriber

        return PocketsphinxTranscriber(config.max_seconds)
    if engine == "faster-whisper":
        from antiphon.speech.transcription.faster_whisper import FasterWhisperTranscriber

        return FasterWhisperTranscriber(Path(config.model_dir), config.max_seconds)
    if engine == "vosk":
        from antiphon.speech.transcription.vosk import VoskTranscriber

        return VoskTranscriber(Path(config.model_dir), config.max_seconds)
    from antiphon.speech.transcription.openai_compatible import OpenAITranscriber

    return OpenAITranscriber(
        config.base_url, config.api_key, config.model, config.max_seconds, config.allowed_networks
    )


@lru_cache(maxsize=2)
def _loaded(config: TranscriptionConfig) -> Transcriber:
    return create_transcriber(config)


def load_engine(config: TranscriptionConfig) -> str:
    """Load the engine in this process and name it; raises as `create_transcriber`."""
    return _loaded(config).name


def transcribe_file(config: TranscriptionConfig, path: Path, language: str | None = None) -> Transcript:
    """Transcribe in this process, which keeps the loaded engine; meant for `MediaPool.run`."""
    return _loaded(config).transcribe(path, language or config.language)
