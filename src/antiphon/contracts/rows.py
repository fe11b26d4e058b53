"""Rows of hot lists as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

GENERATION_BYTES = 8 * 1024 * 1024
GAP = b"\0"
"""Stands in rendered rows for what changes with every answer; no JSON holds this byte."""
_OVERHEAD = 1500


@dataclass(frozen=True, slots=True)
class JsonRows:
    """A JSON array in pieces, with a gap between two; `gaps` has the id of the row of each."""

    pieces: tuple[bytes, ...]
    gaps: tuple[Any, ...]

    def filled(self, values: Sequence[bytes]) -> bytes:
        """The whole array, with the JSON of each gap."""
        parts = [b""] * (2 * len(self.gaps) + 1)
        parts[::2] = self.pieces
        parts[1::2] = values
        return b"".join(parts)


class RowCache:
    """What rows were rendered to, kept by their values: a changed row is another one, so nothing goes stale.

    `render` gives the JSON of a row with a `GAP` wherever the answer is to fill in something. The least
    recently shown rows go first; about twice `GENERATION_BYTES` are kept.
    """

    def __init__(
        self, render: Callable[[Sequence[Any]], bytes], generation_bytes: int = GENERATION_BYTES
    ) -> None:
        self._render = render
        self._generation_bytes = generation_bytes
        self._left = generation_bytes
        self._young: dict[Sequence[Any], bytes] = {}
        self._old: dict[Sequence[Any], bytes] = {}

    def __call__(self, row: Sequence[Any]) -> bytes:
        found = self._young.get(row)
        if found is None:
            found = self._old.get(row) or self._render(row)
            self._keep(row, found)
        return found

    def array(self, rows: Sequence[Sequence[Any]]) -> JsonRows:
        """The rows, whose first value is their id."""
        shown = [self(row) for row in rows]
        gaps = (row[0] for row, json in zip(rows, shown, strict=True) for _ in range(json.count(GAP)))
        return JsonRows(tuple((b"[%b]" % b",".join(shown)).split(GAP)), tuple(gaps))

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def _keep(self, row: Sequence[Any], json: bytes) -> None:
        # The row's own values take about as much as its JSON.
        self._left -= 2 * len(json) + _OVERHEAD
        if self._left < 0:
            self._old, self._young = self._young, {}
            self._left = self._generation_bytes
        self._young[row] = json
