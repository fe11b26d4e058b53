"""Filters as conditions of statements: what core/filters.py asks of one object, asked of rows.

The operators of each kind of field are those of contracts/votel.md 0.7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    and_,
    collate,
    false,
    func,
    literal,
    not_,
    or_,
    true,
)

from antiphon.core.clock import DAY, from_datetime
from antiphon.core.filters import FilterError, check_filter

MAX_TEXT = 1000
MAX_ITEMS = 500
MAX_NUMBER = 2**53

Test = Callable[[ColumnElement[Any]], ColumnElement[bool]]


class Kind(Enum):
    """What operators a field has. A date is text, `YYYY-MM-DD`; moments are milliseconds."""

    TEXT = "text"
    NUMBER = "number"
    MOMENT = "moment"
    DATE = "date"
    FLAG = "flag"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class FilterField:
    """Where a field stands: `holds(test)` is that its value, or any item of a list, passes the test.

    `plain` brings a text of the filter into the form that the stored ones have; without it case is ignored.
    """

    kind: Kind
    holds: Callable[[Test], ColumnElement[bool]]
    plain: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """What values are read by: the store's dialect, now in milliseconds, the zone of bare dates."""

    dialect: str
    now: int
    zone: ZoneInfo


def compile_filter(
    value: Mapping[str, Any], find: Callable[[str], FilterField | None], frame: Frame
) -> ColumnElement[bool]:
    """The condition that a filter is; `find` knows the fields by name. Raises FilterError."""
    check_filter(value, lambda name: find(name) is not None)
    return _compile(value, find, frame)


def _compile(
    value: Mapping[str, Any], find: Callable[[str], FilterField | None], frame: Frame
) -> ColumnElement[bool]:
    if "all" in value:
        return and_(true(), *(_compile(part, find, frame) for part in value["all"]))
    if "any" in value:
        return or_(false(), *(_compile(part, find, frame) for part in value["any"]))
    if "not" in value:
        return _negated(_compile(value["not"], find, frame))
    field = find(value["field"])
    assert field is not None
    op = value["op"]
    if op not in _OPERATORS[field.kind]:
        raise _fault(f"{op} is no operator of {value['field']}")
    return _Leaf(field, value["field"], frame).compile(op, value.get("value"))


