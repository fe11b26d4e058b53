"""Query values as typed input and as the `query` of the answer (contracts/vocatech.md 4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

from starlette.requests import Request

from antiphon.contracts.query import QueryText, paging_schema
from antiphon.contracts.vocatech.errors import ApiError, Fault
from antiphon.contracts.vocatech.times import Days, account_zone, days_between, parse_date, today, zone_of

V = TypeVar("V")

DEFAULT_LIMIT = 50
MAX_LIMIT = 500

PAGING = paging_schema(DEFAULT_LIMIT, MAX_LIMIT)
DAYS: dict[str, dict[str, Any]] = {
    "start_date": {"type": "string", "format": "date", "description": "First day; default today."},
    "end_date": {
        "type": "string",
        "format": "date",
        "description": "Last day, inclusive; default today; at most 366 days.",
    },
    "timezone": {"type": "string", "description": "IANA name or UTC; default the account's zone."},
}


def search_schema(finds: str) -> dict[str, dict[str, Any]]:
    """The parameter `search` with what it finds."""
    return {"search": {"type": "string", "description": f"{finds} Cut to 256 characters."}}


class Query:
    """Reads parameters; `check` raises one ApiError 400 that names every fault.

    `echo` collects each parameter's effective value in the order of reading, `page` and `limit` last.
    """

    def __init__(self, request: Request, account_timezone: str, now: int) -> None:
        self._query = QueryText(request)
        self._faults: list[Fault] = []
        self._echo: dict[str, Any] = {}
        self._now = now
        name = self._query.get("timezone") or account_timezone
        try:
            self.zone = zone_of(name)
        except KeyError:
            self.zone = account_zone(account_timezone)
            self._zone_is_unknown = self._query.get("timezone") is not None
        else:
            self._zone_is_unknown = False
        self.page = self._query.page()
        self.limit = self._query.clamped("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.limit

    @property
    def echo(self) -> dict[str, Any]:
        return {**self._echo, "page": self.page, "limit": self.limit}

    def days(self) -> Days:
        """`start_date` and `end_date` as whole days in the zone; today's when they are at fault."""
        start, end = self._date("start_date"), self._date("end_date")
        here = today(self._now, self.zone)
        first, last = start or here, end or here
        self._echo |= {"start_date": first.isoformat(), "end_date": last.isoformat()}
        if start is not None and end is not None:
            try:
                return days_between(start, end, self.zone)
            except ValueError as error:
                self._fault("start_date", str(error))
        return days_between(here, here, self.zone)

    def timezone(self) -> None:
        """Accept and echo `timezone`, which is read into `zone` in any case."""
        if self._zone_is_unknown:
            self._fault("timezone", "must be an IANA time zone name or UTC")
        self._echo["timezone"] = self.zone.key

    def choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        value = self._query.get(name) or default
        if value not in allowed:
            self._fault(name, f"must be one of {', '.join(allowed)}")
        return self._kept(name, value)

    def text(self, name: str) -> str | None:
        return self._kept(name, self._query.text(name))

    def integer(self, name: str) -> int | None:
        """A positive id; 0, which none has, when it is beyond what an id can be."""
        value = self._query.get(name)
        if value is None:
            return self._kept(name, None)
        text = value.strip()
        if not (text.removeprefix("-").isdecimal() and text.isascii()):
            self._fault(name, "must be an integer")
            return self._kept(name, None)
        number = int(text) if len(text) <= 18 else 0
        self._kept(name, number)
        return number if 0 < number <= 2**31 - 1 else 0

    def check(self) -> None:
        """Raises ApiError `validation_error`."""
        if self._faults:
            raise ApiError("validation_error", faults=self._faults)

    def _kept(self, name: str, value: V) -> V:
        self._echo[name] = value
        return value

    def _fault(self, name: str, message: str) -> None:
        self._faults.append(Fault(name, message))

    def _date(self, name: str) -> date | None:
        """Today when it is not given, None when it is no date."""
        value = self._query.get(name)
        if value is None:
            return today(self._now, self.zone)
        try:
            return parse_date(value)
        except ValueError:
            self._fault(name, "must be a date as YYYY-MM-DD")
            return None
