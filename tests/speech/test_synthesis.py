"""Voices: real programs, and a stand-in server for the protocol of the remote one."""

from __future__ import annotations

import io
import shutil
import wave
from pathlib import Path

import pytest

from antiphon.core.errors import ConfigurationError, DomainError, ErrorCategory, ServiceError
from antiphon.speech import audio
from antiphon.speech.synthesis import SynthesisConfig, create_synthesiser, synthesise
from antiphon.speech.transcription import TranscriptionConfig, create_transcriber
from antiphon.speech.workers import MediaPool
from speech_sounds import word_errors
from speech_stand_in import StandIn

SENTENCE = "please call me back tomorrow morning"
FLITE = pytest.param("flite", marks=pytest.mark.speech)


def _config(engine: str) -> SynthesisConfig:
    if engine == "flite" and shutil.which("flite") is None:
        pytest.skip("speech: flite is not installed")
    return SynthesisConfig(engine=engine)


@pytest.mark.parametrize("engine", ["espeak-ng", FLITE])
def test_a_text_becomes_sound_of_its_length(tmp_path: Path, engine: str) -> None:
    short = synthesise(_config(engine), SENTENCE, tmp_path / "short.wav")
    long = synthesise(_config(engine), f"{SENTENCE}. " * 4, tmp_path / "long.wav")
    assert short.engine == engine
    assert 1000 < short.duration_ms < 5000
    assert long.duration_ms > 3 * short.duration_ms
    assert max(memoryview(audio.decode_pcm(short.path)).cast("h")) > 1000
    assert audio.probe(short.path).duration_ms == short.duration_ms


@pytest.mark.speech
def test_what_flite_says_is_understood(tmp_path: Path) -> None:
    spoken = synthesise(_config("flite"), SENTENCE, tmp_path / "a.wav", "rms")
    heard = create_transcriber(TranscriptionConfig(engine="pocketsphinx")).transcribe(spoken.path, "en")
    assert word_errors(SENTENCE, heard.text) <= 1


def test_voices_of_the_bundled_engine_differ(tmp_path: Path) -> None:
    sounds = {
        synthesise(SynthesisConfig(engine="espeak-ng"), SENTENCE, tmp_path / "a.wav", voice).path.read_bytes()
        for voice in ("en-us", "en-gb", "de", "en-us+f3")
    }
    assert len(sounds) == 4


@pytest.mark.parametrize("engine", ["espeak-ng", FLITE])
@pytest.mark.parametrize("voice", ["xx-none", "../../etc/passwd", "-o", "a;b", "a" * 100])
def test_unknown_voice_is_refused(tmp_path: Path, engine: str, voice: str) -> None:
    with pytest.raises(DomainError) as caught:
        synthesise(_config(engine), SENTENCE, tmp_path / "a.wav", voice)
    assert (caught.value.code, caught.value.field) == ("unknown_voice", "voice")
    assert not (tmp_path / "a.wav").exists()


@pytest.mark.parametrize("engine", ["espeak-ng", FLITE])
@pytest.mark.parametrize(
    "text", ["-o /tmp/x", "naïve — ok? <b>&", "a\x00b\x07c", "\ud800 hello", "$(id) `id` 'q'"]
)
def test_odd_texts_are_only_spoken(tmp_path: Path, engine: str, text: str) -> None:
    assert synthesise(_config(engine), text, tmp_path / "a.wav").duration_ms > 100


@pytest.mark.parametrize(("text", "code"), [("", "empty"), (" \n\x00", "empty"), ("a" * 5001, "too_long")])
def test_text_outside_the_bounds_is_refused(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(DomainError) as caught:
        synthesise(SynthesisConfig(engine="espeak-ng"), text, tmp_path / "a.wav")
    assert (caught.value.code, caught.value.field) == (code, "text")


async def test_synthesis_runs_in_a_media_worker(pool: MediaPool, tmp_path: Path) -> None:
    config = SynthesisConfig(engine="espeak-ng")
    made = await pool.run(synthesise, config, SENTENCE, tmp_path / "a.wav")
    assert made.path == tmp_path / "a.wav"


def test_auto_takes_the_best_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert create_synthesiser(SynthesisConfig()).name == "espeak-ng"
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert create_synthesiser(SynthesisConfig()).name == "flite"


@pytest.mark.parametrize(
    ("config", "text"),
    [
        (SynthesisConfig(engine="piper", model_path="/nowhere/voice.onnx"), "no piper voice"),
        (SynthesisConfig(engine="openai"), "base URL"),
        (SynthesisConfig(engine="other"), "unknown synthesis engine"),
    ],
)
def test_what_is_missing_is_named(config: SynthesisConfig, text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        create_synthesiser(config)


def test_the_bundled_voice_program_knows_nothing_of_the_server() -> None:
    """The GPL library is used by a separate program only."""
    source = Path(audio.__file__).parent / "synthesis" / "espeak_main.py"
    assert not [
        line
        for line in source.read_text().splitlines()
        if line.startswith(("import antiphon", "from antiphon"))
    ]


def _wav() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as output:
        output.setnchannels(1)
        output.setsampwidth(2)
        output.setframerate(24_000)
        output.writeframes(bytes(48_000))
    return file.getvalue()


def test_remote_voice_speaks_the_protocol(tmp_path: Path, stand_in: StandIn) -> None:
    stand_in.reply(200, _wav(), {"Content-Type": "audio/wav"})
    config = SynthesisConfig(
        "openai", base_url=f"{stand_in.url}/v1/", api_key="k-1", model="m-1", voice="nova"
    )
    made = synthesise(config, SENTENCE, tmp_path / "a.wav")
    assert (made.duration_ms, made.sample_rate, made.voice) == (1000, 24_000, "nova")
    request = stand_in.requests[0]
    assert (request.method, request.path) == ("POST", "/v1/audio/speech")
    assert request.headers["Authorization"] == "Bearer k-1"
    assert request.json() == {"model": "m-1", "input": SENTENCE, "voice": "nova", "response_format": "wav"}
    assert "k-1" not in repr(config)


def test_remote_voice_that_sends_no_sound_failed(tmp_path: Path, stand_in: StandIn) -> None:
    stand_in.reply(200, b"<html>", {"Content-Type": "text/html"})
    with pytest.raises(ServiceError) as caught:
        synthesise(SynthesisConfig("openai", base_url=stand_in.url), SENTENCE, tmp_path / "a.wav")
    assert caught.value.category is ErrorCategory.SERVER
