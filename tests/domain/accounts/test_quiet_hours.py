"""Quiet hours by somebody's own clocks (contracts/votel.md 1.2)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from antiphon.core.clock import from_datetime
from antiphon.domain.accounts.quiet_hours import quiet_until

NIGHT = {"from": "21:00", "to": "08:00"}
NOON = {"from": "12:00", "to": "13:30"}


def at(text: str, zone: str) -> int:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


@pytest.mark.parametrize(
    ("hours", "zone", "moment", "end"),
    [
        (NIGHT, "America/New_York", "2026-09-22T20:59:59", None),
        (NIGHT, "America/New_York", "2026-09-22T21:00", "2026-09-23T08:00"),
        (NIGHT, "America/New_York", "2026-09-22T23:59", "2026-09-23T08:00"),
        (NIGHT, "America/New_York", "2026-09-23T00:00", "2026-09-23T08:00"),
        (NIGHT, "America/New_York", "2026-09-23T07:59:59", "2026-09-23T08:00"),
        (NIGHT, "America/New_York", "2026-09-23T08:00", None),
        (NOON, "Asia/Kathmandu", "2026-09-22T12:15", "2026-09-22T13:30"),
        (NOON, "Asia/Kathmandu", "2026-09-22T13:30", None),
        # The nights in which the clocks change have an hour more or less.
        (NIGHT, "Europe/Berlin", "2026-10-24T22:00", "2026-10-25T08:00"),
        (NIGHT, "Europe/Berlin", "2026-03-28T22:00", "2026-03-29T08:00"),
        ({"from": "01:00", "to": "02:30"}, "Europe/Berlin", "2026-03-29T01:30", "2026-03-29T02:30"),
        (None, "UTC", "2026-09-22T23:00", None),
    ],
)
def test_quiet_until(hours: dict[str, str] | None, zone: str, moment: str, end: str | None) -> None:
    assert quiet_until(hours, zone, at(moment, zone)) == (None if end is None else at(end, zone))