def _negated(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    # What is not known does not hold, so its opposite does.
    return not_(func.coalesce(condition, false()))


def _fault(message: str) -> FilterError:
    return FilterError(message, field="filter")


_OF_ALL = frozenset({"is_set", "is_not_set"})
_OF_RANGES = frozenset({"eq", "ne", "gt", "gte", "lt", "lte", "between"}) | _OF_ALL
_OF_TIMES = _OF_RANGES | {"in_last_days", "in_next_days"}
_OPERATORS: dict[Kind, frozenset[str]] = {
    Kind.TEXT: frozenset({"eq", "ne", "contains", "not_contains", "starts_with", "in", "not_in"}) | _OF_ALL,
    Kind.NUMBER: _OF_RANGES,
    Kind.MOMENT: _OF_TIMES,
    Kind.DATE: _OF_TIMES,
    Kind.FLAG: frozenset({"eq", "ne"}) | _OF_ALL,
    Kind.LIST: frozenset({"has_any", "has_all", "has_none"}) | _OF_ALL,
}
_OPPOSITES = {
    "ne": "eq",
    "not_contains": "contains",
    "not_in": "in",
    "has_none": "has_any",
    "is_not_set": "is_set",
}


@dataclass(frozen=True, slots=True)
class _Leaf:
    field: FilterField
    name: str
    frame: Frame

    def compile(self, op: str, value: Any) -> ColumnElement[bool]:
        if op in _OPPOSITES:
            return _negated(self.compile(_OPPOSITES[op], value))
        if op == "is_set":
            return self.field.holds(self._is_set)
        if op == "eq" and value is None:
            return _negated(self.field.holds(self._is_set))
        match self.field.kind:
            case Kind.TEXT:
                return self.field.holds(self._text(op, value))
            case Kind.LIST:
                return self._list(op, value)
            case Kind.FLAG:
                if not isinstance(value, bool):
                    raise self._refused("true or false")
                return self.field.holds(lambda found: found.is_(true() if value else false()))
            case _:
                return self.field.holds(self._range(op, value))

    def _is_set(self, found: ColumnElement[Any]) -> ColumnElement[bool]:
        if self.field.kind in (Kind.TEXT, Kind.DATE):
            return and_(found.is_not(None), found != "")
        return found.is_not(None)

    def _refused(self, wanted: str) -> FilterError:
        return _fault(f"the value for {self.name} must be {wanted}")

    # Text

    def _text(self, op: str, value: Any) -> Test:
        if op == "in":
            return self._one_of(value)
        text = self._read(value)
        if op == "eq":
            return lambda found: self._folded(found, text.isascii()) == text
        if op == "starts_with":
            return lambda found: self._folded(found, text.isascii()).startswith(text, autoescape=True)
        return lambda found: self._folded(found, text.isascii()).contains(text, autoescape=True)

    def _one_of(self, values: Sequence[Any]) -> Test:
        if len(values) > MAX_ITEMS:
            raise self._refused(f"a list of at most {MAX_ITEMS}")
        texts = [self._read(value) for value in values]
        return lambda found: self._folded(found, all(text.isascii() for text in texts)).in_(texts)

    def _list(self, op: str, values: Sequence[Any]) -> ColumnElement[bool]:
        if op == "has_any":
            return self.field.holds(self._one_of(values))
        if len(values) > MAX_ITEMS:
            raise self._refused(f"a list of at most {MAX_ITEMS}")
        return and_(true(), *(self.field.holds(self._one_of([value])) for value in values))

    def _read(self, value: Any) -> str:
        if not isinstance(value, str) or len(value) > MAX_TEXT or "\0" in value:
            raise self._refused(f"text of at most {MAX_TEXT} characters")
        return value.lower() if self.field.plain is None else self.field.plain(value)

    def _folded(self, found: ColumnElement[Any], is_ascii: bool) -> ColumnElement[Any]:
        if self.field.plain is not None:
            return found
        if is_ascii:
            return func.lower(found)
        # Neither store's own function knows other letters, whatever the locale.
        if self.frame.dialect == "sqlite":
            return func.unicode_lower(found)
        return func.lower(collate(found, "und-x-icu"))

    # Numbers and times

    def _range(self, op: str, value: Any) -> Test:
        if op == "between":
            first, last = self._edges(value[0])[0], self._edges(value[1])[1]
        elif op in ("in_last_days", "in_next_days"):
            first, last = self._days(op, value)
        else:
            first, last = self._edges(value)
        match op:
            case "gt":
                return lambda found: found > last
            case "gte":
                return lambda found: found >= first
            case "lt":
                return lambda found: and_(found != "", found < first) if self._is_date else found < first
            case "lte":
                return lambda found: and_(found != "", found <= last) if self._is_date else found <= last
        return lambda found: and_(found >= first, found <= last)

    @property
    def _is_date(self) -> bool:
        return self.field.kind is Kind.DATE

    def _edges(self, value: Any) -> tuple[Any, Any]:
        """The first and the last of what a value names: a bare date is a whole day."""
        if self.field.kind is Kind.NUMBER:
            if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > MAX_NUMBER:
                raise self._refused("a number")
            if isinstance(value, float) and not value.is_integer():
                return (literal(value, Float),) * 2
            return (literal(int(value), BigInteger),) * 2
        try:
            if not isinstance(value, str):
                raise ValueError
            if len(value) == 10:
                day = date.fromisoformat(value)
                return self._day(day, day)
            moment = datetime.fromisoformat(value)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            if self._is_date:
                return (moment.astimezone(self.frame.zone).date().isoformat(),) * 2
            return (literal(from_datetime(moment), BigInteger),) * 2
        except (ValueError, OverflowError):
            raise self._refused("an ISO 8601 date or time") from None

    def _day(self, first: date, last: date) -> tuple[Any, Any]:
        if self._is_date:
            return first.isoformat(), last.isoformat()
        after = last + timedelta(days=1)
        start = datetime(first.year, first.month, first.day, tzinfo=self.frame.zone)
        end = datetime(after.year, after.month, after.day, tzinfo=self.frame.zone)
        return literal(from_datetime(start), BigInteger), literal(from_datetime(end) - 1, BigInteger)

    def _days(self, op: str, value: float) -> tuple[Any, Any]:
        now, far = self.frame.now, int(value * DAY)
        first, last = (now - far, now) if op == "in_last_days" else (now, now + far)
        if not self._is_date:
            return literal(first, BigInteger), literal(last, BigInteger)
        return self._date_of(first), self._date_of(last)

    def _date_of(self, at: int) -> str:
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        return (epoch + timedelta(milliseconds=at)).astimezone(self.frame.zone).date().isoformat()
