"""Messages: history and sending (contracts/vocatech.md 5.2, 5.3)."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field
from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.vocatech.bodies import Body, Clean
from antiphon.contracts.vocatech.errors import invalid
from antiphon.contracts.vocatech.query import DAYS, PAGING, search_schema
from antiphon.contracts.vocatech.routing import SEND, Call, Routes
from antiphon.contracts.vocatech.schemas import (
    Answer,
    Attachment,
    Day,
    MessageStatusName,
    PageMeta,
    PageQuery,
    Phone,
    Stamp,
    Uuid,
)
from antiphon.contracts.vocatech.times import stamp
from antiphon.contracts.vocatech.words import CHANNELS, DIRECTIONS, media_id
from antiphon.core.db.transaction import ReadTx
from antiphon.core.phones import normalise_phone
from antiphon.domain.accounts.queries import get_account
from antiphon.domain.conversations.commands import check_outbound, send_message
from antiphon.domain.conversations.queries import has_messages_with
from antiphon.domain.conversations.queries import list_messages as find_messages
from antiphon.domain.conversations.records import (
    CARRIED,
    UNSENT,
    Direction,
    MediaStatus,
    Message,
    MessageFilters,
    MessageStatus,
    OutboundMessage,
)

ROUTES = Routes("Messages")

ANY = "any"
MAX_NAME = 200
_DIRECTIONS = {DIRECTIONS[item.value]: item for item in (Direction.INBOUND, Direction.OUTBOUND)}
_CHANNELS = {CHANNELS[item.value]: item for item in CARRIED}
_STATUSES = [item.value for item in MessageStatus if item not in UNSENT]

ChannelName = Literal["text", "whatsapp"]


class MessageRow(Answer):
    message_id: Uuid
    direction: Literal["incoming", "outgoing"]
    status: MessageStatusName
    remote_number: str
    remote_name: str | None
    group_number: str | None
    sent_time: Stamp
    channel: ChannelName
    type: Literal["sms", "mms", "whatsapp"]
    body: str
    attachments: list[Attachment]


class MessageQuery(PageQuery):
    start_date: Day
    end_date: Day
    direction: Literal["incoming", "outgoing", "any"]
    status: Literal["queued", "sent", "delivered", "read", "failed", "any"]
    channel: Literal["text", "whatsapp", "any"]
    search: str | None
    timezone: str


class MessageMeta(PageMeta):
    total_messages: int = Field(ge=0)


class MessageList(Answer):
    query: MessageQuery
    messages: list[MessageRow]
    meta: MessageMeta


class NewMessage(Body):
    platform: ChannelName
    sender: Annotated[
        Clean,
        Field(alias="from", max_length=64, description="A number of the company", examples=["+12025550100"]),
    ]
    to: Annotated[
        Clean, Field(max_length=64, description="E.164 or 10 digits of the US", examples=["+12025550143"])
    ]
    message: Annotated[Clean, Field(min_length=1, max_length=1600, examples=["Hello"])]
    name: Clean | None = Field(None, description="Names the contact if it is new", examples=["Ada Example"])
    members: list[str] | None = Field(
        None,
        description="Emails of users who follow; others are ignored",
        examples=[["colleague@example.com"]],
    )
    test: bool | None = Field(None, description="Only check: send and store nothing", examples=[True])


class SentMessage(Answer):
    message_id: Uuid | None
    platform: ChannelName
    sender: Annotated[Phone, Field(alias="from")]
    to: Phone
    name: str | None
    message_sent: bool
    existing_space: bool
    created_at: Stamp


class SendAnswer(Answer):
    status: Literal["created", "test"]
    message: SentMessage


@ROUTES.add(
    "GET",
    "/messages",
    answer=MessageList,
    query={
        **DAYS,
        "direction": {"type": "string", "enum": [*_DIRECTIONS, ANY], "default": ANY},
        "status": {"type": "string", "enum": [*_STATUSES, ANY], "default": ANY},
        "channel": {"type": "string", "enum": [*_CHANNELS, ANY], "default": ANY},
        **search_schema("A message's id or a number, exact; or part of a name or body."),
        **PAGING,
    },
    errors=(400,),
)
async def list_messages(call: Call) -> Response:
    """Messages of some days, newest first."""
    query = call.query
    days = query.days()
    direction = query.choice("direction", [*_DIRECTIONS, ANY], ANY)
    status = query.choice("status", [*_STATUSES, ANY], ANY)
    channel = query.choice("channel", [*_CHANNELS, ANY], ANY)
    search = query.text("search")
    query.timezone()
    query.check()
    filters = MessageFilters(
        channels=tuple(_CHANNELS.values()) if channel == ANY else (_CHANNELS[channel],),
        direction=_DIRECTIONS.get(direction),
        status=None if status == ANY else MessageStatus(status),
        since=days.since,
        until=days.until,
        search=search,
    )
    page = await call.services.database.read(
        find_messages, call.account_id, filters, query.limit, query.offset
    )
    return call.listed("messages", [_view(item, query.zone) for item in page.items], page.total)


@ROUTES.add("POST", "/messages", needs=SEND, status=201, body=NewMessage, answer=SendAnswer, errors=(400,))
async def create_message(call: Call) -> Response:
    """Send a text or WhatsApp message; `test` only checks it."""
    body = await call.body(NewMessage)
    database = call.services.database
    outgoing, existing = await database.read(_check, call.account_id, body, call.owner.user_id)
    created_at, message_id = call.services.clock.now(), None
    if not body.test:
        async with call.counted_message():
            message = await database.write(send_message, call.account_id, outgoing)
        created_at, message_id = message.created_at, message.id
    return json_response(
        {
            "status": "test" if body.test else "created",
            "message": {
                "message_id": message_id,
                "platform": body.platform,
                "from": outgoing.from_number,
                "to": outgoing.to,
                "name": outgoing.name,
                "message_sent": message_id is not None,
                "existing_space": existing,
                "created_at": stamp(created_at, call.zone),
            },
        },
        201,
    )


def _check(tx: ReadTx, account_id: str, body: NewMessage, user_id: str) -> tuple[OutboundMessage, bool]:
    """What is to be sent, and whether there was a conversation. Raises ApiError, DomainError."""
    country = get_account(tx, account_id).country
    sender, to = normalise_phone(body.sender, country), normalise_phone(body.to, country)
    if sender is None:
        raise invalid("from", "is not a phone number")
    if to is None:
        raise invalid("to", "is not a phone number")
    outgoing = OutboundMessage(
        channel=_CHANNELS[body.platform],
        from_number=sender,
        to=to,
        body=body.message,
        name=(body.name or "").strip()[:MAX_NAME] or None,
        members=tuple(body.members or ()),
        author_user_id=user_id,
    )
    check_outbound(tx, account_id, outgoing)
    return outgoing, has_messages_with(tx, account_id, to)


def _view(message: Message, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "message_id": message.id,
        "direction": DIRECTIONS[message.direction.value],
        "status": message.status.value,
        "remote_number": message.remote_address,
        "remote_name": message.contact_name,
        "group_number": message.own_address,
        "sent_time": stamp(message.created_at, zone),
        "channel": CHANNELS[message.channel.value],
        "type": message.kind.value,
        "body": message.body,
        "attachments": [
            {
                "id": media_id(item.id),
                "content_type": item.content_type,
                "filename": item.filename,
                "size": item.size,
            }
            for item in message.media
            if item.status is not MediaStatus.FAILED
        ],
    }
