"""The bundled recogniser on spoken and on silent sound."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from antiphon.speech.transcription import TranscriptionConfig, transcribe_file
from antiphon.speech.workers import MediaPool

SENTENCE = "Please call me back tomorrow morning."


def word_errors(spoken: str, heard: str) -> int:
    """Edit distance in words."""
    row = list(range(len(heard.split()) + 1))
    for at, word in enumerate(spoken.split(), 1):
        diagonal, row[0] = row[0], at
        for column, other in enumerate(heard.split(), 1):
            diagonal, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, diagonal + (word != other)),
            )
    return row[-1]


@pytest.fixture
async def pool() -> AsyncIterator[MediaPool]:
    pool = MediaPool(max_workers=1)
    yield pool
    await pool.close()


@pytest.mark.speech
@pytest.mark.parametrize("voice", ["rms", "slt", "awb"])
async def test_words_of_a_sentence_come_with_times_and_confidence(
    pool: MediaPool, speak: object, voice: str
) -> None:
    """contracts/voicegram.md 5: transcript text and confidence 0..1."""
    assert callable(speak)
    path: Path = speak(SENTENCE, voice)
    found = await pool.run(transcribe_file, TranscriptionConfig(), path)
    assert word_errors("please call me back tomorrow morning", found.text) <= 1
    assert 0.3 < found.confidence <= 1
    assert found.engine == "pocketsphinx"
    starts = [word.start_ms for word in found.words]
    assert starts == sorted(starts)
    assert all(0 <= word.start_ms < word.end_ms <= found.duration_ms for word in found.words)
