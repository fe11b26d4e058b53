"""Filters and paging as typed input (contracts/voicory.md 6 and 7)."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from typing import Any

from starlette.requests import Request

from antiphon.contracts.query import QueryText, paging_schema
from antiphon.contracts.voicory.errors import invalid_filter
from antiphon.core.clock import from_datetime
from antiphon.core.ids import is_uuid

DEFAULT_LIMIT = 25
MAX_LIMIT = 100

# A space before an offset is the plus that it was before URL decoding.
_TIME = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2}|\d{8})[Tt ](?P<time>[0-9:.,]+)(?P<offset>[Zz]|[ +-][0-9:]+)?", re.ASCII
)

PAGING = paging_schema(DEFAULT_LIMIT, MAX_LIMIT)
TIME_SCHEMA: dict[str, Any] = {
    "type": "string",
    "description": "ISO 8601, inclusive; without an offset UTC; a bare date is that whole day.",
}
RANGE: dict[str, dict[str, Any]] = {"from": TIME_SCHEMA, "to": TIME_SCHEMA}
UUID_SCHEMA: dict[str, Any] = {"type": "string", "format": "uuid"}


class Filters:
    """Reads and checks the filters of one request; each reader raises ApiError `INVALID_FILTER`."""

    def __init__(self, request: Request) -> None:
        self._query = QueryText(request)
        self.page = self._query.page()
        self.limit = self._query.clamped("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
        self.is_bare = PAGING.keys() >= self._query.names
        """True when nothing is given beside page and limit."""
        self.is_empty = False
        """True when a filter was read that no row can match: the answer is an empty list."""

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.limit

    def text(self, name: str) -> str | None:
        return self._query.text(name)

    def phone(self, name: str = "phone_number") -> str | None:
        """The text with the leading plus that URL decoding made a space; not yet normalised."""
        value = self._query.get(name)
        if value is None or not value.strip():
            return None
        return f"+{value.strip()}"[:256] if value.startswith(" ") else value.strip()[:256]

    def choice(self, name: str, allowed: Collection[str]) -> str | None:
        """A word of a fixed set; an unknown one matches nothing."""
        value = self._query.get(name)
        if value is not None and value not in allowed:
            self.is_empty = True
        return value

    def uuid(self, name: str) -> str | None:
        value = self._query.get(name)
        if value is None:
            return None
        if not is_uuid(value):
            raise invalid_filter(name, "a UUID")
        return value.lower()

    def since(self, name: str = "from") -> int | None:
        """Milliseconds, inclusive."""
        return self._moment(name, end=False)

    def until(self, name: str = "to") -> int | None:
        """Milliseconds, inclusive."""
        return self._moment(name, end=True)

    def _moment(self, name: str, *, end: bool) -> int | None:
        value = (self._query.get(name) or "").rstrip()
        if not value:
            return None
        try:
            return parse_moment(value, end=end)
        except (ValueError, OverflowError):
            raise invalid_filter(name, "an ISO 8601 date or time") from None


def parse_moment(value: str, *, end: bool) -> int:
    """ISO 8601 to milliseconds; a bare date is the start, or with `end` the last millisecond, of its day.

    Raises ValueError or OverflowError.
    """
    match = _TIME.fullmatch(value)
    if match is None:
        if not re.fullmatch(r"[0-9W-]+", value, re.ASCII):
            raise ValueError("not a date")
        day = date.fromisoformat(value)
        start = from_datetime(datetime(day.year, day.month, day.day, tzinfo=UTC))
        return start + int(timedelta(days=1) / timedelta(milliseconds=1)) - 1 if end else start
    offset = (match["offset"] or "Z").upper().replace(" ", "+")
    moment = datetime.fromisoformat(f"{match['date']}T{match['time'].replace(',', '.')}{offset}")
    return from_datetime(moment)
