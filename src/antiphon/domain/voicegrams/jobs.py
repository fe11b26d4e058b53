"""The pipeline: transcode, transcribe, insight, complete; no recording is ever held back.

A step that has failed for good stores the reason and hands on to the next (contracts/voicegram.md 7.1).
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import NotFoundError
from antiphon.core.jobs.registry import JobContext, JobRegistry
from antiphon.domain.accounts.company import get_company
from antiphon.domain.accounts.queries import get_account
from antiphon.domain.accounts.user_jobs import advance_job, begin_job, finish_job
from antiphon.domain.engines import account_insight, account_transcription
from antiphon.domain.pipeline import (
    FIRST_RUN,
    MEDIA_TIMEOUT,
    TRANSCRIBE_TIMEOUT,
    StepJobs,
    StepRun,
    delete_object,
    steps_at_once,
)
from antiphon.domain.services import Services
from antiphon.domain.voicegrams.commands import (
    KIND,
    announce_voicegram,
    complete_voicegram,
    finish_step,
    show_step,
    start_step,
)
from antiphon.domain.voicegrams.maintenance import find_stalled
from antiphon.domain.voicegrams.queries import get_voicegram
from antiphon.domain.voicegrams.records import Step, StepStatus, Voicegram
from antiphon.speech.audio import MAX_SECONDS, to_webm_opus
from antiphon.speech.insight.port import Insight, InsightEngine, InsightHints, empty_insight
from antiphon.speech.transcription.factory import transcribe_file
from antiphon.speech.transcription.port import Transcript
from antiphon.speech.workers import Lane

_MIN_PAUSE_MS = 600

StepResult = tuple[dict[str, Any], str | None, str | None]


def audio_key(account_id: str, voicegram_id: str) -> str:
    return f"voicegrams/{account_id}/{voicegram_id}/audio.webm"


class Pipeline:
    """The steps of one installation."""

    def __init__(self, services: Services, insight: InsightEngine) -> None:
        self._services = services
        self._insight = insight

    def register(self, registry: JobRegistry) -> None:
        jobs = StepJobs[Step, Voicegram, StepResult](
            KIND,
            self._services.database,
            at_once=steps_at_once(self._services.settings),
            wait_turn=self._services.media.calm,
            begin=_begin,
            store=_store,
            give_up=_give_up,
            stalled=find_stalled,
        )
        jobs.register(
            registry,
            {
                Step.TRANSCODE: self._transcode,
                Step.TRANSCRIBE: self._transcribe,
                Step.INSIGHT: self._analyse,
            },
            Step.COMPLETE,
            _finish,
        )

    async def _transcode(self, voicegram: Voicegram, context: JobContext) -> StepResult:
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

    async def _transcribe(self, voicegram: Voicegram, context: JobContext) -> StepResult:
        key = voicegram.audio_key or voicegram.source_key
        if key is None:
            return _transcript_values(None), None, "the audio was deleted"
        company = await self._services.database.read(get_company, voicegram.account_id)
        config = await account_transcription(self._services, voicegram.account_id)
        with tempfile.TemporaryDirectory(prefix="antiphon-") as folder:
            path = Path(folder, "audio")
            await self._services.store.fetch_to(key, path)
            transcript = await self._services.media.run(
                transcribe_file,
                config,
                path,
                company.language,
                timeout=TRANSCRIBE_TIMEOUT,
            )
        return _transcript_values(transcript), transcript.engine, transcript.note(company.language)

    async def _analyse(self, voicegram: Voicegram, context: JobContext) -> StepResult:
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
        async with account_insight(self._services, voicegram.account_id, self._insight) as engine:
            insight = await engine.analyse(
                voicegram.transcript_text,
                hints,
                pause_segments(voicegram.transcript_words),
                final=context.is_last_attempt,
            )
        return _insight_values(insight), insight.engine, insight.note


def _size(path: Path) -> int:
    return path.stat().st_size


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


def _begin(tx: WriteTx, run: StepRun, step: Step) -> Voicegram:
    voicegram = get_voicegram(tx, run.account_id, run.object_id)
    if run.run != FIRST_RUN and not begin_job(tx, run.account_id, run.run):
        raise NotFoundError("The job was canceled")
    if step is Step.TRANSCODE and _is_pending(voicegram, step):
        announce_voicegram(tx, run.account_id, run.object_id)
    start_step(tx, run.account_id, run.object_id, step)
    return voicegram


def _is_pending(voicegram: Voicegram, step: Step) -> bool:
    return any(found.name == step and found.status == StepStatus.PENDING for found in voicegram.steps)


def _store(tx: WriteTx, run: StepRun, step: Step, result: StepResult) -> None:
    account_id, voicegram_id = run.account_id, run.object_id
    results, engine, note = result
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
    finish_step(tx, account_id, voicegram_id, step, results, run=run.run, engine=engine, note=note)
    _tell_job(tx, run, step)


def _give_up(tx: WriteTx, run: StepRun, step: Step, reason: str) -> None:
    if not _exists(tx, run.account_id, run.object_id):
        return
    results: dict[str, Any] = {}
    if step is Step.TRANSCRIBE:
        results = _transcript_values(None)
    elif step is Step.INSIGHT:
        results = _insight_values(empty_insight())
    finish_step(tx, run.account_id, run.object_id, step, results, run=run.run, note=reason, failed=True)
    _tell_job(tx, run, step, reason)


def _tell_job(tx: WriteTx, run: StepRun, step: Step, error: str | None = None) -> None:
    if run.run != FIRST_RUN:
        advance_job(tx, run.account_id, run.run, 1 if step is Step.TRANSCRIBE else 0, error)
        show_step(tx, run.account_id, run.object_id)


def _finish(tx: WriteTx, run: StepRun) -> None:
    start_step(tx, run.account_id, run.object_id, Step.COMPLETE)
    complete_voicegram(tx, run.account_id, run.object_id)
    if run.run != FIRST_RUN:
        finish_job(tx, run.account_id, run.run, {"voicegram_id": run.object_id})


def _exists(tx: ReadTx, account_id: str, voicegram_id: str) -> bool:
    try:
        get_voicegram(tx, account_id, voicegram_id)
    except NotFoundError:
        return False
    return True
