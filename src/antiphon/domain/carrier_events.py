"""What a carrier tells, applied to the account of its connection; telling it again changes nothing."""

from __future__ import annotations

import structlog
from sqlalchemy.exc import IntegrityError

from antiphon.carriers.port import (
    MAX_RECORDING_BYTES,
    CallAnswered,
    CallEnded,
    CallParties,
    CallStarted,
    CarrierEvent,
    MessageReceived,
    MessageStatus,
    RecordingReady,
)
from antiphon.core.clock import MINUTE, SECOND
from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import AntiphonError, NotFoundError
from antiphon.core.ids import is_uuid
from antiphon.core.jobs.policy import RetryPolicy
from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.domain.calls.commands import answer_locked, end_locked, fill_in_locked, start_call
from antiphon.domain.calls.queries import find_call_id, get_call
from antiphon.domain.calls.recordings import OBJECT_SOURCE, attach_recording
from antiphon.domain.calls.records import Call, CallDirection, CallStatus, StartCall
from antiphon.domain.calls.rows import lock_call_of_carrier
from antiphon.domain.conversations.commands import receive_message
from antiphon.domain.conversations.delivery import apply_status, find_known
from antiphon.domain.conversations.records import Channel, InboundMedia, InboundMessage
from antiphon.domain.conversations.records import MessageStatus as Status
from antiphon.domain.numbers.network import watched
from antiphon.domain.numbers.queries import get_connection, get_number, get_own_number, list_numbers
from antiphon.domain.numbers.records import Connection, Number
from antiphon.domain.pipeline import delete_object
from antiphon.domain.services import Services

log = structlog.get_logger(__name__)

RECORDING_RETRY = RetryPolicy(max_attempts=6, initial_ms=5 * SECOND, factor=3.0, max_ms=10 * MINUTE)


class UnknownCallError(AntiphonError):
    """A recording came before anything else of its call."""


async def apply_events(services: Services, connection: Connection, events: list[CarrierEvent]) -> None:
    """Apply all events of one callback in one transaction."""
    try:
        await services.database.write(_apply_all, connection, events)
    except IntegrityError:
        # The same callback was just applied by another process; now it is found.
        await services.database.write(_apply_all, connection, events)


def _apply_all(tx: WriteTx, connection: Connection, events: list[CarrierEvent]) -> None:
    for event in events:
        if not apply_event(tx, connection, event):
            log.info("carrier event ignored", carrier=connection.carrier, kind=type(event).__name__)


def apply_event(tx: WriteTx, connection: Connection, event: CarrierEvent) -> bool:
    """False when it is about a number, call or message that the account does not have."""
    if isinstance(event, MessageReceived):
        return _receive(tx, connection, event)
    if isinstance(event, MessageStatus):
        return _status(tx, connection, event)
    if isinstance(event, RecordingReady):
        return _recording(tx, connection, event)
    return _call(tx, connection, event)


def _call(tx: WriteTx, connection: Connection, event: CallStarted | CallAnswered | CallEnded) -> bool:
    begun = event.at
    if isinstance(event, CallEnded):
        begun -= event.talk_ms or 0
    try:
        call = _ensure_call(tx, connection, event.call, begun)
    except NotFoundError:
        # Erased; nothing is told of it any more.
        return False
    if call is None:
        return False
    if isinstance(event, CallAnswered):
        answer_locked(tx, call, at=event.at, holds=event.is_leg)
    elif isinstance(event, CallEnded):
        if event.status == "completed" and event.talk_ms is not None:
            # Of many accounts the carrier tells the end alone.
            call = answer_locked(tx, call, at=event.at - event.talk_ms)
        end_locked(
            tx,
            call,
            at=event.at,
            status=None if event.status is None else CallStatus(event.status),
            ended_reason=event.reason,
            duration_seconds=None if event.talk_ms is None else event.talk_ms // SECOND,
        )
    return True


def _ensure_call(tx: WriteTx, connection: Connection, call: CallParties, begun: int) -> Call | None:
    """The call of the carrier's id, locked; begun now if it is with a number of this connection, else None.

    Raises NotFoundError for a deleted call.
    """
    known = lock_call_of_carrier(tx, connection.account_id, connection.carrier, call.sid)
    number_id = None if known is None else known.number_id
    if number_id is None:
        own = call.to_number if call.direction == "inbound" else call.from_number
        number = _number(tx, connection, own)
        if number is None:
            return known
        number_id = number.id
    start = StartCall(
        carrier=connection.carrier,
        direction=CallDirection(call.direction),
        call_sid=call.sid,
        from_number=call.from_number,
        to_number=call.to_number,
        started_at=min(begun, tx.now),
        number_id=number_id,
    )
    if known is not None:
        return fill_in_locked(tx, known, start)
    return start_call(tx, connection.account_id, start)


def _number(tx: WriteTx, connection: Connection, e164: str | None) -> Number | None:
    number = None if e164 is None else get_own_number(tx, connection.account_id, e164)
    return number if number is not None and number.connection_id == connection.id else None


