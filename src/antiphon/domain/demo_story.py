"""Two weeks of a business in a new account, told through the same commands that the real ones take.

Every person carries the tag Demo; what is made is remembered, so that it can be taken away again.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from antiphon.core.clock import HOUR, SECOND
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import NotFoundError
from antiphon.core.ids import new_id
from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.domain.accounts.tables import accounts
from antiphon.domain.calls.analysis import complete_analysis, store_results, store_transcript
from antiphon.domain.calls.commands import answer_call, end_call, start_call
from antiphon.domain.calls.erasure import delete_call
from antiphon.domain.calls.jobs import recording_key
from antiphon.domain.calls.queries import get_call
from antiphon.domain.calls.records import CallDirection, CallStatus, StartCall, Turn
from antiphon.domain.channels.records import Channel
from antiphon.domain.contacts.commands import create_contact, delete_contact
from antiphon.domain.contacts.editing import update_lead
from antiphon.domain.contacts.notes import create_note
from antiphon.domain.contacts.pipelines import list_pipelines
from antiphon.domain.contacts.queries import find_contact_by_address
from antiphon.domain.contacts.records import Source
from antiphon.domain.conversations.commands import receive_message, send_message
from antiphon.domain.conversations.inbox import find_conversation_id
from antiphon.domain.conversations.records import Channel as Medium
from antiphon.domain.conversations.records import InboundMessage, OutboundMessage
from antiphon.domain.conversations.state import delete_conversation
from antiphon.domain.demo_content import Person, Rang, Said, Wrote, load_content
from antiphon.domain.numbers.commands import SIMULATOR
from antiphon.domain.numbers.records import Number
from antiphon.domain.services import Services
from antiphon.domain.simulation import Line, record_conversation
from antiphon.domain.voicegrams.commands import (
    announce_voicegram,
    complete_voicegram,
    create_voicegram,
    delete_voicegram,
    finish_step,
    update_voicegram,
)
from antiphon.domain.voicegrams.jobs import audio_key
from antiphon.domain.voicegrams.queries import get_voicegram
from antiphon.domain.voicegrams.records import Step
from antiphon.speech.audio import to_webm_opus
from antiphon.speech.synthesis import SynthesisConfig, synthesise
from antiphon.speech.workers import Lane

TAG = "Demo"
ENGINE = "demo text"
KEY = "demo"
SOUND_JOB = "demo.sound"
WORD_MS = 340
SOUND_SECONDS = 60.0

_SETTINGS = select(accounts.c.settings).where(accounts.c.id == bindparam("account_id"))
_SAVE = (
    accounts.update().where(accounts.c.id == bindparam("p_account")).values(settings=bindparam("p_settings"))
)

Made = dict[str, list[str]]


def tell_story(tx: WriteTx, account_id: str, number: Number | None, channels: dict[str, Channel]) -> None:
    """Let the two weeks before now happen, once; sounds follow by a job."""
    settings = _settings(tx, account_id)
    if KEY in settings:
        return
    content = load_content()
    made: Made = {"contacts": [], "voicegrams": [], "calls": []}
    with _quiet(tx):
        ids = {}
        start = tx.now - 14 * 24 * HOUR
        for index, person in enumerate(content.people):
            with moment(tx, start + index * HOUR // 4):
                known = find_contact_by_address(tx, account_id, "phone", person.phone)
                if known is not None:
                    ids[person.key] = known.id
                    update_lead(
                        tx, account_id, known.id, {"company": person.company or None, "email": person.email}
                    )
                    continue
                ids[person.key] = _meet(tx, account_id, person, index)
                made["contacts"].append(ids[person.key])
        people = {person.key: person for person in content.people}
        everything: list[Said | Rang | Wrote] = [*content.voicegrams, *content.calls, *content.messages]
        for item in sorted(everything, key=lambda item: -item.hours):
            person = people[item.person]
            with moment(tx, tx.now - int(item.hours * HOUR)):
                if isinstance(item, Said):
                    made["voicegrams"].append(_say(tx, account_id, person, item, channels[item.channel]))
                elif number is not None and isinstance(item, Rang):
                    made["calls"].append(_ring(tx, account_id, person, item, number))
                elif number is not None and isinstance(item, Wrote):
                    _write(tx, account_id, person, item, number)
        stages = list_pipelines(tx, account_id)[0].stages
        for person in content.people:
            _know(tx, account_id, ids[person.key], person, [stage.id for stage in stages])
    _save(tx, account_id, {**settings, KEY: made})
    tx.enqueue(SOUND_JOB, {"account_id": account_id}, key=f"{SOUND_JOB}:{account_id}")


def remove_story(tx: WriteTx, account_id: str) -> int:
    """Take away what was told, messages included; returns how many people, calls and voicegrams went."""
    settings = _settings(tx, account_id)
    made: Made = settings.pop(KEY, {})
    gone = 0
    for kind, delete in (
        ("voicegrams", delete_voicegram),
        ("calls", delete_call),
        ("contacts", _forget),
    ):
        for made_id in made.get(kind, []):
            try:
                delete(tx, account_id, made_id)
            except NotFoundError:
                continue
            gone += 1
    if made:
        _save(tx, account_id, settings)
    return gone


def _forget(tx: WriteTx, account_id: str, contact_id: str) -> None:
    conversation_id = find_conversation_id(tx, account_id, contact_id)
    if conversation_id is not None:
        delete_conversation(tx, account_id, conversation_id)
    delete_contact(tx, account_id, contact_id)


def _settings(tx: ReadTx, account_id: str) -> dict[str, Any]:
    return msgspec.json.decode(tx.scalar(_SETTINGS, {"account_id": account_id}) or "{}", type=dict[str, Any])


def _save(tx: WriteTx, account_id: str, settings: dict[str, Any]) -> None:
    tx.execute(_SAVE, {"p_account": account_id, "p_settings": msgspec.json.encode(settings).decode()})


@contextmanager
def moment(tx: WriteTx, at: int) -> Iterator[None]:
    """Commands inside happen at `at`, in milliseconds."""
    now, tx.now = tx.now, at
    try:
        yield
    finally:
        tx.now = now


@contextmanager
def _quiet(tx: WriteTx) -> Iterator[None]:
    """Nothing inside sets work off: there is no recording to fetch and nobody to send to."""
    before = len(tx.jobs)
    yield
    del tx.jobs[before:]


def _meet(tx: WriteTx, account_id: str, person: Person, index: int) -> str:
    source = (Source.PHONE, Source.WEBSITE, Source.WHATSAPP)[index % 3]
    first, _, last = person.name.partition(" ")
    contact = create_contact(
        tx,
        account_id,
        source=source,
        first_name=first,
        last_name=last,
        company=person.company,
        phones=(person.phone,),
        emails=(person.email,),
    )
    return contact.id


def _know(tx: WriteTx, account_id: str, contact_id: str, person: Person, stages: list[str]) -> None:
    given: dict[str, Any] = {
        "tags": [TAG, *person.tags],
        "lifecycle_stage": person.lifecycle,
        "city": person.city or None,
        "state": "Illinois",
        "country": "US",
    }
    if person.stage is not None and person.stage < len(stages):
        given["pipeline_stage_id"] = stages[person.stage]
    if person.deal_value is not None:
        given |= {"deal_value": person.deal_value, "deal_currency": "USD"}
    update_lead(tx, account_id, contact_id, given)
    if person.note:
        create_note(tx, account_id, contact_id, person.note)


def _say(tx: WriteTx, account_id: str, person: Person, said: Said, channel: Channel) -> str:
    voicegram_id = new_id()
    duration = len(said.text.split()) * WORD_MS
    create_voicegram(
        tx,
        account_id,
        channel.id,
        voicegram_id=voicegram_id,
        sender_email=person.email,
        page_url=None,
        client_id=voicegram_id,
        source_key="",
        source_container="wav",
        duration_ms=duration,
    )
    announce_voicegram(tx, account_id, voicegram_id)
    finish_step(tx, account_id, voicegram_id, Step.TRANSCODE, {"source_key": None})
    transcript = {
        "transcript_text": said.text,
        "transcript_confidence": 0.94,
        "transcript_engine": ENGINE,
        "transcript_words": msgspec.json.encode(words_of(said.text, duration)).decode(),
        "language": "en",
    }
    finish_step(tx, account_id, voicegram_id, Step.TRANSCRIBE, transcript, engine=ENGINE)
    actions = [] if said.action is None else [_action(said.action)]
    summary = {
        "text": said.summary,
        "urgency": said.urgency,
        "sentiment": said.sentiment,
        "intent": said.intent,
        "callback_required": said.callback,
        "action_items": actions,
        "mentioned": {"names": [], "phones": [], "emails": []},
    }
    insight = {
        "summary": msgspec.json.encode(summary).decode(),
        "insight_engine": ENGINE,
        **{name: summary[name] for name in ("urgency", "sentiment", "intent", "callback_required")},
    }
    finish_step(tx, account_id, voicegram_id, Step.INSIGHT, insight, engine=ENGINE)
    with moment(tx, tx.now + 8 * SECOND):
        complete_voicegram(tx, account_id, voicegram_id)
    update_voicegram(tx, account_id, voicegram_id, {"tags": list(said.tags), "is_read": said.is_read})
    return voicegram_id


def _action(action: tuple[str, str]) -> dict[str, Any]:
    return {"task": action[0], "priority": action[1], "deadline": None}


def words_of(text: str, duration_ms: int) -> list[dict[str, Any]]:
    """Words with the times that their lengths suggest; every seventh one is less certain."""
    words = text.split()
    letters = sum(len(word) + 1 for word in words)
    found: list[dict[str, Any]] = []
    at = 0
    for index, word in enumerate(words):
        end = at + (len(word) + 1) * duration_ms // letters
        confidence = 0.58 if index % 7 == 5 else 0.95
        found.append({"text": word, "start_ms": at, "end_ms": end, "confidence": confidence})
        at = end
    return found


def _ring(tx: WriteTx, account_id: str, person: Person, rang: Rang, number: Number) -> str:
    inbound = rang.direction == "inbound"
    ends = (person.phone, number.e164) if inbound else (number.e164, person.phone)
    at = tx.now
    call = start_call(
        tx,
        account_id,
        StartCall(
            carrier=SIMULATOR,
            direction=CallDirection(rang.direction),
            call_sid=f"DEMO{new_id().replace('-', '')}",
            from_number=ends[0],
            to_number=ends[1],
            started_at=at,
            number_id=number.id,
        ),
    )
    ended_at = at + rang.seconds * SECOND
    if rang.outcome == "completed":
        answer_call(tx, account_id, call.id, at=at + 4 * SECOND)
        ended_at += 4 * SECOND
    status = CallStatus.NO_ANSWER if rang.outcome == "voicemail" else CallStatus(rang.outcome)
    reason = "voicemail" if rang.outcome == "voicemail" else None
    with moment(tx, ended_at):
        end_call(tx, account_id, call.id, at=ended_at, status=status, ended_reason=reason)
        if rang.lines:
            _analyse(tx, account_id, call.id, rang)
    return call.id


def _analyse(tx: WriteTx, account_id: str, call_id: str, rang: Rang) -> None:
    turns, at = [], 600
    for speaker, text in rang.lines:
        length = len(text.split()) * WORD_MS
        turns.append(Turn(speaker=speaker, text=text, start_ms=at, end_ms=at + length, confidence=0.94))
        at += length + 400
    store_transcript(tx, account_id, call_id, turns, engine=ENGINE, confidence=0.94)
    results = {
        "summary": rang.summary or None,
        "sentiment_label": rang.sentiment,
        "sentiment_score": rang.score,
        "analysis": msgspec.json.encode(
            {
                "urgency": "high" if rang.sentiment == "negative" else "low",
                "intent": "support",
                "callback_required": rang.outcome == "voicemail",
                "action_items": [],
                "mentioned": {"names": [], "phones": [], "emails": []},
                "engine": ENGINE,
            }
        ).decode(),
    }
    store_results(tx, account_id, call_id, results)
    complete_analysis(tx, account_id, call_id)


def _write(tx: WriteTx, account_id: str, person: Person, wrote: Wrote, number: Number) -> None:
    medium = Medium(wrote.channel)
    if wrote.is_ours:
        send_message(tx, account_id, OutboundMessage(medium, number.e164, person.phone, wrote.body))
        return
    message = InboundMessage(
        carrier=SIMULATOR,
        carrier_message_id=f"demo-{new_id()}",
        channel=medium,
        number=number,
        from_address=person.phone,
        body=wrote.body,
        at=tx.now,
    )
    receive_message(tx, account_id, message)


class DemoJobs:
    """Speaks what was told, so that there is something to hear."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: JobRegistry) -> None:
        registry.add(SOUND_JOB, self._sound, concurrency=1)

    async def _sound(self, payload: Payload, context: JobContext) -> None:
        account_id = str(payload["account_id"])
        database = self._services.database
        made: Made = (await database.read(_settings, account_id)).get(KEY, {})
        for voicegram_id in made.get("voicegrams", []):
            try:
                voicegram = await database.read(get_voicegram, account_id, voicegram_id)
            except NotFoundError:
                continue
            if voicegram.audio_key is None:
                await self._speak(account_id, voicegram_id, voicegram.transcript_text)
        recorded = sorted(load_content().calls, key=lambda rang: -rang.hours)
        for call_id, rang in zip(made.get("calls", []), recorded, strict=False):
            if rang.is_recorded:
                await self._record(account_id, call_id, rang)

    async def _speak(self, account_id: str, voicegram_id: str, text: str) -> None:
        key = audio_key(account_id, voicegram_id)
        with tempfile.TemporaryDirectory(prefix="antiphon-") as folder:
            source, target = Path(folder, "source.wav"), Path(folder, "audio.webm")
            await asyncio.to_thread(synthesise, SynthesisConfig(), text, source)
            duration = await self._convert(source, target)
            size = await asyncio.to_thread(lambda: target.stat().st_size)
            await self._services.store.put_file(key, target)
        words = msgspec.json.encode(words_of(text, duration)).decode()
        values = {"audio_key": key, "audio_bytes": size, "duration_ms": duration, "transcript_words": words}
        await self._services.database.write(_sounding, account_id, voicegram_id, values)

    async def _record(self, account_id: str, call_id: str, rang: Rang) -> None:
        database = self._services.database
        try:
            call = await database.read(get_call, account_id, call_id)
        except NotFoundError:
            return
        if call.recording_key is not None:
            return
        key = recording_key(account_id, call_id)
        with tempfile.TemporaryDirectory(prefix="antiphon-") as folder:
            source, target = Path(folder, "source.wav"), Path(folder, "recording.webm")
            lines = [Line(speaker, text) for speaker, text in rang.lines]
            await asyncio.to_thread(record_conversation, lines, source)
            await self._convert(source, target)
            size = await asyncio.to_thread(lambda: target.stat().st_size)
            await self._services.store.put_file(key, target)
        values = {"recording_key": key, "recording_bytes": size, "recording_channels": 2}
        await database.write(store_results, account_id, call_id, values)

    async def _convert(self, source: Path, target: Path) -> int:
        info = await self._services.media.run(
            to_webm_opus, source, target, timeout=SOUND_SECONDS, lane=Lane.QUICK
        )
        return info.duration_ms


def _sounding(tx: WriteTx, account_id: str, voicegram_id: str, values: dict[str, Any]) -> None:
    with _quiet(tx):
        finish_step(tx, account_id, voicegram_id, Step.TRANSCODE, values)
