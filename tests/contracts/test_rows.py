"""Rows that were rendered before are not rendered again, and never shown stale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from antiphon.contracts.rows import GAP, RowCache


class _Renderer:
    def __init__(self) -> None:
        self.rendered: list[Sequence[Any]] = []

    def __call__(self, row: Sequence[Any]) -> bytes:
        self.rendered.append(row)
        return repr(row).encode()


def test_a_row_is_rendered_once_and_anew_when_it_changed() -> None:
    render = _Renderer()
    cache = RowCache(render)
    for row in (("a", 1), ("a", 1), ("a", 2), ("a", None), ("a", 1)):
        assert cache(row) == (b"," + repr(row).encode(),)
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


def test_gaps_are_filled_in_the_order_of_the_rows() -> None:
    def render(row: Sequence[Any]) -> bytes:
        return b'{"id":%b' % row[0].encode() + b',"gap":%b' % GAP * row[1] + b"}"

    cache = RowCache(render)
    rows = cache.array([("1", 1), ("2", 0), ("3", 2), ("4", 1)])
    assert rows.gaps == ("1", "3", "3", "4")
    for values in ([b"a", b"b", b"c", b"d"], [b"", b"w", b"x", b"yz"]):
        a, b, c, d = (value.decode() for value in values)
        shown = f'[{{"id":1,"gap":{a}}},{{"id":2}},{{"id":3,"gap":{b},"gap":{c}}},{{"id":4,"gap":{d}}}]'
        assert rows.filled(values) == shown.encode()
    with pytest.raises(ValueError, match="shorter"):
        rows.filled([b"a"])


def test_an_array_without_gaps() -> None:
    cache = RowCache(_Renderer())
    assert cache.array([("a", 1), ("b", 2)]).filled([]) == b"[('a', 1),('b', 2)]"
    assert cache.array([]).filled([]) == b"[]"
