"""Webhooks, their deliveries and their events, as documented models (contracts/votel.md 11.6)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from antiphon.contracts.votel.inputs import Body, Clean
from antiphon.contracts.votel.schemas import Uuid

Contract = Literal["native", "voicegram", "vocatech"]
Name = Annotated[Clean, Field(max_length=200)]
Url = Annotated[Clean, Field(min_length=1, max_length=4000)]
Events = Annotated[list[Annotated[Clean, Field(max_length=64)]], Field(max_length=100)]
MAX_GRACE_HOURS = 24


class Webhook(BaseModel):
    id: str
    contract: str
    name: str
    url: str
    events: list[str] = Field(description="Names or patterns such as `lead.*`; empty: all")
    filter: dict[str, Any] | None
    secret_prefix: str
    recording_channel_id: str | None
    source: Literal["dashboard", "zapier"]
    is_active: bool
    disabled_reason: Literal["deleted", "failures", "gone", "paused"] | None
    inactive_since: str | None
    consecutive_failures: int
    last_delivery_at: str | None
    last_success_at: str | None
    last_error: str | None
    created_at: str
    created_by_user_id: str | None


class WebhookList(BaseModel):
    webhooks: list[Webhook]
    total: int


class NewWebhook(Webhook):
    secret: str = Field(description="Shown only here")


class WebhookCreate(Body):
    contract: Contract = "native"
    name: Name = ""
    url: Url
    events: Events = Field(default_factory=list)
    filter: dict[str, Any] | None = None
    recording_channel_id: Uuid | None = None


class WebhookChange(Body):
    name: Name = ""
    url: Url = ""
    events: Events = Field(default_factory=list)
    filter: dict[str, Any] | None = None
    recording_channel_id: Uuid | None = None
    is_active: bool = True


class WebhookTestRequest(Body):
    event: Annotated[Clean, Field(max_length=64)] | None = None


class WebhookTest(BaseModel):
    success: bool
    status_code: int | None
    error: str | None


class SecretRotation(Body):
    grace_hours: Annotated[int, Field(ge=0, le=MAX_GRACE_HOURS)] = 0


class Secret(BaseModel):
    secret: str


class Attempt(BaseModel):
    id: str
    delivery_id: str
    event_id: str
    event: str
    object_id: str | None
    is_test: bool
    attempt: int
    at: str
    latency_ms: int
    status: Literal["delivered", "failed"]
    delivery_status: Literal["pending", "delivered", "failed", "cancelled"]
    next_attempt_at: str | None
    status_code: int | None
    error: str | None
    body: dict[str, Any] | None
    response_excerpt: str


class AttemptList(BaseModel):
    deliveries: list[Attempt]
    total: int


class EventTypeModel(BaseModel):
    type: str
    sample: dict[str, Any]


class EventTypeList(BaseModel):
    event_types: list[EventTypeModel]
    total: int
