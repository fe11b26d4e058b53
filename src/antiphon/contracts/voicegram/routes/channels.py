"""`GET /api/v1/channels` (contracts/voicegram.md 4.2)."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from antiphon.contracts.http import json_response, services_of
from antiphon.contracts.voicegram.auth import authorize
from antiphon.contracts.voicegram.documentation import add
from antiphon.contracts.voicegram.schemas import ChannelList
from antiphon.core.clock import to_iso
from antiphon.domain.channels.queries import list_channels as list_all
from antiphon.domain.channels.records import Channel, ChannelKind

router = APIRouter(tags=["Channels"])


async def list_channels(request: Request) -> Response:
    owner = await authorize(request, "GET /api/v1/channels")
    found = await services_of(request).database.read(list_all, owner.account_id)
    return json_response({"channels": [_channel(channel) for channel in found]})


def _channel(channel: Channel) -> dict[str, object]:
    is_domain = channel.kind is ChannelKind.DOMAIN
    return {
        "id": channel.id,
        "type": channel.kind.value,
        "name": channel.host if is_domain else channel.name,
        "is_active": channel.is_active,
        "created_at": to_iso(channel.created_at),
    }


add(
    router,
    "GET",
    "/api/v1/channels",
    list_channels,
    summary="All channels of the account, newest first",
    answer=ChannelList,
    errors=(401, 403, 429, 500),
)
