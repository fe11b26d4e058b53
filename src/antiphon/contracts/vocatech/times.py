"""Zones, days and timestamps (contracts/vocatech.md 4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from antiphon.core.clock import from_datetime
from antiphon.core.zones import is_zone

MAX_DAYS = 366

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days in a zone; `since` and `until` are their first and last millisecond."""

    start: date
    end: date
    since: int
    until: int


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """Raises KeyError for what is not an IANA name or `UTC`."""
    if not is_zone(name):
        raise KeyError(name)
    return ZoneInfo(name)


def account_zone(name: str) -> ZoneInfo:
    """The account's zone; UTC should its stored name be unknown on this machine."""
    try:
        return zone_of(name)
    except KeyError:
        return zone_of("UTC")


def stamp(millis: int, zone: ZoneInfo) -> str:
    """ISO 8601 with offset, whole seconds: `2026-03-04T09:12:40-06:00`."""
    return datetime.fromtimestamp(millis // 1000, zone).isoformat()


class Stamps:
    """`stamp` of one zone for many times; a zone's offset is looked up once in a quarter of an hour."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._quarters: dict[int, tuple[int, str]] = {}

    def __call__(self, millis: int) -> str:
        second = millis // 1000
        known = self._quarters.get(second // 900)
        if known is None:
            known = self._quarters[second // 900] = self._quarter(second // 900 * 900)
        start, text = known
        minute, rest = divmod(second - start, 60)
        return text % (minute, rest)

    def _quarter(self, start: int) -> tuple[int, str]:
        """The quarter's hour start and its text with places for minute and second."""
        local = datetime.fromtimestamp(start, self._zone)
        text = local.isoformat()
        return start - local.minute * 60 - local.second, f"{text[:14]}%02d:%02d{text[19:]}"


def stamp_or_none(millis: int | None, zone: ZoneInfo) -> str | None:
    return None if millis is None else stamp(millis, zone)


def today(now: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(now // 1000, zone).date()


def parse_date(text: str) -> date:
    """`YYYY-MM-DD`. Raises ValueError."""
    if not _DATE.fullmatch(text):
        raise ValueError("not a date")
    return date.fromisoformat(text)


def days_between(start: date, end: date, zone: ZoneInfo) -> Days:
    """Raises ValueError when the start is after the end, there are too many days, or no clock shows them."""
    if start > end:
        raise ValueError("must not be after end_date")
    if (end - start).days + 1 > MAX_DAYS:
        raise ValueError(f"at most {MAX_DAYS} days")
    try:
        return Days(start, end, _midnight(start, zone), _midnight(end + timedelta(days=1), zone) - 1)
    except OverflowError:
        raise ValueError("out of range") from None


def _midnight(day: date, zone: ZoneInfo) -> int:
    return from_datetime(datetime(day.year, day.month, day.day, tzinfo=zone))
