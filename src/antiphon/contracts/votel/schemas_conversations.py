"""Conversations, messages and files as documented models (contracts/votel.md 0.7, 1)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from pydantic import AfterValidator, BaseModel, Field

from antiphon.contracts.votel.inputs import Body, Clean, Moment
from antiphon.contracts.votel.schemas import Email, Uuid

MAX_BULK = 200
MAX_ATTACHMENTS = 10
MAX_METADATA_BYTES = 8 * 1024

ChannelWord = Literal["sms", "whatsapp", "email", "webchat", "call", "voicegram", "note"]
StatusWord = Literal["open", "snoozed", "closed"]


def _metadata(value: dict[str, Any]) -> dict[str, Any]:
    encoded = msgspec.json.encode(value)
    if len(encoded) > MAX_METADATA_BYTES:
        raise ValueError("more than 8 KiB")
    if b"\\u0000" in encoded:
        raise ValueError("must not hold NUL characters")
    return value


Metadata = Annotated[dict[str, Any], AfterValidator(_metadata)]


class LeadReference(BaseModel):
    id: str
    name: str | None
    email: str | None
    phone: str | None
    company: str | None
    tags: list[str]
    pipeline_id: str | None
    pipeline_stage_id: str | None
    pipeline_stage_name: str | None


class Author(BaseModel):
    kind: Literal["lead", "user", "agent", "workflow", "campaign", "api", "system"]
    id: str | None
    name: str | None


class LastMessage(BaseModel):
    id: str
    channel: ChannelWord
    direction: Literal["inbound", "outbound", "internal"]
    snippet: str
    author: Author
    created_at: str


class AiState(BaseModel):
    mode: Literal["on", "paused", "off"]
    agent_id: str | None
    paused_until: str | None
    paused_by_id: str | None
    reason: str | None


class Conversation(BaseModel):
    id: str
    lead_id: str
    lead: LeadReference | None
    status: StatusWord
    snoozed_until: str | None
    is_unread: bool
    unread_count: int
    is_flagged: bool
    is_starred: bool
    assigned_to_id: str | None
    assigned_to_name: str | None
    channels: list[str]
    last_message: LastMessage | None
    last_inbound_at: str | None
    last_outbound_at: str | None
    whatsapp_window_expires_at: str | None
    ai: AiState
    created_at: str
    updated_at: str


class ConversationList(BaseModel):
    conversations: list[Conversation]
    total: int


class ConversationCreate(Body):
    lead_id: Uuid


class ConversationChange(Body):
    is_flagged: bool = False
    is_starred: bool = False
    is_unread: bool = False
    status: StatusWord = "open"
    snoozed_until: Moment | None = None
    assigned_to_id: Uuid | None = None


class ReadMark(Body):
    up_to_message_id: Uuid | None = None


class BulkChange(Body):
    ids: Annotated[list[Uuid], Field(min_length=1, max_length=MAX_BULK)]
    action: Literal["read", "unread", "open", "close", "assign", "flag"]
    assigned_to_id: Uuid | None = None


class BulkResult(BaseModel):
    updated: int
    skipped: int


class FileReference(BaseModel):
    id: str
    name: str
    url: str
    content_type: str
    size: int


class ImageAddress(BaseModel):
    url: str


class MessageError(BaseModel):
    code: str
    message: str | None


class Message(BaseModel):
    id: str
    conversation_id: str
    lead_id: str | None
    channel: ChannelWord
    direction: Literal["inbound", "outbound", "internal"]
    status: Literal["scheduled", "queued", "sent", "delivered", "read", "failed", "canceled"]
    body: str
    subject: str | None
    html_url: str | None
    attachments: list[FileReference]
    sender: Annotated[str | None, Field(alias="from")]
    to: str | None
    cc: list[str]
    bcc: list[str]
    reply_to_message_id: str | None
    author: Author
    source: str
    source_id: str | None
    template_id: str | None
    call_id: str | None
    voicegram_id: str | None
    provider: str | None
    provider_message_id: str | None
    error: MessageError | None
    scheduled_at: str | None
    sent_at: str | None
    delivered_at: str | None
    read_at: str | None
    opened_at: str | None
    clicked_at: str | None
    segments: int | None
    cost_micros: int | None
    metadata: dict[str, Any]
    created_at: str
    updated_at: str


class MessageList(BaseModel):
    messages: list[Message]
    total: int


class Thread(MessageList):
    has_more: bool


class MessageCreate(Body):
    """What to send (contracts/votel.md 1.2)."""

    channel: Literal["sms", "whatsapp", "email", "webchat", "note"]
    body: Clean = ""
    html: Clean | None = None
    subject: Clean | None = None
    cc: Annotated[list[Email], Field(default_factory=list, max_length=20)]
    bcc: Annotated[list[Email], Field(default_factory=list, max_length=20)]
    attachments: Annotated[
        list[Clean],
        Field(
            default_factory=list,
            max_length=MAX_ATTACHMENTS,
            description="Ids of uploaded files, or https addresses, which are fetched before it leaves",
        ),
    ]
    sender: Annotated[Clean | None, Field(alias="from", max_length=64)] = None
    channel_id: Uuid | None = None
    reply_to_message_id: Uuid | None = None
    scheduled_at: Moment | None = None
    purpose: Literal["transactional", "marketing"] = "transactional"
    template_id: Uuid | None = None
    variables: dict[str, Any] = Field(default_factory=dict)
    metadata: Metadata = Field(default_factory=dict)


class DirectMessageCreate(MessageCreate):
    lead_id: Uuid | None = None
    to: Annotated[Clean | None, Field(max_length=320)] = None


class MessageChange(Body):
    body: Clean | None = None
    subject: Clean | None = None
    scheduled_at: Moment | None = None
