"""What this contract sends and takes, as documented models (contracts/votel.md 0.1, 0.4, 11, 18)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from antiphon.contracts.votel.inputs import Body, Clean
from antiphon.core.ids import is_uuid

MAX_EMAIL_CHARS = 320


def parse_email(value: str) -> str:
    """The address in lower case. Raises ValueError."""
    if len(value) > MAX_EMAIL_CHARS:
        raise ValueError("not an email address")
    try:
        return validate_email(value, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise ValueError("not an email address") from None


def _uuid(value: str) -> str:
    if not is_uuid(value):
        raise ValueError("not a uuid")
    return value.lower()


Email = Annotated[Clean, Field(max_length=1000), AfterValidator(parse_email)]
Uuid = Annotated[Clean, AfterValidator(_uuid)]


class FaultModel(BaseModel):
    field: str
    message: str
    code: str


class ErrorAnswer(BaseModel):
    detail: str
    errors: list[FaultModel] | None = None


# Public recording


class PublicChannel(BaseModel):
    channel_id: str
    name: str
    greeting: str
    max_seconds: int
    is_active: bool


class CodeRequest(Body):
    channel_id: Uuid
    email: Email


class CodeVerification(Body):
    channel_id: Uuid
    email: Email
    code: Annotated[Clean, Field(min_length=1, max_length=32)]


class SenderToken(BaseModel):
    sender_token: str


class UploadAnswer(BaseModel):
    id: str
    status: str


# Session and account


class SignIn(Body):
    email: Annotated[Clean, Field(max_length=1000)]
    password: Annotated[str, Field(max_length=10_000)]
    totp: Annotated[str | None, Field(max_length=100)] = None


class MailLink(Body):
    email: Annotated[Clean, Field(max_length=1000)]


class AcceptLink(Body):
    token: Annotated[str, Field(max_length=200)]
    password: Annotated[str | None, Field(max_length=10_000)] = None
    totp: Annotated[str | None, Field(max_length=100)] = None


class UserModel(BaseModel):
    id: str
    email: str
    name: str
    role: str


class AccountModel(BaseModel):
    id: str
    name: str
    slug: str | None
    plan: str
    timezone: str
    country: str
    created_at: str


class SessionAnswer(BaseModel):
    user: UserModel
    account: AccountModel
    csrf_token: str


class Workspace(BaseModel):
    subdomain: str | None
    public_url: str | None


class WorkspaceChange(Body):
    subdomain: Clean


# Recording channels

ChannelName = Annotated[Clean, Field(max_length=200)]
Greeting = Annotated[Clean, Field(max_length=2000)]
NotifyEmails = Annotated[list[Email], Field(max_length=20)]


class RecordingChannel(BaseModel):
    id: str
    kind: Literal["domain", "campaign"]
    name: str
    host: str | None
    slug: str | None
    is_active: bool
    greeting: str
    notify_emails: list[str]
    embed_code: str | None
    public_url: str | None
    status: Literal["pending", "active", "error"]
    agent_id: str | None
    last_seen_at: str | None
    voicegram_count: int
    created_at: str
    updated_at: str


class RecordingChannelList(BaseModel):
    recording_channels: list[RecordingChannel]
    total: int


def _no_agent(value: object) -> object:
    if value is not None:
        raise ValueError("no such agent")
    return value


NoAgent = Annotated[str | None, BeforeValidator(_no_agent)]
"""There are no agents yet, so only null is one."""


class RecordingChannelCreate(Body):
    kind: Literal["domain", "campaign"]
    name: ChannelName = ""
    host: Annotated[Clean, Field(max_length=300)] | None = None
    slug: Annotated[Clean, Field(max_length=300)] | None = None
    is_active: bool = True
    greeting: Greeting = ""
    notify_emails: NotifyEmails = Field(default_factory=list)
    agent_id: NoAgent = None


class RecordingChannelChange(Body):
    name: ChannelName = ""
    host: Annotated[Clean, Field(max_length=300)] = ""
    slug: Annotated[Clean, Field(max_length=300)] = ""
    is_active: bool = True
    greeting: Greeting = ""
    notify_emails: NotifyEmails = Field(default_factory=list)
    agent_id: NoAgent = None


# Voicegrams


class Sender(BaseModel):
    verification_method: Literal["email", "sms"]
    email: str | None
    phone: str | None


class ChannelReference(BaseModel):
    type: Literal["domain", "campaign"]
    id: str
    name: str
    page_url: str | None


class Word(BaseModel):
    text: str
    start_ms: int
    end_ms: int
    confidence: float | None


class Transcript(BaseModel):
    text: str
    confidence: float
    engine: str | None
    language: str | None
    words: list[Word] | None = None


class ActionItem(BaseModel):
    task: str
    priority: Literal["low", "medium", "high"]
    deadline: str | None


class Mentioned(BaseModel):
    names: list[str]
    phones: list[str]
    emails: list[str]


class Summary(BaseModel):
    text: str
    urgency: str | None
    sentiment: str | None
    intent: str | None
    callback_required: bool
    action_items: list[ActionItem]
    mentioned: Mentioned


class Audio(BaseModel):
    url: str | None
    expires_at: str | None
    content_type: str
    deleted_at: str | None


class StepModel(BaseModel):
    name: str
    status: str
    engine: str | None
    error: str | None
    started_at: str | None
    finished_at: str | None


class Delivery(BaseModel):
    id: str
    webhook_id: str
    url: str
    event_id: str
    event: str
    status: Literal["pending", "delivered", "failed", "cancelled"]
    attempts: int
    next_attempt_at: str | None
    created_at: str
    finished_at: str | None
    last_error: str | None
    last_status_code: int | None


class VoicegramRow(BaseModel):
    id: str
    status: Literal["processing", "completed"]
    created_at: str
    completed_at: str | None
    duration_seconds: float
    sender: Sender
    channel: ChannelReference
    transcript: Transcript
    summary: Summary | None
    audio: Audio
    dashboard_url: str
    tags: list[str]
    notes: str
    is_read: bool
    event_id: str | None
    lead_id: str | None
    message_id: str | None


class VoicegramDetail(VoicegramRow):
    steps: list[StepModel]
    deliveries: list[Delivery]


class VoicegramEvent(BaseModel):
    event: Literal["voicegram.completed"]
    event_id: str
    delivered_at: str
    data: dict[str, Any]


class VoicegramList(BaseModel):
    voicegrams: list[VoicegramRow]
    total: int


class VoicegramChange(Body):
    tags: list[Clean] = Field(default_factory=list)
    notes: Annotated[Clean, Field(max_length=20_000)] = ""
    is_read: bool = False
    lead_id: Uuid = ""


class Reprocess(Body):
    steps: Annotated[list[Literal["transcribe", "insight"]], Field(min_length=1)]
    engine: Annotated[Clean, Field(max_length=64)] | None = None


class LinkModel(BaseModel):
    id: str
    recipient: str
    kind: str
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None


class LinkList(BaseModel):
    links: list[LinkModel]
    total: int


class LinkCreate(Body):
    recipient: Annotated[Clean, Field(min_length=1, max_length=320)]
    expires_in_days: int | None = None


class NewLink(LinkModel):
    url: str


# API keys


class ApiKey(BaseModel):
    id: str
    name: str
    kind: Literal["secret", "public", "pat"]
    prefix: str
    scopes: list[str] | None
    user_id: str
    expires_at: str | None
    last_used_at: str | None
    created_at: str
    updated_at: str


class ApiKeyList(BaseModel):
    api_keys: list[ApiKey]
    total: int


class NewApiKey(ApiKey):
    key: str


class ApiKeyCreate(Body):
    name: Annotated[Clean, Field(min_length=1, max_length=200)]
    kind: Literal["secret", "public", "pat"] = "secret"
    expires_in_days: int | None = None
    scopes: Annotated[list[Clean], Field(max_length=100)] | None = None


class ApiKeyChange(Body):
    name: Annotated[Clean, Field(min_length=1, max_length=200)] | None = None
    scopes: Annotated[list[Clean], Field(max_length=100)] | None = None


class ApiKeyRotation(Body):
    grace_hours: int = 0
