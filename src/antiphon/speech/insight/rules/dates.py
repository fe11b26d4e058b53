"""Times a speaker names ("by friday", "tomorrow at nine") and how far away they are."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from antiphon.core.clock import to_datetime

_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_MONTH = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
_ORDINAL = (
    r"(?:\d{1,2}(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
    r"|eleventh|twelfth"
    r"|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth"
    r"|twenty[ -](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|thirtieth|thirty[ -]first)"
)
_NUMBER = (
    r"(?:\d{1,2}|a|an|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fourteen|couple of"
    r"|a couple of|few|a few|couple)"
)
_HOUR_WORD = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon|midday|midnight|lunchtime|lunch)"
)
_HALF = r"(?: ?(?:a\.?m\.?|p\.?m\.?\b)| a m\b| p m\b| o'?clock| thirty| fifteen| forty five)"
_PART = r"(?: (?:in the )?(?:morning|afternoon|evening|night|lunchtime|noon|midday|arvo))"
_CLOCK = (
    rf"(?:(?:half past|quarter past|quarter to|half) )?(?:\d{{1,2}}(?:[:.]\d{{2}})?"
    rf"|{_HOUR_WORD}){_HALF}?{_HALF}?(?: in the (?:morning|afternoon|evening))?"
)
_NOT_COUNTED = (
    r"(?! (?:people|persons|guests|of (?!us\b)|to \d|days?|weeks?|hours?|months?|dollars|pounds|percent)\b)"
)
_AT = rf"(?: (?:(?:at|around|about|before|after|by) )+{_CLOCK}{_NOT_COUNTED})"
_DAY = (
    rf"(?:(?:(?:this|next|coming|this coming|(?:the )?following) )?{_WEEKDAY}(?: (?:week"
    rf"|next))?(?:,? (?:the )?{_ORDINAL}(?: of {_MONTH})?)?"
    rf"|the (?:first|second|third|fourth|last) {_WEEKDAY} (?:of|in) (?:{_MONTH}|(?:the|this|next"
    rf"|every) month)"
    rf"|(?:the )?day after tomorrow|today(?: itself)?|tomorrow|tonight"
    rf"|(?:this|tomorrow) (?:morning|afternoon|evening|arvo)"
    rf"|(?:(?:the )?{_ORDINAL}(?: of)? {_MONTH}|{_MONTH} (?:the )?(?:{_ORDINAL}|\d{{1,2}}\b)"
    rf"|the {_ORDINAL}(?! (?:time|floor|one|day|payment|visit|page|of (?!{_MONTH}))\b))"
    rf"|\d{{1,2}} {_MONTH})"
)
_DATED = rf"(?:{_DAY}{_PART}?(?:,? first thing)?{_AT}?{_PART}?)"
_DATES = rf"(?:{_DATED}(?:,? (?:or|and) (?:on )?{_DATED})?)"
_PERIOD = (
    r"(?:(?:the )?(?:(?:very )?(?:end|beginning|start|middle) of|latter part of) (?:the |this |next )?(?:week"
    rf"|month|year|day|business|quarter|business day|term|{_MONTH})"
    rf"|close of (?:business|play)(?: {_DAY})?|(?:(?:later|early|late|earlier|some ?time) )?(?:this|next)"
    rf" (?:week|month|year|weekend|quarter|term)|the weekend"
    rf"|the week (?:of|beginning|commencing) {_DAY})"
)
_WITHIN = (
    rf"(?:within|in) (?:the )?(?:next )?{_NUMBER} (?:minute|hour|day|week|month|fortnight|working day"
    rf"|business day)s?(?:' time| time)?|within the (?:hour|day|week|month)"
    rf"|(?:a|an|{_NUMBER}) (?:day|week|fortnight|month)s? (?:from now|(?:from|on) {_DAY})"
    rf"|a fortnight today"
)
_BEFORE_EVENT = (
    r"before (?:i|we|you|they|he|she|it) (?:[a-z]+)(?: (?!on |by |at |and |but |so |or |because )[a-z]+){0,2}"
    rf"(?: (?:on|by|at) {_DAY})?"
)
_SOON = (
    r"as soon as (?:you can|possible|you're able|you are able|humanly possible)|a\.?s\.?a\.?p\b\.?|a s a p\b"
    r"|right away|right now|straight ?away|immediately|at once|first thing(?: tomorrow| in the morning"
    r"| tomorrow morning)*"
    r"|at (?:your|the) earliest(?: convenience)?"
)
SPAN = re.compile(
    rf"\b(?:(?:(?:by|before|no later than|not later than|until|till|for|on|from|after|any ?time|some ?time"
    rf"|at|between) )*(?:(?<!for ){_CLOCK} (?:and {_CLOCK} )?(?:on )?)?(?:{_DATES})"
    rf"|(?:(?:by|before|at|in|over|on|some ?time|for|until|till|any ?time) )*(?:the )?{_PERIOD}"
    rf"|(?:(?:early|late|some ?time|any ?time|mid) )*in {_MONTH}"
    rf"|(?:by|before|after|until|till|no later than) {_CLOCK}(?: (?:today|tomorrow"
    rf"|tonight))?{_NOT_COUNTED}"
    rf"|between {_CLOCK} and {_CLOCK}"
    rf"|(?:at|after|around|about) {_CLOCK} (?:today|tomorrow|tonight|on {_WEEKDAY}"
    rf"|this (?:morning|afternoon|evening))"
    rf"|(?:by|before|at|after) (?:lunch ?time|lunch|noon|midday|midnight|dinner|christmas|easter|halloween)"
    rf"|{_WITHIN}|{_SOON}|{_BEFORE_EVENT})(?!\w)",
    re.IGNORECASE,
)
_PAST_BEFORE = re.compile(
    r"\b(?:since|last|ago|on the|was|were|yesterday|(?:supposed|meant|due|going) to \w+"
    r"|(?:arrived|came|ordered|called|rang|spoke|bought|sent|saw|emailed|visited|stayed|met"
    r"|happened|started|booked)"
    r"(?: \w+){0,2})\s*$",
    re.IGNORECASE,
)
_SOON_WORDS = re.compile(rf"(?:{_SOON})", re.IGNORECASE)
_ASAP = re.compile(r"as soon as possible|a\.?s\.?a\.?p\b\.?|a s a p\b", re.IGNORECASE)
_WEEKS_ON = re.compile(
    rf"\b(?P<count>a|an|one|two|three|four|\d+) (?:weeks?|fortnights?) (?:on|from) (?P<day>{_DAY})",
    re.IGNORECASE,
)
_CORRECTION = re.compile(
    r"\W*(?:(?:or )?(?:no|sorry|oh|wait|actually|rather|i mean|make (?:that|it)|scratch that|not that"
    r"|is it)\W+)+",
    re.IGNORECASE,
)
_COUPLE = re.compile(r"^(?:a )?(?:couple of|few) ")
_HARD = re.compile(r"^(?:by|before|no later|not later|within|until|till)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """A time named at `text[start:end]`; `hard` when it is a limit ("by", "before", "within") or at once."""

    text: str
    start: int
    end: int
    hard: bool


def time_spans(text: str) -> list[TimeSpan]:
    """Times lying ahead, in order of mention; times told as past ("since monday") are left out."""
    spans: list[TimeSpan] = []
    for match in SPAN.finditer(text):
        if _PAST_BEFORE.search(text[: match.start()]) or match.group().lower() in (
            "for the first",
            "for the second",
        ):
            continue
        if re.search(r"\b(?:ago|i (?:bought|ordered|paid))\b", text[match.end() : match.end() + 6]):
            continue
        words = match.group().strip(" ,.")
        if words.lower().startswith("from "):
            continue
        if spans and _CORRECTION.fullmatch(text[spans[-1].end : match.start()]):
            spans.pop()
        hard = _HARD.search(words) is not None or _SOON_WORDS.search(words) is not None
        spans.append(TimeSpan(words, match.start(), match.end(), hard))
    return spans


def deadline_text(span: TimeSpan) -> str:
    """The words for `deadline`, ASAP for "as soon as possible", days and months capitalised."""
    text = _ASAP.sub("ASAP", span.text)
    text = re.sub(
        r"^(?:for|from|any ?time|some ?time|at) (?=in |early |late |the weekend|on |next |this "
        r"|tomorrow|today|tonight)",
        "",
        text,
        flags=re.I,
    )
    text = re.sub(
        rf"\b(?:{_WEEKDAY}|{_MONTH})\b",
        lambda m: m.group() if m.group() == "may" else m.group().capitalize(),
        text,
        flags=re.I,
    )
    return (
        text[0].lower() + text[1:] if text[:1].isupper() and text.split()[0].lower() in _LOWER_FIRST else text
    )


_LOWER_FIRST = frozenset(
    [
        "by",
        "before",
        "on",
        "in",
        "at",
        "within",
        "until",
        "the",
        "this",
        "next",
        "tomorrow",
        "today",
        "tonight",
        "no",
        "first",
        "as",
    ]
)


def hours_until(span: TimeSpan, now_ms: int, timezone: str) -> float | None:
    """Hours from `now_ms` to the end of the day or to the hour meant; None when the words give no date."""
    words = span.text.lower()
    if _SOON_WORDS.fullmatch(words):
        return 0.0
    if words.startswith("after "):
        return None
    words = words.replace(" arvo", " afternoon").replace(" itself", "")
    try:
        now = to_datetime(now_ms).astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
    except (ZoneInfoNotFoundError, ValueError):
        now = to_datetime(now_ms).replace(tzinfo=None)
    if "day after tomorrow" in words:
        return 48.0
    if ahead := _WEEKS_ON.search(words):
        days = _parsed_hours(ahead["day"], now) or 0.0
        return days + 7 * 24.0 * (1 if ahead["count"] in ("a", "an", "one") else 2)
    if re.search(
        r"\b(?:today|tonight|within the hour|this (?:morning|afternoon|evening|arvo)|close of"
        r"|(?:end of (?:the )?(?:day"
        r"|business)))",
        words,
    ):
        return (datetime(now.year, now.month, now.day, 23, 59) - now) / timedelta(hours=1)
    if re.search(r"\btomorrow\b", words) and "after tomorrow" not in words:
        return (datetime(now.year, now.month, now.day, 18) + timedelta(days=1) - now) / timedelta(hours=1)
    if period := re.search(r"\b(?:end of (?:the |this )?week|this week|(?:the |this )weekend)\b", words):
        last = 6 if "weekend" in period.group() else 4
        return ((last - now.weekday()) % 7 + 1) * 24.0
    if period := re.search(r"\b(?:month|quarter|term|year|next week)\b", words):
        return 7 * 24.0 if "week" in period.group() else 30 * 24.0
    return _parsed_hours(words, now)


def _parsed_hours(words: str, now: datetime) -> float | None:
    words = re.sub(
        r"^(?:by|before|no later than|not later than|until|for|on|from|after|any time|sometime|at"
        r"|within|in)\s+",
        "",
        words,
    )
    if re.fullmatch(_CLOCK, words):
        return 12.0
    words = re.sub(r"\b(?:this|next|coming|the following|following)\s+(?=\w+day)", "", words)
    words = re.sub(r"\b(?:before|after|around|about|by)\b", "at", words)
    if re.match(rf"(?:the next )?{_NUMBER} (?:minute|hour|day|week|month)", words):
        words = "in " + _COUPLE.sub(_couple, words.removeprefix("the next "))
    day = re.search(_DAY, words)
    weeks = 1 if day and day.group().endswith(("day week", "day next")) else 0
    phrase = re.sub(r"day (?:week|next)$", "day", day.group()) if day else words
    date = _day_of_month(phrase, now)
    moment = date or _parse(phrase, now)
    if moment is None:
        return None
    if moment.hour == 0 and moment.minute == 0:
        moment = moment.replace(hour=18)
    hours = (moment - now) / timedelta(hours=1) + weeks * 7 * 24
    return hours if hours >= 0 else None


def _day_of_month(words: str, now: datetime) -> datetime | None:
    """The next "the 3rd" or "the twenty first", named without a month."""
    match = re.fullmatch(rf"the ({_ORDINAL})", words)
    if match is None:
        return None
    name = match[1].replace("-", " ")
    number = int(re.sub(r"\D", "", name) or _ORDINALS.index(name) + 1)
    for months in range(3):
        year, month = now.year + (now.month - 1 + months) // 12, (now.month - 1 + months) % 12 + 1
        if number <= monthrange(year, month)[1]:
            date = datetime(year, month, number, 18)
            if date >= now:
                return date
    return None


_UNITS = "first second third fourth fifth sixth seventh eighth ninth"
_TEENS = "tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
_ORDINALS = (
    *_UNITS.split(),
    *_TEENS.split(),
    "twentieth",
    *(f"twenty {unit}" for unit in _UNITS.split()),
    "thirtieth",
    "thirty first",
)


def _couple(match: re.Match[str]) -> str:
    return "2 " if "couple" in match.group() else "3 "


def _parse(words: str, now: datetime) -> datetime | None:
    import dateparser

    return dateparser.parse(
        words, languages=["en"], settings={"RELATIVE_BASE": now, "PREFER_DATES_FROM": "future"}
    )
