"""Phone numbers said or written in a message, as E.164 (contracts/voicegram.md 5, `mentioned.phones`)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .numbers import DigitRun, digit_runs
from .places import area_code_cues, countries_near

_MIN_DIGITS = 7
_MAX_DIGITS = 17
_OTHER_NUMBER = re.compile(
    r"\b(?:order|invoice|account|acct|reference|ref|ticket|policy|tracking|booking|confirmation"
    r"|case|card|serial|claim"
    r"|membership|member|customer|consignment|parcel|licen[sc]e|registration|isbn|zip|postcode"
    r"|post code|iban|sort code"
    r"|charity|model|job|p o|po|purchase order|id)\b(?: (?:number|code|no|id|is|was|it's|ends"
    r"|ending|in|of|the))*[\s:#,.]*$",
    re.IGNORECASE,
)
_PHONE_CUE = re.compile(
    r"\b(?:call|ring|phone|text|whatsapp|reach|number|mobile|cell|landline|telephone|tel|fax"
    r"|contact|dial|line|extension)\b",
    re.IGNORECASE,
)
_AREA_CODE = re.compile(r"\barea code(?: is)?\s*", re.IGNORECASE)


def find_phones(text: str, country: str) -> list[str]:
    """E.164 numbers in order of mention; `country` is the account's, used after the cues in the text.

    A national number counts when it is valid in a cued country or the account's; a number that is only of a
    possible length there needs a phone word shortly before it.
    """
    found: list[str] = []
    area = _spoken_area_code(text)
    for run in digit_runs(text):
        if not _MIN_DIGITS <= len(run.digits) <= _MAX_DIGITS:
            continue
        before = text[max(0, run.start - 60) : run.start]
        if _OTHER_NUMBER.search(before):
            continue
        cued = _PHONE_CUE.search(before) is not None
        number = _valid(run.digits, run, text, country, area)
        if number is None and run.alternative != run.digits:
            number = _valid(run.alternative, run, text, country, area)
        if number is None and (cued or run.plus):
            number = _possible(run, text, country)
        if number is not None and number not in found:
            found.append(number)
    return found


def write_phones(text: str, phones: Sequence[str]) -> str:
    """The text with the digits of these E.164 numbers written out, so that no rule reads them as a time."""
    for run in reversed(digit_runs(text)):
        for digits in (run.digits, run.alternative):
            national = digits.lstrip("0")
            number = next((phone for phone in phones if phone.endswith(national)), None)
            if len(national) >= _MIN_DIGITS - 1 and number is not None:
                text = text[: run.start] + number + text[run.end :]
                break
    return text


def _spoken_area_code(text: str) -> str | None:
    for match in _AREA_CODE.finditer(text):
        runs = [r for r in digit_runs(text[match.end() :]) if r.start == 0]
        if runs and 2 <= len(runs[0].digits) <= 5:
            return runs[0].digits
    return None


def _valid(digits: str, run: DigitRun, text: str, country: str, area: str | None) -> str | None:
    regions = list(dict.fromkeys([*countries_near(text, run.start), country]))
    if run.plus:
        candidates = [("+" + digits, country)]
    else:
        candidates = [(digits, region) for region in regions]
        if area is not None and len(digits) <= 8:
            candidates += [(prefix + digits, region) for region in regions for prefix in (area, "0" + area)]
        candidates += [
            (prefix + code + digits, region) for region, code in area_code_cues(text) for prefix in ("", "0")
        ]
        # A country code said without "plus": "four four two oh seven ...".
        if len(digits) >= 11:
            candidates.append(("+" + digits, country))
    return next((e164 for e164 in (_format(*c, strict=True) for c in candidates) if e164), None)


def _possible(run: DigitRun, text: str, country: str) -> str | None:
    if run.plus:
        return _format("+" + run.digits, country, strict=False)
    regions = dict.fromkeys([*countries_near(text, run.start), country])
    return next((e164 for e164 in (_format(run.digits, r, strict=False) for r in regions) if e164), None)


def _format(digits: str, region: str, *, strict: bool) -> str | None:
    import phonenumbers

    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    possible = (
        phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    )
    if not (phonenumbers.is_valid_number(number) if strict else possible):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
