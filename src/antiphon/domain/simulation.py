"""Conversations and callbacks of the simulated phone network."""

from __future__ import annotations

import re
import tempfile
import wave
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from antiphon.carriers.port import (
    CallAnswered,
    CallEnd,
    CallEnded,
    CallParties,
    CallStarted,
    CarrierEvent,
    RecordingReady,
)
from antiphon.carriers.simulator import Behaviour, behaviour_of
from antiphon.core.clock import SECOND
from antiphon.core.db.transaction import ReadTx
from antiphon.core.errors import DomainError
from antiphon.domain.numbers.commands import SIMULATOR
from antiphon.domain.numbers.queries import find_number, get_connection
from antiphon.domain.numbers.records import Connection, Number
from antiphon.speech.audio import decode_pcm
from antiphon.speech.synthesis import SynthesisConfig, create_synthesiser, synthesise

Speaker = Literal["caller", "agent"]

SAMPLE_RATE = 16_000
RING_MS = 2 * SECOND
NO_ANSWER_MS = 25 * SECOND
LINE_PAUSE_MS = 400
MAX_LINES = 200
MAX_PAUSE_SECONDS = 60.0
GREETING = "Hello, how can I help you?"

_SPEAKERS: dict[str, Speaker] = {
    "caller": "caller",
    "customer": "caller",
    "agent": "agent",
    "user": "agent",
    "ai": "agent",
}
_LINE = re.compile(r"(\w+)\s*:\s*(\S.*)")
_PAUSE = re.compile(r"pause\s+([0-9]{1,3}(?:\.[0-9]{1,3})?)", re.IGNORECASE)
# Two clearly different voices of each engine; others speak with the one they have.
_VOICES: dict[str, dict[Speaker, str]] = {
    "flite": {"caller": "rms", "agent": "slt"},
    "espeak-ng": {"caller": "en-gb", "agent": "en-us+f3"},
}


@dataclass(frozen=True, slots=True)
class Line:
    """Words of one side, after a pause in milliseconds."""

    speaker: Speaker
    text: str
    pause_ms: int = LINE_PAUSE_MS


@dataclass(frozen=True, slots=True)
class Ends:
    """Both ends of a simulated call or message, and whose connection it goes over."""

    number: Number
    connection: Connection
    direction: Literal["inbound", "outbound"]
    outside: str


def find_ends(tx: ReadTx, sender: str, recipient: str) -> Ends:
    """Which of the two numbers is simulated; a call to it is inbound. Raises DomainError."""
    if sender == recipient:
        raise DomainError("is the other number itself", field="to")
    for own, outside, direction in ((recipient, sender, "inbound"), (sender, recipient, "outbound")):
        number = find_number(tx, own)
        if number is not None and number.carrier == SIMULATOR:
            connection = get_connection(tx, number.account_id, number.connection_id)
            return Ends(number, connection, "inbound" if direction == "inbound" else "outbound", outside)
    raise DomainError("neither number belongs to a simulated connection", field="to")


def parse_script(text: str) -> list[Line]:
    """Lines such as `caller: I need help`, `agent: Sure`, `pause 1.5`; `#` begins a comment.

    Raises DomainError that names the line.
    """
    lines: list[Line] = []
    pause_ms = LINE_PAUSE_MS
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if pause := _PAUSE.fullmatch(line):
            pause_ms += int(min(float(pause[1]), MAX_PAUSE_SECONDS) * SECOND)
            continue
        match = _LINE.fullmatch(line)
        speaker = None if match is None else _SPEAKERS.get(match[1].lower())
        if match is None or speaker is None:
            raise DomainError(
                f"line {number} is not `caller: ...`, `agent: ...` or `pause 1.5`", field="script"
            )
        lines.append(Line(speaker, match[2], pause_ms))
        pause_ms = LINE_PAUSE_MS
    if not 1 <= len(lines) <= MAX_LINES:
        raise DomainError(f"a conversation has 1 to {MAX_LINES} lines", field="script")
    return lines


def record_conversation(lines: Sequence[Line], target: Path, config: SynthesisConfig | None = None) -> int:
    """Speak the lines into a stereo WAV, the outside party on the first channel; its length in ms.

    Blocks while it speaks. Raises ServiceError, DomainError.
    """
    chosen = config or SynthesisConfig()
    voices = _VOICES.get(create_synthesiser(chosen).name, {})
    sides: dict[Speaker, array[int]] = {"caller": array("h"), "agent": array("h")}
    with tempfile.TemporaryDirectory(prefix="antiphon-") as folder:
        for line in lines:
            path = Path(folder, "line.wav")
            synthesise(chosen, line.text, path, voices.get(line.speaker, ""))
            spoken = array("h", decode_pcm(path, SAMPLE_RATE))
            pause = array("h", bytes(2 * (line.pause_ms * SAMPLE_RATE // SECOND)))
            silence = array("h", bytes(2 * len(spoken)))
            for side, samples in sides.items():
                samples.extend(pause)
                samples.extend(spoken if side == line.speaker else silence)
    both = array("h", bytes(4 * len(sides["caller"])))
    both[0::2], both[1::2] = sides["caller"], sides["agent"]
    with wave.open(str(target), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(both.tobytes())
    return len(sides["caller"]) * SECOND // SAMPLE_RATE


def is_recorded(outside: str) -> bool:
    """Whether anything is said in a call with this outside number."""
    return behaviour_of(outside) in (Behaviour.NORMAL, Behaviour.VOICEMAIL, Behaviour.OPTED_OUT)


def voicemail_lines(lines: Sequence[Line]) -> list[Line]:
    """What a mailbox records: the outside party alone."""
    return [line for line in lines if line.speaker == "caller"] or [Line("caller", "Please call me back.")]


def plan_call(
    ends: Ends, sid: str, *, now: int, talk_ms: int, recording_key: str | None
) -> list[CarrierEvent]:
    """The callbacks of a call that ends now, in their order, by what the outside number does."""
    number = ends.number.e164
    inbound = ends.direction == "inbound"
    call = CallParties(
        sid, ends.direction, ends.outside if inbound else number, number if inbound else ends.outside
    )
    behaviour = behaviour_of(ends.outside)
    quiet: dict[Behaviour, tuple[int, CallEnd, str]] = {
        Behaviour.BUSY: (SECOND, "busy", "busy"),
        Behaviour.NO_ANSWER: (NO_ANSWER_MS, "no_answer", "no_answer"),
        Behaviour.FAILURE: (SECOND, "failed", "error_carrier"),
    }
    if behaviour in quiet:
        ringing, status, reason = quiet[behaviour]
        return [CallStarted(call, now - ringing), CallEnded(call, now, status, reason)]
    started = now - talk_ms - RING_MS
    events: list[CarrierEvent] = [CallStarted(call, started)]
    if behaviour is Behaviour.VOICEMAIL:
        events.append(CallEnded(call, now, "no_answer", "voicemail", talk_ms))
    else:
        events.append(CallAnswered(call, started + RING_MS))
        events.append(CallEnded(call, now, "completed", "caller_hangup", talk_ms))
    if recording_key is not None:
        events.append(RecordingReady(sid, f"{sid}-recording", object_key=recording_key))
    return events
