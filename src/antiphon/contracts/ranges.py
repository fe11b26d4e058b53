"""The `Range` header, single ranges of bytes only."""

from __future__ import annotations

import re

_RANGE = re.compile(r"bytes[ \t]*=[ \t]*([0-9]*)[ \t]*-[ \t]*([0-9]*)[ \t]*", re.IGNORECASE | re.ASCII)
_MANY = 18


class RangeUnsatisfiable(Exception):  # noqa: N818  an answer, not a fault
    """The range begins beyond the end."""


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Start and end (not included) of the range asked for; None when the whole is to be sent.

    A malformed header and several ranges are ignored, as HTTP allows. Raises RangeUnsatisfiable.
    """
    match = _RANGE.fullmatch((header or "").strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = (digits.lstrip("0") or digits[:1] for digits in match.groups())
    if len(first) > _MANY:
        raise RangeUnsatisfiable
    end = size if not last or len(last) > _MANY else int(last)
    if not first:
        if end == 0 or size == 0:
            raise RangeUnsatisfiable
        return max(0, size - end), size
    start = int(first)
    if last and end < start:
        return None
    if start >= size:
        raise RangeUnsatisfiable
    return start, min(end + 1 if last else size, size)
