"""Recordings of calls become turns, summary and sentiment, whatever they are."""

from __future__ import annotations

import io
import ipaddress
import wave
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from sqlalchemy import select

from antiphon.app import create_jobs
from antiphon.core.addresses import AddressPolicy
from antiphon.core.clock import DAY, HOUR, MINUTE, SECOND
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import ErrorCategory, ServiceError
from antiphon.core.events import events
from antiphon.core.http import GuardedClient
from antiphon.core.jobs.registry import JobContext
from antiphon.core.storage import ObjectMissing
from antiphon.domain.accounts.company import update_company
from antiphon.domain.calls import jobs as pipeline
from antiphon.domain.calls.analysis import store_transcript
from antiphon.domain.calls.commands import answer_call, end_call, start_call
from antiphon.domain.calls.erasure import delete_call
from antiphon.domain.calls.maintenance import STALLED, find_stalled
from antiphon.domain.calls.queries import get_call
from antiphon.domain.calls.recordings import attach_recording
from antiphon.domain.calls.records import (
    Call,
    CallDirection,
    CallStatus,
    NewSegment,
    SegmentType,
    StartCall,
    Step,
    Turn,
)
from antiphon.domain.calls.segments import add_segment
from antiphon.domain.pipeline import ENGINE_RETRY, STALLED_MS, resume_stalled
from sounds import webm_recording
from speech_sounds import encode, sine, write_wav
from studio import Studio

QUESTION = "Hello, please send me the price list, I am very happy with the new machine."
ANSWER = "Good morning, we will send the price list today."


async def talk(studio: Studio, source: bytes | None = None, url: str | None = None) -> str:
    """An ended call of one minute with a recording; returns its id."""
    services, account_id = studio.services, studio.account.id
    start = StartCall("simulator", CallDirection.INBOUND, None, "+15550100143", "+15550100100")
    call = await services.database.write(start_call, account_id, start)
    await services.database.write(answer_call, account_id, call.id, at=call.started_at)
    key = f"recordings/{call.id}"
    if source is not None:
        await services.store.put(key, source)
    await services.database.write(
        attach_recording, account_id, call.id, source_url=url, source_key=None if url else key
    )
    await services.database.write(end_call, account_id, call.id, at=call.started_at + MINUTE)
    return call.id


async def read(studio: Studio, call_id: str) -> Call:
    return await studio.services.database.read(get_call, studio.account.id, call_id)


def failures(call: Call) -> dict[str, str]:
    found: dict[str, str] = msgspec.json.decode(call.analysis or "{}").get("failures", {})
    return found


def _analyzed(tx: ReadTx) -> list[dict[str, Any]]:
    rows = tx.all(select(events.c.data).where(events.c.type == "call.analyzed"))
    return [msgspec.json.decode(row.data) for row in rows]


@pytest.fixture
def conversation(spoken: Callable[[str, str], bytes]) -> bytes:
    """The caller on the first channel, then the company on the second."""
    planes = []
    for text, voice in ((QUESTION, "slt"), (ANSWER, "rms")):
        with wave.open(io.BytesIO(spoken(text, voice))) as file:
            rate, samples = file.getframerate(), file.readframes(file.getnframes())
            planes.append(samples)
    lead = bytes(len(planes[0]) + rate)
    left = planes[0] + bytes(len(lead) + len(planes[1]) - len(planes[0]))
    right = lead + planes[1]
    mixed = b"".join(left[at : at + 2] + right[at : at + 2] for at in range(0, len(left), 2))
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(mixed)
    return target.getvalue()


