"""What every carrier gives: checked callbacks as neutral events, and one way to send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias
from urllib.parse import parse_qsl

from antiphon.core.errors import AntiphonError, ErrorCategory, ServiceError

CallDirection = Literal["inbound", "outbound"]
CallEnd = Literal["completed", "no_answer", "busy", "failed"]
Delivery = Literal["sent", "delivered", "read", "failed"]
MessageChannel = Literal["sms", "whatsapp"]
OptOut = Literal["stop", "start", "help"]

MAX_MEDIA_BYTES = 32 * 1024 * 1024
MAX_RECORDING_BYTES = 128 * 1024 * 1024
READ_RECEIPTS = frozenset({"meta_whatsapp"})
"""The carriers that pass on that a message was read."""
_MIB = 1024 * 1024
_MEDIA_LIMITS: Mapping[tuple[str, str], Mapping[str, int]] = {
    ("twilio", "sms"): {"": 5 * _MIB},
    ("twilio", "whatsapp"): {"": 16 * _MIB},
    ("meta_whatsapp", "whatsapp"): {"image": 5 * _MIB, "audio": 16 * _MIB, "video": 16 * _MIB},
    ("simulator", "sms"): {"": 5 * _MIB},
    ("simulator", "whatsapp"): {"": 16 * _MIB},
}


def media_limit(carrier: str, channel: str, content_type: str) -> int:
    """The bytes that a carrier takes of a file of the type, of all files of one text message."""
    limits = _MEDIA_LIMITS.get((carrier, channel), {})
    return limits.get(content_type.partition("/")[0], limits.get("", MAX_MEDIA_BYTES))


def whatsapp_type(content_type: str) -> str:
    """What WhatsApp calls a message with such a file (contracts/voicory.md 8.3)."""
    kind = content_type.partition("/")[0]
    return kind if kind in ("image", "audio", "video") else "document"


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """A request at the connection's callback address; `url` as the carrier knows it, header names lower."""

    method: str
    url: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def form(self) -> list[tuple[str, str]]:
        """The pairs of a form body, empty values included."""
        return parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=500)


@dataclass(frozen=True, slots=True)
class CallbackAnswer:
    status: int = 200
    body: bytes = b""
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class CallParties:
    """Who talks to whom; numbers in E.164 form, None when withheld; `sid` is the carrier's id."""

    sid: str
    direction: CallDirection
    from_number: str | None
    to_number: str | None


@dataclass(frozen=True, slots=True)
class CallStarted:
    """Ringing began; times here and below are UTC milliseconds."""

    call: CallParties
    at: int


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """`is_leg`: by whom the call was put through to; it holds against an end that told of no answer."""

    call: CallParties
    at: int
    is_leg: bool = False


@dataclass(frozen=True, slots=True)
class CallEnded:
    """`talk_ms` is the time from the answer on, where the carrier tells it.

    Without a `status` the call is completed if its answer was told, else missed.
    """

    call: CallParties
    at: int
    status: CallEnd | None
    reason: str | None = None
    talk_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RecordingReady:
    """A recording can be fetched from `url`, with the carrier's own access; `object_key`: it is stored."""

    sid: str
    recording_id: str
    url: str | None = None
    object_key: str | None = None


@dataclass(frozen=True, slots=True)
class MediaReference:
    """Where the carrier keeps an attachment: a URL or its own id."""

    content_type: str
    url: str | None = None
    carrier_media_id: str | None = None
    filename: str = ""
    caption: str | None = None


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """`to_number` or `carrier_number_id` says which number; `content` as in WhatsApp's message object.

    `opt_out` is the carrier's own reading of the words; `keywords_answered`: it answers the usual words
    (STOP, START, HELP and their like) itself.
    """

    carrier_message_id: str
    channel: MessageChannel
    from_number: str
    to_number: str | None
    body: str
    at: int
    carrier_number_id: str | None = None
    name: str | None = None
    message_type: str = "text"
    content: dict[str, Any] | None = None
    media: tuple[MediaReference, ...] = ()
    opt_out: OptOut | None = None
    keywords_answered: bool = False


