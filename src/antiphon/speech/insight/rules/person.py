"""First person to third, so that a reader of the summary is not the "I" of it."""

from __future__ import annotations

import re

_PRONOUNS = {
    "i'm": "they are",
    "i am": "they are",
    "i was": "they were",
    "am i": "are they",
    "was i": "were they",
    "i've": "they have",
    "i'll": "they will",
    "i'd": "they would",
    "i": "they",
    "me": "them",
    "my": "their",
    "mine": "theirs",
    "myself": "themselves",
    "we're": "they are",
    "we've": "they have",
    "we'll": "they will",
    "we'd": "they would",
    "we": "they",
    "us": "them",
    "our": "their",
    "ours": "theirs",
    "ourselves": "themselves",
}
_PATTERN = re.compile(
    r"\b(?:" + "|".join(re.escape(k) for k in sorted(_PRONOUNS, key=len, reverse=True)) + r")(?!['\w])", re.I
)
_PROPER = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|april|june|july|august"
    r"|september|october|november|december)\b",
    re.I,
)


def third_person(text: str, *, me: str | None = None) -> str:
    """Pronouns of the speaker turned to "they"; `me` replaces the first "me" when given."""
    if me is not None:
        text = re.sub(r"\bme\b(?!')", lambda _: me, text, count=1, flags=re.I)
    return proper_case(_PATTERN.sub(lambda m: _PRONOUNS.get(m.group().lower(), m.group()), text))


def proper_case(text: str) -> str:
    """Days and months with a capital."""
    return _PROPER.sub(lambda m: m.group().capitalize(), text)


def restore_names(text: str, names: tuple[str, ...]) -> str:
    """Names found elsewhere written with their capitals."""
    for name in names:
        text = re.sub(rf"\b{re.escape(name)}\b", lambda _, n=name: n, text, flags=re.I)  # type: ignore[misc]  # bound default
    return text


def sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]
