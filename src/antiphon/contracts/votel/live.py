"""Open streams of live updates: their places, their lives and their ends (contracts/votel.md 1.4)."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import msgspec
import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from antiphon.contracts.http import RequestInfo
from antiphon.contracts.votel.events import EVENT_TYPES, envelope, is_of_conversation
from antiphon.contracts.votel.rendering import Rendering
from antiphon.contracts.votel.views_events import Telling
from antiphon.core.errors import ServiceError
from antiphon.core.events import Event
from antiphon.core.feed import FeedClosedError, FellBehindError, Follower
from antiphon.core.ids import new_id
from antiphon.domain.accounts.access import Access, still_valid
from antiphon.domain.services import Services

log = structlog.get_logger(__name__)

MAX_STREAMS = 5
LEASE_SECONDS = 45
CHECK_SECONDS = 1.0
RETRY_MS = (1000, 3000)
"""Clients come back after a time between these, so that a restart does not bring all at once."""
REMEMBERED = 256

_encode = msgspec.json.Encoder().encode
_ACCESS_EVENTS = ("user.*", "api_key.revoked")


@dataclass(frozen=True, slots=True)
class Times:
    """In seconds: `send` is how long a client may take to accept one piece."""

    comment: float = 15
    life: float = 30 * 60
    send: float = 60


@dataclass(frozen=True, slots=True)
class StreamFilter:
    """`types` are names or patterns, none is all; `may` tells whether the caller holds a permission.

    Of what is personal, `only_by` leaves one person's; None is everybody's. `lead_id` is the conversation's.
    """

    may: Callable[[str], bool]
    only_by: str | None
    types: tuple[str, ...] = ()
    conversation_id: str | None = None
    lead_id: str | None = None

    def wants(self, event: Event) -> bool:
        kind = EVENT_TYPES.get(event.type)
        if kind is None or (kind.permission is not None and not self.may(kind.permission)):
            return False
        if kind.personal and self.only_by not in (None, event.data.get("created_by_id")):
            return False
        if self.types and not any(fnmatchcase(event.type, pattern) for pattern in self.types):
            return False
        if self.conversation_id is None:
            return True
        return is_of_conversation(event, self.conversation_id, self.lead_id)


class LiveStreams:
    """The streams of this process; one watcher ends those whose session, key or role is gone."""

    def __init__(self, services: Services, times: Times | None = None) -> None:
        self.services = services
        self.times = times or Times()
        self._rendering = Rendering.of(services)
        self._open: dict[EventStream, Access] = {}
        self._watcher: asyncio.Task[None] | None = None
        self._check = asyncio.Event()
        self._rendered: OrderedDict[str, bytes] = OrderedDict()
        services.bus.listen(self._on_event)

    def __len__(self) -> int:
        return len(self._open)

    async def reserve(self, user_id: str, holder: str) -> bool:
        """Hold one of the user's places, over all processes. Raises ServiceError."""
        key = f"votel:streams:{user_id}"
        return await self.services.limiter.hold(key, holder, MAX_STREAMS, LEASE_SECONDS)

    async def release(self, user_id: str, holder: str) -> None:
        with contextlib.suppress(ServiceError):
            await self.services.limiter.release(f"votel:streams:{user_id}", holder)

    def add(self, stream: EventStream, access: Access) -> None:
        self._open[stream] = access
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._watch())
        # The session may have ended while the stream was opened.
        self._check.set()

    def remove(self, stream: EventStream) -> None:
        self._open.pop(stream, None)
        if not self._open and self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None

    def check_now(self) -> None:
        """A session or key has just ended."""
        self._check.set()

    def render(self, event: Event) -> bytes:
        """The event's block; made once for all streams."""
        block = self._rendered.get(event.id)
        if block is None:
            data = _encode(envelope(event, Telling(self._rendering, self.services.clock.now())))
            block = b"id: %d\nevent: %s\ndata: %s\n\n" % (event.sequence, event.type.encode(), data)
            self._rendered[event.id] = block
            if len(self._rendered) > REMEMBERED:
                self._rendered.popitem(last=False)
        return block

    def _on_event(self, event: Event) -> None:
        if self._open and any(fnmatchcase(event.type, pattern) for pattern in _ACCESS_EVENTS):
            self._check.set()

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._check.wait()
            self._check.clear()
            asked = dict(self._open)
            try:
                valid = await self.services.database.read(still_valid, set(asked.values()))
            except Exception:
                log.exception("open streams not checked")
                await asyncio.sleep(CHECK_SECONDS)
                continue
            for stream, access in asked.items():
                if access not in valid:
                    stream.close()


