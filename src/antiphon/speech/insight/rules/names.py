"""People and companies named in a message (contracts/voicegram.md 5, `mentioned.names`)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .places import is_place
from .text import is_cased
from .words import ALSO_WORDS, COMPANY_TAILS, FIRST_NAMES, NOT_NAMES

_WORD = r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ'&-]*"
_TITLE = (
    r"(?:mr|mrs|ms|miss|dr|doctor|professor|prof|nurse|officer|constable|sergeant|aunt|uncle"
    r"|mister|reverend|captain|pastor|inspector|detective|attorney|rabbi|imam|judge|councillor|senator"
    r"|matron)"
)
# Titles that are everyday words too: believed with capitals only.
_CASED_TITLE = (
    r"(?:Father|Sister|Brother|Coach|Chef|Principal|(?:Special )?Agent|Sir|Lady|Lord|Ranger|Deacon|Major"
    r"|Colonel)"
)
_TOKEN = re.compile(rf"{_WORD}|\d[\d.,:]*|[^\s\w]", re.IGNORECASE)
# Cues by how sure they make that a name follows.
_SELF_STRONG = re.compile(
    r"\b(?:my name(?:'s| is|s)|the name(?:'s| is)|i am called|i'm called|name is)\s+", re.I
)
_SELF_WEAK = re.compile(
    r"\b(?:this is|it's|it is|i'm|i am|this one is|you've got|here is)\s+(?:only |just )?", re.I
)
_OTHER = re.compile(
    r"\b(?:(?:speak|talk|spoke|spoken|talked|chat|meet|met|meeting|appointment|visit|lesson"
    r"|session|class|interview)(?:ing)? (?:to|with)"
    r"|ask(?:ed)?(?: for)?|tell|told|let|have|get|remind|message for|voicemail for|note for"
    r"|call (?:is )?for|regards to|pass (?:this|it) (?:on )?to"
    r"|looking for|trying to reach|contact|call|see|seeing|saw|with|from|by|for|to|thank"
    r"|thanks(?: to| so much)?|thank you(?: so much)?|cheers|and"
    r"|(?:my|our|your) (?:\w+ ){0,2}(?:son|daughter|husband|wife|brother|sister|mother|father|mum"
    r"|mom|dad|colleague|partner|assistant|boss|manager"
    r"|friend|neighbou?r|technician|driver|engineer|plumber|dog|cat|nephew|niece|waiter|waitress"
    r"|receptionist|agent))\s+",
    re.I,
)
_GREETING = re.compile(
    r"^(?:oh )?(?:hi|hello|hey|hiya|dear|good (?:morning|afternoon|evening)|morning|afternoon"
    r"|alright)(?: there)?,?\s+",
    re.I,
)
_TITLED = re.compile(rf"\b({_TITLE})\.?\s+", re.I)
_SELF_TAIL = re.compile(
    rf"(?:^|(?<=[.!?,] )|\b(?:hi|hello|hiya) )({_WORD}(?: {_WORD})?),? (?:here|speaking|calling)\b", re.I
)
_START = (
    r"^(?:(?:oh|hi|hello|hey|hiya|dear|good (?:morning|afternoon|evening|day)|morning|afternoon|evening|g'day"
    r"|namaste|greetings|yes|yeah|yep|so|right|alright|well|okay|ok|there|all|sir|madam|ma'am|mate"
    r"|everyone)\b[\s,.!]*)*"
)
# How a speaker opens without "this is": the name, then what only follows a name.
_OPENING = re.compile(
    rf"{_START}(?P<name>{_WORD}\.?(?: {_WORD}){{0,2}}?)"
    rf"(?:(?P<tail>,? (?:here|speaking|calling|this side|again)\b)|(?P<after> (?:from|at|with|over at)\b)"
    rf"|(?P<stop>[,.](?= )))",
    re.I,
)
_START_END = re.compile(_START, re.I)
_INITIAL = re.compile(r"\b([A-Z]\.? [A-Z][a-z]{2,}(?:-[A-Z][a-z]+)?)\b")
_SAINT = re.compile(
    r"\b(?:at|from|of|to|with|for) (st\.? [a-z]{3,}(?:'s)?)(?! (?:street|road|avenue)\b)", re.I
)
_COMPANY = re.compile(
    r"\b(?:calling|phoning|ringing|speaking|work|working|here)? ?(from|at|with|on behalf of"
    r"|over at|of|for|to)\s+(?:the )?",
    re.I,
)
_UNDER = re.compile(r"\b(?:under(?: the name)?(?: of)?|(?:in )?the name of|referred by|named)\s+", re.I)
_ADDRESS = re.compile(r"(?<!\S)\S{1,64}@\S+")
_SPLIT_SURNAME = re.compile(
    r"\b(mc|o) (?=(?:neill?|brien|connor|reilly|sullivan|leary|donnell|hara|keefe|grady|malley|shea)\b"
    r"|(?<=mc )[a-z]{3,}\b)",
    re.I,
)
_POSSESSIVE = "'s"
_STREETS = frozenset(
    {"road", "street", "lane", "avenue", "drive", "close", "square", "court", "way", "crescent"}
)


@dataclass(frozen=True, slots=True)
class Mentions:
    """People and companies in order of mention; `caller` and `company` are the speaker's own, when said."""

    names: tuple[str, ...]
    caller: str | None
    company: str | None


