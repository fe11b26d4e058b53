"""What the simulated outside world takes and answers (contracts/votel.md 11.5)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from antiphon.contracts.votel.inputs import Body, Clean
from antiphon.contracts.votel.schemas import Email, Uuid

Number = Annotated[Clean, Field(min_length=1, max_length=64)]
MessageWord = Literal["queued", "sent", "delivered", "read", "failed"]


class SimulatedMessage(Body):
    channel: Literal["sms", "whatsapp"] = "sms"
    sender: Annotated[Number, Field(alias="from")]
    to: Number
    body: Annotated[Clean, Field(min_length=1, max_length=4096)]
    name: Annotated[Clean, Field(max_length=200)] | None = None


class ReceivedMessage(BaseModel):
    id: str
    conversation_id: str
    lead_id: str | None
    channel: Literal["sms", "whatsapp"]
    sender: str = Field(alias="from")
    to: str
    body: str
    created_at: str


class Turn(Body):
    speaker: Literal["caller", "agent"]
    text: Annotated[Clean, Field(min_length=1, max_length=1000)]
    pause_ms: Annotated[int, Field(ge=0, le=60_000)] = 400


class SimulatedCall(Body):
    """`turns`, or the same as lines of a `script`: `caller: ...`, `agent: ...`, `pause 1.5`."""

    sender: Annotated[Number, Field(alias="from")]
    to: Number
    turns: Annotated[list[Turn], Field(max_length=200)] | None = None
    script: Annotated[Clean, Field(max_length=20_000)] | None = None


class PlannedCall(BaseModel):
    id: str
    kind: Literal["simulator.call"]
    status: Literal["queued"]
    call_sid: str
    direction: Literal["inbound", "outbound"]
    number: str
    outside_number: str
    behaviour: Literal["normal", "busy", "no_answer", "voicemail", "failure", "opted_out"]


class StatusReport(Body):
    status: Literal["sent", "delivered", "read", "failed"]
    error: Annotated[Clean, Field(max_length=64)] | None = None


class OutboxMessage(BaseModel):
    id: str
    conversation_id: str
    channel: Literal["sms", "whatsapp"]
    sender: str = Field(alias="from")
    to: str
    body: str
    status: MessageWord
    error_code: str | None
    created_at: str
    sent_at: str | None
    delivered_at: str | None
    read_at: str | None


class Outbox(BaseModel):
    outbox: list[OutboxMessage]
    total: int


class SimulatedVoicegram(Body):
    channel_id: Uuid
    email: Email
    text: Annotated[Clean, Field(min_length=1, max_length=5000)]


class PlannedVoicegram(BaseModel):
    id: str
    kind: Literal["simulator.voicegram"]
    status: Literal["queued", "processing", "completed"]