class EventStream(Response):
    """A `text/event-stream` answer that lasts; holds one place of its user until it has ended."""

    media_type = "text/event-stream"

    def __init__(
        self, live: LiveStreams, access: Access, holder: str, chosen: StreamFilter, after: int | None
    ) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._live = live
        self._access = access
        self._holder = holder
        self._chosen = chosen
        self._after = after
        self._follower: Follower | None = None
        self._told = -1

    def close(self) -> None:
        if self._follower is not None:
            self._follower.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        follower = await self._live.services.feed.follow(self._access.account_id, self._after)
        self._follower = follower
        info: RequestInfo = scope["antiphon.request"]
        info.is_stream, info.on_shutdown = True, self.close
        self._live.add(self, self._access)
        watching = asyncio.create_task(self._end_with_client(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await self._run(follower, send)
            async with asyncio.timeout(self._live.times.send):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            log.info("stream given up", user_id=self._access.user_id, account_id=self._access.account_id)
        finally:
            watching.cancel()
            self._live.remove(self)
            self.close()
            await self._live.release(self._access.user_id, self._holder)

    async def _end_with_client(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.close()

    async def _run(self, follower: Follower, send: Send) -> None:
        loop = asyncio.get_running_loop()
        times = self._live.times
        end, comment_at = loop.time() + times.life, loop.time() + times.comment
        opening = f"retry: {random.randint(*RETRY_MS)}\n".encode()  # noqa: S311 (spreads load, no secret)
        if follower.missed:
            await self._send(send, opening + b"\n" + self._reset(follower))
        else:
            await self._send(send, opening + self._position(follower) + b"\n")
        while True:
            try:
                async with asyncio.timeout_at(min(comment_at, end)):
                    events = await follower.take()
            except TimeoutError:
                if loop.time() >= end:
                    return
                comment_at = loop.time() + times.comment
                await self._send(send, b": \n" + self._position(follower) + b"\n")
                await self._prolong()
            except FellBehindError:
                follower.skip()
                await self._send(send, self._reset(follower))
                return
            except FeedClosedError:
                return
            else:
                await self._tell(send, events)

    async def _tell(self, send: Send, events: Sequence[Event]) -> None:
        for event in events:
            if self._chosen.wants(event):
                self._told = event.sequence
                await self._send(send, self._live.render(event))

    def _position(self, follower: Follower) -> bytes:
        """Lets a client resume behind events that were not for it; nothing when it knows."""
        if self._told == follower.position:
            return b""
        self._told = follower.position
        return b"id: %d\n" % self._told

    def _reset(self, follower: Follower) -> bytes:
        self._told = follower.position
        return b"id: %d\nevent: reset\ndata: {}\n\n" % self._told

    async def _send(self, send: Send, block: bytes) -> None:
        async with asyncio.timeout(self._live.times.send):
            await send({"type": "http.response.body", "body": block, "more_body": True})

    async def _prolong(self) -> None:
        try:
            held = await self._live.reserve(self._access.user_id, self._holder)
        except ServiceError:
            return
        if not held:
            self.close()


async def open_stream(
    live: LiveStreams, access: Access, chosen: StreamFilter, after: int | None
) -> EventStream | None:
    """A stream that goes on behind number `after`; None when too many are open. Raises ServiceError."""
    holder = new_id()
    if not await live.reserve(access.user_id, holder):
        return None
    return EventStream(live, access, holder, chosen, after)
