"""The pipeline from a stored recording to the completed voicegram (contracts/voicegram.md 5 and 7.1)."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from antiphon.core.clock import DAY, HOUR, MINUTE
from antiphon.core.db.transaction import ReadTx
from antiphon.core.errors import ErrorCategory, NotFoundError, ServiceError
from antiphon.core.events import Event, events
from antiphon.core.storage import ObjectMissing
from antiphon.domain.accounts.company import update_company
from antiphon.domain.accounts.user_jobs import JobStatus, UserJob, cancel_job, get_job, purge_jobs
from antiphon.domain.pipeline import ENGINE_RETRY, resume_stalled
from antiphon.domain.voicegrams import jobs as pipeline
from antiphon.domain.voicegrams.commands import delete_voicegram, request_reprocess, update_voicegram
from antiphon.domain.voicegrams.intake import source_key
from antiphon.domain.voicegrams.maintenance import find_stalled
from antiphon.domain.voicegrams.records import Step, VoicegramStatus
from studio import OWNER, Studio

STEPS = {"voicegram": ("transcode", "transcribe", "insight"), "call": ("fetch", "transcribe", "insight")}


def _completed_events(tx: ReadTx) -> list[tuple[str, str]]:
    return _events(tx, "voicegram.completed")


def _events(tx: ReadTx, type: str) -> list[tuple[str, str]]:
    rows = tx.all(select(events.c.id, events.c.data).where(events.c.type == type))
    return [(row.id, row.data) for row in rows]


@pytest.mark.speech
async def test_a_spoken_message_becomes_transcript_summary_event_and_mail(
    studio: Studio, spoken: Any
) -> None:
    """contracts/voicegram.md 5: every field comes from the recording."""
    audio = spoken("Please call me back tomorrow, my order is broken.", "rms")
    voicegram_id = await studio.leave(audio, container="wav")
    await studio.process()
    voicegram = await studio.get(voicegram_id)
    assert voicegram.status is VoicegramStatus.COMPLETED
    assert "call me back" in voicegram.transcript_text
    assert 0 < voicegram.transcript_confidence <= 1
    assert voicegram.transcript_engine == "pocketsphinx"
    assert voicegram.callback_required
    assert [step.status for step in voicegram.steps] == ["completed"] * 5
    assert voicegram.audio_key is not None
    assert (await studio.services.store.get(voicegram.audio_key))[:4] == b"\x1aE\xdf\xa3"
    with pytest.raises(ObjectMissing):
        await studio.services.store.get(source_key(studio.account.id, voicegram_id, "wav"))
    [(event_id, data)] = await studio.services.database.read(_completed_events)
    assert event_id == voicegram.event_id
    assert msgspec.json.decode(data)["transcript"]["text"] == voicegram.transcript_text
    assert studio.sent == [f"{OWNER}: Voicegram from visitor@example.org via Survey"]


async def test_silence_completes_with_an_empty_transcript(studio: Studio) -> None:
    """contracts/voicegram.md 5: no speech gives "" and 0, and an empty summary."""
    voicegram_id = await studio.leave()
    await studio.process()
    voicegram = await studio.get(voicegram_id)
    assert (voicegram.transcript_text, voicegram.transcript_confidence) == ("", 0.0)
    summary = msgspec.json.decode(voicegram.summary or "")
    assert summary == {
        "text": "",
        "urgency": None,
        "sentiment": None,
        "intent": None,
        "callback_required": False,
        "action_items": [],
        "mentioned": {"names": [], "phones": [], "emails": []},
    }


async def test_a_failing_engine_is_retried_and_then_given_up_visibly(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """contracts/voicegram.md 7.1: a step that failed for good never holds a voicegram back."""
    calls = 0
    run = studio.services.media.run

    async def failing(function: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        if function is pipeline.transcribe_file:
            calls += 1
            raise ServiceError(ErrorCategory.SERVER, "the engine is down", service="test")
        return await run(function, *args, **kwargs)

    monkeypatch.setattr(type(studio.services.media), "run", lambda self, *a, **k: failing(*a, **k))
    voicegram_id = await studio.leave()
    await studio.process()
    assert calls == 1
    assert (await studio.get(voicegram_id)).status is VoicegramStatus.PROCESSING
    for _ in range(ENGINE_RETRY.max_attempts):
        await studio.advance(HOUR)
    voicegram = await studio.get(voicegram_id)
    assert calls == ENGINE_RETRY.max_attempts
    assert voicegram.status is VoicegramStatus.COMPLETED
    step = next(step for step in voicegram.steps if step.name == "transcribe")
    assert (step.status, step.error) == ("failed", "the engine is down")
    assert (voicegram.transcript_text, voicegram.urgency, voicegram.callback_required) == ("", None, False)
    assert len(await studio.services.database.read(_completed_events)) == 1


@pytest.mark.parametrize("language", ["en-GB", "de-AT"])
async def test_the_engine_is_told_the_accounts_language(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    """The bundled engine knows English only, and the step says so."""
    told: list[str] = []
    run = studio.services.media.run

    async def hearing(function: Any, *args: Any, **kwargs: Any) -> Any:
        if function is pipeline.transcribe_file:
            told.append(args[2])
        return await run(function, *args, **kwargs)

    monkeypatch.setattr(type(studio.services.media), "run", lambda self, *a, **k: hearing(*a, **k))
    await studio.services.database.write(update_company, studio.account.id, {"language": language})
    voicegram = await studio.get(await leave_and_process(studio))
    assert told == [language]
    step = next(step for step in voicegram.steps if step.name == "transcribe")
    note = "pocketsphinx listened for en, not for de-AT" if language == "de-AT" else None
    assert (step.status, step.error, voicegram.language) == ("completed", note, "en")


async def leave_and_process(studio: Studio) -> str:
    voicegram_id = await studio.leave()
    await studio.process()
    return voicegram_id


async def test_a_refusal_is_not_retried(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error's category decides once: a wrong credential does not get better by waiting."""
    run = studio.services.media.run

    async def refusing(function: Any, *args: Any, **kwargs: Any) -> Any:
        if function is pipeline.transcribe_file:
            raise ServiceError(ErrorCategory.AUTH, "the key was refused", service="test")
        return await run(function, *args, **kwargs)

    monkeypatch.setattr(type(studio.services.media), "run", lambda self, *a, **k: refusing(*a, **k))
    voicegram_id = await studio.leave()
    await studio.process()
    voicegram = await studio.get(voicegram_id)
    assert voicegram.status is VoicegramStatus.COMPLETED
    assert [step.error for step in voicegram.steps if step.error] == ["the key was refused"]


