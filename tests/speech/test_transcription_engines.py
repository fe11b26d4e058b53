"""The recognisers that need a model or a service: choice, protocol, and errors by category."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from antiphon.core.errors import ConfigurationError, ErrorCategory, ServiceError
from antiphon.speech import audio
from antiphon.speech.transcription import (
    TranscriptionConfig,
    Word,
    choose_engine,
    create_transcriber,
    factory,
    transcribe_file,
)
from antiphon.speech.workers import MediaPool
from speech_stand_in import StandIn

VERBOSE = {
    "text": " Hello there. Call me. ",
    "language": "english",
    "duration": 3.0,
    "segments": [
        {"start": 0.0, "end": 1.0, "text": " Hello there.", "avg_logprob": -0.1},
        {"start": 1.0, "end": 3.0, "text": " Call me.", "avg_logprob": -1.0},
    ],
    "words": [
        {"word": "Hello", "start": 0.1, "end": 0.4},
        {"word": "there", "start": 0.5, "end": 0.9},
        {"word": "Call", "start": 1.2, "end": 1.5},
        {"word": "me", "start": 1.6, "end": 1.8},
    ],
}


def _remote(stand_in: StandIn) -> TranscriptionConfig:
    return TranscriptionConfig("openai", base_url=f"{stand_in.url}/v1/", api_key="k-1", model="m-1")


def _answer(stand_in: StandIn, body: object) -> None:
    stand_in.reply(200, json.dumps(body).encode(), {"Content-Type": "application/json"})


def test_remote_recogniser_speaks_the_protocol(stand_in: StandIn, tmp_path: Path, tone: Path) -> None:
    _answer(stand_in, VERBOSE)
    found = create_transcriber(_remote(stand_in)).transcribe(tone, "en-GB")
    assert found.text == "Hello there. Call me."
    assert (found.language, found.engine, found.duration_ms) == ("en-GB", "openai:m-1", 3000)
    assert found.words[2] == Word("Call", 1200, 1500, 0.3679)
    assert found.confidence == pytest.approx((0.9048 + 0.3679) / 2, abs=0.001)
    request = stand_in.requests[0]
    assert (request.method, request.path) == ("POST", "/v1/audio/transcriptions")
    assert request.headers["Authorization"] == "Bearer k-1"
    form = request.form()
    assert form["model"] == [b"m-1"]
    assert form["response_format"] == [b"verbose_json"]
    assert form["timestamp_granularities[]"] == [b"word", b"segment"]
    assert form["language"] == [b"en"]
    upload = tmp_path / "sent.webm"
    upload.write_bytes(form["file"][0])
    assert audio.probe(upload).is_webm_opus


@pytest.mark.parametrize(
    ("body", "text", "words"),
    [
        pytest.param({"text": "hello there"}, "hello there", 2, id="text-only"),
        pytest.param({**VERBOSE, "words": None}, "Hello there. Call me.", 2, id="segments-only"),
        pytest.param(
            {"text": "hi", "words": [{"word": "hi", "start": 0, "end": 1}]}, "hi", 1, id="words-only"
        ),
    ],
)
def test_services_that_say_less_are_understood(
    stand_in: StandIn, tone: Path, body: dict[str, Any], text: str, words: int
) -> None:
    _answer(stand_in, body)
    found = create_transcriber(_remote(stand_in)).transcribe(tone, "en")
    assert (found.text, len(found.words)) == (text, words)
    assert 0 < found.confidence <= 1


def test_remote_silence_is_empty_with_confidence_zero(stand_in: StandIn, tone: Path) -> None:
    """contracts/voicegram.md 5: no speech gives "" and 0."""
    _answer(stand_in, {"text": " ", "segments": [], "words": []})
    found = create_transcriber(_remote(stand_in)).transcribe(tone, "en")
    assert (found.text, found.confidence, found.words) == ("", 0.0, ())


QUOTA = b'{"error": {"code": "insufficient_quota"}}'


@pytest.mark.parametrize(
    ("status", "body", "headers", "category", "retry_after_ms"),
    [
        (401, b"", {}, ErrorCategory.AUTH, None),
        (403, b"", {}, ErrorCategory.AUTH, None),
        (402, b"", {}, ErrorCategory.QUOTA, None),
        (429, QUOTA, {"Retry-After": "5"}, ErrorCategory.QUOTA, None),
        (429, b"slow down", {"Retry-After": "7"}, ErrorCategory.RATE_LIMIT, 7000),
        (429, b"slow down", {}, ErrorCategory.RATE_LIMIT, None),
        (429, b"slow down", {"Retry-After": "soon"}, ErrorCategory.RATE_LIMIT, None),
        (500, b"", {}, ErrorCategory.SERVER, None),
        (503, b"", {}, ErrorCategory.SERVER, None),
        (400, b"", {}, ErrorCategory.CALLER, None),
        (413, b"", {}, ErrorCategory.CALLER, None),
        (302, b"", {"Location": "/elsewhere"}, ErrorCategory.CALLER, None),
        (200, b"<html>", {}, ErrorCategory.SERVER, None),
        (200, b'{"words": []}', {}, ErrorCategory.SERVER, None),
        (200, b'{"text": "a", "words": [{"word": "a"}]}', {}, ErrorCategory.SERVER, None),
        (200, b'{"text": "a", "segments": ["x"]}', {}, ErrorCategory.SERVER, None),
        (200, b"\xff\xfe", {}, ErrorCategory.SERVER, None),
    ],
)
def test_failures_have_their_category(
    stand_in: StandIn,
    tone: Path,
    status: int,
    body: bytes,
    headers: dict[str, str],
    category: ErrorCategory,
    retry_after_ms: int | None,
) -> None:
    """Retries are decided from the category alone (contracts/voicegram.md 7.1)."""
    stand_in.reply(status, body, headers)
    with pytest.raises(ServiceError) as caught:
        create_transcriber(_remote(stand_in)).transcribe(tone, "en")
    assert (caught.value.category, caught.value.retry_after_ms) == (category, retry_after_ms)
    assert len(stand_in.requests) == 1
    assert "k-1" not in str(caught.value)


def test_service_that_is_not_there_is_a_connection_failure(tone: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        config = TranscriptionConfig("openai", base_url=f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(ServiceError) as caught:
            create_transcriber(config).transcribe(tone, "en")
    assert caught.value.category is ErrorCategory.CONNECTIVITY


def test_answer_that_breaks_off_is_a_connection_failure(stand_in: StandIn, tone: Path) -> None:
    _answer(stand_in, VERBOSE)
    stand_in.cut_after = 20
    with pytest.raises(ServiceError) as caught:
        create_transcriber(_remote(stand_in)).transcribe(tone, "en")
    assert caught.value.category is ErrorCategory.CONNECTIVITY


async def test_categories_survive_the_worker(pool: MediaPool, stand_in: StandIn, tone: Path) -> None:
    stand_in.reply(429, b"slow down", {"Retry-After": "7"})
    with pytest.raises(ServiceError) as caught:
        await pool.run(transcribe_file, _remote(stand_in), tone)
    assert (caught.value.category, caught.value.retry_after_ms) == (ErrorCategory.RATE_LIMIT, 7000)


def _whisper_folder(path: Path) -> Path:
    path.mkdir()
    (path / "model.bin").touch()
    (path / "config.json").touch()
    return path


def _vosk_folder(path: Path) -> Path:
    (path / "am").mkdir(parents=True)
    (path / "am" / "final.mdl").touch()
    return path


def test_auto_takes_the_engine_of_the_model_when_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whisper = TranscriptionConfig(model_dir=str(_whisper_folder(tmp_path / "w")))
    vosk = TranscriptionConfig(model_dir=str(_vosk_folder(tmp_path / "v")))
    monkeypatch.setattr(factory, "find_spec", lambda name: None)
    assert [choose_engine(config) for config in (whisper, vosk)] == ["pocketsphinx", "pocketsphinx"]
    monkeypatch.setattr(factory, "find_spec", lambda name: name)
    assert [choose_engine(config) for config in (whisper, vosk)] == ["faster-whisper", "vosk"]
    assert choose_engine(TranscriptionConfig()) == "pocketsphinx"
    assert choose_engine(TranscriptionConfig(model_dir=str(tmp_path))) == "pocketsphinx"


@pytest.mark.parametrize(
    ("config", "text"),
    [
        (TranscriptionConfig("faster-whisper", model_dir="/nowhere"), "no faster-whisper model"),
        (TranscriptionConfig("vosk", model_dir="/nowhere"), "no vosk model"),
        (TranscriptionConfig("openai"), "base URL"),
        (TranscriptionConfig("other"), "unknown transcription engine"),
    ],
)
def test_what_is_missing_is_named(config: TranscriptionConfig, text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        create_transcriber(config)


def test_the_key_is_not_shown() -> None:
    assert "k-1" not in repr(TranscriptionConfig("openai", api_key="k-1"))


class _Recogniser:
    """As vosk's: a result at each pause and one at the end."""

    def __init__(self, model: object, rate: int) -> None:
        assert rate == 16_000
        self._chunks = 0

    def SetWords(self, on: bool) -> None:
        assert on

    def AcceptWaveform(self, data: bytes) -> bool:
        self._chunks += 1
        return self._chunks == 2

    def Result(self) -> str:
        words = [
            {"word": "hello", "start": 0.1, "end": 0.4, "conf": 0.9},
            {"word": "[unk]", "start": 1, "end": 2, "conf": 1},
        ]
        return json.dumps({"text": "hello", "result": words})

    def FinalResult(self) -> str:
        return json.dumps(
            {"text": "there", "result": [{"word": "there", "start": 1.5, "end": 2.0, "conf": 0.7}]}
        )


