"""Typed rows of conversations, messages and media, and the inputs of their commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement

from antiphon.domain.contacts.pipelines import Stage
from antiphon.domain.contacts.records import Contact
from antiphon.domain.numbers.records import Number


class Channel(StrEnum):
    """Where a message came or goes; a call or voicegram stands in the thread as a message of its channel."""

    SMS = "sms"
    WHATSAPP = "whatsapp"
    EMAIL = "email"
    WEBCHAT = "webchat"
    CALL = "call"
    VOICEGRAM = "voicegram"
    NOTE = "note"


CARRIED = (Channel.SMS, Channel.WHATSAPP)
"""The channels of carriers; messages of the others exist in the native contract only."""
ANSWER = "inbound"
"""The source of a message that answers a keyword; `source_id` is that of the message that had it."""
WRITTEN = (Channel.SMS, Channel.WHATSAPP, Channel.EMAIL, Channel.WEBCHAT)
"""The channels of the message log (contracts/votel.md 6)."""


class MessageKind(StrEnum):
    SMS = "sms"
    MMS = "mms"
    WHATSAPP = "whatsapp"
    EMAIL = "email"
    CALL = "call"
    VOICEGRAM = "voicegram"
    NOTE = "note"


class Direction(StrEnum):
    """`internal` is a note, which never leaves."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class MessageStatus(StrEnum):
    """Outbound: from `scheduled` or `queued` upwards; inbound: `delivered`, `read` once a user opened it."""

    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    CANCELED = "canceled"


class Purpose(StrEnum):
    TRANSACTIONAL = "transactional"
    MARKETING = "marketing"


UNSENT = (MessageStatus.SCHEDULED, MessageStatus.CANCELED)
"""What other contracts neither list nor announce (contracts/README.md)."""


class ConversationStatus(StrEnum):
    OPEN = "open"
    SNOOZED = "snoozed"
    CLOSED = "closed"


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

    `content` is the WhatsApp content object where it is neither text nor media; `author_kind` is a word of
    contracts/votel.md 1; `cost_micros` is in millionths of a US dollar.
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
    author_kind: str
    author_name: str | None
    source: str
    source_id: str | None
    subject: str | None
    html: str | None
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    reply_to_message_id: str | None
    template_id: str | None
    segments: int | None
    cost_micros: int | None
    metadata: dict[str, Any]
    scheduled_at: int | None
    canceled_at: int | None
    erased_at: int | None
    purpose: Purpose = Purpose.TRANSACTIONAL
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

    `opt_out` is the carrier's own reading of the words: "stop", "start", "help" or None;
    `keywords_answered`: it answers the usual ones itself.
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
    keywords_answered: bool = False


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An object to attach; `size` in bytes."""

    object_key: str
    content_type: str
    filename: str
    size: int


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file to attach that is fetched from its address before the message is handed over."""

    url: str
    filename: str


Attachment: TypeAlias = StoredFile | RemoteFile


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """What is to be sent; numbers in E.164 form.

    `name` names the contact if it is new, `contact_id` is one that is known; `members` are emails of users
    who follow the conversation. `scheduled_at` in milliseconds; a moment of the past is now. `is_personal`
    is what somebody writes by hand; `fills`: placeholders are filled in when it leaves.
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
    files: tuple[Attachment, ...] = ()
    contact_id: str | None = None
    scheduled_at: int | None = None
    reply_to_message_id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    purpose: Purpose = Purpose.TRANSACTIONAL
    is_personal: bool = False
    fills: bool = False


@dataclass(frozen=True, slots=True)
class OutboundMail:
    """A mail to a contact; addresses are emails, `scheduled_at` is in milliseconds."""

    contact_id: str
    to: str
    subject: str
    body: str
    html: str | None = None
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    files: tuple[Attachment, ...] = ()
    scheduled_at: int | None = None
    reply_to_message_id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    purpose: Purpose = Purpose.TRANSACTIONAL
    is_personal: bool = False
    fills: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """An uploaded file; `size` in bytes."""

    id: str
    account_id: str
    created_by_id: str | None
    object_key: str
    name: str
    content_type: str
    size: int
    created_at: int


@dataclass(frozen=True, slots=True)
class MessageFilters:
    """Absent ones match everything; `since` and `until` are inclusive, `address` is either side.

    `is_log` finds what other contracts do not list too: plans, canceled ones and the blank lines of erased
    messages. `other_errors` are all codes but these.
    """

    channels: tuple[Channel, ...] = CARRIED
    direction: Direction | None = None
    status: MessageStatus | None = None
    contact_id: str | None = None
    address: str | None = None
    since: int | None = None
    until: int | None = None
    search: str | None = None
    is_log: bool = False
    source: str | None = None
    author_kind: str | None = None
    template_id: str | None = None
    part_of_address: str | None = None
    error_codes: tuple[str, ...] | None = None
    other_errors: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class MessagePage:
    items: list[Message] = field(default_factory=list)
    total: int = 0


@dataclass(frozen=True, slots=True)
class LastMessage:
    """The newest message as the list shows it; `snippet` has at most 140 characters."""

    id: str
    channel: Channel
    direction: Direction
    snippet: str
    author_kind: str
    author_id: str | None
    author_name: str | None
    created_at: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """One contact's thread over all channels and its state (contracts/votel.md 1); times in milliseconds.

    `contact` is None once it was deleted; `is_flagged` is the account's, a star is a person's own.
    """

    id: str
    account_id: str
    contact_id: str
    status: ConversationStatus
    snoozed_until: int | None
    assigned_to_id: str | None
    assigned_to_name: str | None
    is_unread: bool
    unread_count: int
    is_flagged: bool
    channels: tuple[str, ...]
    last_message_at: int
    last_message: LastMessage | None
    last_inbound_at: int | None
    last_outbound_at: int | None
    last_person_at: int | None
    last_whatsapp_at: int | None
    created_at: int
    updated_at: int
    contact: Contact | None = None
    stage: Stage | None = None

    @property
    def is_closed(self) -> bool:
        return self.status is ConversationStatus.CLOSED


@dataclass(frozen=True, slots=True)
class ConversationFilters:
    """Absent ones match everything (contracts/votel.md 1.1).

    `assigned_to_id` is a user's id or `none`; `starred_by` the user whose stars count. `sort` is newest,
    oldest, manual or all; without a status all but `all` leave closed ones out. `condition` is a compiled
    filter of contracts/votel.md 0.7.
    """

    search: str | None = None
    status: str | None = None
    unread: bool | None = None
    flagged: bool | None = None
    starred: bool | None = None
    starred_by: str = ""
    channel: str | None = None
    assigned_to_id: str | None = None
    tag: str | None = None
    pipeline_id: str | None = None
    pipeline_stage_id: str | None = None
    condition: ColumnElement[bool] | None = None
    sort: str = "newest"


@dataclass(frozen=True, slots=True)
class ConversationPage:
    items: list[Conversation]
    total: int


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """Messages of one conversation, newest first; `has_more` tells of further ones in the same direction."""

    items: list[Message]
    total: int
    has_more: bool
