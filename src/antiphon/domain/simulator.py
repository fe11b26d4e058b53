"""The outside world at the press of a button: calls, messages and voicegrams that a person makes up.

Everything arrives as a carrier's callbacks do, or as a recording of the public page does.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select

from antiphon.carriers.port import (
    CallbackRequest,
    CarrierEvent,
    Delivery,
    MessageChannel,
    MessageReceived,
    MessageStatus,
)
from antiphon.carriers.simulator import (
    NAME,
    SIGNATURE_HEADER,
    behaviour_of,
    encode_callback,
    recording_prefix,
    sign_callback,
)
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import DomainError, NotFoundError
from antiphon.core.ids import new_id
from antiphon.core.jobs.policy import RetryPolicy
from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.core.storage import ObjectMissing
from antiphon.domain.accounts.audit import Target, record
from antiphon.domain.accounts.queries import get_account
from antiphon.domain.carrier_events import apply_events
from antiphon.domain.channels.queries import get_channel
from antiphon.domain.contacts.phones import normalise_phone
from antiphon.domain.conversations.queries import get_message
from antiphon.domain.conversations.records import Direction, Message
from antiphon.domain.conversations.tables import messages
from antiphon.domain.numbers.commands import open_credentials
from antiphon.domain.numbers.network import open_carrier
from antiphon.domain.services import Services
from antiphon.domain.simulation import (
    MAX_LINES,
    Ends,
    Line,
    Speaker,
    find_ends,
    is_recorded,
    plan_call,
    record_conversation,
    voicemail_lines,
)
from antiphon.domain.voicegrams.intake import store_recording
from antiphon.speech.synthesis import SynthesisConfig, synthesise

CALL_JOB = "simulator.call"
VOICEGRAM_JOB = "simulator.voicegram"
RETRY = RetryPolicy(max_attempts=3)
MAX_LINE_CHARS = 1000
MAX_TEXT_CHARS = 5000
STATUSES = ("sent", "delivered", "read", "failed")

m = messages.c
_HANDED_OVER = (
    m.account_id == bindparam("account_id"),
    m.carrier == NAME,
    m.direction == Direction.OUTBOUND.value,
    m.deleted_at.is_(None),
)
_OUTBOX = (
    select(m.id)
    .where(*_HANDED_OVER)
    .order_by(m.created_at.desc(), m.id.desc())
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
_OUTBOX_TOTAL = select(func.count()).select_from(messages).where(*_HANDED_OVER)
_BY_CARRIER_ID = select(m.id).where(
    m.account_id == bindparam("account_id"),
    m.carrier == NAME,
    m.carrier_message_id == bindparam("carrier_message_id"),
)


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A call that a job speaks and plays; `behaviour` is what the outside number does."""

    id: str
    sid: str
    direction: str
    number: str
    outside_number: str
    behaviour: str


@dataclass(frozen=True, slots=True)
class Outbox:
    items: list[Message]
    total: int


def find_own_ends(tx: ReadTx, account_id: str, sender: str, recipient: str) -> Ends:
    """Both ends, one of them a simulated number of the account. Raises DomainError."""
    country = get_account(tx, account_id).country
    numbers = {}
    for field, text in (("from", sender), ("to", recipient)):
        number = normalise_phone(text, country)
        if number is None:
            raise DomainError("not a phone number", field=field)
        numbers[field] = number
    ends = find_ends(tx, numbers["from"], numbers["to"])
    if ends.number.account_id != account_id:
        raise DomainError("neither number is a simulated one of this account", field="to")
    return ends


async def receive_text(
    services: Services,
    account_id: str,
    *,
    channel: MessageChannel,
    sender: str,
    recipient: str,
    body: str,
    name: str | None = None,
) -> Message:
    """Somebody writes to a simulated number: the message as it arrived. Raises DomainError."""
    ends = await services.database.read(find_own_ends, account_id, sender, recipient)
    if ends.direction != "inbound":
        raise DomainError("not a simulated number of this account", field="to")
    sid = f"SIM{new_id().replace('-', '')}"
    now = services.clock.now()
    event = MessageReceived(sid, channel, ends.outside, ends.number.e164, body, now, name=name)
    await play(services, ends, [event])
    return await services.database.read(_by_carrier_id, account_id, sid)


