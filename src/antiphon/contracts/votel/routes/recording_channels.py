"""Recording channels: where voicegrams come from (contracts/votel.md 18)."""

from __future__ import annotations

from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.inputs import LIST_QUERY
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas import (
    RecordingChannel,
    RecordingChannelChange,
    RecordingChannelCreate,
    RecordingChannelList,
)
from antiphon.contracts.votel.views import channel_view
from antiphon.domain.channels.commands import create_channel, delete_channel, update_channel
from antiphon.domain.channels.queries import get_channel, list_channels
from antiphon.domain.channels.records import Channel, ChannelKind

ROUTES = Routes("Recording channels")


@ROUTES.add(
    "GET",
    "/recording-channels",
    permission="channels:read",
    answer=RecordingChannelList,
    query=LIST_QUERY,
)
async def list_recording_channels(call: Call) -> Response:
    """Every channel of the account, newest first."""
    query = call.query
    channels = await call.services.database.read(list_channels, call.account_id)
    start = (query.page - 1) * query.limit
    page = [_view(call, channel) for channel in channels[start : start + query.limit]]
    return json_response({"recording_channels": page, "total": len(channels)})


@ROUTES.add(
    "POST",
    "/recording-channels",
    permission="channels:write",
    status=201,
    body=RecordingChannelCreate,
    answer=RecordingChannel,
)
async def create_recording_channel(call: Call) -> Response:
    """Create a domain or a campaign."""
    body = await call.body(RecordingChannelCreate)
    values = body.model_dump(exclude={"kind", "agent_id"})
    channel = await call.services.database.write(
        create_channel, call.account_id, kind=ChannelKind(body.kind), **values
    )
    return json_response(_view(call, channel), 201)


@ROUTES.add("GET", "/recording-channels/{id:uuid}", permission="channels:read", answer=RecordingChannel)
async def get_recording_channel(call: Call) -> Response:
    """One channel."""
    channel = await call.services.database.read(get_channel, call.account_id, call.path_id())
    return json_response(_view(call, channel))


@ROUTES.add(
    "PATCH",
    "/recording-channels/{id:uuid}",
    permission="channels:write",
    body=RecordingChannelChange,
    answer=RecordingChannel,
)
async def change_recording_channel(call: Call) -> Response:
    """Change the keys given; the kind stays."""
    await call.services.database.read(get_channel, call.account_id, call.path_id())
    body = await call.body(RecordingChannelChange)
    changes = body.model_dump(exclude_unset=True)
    channel = await call.services.database.write(update_channel, call.account_id, call.path_id(), changes)
    return json_response(_view(call, channel))


@ROUTES.add("DELETE", "/recording-channels/{id:uuid}", permission="channels:manage", status=204)
async def delete_recording_channel(call: Call) -> Response:
    """Close the channel for good; its voicegrams stay."""
    await call.services.database.write(delete_channel, call.account_id, call.path_id())
    return Response(status_code=204)


def _view(call: Call, channel: Channel) -> dict[str, object]:
    return channel_view(channel, call.caller.account.subdomain, call.services.settings.origin)
