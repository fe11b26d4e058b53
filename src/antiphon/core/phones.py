"""Phone numbers as E.164, read the way people of a country write them."""

from __future__ import annotations

import re
from functools import lru_cache

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
"""The form of the numbers that carriers take."""
_NOT_DIGITS = re.compile(r"\D", re.ASCII)
_LONG_US = re.compile(r"\+1[2-9][0-9]{9}", re.ASCII)
_BARE_US = re.compile(r"1?[2-9][0-9]{9}", re.ASCII)
MAX_CHARS = 64


def digits_of(text: str) -> str:
    return _NOT_DIGITS.sub("", text)


@lru_cache(maxsize=16384)
def normalise_phone(text: str, country: str) -> str | None:
    """E.164 of a number written internationally, in the country's way or as 10 US digits; None if neither.

    A number counts when its length is possible (contracts/vocatech.md 4). `country` is an ISO code.
    """
    text = text.strip()
    if _LONG_US.fullmatch(text):
        return text
    if not text or len(text) > MAX_CHARS:
        return None
    if text.startswith("+"):
        return _parse(text, None, strict=False)
    if country != "US" and (own := _parse(text, country, strict=True)) is not None:
        return own
    digits = digits_of(text)
    if _BARE_US.fullmatch(digits) and not re.search(r"[^\W\d_]", text):
        return f"+1{digits[-10:]}"
    return _parse(text, country, strict=False)


def _parse(text: str, country: str | None, *, strict: bool) -> str | None:
    import phonenumbers

    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    reason = phonenumbers.is_possible_number_with_reason(number)
    possible = reason == phonenumbers.ValidationResult.IS_POSSIBLE
    if not (phonenumbers.is_valid_number(number) if strict else possible):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def zone_of(number: str) -> str | None:
    """The IANA zone of an E.164 number's region, where the region has one only."""
    return _zone_of_prefix(number[1:9]) if number.startswith("+") else None


@lru_cache(maxsize=4096)
def _zone_of_prefix(digits: str) -> str | None:
    from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX

    for length in range(TIMEZONE_LONGEST_PREFIX, 0, -1):
        zones = TIMEZONE_DATA.get(digits[:length])
        if zones is not None:
            return str(zones[0]) if len(zones) == 1 else None
    return None
