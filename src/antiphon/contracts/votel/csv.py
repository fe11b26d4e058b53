"""Lists and reports as CSV: `format=csv` (contracts/votel.md 6)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starlette.responses import Response

from antiphon.contracts.votel.errors import invalid
from antiphon.contracts.votel.inputs import Query
from antiphon.contracts.votel.routing import Call

FORMATS = ("json", "csv")
MAX_ROWS = 10_000
FORMAT_QUERY: dict[str, Any] = {"format": {"enum": list(FORMATS), "default": FORMATS[0]}}
"""The parameter that every list with CSV takes, for its documentation."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?[0-9][0-9 .()-]*")


def wants_csv(call: Call, query: Query) -> bool:
    """Whether CSV is asked for; that is an export. Raises ApiError 403."""
    if query.choice("format", FORMATS) != "csv":
        return False
    call.require("data:read")
    return True


def check_rows(total: int) -> None:
    """Raises ApiError 400 `too_large` beyond 10,000 rows."""
    if total > MAX_ROWS:
        raise invalid("format", f"more than {MAX_ROWS} rows", "too_large")


def csv_response(name: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Response:
    """One line a row under the names of the columns; a dotted name reads an inner object."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(_value(row, column)) for column in columns])
    # The mark tells spreadsheets that this is UTF-8.
    return Response(
        "\ufeff" + text.getvalue(),
        200,
        {
            "Content-Disposition": f'attachment; filename="{name}.csv"',
            "Cache-Control": "private, no-store",
        },
        media_type="text/csv; charset=utf-8",
    )


def _value(row: Mapping[str, Any], column: str) -> Any:
    value: Any = row
    for part in column.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _cell(value: Any) -> str:
    """Text that a spreadsheet would take for a formula stands behind an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    text = ", ".join(str(item) for item in value) if isinstance(value, list | tuple) else str(value)
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