def _by_carrier_id(tx: ReadTx, account_id: str, sid: str) -> Message:
    found = tx.scalar(_BY_CARRIER_ID, {"account_id": account_id, "carrier_message_id": sid})
    if found is None:
        raise DomainError("the message was not taken", field="to")
    return get_message(tx, account_id, str(found))


async def report_status(
    services: Services, account_id: str, message_id: str, status: Delivery, error: str | None
) -> Message:
    """The network reports on a message handed to it. Raises NotFoundError, DomainError `invalid_state`."""
    message = await services.database.read(get_message, account_id, message_id)
    if message.carrier != NAME or message.direction is not Direction.OUTBOUND:
        raise NotFoundError("Message not found")
    if message.carrier_message_id is None:
        raise DomainError("the message is not handed over", field="status", code="invalid_state")
    ends = await services.database.read(find_own_ends, account_id, message.from_address, message.to_address)
    event = MessageStatus(
        message.carrier_message_id,
        status,
        services.clock.now(),
        reference=message.id,
        error_code=error,
        error=error,
    )
    await play(services, ends, [event])
    return await services.database.read(get_message, account_id, message_id)


def list_outbox(tx: ReadTx, account_id: str, *, limit: int, offset: int) -> Outbox:
    """What was handed to the simulated network, newest first."""
    parameters = {"account_id": account_id, "limit": limit, "offset": offset}
    rows = tx.all(_OUTBOX, parameters)
    found = [get_message(tx, account_id, row.id) for row in rows]
    return Outbox(found, int(tx.scalar(_OUTBOX_TOTAL, parameters)))


async def request_call(
    services: Services, account_id: str, *, sender: str, recipient: str, lines: Sequence[Line]
) -> PlannedCall:
    """Plan a call with these lines; a job speaks it. Raises DomainError."""
    if not 1 <= len(lines) <= MAX_LINES or any(len(line.text) > MAX_LINE_CHARS for line in lines):
        raise DomainError(f"1 to {MAX_LINES} turns of at most {MAX_LINE_CHARS} characters", field="turns")
    ends = await services.database.read(find_own_ends, account_id, sender, recipient)
    call_id = new_id()
    planned = PlannedCall(
        call_id,
        _call_sid(call_id),
        ends.direction,
        ends.number.e164,
        ends.outside,
        behaviour_of(ends.outside).value,
    )
    story = {"sender": sender, "recipient": recipient, "lines": lines}
    await services.store.put(_plan_key(account_id, call_id), msgspec.json.encode(story))
    target = Target("call", call_id, ends.outside)
    await services.database.write(_enqueue, account_id, CALL_JOB, call_id, target)
    return planned


async def request_voicegram(
    services: Services, account_id: str, *, channel_id: str, email: str, text: str
) -> str:
    """Plan a voicegram that speaks the text; its id, under which the job makes it. Raises DomainError."""
    if not 1 <= len(text) <= MAX_TEXT_CHARS:
        raise DomainError(f"1 to {MAX_TEXT_CHARS} characters", field="text")
    await services.database.read(_open_channel, account_id, channel_id)
    voicegram_id = new_id()
    story = {"channel_id": channel_id, "email": email, "text": text}
    await services.store.put(_plan_key(account_id, voicegram_id), msgspec.json.encode(story))
    target = Target("voicegram", voicegram_id, email)
    await services.database.write(_enqueue, account_id, VOICEGRAM_JOB, voicegram_id, target)
    return voicegram_id


async def leave_voicegram(
    services: Services, account_id: str, *, channel_id: str, email: str, path: Path
) -> tuple[str, str]:
    """Leave a recording in a channel as the public page does: id and status. Raises AudioError."""
    channel = await services.database.read(_open_channel, account_id, channel_id)
    return await store_recording(services, channel, email=email, page_url=None, client_id=new_id(), path=path)


