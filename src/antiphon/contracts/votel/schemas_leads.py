"""Leads, notes, tags, fields and pipelines as documented models (contracts/votel.md 3)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from antiphon.contracts.votel.inputs import Body, Clean
from antiphon.contracts.votel.schemas import Uuid

Lifecycle = Literal["subscriber", "lead", "mql", "sql", "opportunity", "customer", "evangelist"]
LIFECYCLES = ("subscriber", "lead", "mql", "sql", "opportunity", "customer", "evangelist")
DataType = Literal["text", "email", "phone", "dropdown", "date", "number", "textarea"]

Line = Annotated[Clean, Field(max_length=500)]
TagName = Annotated[Clean, Field(max_length=200)]
NoteText = Annotated[Clean, Field(min_length=1, max_length=20_000)]


class LeadAddress(BaseModel):
    value: str
    label: str | None
    is_primary: bool
    verified: bool


class ConsentModel(BaseModel):
    status: Literal["granted", "denied", "unknown"]
    source: str | None
    at: str | None


class Consents(BaseModel):
    sms: ConsentModel
    whatsapp: ConsentModel
    email: ConsentModel
    call: ConsentModel


class Touch(BaseModel):
    source: str | None
    medium: str | None
    campaign: str | None
    term: str | None
    content: str | None
    referrer: str | None
    landing_page: str | None
    click_id: str | None
    at: str | None


class Attribution(BaseModel):
    first: Touch
    last: Touch


class Lead(BaseModel):
    id: str
    first_name: str | None
    last_name: str | None
    name: str | None
    email: str | None
    phone: str | None
    emails: list[LeadAddress]
    phones: list[LeadAddress]
    company: str | None
    job_title: str | None
    website: str | None
    lead_source: str | None
    lifecycle_stage: Lifecycle | None
    address: str | None
    city: str | None
    state: str | None
    postal_code: str | None
    country: str | None
    timezone: str | None
    timezone_guessed: bool
    language: str | None
    date_of_birth: str | None
    tags: list[str]
    pipeline_id: str | None
    pipeline_stage_id: str | None
    pipeline_stage: str | None
    pipeline_stage_name: str | None
    owner_id: str | None
    owner_name: str | None
    score: int
    custom_fields: dict[str, str | int | float | None]
    deal_value: int | None
    deal_currency: str | None
    deal_status: Literal["open", "won", "lost"] | None
    dnd: bool
    consents: Consents
    attribution: Attribution
    conversation_id: str | None
    last_activity_at: str | None
    last_inbound_at: str | None
    created_at: str
    updated_at: str


class LeadList(BaseModel):
    data: list[Lead]
    total: int


class LeadView(BaseModel):
    lead: Lead


class AddressBody(Body):
    value: Annotated[Clean, Field(min_length=1, max_length=320)]
    label: Annotated[Clean, Field(max_length=40)] | None = None
    is_primary: bool = False


class LeadBody(Body):
    """Keys left out stay as they are; null clears."""

    first_name: Line | None = None
    last_name: Line | None = None
    name: Line | None = None
    email: Line | None = None
    phone: Line | None = None
    emails: Annotated[list[AddressBody], Field(max_length=20)] | None = None
    phones: Annotated[list[AddressBody], Field(max_length=20)] | None = None
    company: Line | None = None
    job_title: Line | None = None
    website: Line | None = None
    lead_source: Annotated[Clean, Field(max_length=200)] | None = None
    lifecycle_stage: Lifecycle | None = None
    address: Line | None = None
    city: Line | None = None
    state: Line | None = None
    postal_code: Line | None = None
    country: Line | None = None
    timezone: Annotated[Clean, Field(max_length=64)] | None = None
    language: Annotated[Clean, Field(max_length=35)] | None = None
    date_of_birth: Annotated[Clean, Field(max_length=10)] | None = None
    tags: Annotated[list[TagName], Field(max_length=100)] | None = None
    pipeline_id: Uuid | None = None
    pipeline_stage_id: Uuid | None = None
    owner_id: Uuid | None = None
    score: int | None = None
    custom_fields: dict[str, str | int | float | None] | None = None
    deal_value: int | None = None
    deal_currency: Annotated[Clean, Field(max_length=3)] | None = None
    dnd: bool | None = None


class TagsBody(Body):
    add: Annotated[list[TagName], Field(max_length=100)] = Field(default_factory=list)
    remove: Annotated[list[TagName], Field(max_length=100)] = Field(default_factory=list)


class TagsAnswer(BaseModel):
    tags: list[str]


class ActorModel(BaseModel):
    kind: str
    id: str | None
    name: str | None


class Note(BaseModel):
    id: str
    lead_id: str
    content: str
    pinned: bool
    author: ActorModel
    created_at: str
    updated_at: str


class NoteList(BaseModel):
    notes: list[Note]
    total: int


class NoteCreate(Body):
    content: NoteText
    pinned: bool = False


class NoteChange(Body):
    content: NoteText = "-"
    pinned: bool = False


class Reference(BaseModel):
    kind: str
    id: str


class ActivityItem(BaseModel):
    id: str
    activity_type: Literal["call", "email", "sms", "note", "system"]
    type: str
    subtype: str
    summary: str
    content: str | None
    actor: ActorModel
    ref: Reference | None
    created_at: str


class ActivityList(BaseModel):
    activities: list[ActivityItem]
    total: int


class ActivityCreate(Body):
    activity_type: Literal["call", "email", "sms", "note"]
    summary: Annotated[Clean, Field(max_length=1000)] = ""
    content: Annotated[Clean, Field(max_length=20_000)] = ""
    occurred_at: Annotated[Clean, Field(max_length=40)] | None = None


class Tag(BaseModel):
    id: str
    name: str
    color: str | None
    lead_count: int
    created_at: str
    updated_at: str


class TagList(BaseModel):
    tags: list[Tag]
    total: int


class TagCreate(Body):
    name: Annotated[Clean, Field(min_length=1, max_length=200)]
    color: Annotated[Clean, Field(pattern=r"^#[0-9a-fA-F]{6}$")] | None = None


class TagChange(Body):
    name: Annotated[Clean, Field(min_length=1, max_length=200)] = "-"
    color: Annotated[Clean, Field(pattern=r"^#[0-9a-fA-F]{6}$")] | None = None


class TagMerge(Body):
    into_id: Uuid


class OptionModel(Body):
    label: Annotated[Clean, Field(min_length=1, max_length=200)]
    value: Annotated[Clean, Field(min_length=1, max_length=200)]


class FieldModel(BaseModel):
    field_name: str
    label: str
    data_type: DataType
    visible: bool
    is_custom: bool
    options: list[dict[str, Any]]


class FieldCategory(BaseModel):
    name: str
    fields: list[FieldModel]


class FieldCategories(BaseModel):
    categories: list[FieldCategory]


class CustomField(FieldModel):
    model_config = ConfigDict(extra="forbid")

    category: str


class FieldCreate(Body):
    label: Annotated[Clean, Field(min_length=1, max_length=100)]
    data_type: DataType = "text"
    visible: bool = True
    options: Annotated[list[OptionModel], Field(max_length=200)] = Field(default_factory=list)


class Column(BaseModel):
    id: str
    name: str
    color: str
    position: int
    kind: Literal["open", "won", "lost"]
    probability: int
    lead_count: int


class PipelineModel(BaseModel):
    id: str
    name: str
    columns: list[Column]


class PipelineList(BaseModel):
    pipelines: list[PipelineModel]
