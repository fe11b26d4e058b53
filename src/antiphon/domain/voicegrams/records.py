"""Typed rows of voicegrams."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class VoicegramStatus(StrEnum):
    PROCESSING = "processing"
    COMPLETED = "completed"


class Step(StrEnum):
    """The pipeline in its order."""

    PROBE = "probe"
    TRANSCODE = "transcode"
    TRANSCRIBE = "transcribe"
    INSIGHT = "insight"
    COMPLETE = "complete"


class StepStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CompletedVoicegram:
    """What an event or a list tells of a completed voicegram; `summary` and `tags` are JSON text."""

    id: str
    account_id: str
    event_id: str
    created_at: int
    completed_at: int
    duration_ms: int
    sender_email: str
    channel_id: str
    channel_kind: str
    channel_name: str
    page_url: str | None
    transcript_text: str
    transcript_confidence: float
    summary: str
    tags: str


class Recent(NamedTuple):
    """The latest completed voicegrams, and the id of the listener asked for with them, where there is one."""

    voicegrams: list[CompletedVoicegram]
    listener_id: str | None


class ListenerKind(StrEnum):
    """Who a listen link was made for (contracts/voicegram.md 8)."""

    SUBSCRIPTION = "subscription"
    KEY = "key"
    MAILBOX = "mailbox"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step of the pipeline as it stands."""

    name: str
    status: str
    engine: str | None
    error: str | None
    started_at: int | None
    finished_at: int | None


@dataclass(frozen=True, slots=True)
class Voicegram:
    """A voicegram with its channel; `summary`, `tags` and `transcript_words` are JSON text."""

    id: str
    account_id: str
    channel_id: str
    channel_kind: str
    channel_name: str
    status: VoicegramStatus
    sender_email: str
    page_url: str | None
    created_at: int
    completed_at: int | None
    duration_ms: int
    source_key: str | None
    source_container: str
    audio_key: str | None
    audio_bytes: int | None
    audio_deleted_at: int | None
    transcript_text: str
    transcript_confidence: float
    transcript_engine: str | None
    transcript_words: str | None
    language: str | None
    summary: str | None
    insight_engine: str | None
    urgency: str | None
    sentiment: str | None
    intent: str | None
    callback_required: bool
    tags: str
    notes: str
    is_read: bool
    event_id: str | None
    contact_id: str | None
    steps: tuple[StepResult, ...] = ()


@dataclass(frozen=True, slots=True)
class VoicegramFilters:
    """Filters of the native list (contracts/votel.md 18); None means any. Times are milliseconds, inclusive.

    `status` is processing, completed or failed_step; `sort` a field name with an optional leading hyphen.
    """

    status: str | None = None
    channel_id: str | None = None
    contact_id: str | None = None
    urgency: str | None = None
    sentiment: str | None = None
    intent: str | None = None
    callback_required: bool | None = None
    is_read: bool | None = None
    tag: str | None = None
    search: str | None = None
    since: int | None = None
    until: int | None = None
    sort: str = "-created_at"


@dataclass(frozen=True, slots=True)
class VoicegramPage:
    items: list[Voicegram]
    total: int


@dataclass(frozen=True, slots=True)
class ListenTarget:
    """The file behind a listen link; `deleted` when retention has removed it."""

    account_id: str
    listener_id: str
    audio_key: str | None
    audio_bytes: int | None
    deleted: bool


@dataclass(frozen=True, slots=True)
class Link:
    """One recipient's link to one voicegram."""

    id: str
    kind: str
    recipient: str
    expires_at: int | None
    revoked_at: int | None
    last_used_at: int | None