def _open_channel(tx: ReadTx, account_id: str, channel_id: str) -> Any:
    try:
        channel = get_channel(tx, account_id, channel_id)
    except NotFoundError:
        raise DomainError("no such recording channel", field="channel_id") from None
    if not channel.is_active:
        raise DomainError("this channel takes no messages", field="channel_id", code="closed")
    return channel


def _enqueue(tx: WriteTx, account_id: str, job: str, planned_id: str, target: Target) -> None:
    tx.enqueue(job, {"account_id": account_id, "planned_id": planned_id}, key=f"{job}:{planned_id}")
    record(tx, account_id, job, target)


def _plan_key(account_id: str, planned_id: str) -> str:
    return f"simulator/plans/{account_id}/{planned_id}.json"


async def play(services: Services, ends: Ends, events: Sequence[CarrierEvent]) -> None:
    """Each event as a signed callback of its own, through the adapter that reads a carrier's."""
    secret = open_credentials(services.cipher, ends.connection)["secret"]
    carrier = open_carrier(services, ends.connection)
    for event in events:
        body = encode_callback([event])
        signature = sign_callback(secret, body, services.clock.now())
        callback = CallbackRequest("POST", "", {}, {SIGNATURE_HEADER: signature}, body)
        if not carrier.verify(callback):
            raise DomainError("the simulator's signature does not match")
        await apply_events(services, ends.connection, carrier.parse_callbacks(callback))


class SimulatorJobs:
    """Speaks planned calls and voicegrams, which takes seconds."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: JobRegistry) -> None:
        registry.add(CALL_JOB, self._call, retry=RETRY, concurrency=2)
        registry.add(VOICEGRAM_JOB, self._voicegram, retry=RETRY, concurrency=2)

    async def _call(self, payload: Payload, context: JobContext) -> None:
        account_id, call_id = str(payload["account_id"]), str(payload["planned_id"])
        story = await self._plan(account_id, call_id)
        if story is None:
            return
        services = self._services
        lines = [Line(_speaker(item["speaker"]), item["text"], item["pause_ms"]) for item in story["lines"]]
        ends = await services.database.read(find_own_ends, account_id, story["sender"], story["recipient"])
        sid = _call_sid(call_id)
        talk_ms, key = 0, None
        if is_recorded(ends.outside):
            if ends.outside.endswith("03"):
                lines = voicemail_lines(lines)
            key = f"{recording_prefix(ends.connection.id)}{sid}.wav"
            with tempfile.TemporaryDirectory(prefix="antiphon-") as folder:
                path = Path(folder, "call.wav")
                talk_ms = await asyncio.to_thread(record_conversation, lines, path)
                await services.store.put_file(key, path)
        events = plan_call(ends, sid, now=services.clock.now(), talk_ms=talk_ms, recording_key=key)
        await play(services, ends, events)
        await services.store.delete(_plan_key(account_id, call_id))

    async def _voicegram(self, payload: Payload, context: JobContext) -> None:
        account_id, voicegram_id = str(payload["account_id"]), str(payload["planned_id"])
        story = await self._plan(account_id, voicegram_id)
        if story is None:
            return
        services = self._services
        channel = await services.database.read(_open_channel, account_id, story["channel_id"])
        with tempfile.TemporaryDirectory(prefix="antiphon-") as folder:
            path = Path(folder, "voicegram.wav")
            await asyncio.to_thread(synthesise, SynthesisConfig(), story["text"], path)
            await store_recording(
                services,
                channel,
                email=story["email"],
                page_url=None,
                client_id=hashlib.sha256(voicegram_id.encode()).hexdigest(),
                path=path,
                voicegram_id=voicegram_id,
            )
        await services.store.delete(_plan_key(account_id, voicegram_id))

    async def _plan(self, account_id: str, planned_id: str) -> dict[str, Any] | None:
        """What was asked for; None once it has been done."""
        try:
            data = await self._services.store.get(_plan_key(account_id, planned_id))
        except ObjectMissing:
            return None
        return msgspec.json.decode(data, type=dict[str, Any])


def _call_sid(call_id: str) -> str:
    return f"SIMCALL{call_id.replace('-', '')}"


def _speaker(text: str) -> Speaker:
    return "agent" if text == "agent" else "caller"
