"""Rows that were rendered before are not rendered again, and never shown stale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from antiphon.contracts.rows import RowCache


class _Renderer:
    def __init__(self) -> None:
        self.rendered: list[Sequence[Any]] = []

    def __call__(self, row: Sequence[Any]) -> tuple[bytes, ...]:
        self.rendered.append(row)
        return (repr(row).encode(),)


def test_a_row_is_rendered_once_and_anew_when_it_changed() -> None:
    render = _Renderer()
    cache = RowCache(render)
    for row in (("a", 1), ("a", 1), ("a", 2), ("a", None), ("a", 1)):
        assert cache(row) == (repr(row).encode(),)
    assert render.rendered == [("a", 1), ("a", 2), ("a", None)]


def test_what_is_kept_is_bounded_and_what_is_shown_stays() -> None:
    render = _Renderer()
    cache = RowCache(render, generation_bytes=20_000)
    for number in range(500):
        cache(("often", 0))
        cache(("once", number))
        assert len(cache) < 40
    assert render.rendered.count(("often", 0)) == 1
    cache(("once", 0))
    assert render.rendered.count(("once", 0)) == 2


def test_a_row_beyond_the_bound_is_shown() -> None:
    render = _Renderer()
    cache = RowCache(render, generation_bytes=1)
    for _ in range(3):
        assert cache(("large", "x" * 100))
    assert len(cache) <= 2