def find_names(text: str, *, emails: tuple[str, ...] = ()) -> Mentions:
    """Names in normalised text, title-cased; what is only part of one of the `emails` is left out."""
    text = _SPLIT_SURNAME.sub(lambda m: "o'" if m[1].lower() == "o" else m[1], text)
    text = _ADDRESS.sub(lambda m: " " * len(m.group()), text)
    cased = is_cased(text)
    found: list[tuple[int, str]] = []
    caller: str | None = None
    caller_end = -1
    for pattern, sure in ((_SELF_STRONG, True), (_SELF_WEAK, False)):
        for match in pattern.finditer(text):
            name, end = _person(text, match.end(), cased=cased, sure=sure)
            if name is None and not sure:
                name, end = _introduced(text, match.end(), cased=cased)
            if name:
                found.append((match.end(), name))
                if caller is None:
                    caller, caller_end = name, end
    for match in _SELF_TAIL.finditer(text):
        name, end = _person(text, match.start(1), cased=cased, sure=False)
        if name and end <= match.end(1) + 1:
            found.append((match.start(1), name))
            if caller is None:
                caller, caller_end = name, match.end()
    for match in _TITLED.finditer(text):
        name, _ = _person(text, match.end(), cased=cased, sure=True)
        if name and not cased:
            name = name.split()[0]
        if name:
            title = {"doctor": "Dr", "mister": "Mr"}.get(match[1].lower(), match[1].capitalize())
            found.append((match.start(), f"{title} {name}"))
    opening = _opening(text, cased=cased)
    if opening:
        found.append((0, opening[0]))
        if caller is None:
            caller, caller_end = opening
    if cased:
        for match in re.finditer(rf"\b({_CASED_TITLE}) ([A-Z][a-z'-]+)", text):
            if _is_name_word(match[2], cased=True):
                found.append((match.start(), f"{match[1]} {match[2].removesuffix(_POSSESSIVE)}"))
        found += [
            (m.start(), m[1])
            for m in _INITIAL.finditer(text)
            if m[1][0] not in "IA" and m[1].split()[1].lower() not in NOT_NAMES
        ]
    for match in _SAINT.finditer(text):
        found.append((match.start(1), _title(match[1].replace(".", "").split())))
    for pattern in (_GREETING, _OTHER, _UNDER):
        for match in pattern.finditer(text):
            name, _ = _person(text, match.end(), cased=cased, sure=match.re is _UNDER)
            if name and name != caller:
                found.append((match.end(), name))
    company: str | None = None
    for match in _COMPANY.finditer(text):
        name = _company(
            text, match.end(), cased=cased, own=0 <= match.start() - caller_end <= 3, word=match[1].lower()
        )
        if name and (cased or "the " not in match.group() or match[1].lower() == "on behalf of"):
            found.append((match.end(), name))
            if company is None and (
                0 <= match.start() - caller_end <= 25 or match[1].lower() in ("from", "on behalf of")
            ):
                company = name
    found += _capitalised(text) if cased else _given_names(text)
    names = tuple(n for n in _merge(found) if n in (caller, company) or not _in_address(n, emails))
    return Mentions(names, caller, company)


