"""Extractive prose summary: who, what kind of message, its weightiest parts, what is asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from antiphon.speech.insight.port import ActionItem

from .names import Mentions
from .person import proper_case, restore_names, sentence_case, third_person
from .reading import share_of_intent
from .sentiment import sentiment_score

_MAX_WORDS = 200
_MAX_EXTRACT_WORDS = 32
_SHORT_MESSAGE = 12
_LEAD = {
    "inquiry": "asks a question",
    "support": "reports a problem",
    "complaint": "makes a complaint",
    "scheduling": "calls about an appointment or booking",
    "follow-up": "follows up",
    "sales": "is interested in buying or in a quote",
    "billing": "calls about a bill or payment",
    "feedback": "gives feedback",
    "cancellation": "wants to cancel",
    "information": "leaves a message",
}
_SMALL_TALK = re.compile(
    r"^(?:(?:hi|hello|hey|good (?:morning|afternoon|evening)|thanks?|thank you|cheers|bye|goodbye"
    r"|please|ok|okay|so|yes|yeah|um|there|very much|so much|again|all the best|have a \w+ \w+"
    r"|talk soon|speak soon|take care|regards|everyone|guys|in advance|for your (?:help|time))\b[\s,.!]*)+$",
    re.I,
)
_OPENING = re.compile(
    r"^(?:(?:hi|hello|hey|hiya|good (?:morning|afternoon|evening)|yes|yeah|so|okay|ok|well|and|but"
    r"|also|anyway|actually|right|oh)\b(?: there)?[\s,.!]*)+",
    re.I,
)
_INTRODUCTION = re.compile(r"^(?:my name is|my name's|this is|it's|i'm|i am|it is) ", re.I)
_CONTACT = re.compile(
    r"\b(?:my|the) (?:\w+ )?(?:number|email|mobile|cell|phone|address|e mail)\b|\b(?:reach|call"
    r"|ring|phone) me\b|@|\bdot (?:com|org|net|co)\b",
    re.I,
)
_PURPOSE = re.compile(
    r"\b(?:calling|ringing|phoning|call|ring|phoned|rang|called|wanted|writing"
    r"|getting in touch)(?: \w+)? (?:to|about|because|regarding|as|with|for|in)\b",
    re.I,
)


def summarise(
    sentences: Sequence[str],
    *,
    mentions: Mentions,
    intent: str,
    items: Sequence[ActionItem],
    callback: bool,
    phones: Sequence[str],
    emails: Sequence[str],
) -> str:
    """Prose of at most 200 words; of a long message never more than a third of its words are repeated."""
    who = _who(mentions)
    total = sum(len(s.split()) for s in sentences)
    lead = f"{who} {_LEAD.get(intent, 'leaves a message')}"
    best = _best(sentences, intent, total)
    if best:
        extracts = [_extract(s, mentions) for s in best]
        text = f"{lead}: {_join(extracts)}."
    else:
        text = lead + "."
    requests = _requests(
        items, callback=callback, phones=phones, emails=emails, shown=" ".join(best).lower(), total=total
    )
    words = sentence_case(text + requests).split()
    return " ".join(words[:_MAX_WORDS])


def _who(mentions: Mentions) -> str:
    if mentions.caller and mentions.company:
        return f"{mentions.caller} from {mentions.company}"
    if mentions.caller:
        return mentions.caller
    return f"A caller from {mentions.company}" if mentions.company else "The caller"


def _best(sentences: Sequence[str], intent: str, total: int) -> list[str]:
    candidates = []
    for index, sentence in enumerate(sentences):
        body = _OPENING.sub("", sentence).strip()
        words = len(body.split())
        if words < 3 or _SMALL_TALK.match(body):
            continue
        score = 6.0 * share_of_intent(body, intent) + min(words, 16) / 8 + 1.5 * abs(sentiment_score(body))
        score += 2.0 if _PURPOSE.search(body) else 0.0
        score -= 4.0 if _CONTACT.search(body) else 0.0
        score -= 3.0 if _INTRODUCTION.match(body) and not _PURPOSE.search(body) and words < 9 else 0.0
        score -= index * 0.3
        candidates.append((score, index, body))
    candidates.sort(reverse=True)
    budget = max(_SHORT_MESSAGE, total // 3) if total > 3 * _SHORT_MESSAGE else total
    chosen: list[tuple[int, str]] = []
    for score, index, body in candidates[:2]:
        words = min(len(body.split()), _MAX_EXTRACT_WORDS)
        if chosen and (budget - words < 0 or score <= 0):
            break
        chosen.append((index, _cut(body, min(_MAX_EXTRACT_WORDS, max(budget, 6)))))
        budget -= words
    return [body for _, body in sorted(chosen)]


def _cut(body: str, limit: int) -> str:
    words = body.split()
    if len(words) <= limit:
        return body
    return (
        re.sub(
            r"\s+(?:and|or|but|so|that|the|a|an|to|for|with|of|my|in|on|at|is|was)$",
            "",
            " ".join(words[:limit]).rstrip(" ,;"),
        )
        + " ..."
    )


def _extract(sentence: str, mentions: Mentions) -> str:
    text = re.sub(
        r"^.*?\b(?:i'm|i am|we're|we are)? ?(?:just )?(?:calling|ringing|phoning"
        r"|getting in touch)(?: you)?(?: today)? (?=(?:about|regarding|because|to)\b)",
        "",
        sentence,
        count=1,
        flags=re.I,
    )
    for name in filter(None, (mentions.caller, mentions.company)):
        text = re.sub(
            rf"^(?:(?:it's|it is|this is|i'm|i am|my name is|the name is|from|and"
            rf"|,) ?)*(?:only )?{re.escape(name)}"
            r"(?: (?:here|speaking|calling|again))?[,.]? (?=\S+ \S+)",
            "",
            text,
            flags=re.I,
        )
    text = third_person(text.strip(" .!?,"))
    text = re.sub(r"\bcan't\b", "cannot", text)
    first, _, rest = text.partition(" ")
    if first[:1].isupper() and first.lower() in _LOWERED:
        text = f"{first.lower()} {rest}"
    return restore_names(proper_case(text), mentions.names)


_LOWERED = frozenset(
    [
        "they",
        "their",
        "them",
        "the",
        "a",
        "an",
        "it",
        "this",
        "that",
        "there",
        "could",
        "can",
        "would",
        "will",
        "please",
        "do",
        "does",
        "is",
        "are",
        "what",
        "how",
        "when",
        "where",
        "i",
        "we",
        "you",
        "your",
        "our",
        "my",
        "just",
        "about",
        "to",
        "because",
        "if",
        "no",
        "not",
        "some",
        "after",
        "before",
        "since",
        "last",
        "yesterday",
        "today",
        "every",
    ]
)


def _join(extracts: Sequence[str]) -> str:
    joined = "; ".join(e[:-4].rstrip() if e.endswith("...") else e.rstrip(".") for e in extracts)
    return re.sub(r"\b(say|saying);", r"\1", joined)


def _requests(
    items: Sequence[ActionItem],
    *,
    callback: bool,
    phones: Sequence[str],
    emails: Sequence[str],
    shown: str,
    total: int,
) -> str:
    text = ""
    call = next((i for i in items if i.task.startswith("Call ") and " back" in i.task), None)
    others = [i for i in items if i is not call and not i.task.startswith("Answer:")]
    listed = [i for i in others if total > 2 * _SHORT_MESSAGE and not _told(i.task, shown)][:2]
    if listed:
        text += (
            " Asked for: "
            + "; ".join(_lower(i.task) + (f" ({i.deadline})" if i.deadline else "") for i in listed)
            + "."
        )
    if callback:
        text += " Wants a call back" + (f" on {phones[0]}" if phones else "")
        text += f" {call.deadline}." if call and call.deadline else "."
    elif phones:
        text += f" Phone: {phones[0]}."
    if emails:
        text += f" Email: {emails[0]}."
    return text


def _lower(task: str) -> str:
    return task[:1].lower() + task[1:]


def _told(task: str, shown: str) -> bool:
    words = {
        w
        for w in re.findall(r"[a-z]+", task.lower())
        if len(w) > 3 and w not in ("caller", "them", "their", "they")
    }
    return bool(words) and len(words & set(re.findall(r"[a-z]+", shown))) >= 0.6 * len(words)
