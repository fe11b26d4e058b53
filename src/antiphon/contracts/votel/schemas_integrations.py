"""Models of integrations and phone numbers (contracts/votel.md 11.3, 11.5)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from antiphon.contracts.votel.inputs import Body, Clean
from antiphon.contracts.votel.schemas import Uuid


class IntegrationField(BaseModel):
    name: str
    label: str
    is_required: bool
    is_secret: bool


class ConnectionSummary(BaseModel):
    id: str
    label: str
    status: Literal["connected", "error"]
    last_error: str | None


class Integration(BaseModel):
    key: str
    name: str
    category: str
    connected: bool
    connections: list[ConnectionSummary]
    fields: list[IntegrationField]
    events: list[str]
    actions: list[str]


class IntegrationList(BaseModel):
    integrations: list[Integration]
    total: int


class Connection(ConnectionSummary):
    """`fields` without the secret ones; `callback_url` is where a carrier reports to."""

    key: str
    fields: dict[str, str]
    callback_url: str | None
    created_at: str
    updated_at: str


class Connect(Body):
    label: Annotated[Clean, Field(max_length=200)] = ""
    fields: dict[str, Clean] = Field(default_factory=dict)


class ConnectionChange(Body):
    label: Annotated[Clean, Field(max_length=200)] | None = None
    fields: dict[str, Clean] = Field(default_factory=dict)


class TestResult(BaseModel):
    success: bool
    error: str | None


class Capabilities(BaseModel):
    voice: bool
    sms: bool
    mms: bool
    whatsapp: bool


class PhoneNumber(BaseModel):
    id: str
    phone_number: str
    label: str
    country: str | None
    type: Literal["local", "mobile", "toll_free", "national"]
    capabilities: Capabilities
    provider: str
    status: Literal["active", "pending", "porting", "error"]
    call_destination: dict[str, Any]
    fallback: dict[str, Any]
    schedule_id: str | None
    sms_channel_id: str | None
    registration_campaign_id: str | None
    recording: bool
    is_default: bool
    throughput_per_second: int
    month_price_micros: int
    purchased_at: str
    created_at: str
    updated_at: str


class PhoneNumberList(BaseModel):
    phone_numbers: list[PhoneNumber]
    total: int


class Destination(Body):
    """`type` decides which of the other keys count (contracts/votel.md 11.5)."""

    type: Clean
    user_ids: Annotated[list[Uuid], Field(max_length=100, default_factory=list)]
    team_id: Clean | None = None
    ring_seconds: int = 25
    agent_id: Clean | None = None
    number: Clean | None = None
    show: Clean = "caller"


class PhoneNumberImport(Body):
    """`connection_id` chooses among several connections; `capabilities` default to the provider's."""

    phone_number: Annotated[Clean, Field(max_length=64)]
    provider: Literal["twilio", "meta_whatsapp", "simulator"]
    provider_number_id: Annotated[Clean, Field(max_length=64)] | None = None
    connection_id: Uuid | None = None
    label: Annotated[Clean, Field(max_length=200)] = ""
    capabilities: Capabilities | None = None


class PhoneNumberChange(Body):
    label: Annotated[Clean, Field(max_length=200)] = ""
    call_destination: Destination | None = None
    fallback: Destination | None = None
    schedule_id: Uuid | None = None
    recording: bool = True
    is_default: bool = False


class NumberCheck(BaseModel):
    healthy: bool
    problems: list[str]
