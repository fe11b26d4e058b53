"""The pipeline of a recording: fetch, transcribe, insight, complete (contracts/votel.md 5.6).

Whatever fails for good is noted in the call's `analysis`; the call is completed with what there is.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from antiphon.core.clock import DAY, HOUR
from antiphon.core.db.transaction import WriteTx
from antiphon.core.errors import ErrorCategory, NotFoundError, ServiceError
from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.core.storage import ObjectMissing
from antiphon.domain.accounts.company import get_company
from antiphon.domain.accounts.queries import list_accounts
from antiphon.domain.accounts.records import Company
from antiphon.domain.calls.analysis import KIND, complete_analysis, store_results
from antiphon.domain.calls.errors import RecordingError
from antiphon.domain.calls.maintenance import BATCH, close_stale, expire_recordings, find_stalled
from antiphon.domain.calls.recordings import OBJECT_SOURCE
from antiphon.domain.calls.records import Call, Speaker, Step, Turn
from antiphon.domain.calls.rows import call_exists, lock_call
from antiphon.domain.calls.segments import SegmentResult, store_segments
from antiphon.domain.calls.turns import named_speakers, plain_text, transcriptions, turns_by_segment, turns_of
from antiphon.domain.engines import account_insight, account_transcription
from antiphon.domain.pipeline import (
    MEDIA_TIMEOUT,
    TRANSCRIBE_TIMEOUT,
    StepJobs,
    StepRun,
    delete_object,
    enqueue_step,
    steps_at_once,
)
from antiphon.domain.services import Services
from antiphon.speech.audio import to_webm_opus
from antiphon.speech.insight.port import Insight, InsightEngine, InsightHints
from antiphon.speech.insight.score import score_of
from antiphon.speech.transcription.channels import split_channels
from antiphon.speech.transcription.factory import transcribe_file
from antiphon.speech.workers import Lane

MAX_RECORDING_SECONDS = 2 * 3600.0
MAX_RECORDING_BYTES = 256 * 1024 * 1024
FETCH_TIMEOUT = 120.0
QUICK_BYTES = 16 * 1024 * 1024
STALE_MS = 12 * HOUR
CHANNELS: tuple[Speaker, ...] = ("caller", "user")

FetchRecording = Callable[[Call, str], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Result:
    """What a step found: columns of the call, parts of `analysis`, and rows of its segments."""

    values: dict[str, Any] = field(default_factory=dict)
    analysis: dict[str, Any] = field(default_factory=dict)
    turns: list[Turn] | None = None
    segments: list[tuple[str | None, str | None, float | None]] | None = None


def recording_key(account_id: str, call_id: str) -> str:
    return f"calls/{account_id}/{call_id}/recording.webm"


class CallJobs:
    """The steps of one installation; `fetch` brings a recording from a carrier that wants credentials."""

    def __init__(
        self, services: Services, insight: InsightEngine, fetch: FetchRecording | None = None
    ) -> None:
        self._services = services
        self._insight = insight
        self._fetch_url = fetch or self._fetch_openly

    def register(self, registry: JobRegistry) -> None:
        jobs = StepJobs[Step, Call, Result](
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
                Step.FETCH: self._fetch,
                Step.TRANSCRIBE: self._transcribe,
                Step.INSIGHT: self._analyse,
            },
            Step.COMPLETE,
            _complete,
        )
        registry.add_schedule("calls.retention", "37 * * * *", self._retain)
        registry.add_schedule("calls.close_stale", "11 * * * *", self._close_stale)

    async def _company(self, call: Call) -> Company:
        return await self._services.database.read(get_company, call.account_id)

    async def _fetch(self, call: Call, context: JobContext) -> Result:
        if call.recording_key is not None or call.recording_source is None:
            return Result()
        if not (await self._company(call)).recording_enabled:
            return Result(
                {"recording_source": None, "recording_deleted_at": self._services.clock.now()},
            )
        key = recording_key(call.account_id, call.id)
        with tempfile.TemporaryDirectory(prefix="antiphon-") as folder:
            source, target = Path(folder, "source"), Path(folder, "recording.webm")
            size = await self._bring(call, call.recording_source, source)
            info = await self._services.media.run(
                to_webm_opus,
                source,
                target,
                MAX_RECORDING_SECONDS,
                timeout=MEDIA_TIMEOUT if size <= QUICK_BYTES else TRANSCRIBE_TIMEOUT,
                lane=Lane.QUICK if size <= QUICK_BYTES else Lane.HEAVY,
            )
            size = await asyncio.to_thread(_size, target)
            await self._services.store.put_file(key, target)
        return Result({"recording_key": key, "recording_bytes": size, "recording_channels": info.channels})

    async def _bring(self, call: Call, source: str, path: Path) -> int:
        if not source.startswith(OBJECT_SOURCE):
            content = await self._fetch_url(call, source)
            await asyncio.to_thread(path.write_bytes, content)
            return len(content)
        try:
            await self._services.store.fetch_to(source.removeprefix(OBJECT_SOURCE), path)
        except ObjectMissing:
            raise RecordingError("The recording is missing") from None
        return await asyncio.to_thread(_size, path)

    async def _fetch_openly(self, call: Call, url: str) -> bytes:
        answer = await self._services.http.request(
            "GET", url, timeout_seconds=FETCH_TIMEOUT, max_response_bytes=MAX_RECORDING_BYTES
        )
        if answer.status != 200:
            raise ServiceError(_category(answer.status), f"status {answer.status}", service=call.carrier)
        if answer.truncated:
            raise RecordingError("The recording is too large", code="too_large")
        return answer.body

    async def _transcribe(self, call: Call, context: JobContext) -> Result:
        if call.transcript is not None or call.recording_key is None:
            return Result()
        company = await self._company(call)
        if not company.transcription_enabled:
            return Result()
        services = self._services
        config = replace(
            await account_transcription(services, call.account_id), max_seconds=MAX_RECORDING_SECONDS
        )
        with tempfile.TemporaryDirectory(prefix="antiphon-") as folder:
            path = Path(folder, "recording.webm")
            try:
                await services.store.fetch_to(call.recording_key, path)
            except ObjectMissing:
                raise RecordingError("The recording is missing") from None
            channels = await services.media.run(
                split_channels, path, Path(folder), MAX_RECORDING_SECONDS, timeout=TRANSCRIBE_TIMEOUT
            )
            timeout = TRANSCRIBE_TIMEOUT + 2 * channels.duration_ms / 1000
            heard = [
                await services.media.run(transcribe_file, config, channel, company.language, timeout=timeout)
                for channel in channels.paths
            ]
        words = [word for transcript in heard for word in transcript.words]
        note = heard[0].note(company.language)
        return Result(
            {
                "transcript_engine": heard[0].engine,
                "transcript_confidence": round(sum(word.confidence for word in words) / len(words), 4)
                if words
                else 0.0,
                "stt_seconds": channels.duration_ms / 1000,
            },
            {} if note is None else {"transcription_note": note},
            turns=turns_of(
                [(speaker, spoken.words) for speaker, spoken in zip(CHANNELS, heard, strict=False)]
            ),
        )

    async def _analyse(self, call: Call, context: JobContext) -> Result:
        turns = call.turns
        company = await self._company(call)
        if not turns or not (company.summary_enabled or company.sentiment_enabled):
            return Result()
        insight, score = await self._judge(call, company, turns, context)
        per_segment = turns_by_segment(call)
        spoken = [index for index, said in enumerate(per_segment) if said]
        segments: list[tuple[str | None, str | None, float | None]] = [(None, None, None)] * len(per_segment)
        for index in spoken:
            part, part_score = insight, score
            if len(spoken) > 1:
                part, part_score = await self._judge(call, company, per_segment[index], context)
            segments[index] = _judgement(company, part, part_score)
        summary, label, shown = _judgement(company, insight, score)
        values: dict[str, Any] = {"sentiment_label": label, "sentiment_score": shown}
        if call.summary is None:
            values["summary"] = summary
        document = insight.document()
        analysis = {name: document[name] for name in ("urgency", "intent", "callback_required")}
        analysis |= {"action_items": document["action_items"], "mentioned": document["mentioned"]}
        return Result(values, {**analysis, "engine": insight.engine, "note": insight.note}, segments=segments)

    async def _judge(
        self, call: Call, company: Company, turns: Sequence[Turn], context: JobContext
    ) -> tuple[Insight, float]:
        """The built-in rules read what the caller said; other engines the whole conversation."""
        said = [turn for turn in turns if turn.speaker == "caller"] or list(turns)
        words = " ".join(turn.text for turn in said)
        hints = InsightHints(
            now_ms=call.started_at,
            country=company.country,
            timezone=company.timezone,
            language=company.language,
            sender_name=call.remote_name,
        )
        async with account_insight(self._services, call.account_id, self._insight) as engine:
            text = words if engine.name == "rules" else plain_text(turns)
            insight = await engine.analyse(
                text, hints, [turn.text for turn in said], final=context.is_last_attempt
            )
        score = await self._services.media.run(
            score_of, words, insight.sentiment, timeout=MEDIA_TIMEOUT, lane=Lane.QUICK
        )
        return insight, score

    async def _retain(self, payload: Payload, context: JobContext) -> None:
        services = self._services
        for account in await services.database.read(list_accounts):
            company = await services.database.read(get_company, account.id)
            before = services.clock.now() - company.recording_retention_days * DAY
            while await services.database.write(expire_recordings, account.id, before) == BATCH:
                pass

    async def _close_stale(self, payload: Payload, context: JobContext) -> None:
        services = self._services
        while await services.database.write(close_stale, services.clock.now() - STALE_MS) == BATCH:
            pass


def _size(path: Path) -> int:
    return path.stat().st_size


def _category(status: int) -> ErrorCategory:
    """Carriers announce recordings a moment before they can be fetched, so 404 is tried again."""
    if status in (401, 403):
        return ErrorCategory.AUTH
    if status == 429:
        return ErrorCategory.RATE_LIMIT
    return ErrorCategory.SERVER if status == 404 or status >= 500 else ErrorCategory.CALLER


def _judgement(
    company: Company, insight: Insight, score: float
) -> tuple[str | None, str | None, float | None]:
    summary = (insight.summary or None) if company.summary_enabled else None
    if not company.sentiment_enabled or insight.sentiment is None:
        return summary, None, None
    return summary, insight.sentiment, score


def _begin(tx: WriteTx, run: StepRun, step: Step) -> Call:
    return lock_call(tx, run.account_id, run.object_id)


def _store(tx: WriteTx, run: StepRun, step: Step, result: Result) -> None:
    try:
        call = lock_call(tx, run.account_id, run.object_id)
    except NotFoundError:
        # Deleted while the step ran: what it stored must not stay behind.
        if result.values.get("recording_key") is not None:
            delete_object(tx, result.values["recording_key"])
        return
    values = dict(result.values)
    source = call.recording_source or ""
    if step is Step.FETCH and values and source.startswith(OBJECT_SOURCE):
        delete_object(tx, source.removeprefix(OBJECT_SOURCE))
    if result.turns is not None:
        values["transcript"] = msgspec.json.encode(named_speakers(call, result.turns)).decode()
    if result.analysis:
        values["analysis"] = _merged(call, result.analysis)
    call = store_results(tx, run.account_id, run.object_id, values)
    if result.turns is not None:
        store_segments(tx, call, [(text, None, None, None) for text in transcriptions(call)])
    if result.segments is not None and len(result.segments) == len(call.segments):
        rows: list[SegmentResult] = [
            (segment.transcription, *judged)
            for segment, judged in zip(call.segments, result.segments, strict=True)
        ]
        store_segments(tx, call, rows)
    _hand_on(tx, run, step)


def _give_up(tx: WriteTx, run: StepRun, step: Step, reason: str) -> None:
    if not call_exists(tx, run.account_id, run.object_id):
        return
    call = lock_call(tx, run.account_id, run.object_id)
    known = msgspec.json.decode(call.analysis) if call.analysis else {}
    failures = {**known.get("failures", {}), step.value: reason[:300]}
    store_results(tx, run.account_id, run.object_id, {"analysis": _merged(call, {"failures": failures})})
    _hand_on(tx, run, step)


def _merged(call: Call, found: dict[str, Any]) -> str:
    known = msgspec.json.decode(call.analysis) if call.analysis else {}
    return msgspec.json.encode({**known, **found}).decode()


def _hand_on(tx: WriteTx, run: StepRun, step: Step) -> None:
    steps = list(Step)
    enqueue_step(tx, KIND, run, steps[steps.index(step) + 1])


def _complete(tx: WriteTx, run: StepRun) -> None:
    complete_analysis(tx, run.account_id, run.object_id)
