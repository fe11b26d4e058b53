"""Email addresses, written or spelled out ("john dot smith at example dot com")."""

from __future__ import annotations

import re

from .numbers import digit_runs, digit_value

_WRITTEN = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}\.[A-Za-z]{2,24}"
)
_VALID = re.compile(
    r"[a-z0-9](?:[a-z0-9._+-]{0,62}[a-z0-9])?@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}"
)
_TOP_LEVEL = frozenset(
    [
        "com",
        "org",
        "net",
        "edu",
        "gov",
        "mil",
        "int",
        "info",
        "biz",
        "io",
        "co",
        "uk",
        "us",
        "ca",
        "au",
        "nz",
        "ie",
        "in",
        "de",
        "fr",
        "es",
        "it",
        "nl",
        "be",
        "ch",
        "at",
        "se",
        "no",
        "dk",
        "fi",
        "pl",
        "pt",
        "gr",
        "za",
        "sg",
        "hk",
        "my",
        "jp",
        "cn",
        "kr",
        "br",
        "mx",
        "ar",
        "eu",
        "app",
        "dev",
        "ai",
        "me",
        "tv",
        "cloud",
        "tech",
        "online",
        "store",
        "shop",
        "site",
        "agency",
        "studio",
        "example",
        "test",
        "school",
        "law",
    ]
)
_HOMOPHONE_TOP = {
    "calm": "com",
    "comm": "com",
    "come": "com",
    "con": "com",
    "calms": "com",
    "ork": "org",
    "gore": "org",
}
_CONNECTORS = {
    "dot": ".",
    "point": ".",
    "period": ".",
    "underscore": "_",
    "dash": "-",
    "hyphen": "-",
    "minus": "-",
    "plus": "+",
}
_TOKEN = re.compile(r"[a-z0-9][a-z0-9'._-]*|[,;:!?@]|\.", re.IGNORECASE)
_SPELLING = re.compile(r"\b([a-z]) (?:as in|like in|for) [a-z]+\b", re.IGNORECASE)
_ONE_WORD = re.compile(
    r",?\s*\b(?:all (?:in )?(?:one word|lower ?case|together)|no spaces|one word)\b,?", re.IGNORECASE
)
_UNDERSCORE = re.compile(r"\bunder score\b", re.IGNORECASE)
_TENS_PAIR = re.compile(
    r"\b(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)[ -](?:one|two|three|four|five"
    r"|six|seven|eight|nine)\b",
    re.IGNORECASE,
)
_STOP_LOCAL = frozenset(
    [
        "is",
        "it's",
        "its",
        "that's",
        "thats",
        "email",
        "e-mail",
        "mail",
        "address",
        "at",
        "on",
        "to",
        "me",
        "us",
        "my",
        "the",
        "a",
        "an",
        "by",
        "or",
        "and",
        "via",
        "reach",
        "contact",
        "write",
        "send",
        "please",
        "us",
        "it",
        "be",
        "as",
        "so",
        "for",
        "of",
        "you",
        "can",
        "i",
        "with",
        "from",
        "reply",
        "there",
        "them",
        "him",
        "her",
    ]
)
_CUE = frozenset({"is", "it's", "its", "that's", "thats", "address", "email", "e-mail"})


def find_emails(text: str) -> list[str]:
    """Lower-case addresses in order of mention, written ones and spoken ones."""
    found = [(m.start(), m.group().lower()) for m in _WRITTEN.finditer(text)]
    rest = _WRITTEN.sub(lambda m: " " * len(m.group()), text)
    found += _spoken(rest)
    return list(dict.fromkeys(a for _, a in sorted(found) if _VALID.fullmatch(a) and ".." not in a))


def _spoken(text: str) -> list[tuple[int, str]]:
    text = _TENS_PAIR.sub(lambda m: digit_runs(m.group())[0].digits, text)
    text = _UNDERSCORE.sub("underscore", _SPELLING.sub(r"\1", _ONE_WORD.sub("", text)))
    tokens = [(m.group().lower().rstrip("."), m.start()) for m in _TOKEN.finditer(text)]
    tokens = [(t, p) for t, p in tokens if t and t != ","]
    words = [t for t, _ in tokens]
    found = []
    for index, word in enumerate(words):
        if word not in ("at", "@") or index == 0:
            continue
        domain = _read_domain(words, index + 1)
        local = _read_local(words, index - 1)
        if domain and local:
            found.append((tokens[index][1], f"{local}@{domain}"))
    return found


def _read_domain(words: list[str], index: int) -> str | None:
    labels: list[str] = [""]
    parts_in_label = 0
    complete: str | None = None
    while index < len(words):
        word = words[index]
        if word in ("at", "@"):
            break
        if word in ("dot", "point", "period") and labels[-1]:
            labels.append("")
            parts_in_label = 0
        elif word in ("dash", "hyphen") and labels[-1]:
            labels[-1] += "-"
        elif len(labels) == 1:
            if "." in word and re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,24}", word):
                return labels[0] + word
            if (parts_in_label >= 3 and len(word) > 1) or not word[:1].isalnum():
                return None
            labels[0] += (digit_value(word) if len(word) > 1 else None) or word.strip("'")
            parts_in_label += 1
        else:
            if parts_in_label:
                break
            label = _HOMOPHONE_TOP.get(word, word)
            following = words[index + 1] if index + 1 < len(words) else ""
            if label not in _TOP_LEVEL and following not in ("dot", "point", "period"):
                break
            labels[-1] = label
            parts_in_label = 1
            if label in _TOP_LEVEL:
                complete = ".".join(labels)
        index += 1
    return complete


def _read_local(words: list[str], index: int) -> str | None:
    pieces: list[str] = []
    joined = False
    expecting_word = True
    taken = 0
    while index >= 0 and taken < 40:
        word = words[index]
        if word in _CONNECTORS:
            if expecting_word:
                break
            pieces.append(_CONNECTORS[word])
            expecting_word = joined = True
        elif expecting_word or _glues(word, pieces[-1]):
            if not word[:1].isalnum() or (
                word in _STOP_LOCAL and len(word) > 1 and not (joined and expecting_word)
            ):
                break
            value = _piece(word)
            if word in ("double", "triple") and pieces:
                value = pieces[-1][0] * (1 if word == "double" else 2)
            pieces.append(value)
            expecting_word = False
        elif not joined and taken < 4 and word not in _STOP_LOCAL and _has_cue(words, index):
            pieces.append(_piece(word))
        else:
            break
        taken += 1
        index -= 1
    local = "".join(reversed(pieces)).strip("._-+")
    return local or None


def _glues(word: str, following: str) -> bool:
    """Spelled letters and digits belong together with what follows them."""
    return (
        len(word) == 1
        or digit_value(word) is not None
        or word in ("double", "triple")
        or (following.isdigit() and word not in _STOP_LOCAL and len(word) > 1)
    )


def _has_cue(words: list[str], index: int) -> bool:
    """Whether "email is" stands close before, with nothing but name words between."""
    for back in range(index - 1, max(-1, index - 4), -1):
        if words[back] in _CUE:
            return True
        if words[back] in _STOP_LOCAL:
            return False
    return False


def _piece(word: str) -> str:
    if len(word) == 1:
        return word
    runs = digit_runs(word)
    if runs and runs[0].start == 0 and runs[0].end == len(word):
        return runs[0].digits
    return digit_value(word) or word.replace("'", "")
