"""Rows of hot lists as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

GENERATION_BYTES = 8 * 1024 * 1024
GAP = b"\0"
"""Stands in rendered rows for what changes with every answer; no JSON holds this byte."""
_OVERHEAD = 1500


Parts = tuple[bytes | str, ...]
"""JSON with the id of the row, as a text, in every gap."""


@dataclass(frozen=True, slots=True)
class JsonRows:
    """A JSON array with gaps at the positions `holes` of its parts; `gaps` has the id of the row of each."""

    parts: Parts
    holes: tuple[int, ...]
    gaps: tuple[str, ...]

    def filled(self, values: Sequence[bytes]) -> bytes:
        """The whole array, with the JSON of each gap."""
        parts: list[Any] = list(self.parts)
        for hole, value in zip(self.holes, values, strict=True):
            parts[hole] = value
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
        self._young: dict[Sequence[Any], Parts] = {}
        self._old: dict[Sequence[Any], Parts] = {}

    def __call__(self, row: Sequence[Any]) -> Parts:
        """The row, after a comma."""
        found = self._young.get(row)
        if found is None:
            found = self._old.get(row) or self._parts(row)
            self._keep(row, found)
        return found

    def array(self, rows: Sequence[Sequence[Any]]) -> JsonRows:
        """The rows, whose first value is their id."""
        parts: list[bytes | str] = [b"["]
        for row in rows:
            parts += self(row)
        if len(parts) > 1:
            parts[1] = parts[1][1:]
        parts.append(b"]")
        holes = tuple(position for position, part in enumerate(parts) if part.__class__ is str)
        return JsonRows(tuple(parts), holes, tuple(str(parts[hole]) for hole in holes))

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def _parts(self, row: Sequence[Any]) -> Parts:
        first, *others = (b"," + self._render(row)).split(GAP)
        return (first, *(part for piece in others for part in (row[0], piece)))

    def _keep(self, row: Sequence[Any], parts: Parts) -> None:
        # The row's own values take about as much as its JSON.
        self._left -= 2 * sum(map(len, parts)) + _OVERHEAD
        if self._left < 0:
            self._old, self._young = self._young, {}
            self._left = self._generation_bytes
        self._young[row] = parts
