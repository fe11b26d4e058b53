"""How many rows of some days texts find: all of one and two characters, and the frequent longer ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

import msgspec

from antiphon.core.db.search_text import (
    DIGITS,
    HEAD_DIGITS,
    HEAD_END,
    HEAD_ONLY,
    MAX_SHORT,
    NEVER_ASKED,
    PLAIN,
    digits_in,
    short_texts,
)

MAX_GRAM = 16
"""Longer texts are looked for in the index alone."""
FREQUENT = 0.04
"""A longer text is counted where this share of the rows has it; of less the index is quick."""

Entry = tuple[int, int, str]
"""A row: its day, the number of the kind of rows it is of, and its search text."""
Counts = tuple[int, int, int, list[tuple[str, str]]]
"""Days from the first to the last, how many rows they have, and what is filed under each prefix."""


def count_days(
    entries: Sequence[Entry], first_day: int, last_day: int, least: int, is_open: bool
) -> list[Counts]:
    """The days of the entries, which are in their order, in blocks of `least` rows or more.

    The last block reaches to `last_day`; with `is_open` too few rows at the end are left out.
    """
    found = []
    block: list[Entry] = []
    for entry in entries:
        if len(block) >= least and entry[0] > block[-1][0]:
            found.append(_count(block, first_day, block[-1][0]))
            first_day, block = block[-1][0] + 1, []
        block.append(entry)
    if len(block) >= least or (block and not is_open):
        found.append(_count(block, first_day, last_day))
    return found


def prefix_of(text: str) -> str:
    """What a text is filed under."""
    return text[:1] if len(text) <= MAX_SHORT else text[:2]


def _count(block: Sequence[Entry], first_day: int, last_day: int) -> Counts:
    filed: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))

    def file(counted: dict[tuple[int, str], Counter[str]], wanted: Callable[[str], bool]) -> None:
        for (kind, way), counts in counted.items():
            for text, count in counts.items():
                if wanted(text):
                    prefix = prefix_of(text)
                    filed[prefix][way + text[len(prefix) :]] += (kind, count)

    file(_ways((kind, short_texts(search_text)) for _, kind, search_text in block), _is_asked)
    rows = [(kind, _Row(search_text)) for _, kind, search_text in block]
    least = max(2, FREQUENT * len(rows))
    frequent: set[str] = set()
    for length in range(MAX_SHORT + 1, MAX_GRAM + 1):
        counted = _ways((kind, row.grow(length, frequent)) for kind, row in rows)
        totals: Counter[str] = Counter()
        for (_, way), counts in counted.items():
            if way in (PLAIN, DIGITS):
                totals.update(counts)
        frequent = {text for text, count in totals.items() if count >= least and _is_asked(text)}
        if not frequent:
            break
        for text in frequent:
            # Known where it is filed, whatever finds it.
            prefix = prefix_of(text)
            filed[prefix][PLAIN + text[len(prefix) :]] += ()
        file(counted, frequent.__contains__)
    encoded = [(prefix, msgspec.json.encode(keys).decode()) for prefix, keys in filed.items()]
    return first_day, last_day, len(block), encoded


def _is_asked(text: str) -> bool:
    return NEVER_ASKED.isdisjoint(text)


def _ways(rows: Iterable[tuple[int, dict[str, set[str]]]]) -> dict[tuple[int, str], Counter[str]]:
    """How many rows of each kind a text finds in each way."""
    counted: defaultdict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    for kind, ways in rows:
        for way, texts in ways.items():
            if texts:
                counted[kind, way].update(texts)
    return counted


class _Row:
    """The texts of one length after the other that are in a row, of those whose parts are frequent."""

    __slots__ = ("_digits", "_head", "_rest")

    def __init__(self, search_text: str) -> None:
        head, _, rest = search_text.partition(HEAD_END)
        self._head, self._rest = _Part(head), _Part(rest)
        self._digits = _Part("\n".join(digits_in(search_text)))

    def grow(self, length: int, frequent: set[str]) -> dict[str, set[str]]:
        rest = self._rest.grow(length, frequent)
        head = self._head.grow(length, frequent)
        digits = self._digits.grow(length, frequent)
        before = head - rest
        plain = rest | before if before else rest
        return {PLAIN: plain, HEAD_ONLY: before, DIGITS: digits - plain, HEAD_DIGITS: digits & before}


class _Part:
    __slots__ = ("_grams", "_places", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._places: Sequence[int] = range(len(text) - MAX_SHORT)
        self._grams: list[str] = []

    def grow(self, length: int, frequent: set[str]) -> set[str]:
        """The texts of a length, where the two in each that are shorter by one are frequent."""
        if not self._places:
            return set()
        text = self._text
        if length == MAX_SHORT + 1:
            self._grams = [*map("".join, zip(text, text[1:], text[2:], strict=False))]
        else:
            kept = [at for at, gram in zip(self._places, self._grams, strict=True) if gram in frequent]
            after = set(kept)
            self._places = [at for at in kept if at + 1 in after]
            self._grams = [text[at : at + length] for at in self._places]
        return set(self._grams)
