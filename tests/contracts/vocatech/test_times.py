"""Days and timestamps in zones (contracts/vocatech.md 4)."""

from __future__ import annotations

from datetime import date

import pytest

from antiphon.contracts.vocatech.times import days_between, stamp, stamp_or_none, zone_of

HOUR = 3_600_000


@pytest.mark.parametrize(
    ("millis", "zone", "expected"),
    [
        (1_772_637_160_999, "UTC", "2026-03-04T15:12:40+00:00"),
        (1_772_637_160_999, "America/Chicago", "2026-03-04T09:12:40-06:00"),
        (1_772_637_160_000, "Asia/Kathmandu", "2026-03-04T20:57:40+05:45"),
        (-1, "UTC", "1969-12-31T23:59:59+00:00"),
    ],
)
def test_stamps(millis: int, zone: str, expected: str) -> None:
    """vocatech.md 4: whole seconds with the offset of the zone."""
    assert stamp(millis, zone_of(zone)) == expected
    assert stamp_or_none(None, zone_of(zone)) is None


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/Chicago", date(2026, 3, 8), 23),
        ("America/Chicago", date(2026, 11, 1), 25),
        ("America/Chicago", date(2026, 3, 9), 24),
        ("UTC", date(2026, 3, 8), 24),
        ("Africa/Cairo", date(2026, 4, 24), 23),
        ("America/Havana", date(2026, 11, 1), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
    ],
)
def test_days_of_clock_changes(zone: str, day: date, hours: float) -> None:
    """vocatech.md 4: a day ends with its last millisecond in the zone, midnight missing or twice."""
    days = days_between(day, day, zone_of(zone))
    assert (days.until - days.since + 1) / HOUR == hours


def test_neighbouring_days_meet() -> None:
    """vocatech.md 4: no millisecond is in two days, none in none."""
    zone = zone_of("Africa/Cairo")
    first = days_between(date(2026, 4, 23), date(2026, 4, 23), zone)
    second = days_between(date(2026, 4, 24), date(2026, 4, 24), zone)
    assert first.until + 1 == second.since


@pytest.mark.parametrize("name", ["", "utc", "Mars/Base", "America", "../../etc/passwd", "GMT+25"])
def test_unknown_zones(name: str) -> None:
    """vocatech.md 4: IANA names and `UTC` alone."""
    with pytest.raises(KeyError):
        zone_of(name)
