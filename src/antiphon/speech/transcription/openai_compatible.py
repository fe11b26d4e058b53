"""Recognition by any service with the OpenAI transcription endpoint."""

from __future__ import annotations

import asyncio
import json
import math
import tempfile
from pathlib import Path
from typing import Any

import aiohttp

from antiphon.core.errors import ConfigurationError
from antiphon.speech.audio import to_webm_opus
from antiphon.speech.openai_errors import OPENAI_TIMEOUT, connection_failure, http_failure, unreadable_answer
from antiphon.speech.openai_session import open_session
from antiphon.speech.transcription.port import Transcript, Word, assemble


class OpenAITranscriber:
    """`POST {base_url}/audio/transcriptions` with `verbose_json`; `base_url` ends before `/audio`."""

    name = "openai"

    def __init__(
        self,
        base_url: str,
        api_key: str,
        model: str,
        max_seconds: float,
        allowed_networks: tuple[str, ...] | None = None,
    ) -> None:
        if not base_url:
            raise ConfigurationError("the openai transcription engine needs a base URL")
        self._url = f"{base_url.rstrip('/')}/audio/transcriptions"
        self._api_key = api_key
        self._model = model
        self._max_seconds = max_seconds
        self._allowed_networks = allowed_networks

    def transcribe(self, path: Path, language: str) -> Transcript:
        """Send the sound as WebM/Opus; `ServiceError` says by its category whether to try again."""
        with tempfile.TemporaryDirectory() as folder:
            upload = Path(folder) / "audio.webm"
            info = to_webm_opus(path, upload, self._max_seconds)
            answer = asyncio.run(self._post(upload.read_bytes(), language))
        return self._transcript(answer, language, info.duration_ms)

    async def _post(self, audio: bytes, language: str) -> dict[str, Any]:
        form = aiohttp.FormData()
        form.add_field("file", audio, filename="audio.webm", content_type="audio/webm")
        form.add_field("model", self._model)
        form.add_field("response_format", "verbose_json")
        form.add_field("timestamp_granularities[]", "word")
        form.add_field("timestamp_granularities[]", "segment")
        if language:
            form.add_field("language", language.split("-")[0].lower())
        headers = {"Authorization": f"Bearer {self._api_key}"} if self._api_key else {}
        try:
            async with (
                open_session(self._allowed_networks, OPENAI_TIMEOUT) as session,
                session.post(self._url, data=form, headers=headers, allow_redirects=False) as response,
            ):
                body = await response.text(errors="replace")
                if response.status != 200:
                    raise http_failure(
                        "transcription", response.status, body, response.headers.get("Retry-After")
                    )
        except (aiohttp.ClientError, TimeoutError) as error:
            raise connection_failure("transcription", error) from error
        try:
            answer = json.loads(body)
        except ValueError as error:
            raise unreadable_answer("transcription") from error
        if not isinstance(answer, dict) or not isinstance(answer.get("text"), str):
            raise unreadable_answer("transcription")
        return answer

    def _transcript(self, answer: dict[str, Any], language: str, duration_ms: int) -> Transcript:
        try:
            words = _words(answer)
        except (AttributeError, TypeError, KeyError, ValueError, OverflowError) as error:
            raise unreadable_answer("transcription") from error
        found = answer.get("language")
        return assemble(
            words,
            language=language or (found if isinstance(found, str) else ""),
            engine=f"{self.name}:{self._model}",
            duration_ms=duration_ms,
            text=answer["text"],
        )


def _words(answer: dict[str, Any]) -> list[Word]:
    """Words with their segment's probability; without times they are evenly rated."""
    segments = [item for item in answer.get("segments") or () if str(item.get("text", "")).strip()]
    timed = answer.get("words") or ()
    if not timed and not segments:
        return [Word(word, 0, 0, _UNRATED) for word in answer["text"].split()]
    if not timed:
        return [
            Word(str(item["text"]).strip(), _ms(item["start"]), _ms(item["end"]), _probability(item))
            for item in segments
        ]
    return [
        Word(str(item["word"]).strip(), _ms(item["start"]), _ms(item["end"]), _rating(item, segments))
        for item in timed
    ]


_UNRATED = 0.8


def _ms(seconds: Any) -> int:
    return round(float(seconds) * 1000)


def _probability(segment: dict[str, Any]) -> float:
    value = segment.get("avg_logprob")
    return _UNRATED if value is None else round(math.exp(min(float(value), 0.0)), 4)


def _rating(word: dict[str, Any], segments: list[dict[str, Any]]) -> float:
    for segment in segments:
        if float(segment["start"]) <= float(word["start"]) < float(segment["end"]):
            return _probability(segment)
    return _UNRATED
