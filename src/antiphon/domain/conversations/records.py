"""Typed rows of conversations, messages and media, and the inputs of their commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from antiphon.domain.numbers.records import Number


class Channel(StrEnum):
    SMS = "sms"
    WHATSAPP = "whatsapp"


class MessageKind(StrEnum):
    SMS = "sms"
    MMS = "mms"
    WHATSAPP = "whatsapp"


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class MessageStatus(StrEnum):
    """Outbound: from `queued` upwards; inbound: `delivered`, `read` once a user opened it."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


class MediaStatus(StrEnum):
    PENDING = "pending"
    STORED = "stored"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Media:
    """One attachment; `size` in bytes is 0 until it is stored."""

    id: str
    account_id: str
    message_id: str
    object_key: str | None
    source_url: str | None
    carrier_media_id: str | None
    content_type: str
    filename: str
    size: int
    caption: str | None
    status: MediaStatus
    created_at: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message on any channel; times in milliseconds, `contact_name` and `contact_id` of a live contact.

    `content` is the WhatsApp content object where it is neither text nor media.
    """

    id: str
    account_id: str
    conversation_id: str
    contact_id: str | None
    contact_name: str | None
    channel: Channel
    kind: MessageKind
    direction: Direction
    status: MessageStatus
    carrier: str
    carrier_message_id: str | None
    number_id: str | None
    from_address: str
    to_address: str
    remote_address: str
    body: str
    content: dict[str, Any] | None
    message_type: str
    is_from_bot: bool
    author_user_id: str | None
    error_code: str | None
    error: str | None
    hand_over_started_at: int | None
    created_at: int
    sent_at: int | None
    delivered_at: int | None
    read_at: int | None
    failed_at: int | None
    media: tuple[Media, ...] = ()

    @property
    def own_address(self) -> str:
        """The company's side."""
        return self.to_address if self.direction is Direction.INBOUND else self.from_address


@dataclass(frozen=True, slots=True)
class InboundMedia:
    """Where the carrier keeps an attachment: a URL or its own id."""

    content_type: str
    source_url: str | None = None
    carrier_media_id: str | None = None
    filename: str = ""
    caption: str | None = None


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """What a carrier has delivered to one of the account's numbers; `at` is the carrier's time in ms.

    `opt_out` is the carrier's own reading of the words: "stop", "start" or None.
    """

    carrier: str
    carrier_message_id: str
    channel: Channel
    number: Number
    from_address: str
    body: str
    name: str | None = None
    at: int | None = None
    message_type: str = "text"
    content: dict[str, Any] | None = None
    media: tuple[InboundMedia, ...] = ()
    opt_out: str | None = None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An object to attach; `size` in bytes."""

    object_key: str
    content_type: str
    filename: str
    size: int


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """What is to be sent; numbers in E.164 form.

    `name` names the contact if it is new; `members` are emails of users who follow the conversation.
    """

    channel: Channel
    from_number: str
    to: str
    body: str
    name: str | None = None
    members: tuple[str, ...] = ()
    author_user_id: str | None = None
    is_from_bot: bool = False
    message_type: str = "text"
    content: dict[str, Any] | None = None
    files: tuple[StoredFile, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageFilters:
    """Absent ones match everything; `since` and `until` are inclusive, `address` is either side."""

    channels: tuple[Channel, ...] = (Channel.SMS, Channel.WHATSAPP)
    direction: Direction | None = None
    status: MessageStatus | None = None
    contact_id: str | None = None
    address: str | None = None
    since: int | None = None
    until: int | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True)
class MessagePage:
    items: list[Message] = field(default_factory=list)
    total: int = 0
