"""What is searched of a row and what is looked for in it, in one form (docs/decisions/0017)."""

from __future__ import annotations

import re
import unicodedata
from operator import add
from string import ascii_uppercase

HEAD_END = "\t"
"""Ends the first part of a searched text, which a search may leave out."""
MAX_SHORT = 2
_SPACE = re.compile(r"\s+")
_NOT_DIGITS = re.compile(r"\D", re.ASCII)
# Armenian, Glagolitic and Coptic.
_CAPITALS = ((0x531, 0x557, 1), (0x2C00, 0x2C2F, 1), (0x2C80, 0x2CC8, 2))
_DIGIT_CAPITALS = str.maketrans("0123456789", "ABCDEFGHIJ")
_WHOLE_CAPITALS = str.maketrans("0123456789abcdef", "KLMNOPQRSTUVWXYZ")
_PAIR_CAPITALS = [chr(code) for first, last, step in _CAPITALS for code in range(first, last, step)]
_E164 = re.compile(r"\+\d+", re.ASCII)


def normalise(text: str) -> str:
    """Compatibility forms, no marks, lower case, single spaces; for stored text and queries alike."""
    plain = text
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _SPACE.sub(" ", plain.replace("\0", " ").casefold()).strip()


def spelled(number: str) -> str:
    """The digits of a phone number as capitals, which normalised text never has."""
    return _NOT_DIGITS.sub("", number).translate(_DIGIT_CAPITALS)


def whole(value: str) -> str:
    """A value that is found only by all of it, in capitals of its own; stored and looked for in this form."""
    if _E164.fullmatch(value):
        # Two digits a letter, as three of their letters then differ from number to number.
        pairs = (value[at : at + 2] for at in range(1, len(value), 2))
        return f"\n{''.join(_PAIR_CAPITALS[int(pair) + 100 * (len(pair) == 1)] for pair in pairs)}\n"
    return f"\n{value.encode().hex().translate(_WHOLE_CAPITALS)}\n"


PLAIN = " "
HEAD_ONLY = "-"
"""A text that stands in the first part alone."""
DIGITS = "+"
"""One that is no text of the row, but digits of a phone in it."""
HEAD_DIGITS = "*"
"""One that is a text of the first part alone, and digits of a phone."""
WHOLE = "="
"""One that is no text of the row, but all of a value."""
EITHER = "#"
"""Digits of a phone or all of a value, but no text."""
_DIGIT_RUN = re.compile("[A-J]+")
_ONE_DIGIT = {f"+{digit}": _PAIR_CAPITALS[100 + digit] for digit in range(10)}
_WHOLE_VALUE = re.compile(f"(?<=\n)(?:[K-Z]+|[{''.join(_ONE_DIGIT.values())}])(?=\n)")
_DIGITS_OF = str.maketrans("ABCDEFGHIJ", "0123456789")
_VALUE_OF = {one: number for number, one in _ONE_DIGIT.items()}
_HEX_OF = str.maketrans("KLMNOPQRSTUVWXYZ", "0123456789abcdef")
NEVER_ASKED = frozenset((HEAD_END, "\n", *ascii_uppercase, *_PAIR_CAPITALS))
"""Characters of search texts that no query has."""


def digits_in(search_text: str) -> list[str]:
    """The digits of phones in it."""
    return [run.translate(_DIGITS_OF) for run in _DIGIT_RUN.findall(search_text)]


def short_texts(search_text: str) -> dict[str, set[str]]:
    """The texts of one and two characters that find a row, by the way they do: `PLAIN` and the others.

    Texts that no query comes to may be among them.
    """
    head, _, rest = search_text.partition(HEAD_END)
    after = _parts(rest)
    before = _parts(head) - after
    plain = before | after
    dialled = {
        part for run in digits_in(search_text) for part in _parts(run) | {f"+{digit}" for digit in run}
    }
    digits = dialled - plain
    wholes = {
        value
        for found in _WHOLE_VALUE.findall(search_text)
        if len(value := _value_of(found)) <= MAX_SHORT and value not in plain
    }
    return {
        PLAIN: plain,
        HEAD_ONLY: before,
        DIGITS: digits,
        HEAD_DIGITS: dialled & before,
        WHOLE: wholes,
        EITHER: digits | wholes,
    }


def is_dialled(text: str) -> bool:
    """Whether texts that find a row by digits of a phone are known for it: digits, one with a plus."""
    digits = text.removeprefix("+")
    return digits.isdecimal() and text.isascii() and (digits == text or len(digits) == 1)


def _parts(text: str) -> set[str]:
    return {*map(add, text, text[1:]), *text}


def _value_of(found: str) -> str:
    return _VALUE_OF.get(found) or bytes.fromhex(found.translate(_HEX_OF)).decode()
