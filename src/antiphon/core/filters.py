"""Filters as JSON, asked of one object: `all`, `any`, `not` and leaves (contracts/votel.md 0.7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from antiphon.core.clock import DAY, from_datetime
from antiphon.core.errors import DomainError

MAX_DEPTH = 5
MAX_LEAVES = 50
MAX_DAYS = 36_500


class FilterError(DomainError):
    """The filter is not one; the message says where."""

    code = "invalid"


def check_filter(value: Any, is_field: Callable[[str], bool] = lambda name: True) -> None:
    """Raises FilterError; `is_field` knows the names that leaves may have."""
    leaves = _check(value, 1, is_field)
    if leaves > MAX_LEAVES:
        raise FilterError(f"at most {MAX_LEAVES} conditions", field="filter")


def matches(value: Mapping[str, Any], data: Mapping[str, Any], now: int) -> bool:
    """Whether the object is what a checked filter asks for; fields are dotted paths, `now` is in ms."""
    if "all" in value:
        return all(matches(part, data, now) for part in value["all"])
    if "any" in value:
        return any(matches(part, data, now) for part in value["any"])
    if "not" in value:
        return not matches(value["not"], data, now)
    return _OPERATORS[value["op"]](_find(data, value["field"]), value.get("value"), now)


def _check(value: Any, depth: int, is_field: Callable[[str], bool]) -> int:
    if not isinstance(value, dict):
        raise FilterError("a filter is an object", field="filter")
    if depth > MAX_DEPTH:
        raise FilterError(f"at most {MAX_DEPTH} levels", field="filter")
    for word in ("all", "any"):
        if word in value:
            if not isinstance(value[word], list) or len(value) != 1:
                raise FilterError(f"`{word}` stands alone and has a list", field="filter")
            return sum(_check(part, depth + 1, is_field) for part in value[word])
    if "not" in value:
        if len(value) != 1:
            raise FilterError("`not` stands alone", field="filter")
        return _check(value["not"], depth + 1, is_field)
    name, op = value.get("field"), value.get("op")
    if not isinstance(name, str) or not is_field(name):
        raise FilterError(f"no such field: {name}", field="filter")
    if not isinstance(op, str) or op not in _OPERATORS:
        raise FilterError(f"no such operator: {op}", field="filter")
    if not _VALUES[op](value.get("value")):
        raise FilterError(f"not a value for {op}", field="filter")
    return 1


def _find(data: Any, path: str) -> Any:
    for part in path.split("."):
        data = data.get(part) if isinstance(data, Mapping) else None
    return data


def _is_set(found: Any) -> bool:
    return found is not None and found != "" and found != []


def _fold(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _same(found: Any, value: Any) -> bool:
    if isinstance(found, bool) or isinstance(value, bool):
        return found is value
    moments = _moment(found), _moment(value)
    if None not in moments:
        return moments[0] == moments[1]
    return bool(_fold(found) == _fold(value))


def _contains(found: Any, value: str) -> bool:
    return isinstance(found, str) and value.casefold() in found.casefold()


def _moment(value: Any) -> int | None:
    """Milliseconds of an ISO 8601 time or date."""
    if not isinstance(value, str) or len(value) < 10 or not value[:4].isdigit():
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return from_datetime(found if found.tzinfo else found.replace(tzinfo=UTC))


def _order(found: Any, value: Any) -> int | None:
    """Below 0 when `found` comes first; None where the two cannot be compared."""
    moments = _moment(found), _moment(value)
    if moments[0] is not None and moments[1] is not None:
        found, value = moments
    if isinstance(found, bool) or isinstance(value, bool):
        return None
    if not isinstance(found, int | float) or not isinstance(value, int | float):
        return None
    return (found > value) - (found < value)


def _compares(test: Callable[[int], bool]) -> Callable[[Any, Any, int], bool]:
    def compare(found: Any, value: Any, now: int) -> bool:
        order = _order(found, value)
        return order is not None and test(order)

    return compare


def _between(found: Any, value: Any, now: int) -> bool:
    low, high = _order(found, value[0]), _order(found, value[1])
    return low is not None and high is not None and low >= 0 >= high


def _within(found: Any, start: int, end: int) -> bool:
    moment = _moment(found)
    return moment is not None and start <= moment <= end


def _items(found: Any) -> set[Any]:
    return (
        {_fold(item) for item in found if isinstance(item, str | int | float)} if _is_list(found) else set()
    )


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _wanted(value: Any) -> set[Any]:
    return {_fold(item) for item in value}


_OPERATORS: dict[str, Callable[[Any, Any, int], bool]] = {
    "eq": lambda found, value, now: _same(found, value),
    "ne": lambda found, value, now: not _same(found, value),
    "contains": lambda found, value, now: _contains(found, value),
    "not_contains": lambda found, value, now: not _contains(found, value),
    "starts_with": lambda found, value, now: (
        isinstance(found, str) and found.casefold().startswith(value.casefold())
    ),
    "in": lambda found, value, now: any(_same(found, one) for one in value),
    "not_in": lambda found, value, now: not any(_same(found, one) for one in value),
    "gt": _compares(lambda order: order > 0),
    "gte": _compares(lambda order: order >= 0),
    "lt": _compares(lambda order: order < 0),
    "lte": _compares(lambda order: order <= 0),
    "between": _between,
    "in_last_days": lambda found, value, now: _within(found, now - int(value * DAY), now),
    "in_next_days": lambda found, value, now: _within(found, now, now + int(value * DAY)),
    "has_any": lambda found, value, now: bool(_items(found) & _wanted(value)),
    "has_all": lambda found, value, now: _items(found) >= _wanted(value),
    "has_none": lambda found, value, now: not _items(found) & _wanted(value),
    "is_set": lambda found, value, now: _is_set(found),
    "is_not_set": lambda found, value, now: not _is_set(found),
}


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_ordered(value: Any) -> bool:
    return _is_number(value) or _moment(value) is not None


def _is_plain_list(value: Any) -> bool:
    return _is_list(value) and all(_is_plain(item) for item in value)


def _is_days(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= MAX_DAYS


_VALUES: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("eq", "ne"), lambda value: value is None or _is_plain(value)),
    **dict.fromkeys(("contains", "not_contains", "starts_with"), lambda value: isinstance(value, str)),
    **dict.fromkeys(("in", "not_in", "has_any", "has_all", "has_none"), _is_plain_list),
    **dict.fromkeys(("gt", "gte", "lt", "lte"), _is_ordered),
    "between": lambda value: _is_list(value) and len(value) == 2 and all(map(_is_ordered, value)),
    **dict.fromkeys(("in_last_days", "in_next_days"), _is_days),
    **dict.fromkeys(("is_set", "is_not_set"), lambda value: True),
}
