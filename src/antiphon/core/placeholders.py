"""Placeholders in texts that are sent: `{{path | filter: argument}}` (contracts/votel.md 0.7).

No loops and no code; an unknown path gives empty text; braces around anything else stay as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

_PLACEHOLDER = re.compile(r"\{\{([^{}]{1,300})\}\}")
_PATH = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*")
_FILTER = re.compile(r"([a-z]+)(?:\s*:\s*(.*))?", re.DOTALL)
_FORMAT = re.compile(r"(?:%[dmYyHMIpaAbBj%-]|[^%])*")
_WITHOUT_MINOR = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF")
)
"""Currencies without minor units (ISO 4217)."""
MAX_FILTERS = 5


def has_placeholders(text: str | None) -> bool:
    return text is not None and "{{" in text


def fill(text: str, values: Mapping[str, Any], zone: str, *, is_html: bool = False) -> tuple[str, list[str]]:
    """The text with its placeholders filled in, and the paths that are unknown.

    `values` is nested by the parts of the paths; moments are aware datetimes, shown by the zone's clocks.
    """
    missing: dict[str, None] = {}

    def replace(found: re.Match[str]) -> str:
        path, *filters = _split(found[1])
        steps = [_FILTER.fullmatch(one) for one in filters]
        known = all(step is not None and step[1] in _FILTERS for step in steps)
        if not _PATH.fullmatch(path) or not known or len(steps) > MAX_FILTERS:
            return found[0]
        value = _find(values, path)
        if value is _UNKNOWN:
            missing[path] = None
            value = None
        for step in steps:
            assert step is not None
            value = _FILTERS[step[1]](value, _unquoted(step[2]), zone)
        shown = _shown(value, zone)
        return escape(shown) if is_html else shown

    return _PLACEHOLDER.sub(replace, text), list(missing)


_UNKNOWN = object()


def _split(text: str) -> list[str]:
    """By the bars that stand outside quotation marks."""
    parts, quoted = [""], ""
    for char in text:
        if char == quoted:
            quoted = ""
        elif not quoted and char in "\"'":
            quoted = char
        if char == "|" and not quoted:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]


def _unquoted(argument: str | None) -> str:
    text = (argument or "").strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _find(values: Any, path: str) -> Any:
    for part in path.split("."):
        if not isinstance(values, Mapping) or part not in values:
            return _UNKNOWN
        values = values[part]
    return values


def _shown(value: Any, zone: str) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, Mapping):
        return ""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_shown(item, zone) for item in value)
    return str(value)


def _date(value: Any, argument: str, zone: str) -> Any:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
        if value.tzinfo is None:
            value = value.replace(tzinfo=ZoneInfo(zone))
    if not isinstance(value, datetime):
        return value
    pattern = argument if argument and _FORMAT.fullmatch(argument) else "%Y-%m-%d"
    return value.astimezone(ZoneInfo(zone)).strftime(pattern)


def _phone(value: Any, argument: str, zone: str) -> Any:
    import phonenumbers

    try:
        number = phonenumbers.parse(str(value), None)
    except phonenumbers.NumberParseException:
        return value
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _money(value: Any, argument: str, zone: str) -> Any:
    """Minor units; the argument is the currency."""
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    currency = argument.upper()
    amount = f"{value:,}" if currency in _WITHOUT_MINOR else f"{value / 100:,.2f}"
    return f"{amount} {currency}".strip()


def _json(value: Any, argument: str, zone: str) -> str:
    shown = value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
    return json.dumps(shown, ensure_ascii=False, default=str)


_FILTERS: Mapping[str, Callable[[Any, str, str], Any]] = {
    "default": lambda value, argument, zone: argument if _shown(value, zone) == "" else value,
    "upper": lambda value, argument, zone: _shown(value, zone).upper(),
    "lower": lambda value, argument, zone: _shown(value, zone).lower(),
    "title": lambda value, argument, zone: _shown(value, zone).title(),
    "date": _date,
    "phone": _phone,
    "money": _money,
    "json": _json,
    "url": lambda value, argument, zone: quote(_shown(value, zone), safe=""),
}