def _opening(text: str, *, cased: bool) -> tuple[str, int] | None:
    """The name a message opens with, and where it ends."""
    match = _OPENING.match(text)
    if match is None:
        name, end = _person(text, _START_END.match(text).end(), cased=cased, sure=False)  # type: ignore[union-attr]  # it matches nothing too
        return (name, end) if name and " " in name else None
    words = match["name"].split()
    if not all(
        _is_name_word(w.rstrip("."), cased=cased) or (len(w.rstrip(".")) == 1 and cased) for w in words
    ):
        return None
    if any(is_place(w) or _VERB_LIKE.search(w.lower()) for w in words):
        return None
    known = words[0].lower() in FIRST_NAMES
    if match["tail"] is None:
        trusted = cased and (len(words) > 1 or match["after"] is not None)
        if not (known or trusted) or words[-1].lower() in COMPANY_TAILS:
            return None
    if not cased and not known and len(words) > 1 and match["tail"] is None:
        return None
    return _title(words), match.end("name")


def _words_from(text: str, position: int) -> list[tuple[str, int]]:
    """Word tokens right after `position` up to the first punctuation."""
    words = []
    for match in _TOKEN.finditer(text, position):
        if not (match.group()[0].isalpha() or match.group() == "&"):
            break
        words.append((match.group(), match.end()))
        if len(words) == 5:
            break
    return words


def _is_name_word(word: str, *, cased: bool) -> bool:
    bare = re.sub(r"'s$", "", word.lower())
    if bare in NOT_NAMES or len(bare) < 2 or is_place(bare):
        return False
    return word[0].isupper() if cased else True


def _person(text: str, position: int, *, cased: bool, sure: bool) -> tuple[str | None, int]:
    words = _words_from(text, position)
    if words and re.fullmatch(_TITLE, words[0][0], re.I):
        return None, position
    if not words or not _is_name_word(words[0][0], cased=cased):
        return None, position
    first = re.sub(r"'s$", "", words[0][0])
    if len(words) > 1 and words[1][0].lower() in ("dot", "underscore", "dash", "hyphen"):
        return None, position
    if not sure and first.lower() not in FIRST_NAMES:
        return None, position
    taken, end = [first], words[0][1]
    if first != words[0][0]:
        return _title(taken), end
    for word, word_end in words[1:3]:
        if not _is_name_word(word, cased=cased) or (not cased and not _looks_like_surname(word, words)):
            break
        if not cased and word.endswith("'s") and _is_followed_by_verb(words, word):
            break
        taken.append(re.sub(r"'s$", "", word))
        end = word_end
        if not cased:
            break
    return _title(taken), end


def _is_followed_by_verb(words: list[tuple[str, int]], word: str) -> bool:
    """Whether "meeting's moved" goes on after a name: the word is a noun of its own then."""
    after = [w for w, _ in words]
    at = after.index(word)
    return (
        at + 1 < len(after)
        and re.fullmatch(r"\w+ed|not|gone|been|on|off|late|here", after[at + 1], re.I) is not None
    )


def _introduced(text: str, position: int, *, cased: bool) -> tuple[str | None, int]:
    """An unlisted name after "this is", believed when capitals or "from", "calling", "here" bear it out."""
    words = _words_from(text, position)
    taken: list[str] = []
    for index, (word, end) in enumerate(words[:3]):
        if not _is_name_word(word, cased=cased):
            break
        taken.append(word)
        following = words[index + 1][0].lower() if index + 1 < len(words) else ""
        if following in ("from", "calling", "here", "speaking", "at", "down", "over"):
            return _title(taken), end
        if cased and (not following or not words[index + 1][0][0].isupper()):
            return _title(taken), end
    return None, position


_VERB_LIKE = re.compile(r"(?:ing|ed|ly|n't|'re|'ve|'d|'ll)$")


def _looks_like_surname(word: str, words: list[tuple[str, int]]) -> bool:
    lower = word.lower()
    return (
        lower not in NOT_NAMES
        and lower not in COMPANY_TAILS
        and (_VERB_LIKE.search(lower) is None or lower in _SURNAMES_LIKE_VERBS)
        and lower not in _COMMON_AFTER_NAME
    )


_SURNAMES_LIKE_VERBS_TEXT = """
fleming manning harding reed keeling browning banning kelly reilly connolly donnelly daly bradley
"""
_SURNAMES_LIKE_VERBS = frozenset(_SURNAMES_LIKE_VERBS_TEXT.split())
_COMMON_AFTER_NAME_TEXT = """
whom tell told needs wanted came picked fixed rang gave took got promised mentioned about regarding
quoted did does ate starts started fell passed plays email emails phone phones fit fits sounds
seemed seems dropped booked both
"""
_COMMON_AFTER_NAME = frozenset(_COMMON_AFTER_NAME_TEXT.split())


