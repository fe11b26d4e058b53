"""A message as a bag of named features for the linear model: word stems, pairs of them, concepts, shape."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

import snowballstemmer  # type: ignore[import-untyped]  # the package has no types

from .concepts import CONCEPTS

_STEMMER = snowballstemmer.stemmer("english")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d[\d.,:]*|\?")
_NEGATION = re.compile(r"n't$")
_SPLIT = {
    "can't": "can not",
    "cannot": "can not",
    "won't": "will not",
    "shan't": "shall not",
    "ain't": "is not",
}
_SHORT = {"'m": " am", "'re": " are", "'ve": " have", "'ll": " will", "'d": " would"}
_DAY_NAMES = "monday tuesday wednesday thursday friday saturday sunday"
_MONTH_NAMES = "january february march april june july august september october november december"
_NUMBER_NAMES = """
zero oh two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand
double triple
"""
_CLASSES = {
    **dict.fromkeys(_DAY_NAMES.split(), "<day>"),
    **dict.fromkeys(_MONTH_NAMES.split(), "<month>"),
    **dict.fromkeys(_NUMBER_NAMES.split(), "<number>"),
}


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Snowball stem of one lower-case word; days, months and numbers as their class."""
    if word[0].isdigit():
        return "<number>"
    return _CLASSES.get(word) or str(_STEMMER.stemWord(word))


def stems(text: str) -> list[str]:
    """Stems of normalised text in order; contractions undone, each run of numbers once."""
    found: list[str] = []
    for word in _WORD.findall(text.lower()):
        for part in _expanded(word):
            if part == "<number>" and found and found[-1] == part:
                continue
            found.append(part)
    return found


@lru_cache(maxsize=20_000)
def _expanded(word: str) -> tuple[str, ...]:
    word = _SPLIT.get(word, word)
    if _NEGATION.search(word):
        word = word[:-3] + " not"
    for tail, full in _SHORT.items():
        if word.endswith(tail):
            word = word[: -len(tail)] + full
    return tuple(stem(w.removesuffix("'s")) for w in word.split() if w.removesuffix("'s"))


def text_features(words: Sequence[str], feeling: float = 0.0) -> dict[str, float]:
    """Weight per feature of the stems of a message; words share a length of one, concepts count to two.

    `feeling` is the -1..1 of `sentiment_score`.
    """
    names = dict.fromkeys([*words, *(f"{a} {b}" for a, b in pairwise(words))])
    features = dict.fromkeys(names, 1.0 / max(len(words), 4) ** 0.5)
    for concept, members in _STEMMED.items():
        hits = sum(name in members for name in names)
        if hits:
            features[f"#{concept}"] = 0.5 + 0.5 * min(hits, 2)
    if "#request" not in features and "?" not in names and "#question" not in features:
        features["=no request"] = 1.0
    features["=good"] = max(0.0, feeling)
    features["=bad"] = max(0.0, -feeling)
    features["=long"] = min(len(words), 60) / 60
    return features


def _stem_phrases(phrases: Iterable[str]) -> frozenset[str]:
    return frozenset(" ".join(stems(phrase)) for phrase in phrases)


_STEMMED = {concept: _stem_phrases(words) for concept, words in CONCEPTS.items()}
