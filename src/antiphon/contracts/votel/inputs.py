"""Query values and JSON bodies as typed input; every fault becomes a 400 (contracts/votel.md 0.4, 0.6)."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    WithJsonSchema,
)
from starlette.requests import Request

from antiphon.contracts.http import BodyError, decode_object, fault_text, read_body
from antiphon.contracts.votel.errors import Fault, invalid, invalid_request
from antiphon.core.clock import from_datetime
from antiphon.core.filters import FilterError, check_filter
from antiphon.core.ids import is_uuid

DEFAULT_LIMIT = 25
MAX_LIMIT = 100
MAX_PAGE = 1_000_000_000
MAX_SEARCH_CHARS = 256
MAX_FILTER_CHARS = 16_384

M = TypeVar("M", bound=BaseModel)

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_BARE_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _refuse_nul(value: str) -> str:
    if "\0" in value:
        raise ValueError("must not hold NUL characters")
    return value


def parse_moment(value: str) -> int:
    """Milliseconds of an ISO 8601 time; UTC unless it names a zone. Raises ValueError, OverflowError."""
    # An unescaped plus of a zone offset arrives as a space.
    moment = datetime.fromisoformat(value.replace(" ", "+") if "T" in value else value)
    return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _moment(value: Any) -> int:
    try:
        return parse_moment(value)
    except (AttributeError, TypeError, ValueError, OverflowError):
        raise ValueError("not an ISO 8601 time") from None


Moment = Annotated[int, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
"""A moment in milliseconds, written as ISO 8601."""

Clean = Annotated[str, AfterValidator(_refuse_nul)]
"""Text without NUL characters, which PostgreSQL cannot store."""


class Body(BaseModel):
    """A JSON body: text is trimmed, types are not converted, unknown keys are ignored."""

    model_config = ConfigDict(strict=True, str_strip_whitespace=True, extra="ignore")


def check_content_type(request: Request, body: bytes) -> None:
    if (
        body
        and request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json"
    ):
        raise invalid("", "The Content-Type must be application/json")


async def read_model(request: Request, model: type[M]) -> M:
    """The JSON body as the model; an empty body counts as `{}`. Raises ApiError 400."""
    try:
        raw = await read_body(request)
        check_content_type(request, raw)
        value = decode_object(raw) if raw.strip() else {}
    except BodyError as error:
        raise invalid("", str(error)) from error
    except RecursionError as error:
        raise invalid("", "The body is nested too deeply") from error
    return parse_model(value, model)


def parse_model(value: dict[str, Any], model: type[M]) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise invalid_request([_fault(found) for found in error.errors(include_url=False)]) from error


def _fault(found: Any) -> Fault:
    path = ".".join(str(part) for part in found["loc"])
    return Fault(path, fault_text(found), "required" if found["type"] == "missing" else "invalid")


class Query:
    """Reads query values; `check` raises one ApiError 400 that names every fault."""

    def __init__(self, request: Request, timezone: str = "UTC") -> None:
        self._values = request.query_params
        self._timezone = timezone
        self._faults: list[Fault] = []

    @property
    def limit(self) -> int:
        return min(max(self._integer("limit", DEFAULT_LIMIT), 1), MAX_LIMIT)

    @property
    def page(self) -> int:
        return min(max(self._integer("page", 1), 1), MAX_PAGE)

    def clamped(self, name: str, default: int, high: int) -> int:
        """An integer from 1 to `high`; what is none reads as the default."""
        return min(max(self._integer(name, default), 1), high)

    def text(self, name: str, max_chars: int = MAX_SEARCH_CHARS) -> str | None:
        value = self._values.get(name, "").replace("\0", "").strip()
        return value[:max_chars] or None

    def choice(self, name: str, allowed: Collection[str]) -> str | None:
        value = self._values.get(name)
        if not value:
            return None
        if value not in allowed:
            self._faults.append(Fault(name, f"one of {', '.join(allowed)}"))
        return value

    def flag(self, name: str) -> bool | None:
        value = self.choice(name, ("true", "false"))
        return None if value is None else value == "true"

    def uuid(self, name: str) -> str | None:
        value = self._values.get(name)
        if not value:
            return None
        if not is_uuid(value):
            self._faults.append(Fault(name, "not a uuid"))
        return value.lower()

    def filter(self, name: str = "filter") -> dict[str, Any] | None:
        """A filter as JSON, checked but for its fields (contracts/votel.md 0.7)."""
        text = self._values.get(name, "")
        if not text.strip():
            return None
        try:
            if len(text) > MAX_FILTER_CHARS:
                raise FilterError(f"at most {MAX_FILTER_CHARS} characters")
            value = decode_object(text.encode())
            check_filter(value)
        except FilterError as error:
            self._faults.append(Fault(name, error.message))
            return None
        except (BodyError, RecursionError):
            self._faults.append(Fault(name, "a filter is a JSON object"))
            return None
        return value

    def since(self, name: str = "from") -> int | None:
        """Milliseconds, inclusive; a bare date begins at midnight in the account's zone."""
        return self._time(name, end=False)

    def until(self, name: str = "to") -> int | None:
        """Milliseconds, inclusive; a bare date is that whole day in the account's zone."""
        return self._time(name, end=True)

    def refuse(self, name: str, message: str) -> None:
        """Add a fault that only the route can find."""
        self._faults.append(Fault(name, message))

    def check(self) -> None:
        if self._faults:
            raise invalid_request(self._faults)

    def integer(self, name: str, lowest: int, highest: int) -> int | None:
        value = self._values.get(name, "").strip()
        if not value:
            return None
        if not _INTEGER.fullmatch(value) or not lowest <= int(value) <= highest:
            self._faults.append(Fault(name, f"a whole number from {lowest} to {highest}"))
            return None
        return int(value)

    def _integer(self, name: str, default: int) -> int:
        value = self._values.get(name, "").strip()
        return int(value) if _INTEGER.fullmatch(value) else default

    def _time(self, name: str, *, end: bool) -> int | None:
        value = self._values.get(name)
        if not value:
            return None
        try:
            if _BARE_DATE.fullmatch(value):
                return self._day(date.fromisoformat(value), end=end)
            return parse_moment(value)
        except (ValueError, OverflowError):
            self._faults.append(Fault(name, "not an ISO 8601 time"))
            return None

    def _day(self, day: date, *, end: bool) -> int:
        zone = ZoneInfo(self._timezone)
        if not end:
            return from_datetime(datetime(day.year, day.month, day.day, tzinfo=zone))
        after = day + timedelta(days=1)
        return from_datetime(datetime(after.year, after.month, after.day, tzinfo=zone)) - 1


FILTER_QUERY: dict[str, dict[str, Any]] = {
    "filter": {
        "type": "string",
        "description": 'JSON: {"all":[…]}, {"any":[…]}, {"not":{…}} or {"field","op","value"}',
        "example": '{"all":[{"field":"tags","op":"has_any","value":["vip"]}]}',
    },
}
"""The query parameter of lists that take a filter."""
LIST_QUERY: dict[str, dict[str, Any]] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    "page": {"type": "integer", "minimum": 1, "default": 1},
}
"""The query parameters that every list takes, for its documentation."""
