"""Speech to text behind one port."""

from antiphon.speech.transcription.factory import (
    ENGINES,
    TranscriptionConfig,
    choose_engine,
    create_transcriber,
    transcribe_file,
)
from antiphon.speech.transcription.port import Transcriber, Transcript, Word

__all__ = [
    "ENGINES",
    "Transcriber",
    "Transcript",
    "TranscriptionConfig",
    "Word",
    "choose_engine",
    "create_transcriber",
    "transcribe_file",
]
