"""What the seven events are made of, for the document and its tests (contracts/vocatech.md 6)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from antiphon.contracts.vocatech.schemas import (
    Answer,
    Attachment,
    MessageStatusName,
    Phone,
    Sentiment,
    Stamp,
    Uri,
)

CallId = Annotated[str, Field(description="As in `GET /v1/calls`; of a test event it begins with `test_`")]
MessageId = Annotated[
    str, Field(description="As in `GET /v1/messages`; of a test event it begins with `test_`")
]


class CallStartedData(Answer):
    call_id: CallId
    direction: Literal["incoming", "outgoing", "internal"]
    extension: str | None
    extension_name: str | None
    remote_name: str | None
    remote_number: Phone | None
    group_number: Phone | None
    start_time: Stamp


class CallAnsweredData(CallStartedData):
    answer_time: Stamp


class CallEndedData(CallStartedData):
    status: Literal["answered", "missed"]
    end_time: Stamp
    duration: int = Field(ge=0, description="Seconds from start to end")


class CallTranscriptionData(Answer):
    call_id: CallId
    summary: str | None
    transcription: str = Field(
        description="One turn per line: `<speaker>: <words>`; a blank line between segments"
    )
    sentiment: Sentiment | None


class LinkedAttachment(Attachment):
    url: Uri = Field(description="Works for 30 minutes from this attempt, without a key")


class MessageData(Answer):
    message_id: MessageId
    direction: Literal["incoming", "outgoing"]
    channel: Literal["text", "whatsapp"]
    sender: Annotated[str, Field(alias="from")]
    to: str
    body: str
    status: MessageStatusName
    sent_at: Stamp
    attachments: list[LinkedAttachment]


class MessageStatusData(Answer):
    message_id: MessageId
    status: MessageStatusName
    updated_at: Stamp


class EventBody(Answer):
    """The envelope, without `event_type` and `data`."""

    id: str = Field(pattern="^evt_", description="The same over all attempts: deduplicate on it")
    created_at: Stamp


class CallStartedEvent(EventBody):
    event_type: Literal["call.started"]
    data: CallStartedData


class CallAnsweredEvent(EventBody):
    event_type: Literal["call.answered"]
    data: CallAnsweredData


class CallEndedEvent(EventBody):
    event_type: Literal["call.ended"]
    data: CallEndedData


class CallTranscriptionEvent(EventBody):
    event_type: Literal["call.transcription"]
    data: CallTranscriptionData


class MessageSentEvent(EventBody):
    event_type: Literal["message.sent"]
    data: MessageData


class MessageReceivedEvent(EventBody):
    event_type: Literal["message.received"]
    data: MessageData


class MessageStatusUpdatedEvent(EventBody):
    event_type: Literal["message.status_updated"]
    data: MessageStatusData


EVENTS: dict[str, tuple[type[EventBody], str]] = {
    "call.started": (CallStartedEvent, "A call rings"),
    "call.answered": (CallAnsweredEvent, "Somebody or an assistant picks up"),
    "call.ended": (CallEndedEvent, "A call has ended"),
    "call.transcription": (CallTranscriptionEvent, "Transcript and summary of a call are ready"),
    "message.sent": (MessageSentEvent, "The carrier has taken a message"),
    "message.received": (MessageReceivedEvent, "A message has come in"),
    "message.status_updated": (MessageStatusUpdatedEvent, "The carrier tells of a message's new status"),
}
"""The body and the occasion of each event, in the order of section 6."""

HEADERS: dict[str, dict[str, Any]] = {
    "X-Vocatech-Signature": {
        "type": "string",
        "pattern": "^t=[0-9]+,v1=[0-9a-f]{64}$",
        "description": "HMAC-SHA256 of `t=<unix>.<body>`; the key is the whole secret, as text",
    },
    "X-Vocatech-Timestamp": {"type": "integer", "description": "The same `<unix>`; refuse beyond 5 minutes"},
    "webhook-id": {"type": "string", "description": "The event's id"},
    "webhook-timestamp": {"type": "integer", "description": "The same `<unix>`"},
    "webhook-signature": {"type": "string", "description": "As in Standard Webhooks: `v1,<base64>`"},
}
