"""Transcript clean-up and splitting, for punctuated text and for recogniser output without case or stops."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "."})
_NOISE = re.compile(
    r"\[[^\]]{0,40}\]|<[^<>@]{0,20}>|\([a-z _]{0,20}\)|\+\+[a-z]+\+\+|\*[a-z ]{1,20}\*", re.IGNORECASE
)
_FILLER = re.compile(r"\b(?:u+h+m*|u+m+|e+r+m*|a+h+|h+m+)\b[,.]?\s*", re.IGNORECASE)
_ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|st|no|ltd|inc|co|vs|e\.g|i\.e)|\b[a-z])\.$", re.IGNORECASE
)
_STOP = re.compile(r"(?<=[.!?;])\s+")


def _not_after(words: str) -> str:
    return "".join(rf"(?<!\b{word} )" for word in words.split())


_QUESTION_WORDS = "what how when where who why which much many time long far"
_ASKING_WORDS = (
    "know me us him her them wonder wondering sure understand out see explain say said told that if"
)
_COMMANDED = "to you please n't not just and"
_CALLERS = "manager someone somebody doctor team him her them office anyone lawyer nurse officer colleague"
# Where a spoken clause usually starts when nothing marks the end of the one before.
_CLAUSE = re.compile(
    r"\s+(?=(?:and |but |so |because |also |anyway |actually ){0,3}(?:"
    r"(?:could|can|would|will) (?:you|someone|somebody|anyone|one of (?:you|your|the)|we|i) |"
    r"(?<!you )(?:please|kindly) (?!and\b)|i(?:'m| am) (?:calling|ringing|phoning|just|wondering|looking"
    r"|having|very|really|not)\b|"
    r"i(?:'d| would) (?:like|love|appreciate|be)|"
    rf"{_not_after('do did should can could would may might shall ' + _QUESTION_WORDS)}"
    r"i (?:need|want|wanted|was wondering|wonder|have|just|can't|cannot|think|don't)\b|"
    r"my (?:name|number|email|phone|mobile|address|e mail|callback)\b|"
    rf"{_not_after(_COMMANDED + ' ' + _CALLERS)}(?:you can )?(?:call|ring|phone|reach) me |"
    rf"{_not_after(_COMMANDED + ' ' + _CALLERS)}give me a |"
    r"thank you|thanks\b|cheers\b"
    rf"|{_not_after('do did should would what when if')}i(?:'ve| have) |"
    r"we(?:'ve|'re| have| are| need| would| want|'d) |"
    rf"{_not_after('or ' + _QUESTION_WORDS)}do you |does (?:the|your) |have you |is there |are there "
    rf"|are you |"
    rf"{_not_after(_COMMANDED + ' also')}let me know|"
    rf"{_not_after(_QUESTION_WORDS + ' that than as so')}"
    r"(?:do (?:i|we) |does (?:it|that|this|he|she) |(?:can|could) (?:it|he|she|they|my|the|a|an) "
    r"|(?:should|shall) (?:i|we) |would (?:that|it|the [a-z]+ (?:do|work|suit)) |are they |did you "
    r"|may (?:i|we) "
    r"|is that (?:something|ok|okay|alright|possible|right|good|fine|still|the|true|normal|correct|enough)\b"
    r"|is (?:it|he|she) (?!(?:not|that|when|because|just|a|an)\b)|any chance )|"
    rf"{_not_after(_COMMANDED + ' will can')}(?<!i'll )(?<!don't )"
    r"(?:(?:cancel|stop|fix|block|resolve|sort) (?:it|this|that|them) |(?:put|take|send|get|tell) (?:me"
    r"|us|him|her|them|someone|somebody) )|"
    rf"{_not_after(_ASKING_WORDS)}(?:(?:who|what|how|when|where|why|which)"
    r" (?:should|do|does|did|can|could|would|will|is|are|have)"
    r" (?:i|you|we|the|it|your|my|he|she|they|that|this|there)\b|what time |how (?:much|many) "
    r"|why (?:is|are|do|did) "
    r"|who (?:can|could|should) )|"
    r"but |because |anyway |also |there(?:'s| is) (?:a|no|water|an)\b|if you could|no (?:rush|hurry|need)\b"
    r"))",
    re.IGNORECASE,
)
_MAX_CLAUSE_WORDS = 30


def normalise(text: str) -> str:
    """Straight quotes, single spaces, no noise marks such as `[MUSIC]` or `<sil>`, no fillers."""
    text = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    text = "".join(c if c.isprintable() else " " for c in text)
    text = re.sub(r"\bye(?='d|'ll|'re|'ve|\b)", "you", text)
    text = _FILLER.sub("", _NOISE.sub(" ", text))
    return " ".join(text.split())


def has_speech(text: str) -> bool:
    return any(c.isalnum() for c in text)


def is_punctuated(text: str) -> bool:
    """Whether sentence stops are there, as whisper writes them; one stop per forty words at least."""
    stops = len(re.findall(r"[.!?](?:\s|$)", text))
    return stops > 0 and stops * 40 >= len(text.split())


def is_cased(text: str) -> bool:
    """Whether upper case tells something: some capital that is not a lone I, and not all capitals."""
    words = [w for w in re.findall(r"[A-Za-z']+", text) if w not in ("I", "I'm", "I'd", "I've", "I'll")]
    return any(w[0].isupper() for w in words) and any(w.islower() for w in words)


def split_sentences(text: str, segments: Sequence[str] | None = None) -> list[str]:
    """Sentences of normalised text: at stops when there are any, else at pauses and clause openings."""
    if is_punctuated(text):
        return _split_at_stops(text)
    parts = [s for s in (normalise(s) for s in segments or ()) if has_speech(s)]
    if "".join("".join(parts).split()) != "".join(text.split()):
        parts = [text]
    return [clause for part in parts for clause in _split_clauses(part)]


def clauses(sentence: str) -> list[str]:
    """The clauses of one sentence, for rules that look at one request at a time."""
    return [c for part in re.split(r"(?<=[,;:])\s+", sentence) for c in _split_clauses(part)]


def _split_at_stops(text: str) -> list[str]:
    sentences: list[str] = []
    for part in _STOP.split(text):
        if (
            sentences
            and _ABBREVIATION.search(sentences[-1])
            and not re.search(r"\b[ap]\.m\.$", sentences[-1])
        ):
            sentences[-1] += " " + part
        elif part.strip():
            sentences.append(part.strip())
    return sentences


def _split_clauses(part: str) -> list[str]:
    found: list[str] = []
    for clause in _CLAUSE.split(part):
        words = clause.split()
        for start in range(0, len(words), _MAX_CLAUSE_WORDS):
            found.append(" ".join(words[start : start + _MAX_CLAUSE_WORDS]))
    return [c for c in found if c]
