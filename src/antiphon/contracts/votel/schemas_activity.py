"""Call logs, message logs and reports as documented models (contracts/votel.md 5.6, 6)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from antiphon.contracts.votel.inputs import Body, Clean
from antiphon.contracts.votel.schemas import Uuid

MAX_NOTES = 20_000


class Sentiment(BaseModel):
    label: str
    score: float | None


class Engines(BaseModel):
    transcription: str | None
    confidence: float | None


class CallRow(BaseModel):
    id: str
    call_sid: str | None
    type: Literal["phone"]
    direction: Literal["inbound", "outbound", "internal"]
    status: Literal["completed", "no_answer", "busy", "failed", "ringing", "in_progress"]
    ended_reason: str | None
    from_number: str | None
    to_number: str | None
    number_id: str | None
    provider: str
    agent_id: str | None
    agent_version: int | None
    lead_id: str | None
    lead_name: str | None
    conversation_id: str | None
    user_id: str | None
    campaign_id: str | None
    enrollment_id: str | None
    scheduled_at: str | None
    started_at: str
    answered_at: str | None
    ended_at: str | None
    duration_seconds: int
    summary: str | None
    sentiment: Sentiment | None
    success: bool | None
    analysis: dict[str, Any]
    analyzed_at: str | None
    has_recording: bool
    recording_url: str | None
    voicemail: bool
    variables: dict[str, Any]
    metadata: dict[str, Any]
    engines: Engines
    latency: dict[str, Any] | None
    degraded: bool
    disposition: str | None
    tags: list[str]
    notes: str
    is_test: bool
    cost_micros: int
    created_at: str
    updated_at: str


class CallList(BaseModel):
    calls: list[CallRow]
    total: int


class Leg(BaseModel):
    order: int
    type: str
    user_id: str | None
    extension: str | None
    extension_name: str | None
    started_at: str
    ended_at: str | None
    summary: str | None
    transcription: str | None
    sentiment: Sentiment | None


class CallTurn(BaseModel):
    speaker: Literal["agent", "caller", "user"]
    text: str
    start_ms: int
    end_ms: int
    confidence: float


class CallDetail(CallRow):
    legs: list[Leg]
    transcript: list[CallTurn]
    tool_calls: list[Any]


class CallChange(Body):
    lead_id: Uuid | None = None
    disposition: Annotated[Clean | None, Field(max_length=100)] = None
    tags: list[Clean] = Field(default_factory=list)
    notes: Annotated[Clean | None, Field(max_length=MAX_NOTES)] = None
    success: bool | None = None


class PhoneFigures(BaseModel):
    calls: int
    inbound: int
    outbound: int
    answered: int
    missed: int
    voicemail: int
    transferred: int
    agent_handled: int
    answer_rate: float | None
    avg_answer_seconds: float | None
    avg_duration_seconds: float | None
    minutes: float
    success_rate: float | None
    cost_micros: int


class PhoneBucket(PhoneFigures):
    start: str


class PhoneGroup(PhoneFigures):
    key: str
    label: str


class PhoneReport(BaseModel):
    since: Annotated[str, Field(alias="from")]
    to: str
    timezone: str
    interval: Literal["hour", "day", "week", "month"]
    totals: PhoneFigures
    previous: PhoneFigures | None
    series: list[PhoneBucket]
    breakdown: list[PhoneGroup]


class OverviewFigures(BaseModel):
    voicegrams: int
    calls: int
    inbound: int
    outbound: int
    answered: int
    missed: int
    answer_rate: float | None
    avg_answer_seconds: float | None
    messages_in: int
    messages_out: int
    replies: int
    avg_reply_seconds: float | None


class OverviewBucket(OverviewFigures):
    start: str


class OverviewReport(BaseModel):
    since: Annotated[str, Field(alias="from")]
    to: str
    timezone: str
    interval: Literal["hour", "day", "week", "month"]
    totals: OverviewFigures
    previous: OverviewFigures | None
    series: list[OverviewBucket]
    breakdown: list[Any]
