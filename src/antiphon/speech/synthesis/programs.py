"""Engines that run as programs of their own."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

from antiphon.core.errors import ConfigurationError, DomainError, ErrorCategory, ServiceError

_SECONDS = 120.0
_VOICE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+-]{0,39}")
UNKNOWN_VOICE_STATUS = 3


def _run(service: str, command: list[str], text: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - fixed programs, checked voice names
            command, input=text.encode(), capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ServiceError(ErrorCategory.SERVER, f"{service} took too long", service=service) from error
    except OSError as error:
        raise ServiceError(
            ErrorCategory.SERVER, f"{service} did not start: {error}", service=service
        ) from error
    if done.returncode == UNKNOWN_VOICE_STATUS:
        raise DomainError("This voice is not available.", field="voice", code="unknown_voice")
    if done.returncode != 0:
        message = (
            f"{service} ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()[-200:]}"
        )
        raise ServiceError(ErrorCategory.SERVER, message, service=service)


def _checked(voice: str) -> str:
    if not _VOICE_NAME.fullmatch(voice):
        raise DomainError("This voice is not available.", field="voice", code="unknown_voice")
    return voice


class EspeakSynthesiser:
    """The bundled engine, clear and robotic. A voice is a language, or that and a variant (`en-us+f3`)."""

    name = "espeak-ng"
    default_voice = "en-us"

    def write_wav(self, text: str, voice: str, target: Path) -> None:
        program = str(Path(__file__).with_name("espeak_main.py"))
        _run(self.name, [sys.executable, "-P", program, _checked(voice), str(target)], text)


class FliteSynthesiser:
    """The system's flite program, English only."""

    name = "flite"
    default_voice = "slt"
    voices = ("slt", "rms", "awb", "kal", "kal16")

    def __init__(self) -> None:
        program = shutil.which("flite")
        if program is None:
            raise ConfigurationError("flite is not installed")
        self._program = program

    def write_wav(self, text: str, voice: str, target: Path) -> None:
        if voice not in self.voices:
            raise DomainError("This voice is not available.", field="voice", code="unknown_voice")
        _run(self.name, [self._program, "-voice", voice, "-f", "/dev/stdin", "-o", str(target)], text)


class PiperSynthesiser:
    """Piper with one voice file; needs the `piper` extra. The voice is the file's name without `.onnx`."""

    name = "piper"

    def __init__(self, model_path: Path) -> None:
        if not model_path.is_file() or not Path(f"{model_path}.json").is_file():
            raise ConfigurationError(
                f"no piper voice at {str(model_path)!r} (the .onnx file and its .onnx.json)"
            )
        if importlib.util.find_spec("piper") is None:
            raise ConfigurationError("piper is not installed: install antiphon[piper]")
        self._model_path = model_path
        self.default_voice = model_path.stem

    def write_wav(self, text: str, voice: str, target: Path) -> None:
        if voice != self.default_voice:
            raise DomainError("This voice is not available.", field="voice", code="unknown_voice")
        _run(
            self.name,
            [sys.executable, "-P", "-m", "piper", "-m", str(self._model_path), "-f", str(target)],
            text,
        )