async def test_a_file_that_cannot_be_converted_completes_all_the_same(studio: Studio) -> None:
    voicegram_id = await studio.leave(b"\x1aE\xdf\xa3 not really webm" + bytes(500))
    await studio.process()
    voicegram = await studio.get(voicegram_id)
    assert voicegram.status is VoicegramStatus.COMPLETED
    assert {step.name: step.status for step in voicegram.steps}["transcode"] == "failed"


async def test_equal_client_ids_give_the_first_voicegram(studio: Studio) -> None:
    """contracts/votel.md 18, also for uploads at the same moment."""
    await asyncio.gather(*(studio.leave(client_id="same") for _ in range(5)))
    await studio.process()
    assert len(await studio.services.database.read(_completed_events)) == 1
    assert len(studio.sent) == 1


async def test_reprocessing_sends_no_second_event(studio: Studio) -> None:
    """contracts/votel.md 18."""
    voicegram_id = await studio.leave()
    await studio.process()
    before = await studio.get(voicegram_id)
    await studio.services.database.write(
        request_reprocess, studio.account.id, voicegram_id, [Step.TRANSCRIBE]
    )
    studio.clock.advance(MINUTE)
    await studio.process()
    after = await studio.get(voicegram_id)
    assert (after.event_id, after.completed_at) == (before.event_id, before.completed_at)
    assert len(await studio.services.database.read(_completed_events)) == 1
    assert len(studio.sent) == 1
    started = {step.name: step.started_at for step in after.steps}
    assert started["transcribe"] == started["insight"] == studio.clock.now()


async def job_of(studio: Studio, job_id: str) -> UserJob:
    return await studio.services.database.read(get_job, studio.account.id, job_id)


async def test_reprocessing_is_a_job_that_follows_the_steps(studio: Studio) -> None:
    """votel.md 0.7: status and progress; `job.completed` once, with its result."""
    heard: list[Event] = []
    studio.services.bus.listen(heard.append)
    voicegram_id = await studio.leave()
    await studio.process()
    write = studio.services.database.write
    asked = await write(request_reprocess, studio.account.id, voicegram_id, [Step.TRANSCRIBE])
    assert (asked.status, asked.done, asked.total, asked.started_at) == (JobStatus.QUEUED, 0, 2, None)
    studio.clock.advance(MINUTE)
    await studio.process()
    job = await job_of(studio, asked.id)
    assert (job.status, job.done, job.total, job.errors) == (JobStatus.COMPLETED, 2, 2, 0)
    assert job.result == {"voicegram_id": voicegram_id}
    assert job.started_at == job.finished_at == studio.clock.now()
    [told] = [event for event in heard if event.type.startswith("job.")]
    assert (told.type, told.object_id, told.data["result"]) == ("job.completed", job.id, job.result)


async def test_a_step_in_vain_fails_the_job(studio: Studio) -> None:
    """votel.md 0.7: `failed` with its error, the other steps run all the same."""
    voicegram_id = await studio.leave()
    await studio.process()
    audio = (await studio.get(voicegram_id)).audio_key
    await studio.services.store.put(str(audio), b"no sound")
    asked = await studio.services.database.write(
        request_reprocess, studio.account.id, voicegram_id, [Step.TRANSCRIBE]
    )
    for _ in range(8):
        await studio.advance(HOUR)
    job = await job_of(studio, asked.id)
    assert (job.status, job.done, job.errors) == (JobStatus.FAILED, 2, 1)
    assert job.error


