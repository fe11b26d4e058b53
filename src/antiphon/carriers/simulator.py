"""A fake phone network: nothing leaves the machine, and what comes back is like a real carrier's.

The last two digits of an outside number decide what happens there: 01 is busy, 02 does not answer, 03 has a
voicemail box, 04 fails, 05 has opted out.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from antiphon.carriers.port import (
    MAX_MEDIA_BYTES,
    CallAnswered,
    CallbackAnswer,
    CallbackRequest,
    CallEnded,
    CallStarted,
    CarrierEvent,
    FetchedMedia,
    FollowUp,
    MessageReceived,
    MessageStatus,
    OutboundMessage,
    RecordingReady,
    SendOutcome,
    SendRefused,
)
from antiphon.core.clock import MINUTE, SECOND, Clock
from antiphon.core.errors import DomainError, ErrorCategory, ServiceError
from antiphon.core.storage import ObjectMissing, ObjectStore

NAME = "simulator"
SIGNATURE_HEADER = "x-simulator-signature"
TOLERANCE_MS = 5 * MINUTE
MAX_EVENTS = 100

_KINDS: dict[str, type[CarrierEvent]] = {
    "call.started": CallStarted,
    "call.answered": CallAnswered,
    "call.ended": CallEnded,
    "call.recording": RecordingReady,
    "message.received": MessageReceived,
    "message.status": MessageStatus,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


class Behaviour(StrEnum):
    """What an outside number does, by its last two digits."""

    NORMAL = "normal"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    VOICEMAIL = "voicemail"
    FAILURE = "failure"
    OPTED_OUT = "opted_out"


_BY_ENDING = {
    "01": Behaviour.BUSY,
    "02": Behaviour.NO_ANSWER,
    "03": Behaviour.VOICEMAIL,
    "04": Behaviour.FAILURE,
    "05": Behaviour.OPTED_OUT,
}


def behaviour_of(number: str) -> Behaviour:
    return _BY_ENDING.get(number[-2:], Behaviour.NORMAL)


def recording_prefix(connection_id: str) -> str:
    """Where recordings of this connection lie in the object store."""
    return f"simulator/{connection_id}/"


def encode_callback(events: Sequence[CarrierEvent]) -> bytes:
    """The body of one callback."""
    items = [{"type": _NAMES[type(event)], "data": event} for event in events]
    return msgspec.json.encode({"events": items})


def sign_callback(secret: str, body: bytes, at: int) -> str:
    """The signature header: the time in seconds and HMAC-SHA256 over `<time>.<body>`."""
    stamp = at // SECOND
    return f"t={stamp},v1={_mac(secret, stamp, body)}"


def _mac(secret: str, stamp: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


class SimulatorCarrier:
    """One connection to the fake network."""

    name = NAME
    is_idempotent = True

    def __init__(
        self, connection_id: str, credentials: Mapping[str, str], store: ObjectStore, clock: Clock
    ) -> None:
        self._connection_id = connection_id
        self._store = store
        self._secret = credentials.get("secret", "")
        self._clock = clock

    async def send_message(self, message: OutboundMessage) -> SendOutcome:
        """Taken at once; delivery follows as callbacks do. An equal reference is the same message."""
        sid = f"SIM{hashlib.sha256(message.reference.encode()).hexdigest()[:32]}"
        behaviour = behaviour_of(message.to_number)
        if behaviour is Behaviour.OPTED_OUT:
            raise SendRefused("opted_out", "The recipient has opted out")
        if behaviour is Behaviour.FAILURE:
            return SendOutcome(sid, "sent", (FollowUp(SECOND, "failed", "unreachable"),))
        states = [FollowUp(SECOND, "delivered")]
        if message.channel == "whatsapp":
            states.append(FollowUp(3 * SECOND, "read"))
        return SendOutcome(sid, "sent", tuple(states))

    def verify(self, request: CallbackRequest) -> bool:
        parts = dict(
            part.partition("=")[::2] for part in request.headers.get(SIGNATURE_HEADER, "").split(",")
        )
        stamp, given = parts.get("t", ""), parts.get("v1", "")
        if not self._secret or not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
            return False
        if abs(self._clock.now() - int(stamp) * SECOND) > TOLERANCE_MS:
            return False
        expected = _mac(self._secret, int(stamp), request.body)
        return hmac.compare_digest(expected.encode(), given.encode())

    def parse_callbacks(self, request: CallbackRequest) -> list[CarrierEvent]:
        try:
            items: list[Any] = msgspec.json.decode(request.body)["events"]
            events = [msgspec.convert(item["data"], _KINDS[item["type"]]) for item in items]
        except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError) as error:
            raise DomainError("not a callback of the simulator", field="body") from error
        if len(events) > MAX_EVENTS:
            raise DomainError(f"at most {MAX_EVENTS} events", field="events")
        prefix = recording_prefix(self._connection_id)
        for event in events:
            if isinstance(event, RecordingReady) and not (event.object_key or "").startswith(prefix):
                raise DomainError("not a recording of this connection", field="object_key")
        return events

    def answer(self, request: CallbackRequest) -> CallbackAnswer:
        return CallbackAnswer(204)

    async def check(self) -> None:
        return None

    async def mark_read(self, carrier_message_id: str, carrier_number_id: str | None) -> None:
        return None

    async def hook_number(self, e164: str, carrier_number_id: str | None) -> str | None:
        return carrier_number_id

    async def unhook_number(self, carrier_number_id: str | None, *, release: bool) -> None:
        return None

    async def fetch_media(
        self, *, url: str | None = None, carrier_media_id: str | None = None, max_bytes: int = MAX_MEDIA_BYTES
    ) -> FetchedMedia:
        key = carrier_media_id or ""
        if not key.startswith(recording_prefix(self._connection_id)):
            raise ServiceError(ErrorCategory.CALLER, "not a file of this connection", service=NAME)
        try:
            data = await self._store.get_range(key, 0, max_bytes + 1)
        except (ObjectMissing, ValueError) as error:
            raise ServiceError(ErrorCategory.CALLER, "no such file", service=NAME) from error
        if len(data) > max_bytes:
            raise ServiceError(ErrorCategory.CALLER, "the file is too large", service=NAME)
        return FetchedMedia(data, "application/octet-stream")
