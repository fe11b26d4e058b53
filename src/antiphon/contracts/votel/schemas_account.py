"""Models of the account and its audit log (contracts/votel.md 11.1)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from antiphon.contracts.votel.inputs import Body, Clean


class QuietHours(Body):
    """Local times such as 21:30; `to` may lie on the next day."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    from_: Annotated[Clean, Field(alias="from")]
    to: Clean


class Retention(BaseModel):
    """Days; null keeps for ever."""

    recordings_days: int
    transcripts_days: int | None
    messages_days: int | None


class AccountWhole(BaseModel):
    """`language` is the one that callers and visitors are expected to speak, `locale` that of the screens."""

    id: str
    name: str
    slug: str | None
    plan: str
    timezone: str
    country: str
    language: str
    locale: str
    currency: str
    week_start: Literal["monday", "saturday", "sunday"]
    postal_address: str
    quiet_hours: QuietHours | None
    duplicate_policy: Literal["allow", "reject", "update"]
    require_consent: list[Literal["sms", "whatsapp", "email", "call"]]
    retention: Retention
    help_text: str
    stop_words: list[str]
    recording_enabled: bool
    transcription_enabled: bool
    summary_enabled: bool
    sentiment_enabled: bool
    created_at: str
    updated_at: str


class RetentionChange(Body):
    recordings_days: int | None = None
    transcripts_days: int | None = None
    messages_days: int | None = None


class AccountChange(Body):
    name: Clean = ""
    slug: Clean = ""
    timezone: Clean = ""
    country: Clean = ""
    language: Clean = ""
    locale: Clean = ""
    currency: Clean = ""
    week_start: Clean = ""
    postal_address: Clean = ""
    quiet_hours: QuietHours | None = None
    duplicate_policy: Clean = ""
    require_consent: Annotated[list[Clean], Field(max_length=20, default_factory=list)]
    retention: Annotated[RetentionChange, Field(default_factory=RetentionChange)]
    help_text: Clean = ""
    stop_words: Annotated[list[Clean], Field(max_length=200, default_factory=list)]
    recording_enabled: bool = True
    transcription_enabled: bool = True
    summary_enabled: bool = True
    sentiment_enabled: bool = True


class AuditActor(BaseModel):
    kind: Literal["user", "api", "system"]
    id: str | None
    name: str
    key_id: str | None


class AuditTarget(BaseModel):
    kind: str
    id: str
    label: str


class AuditChange(BaseModel):
    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    field: str
    from_: Annotated[Any, Field(alias="from")]
    to: Any


class AuditEntry(BaseModel):
    id: str
    at: str
    actor: AuditActor
    action: str
    target: AuditTarget
    ip: str | None
    changes: list[AuditChange]


class AuditLog(BaseModel):
    entries: list[AuditEntry]
    total: int