def _receive(tx: WriteTx, connection: Connection, event: MessageReceived) -> bool:
    number = _number(tx, connection, event.to_number)
    if number is None and event.carrier_number_id is not None:
        own = [
            item for item in list_numbers(tx, connection.account_id) if item.connection_id == connection.id
        ]
        number = next((item for item in own if item.carrier_number_id == event.carrier_number_id), None)
    if number is None:
        return False
    if find_known(tx, connection.account_id, connection.carrier, event.carrier_message_id) is not None:
        # Told again; it may be erased by now.
        return True
    receive_message(
        tx,
        connection.account_id,
        InboundMessage(
            carrier=connection.carrier,
            carrier_message_id=event.carrier_message_id,
            channel=Channel(event.channel),
            number=number,
            from_address=event.from_number,
            body=event.body,
            name=event.name,
            at=event.at,
            message_type=event.message_type,
            content=event.content,
            media=tuple(
                InboundMedia(item.content_type, item.url, item.carrier_media_id, item.filename, item.caption)
                for item in event.media
            ),
            opt_out=event.opt_out,
            keywords_answered=event.keywords_answered,
        ),
    )
    return True


def _status(tx: WriteTx, connection: Connection, event: MessageStatus) -> bool:
    return apply_status(
        tx,
        connection.account_id,
        Status(event.status),
        event.at,
        message_id=event.reference if event.reference and is_uuid(event.reference) else None,
        carrier=connection.carrier,
        carrier_message_id=event.carrier_message_id,
        error_code=event.error_code,
        error=event.error,
    )


def _recording(tx: WriteTx, connection: Connection, event: RecordingReady) -> bool:
    # Its call may be told of later; the job waits for it.
    tx.enqueue(
        "carriers.recording",
        {
            "account_id": connection.account_id,
            "connection_id": connection.id,
            "sid": event.sid,
            "recording_id": event.recording_id,
            "url": event.url or "",
            "object_key": event.object_key or "",
        },
        key=f"carriers.recording:{connection.id}:{event.recording_id}",
    )
    return True


class CarrierJobs:
    """Fetches recordings with the carrier's own access and hands them to their calls."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: JobRegistry) -> None:
        registry.add("carriers.recording", self._fetch, retry=RECORDING_RETRY, on_exhausted=self._give_up)

    async def _fetch(self, payload: Payload, context: JobContext) -> None:
        account_id = str(payload["account_id"])
        database = self._services.database
        try:
            connection = await database.read(get_connection, account_id, str(payload["connection_id"]))
        except NotFoundError:
            return
        call_id = await database.read(find_call_id, account_id, connection.carrier, str(payload["sid"]))
        if call_id is None:
            raise UnknownCallError(f"no call {payload['sid']} yet")
        key = str(payload["object_key"])
        if not await database.read(_is_recorded, account_id, call_id):
            if key:
                await self._services.store.delete(key)
            return
        if not key:
            try:
                call = await database.read(get_call, account_id, call_id)
            except NotFoundError:
                return
            if call.recording_source is not None or call.recording_deleted_at is not None:
                return
            async with watched(self._services, connection) as carrier:
                fetched = await carrier.fetch_media(url=str(payload["url"]), max_bytes=MAX_RECORDING_BYTES)
            key = f"recordings/{account_id}/{call_id}/source"
            await self._services.store.put(key, fetched.data)
        await database.write(_attach_object, account_id, call_id, key)

    async def _give_up(self, payload: Payload, error: Exception) -> None:
        """The call goes on without: its own pipeline finds the address and reports what is wrong with it."""
        await self._services.database.write(_attach_address, payload)


def _is_recorded(tx: ReadTx, account_id: str, call_id: str) -> bool:
    """Whether the number of a call is one whose calls are recorded (contracts/votel.md 11.5)."""
    try:
        call = get_call(tx, account_id, call_id)
        return call.number_id is None or get_number(tx, account_id, call.number_id).is_recorded
    except NotFoundError:
        return True


def _attach_object(tx: WriteTx, account_id: str, call_id: str, key: str) -> None:
    """The call's recording, or nobody's when call or recording were deleted while it was fetched."""
    try:
        call = attach_recording(tx, account_id, call_id, source_key=key)
    except NotFoundError:
        delete_object(tx, key)
        return
    if call.recording_source != OBJECT_SOURCE + key:
        delete_object(tx, key)


def _attach_address(tx: WriteTx, payload: Payload) -> None:
    account_id = str(payload["account_id"])
    try:
        connection = get_connection(tx, account_id, str(payload["connection_id"]))
        call_id = find_call_id(tx, account_id, connection.carrier, str(payload["sid"]))
        if call_id is not None and payload["url"]:
            attach_recording(tx, account_id, call_id, source_url=str(payload["url"]))
    except NotFoundError:
        return