def _package(monkeypatch: pytest.MonkeyPatch, name: str, **contents: object) -> None:
    module = ModuleType(name)
    vars(module).update(contents)
    monkeypatch.setitem(sys.modules, name, module)


def test_vosk_results_become_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tone: Path) -> None:
    def model(model_path: str) -> str:
        return model_path

    _package(monkeypatch, "vosk", Model=model, KaldiRecognizer=_Recogniser, SetLogLevel=lambda level: None)
    config = TranscriptionConfig("vosk", model_dir=str(_vosk_folder(tmp_path / "v")))
    found = create_transcriber(config).transcribe(tone, "en")
    assert found.words == (Word("hello", 100, 400, 0.9), Word("there", 1500, 2000, 0.7))
    assert (found.text, found.confidence, found.engine) == ("hello there", 0.8, "vosk")


def test_broken_vosk_model_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def model(model_path: str) -> None:
        raise Exception("Failed to create a model")

    _package(monkeypatch, "vosk", Model=model, SetLogLevel=lambda level: None)
    with pytest.raises(ConfigurationError, match="cannot load"):
        create_transcriber(TranscriptionConfig("vosk", model_dir=str(_vosk_folder(tmp_path / "v"))))


class _Samples(list[float]):
    def astype(self, kind: object) -> _Samples:
        return self

    def __truediv__(self, other: float) -> _Samples:
        return self