def _company(text: str, position: int, *, cased: bool, own: bool, word: str) -> str | None:
    words = _words_from(text, position)
    taken: list[str] = []
    for token, _ in words[:4]:
        lower = token.lower()
        if cased:
            small = lower in ("and", "of", "&") and bool(taken)
            if not (token[0].isupper() or small):
                break
            if lower in NOT_NAMES and not small and not (taken and lower in COMPANY_TAILS):
                break
        elif (lower in NOT_NAMES and lower not in COMPANY_TAILS) or (
            _VERB_LIKE.search(lower) and not taken and not own
        ):
            break
        taken.append(token)
    tail = [w for w, _ in words[len(taken) : len(taken) + 2]]
    if not cased and taken and len(tail) == 2 and tail[0] == "and" and tail[1].lower() in COMPANY_TAILS:
        taken += tail
    while taken and taken[-1].lower() in ("and", "of", "&"):
        taken.pop()
    if not taken or is_place(" ".join(taken)) or (is_place(taken[0]) and len(taken) == 1):
        return None
    if taken[0].lower() in FIRST_NAMES and len(taken) <= 2 and taken[-1].lower() not in COMPANY_TAILS:
        return None
    if not cased and not own and taken[-1].lower() not in COMPANY_TAILS and word != "on behalf of":
        tails = [i for i, t in enumerate(taken) if t.lower() in COMPANY_TAILS and i > 0]
        if not tails:
            return None
        taken = taken[: tails[-1] + 1]
    if not cased and len(taken) == 1 and taken[0].lower() in COMPANY_TAILS:
        return None
    if cased and re.fullmatch(_TITLE, taken[0], re.I):
        return None
    return _title(taken)


def _capitalised(text: str) -> list[tuple[int, str]]:
    """Runs of two or more capitalised words inside a sentence, and single ones that are known given names."""
    found = []
    for match in re.finditer(r"\b([A-Z][a-zà-ÿ'-]+(?: (?:& )?[A-Z][A-Za-zà-ÿ'&-]+)*)\b", text):
        words = match[1].split()
        opens = match.start() == 0 or text[: match.start()].rstrip()[-1:] in ".!?"
        opens = opens and words[0].lower() not in NOT_NAMES
        while words and words[0].lower() in NOT_NAMES:
            words.pop(0)
        words = [re.sub(r"'s$", "", w) for w in words]
        if (
            not words
            or words[-1].lower() in _STREETS
            or any(w.lower() in NOT_NAMES and w.lower() not in COMPANY_TAILS for w in words)
            or is_place(" ".join(words))
        ):
            continue
        if re.fullmatch(_TITLE, words[0], re.I) or (any(is_place(w) for w in words[-1:]) and len(words) == 1):
            continue
        known = words[0].lower() in FIRST_NAMES
        if (known and (not opens or len(words) >= 2)) or (len(words) >= 2 and not opens):
            found.append((match.start(1), _title(words)))
    return found


def _given_names(text: str) -> list[tuple[int, str]]:
    """Given names in text without capitals that are hardly ever another word."""
    return [
        (m.start(), _title([m.group()]))
        for m in re.finditer(r"[a-z]{3,}", text)
        if m.group() in FIRST_NAMES
        and m.group() not in ALSO_WORDS
        and not is_place(m.group())
        and _DETERMINER.search(text[: m.start()]) is None
    ]


_DETERMINER = re.compile(r"\b(?:the|an?|this|that|some|any|no)\s$", re.I)


def _in_address(name: str, emails: tuple[str, ...]) -> bool:
    return any(all(part in email for part in name.lower().split()) for email in emails)


def _merge(found: list[tuple[int, str]]) -> tuple[str, ...]:
    """Without repeats, and without a name that is part of a fuller one."""
    ordered = [name for _, name in sorted(found)]
    keep: list[str] = []
    for name in ordered:
        parts = set(name.lower().split())
        if any(parts < set(other.lower().split()) for other in ordered) or name.lower() in (
            k.lower() for k in keep
        ):
            continue
        keep.append(name)
    return tuple(keep)


def _title(words: list[str]) -> str:
    return " ".join(w if w[0].isupper() else _cap(w) for w in words)


def _cap(word: str) -> str:
    if word in ("of", "and", "&"):
        return word
    if word.startswith("mc") and len(word) > 4:
        return "Mc" + word[2:].capitalize()
    if word.startswith("o'") and len(word) > 3:
        return "O'" + word[2:].capitalize()
    return "-".join(part[:1].upper() + part[1:] for part in word.split("-"))
