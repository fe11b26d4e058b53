"""The outside world, played by an admin while the operator allows it (contracts/votel.md 11.5)."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from antiphon.contracts.http import json_response
from antiphon.contracts.votel.errors import invalid
from antiphon.contracts.votel.inputs import LIST_QUERY, parse_model
from antiphon.contracts.votel.routing import Call, Routes
from antiphon.contracts.votel.schemas_simulator import (
    Outbox,
    OutboxMessage,
    PlannedCall,
    PlannedVoicegram,
    ReceivedMessage,
    SimulatedCall,
    SimulatedMessage,
    SimulatedVoicegram,
    StatusReport,
)
from antiphon.contracts.votel.upload import incoming_directory, receive
from antiphon.core.clock import to_iso, to_iso_or_none
from antiphon.domain.conversations.queries import get_message
from antiphon.domain.conversations.records import Message
from antiphon.domain.simulation import Line, parse_script
from antiphon.domain.simulator import (
    CALL_JOB,
    VOICEGRAM_JOB,
    leave_voicegram,
    list_outbox,
    receive_text,
    report_status,
    request_call,
    request_voicegram,
)

ROUTES = Routes("Simulator")

_AUDIO_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": SimulatedVoicegram.model_json_schema()},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["channel_id", "email", "audio"],
                    "properties": {
                        "channel_id": {"type": "string", "format": "uuid"},
                        "email": {"type": "string"},
                        "audio": {"type": "string", "format": "binary"},
                    },
                }
            },
        },
    }
}


@ROUTES.add(
    "POST",
    "/simulator/messages",
    permission="simulator:send",
    status=201,
    body=SimulatedMessage,
    answer=ReceivedMessage,
)
async def simulate_message(call: Call) -> Response:
    """Let somebody write to a simulated number; STOP and START are obeyed."""
    body = await call.body(SimulatedMessage)
    message = await receive_text(
        call.services,
        call.account_id,
        channel=body.channel,
        sender=body.sender,
        recipient=body.to,
        body=body.body,
        name=body.name,
    )
    return json_response(_received(message), 201)


@ROUTES.add(
    "POST",
    "/simulator/calls",
    permission="simulator:send",
    status=201,
    body=SimulatedCall,
    answer=PlannedCall,
)
async def simulate_call(call: Call) -> Response:
    """Play a conversation; outside numbers ending 01 to 04 are busy, absent, a mailbox, broken."""
    body = await call.body(SimulatedCall)
    if (body.turns is None) == (body.script is None):
        raise invalid("turns", "give either turns or a script", "required")
    if body.turns is not None:
        lines = [Line(turn.speaker, turn.text, turn.pause_ms) for turn in body.turns]
    else:
        lines = parse_script(body.script or "")
    planned = await request_call(
        call.services, call.account_id, sender=body.sender, recipient=body.to, lines=lines
    )
    return json_response(
        {
            "id": planned.id,
            "kind": CALL_JOB,
            "status": "queued",
            "call_sid": planned.sid,
            "direction": planned.direction,
            "number": planned.number,
            "outside_number": planned.outside_number,
            "behaviour": planned.behaviour,
        },
        201,
    )


@ROUTES.add(
    "POST",
    "/simulator/messages/{id:uuid}/status",
    permission="simulator:send",
    body=StatusReport,
    answer=OutboxMessage,
)
async def simulate_status(call: Call) -> Response:
    """Report on a message handed to the simulated network."""
    await call.services.database.read(get_message, call.account_id, call.path_id())
    body = await call.body(StatusReport)
    message = await report_status(call.services, call.account_id, call.path_id(), body.status, body.error)
    return json_response(_sent(message))


@ROUTES.add("GET", "/simulator/outbox", permission="simulator:send", answer=Outbox, query=LIST_QUERY)
async def get_outbox(call: Call) -> Response:
    """What was handed to the simulated network, newest first."""
    query = call.query
    page = await call.services.database.read(
        list_outbox, call.account_id, limit=query.limit, offset=(query.page - 1) * query.limit
    )
    return json_response({"outbox": [_sent(message) for message in page.items], "total": page.total})


@ROUTES.add(
    "POST",
    "/simulator/voicegrams",
    permission="simulator:send",
    status=201,
    answer=PlannedVoicegram,
    extra=_AUDIO_BODY,
)
async def simulate_voicegram(call: Call) -> Response:
    """Leave a voicegram in a channel: a text that is spoken, or a recording."""
    if call.request.headers.get("content-type", "").startswith("multipart/"):
        return await _recorded(call)
    body = await call.body(SimulatedVoicegram)
    voicegram_id = await request_voicegram(
        call.services, call.account_id, channel_id=body.channel_id, email=body.email, text=body.text
    )
    return json_response({"id": voicegram_id, "kind": VOICEGRAM_JOB, "status": "queued"}, 201)


async def _recorded(call: Call) -> Response:
    async with receive(call.request, incoming_directory(call.services), "audio") as upload:
        fields = {"text": "-", **upload.fields}
        body = parse_model(fields, SimulatedVoicegram)
        if upload.path is None:
            raise invalid("audio", "Field required", "required")
        found_id, status = await leave_voicegram(
            call.services,
            call.account_id,
            channel_id=body.channel_id,
            email=body.email,
            path=upload.path,
        )
    return json_response({"id": found_id, "kind": VOICEGRAM_JOB, "status": status}, 201)


def _received(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "conversation_id": message.conversation_id,
        "lead_id": message.contact_id,
        "channel": message.channel.value,
        "from": message.from_address,
        "to": message.to_address,
        "body": message.body,
        "created_at": to_iso(message.created_at),
    }


def _sent(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "conversation_id": message.conversation_id,
        "channel": message.channel.value,
        "from": message.from_address,
        "to": message.to_address,
        "body": message.body,
        "status": message.status.value,
        "error_code": message.error_code,
        "created_at": to_iso(message.created_at),
        "sent_at": to_iso_or_none(message.sent_at),
        "delivered_at": to_iso_or_none(message.delivered_at),
        "read_at": to_iso_or_none(message.read_at),
    }
