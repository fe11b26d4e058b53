"""When nothing automatic is sent (contracts/votel.md 1.2, 11.1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from antiphon.core.clock import from_datetime, to_datetime


def quiet_until(hours: Mapping[str, str] | None, zone: str, at: int) -> int | None:
    """The end, in milliseconds, of the quiet hours that `at` lies in by the zone's clocks, or None.

    `hours` has `from` and `to` as HH:MM; they may go over midnight. `from` is quiet, `to` is not.
    """
    if hours is None:
        return None
    place = ZoneInfo(zone)
    local = to_datetime(at).astimezone(place)
    start, end = time.fromisoformat(hours["from"]), time.fromisoformat(hours["to"])
    clock = local.time()
    if start < end:
        quiet, days = start <= clock < end, 0
    else:
        quiet, days = clock >= start or clock < end, 1 if clock >= start else 0
    if not quiet:
        return None
    day = local.date() + timedelta(days=days)
    until = from_datetime(datetime.combine(day, end, place).astimezone(UTC))
    # In the hour that clocks repeat or skip, the end may seem to be past.
    return until if until > at else None
