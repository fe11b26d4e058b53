"""The bundled recogniser: US English, no download, a fallback rather than a dictation engine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pocketsphinx import Decoder, set_loglevel  # type: ignore[import-untyped]  # ships no types

from antiphon.speech.audio import SPEECH_RATE, decode_pcm
from antiphon.speech.transcription.port import Transcript, Word, assemble
from antiphon.speech.transcription.profanity import masked
from antiphon.speech.transcription.segments import Segment, speech_segments

_VARIANT = re.compile(r"\(\d+\)$")
_FRAME_MS = 10
_FALSE_START = 0.5


class PocketsphinxTranscriber:
    """Decodes utterance by utterance with the model of the installed package."""

    name = "pocketsphinx"

    def __init__(self, max_seconds: float) -> None:
        set_loglevel("FATAL")
        self._max_seconds = max_seconds
        self._decoder: Any = Decoder(samprate=float(SPEECH_RATE), maxhmmpf=5000)

    def transcribe(self, path: Path, language: str) -> Transcript:
        """English words whatever `language` asks for; `AudioError` when the file cannot be decoded."""
        pcm = decode_pcm(path, SPEECH_RATE, self._max_seconds)
        # The running cepstral mean of one caller would spoil the next one's first words.
        self._decoder.reinit_feat()
        words = [word for segment in speech_segments(pcm) for word in self._words(segment)]
        duration_ms = len(pcm) * 1000 // (2 * SPEECH_RATE)
        return assemble(words, language="en", engine=self.name, duration_ms=duration_ms)

    def _words(self, segment: Segment) -> Iterator[Word]:
        decoder = self._decoder
        decoder.start_utt()
        decoder.process_raw(segment.pcm, no_search=False, full_utt=True)
        decoder.end_utt()
        for found in decoder.seg() or ():
            text = _VARIANT.sub("", found.word)
            if text[0] in "<[+":
                continue
            confidence = min(max(float(found.prob), 0.0), 1.0)
            shown = masked(text)
            if shown != text and confidence < _FALSE_START:
                continue
            yield Word(
                text=shown,
                start_ms=segment.start_ms + found.start_frame * _FRAME_MS,
                end_ms=segment.start_ms + (found.end_frame + 1) * _FRAME_MS,
                confidence=round(confidence, 4),
            )