@pytest.mark.speech
async def test_each_channel_of_a_stereo_recording_is_a_speaker(studio: Studio, conversation: bytes) -> None:
    """Issue 3, section 2; the company's side was a colleague, so Voicory calls it `Agent` (8.1)."""
    call_id = await talk(studio, conversation)
    await studio.process()
    call = await read(studio, call_id)
    assert failures(call) == {}
    assert [turn.speaker for turn in call.turns] == ["caller", "user"]
    asked, answered = call.turns
    assert "price list" in asked.text
    assert "morning" in answered.text
    assert asked.end_ms < answered.start_ms
    assert (call.recording_channels, call.transcript_engine) == (2, "pocketsphinx")
    assert 0 < (call.transcript_confidence or 0) <= 1
    assert call.summary is not None
    assert call.sentiment_label in ("positive", "neutral")
    assert call.stt_seconds == pytest.approx((answered.end_ms) / 1000, abs=2)
    [segment] = call.segments
    assert segment.transcription == f"Caller: {asked.text}\nAgent: {answered.text}"
    assert (segment.summary, segment.sentiment_label) == (call.summary, call.sentiment_label)
    [data] = await studio.services.database.read(_analyzed)
    assert (data["id"], data["transcription"]) == (call_id, segment.transcription)
    assert data["sentiment"] == {"label": call.sentiment_label, "score": call.sentiment_score}
    assert call.analyzed_at == studio.clock.now()
    assert (await studio.services.store.get(str(call.recording_key)))[:4] == b"\x1aE\xdf\xa3"
    with pytest.raises(ObjectMissing):
        await studio.services.store.get(f"recordings/{call_id}")


@pytest.mark.speech
async def test_a_mono_recording_has_one_speaker(studio: Studio, spoken: Callable[..., bytes]) -> None:
    call_id = await talk(studio, spoken(QUESTION, "slt"))
    await studio.process()
    call = await read(studio, call_id)
    assert {turn.speaker for turn in call.turns} == {"caller"}
    assert call.recording_channels == 1


@pytest.mark.parametrize(
    ("container", "codec", "rate"),
    [("wav", "", 8000), ("wav", "", 48_000), ("mp3", "libmp3lame", 44_100), ("ogg", "libopus", 48_000)],
)
async def test_accepted_formats(
    studio: Studio, tmp_path: Path, container: str, codec: str, rate: int
) -> None:
    """Issue 3, section 2: WAV, MP3, OGG, 8 to 48 kHz."""
    path = write_wav(tmp_path / "a.wav", [sine(1.0, rate=rate), sine(1.0, 300, rate=rate)], rate)
    if codec:
        path = encode(path, tmp_path / f"a.{container}", container, codec, rate)
    call_id = await talk(studio, path.read_bytes())
    await studio.process()
    call = await read(studio, call_id)
    assert failures(call) == {}
    assert (call.recording_channels, call.turns) == (2, [])
    assert call.recording_bytes == await studio.services.store.size(str(call.recording_key))
    assert call.summary is None
    assert call.sentiment_label is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "The recording is missing"),
        (b"", "The file is empty."),
        (b"<html>not found</html>" * 9, "The file holds no audio that can be read."),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "The file holds no audio that can be read."),
    ],
)
async def test_bad_recordings_complete_all_the_same(
    studio: Studio, content: bytes | None, reason: str
) -> None:
    """Issue 3, section 4: missing, empty, not audio, cut in its header."""
    call_id = await talk(studio, content)
    await studio.process()
    call = await read(studio, call_id)
    assert failures(call) == {"fetch": reason}
    assert call.analyzed_at is not None
    assert (call.status, call.recording_key, call.transcript) == (CallStatus.COMPLETED, None, None)
    [data] = await studio.services.database.read(_analyzed)
    assert (data["transcription"], data["sentiment"]) == (None, None)