async def test_a_canceled_job_stops_before_the_next_step(studio: Studio) -> None:
    """votel.md 0.7: what is done stays; again changes nothing."""
    heard: list[Event] = []
    studio.services.bus.listen(heard.append)
    voicegram_id = await studio.leave()
    await studio.process()
    before = await studio.get(voicegram_id)
    write = studio.services.database.write
    asked = await write(request_reprocess, studio.account.id, voicegram_id, [Step.INSIGHT])
    for _ in range(2):
        canceled = await write(cancel_job, studio.account.id, asked.id)
        assert (canceled.status, canceled.done) == (JobStatus.CANCELED, 0)
    studio.clock.advance(MINUTE)
    await studio.process()
    assert (await studio.get(voicegram_id)).steps == before.steps
    assert (await job_of(studio, asked.id)) == canceled
    assert not any(event.type.startswith("job.") for event in heard)


async def test_the_job_of_what_is_deleted_fails(studio: Studio) -> None:
    voicegram_id = await studio.leave()
    await studio.process()
    write = studio.services.database.write
    asked = await write(request_reprocess, studio.account.id, voicegram_id, [Step.INSIGHT])
    await write(delete_voicegram, studio.account.id, voicegram_id)
    await studio.process()
    job = await job_of(studio, asked.id)
    assert (job.status, job.error) == (JobStatus.FAILED, "The voicegram was deleted")


async def test_jobs_are_kept_for_30_days(studio: Studio) -> None:
    """votel.md 0.7."""
    voicegram_id = await studio.leave()
    await studio.process()
    write = studio.services.database.write
    asked = await write(request_reprocess, studio.account.id, voicegram_id, [Step.INSIGHT])
    studio.clock.advance(30 * DAY)
    assert await write(purge_jobs) == 0
    studio.clock.advance(1)
    assert await write(purge_jobs) == 1
    with pytest.raises(NotFoundError):
        await job_of(studio, asked.id)


async def test_deletion_erases_everywhere_and_stops_the_pipeline(studio: Studio) -> None:
    heard: list[Event] = []
    studio.services.bus.listen(heard.append)
    done, waiting = await studio.leave(), await studio.leave()
    await studio.services.database.write(delete_voicegram, studio.account.id, waiting)
    await studio.process()
    audio = (await studio.get(done)).audio_key
    await studio.services.database.write(delete_voicegram, studio.account.id, done)
    await studio.process()
    for voicegram_id in (done, waiting):
        with pytest.raises(NotFoundError):
            await studio.get(voicegram_id)
    with pytest.raises(ObjectMissing):
        await studio.services.store.get(str(audio))
    assert [data for _, data in await studio.services.database.read(_completed_events)] == ["{}"]
    assert [event.type for event in heard].count("voicegram.completed") == 1


async def test_a_stalled_pipeline_is_resumed_and_a_running_one_left_alone(studio: Studio) -> None:
    voicegram_id = await studio.leave()
    write = studio.services.database.write
    assert await write(resume_stalled, "voicegram", find_stalled, HOUR) == 0
    assert await write(resume_stalled, "voicegram", find_stalled, 0) == 1
    await studio.process()
    assert (await studio.get(voicegram_id)).status is VoicegramStatus.COMPLETED
    assert len(await studio.services.database.read(_completed_events)) == 1


async def test_tags_and_notes_are_the_accounts_own(studio: Studio) -> None:
    voicegram_id = await studio.leave()
    changed = await studio.services.database.write(
        update_voicegram, studio.account.id, voicegram_id, {"tags": ["a", " a ", "b"], "notes": "call"}
    )
    assert (changed.tags, changed.notes) == ('["a","b"]', "call")


async def test_waiting_steps_leave_other_jobs_room(studio: Studio) -> None:
    """Of calls too. A limit counts over all workers, so there is one only where there is one worker."""
    jobs = studio.worker.registry.jobs
    limits = [jobs[f"{kind}.{step}"].concurrency for kind, steps in STEPS.items() for step in steps]
    if studio.services.settings.database_url:
        assert limits == [0] * 6
    else:
        assert min(limits) > 0
        assert sum(limits) <= studio.worker.settings.concurrency * 3 / 4


async def test_a_recording_is_announced_once(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its sender does not wait for what follows from that; a step that is repeated says nothing again."""
    run, failures = studio.services.media.run, [ServiceError(ErrorCategory.SERVER, "gone", service="test")]

    async def failing(function: Any, *args: Any, **kwargs: Any) -> Any:
        if failures:
            raise failures.pop()
        return await run(function, *args, **kwargs)

    monkeypatch.setattr(type(studio.services.media), "run", lambda self, *a, **k: failing(*a, **k))
    voicegram_id = await studio.leave()
    assert await studio.services.database.read(_events, "voicegram.received") == []
    await studio.process()
    assert (await studio.get(voicegram_id)).contact_id is not None
    await studio.advance(MINUTE)
    assert (await studio.get(voicegram_id)).status is VoicegramStatus.COMPLETED
    assert len(await studio.services.database.read(_events, "voicegram.received")) == 1
