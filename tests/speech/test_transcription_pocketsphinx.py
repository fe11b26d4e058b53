"""The bundled recogniser on spoken and on silent sound."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import pytest

from antiphon.speech import audio
from antiphon.speech.transcription import TranscriptionConfig, create_transcriber, transcribe_file
from antiphon.speech.transcription.profanity import masked
from antiphon.speech.transcription.segments import MAX_SEGMENT_SECONDS, speech_segments
from antiphon.speech.workers import MediaPool
from speech_sounds import RATE, Speak, encode, sine, word_errors, write_wav

SENTENCE = "please call me back tomorrow morning"
BUNDLED = TranscriptionConfig(engine="pocketsphinx")


@pytest.mark.speech
@pytest.mark.parametrize("voice", ["rms", "slt", "awb"])
async def test_words_come_with_times_and_confidence(pool: MediaPool, speak: Speak, voice: str) -> None:
    """contracts/voicegram.md 5: transcript text and confidence 0..1."""
    found = await pool.run(transcribe_file, BUNDLED, speak(SENTENCE, voice))
    assert word_errors(SENTENCE, found.text) <= 1
    assert 0.3 < found.confidence <= 1
    assert (found.engine, found.language) == ("pocketsphinx", "en")
    assert found.text == " ".join(word.text for word in found.words)
    starts = [word.start_ms for word in found.words]
    assert starts == sorted(starts)
    assert all(0 <= word.start_ms < word.end_ms <= found.duration_ms for word in found.words)


@pytest.mark.speech
def test_one_callers_voice_does_not_change_the_next_transcript(speak: Speak, tone: Path) -> None:
    recogniser = create_transcriber(BUNDLED)
    first = recogniser.transcribe(speak(SENTENCE, "rms"), "en")
    recogniser.transcribe(speak("the water is leaking through the ceiling", "awb"), "en")
    recogniser.transcribe(tone, "en")
    assert recogniser.transcribe(speak(SENTENCE, "rms"), "en") == first


@pytest.mark.speech
def test_speech_after_a_long_pause_has_its_true_times(tmp_path: Path, speak: Speak) -> None:
    """contracts/votel.md 18: `words [{text, start_ms, end_ms, confidence}]`."""
    spoken = list(memoryview(audio.decode_pcm(speak(SENTENCE, "rms"))).cast("h"))
    path = write_wav(tmp_path / "paused.wav", [[*spoken, *([0] * RATE * 10), *spoken]])
    found = create_transcriber(BUNDLED).transcribe(path, "en")
    assert word_errors(f"{SENTENCE} {SENTENCE}", found.text) <= 2
    offset = len(spoken) * 1000 // RATE + 10_000
    early = [word for word in found.words if word.end_ms <= len(spoken) * 1000 // RATE + 500]
    late = [word for word in found.words if word.start_ms >= offset - 500]
    assert len(early) + len(late) == len(found.words)
    assert abs((late[0].start_ms - early[0].start_ms) - offset) < 100


@pytest.mark.speech
def test_a_browser_recording_says_the_same_as_the_plain_file(tmp_path: Path, speak: Speak) -> None:
    recording = encode(speak(SENTENCE), tmp_path / "live.webm", "webm", "libopus", options={"live": "1"})
    found = create_transcriber(BUNDLED).transcribe(recording, "en")
    assert word_errors(SENTENCE, found.text) <= 1


def _noise(level: float) -> list[int]:
    source = random.Random(7)
    return [max(-32768, min(32767, round(source.gauss(0, level)))) for _ in range(RATE * 3)]


@pytest.mark.parametrize(
    "samples",
    [
        pytest.param([0] * RATE * 3, id="silence"),
        pytest.param(_noise(20), id="quiet-room"),
        pytest.param(_noise(3000), id="loud-noise"),
        pytest.param(sine(3.0, 50.0), id="mains-hum"),
        pytest.param(sine(0.02), id="click"),
    ],
)
def test_without_speech_the_text_is_empty_and_the_confidence_zero(tmp_path: Path, samples: list[int]) -> None:
    """contracts/voicegram.md 5: no speech gives "" and 0."""
    path = write_wav(tmp_path / "no-speech.wav", [samples])
    found = create_transcriber(BUNDLED).transcribe(path, "en")
    assert (found.text, found.confidence, found.words) == ("", 0.0, ())


def test_an_unreadable_file_is_the_senders_fault(tmp_path: Path) -> None:
    """contracts/votel.md 18: `not_audio`."""
    path = tmp_path / "text.webm"
    path.write_text("hello")
    with pytest.raises(audio.AudioError) as caught:
        create_transcriber(BUNDLED).transcribe(path, "en")
    assert caught.value.code == "not_audio"


@pytest.mark.speech
def test_speech_without_pauses_is_cut_into_bounded_pieces(speak: Speak) -> None:
    pcm = audio.decode_pcm(speak(SENTENCE, "rms"))
    voiced = pcm[RATE // 2 : len(pcm) // 2 // 2 * 2]
    endless = voiced * (90 * RATE * 2 // len(voiced))
    pieces = list(speech_segments(endless))
    assert len(pieces) >= 4
    assert all(len(piece.pcm) <= MAX_SEGMENT_SECONDS * RATE * 2 + 2 * RATE * 2 for piece in pieces)
    for before, after in pairwise(pieces):
        assert after.start_ms >= before.start_ms + len(before.pcm) // 32 - 500


@pytest.mark.parametrize("word", ["shit", "fucking", "bullshit", "Asshole"])
def test_swear_words_are_masked(word: str) -> None:
    assert masked(word) == word[0] + "*" * (len(word) - 1)


@pytest.mark.parametrize("word", ["scunthorpe", "shitake", "dickens", "cocktail", "assess", "class", "hello"])
def test_harmless_words_are_left_alone(word: str) -> None:
    assert masked(word) == word