async def test_a_cut_recording_counts_for_what_is_there(studio: Studio) -> None:
    whole = webm_recording(3.0)
    call_id = await talk(studio, whole[: len(whole) // 2])
    await studio.process()
    call = await read(studio, call_id)
    assert failures(call) == {}
    assert 0 < call.stt_seconds < 3


async def test_the_company_switches_are_respected(studio: Studio) -> None:
    """contracts/vocatech.md 5.1, 5.6: null when switched off."""
    write = studio.services.database.write
    await write(update_company, studio.account.id, {"transcription_enabled": False})
    first = await talk(studio, webm_recording())
    await studio.process()
    await write(update_company, studio.account.id, {"recording_enabled": False})
    second = await talk(studio, webm_recording())
    await studio.process()
    call = await read(studio, first)
    assert call.recording_key is not None
    assert (call.transcript, call.transcript_engine) == (None, None)
    call = await read(studio, second)
    assert (call.recording_key, call.recording_source) == (None, None)
    with pytest.raises(ObjectMissing):
        await studio.services.store.get(f"recordings/{second}")


@pytest.mark.parametrize("switch", ["summary_enabled", "sentiment_enabled"])
async def test_summary_and_sentiment_have_a_switch_each(studio: Studio, switch: str) -> None:
    write = studio.services.database.write
    await write(update_company, studio.account.id, {switch: False})
    call_id = await converse(studio)
    await studio.process()
    call = await read(studio, call_id)
    assert (call.summary is None) == (switch == "summary_enabled")
    assert (call.sentiment_label is None) == (switch == "sentiment_enabled")
    assert (call.segments[0].summary is None) == (switch == "summary_enabled")


async def converse(studio: Studio) -> str:
    """An ended call whose words are known, through an assistant and a colleague."""
    write, account_id = studio.services.database.write, studio.account.id
    start = StartCall("web", CallDirection.INBOUND)
    call = await write(start_call, account_id, start)
    at = call.started_at
    await write(answer_call, account_id, call.id, at=at)
    await write(add_segment, account_id, call.id, NewSegment(SegmentType.AI_AGENT, at, at + 10 * SECOND))
    await write(
        add_segment,
        account_id,
        call.id,
        NewSegment(SegmentType.EXTENSION, at + 10 * SECOND, extension="204", extension_name="Parts desk"),
    )
    await write(end_call, account_id, call.id, at=at + MINUTE)
    turns = [
        Turn("agent", "How can I help?", 0, 900, 1.0),
        Turn("caller", "This is terrible, my order arrived broken.", 1000, 5000, 1.0),
        Turn("user", "I am sorry, we will replace it.", 11_000, 13_000, 1.0),
        Turn("caller", "Wonderful, thank you so much, that is great!", 14_000, 16_000, 1.0),
    ]
    await write(store_transcript, account_id, call.id, turns, engine="agent", confidence=1.0)
    return call.id


async def test_each_segment_has_its_own_sentiment(studio: Studio) -> None:
    """contracts/vocatech.md 5.1: label and score -1..1, per call and segment."""
    call_id = await converse(studio)
    await studio.process()
    call = await read(studio, call_id)
    assert [segment.sentiment_label for segment in call.segments] == ["negative", "positive"]
    scores = [segment.sentiment_score or 0 for segment in call.segments]
    assert -1 <= scores[0] < 0 < scores[1] <= 1
    assert all(segment.summary for segment in call.segments)
    assert len(await studio.services.database.read(_analyzed)) == 1


@pytest.mark.parametrize("language", ["en-GB", "de-AT"])
async def test_the_engine_is_told_the_accounts_language(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    """The bundled engine knows English only, and the call says so."""
    told: list[str] = []
    run = studio.services.media.run

    async def hearing(function: Any, *args: Any, **kwargs: Any) -> Any:
        if function is pipeline.transcribe_file:
            told.append(args[2])
        return await run(function, *args, **kwargs)

    monkeypatch.setattr(type(studio.services.media), "run", lambda self, *a, **k: hearing(*a, **k))
    await studio.services.database.write(update_company, studio.account.id, {"language": language})
    call_id = await talk(studio, webm_recording())
    await studio.process()
    assert told == [language]
    analysis = msgspec.json.decode((await read(studio, call_id)).analysis or "{}")
    note = "pocketsphinx listened for en, not for de-AT" if language == "de-AT" else None
    assert analysis.get("transcription_note") == note


async def test_a_failing_engine_is_given_up_visibly(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    tries = 0
    run = studio.services.media.run

    async def failing(function: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal tries
        if function is pipeline.transcribe_file:
            tries += 1
            raise ServiceError(ErrorCategory.SERVER, "the engine is down", service="test")
        return await run(function, *args, **kwargs)

    monkeypatch.setattr(type(studio.services.media), "run", lambda self, *a, **k: failing(*a, **k))
    call_id = await talk(studio, webm_recording())
    await studio.process()
    assert (await read(studio, call_id)).analyzed_at is None
    for _ in range(ENGINE_RETRY.max_attempts):
        await studio.advance(HOUR)
    call = await read(studio, call_id)
    assert tries == ENGINE_RETRY.max_attempts
    assert failures(call) == {"transcribe": "the engine is down"}
    assert call.recording_key is not None
    assert len(await studio.services.database.read(_analyzed)) == 1


@pytest.fixture
async def carrier() -> AsyncIterator[tuple[str, list[int]]]:
    """An address that answers with the statuses put into the list, then with a recording."""
    statuses: list[int] = []

    async def answer(request: web.Request) -> web.Response:
        if statuses:
            return web.Response(status=statuses.pop(0))
        return web.Response(body=webm_recording())

    app = web.Application()
    app.router.add_get("/recording", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield f"http://127.0.0.1:{port}/recording", statuses
    await runner.cleanup()


async def open_loopback(studio: Studio) -> None:
    await studio.services.http.close()
    policy = AddressPolicy([ipaddress.ip_network("127.0.0.0/8")])
    studio.services.http = GuardedClient(policy, studio.clock)


async def test_a_recording_is_fetched_from_the_carrier(
    studio: Studio, carrier: tuple[str, list[int]]
) -> None:
    """One that is announced before it can be had is asked for again."""
    await open_loopback(studio)
    url, statuses = carrier
    statuses += [404, 503]
    call_id = await talk(studio, url=url)
    await studio.process()
    assert (await read(studio, call_id)).recording_key is None
    for _ in range(2):
        await studio.advance(HOUR)
    call = await read(studio, call_id)
    assert call.recording_key is not None
    assert failures(call) == {}


async def test_a_refusal_of_the_carrier_is_final(studio: Studio, carrier: tuple[str, list[int]]) -> None:
    await open_loopback(studio)
    url, statuses = carrier
    statuses += [401]
    call_id = await talk(studio, url=url)
    await studio.process()
    assert failures(await read(studio, call_id)) == {"fetch": "status 401"}


async def test_an_inside_address_is_never_asked(studio: Studio) -> None:
    call_id = await talk(studio, url="http://127.0.0.1:9/recording")
    await studio.process()
    assert "host_blocked" in failures(await read(studio, call_id))["fetch"]


async def test_deletion_while_the_pipeline_runs_leaves_nothing(studio: Studio) -> None:
    call_id = await talk(studio, webm_recording())
    await studio.services.database.write(delete_call, studio.account.id, call_id)
    await studio.process()
    for key in (f"recordings/{call_id}", pipeline.recording_key(studio.account.id, call_id)):
        with pytest.raises(ObjectMissing):
            await studio.services.store.get(key)
    assert await studio.services.database.read(_analyzed) == []


async def run_schedule(studio: Studio, name: str) -> None:
    job = create_jobs(studio.services).jobs[name]
    await job.handler({}, JobContext(1, is_last_attempt=False, job_id=1))
    await studio.process()


async def test_retention_deletes_recordings_and_nothing_else(studio: Studio) -> None:
    """contracts/vocatech.md 5.6: 90 days by default."""
    old = await talk(studio, webm_recording())
    await studio.process()
    key = str((await read(studio, old)).recording_key)
    studio.clock.advance(80 * DAY)
    young = await talk(studio, webm_recording())
    await studio.process()
    studio.clock.advance(11 * DAY)
    await run_schedule(studio, "calls.retention")
    call = await read(studio, old)
    assert (call.recording_key, call.status) == (None, CallStatus.COMPLETED)
    assert call.recording_deleted_at is not None
    assert (await read(studio, young)).recording_key is not None
    with pytest.raises(ObjectMissing):
        await studio.services.store.get(key)


async def test_a_call_whose_end_is_never_told_ends_after_half_a_day(studio: Studio) -> None:
    write = studio.services.database.write
    start = StartCall("simulator", CallDirection.INBOUND)
    rang = await write(start_call, studio.account.id, start)
    answered = await write(start_call, studio.account.id, start)
    await write(answer_call, studio.account.id, answered.id, at=answered.started_at)
    studio.clock.advance(2 * HOUR)
    await run_schedule(studio, "calls.close_stale")
    assert not (await read(studio, rang.id)).is_ended
    studio.clock.advance(12 * HOUR)
    await run_schedule(studio, "calls.close_stale")
    call = await read(studio, rang.id)
    assert (call.status, call.ended_reason) == (CallStatus.FAILED, "error_carrier")
    assert (await read(studio, answered.id)).status is CallStatus.COMPLETED


def lose_first(monkeypatch: pytest.MonkeyPatch, step: Step) -> None:
    """The first job of this step is never stored."""
    enqueue, lost = WriteTx.enqueue, []

    def enqueue_others(tx: WriteTx, name: str, *arguments: Any, **options: Any) -> None:
        if name == f"call.{step}" and not lost:
            lost.append(name)
        else:
            enqueue(tx, name, *arguments, **options)

    monkeypatch.setattr(WriteTx, "enqueue", enqueue_others)


@pytest.mark.parametrize("step", list(Step))
async def test_an_analysis_whose_job_was_lost_is_resumed_at_its_step(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, step: Step
) -> None:
    """contracts/votel.md 5.6: every recorded call is analysed, once."""
    lose_first(monkeypatch, step)
    call_id = await talk(studio, webm_recording(1.0))
    await studio.process()
    assert (await read(studio, call_id)).analyzed_at is None
    [(run, found)] = await studio.services.database.read(find_stalled, studio.clock.now() + MINUTE)
    # Silence has no insight that would show that its step was done.
    assert (run.object_id, found) == (call_id, min(step, Step.INSIGHT, key=list(Step).index))
    await studio.worker.run_due_schedules()
    await studio.advance(STALLED_MS + 10 * MINUTE)
    assert "calls.resume" in await studio.worker.run_due_schedules()
    await studio.process()
    call = await read(studio, call_id)
    assert call.analyzed_at == studio.clock.now()
    assert call.recording_key is not None
    assert call.transcript is not None
    assert failures(call) == {}
    assert len(await studio.services.database.read(_analyzed)) == 1
    assert await studio.services.database.read(find_stalled, studio.clock.now()) == []


async def test_only_calls_with_something_to_analyse_are_resumed(studio: Studio) -> None:
    """A waiting step keeps its job; calls that are silent, live or deleted are left alone."""
    write, account_id = studio.services.database.write, studio.account.id
    for direction in CallDirection:
        start = StartCall("simulator", direction, None, "+15550100143", "+15550100100")
        call = await write(start_call, account_id, start)
        if direction is not CallDirection.OUTBOUND:
            await write(end_call, account_id, call.id, at=call.started_at + MINUTE)
    await write(delete_call, account_id, await talk(studio, webm_recording(1.0)))
    waiting = await talk(studio, webm_recording(1.0))
    assert await write(resume_stalled, "call", find_stalled, 0) == 0
    studio.clock.advance(MINUTE)
    assert await write(resume_stalled, "call", find_stalled, 0) == 1
    await studio.process()
    assert (await read(studio, waiting)).analyzed_at is not None
    assert len(await studio.services.database.read(_analyzed)) == 1


async def test_unanalysed_calls_are_found_by_their_index(studio: Studio) -> None:
    """A sweep every few minutes must not read an account's millions of calls."""
    if studio.services.settings.database_url:
        pytest.skip("on few rows PostgreSQL plans without indexes")
    plan = await studio.services.database.read(_plan_of_stalled)
    assert any("ix_calls_unanalyzed" in step for step in plan)


def _plan_of_stalled(tx: ReadTx) -> list[str]:
    compiled = STALLED.params(before=0).compile(
        dialect=tx.connection.dialect, compile_kwargs={"literal_binds": True}
    )
    return [str(row[3]) for row in tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")]
