"""What every contract's routes share: request facts, the way of a request, body reading and JSON bytes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from antiphon.domain.accounts.records import KeyOwner
from antiphon.domain.services import Services

log = structlog.get_logger(__name__)

MAX_JSON_BYTES = 1024 * 1024

Owner = TypeVar("Owner")


@dataclass(slots=True)
class RequestInfo:
    """Filled in on the way, read by the request log; created by the outermost middleware."""

    request_id: str
    ip: str
    contract: str = "web"
    account_id: str | None = None
    key_id: str | None = None
    shows_request_id: bool = True
    is_stream: bool = False
    """The answer has no end of its own; it counts as answered once it has begun."""
    on_shutdown: Callable[[], None] | None = None
    """Ends the answer when the server stops."""


class BodyError(Exception):
    """A body that is not the JSON object it should be; the message is safe to show."""


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def info_of(request: Request) -> RequestInfo:
    info: RequestInfo = request.scope["antiphon.request"]
    return info


def note_key(request: Request, owner: KeyOwner | None) -> None:
    """Whose key came with the request, for the request log: one that is dead or opens nothing here, too."""
    if owner is not None:
        info = info_of(request)
        info.account_id, info.key_id = owner.account_id, owner.key_id


def json_response(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(content), status, headers, media_type="application/json")


class KeyedCall(Generic[Owner]):
    """One request on its way; `headers` are added to whatever answer it gets, errors included.

    The contract's `admit` sets the owner of the key.
    """

    def __init__(self, request: Request, services: Services) -> None:
        self.request = request
        self.services = services
        self.headers: dict[str, str] = {}
        self._owner: Owner | None = None

    @property
    def owner(self) -> Owner:
        if self._owner is None:
            raise RuntimeError("nobody was admitted")
        return self._owner


async def answer(
    call: KeyedCall[Any],
    work: Awaitable[Response],
    refusal: Callable[[Exception], Response | None],
    failure: Callable[[], Response],
) -> Response:
    """What `work` answers, else the contract's answer to the error it raised, with the headers of the call.

    `refusal` answers errors that the contract knows; any other one is logged and answered by `failure`.
    """
    try:
        response = await work
    except ClientDisconnect:
        response = Response(status_code=400)
    except Exception as error:
        refused = refusal(error)
        if refused is None:
            log.exception("request failed", method=call.request.method, path=call.request.url.path)
        response = failure() if refused is None else refused
    set_headers(response, call.headers)
    return response


def set_headers(response: Response, headers: Mapping[str, str]) -> None:
    """As `response.headers.update`, quicker for headers that the response does not have."""
    raw = response.raw_headers
    present = {name for name, _ in raw}
    for name, value in headers.items():
        encoded = name.lower().encode("latin-1")
        if encoded in present:
            response.headers[name] = value
        else:
            raw.append((encoded, value.encode("latin-1")))


def fault_text(found: Mapping[str, Any]) -> str:
    """What is wrong with one value, of an entry of pydantic's `errors`, in words about the value."""
    context = found.get("ctx", {})
    if found["type"] == "value_error":
        return str(context["error"])
    if found["type"] in ("too_long", "too_short") and context["field_type"] == "Value":
        # A text whose length is checked along with something else; pydantic counts its "items".
        low, high = context.get("min_length"), context.get("max_length")
        bound = f"at most {high}" if low is None else f"at least {low}"
        return f"{bound} character{'' if bound.endswith(' 1') else 's'}"
    return str(found["msg"])


async def read_body(request: Request, max_bytes: int = MAX_JSON_BYTES) -> bytes:
    """The raw body. Raises BodyError beyond `max_bytes`, without reading on."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise BodyError(f"The body is larger than {max_bytes} bytes")
    return bytes(body)


def decode_object(body: bytes) -> dict[str, Any]:
    """Raises BodyError for anything but one JSON object."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BodyError("The body is not valid JSON") from None
    if not isinstance(value, dict):
        raise BodyError("The body must be a JSON object")
    return value