def test_whisper_segments_become_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tone: Path) -> None:
    asked: dict[str, Any] = {}

    class Model:
        def __init__(self, path: str, **options: Any) -> None:
            assert options["local_files_only"], "nothing may be fetched"

        def transcribe(self, samples: object, **options: Any) -> tuple[Any, Any]:
            asked.update(options)
            words = [SimpleNamespace(word=" Hello", start=0.1, end=0.4, probability=0.9)]
            segments = [
                SimpleNamespace(text=" Hello", start=0.0, end=1.0, avg_logprob=-0.2, words=words),
                SimpleNamespace(text=" there.", start=1.0, end=2.0, avg_logprob=-0.5, words=None),
            ]
            return iter(segments), SimpleNamespace(language="en")

    _package(monkeypatch, "faster_whisper", WhisperModel=Model)
    numbers = {"frombuffer": lambda data, dtype: _Samples(), "int16": None, "float32": None}
    _package(monkeypatch, "numpy", **numbers)
    config = TranscriptionConfig("faster-whisper", model_dir=str(_whisper_folder(tmp_path / "w")))
    found = create_transcriber(config).transcribe(tone, "en-US")
    assert asked["language"] == "en"
    assert (found.text, found.duration_ms) == ("Hello there.", 3000)
    assert found.words[0] == Word("Hello", 100, 400, 0.9)
    assert found.words[1].text == "there."
    # The mean of 0.9 and exp(-0.5); the stand-in for numpy is too thin for approx().
    assert 0.752 < found.confidence < 0.755
