"""Times a speaker names ("by friday", "tomorrow at nine") and how far away they are."""

from __future__ import annotations

import re
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
    r"(?:\d{1,2}|a|an|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|couple of"
    r"|a couple of|few|a few)"
)
_HOUR_WORD = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon|midday|midnight|lunchtime|lunch)"
)
_HALF = r"(?: ?(?:a\.?m\.?|p\.?m\.?\b)| a m\b| p m\b| o'?clock| thirty| fifteen| forty five)"
_PART = r"(?: (?:in the )?(?:morning|afternoon|evening|night))"
_CLOCK = (
    rf"(?:(?:half past|quarter past|quarter to) )?(?:\d{{1,2}}(?::\d{{2}})?"
    rf"|{_HOUR_WORD}){_HALF}?{_HALF}?(?: in the (?:morning|afternoon|evening))?"
)
_AT = rf"(?: (?:at|around|about|before|after|by) {_CLOCK}(?! (?:people|of|to \d|days|weeks|hours)\b))"
_DAY = (
    rf"(?:(?:(?:this|next|coming|this coming|(?:the )?following) )?{_WEEKDAY}(?: (?:week"
    rf"|next))?(?:,? (?:the )?{_ORDINAL}(?: of {_MONTH})?)?"
    rf"|the day after tomorrow|today|tomorrow|tonight"
    rf"|(?:this|tomorrow) (?:morning|afternoon|evening)"
    rf"|(?:(?:the )?{_ORDINAL}(?: of)? {_MONTH}|{_MONTH} (?:the )?(?:{_ORDINAL}|\d{{1,2}}\b)"
    rf"|the {_ORDINAL}(?! (?:time|floor|one|day|of (?!{_MONTH}))\b))"
    rf"|\d{{1,2}} {_MONTH})"
)
_PERIOD = (
    r"(?:(?:the )?(?:end|beginning|start|middle) of (?:the |this |next )?(?:week|month|year|day"
    r"|business|quarter|business day)"
    r"|close of (?:business|play)|(?:later )?(?:this|next) (?:week|month|year|weekend|quarter"
    r"|term)|the weekend)"
)
_WITHIN = (
    rf"(?:within|in) (?:the next )?{_NUMBER} (?:minute|hour|day|week|month|working day"
    rf"|business day)s?(?:' time| time)?"
)
_SOON = (
    r"as soon as (?:you can|possible|you're able|you are able|humanly possible)|a\.?s\.?a\.?p\b\.?|a s a p\b"
    r"|right away|right now|straight ?away|immediately|at once|first thing(?: tomorrow| in the morning"
    r"| tomorrow morning)*"
    r"|at your earliest convenience"
)
SPAN = re.compile(
    rf"\b(?:(?:(?:by|before|no later than|not later than|until|for|on|from|after|any time|sometime"
    rf"|at) )*(?:{_DAY}{_PART}?{_AT}?{_PART}?)"
    rf"|(?:(?:by|before|at|sometime|for|until|any time) )*(?:the )?{_PERIOD}"
    rf"|(?:by|before|after|until|till|no later than) {_CLOCK}(?: (?:today|tomorrow"
    rf"|tonight))?(?! (?:people|of|to)\b)"
    rf"|(?:at|after) {_CLOCK} (?:today|tomorrow|tonight|on {_WEEKDAY}|this (?:morning|afternoon|evening))"
    rf"|{_WITHIN}|{_SOON})(?!\w)",
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
    spans = []
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
        hard = _HARD.search(words) is not None or _SOON_WORDS.search(words) is not None
        spans.append(TimeSpan(words, match.start(), match.end(), hard))
    return spans


def deadline_text(span: TimeSpan) -> str:
    """The words for `deadline`, ASAP for "as soon as possible", days and months capitalised."""
    text = _ASAP.sub("ASAP", span.text)
    text = re.sub(
        r"^(?:for|from|any time|sometime|at) (?=the weekend|on |next |this |tomorrow|today|tonight)",
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
    try:
        now = to_datetime(now_ms).astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
    except (ZoneInfoNotFoundError, ValueError):
        now = to_datetime(now_ms).replace(tzinfo=None)
    if re.search(
        r"\b(?:today|tonight|this (?:morning|afternoon|evening)|close of|(?:end of (?:the )?(?:day"
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
    moment = _parse(day.group() if day else words, now)
    if moment is None:
        return None
    if moment.hour == 0 and moment.minute == 0:
        moment = moment.replace(hour=18)
    hours = (moment - now) / timedelta(hours=1)
    return hours if hours >= 0 else None


def _couple(match: re.Match[str]) -> str:
    return "2 " if "couple" in match.group() else "3 "


def _parse(words: str, now: datetime) -> datetime | None:
    import dateparser

    return dateparser.parse(
        words, languages=["en"], settings={"RELATIVE_BASE": now, "PREFER_DATES_FROM": "future"}
    )
