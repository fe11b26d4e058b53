"""Rows of hot lists as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

GENERATION_BYTES = 8 * 1024 * 1024
_OVERHEAD = 1500


class RowCache:
    """What rows were rendered to, kept by their values: a changed row is another one, so nothing goes stale.

    `render` gives the pieces of a row's JSON, with a gap between two for what changes with every answer.
    The least recently shown rows go first; about twice `GENERATION_BYTES` are kept.
    """

    def __init__(
        self,
        render: Callable[[Sequence[Any]], tuple[bytes, ...]],
        generation_bytes: int = GENERATION_BYTES,
    ) -> None:
        self._render = render
        self._generation_bytes = generation_bytes
        self._left = generation_bytes
        self._young: dict[Sequence[Any], tuple[bytes, ...]] = {}
        self._old: dict[Sequence[Any], tuple[bytes, ...]] = {}

    def __call__(self, row: Sequence[Any]) -> tuple[bytes, ...]:
        found = self._young.get(row)
        if found is None:
            found = self._old.get(row) or self._render(row)
            self._keep(row, found)
        return found

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def _keep(self, row: Sequence[Any], pieces: tuple[bytes, ...]) -> None:
        # The row's own values take about as much as its JSON.
        self._left -= 2 * sum(map(len, pieces)) + _OVERHEAD
        if self._left < 0:
            self._old, self._young = self._young, {}
            self._left = self._generation_bytes
        self._young[row] = pieces
