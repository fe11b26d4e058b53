"""What is sent and accepted: OpenAPI document and body checks (contracts/voicegram.md 3 to 5)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

DateTime = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
        json_schema_extra={"format": "date-time"},
        description="UTC, milliseconds, `Z`",
    ),
]
Uuid = Annotated[str, Field(json_schema_extra={"format": "uuid"})]
Uri = Annotated[str, Field(json_schema_extra={"format": "uri"})]
ChannelType = Literal["domain", "campaign"]
SourceName = Literal["zapier", "dashboard"]

ErrorCode = Literal[
    "invalid_token",
    "plan_required",
    "validation_error",
    "invalid_url",
    "invalid_channel_id",
    "not_found",
    "rate_limited",
    "limit_reached",
    "conflict",
    "internal_error",
]


class Answer(BaseModel):
    """Every field is present and no other."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Issue(Answer):
    path: list[str | int] = Field(description="Where in the request; empty for the whole body")
    message: str


class Error(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    error: ErrorCode = Field(description="Stable code")
    message: str = Field(description="For people; its wording may change")
    issues: list[Issue] = Field(default=[], description="Only with `validation_error`")


class ListenError(Answer):
    error: Literal["link_invalid", "audio_deleted"]
    message: str


class Me(Answer):
    account_id: Uuid
    account_name: str
    plan_name: Literal["free", "starter", "pro", "business", "enterprise"]
    plan_tier_index: int = Field(ge=0, le=4)


class Channel(Answer):
    id: str
    type: ChannelType
    name: str = Field(description="Host name of a domain, display name of a campaign")
    is_active: bool
    created_at: DateTime


class ChannelList(Answer):
    channels: list[Channel]


class Sender(Answer):
    verification_method: Literal["email", "sms"]
    email: str | None
    phone: str | None


class EventChannel(Answer):
    type: ChannelType
    id: str
    name: str
    page_url: str | None


class Transcript(Answer):
    text: str
    confidence: float = Field(ge=0, le=1)


class ActionItem(Answer):
    task: str
    priority: Literal["low", "medium", "high"]
    deadline: str | None


class Mentioned(Answer):
    names: list[str]
    phones: list[str] = Field(description="E.164")
    emails: list[str]


class Summary(Answer):
    text: str
    urgency: str | None
    sentiment: str | None
    intent: str | None
    callback_required: bool
    action_items: list[ActionItem]
    mentioned: Mentioned


class Audio(Answer):
    url: Uri
    expires_at: DateTime
    content_type: Literal["audio/webm"]


class EventData(Answer):
    id: str
    created_at: DateTime
    completed_at: DateTime
    duration_seconds: float
    sender: Sender
    channel: EventChannel
    transcript: Transcript
    summary: Summary
    audio: Audio
    dashboard_url: Uri
    tags: list[str]


class VoicegramEvent(Answer):
    """The body of webhooks and of `recent`."""

    event: Literal["voicegram.completed"]
    event_id: str = Field(description="`evt_<uuid>`, identical over retries: deduplicate on it")
    delivered_at: DateTime
    data: EventData


class RecentVoicegrams(Answer):
    voicegrams: list[VoicegramEvent]


class Subscription(Answer):
    id: Uuid
    url: Uri
    secret_prefix: str
    channel_id: str | None
    channel_type: ChannelType | None
    source: SourceName
    zapier_subscription_id: str | None
    is_active: bool
    consecutive_failures: int
    last_delivery_at: DateTime | None
    last_success_at: DateTime | None
    last_error: str | None
    created_at: DateTime
    created_by_user_id: str | None


class CreatedSubscription(Subscription):
    secret: str = Field(description="Shown here and never again")


class Pagination(Answer):
    total: int
    limit: int
    offset: int


class SubscriptionList(Answer):
    subscriptions: list[Subscription]
    pagination: Pagination


class NewSubscription(BaseModel):
    """The body of a creation; unknown keys are ignored (contracts/voicegram.md 4.5)."""

    model_config = ConfigDict(extra="ignore", strict=True)

    url: Uri = Field(description="https, under 2048 characters, a public host, answering without redirect")
    channel_id: str | None = Field(None, description="A channel of the account; null for all")
    source: SourceName = "dashboard"
    zapier_subscription_id: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = Field(
        None, description="Required with `zapier`, refused with `dashboard`"
    )
