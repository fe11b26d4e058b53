"""What an account looks like that has been in use for two weeks, for pictures and walks.

Written straight into a data folder, through the domain's own functions, before a server starts over it.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec

from antiphon.app import close_services, create_services
from antiphon.cli.demo import ensure_demo
from antiphon.core.clock import DAY, HOUR, SECOND, ManualClock, SystemClock
from antiphon.core.db.transaction import WriteTx
from antiphon.core.ids import new_id
from antiphon.domain.calls.records import CallDirection, CallStatus, Turn
from antiphon.domain.channels.commands import create_channel
from antiphon.domain.channels.records import Channel, ChannelKind
from antiphon.domain.conversations.commands import receive_message
from antiphon.domain.conversations.records import Channel as Medium
from antiphon.domain.conversations.records import InboundMessage
from antiphon.domain.numbers.queries import get_own_number
from antiphon.domain.services import Services
from antiphon.domain.voicegrams.commands import (
    announce_voicegram,
    complete_voicegram,
    create_voicegram,
    finish_step,
    update_voicegram,
)
from antiphon.domain.voicegrams.jobs import audio_key
from antiphon.domain.voicegrams.records import Step
from antiphon.migrations.startup import ensure_migrated
from antiphon.settings import Settings
from antiphon.speech.audio import to_webm_opus
from antiphon.speech.insight.port import InsightHints
from antiphon.speech.insight.rules.engine import RulesEngine
from call_fixtures import make_call

WORD_MS = 340
VOICES = ("slt", "rms", "awb")

Item = dict[str, Any]


CONTENT = json.loads(Path(__file__).with_suffix(".json").read_text())
"""By kind, with the hours that have passed since."""


class Moments(ManualClock):
    """A clock that is set to when something happened."""

    def set(self, at: int) -> None:
        self._now = at


async def fill(data_dir: Path) -> None:
    """Make the demo account in a fresh folder and let two weeks happen."""
    data_dir.mkdir(parents=True, exist_ok=True)
    settings = Settings(data_dir=data_dir)
    now = SystemClock().now()
    clock = Moments(now - 16 * DAY)
    await ensure_migrated(settings)
    services = create_services(settings, clock)
    await services.database.start()
    try:
        demo = await ensure_demo(services)
        assert demo is not None
        channels = await services.database.write(_channels, demo.account_id)
        for said in sorted(CONTENT["voicegrams"], key=lambda one: -float(one["hours"])):
            clock.set(now - int(said["hours"] * HOUR))
            await _voicegram(services, demo.account_id, channels[said["channel"]], said, data_dir)
        clock.set(now - 30 * SECOND)
        await services.database.write(_waiting, demo.account_id, channels["site"])
        for call in CONTENT["calls"]:
            clock.set(now - int(call["hours"] * HOUR))
            await services.database.write(_call, demo.account_id, call)
        for index, message in enumerate(reversed(CONTENT["messages"])):
            clock.set(now - int(message["hours"] * HOUR))
            await services.database.write(_message, demo.account_id, demo.number, message, f"demo-{index}")
    finally:
        await close_services(services)


def _channels(tx: WriteTx, account_id: str) -> dict[str, Channel]:
    return {
        "hello": create_channel(
            tx, account_id, kind=ChannelKind.CAMPAIGN, name="Say hello", slug="say-hello"
        ),
        "quote": create_channel(
            tx,
            account_id,
            kind=ChannelKind.CAMPAIGN,
            name="Ask for a quote",
            slug="quote",
            greeting="Tell us what you need. We answer with a price within a day.",
        ),
        "site": create_channel(tx, account_id, kind=ChannelKind.DOMAIN, name="", host="www.example.com"),
    }


def _voice(text: str, folder: Path, name: str, voice: str) -> tuple[Path, int] | None:
    """The text spoken, as the product stores it; None without flite."""
    flite = shutil.which("flite")
    if flite is None:
        return None
    spoken, stored = folder / f"{name}.wav", folder / f"{name}.webm"
    subprocess.run([flite, "-voice", voice, "-t", text, "-o", str(spoken)], check=True)
    duration = to_webm_opus(spoken, stored).duration_ms
    spoken.unlink()
    return stored, duration


def _words(text: str, duration_ms: int, chance: random.Random) -> list[dict[str, object]]:
    words = text.split()
    letters = sum(len(word) + 1 for word in words)
    found: list[dict[str, object]] = []
    at = 0.0
    for word in words:
        length = (len(word) + 1) / letters * duration_ms
        confidence = round(chance.choice([0.97, 0.95, 0.93, 0.9, 0.62]), 2)
        start, end = int(at), int(at + length * 0.92)
        found.append({"text": word, "start_ms": start, "end_ms": end, "confidence": confidence})
        at += length
    return found


async def _voicegram(services: Services, account_id: str, channel: Channel, said: Item, folder: Path) -> None:
    voicegram_id = new_id()
    spoken = _voice(said["text"], folder, voicegram_id, VOICES[len(said["text"]) % len(VOICES)])
    duration = len(said["text"].split()) * WORD_MS
    key = None
    size = None
    if spoken is not None:
        path, duration = spoken
        key, size = audio_key(account_id, voicegram_id), path.stat().st_size
        await services.store.put_file(key, path)
        path.unlink(missing_ok=True)
    await services.database.write(_completed, account_id, channel, said, voicegram_id, key, size, duration)


def _received(
    tx: WriteTx, account_id: str, channel: Channel, sender: str, voicegram_id: str, duration: int
) -> None:
    create_voicegram(
        tx,
        account_id,
        channel.id,
        voicegram_id=voicegram_id,
        sender_email=sender,
        page_url="https://www.example.com/contact" if channel.kind is ChannelKind.DOMAIN else None,
        client_id=voicegram_id,
        source_key=f"uploads/{voicegram_id}",
        source_container="webm",
        duration_ms=duration,
    )
    announce_voicegram(tx, account_id, voicegram_id)


def _completed(
    tx: WriteTx,
    account_id: str,
    channel: Channel,
    said: Item,
    voicegram_id: str,
    key: str | None,
    size: int | None,
    duration: int,
) -> None:
    _received(tx, account_id, channel, said["sender"], voicegram_id, duration)
    words = _words(said["text"], duration, random.Random(said["text"]))
    insight = RulesEngine().analyse_sync(said["text"], InsightHints(tx.now, sender_email=said["sender"]))
    confidence = 0.91
    finish_step(
        tx,
        account_id,
        voicegram_id,
        Step.TRANSCODE,
        {"audio_key": key, "audio_bytes": size, "source_key": None},
    )
    finish_step(
        tx,
        account_id,
        voicegram_id,
        Step.TRANSCRIBE,
        {
            "transcript_text": said["text"],
            "transcript_confidence": confidence,
            "transcript_engine": "pocketsphinx",
            "transcript_words": msgspec.json.encode(words).decode(),
            "language": "en",
        },
        engine="pocketsphinx",
    )
    finish_step(
        tx,
        account_id,
        voicegram_id,
        Step.INSIGHT,
        {
            "summary": msgspec.json.encode(insight.document()).decode(),
            "insight_engine": insight.engine or None,
            "urgency": insight.urgency,
            "sentiment": insight.sentiment,
            "intent": insight.intent,
            "callback_required": insight.callback_required,
        },
        engine="rules",
    )
    tx.jobs.clear()
    complete_voicegram(tx, account_id, voicegram_id)
    update_voicegram(tx, account_id, voicegram_id, {"tags": list(said["tags"]), "is_read": said["is_read"]})


def _waiting(tx: WriteTx, account_id: str, channel: Channel) -> None:
    """One that is still being worked on; its job is not there, so it stays so."""
    _received(tx, account_id, channel, "nadia.petrov@example.com", new_id(), 18_000)
    tx.jobs.clear()


def _call(tx: WriteTx, account_id: str, call: Item) -> None:
    turns: list[Turn] = []
    at = 1_200
    for speaker, text in call["lines"]:
        length = len(text.split()) * WORD_MS
        turns.append(Turn(speaker=speaker, text=text, start_ms=at, end_ms=at + length, confidence=0.93))
        at += length + 700
    make_call(
        tx,
        account_id,
        at=tx.now - call["seconds"] * SECOND,
        seconds=call["seconds"],
        direction=CallDirection(call["direction"]),
        status=CallStatus(call["status"]),
        remote=call["remote"],
        turns=turns,
        carrier="simulator",
    )
    tx.jobs.clear()


def _message(tx: WriteTx, account_id: str, number: str, message: Item, name: str) -> None:
    own = get_own_number(tx, account_id, number)
    assert own is not None
    incoming = InboundMessage(
        carrier="simulator",
        carrier_message_id=name,
        channel=Medium(message["medium"]),
        number=own,
        from_address=message["remote"],
        body=message["text"],
        media=(),
        message_type="text",
    )
    receive_message(tx, account_id, incoming)
    tx.jobs.clear()
