"""Digit runs in a transcript, spoken ("double five, oh") or written, with their place in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"\+?\d+|[a-z]+(?:'[a-z]+)?|[^\s\w]", re.IGNORECASE)
_DIGITS = {
    "oh": "0",
    "o": "0",
    "zero": "0",
    "nought": "0",
    "naught": "0",
    "nil": "0",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "niner": "9",
}
# What recognisers write for a digit; trusted only between two digits.
_HOMOPHONES = {
    "to": "2",
    "too": "2",
    "for": "4",
    "fore": "4",
    "ate": "8",
    "won": "1",
    "owe": "0",
    "sex": "6",
    "tree": "3",
}
_TEENS = {
    "ten": "10",
    "eleven": "11",
    "twelve": "12",
    "thirteen": "13",
    "fourteen": "14",
    "fifteen": "15",
    "sixteen": "16",
    "seventeen": "17",
    "eighteen": "18",
    "nineteen": "19",
}
_TENS = {
    "twenty": "2",
    "thirty": "3",
    "forty": "4",
    "fourty": "4",
    "fifty": "5",
    "sixty": "6",
    "seventy": "7",
    "eighty": "8",
    "ninety": "9",
}
_REPEATS = {"double": 2, "triple": 3, "treble": 3}
_GLUE = {"-", ",", ".", "(", ")", "dash", "hyphen", "then", "and", "space", "/", "..."}


@dataclass(frozen=True, slots=True)
class DigitRun:
    """`digits` found at `text[start:end]`; `plus` when an international prefix was said or written.

    `alternative` is the other reading of tens before a digit: "twenty seven" as 20, 7 instead of 27.
    """

    digits: str
    start: int
    end: int
    plus: bool = False
    alternative: str = ""


def digit_value(word: str) -> str | None:
    """The digit a single word stands for, or the word itself when it is written in digits."""
    return word if word.isdigit() else _DIGITS.get(word.lower())


def digit_runs(text: str) -> list[DigitRun]:
    """Every maximal run of digits, in order, with glue such as dashes, commas and "then" between."""
    tokens = [(m.group().lower(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
    runs: list[DigitRun] = []
    index = 0
    while index < len(tokens):
        run, after = _read_run(tokens, index)
        if run is not None:
            runs.append(run)
        index = max(after, index + 1)
    return runs


def _read_run(tokens: list[tuple[str, int, int]], index: int) -> tuple[DigitRun | None, int]:
    first = index
    plus = False
    if tokens[index][0] in ("plus", "+"):
        plus = True
        index += 1
    digits = alternative = ""
    end_token = index
    while index < len(tokens):
        value, used = _read_value(tokens, index, started=len(digits) > 0)
        if value:
            if value.startswith("+"):
                if digits:
                    break
                plus, value = True, value[1:]
            digits += value
            tens = used > 1 and tokens[index][0] in _TENS
            alternative += value[0] + "0" + value[1] if tens else value
            index += used
            end_token = index
        elif (
            (digits and tokens[index][0] in _GLUE and not _ends_sentence(tokens, index))
            or (not digits and plus and tokens[index][0] in ("(",))
            or (not digits and tokens[index][0] == "(" and index == first)
        ):
            index += 1
        else:
            break
    if not digits:
        return None, first + 1
    return DigitRun(digits, tokens[first][1], tokens[end_token - 1][2], plus, alternative), end_token


def _read_value(tokens: list[tuple[str, int, int]], index: int, *, started: bool) -> tuple[str, int]:
    word = tokens[index][0]
    following = tokens[index + 1][0] if index + 1 < len(tokens) else ""
    if word.lstrip("+").isdigit():
        return word, 1
    if word in _DIGITS:
        digit = _DIGITS[word]
        if word in ("oh", "o") and not started and not _opens_digits(following):
            return "", 0
        if following == "hundred":
            return digit + "00", 2
        if following == "thousand":
            return digit + "000", 2
        return digit, 1
    if word in _REPEATS:
        repeated = digit_value(following)
        return (repeated * _REPEATS[word], 2) if repeated is not None and len(repeated) == 1 else ("", 0)
    if word in _TEENS:
        return (_TEENS[word] + "00", 2) if following == "hundred" else (_TEENS[word], 1)
    if word in _TENS:
        unit = _DIGITS.get(following, "0")
        offset = 1
        if following == "-" and index + 2 < len(tokens):
            unit, offset = _DIGITS.get(tokens[index + 2][0], "0"), 2
        if unit != "0":
            return _TENS[word] + unit, 1 + offset
        return _TENS[word] + "0", 1
    if started and word in _HOMOPHONES and _opens_digits(following):
        return _HOMOPHONES[word], 1
    return "", 0


def _ends_sentence(tokens: list[tuple[str, int, int]], index: int) -> bool:
    return tokens[index][0] == "." and index + 1 < len(tokens) and tokens[index + 1][1] > tokens[index][2]


def _opens_digits(word: str) -> bool:
    return word in _DIGITS or word in _REPEATS or word in _TEENS or word in _TENS or word[:1].isdigit()
