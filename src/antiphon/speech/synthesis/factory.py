"""Choice of the voice engine by configuration."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from antiphon.core.errors import AntiphonError, ConfigurationError, DomainError, ErrorCategory, ServiceError
from antiphon.speech.audio import AudioError, probe
from antiphon.speech.synthesis.openai_compatible import OpenAISynthesiser
from antiphon.speech.synthesis.port import Synthesis, Synthesiser
from antiphon.speech.synthesis.programs import EspeakSynthesiser, FliteSynthesiser, PiperSynthesiser

ENGINES = ("auto", "espeak-ng", "flite", "piper", "openai")
MAX_TEXT = 5000

_MAX_BYTES = 256 * 1024 * 1024
_MAX_SECONDS = 3600.0
_UNSPEAKABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class SynthesisConfig:
    """Which voice engine; `model_path` is piper's voice file, the rest is for an OpenAI-like service."""

    engine: str = "auto"
    voice: str = ""
    model_path: str = ""
    base_url: str = ""
    api_key: str = field(default="", repr=False)
    model: str = "tts-1"
    allowed_networks: tuple[str, ...] | None = None


def create_synthesiser(config: SynthesisConfig) -> Synthesiser:
    """The engine; `auto` is piper when a voice is set, else flite when installed, else the bundled espeak-ng.

    Raises `ConfigurationError` when something it needs is missing.
    """
    engine = config.engine
    if engine == "auto":
        engine = "piper" if config.model_path else "flite" if shutil.which("flite") else "espeak-ng"
    if engine == "espeak-ng":
        return EspeakSynthesiser()
    if engine == "flite":
        return FliteSynthesiser()
    if engine == "piper":
        return PiperSynthesiser(Path(config.model_path))
    if engine == "openai":
        return OpenAISynthesiser(config.base_url, config.api_key, config.model, config.allowed_networks)
    raise ConfigurationError(f"unknown synthesis engine {engine!r}: use one of {', '.join(ENGINES)}")


def synthesise(config: SynthesisConfig, text: str, target: Path, voice: str = "") -> Synthesis:
    """Speak `text` (at most `MAX_TEXT` characters) into a WAV file at `target`.

    Raises `DomainError` with code `empty`, `too_long` or `unknown_voice`; `ServiceError` for the engine.
    """
    spoken = _UNSPEAKABLE.sub(" ", text).strip()
    if not spoken:
        raise DomainError("There is nothing to say.", field="text", code="empty")
    if len(spoken) > MAX_TEXT:
        raise DomainError("The text is too long.", field="text", code="too_long", max_length=MAX_TEXT)
    engine = create_synthesiser(config)
    chosen = voice or config.voice or engine.default_voice
    try:
        engine.write_wav(spoken, chosen, target)
        info = probe(target, _MAX_BYTES, _MAX_SECONDS)
    except (AudioError, FileNotFoundError) as error:
        target.unlink(missing_ok=True)
        raise ServiceError(
            ErrorCategory.SERVER, f"{engine.name} wrote no sound", service=engine.name
        ) from error
    except AntiphonError:
        target.unlink(missing_ok=True)
        raise
    return Synthesis(target, info.duration_ms, info.sample_rate, engine.name, chosen)
