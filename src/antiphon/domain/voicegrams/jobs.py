"""The pipeline: transcode, transcribe, insight, complete; each step a job with a stable key.

A step stores its result and enqueues the next one in the same transaction, so that a killed process goes on
where it was. A step that has failed for good stores the reason and hands on to the next: no recording is
ever held back (contracts/voicegram.md 7.1).
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from antiphon.core.clock import MINUTE, SECOND
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import NotFoundError
from antiphon.core.jobs.policy import RetryPolicy
from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.domain.accounts.queries import get_account
from antiphon.domain.accounts.records import Account
from antiphon.domain.engines import transcription_config
from antiphon.domain.services import Services
from antiphon.domain.voicegrams.commands import complete_voicegram, delete_object, finish_step, start_step
from antiphon.domain.voicegrams.queries import get_voicegram
from antiphon.domain.voicegrams.records import Step, Voicegram
from antiphon.speech.audio import MAX_SECONDS, to_webm_opus
from antiphon.speech.insight.port import Insight, InsightEngine, InsightHints, empty_insight
from antiphon.speech.transcription.factory import transcribe_file
from antiphon.speech.transcription.port import Transcript
from antiphon.speech.workers import Lane

ENGINE_RETRY = RetryPolicy(max_attempts=6, initial_ms=2 * SECOND, factor=3.0, max_ms=10 * MINUTE)
COMPLETE_RETRY = RetryPolicy(max_attempts=1_000_000, initial_ms=SECOND, max_ms=5 * MINUTE)
MEDIA_TIMEOUT = 120.0
TRANSCRIBE_TIMEOUT = 900.0
LONGEST_YIELD = 1.0
_MIN_PAUSE_MS = 600

StepBody = Callable[[Voicegram, JobContext], Awaitable[tuple[dict[str, Any], str | None, str | None]]]


def audio_key(account_id: str, voicegram_id: str) -> str:
    return f"voicegrams/{account_id}/{voicegram_id}/audio.webm"


def source_key(account_id: str, voicegram_id: str, container: str) -> str:
    return f"voicegrams/{account_id}/{voicegram_id}/source.{container}"


class Pipeline:
    """The steps of one installation."""

    def __init__(self, services: Services, insight: InsightEngine) -> None:
        self._services = services
        self._insight = insight

    def register(self, registry: JobRegistry) -> None:
        steps: tuple[tuple[Step, StepBody], ...] = (
            (Step.TRANSCODE, self._transcode),
            (Step.TRANSCRIBE, self._transcribe),
            (Step.INSIGHT, self._analyse),
        )
        for step, body in steps:
            registry.add(
                f"voicegram.{step.value}",
                self._handler(step, body),
                retry=ENGINE_RETRY,
                on_exhausted=self._exhausted(step),
            )
        registry.add(f"voicegram.{Step.COMPLETE.value}", self._complete, retry=COMPLETE_RETRY)

    def _handler(self, step: Step, body: StepBody) -> Callable[[Payload, JobContext], Awaitable[None]]:
        async def handle(payload: Payload, context: JobContext) -> None:
            account_id, voicegram_id = str(payload["account_id"]), str(payload["voicegram_id"])
            # People wait for the answers to their uploads, nobody for this.
            await self._services.media.calm(LONGEST_YIELD)
            try:
                voicegram = await self._services.database.write(_begin, account_id, voicegram_id, step)
            except NotFoundError:
                return
            results, engine, note = await body(voicegram, context)
            await self._services.database.write(
                _store, account_id, voicegram_id, step, results, str(payload["run"]), engine, note
            )

        return handle

    def _exhausted(self, step: Step) -> Callable[[Payload, Exception], Awaitable[None]]:
        async def give_up(payload: Payload, error: Exception) -> None:
            account_id, voicegram_id = str(payload["account_id"]), str(payload["voicegram_id"])
            results: dict[str, Any] = {}
            if step is Step.TRANSCRIBE:
                results = _transcript_values(None)
            elif step is Step.INSIGHT:
                results = _insight_values(empty_insight())
            reason = str(error) or type(error).__name__
            await self._services.database.write(
                _fail, account_id, voicegram_id, step, results, str(payload["run"]), reason
            )

        return give_up

    async def _transcode(
        self, voicegram: Voicegram, context: JobContext
    ) -> tuple[dict[str, Any], str | None, str | None]:
        if voicegram.audio_key is not None or voicegram.source_key is None:
            return {}, None, None
        key = audio_key(voicegram.account_id, voicegram.id)
        with tempfile.TemporaryDirectory(prefix="antiphon-") as folder:
            source, target = Path(folder, "source"), Path(folder, "audio.webm")
            await self._services.store.fetch_to(voicegram.source_key, source)
            info = await self._services.media.run(
                to_webm_opus, source, target, MAX_SECONDS + 5, timeout=MEDIA_TIMEOUT, lane=Lane.QUICK
            )
            size = await asyncio.to_thread(_size, target)
            await self._services.store.put_file(key, target)
        return {"audio_key": key, "audio_bytes": size, "duration_ms": info.duration_ms}, None, None

    async def _transcribe(
        self, voicegram: Voicegram, context: JobContext
    ) -> tuple[dict[str, Any], str | None, str | None]:
        key = voicegram.audio_key or voicegram.source_key
        if key is None:
            return _transcript_values(None), None, "the audio was deleted"
        account = await self._services.database.read(get_account, voicegram.account_id)
        with tempfile.TemporaryDirectory(prefix="antiphon-") as folder:
            path = Path(folder, "audio")
            await self._services.store.fetch_to(key, path)
            transcript = await self._services.media.run(
                transcribe_file,
                transcription_config(self._services.settings),
                path,
                language_of(account),
                timeout=TRANSCRIBE_TIMEOUT,
            )
        return _transcript_values(transcript), transcript.engine, None

    async def _analyse(
        self, voicegram: Voicegram, context: JobContext
    ) -> tuple[dict[str, Any], str | None, str | None]:
        if not voicegram.transcript_text.strip():
            return _insight_values(empty_insight()), None, None
        account = await self._services.database.read(get_account, voicegram.account_id)
        hints = InsightHints(
            now_ms=voicegram.created_at,
            country=account.country,
            timezone=account.timezone,
            language=voicegram.language or "en",
            sender_email=voicegram.sender_email,
        )
        insight = await self._insight.analyse(
            voicegram.transcript_text,
            hints,
            pause_segments(voicegram.transcript_words),
            final=context.is_last_attempt,
        )
        return _insight_values(insight), insight.engine, insight.note

    async def _complete(self, payload: Payload, context: JobContext) -> None:
        try:
            await self._services.database.write(
                _finish, str(payload["account_id"]), str(payload["voicegram_id"])
            )
        except NotFoundError:
            return


def _size(path: Path) -> int:
    return path.stat().st_size


def language_of(account: Account) -> str:
    return "en"


def pause_segments(words_json: str | None) -> list[str]:
    """The transcript cut where the speaker paused, for text without punctuation."""
    if not words_json:
        return []
    segments: list[list[str]] = [[]]
    last_end: int | None = None
    for word in msgspec.json.decode(words_json):
        if last_end is not None and word["start_ms"] - last_end >= _MIN_PAUSE_MS:
            segments.append([])
        segments[-1].append(word["text"])
        last_end = word["end_ms"]
    return [" ".join(segment) for segment in segments if segment]


def _transcript_values(transcript: Transcript | None) -> dict[str, Any]:
    if transcript is None:
        return {"transcript_text": "", "transcript_confidence": 0.0, "transcript_words": "[]"}
    words = [
        {"text": word.text, "start_ms": word.start_ms, "end_ms": word.end_ms, "confidence": word.confidence}
        for word in transcript.words
    ]
    return {
        "transcript_text": transcript.text,
        "transcript_confidence": transcript.confidence,
        "transcript_engine": transcript.engine,
        "transcript_words": msgspec.json.encode(words).decode(),
        "language": transcript.language,
    }


def _insight_values(insight: Insight) -> dict[str, Any]:
    return {
        "summary": msgspec.json.encode(insight.document()).decode(),
        "insight_engine": insight.engine or None,
        "urgency": insight.urgency,
        "sentiment": insight.sentiment,
        "intent": insight.intent,
        "callback_required": insight.callback_required,
    }


def _begin(tx: WriteTx, account_id: str, voicegram_id: str, step: Step) -> Voicegram:
    voicegram = get_voicegram(tx, account_id, voicegram_id)
    start_step(tx, account_id, voicegram_id, step)
    return voicegram


def _store(
    tx: WriteTx,
    account_id: str,
    voicegram_id: str,
    step: Step,
    results: dict[str, Any],
    run: str,
    engine: str | None,
    note: str | None,
) -> None:
    if not _exists(tx, account_id, voicegram_id):
        # Deleted while the step ran: what it stored must not stay behind.
        if "audio_key" in results:
            delete_object(tx, results["audio_key"])
        return
    if step is Step.TRANSCODE and "audio_key" in results:
        source = get_voicegram(tx, account_id, voicegram_id).source_key
        if source is not None:
            delete_object(tx, source)
        results = {**results, "source_key": None}
    finish_step(tx, account_id, voicegram_id, step, results, run=run, engine=engine, note=note)


def _fail(
    tx: WriteTx,
    account_id: str,
    voicegram_id: str,
    step: Step,
    results: dict[str, Any],
    run: str,
    reason: str,
) -> None:
    if _exists(tx, account_id, voicegram_id):
        finish_step(tx, account_id, voicegram_id, step, results, run=run, note=reason, failed=True)


def _finish(tx: WriteTx, account_id: str, voicegram_id: str) -> None:
    start_step(tx, account_id, voicegram_id, Step.COMPLETE)
    complete_voicegram(tx, account_id, voicegram_id)


def _exists(tx: ReadTx, account_id: str, voicegram_id: str) -> bool:
    try:
        get_voicegram(tx, account_id, voicegram_id)
    except NotFoundError:
        return False
    return True
