"""Calls of the past from files: rows of CSV or JSON lines become calls, or a reason why not."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import msgspec

from antiphon.core.clock import MINUTE, SECOND, from_datetime
from antiphon.core.errors import DomainError
from antiphon.core.phones import normalise_phone
from antiphon.domain.calls.records import CallDirection, CallStatus, Speaker, StartCall, Turn

MANIFESTS = ("manifest.csv", "manifest.jsonl")
MAX_LINE_CHARS = 4 * 1024 * 1024
MAX_TEXT = 100_000
MAX_TURNS = 20_000
MAX_DURATION_SECONDS = 7 * 24 * 3600
MAX_COST = 1_000_000
# 2001-09-09 in milliseconds; a smaller number is in seconds.
_MILLISECONDS_FROM = 1_000_000_000_000
_DAY_DIGITS = 8
_LAST_MOMENT = 253_402_300_799_999
_NO_TEXT = "not UTF-8 text"

COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("call_id", "call_sid", "sid", "uuid"),
    "direction": ("type",),
    "status": ("result", "outcome"),
    "from": ("from_number", "caller", "source"),
    "to": ("to_number", "callee", "destination"),
    "started_at": ("start", "start_time", "date", "started"),
    "answered_at": ("answer_time", "answered"),
    "ended_at": ("end", "end_time", "ended"),
    "duration": ("duration_seconds", "seconds", "billsec"),
    "cost": ("price", "cost_usd"),
    "name": ("remote_name", "customer", "contact"),
    "extension": (),
    "extension_name": ("agent_name",),
    "summary": (),
    "transcript": (),
    "recording": ("recording_file", "file", "filename"),
    "metadata": (),
}
"""Fields of a row, with other names that files give them."""

_DIRECTIONS = {
    "inbound": CallDirection.INBOUND,
    "incoming": CallDirection.INBOUND,
    "in": CallDirection.INBOUND,
    "outbound": CallDirection.OUTBOUND,
    "outgoing": CallDirection.OUTBOUND,
    "out": CallDirection.OUTBOUND,
    "internal": CallDirection.INTERNAL,
}
_STATUSES = {
    "completed": CallStatus.COMPLETED,
    "answered": CallStatus.COMPLETED,
    "no_answer": CallStatus.NO_ANSWER,
    "missed": CallStatus.NO_ANSWER,
    "voicemail": CallStatus.NO_ANSWER,
    "canceled": CallStatus.NO_ANSWER,
    "cancelled": CallStatus.NO_ANSWER,
    "busy": CallStatus.BUSY,
    "failed": CallStatus.FAILED,
}
_SPEAKERS: dict[str, Speaker] = {
    "ai": "agent",
    "assistant": "agent",
    "bot": "agent",
    "agent": "user",
    "user": "user",
    "caller": "caller",
    "customer": "caller",
}
_HIDDEN_NUMBERS = frozenset({"", "anonymous", "unknown", "private", "withheld", "restricted"})


class RowError(DomainError):
    """The row cannot be imported; the message says why."""

    code = "invalid_row"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """`country` and `zone` are those of numbers and times that name none; `now` is in milliseconds."""

    carrier: str
    country: str
    zone: ZoneInfo
    now: int
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportedCall:
    """A row as `commands.import_call` takes it; `recording` is a file."""

    start: StartCall
    status: CallStatus
    ended_at: int
    answered_at: int | None
    duration_seconds: int | None
    cost_micros: int
    ended_reason: str | None
    summary: str | None
    turns: tuple[Turn, ...]
    recording: Path | None


@dataclass(frozen=True, slots=True)
class Line:
    """One record of a file, counted from 1; `values` is None when it could not be read."""

    number: int
    values: dict[str, Any] | None
    error: str = ""


def find_table(path: Path) -> Path:
    """The file itself, or the manifest of a folder. Raises DomainError."""
    if path.is_dir():
        for name in MANIFESTS:
            if (path / name).is_file():
                return path / name
        raise DomainError(f"no {' or '.join(MANIFESTS)} in {path}", field="file")
    if not path.is_file():
        raise DomainError(f"no such file: {path}", field="file")
    return path


def import_id(path: Path) -> str:
    """What names the rows of a file that have no id: equal content, equal name."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def read_lines(path: Path) -> Iterator[Line]:
    """Every record of a CSV (with a header) or JSON lines file. Raises DomainError."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        yield from _csv_lines(file) if path.suffix.lower() == ".csv" else _json_lines(file)


def _csv_lines(file: TextIO) -> Iterator[Line]:
    csv.field_size_limit(MAX_LINE_CHARS)
    head = file.readline()
    file.seek(0)
    delimiter = max(",;\t", key=head.count)
    # Strict, or a quote that is never closed would swallow the rows after it.
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    try:
        names = next(reader, [])
    except csv.Error as error:
        raise DomainError(f"the header cannot be read: {error}", field="file") from error
    if not _is_text("".join(names)):
        raise DomainError(f"the header is {_NO_TEXT}", field="file")
    number = 0
    while True:
        number += 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            is_open = str(error) == "unexpected end of data"
            yield Line(
                number, None, "a quote is not closed up to the end of the file" if is_open else str(error)
            )
            continue
        if not any(value.strip() for value in values):
            number -= 1
        elif not _is_text("".join(values)):
            yield Line(number, None, _NO_TEXT)
        elif len(values) > len(names):
            yield Line(number, None, f"{len(values)} values for {len(names)} columns")
        else:
            yield Line(number, dict(zip(names, values, strict=False)))


def _json_lines(file: TextIO) -> Iterator[Line]:
    number = 0
    while text := file.readline(MAX_LINE_CHARS + 1):
        if not text.strip():
            continue
        number += 1
        if len(text) > MAX_LINE_CHARS:
            while text and not text.endswith("\n"):
                text = file.readline(MAX_LINE_CHARS)
            yield Line(number, None, "the line is too long")
            continue
        if not _is_text(text):
            yield Line(number, None, _NO_TEXT)
            continue
        try:
            value = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            yield Line(number, None, "not valid JSON")
            continue
        if isinstance(value, dict):
            yield Line(number, value)
        else:
            yield Line(number, None, "not a JSON object")


def _is_text(text: str) -> bool:
    """Whether it was UTF-8: other bytes were read as surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def map_columns(given: Mapping[str, str], names: Iterator[str] | list[str]) -> dict[str, str]:
    """From our fields to the file's columns: as given, else by name. Raises DomainError."""
    present = {_plain(name): name for name in names}
    found: dict[str, str] = {}
    for ours, others in COLUMNS.items():
        for name in (ours, *others):
            if name in present:
                found[ours] = present[name]
                break
    for ours, name in given.items():
        if ours not in COLUMNS:
            raise DomainError(f"unknown field {ours}: one of {', '.join(COLUMNS)}", field="map")
        if name and _plain(name) not in present:
            raise DomainError(f"the file has no column {name}", field="map")
        if name:
            found[ours] = present[_plain(name)]
        else:
            found.pop(ours, None)
    return found


