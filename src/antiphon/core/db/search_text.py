"""What is searched of a row and what is looked for in it, in one form (docs/decisions/0017)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class ShortTexts:
    """The texts of one and two characters that find a row, and of those it is found by in another way too.

    Before each of `others` stands what it is: one of `HEAD_ONLY`, `DIGITS`, `WHOLE` and `EITHER`.
    """

    plain: set[str]
    others: set[str]


PLAIN = " "
HEAD_ONLY = "-"
"""A text that stands in the first part alone."""
DIGITS = "+"
"""One that is no text of the row, but digits of a phone in it."""
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
_NEVER_ASKED = frozenset((HEAD_END, "\n", *ascii_uppercase, *_PAIR_CAPITALS))


def short_texts(search_text: str) -> ShortTexts:
    """What of one or two characters finds a row; texts that no query comes to may be among them."""
    head, _, rest = search_text.partition(HEAD_END)
    after = _parts(rest)
    before = _parts(head) - after
    plain = before | after
    digits = {
        part
        for run in _DIGIT_RUN.findall(search_text)
        for part in _dialled(run.translate(_DIGITS_OF))
        if part not in plain
    }
    wholes = {
        value
        for found in _WHOLE_VALUE.findall(search_text)
        if len(value := _value_of(found)) <= MAX_SHORT and value not in plain
    }
    others = {HEAD_ONLY + part for part in before}
    others.update(DIGITS + part for part in digits)
    others.update(WHOLE + value for value in wholes)
    others.update(EITHER + part for part in digits | wholes)
    return ShortTexts(plain, others)


def is_dialled(text: str) -> bool:
    """Whether `short_texts` has a text of one or two characters among the digits of phones."""
    return text.removeprefix("+").isdecimal() and text.isascii()


def is_asked(text: str) -> bool:
    """Whether a query may be this text, which stands in the text of a row."""
    return _NEVER_ASKED.isdisjoint(text)


def _parts(text: str) -> set[str]:
    return {*map(add, text, text[1:]), *text}


def _dialled(digits: str) -> set[str]:
    return {*_parts(digits), *(f"+{digit}" for digit in digits)}


def _value_of(found: str) -> str:
    return _VALUE_OF.get(found) or bytes.fromhex(found.translate(_HEX_OF)).decode()
