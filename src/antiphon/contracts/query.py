"""The query string as text by name: of repeated parameters the first counts, an empty one is not given."""

from __future__ import annotations

import re
from collections.abc import Set
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

MAX_TEXT_CHARS = 256
MAX_PAGE = 1_000_000_000

_INTEGER = re.compile(r"([+-]?)0*([0-9]+)", re.ASCII)


def paging_schema(default_limit: int, max_limit: int) -> dict[str, dict[str, Any]]:
    """JSON schemas of `page` and `limit` for a document, as `QueryText` reads them."""
    return {
        "page": {
            "type": "integer",
            "default": 1,
            "minimum": 1,
            "description": "Out of range is clamped, anything else reads as 1.",
        },
        "limit": {
            "type": "integer",
            "default": default_limit,
            "minimum": 1,
            "maximum": max_limit,
            "description": f"Out of range is clamped, anything else reads as {default_limit}.",
        },
    }


class QueryText:
    """Reads parameters of one request; NUL characters, which PostgreSQL cannot hold, are left out."""

    def __init__(self, request: Request) -> None:
        self._values: dict[str, str] = {}
        for name, value in parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True):
            self._values.setdefault(name, value)

    @property
    def names(self) -> Set[str]:
        """Of all parameters, empty ones too."""
        return self._values.keys()

    def get(self, name: str) -> str | None:
        """The text as given, not trimmed; None when absent or empty."""
        return self._values.get(name, "").replace("\0", "") or None

    def text(self, name: str) -> str | None:
        """Trimmed and cut to 256 characters; None when nothing is left."""
        return (self.get(name) or "").strip()[:MAX_TEXT_CHARS] or None

    def clamped(self, name: str, default: int, low: int, high: int) -> int:
        """An integer brought into its range; what is no integer reads as the default."""
        text = self.get(name)
        match = None if text is None else _INTEGER.fullmatch(text.strip())
        if match is None:
            return default
        sign, digits = match.groups()
        value = int(digits) if len(digits) <= 18 else 10**18
        return min(max(-value if sign == "-" else value, low), high)

    def page(self) -> int:
        return self.clamped("page", 1, 1, MAX_PAGE)