def _plain(name: str) -> str:
    return "_".join(name.strip().lower().replace("-", " ").replace("_", " ").split())


def read_row(row: Mapping[str, Any], key: str, options: ImportOptions, folder: Path) -> ImportedCall:
    """The call of a row; `key` is its id unless it has one. Raises RowError."""
    values = {ours: row.get(column) for ours, column in options.columns.items()}
    call_sid = _text(values, "id", 128) or key
    direction = _word(values, "direction", _DIRECTIONS, CallDirection.INBOUND)
    started_at = _moment(values, "started_at", options.zone)
    if started_at is None:
        raise RowError("started_at is missing")
    answered_at = _moment(values, "answered_at", options.zone)
    ended_at = _moment(values, "ended_at", options.zone)
    duration = _number(values, "duration", MAX_DURATION_SECONDS)
    seconds = None if duration is None else int(duration)
    if ended_at is None:
        ended_at = (answered_at or started_at) + (seconds or 0) * SECOND
    if ended_at < started_at or not started_at <= (answered_at or started_at) <= ended_at:
        raise RowError("started_at, answered_at and ended_at are not in this order")
    if ended_at > options.now + MINUTE:
        raise RowError("the call ends in the future")
    talked = bool(seconds) or answered_at is not None or (seconds is None and ended_at > started_at)
    status = _word(values, "status", _STATUSES, CallStatus.COMPLETED if talked else CallStatus.NO_ANSWER)
    shown = str(values.get("status") or "").strip().lower()
    metadata = values.get("metadata") or {}
    if isinstance(metadata, str):
        metadata = _json(metadata, "metadata")
    if not isinstance(metadata, dict):
        raise RowError("metadata is not a JSON object")
    return ImportedCall(
        start=StartCall(
            carrier=options.carrier,
            direction=direction,
            call_sid=call_sid,
            from_number=_phone(values, "from", options.country),
            to_number=_phone(values, "to", options.country),
            started_at=started_at,
            extension=_text(values, "extension", 16),
            extension_name=_text(values, "extension_name", 200),
            remote_name=_text(values, "name", 200),
            metadata=metadata,
        ),
        status=status,
        ended_at=ended_at,
        answered_at=answered_at,
        duration_seconds=seconds,
        cost_micros=round((_number(values, "cost", MAX_COST) or 0) * 1_000_000),
        ended_reason="voicemail" if shown == "voicemail" else None,
        summary=_text(values, "summary", MAX_TEXT),
        turns=_turns(values.get("transcript")),
        recording=_recording(values, folder),
    )