@dataclass(frozen=True, slots=True)
class MessageStatus:
    """`reference` is our own message id, where the carrier gives it back."""

    carrier_message_id: str
    status: Delivery
    at: int
    reference: str | None = None
    error_code: str | None = None
    error: str | None = None


CarrierEvent: TypeAlias = (
    CallStarted | CallAnswered | CallEnded | RecordingReady | MessageReceived | MessageStatus
)


@dataclass(frozen=True, slots=True)
class MediaLink:
    url: str
    content_type: str
    filename: str


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One message to hand over; `reference` is our id, `template` WhatsApp's template object."""

    reference: str
    channel: MessageChannel
    from_number: str
    to_number: str
    body: str
    carrier_number_id: str | None = None
    template: dict[str, Any] | None = None
    media: tuple[MediaLink, ...] = ()


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A later state of a message in a carrier without a network."""

    delay_ms: int
    status: Delivery
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """The carrier has taken the message."""

    carrier_message_id: str
    status: Literal["sent", "delivered"] = "sent"
    follow_ups: tuple[FollowUp, ...] = ()


@dataclass(frozen=True, slots=True)
class FetchedMedia:
    data: bytes = field(repr=False)
    content_type: str


class SendRefused(AntiphonError):  # noqa: N818  the carrier's answer, not a fault of the program
    """The carrier will not send this message; `code` is ours or the carrier's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class SendUnknown(AntiphonError):  # noqa: N818  an outcome, not a fault of the program
    """The request went out and nobody can say whether the carrier has taken the message."""


class NotHandedOver(ServiceError):  # noqa: N818  an outcome, not a fault of the program
    """The carrier has certainly not taken the message; it may be tried again when the category says so."""

    def __init__(
        self, category: ErrorCategory, message: str, *, service: str, retry_after_ms: int | None = None
    ) -> None:
        super().__init__(category, message, service=service, retry_after_ms=retry_after_ms)


class Carrier(Protocol):
    """One connection to one carrier."""

    @property
    def name(self) -> str: ...

    @property
    def is_idempotent(self) -> bool:
        """Whether handing over the same reference twice sends one message."""
        ...

    async def send_message(self, message: OutboundMessage) -> SendOutcome:
        """Hand over once. Raises SendRefused, SendUnknown and NotHandedOver."""
        ...

    def verify(self, request: CallbackRequest) -> bool:
        """Whether the carrier itself has sent the request."""
        ...

    def parse_callbacks(self, request: CallbackRequest) -> list[CarrierEvent]:
        """What a verified request tells. Raises DomainError when it cannot be read."""
        ...

    def answer(self, request: CallbackRequest) -> CallbackAnswer:
        """What the carrier wants to hear back."""
        ...

    async def check(self) -> None:
        """Raises ServiceError when the carrier refuses the connection's access or is not reached."""
        ...

    async def mark_read(self, carrier_message_id: str, carrier_number_id: str | None) -> None:
        """Tell who wrote it that a message was read, of carriers in READ_RECEIPTS. Raises ServiceError."""
        ...

    async def hook_number(self, e164: str, carrier_number_id: str | None) -> str | None:
        """Point the number's callbacks at the connection; its id at the carrier, if it has one.

        Raises ServiceError, CALLER when the carrier's account has no such number.
        """
        ...

    async def unhook_number(self, carrier_number_id: str | None, *, release: bool) -> None:
        """Take the callbacks away, or give the number back. Raises ServiceError."""
        ...

    async def fetch_media(
        self, *, url: str | None = None, carrier_media_id: str | None = None, max_bytes: int = MAX_MEDIA_BYTES
    ) -> FetchedMedia:
        """An attachment or a recording. Raises ServiceError; its category says whether to try again."""
        ...
