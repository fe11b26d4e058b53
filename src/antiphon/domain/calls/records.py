"""Typed rows of calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

import msgspec


class CallDirection(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class CallStatus(StrEnum):
    """contracts/votel.md 5.6; the last four are final."""

    RINGING = "ringing"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        return self not in (CallStatus.RINGING, CallStatus.IN_PROGRESS)


class SegmentType(StrEnum):
    """contracts/vocatech.md 5.1."""

    AUTO_ATTENDANT = "auto_attendant"
    HUNT_GROUP = "hunt_group"
    CALL_CENTER = "call_center"
    EXTENSION = "extension"
    AI_AGENT = "ai_agent"
    VOICEMAIL = "voicemail"
    EXTERNAL = "external"


class Step(StrEnum):
    """The pipeline of a recording, in its order."""

    FETCH = "fetch"
    TRANSCRIBE = "transcribe"
    INSIGHT = "insight"
    COMPLETE = "complete"


Speaker = Literal["agent", "caller", "user"]


class Turn(msgspec.Struct, frozen=True):
    """What one speaker said without a break; times in milliseconds from the start of the recording."""

    speaker: Speaker
    text: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True)
class StartCall:
    """A call that rings, or one that is first heard of; numbers in E.164, times in milliseconds.

    `number_id` is the account's own number; `remote_name` names the outside party if it is new.
    """

    carrier: str
    direction: CallDirection
    call_sid: str | None = None
    from_number: str | None = None
    to_number: str | None = None
    started_at: int | None = None
    number_id: str | None = None
    user_id: str | None = None
    assistant_id: str | None = None
    extension: str | None = None
    extension_name: str | None = None
    remote_name: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    is_test: bool = False

    @property
    def remote_number(self) -> str | None:
        """The outside party's number, in either direction."""
        if self.direction is CallDirection.INTERNAL:
            return None
        return self.from_number if self.direction is CallDirection.INBOUND else self.to_number

    @property
    def group_number(self) -> str | None:
        """The company's number, dialled or shown."""
        if self.direction is CallDirection.INTERNAL:
            return None
        return self.to_number if self.direction is CallDirection.INBOUND else self.from_number


@dataclass(frozen=True, slots=True)
class NewSegment:
    """A stage of a call; times in milliseconds, an open end is closed with the call."""

    type: SegmentType
    started_at: int
    ended_at: int | None = None
    user_id: str | None = None
    extension: str | None = None
    extension_name: str | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A stage of a call with what was said in it; `order` counts from 1 in time."""

    order: int
    type: SegmentType
    user_id: str | None
    extension: str | None
    extension_name: str | None
    started_at: int
    ended_at: int | None
    summary: str | None
    transcription: str | None
    sentiment_label: str | None
    sentiment_score: float | None


@dataclass(frozen=True, slots=True)
class Call:
    """A call from ringing to analysis; `transcript`, `analysis`, `tags` and `metadata` are JSON text.

    Times are in milliseconds; `cost_micros` is in millionths of a US dollar; `remote_name` is the name of
    the contact, as it is now.
    """

    id: str
    account_id: str
    carrier: str
    call_sid: str | None
    direction: CallDirection
    status: CallStatus
    ended_reason: str | None
    from_number: str | None
    to_number: str | None
    remote_number: str | None
    remote_name: str | None
    group_number: str | None
    number_id: str | None
    contact_id: str | None
    user_id: str | None
    assistant_id: str | None
    extension: str | None
    extension_name: str | None
    started_at: int
    answered_at: int | None
    ended_at: int | None
    duration_seconds: int
    cost_micros: int
    stt_seconds: float
    tts_characters: int
    recording_key: str | None
    recording_source: str | None
    recording_started_at: int | None
    recording_bytes: int | None
    recording_channels: int | None
    recording_deleted_at: int | None
    transcript: str | None
    transcript_engine: str | None
    transcript_confidence: float | None
    summary: str | None
    sentiment_label: str | None
    sentiment_score: float | None
    analysis: str | None
    analyzed_at: int | None
    metadata: str
    is_test: bool
    created_at: int
    disposition: str | None
    tags: str
    notes: str
    success: bool | None
    segments: tuple[Segment, ...] = ()

    @property
    def turns(self) -> list[Turn]:
        return decode_turns(self.transcript)

    @property
    def is_ended(self) -> bool:
        return self.ended_at is not None

    @property
    def counts(self) -> bool:
        """Whether it is an ended call with an outside party and no test (contracts/voicory.md 8.1)."""
        return self.is_ended and not self.is_test and self.direction is not CallDirection.INTERNAL


@dataclass(frozen=True, slots=True)
class CallFilters:
    """What a list of ended calls is cut down to; `since` and `until` are inclusive milliseconds.

    `is_answered` asks for completed calls or for all the others; `user_id` and `extension` match any
    segment; `search` is a call's id, an exact extension, or a part of a name or of the
    words, `with_numbers` of the digits of a number too.
    """

    status: str | None = None
    is_answered: bool | None = None
    direction: str | None = None
    assistant_id: str | None = None
    remote_number: str | None = None
    contact_id: str | None = None
    since: int | None = None
    until: int | None = None
    user_id: str | None = None
    extension: str | None = None
    search: str | None = None
    with_internal: bool = False
    with_numbers: bool = False


@dataclass(frozen=True, slots=True)
class CallPage:
    items: list[Call]
    total: int


@dataclass(frozen=True, slots=True)
class CallRows:
    """As `CallPage`, with the few columns of `queries.FEED` by name."""

    rows: Sequence[Any]
    total: int


@dataclass(frozen=True, slots=True)
class RecordingTarget:
    """The file behind a recording link."""

    account_id: str
    recording_key: str


_TURNS = msgspec.json.Decoder(list[Turn])


def decode_turns(text: str | None) -> list[Turn]:
    return _TURNS.decode(text) if text else []