def _text(values: Mapping[str, Any], name: str, limit: int) -> str | None:
    value = values.get(name)
    if value is None:
        return None
    if isinstance(value, dict | list):
        raise RowError(f"{name} is not a text")
    text = str(value).replace("\0", "").strip()
    if len(text) > limit:
        raise RowError(f"{name} is longer than {limit} characters")
    return text or None


def _word(values: Mapping[str, Any], name: str, words: Mapping[str, Any], default: Any) -> Any:
    text = _text(values, name, 64)
    if text is None:
        return default
    found = words.get(_plain(text))
    if found is None:
        raise RowError(f"{name} {text!r} is none of {', '.join(words)}")
    return found


def _number(values: Mapping[str, Any], name: str, high: float) -> float | None:
    text = _text(values, name, 64)
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        raise RowError(f"{name} {text!r} is not a number") from None
    if not 0 <= number <= high:
        raise RowError(f"{name} {text} is not between 0 and {high:g}")
    return number


def _moment(values: Mapping[str, Any], name: str, zone: ZoneInfo) -> int | None:
    text = _text(values, name, 64)
    if text is None:
        return None
    try:
        if text.replace(".", "", 1).isdecimal() and len(text) != _DAY_DIGITS:
            number = float(text)
            millis = int(number if number >= _MILLISECONDS_FROM else number * 1000)
        else:
            moment = datetime.fromisoformat(text)
            millis = from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=zone))
    except (ValueError, OverflowError):
        raise RowError(f"{name} {text!r} is not a time in ISO 8601 or Unix seconds") from None
    if not 0 <= millis <= _LAST_MOMENT:
        raise RowError(f"{name} {text!r} is out of range")
    return millis


def _phone(values: Mapping[str, Any], name: str, country: str) -> str | None:
    text = _text(values, name, 64)
    if text is None or text.lower() in _HIDDEN_NUMBERS:
        return None
    number = normalise_phone(text, country)
    if number is None:
        raise RowError(f"{name} {text!r} is not a phone number")
    return number


def _json(text: str, name: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise RowError(f"{name} is not valid JSON") from None


def _turns(value: Any) -> tuple[Turn, ...]:
    """From `[{speaker, text, start_ms?, end_ms?}]`, the same as JSON text, or lines `Speaker: words`."""
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        text = value.strip()
        value = _json(text, "transcript") if text.startswith("[") else _spoken_lines(text)
    if not isinstance(value, list) or len(value) > MAX_TURNS:
        raise RowError(f"transcript is not a list of at most {MAX_TURNS} turns")
    return tuple(_turn(item) for item in value)


def _spoken_lines(text: str) -> list[dict[str, str]]:
    turns: list[dict[str, str]] = []
    for line in text.splitlines():
        speaker, colon, words = line.partition(":")
        if colon and speaker.strip().lower() in _SPEAKERS:
            turns.append({"speaker": speaker, "text": words})
        elif line.strip():
            turns.append({"speaker": "caller", "text": line})
    return turns


def _turn(item: Any) -> Turn:
    if not isinstance(item, dict):
        raise RowError("a turn of the transcript is not an object")
    speaker = _SPEAKERS.get(str(item.get("speaker", "caller")).strip().lower())
    if speaker is None:
        raise RowError(f"a speaker of the transcript is none of {', '.join(_SPEAKERS)}")
    text = _text(item, "text", MAX_TEXT) or ""
    begin = int(_number(item, "start_ms", 1e9) or 0)
    return Turn(speaker, text, begin, max(begin, int(_number(item, "end_ms", 1e9) or 0)), 1.0)


def _recording(values: Mapping[str, Any], folder: Path) -> Path | None:
    """A file below the folder of the table, links out of it not followed."""
    name = _text(values, "recording", 1000)
    if name is None:
        return None
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise RowError(f"recording {name!r} is outside of the folder")
        if path.is_file():
            return path
    except (OSError, RuntimeError) as error:
        raise RowError(f"recording {name[:100]!r} cannot be read") from error
    raise RowError(f"recording {name!r} does not exist")
