"""Requests in a message as tasks with priority and deadline (contracts/voicegram.md 5, `action_items`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from antiphon.speech.insight.port import ActionItem, Priority, Urgency

from .callback import callback_spans
from .dates import TimeSpan, deadline_text, time_spans
from .person import restore_names, sentence_case, third_person
from .request_patterns import (
    ABOUT,
    AGREEING,
    ALONE,
    AND_VERB,
    ARRANGING,
    ASKED,
    BARE_QUESTION,
    BODY_END,
    BOOK,
    CALL_TASK,
    CONDITION,
    GERUND_DOUBLE,
    HAVE_CALL,
    IMPERATIVE,
    LIMIT,
    MAX_ITEMS,
    MAX_WORDS,
    NEGATED,
    OF_THE_THING,
    OPENER,
    QUESTION,
    SAME_THING,
    SEND,
    SLOT,
)


@dataclass(frozen=True, slots=True)
class Request:
    """One request before it is worded: `kind` is do, want, thing, question or call."""

    kind: str
    body: str
    sentence: int
    start: int
    deadline: TimeSpan | None


def find_requests(sentences: Sequence[str]) -> list[Request]:
    """Requests in order; at most one call, one per verb phrase, none inside a negation."""
    found: list[Request] = []
    for index, sentence in enumerate(sentences):
        found += _in_sentence(
            sentence, index, sentences[index - 1] if index else "", " ".join(sentences[index + 1 : index + 3])
        )
    calls = [r for r in found if r.kind == "call"]
    if len(calls) > 1:
        best = next((r for r in calls if r.deadline is not None), calls[0])
        found = [r for r in found if r.kind != "call" or r is best]
    kept: list[Request] = []
    for request in found:
        if kept and request.kind == "question" and AGREEING.match(request.body):
            continue
        if request.kind == "object":
            if calls:
                continue
            request = replace(request, kind="thing")
        key = _key(request)
        if any(key == _key(k) or (len(key) > 2 and key <= _key(k)) for k in kept):
            continue
        if kept and kept[-1].kind != "call" and SAME_THING.match(request.body):
            if request.deadline is not None:
                kept[-1] = replace(kept[-1], deadline=request.deadline)
            continue
        kept.append(request)
    return kept


def action_items(
    requests: Sequence[Request],
    *,
    urgency: Urgency,
    caller: str | None,
    names: tuple[str, ...],
    phone: str | None,
) -> tuple[ActionItem, ...]:
    """Requests worded as imperatives about `caller`, with priority and deadline."""
    who = (
        caller.split()[0]
        if caller and not caller.startswith(("Dr ", "Mr", "Ms", "Prof"))
        else (caller or "the caller")
    )
    items: list[ActionItem] = []
    for request in requests:
        task = _word(request, who=who, phone=phone, names=names)
        if task and all(task.lower() != item.task.lower() for item in items):
            deadline = deadline_text(request.deadline) if request.deadline else None
            items.append(ActionItem(task, _priority(request, urgency, len(requests)), deadline))
    return tuple(items[:MAX_ITEMS])


_EVEN_AFTER_NOT = frozenset({"ask", "please", "if", "thing", "object"})
_KINDS = {
    "want": "want",
    "wish": "want",
    "hope": "want",
    "thing": "thing",
    "object": "object",
    "maybe": "thing",
    "after": "thing",
    "done": "done",
    "help": "thing",
}


def _in_sentence(sentence: str, index: int, preceding: str, following: str) -> list[Request]:
    taken: list[tuple[int, int, str, str]] = []  # start of the request, start of its body, kind, lead words
    for match in OPENER.finditer(sentence):
        group = match.lastgroup or ""
        if NEGATED.search(sentence[: match.start()][-40:]) and group not in _EVEN_AFTER_NOT:
            continue
        kind = _KINDS.get(group, "do")
        if group == "who":
            group = "someone"
        if kind in ("want", "thing", "object") and ASKED.search(sentence[: match.start()]):
            continue
        body_start = match.start(group)
        taken.append((match.start(), body_start, kind, match.group("who") or ""))
    covered = [(s, _body_end(sentence, b)) for s, b, _, _ in taken]
    for pattern, kind in ((IMPERATIVE, "do"), (QUESTION, "question")):
        for match in pattern.finditer(sentence):
            name = "verb" if kind == "do" else "q"
            start = match.start(name)
            if start == match.start() and CONDITION.match(sentence, start):
                continue
            if any(s <= start < e for s, e in covered) or NEGATED.search(sentence[:start][-25:]):
                continue
            taken.append((start, start, kind, ""))
            covered.append((start, _body_end(sentence, start)))
    for start, end in callback_spans(sentence):
        if not any(s <= start < e or start <= s < end for s, e in covered):
            taken.append((start, start, "call", ""))
            covered.append((start, end))
    taken.sort()
    requests: list[Request] = []
    for position, (start, body_start, kind, who) in enumerate(taken):
        limit = taken[position + 1][0] if position + 1 < len(taken) else len(sentence)
        requests += _make(
            sentence,
            index,
            start,
            body_start,
            min(limit, _body_end(sentence, body_start)),
            limit,
            kind,
            who,
            preceding,
            following,
        )
    return requests


_ASKED_SUBJECT = re.compile(
    r"(?:\w+ ){0,3}?(?:do|does|did|can|could|may|should|shall|will|would|am|are|have|were) (?:i|we)\b \w+",
    re.I,
)


def _body_end(sentence: str, start: int) -> int:
    asked = _ASKED_SUBJECT.match(sentence, start)
    match = BODY_END.search(sentence, asked.end() if asked else start + 2)
    return match.start() if match else len(sentence)


def _make(
    sentence: str,
    index: int,
    start: int,
    body_start: int,
    end: int,
    limit: int,
    kind: str,
    who: str,
    preceding: str,
    following: str,
) -> list[Request]:
    pieces: list[tuple[int, int]] = []
    piece_start = body_start
    if kind in ("do", "want"):
        for match in AND_VERB.finditer(sentence, body_start, end):
            pieces.append((piece_start, match.start()))
            piece_start = match.end()
    pieces.append((piece_start, end))
    requests = []
    for number, (a, b) in enumerate(pieces):
        body = sentence[a:b].strip(" ,.?!")
        last = number == len(pieces) - 1
        span = _deadline(sentence, a, limit if last else b)
        if (span is None and number == 0 and start == 0) or (
            span is None and number == 0 and kind != "question"
        ):
            span = _leading(sentence, start)
        if span is None and last and limit == len(sentence):
            span = _trailing(following)
        if span is not None and not span.hard and _belongs_to_the_thing(kind, body):
            span = None
        if span is None and kind == "question":
            span = _asked_about(body, sentence[:start], preceding)
        if (
            kind in ("do", "want")
            and (CALL_TASK.match(body) or HAVE_CALL.match(body))
            and (kind == "call" or callback_spans(body) or callback_spans(sentence[a:limit]))
        ):
            requests.append(Request("call", body, index, a, span))
        elif _is_no_request(kind, body):
            continue
        elif kind == "thing" and re.search(r"\bcall ?back\b|phone call|\bcall$", body, re.I):
            requests.append(Request("call", body, index, a, span))
        else:
            body = f"have {who} {body}" if who and number == 0 else body
            requests.append(Request(kind, body, index, a, span))
    return requests


def _is_no_request(kind: str, body: str) -> bool:
    if re.match(r"(?:don't|not|worry|hesitate)\b", body, re.I):
        return True
    if kind == "question":
        return BARE_QUESTION.fullmatch(body) is not None or " " not in body
    return kind != "call" and " " not in body and ALONE.fullmatch(body) is None


def _deadline(sentence: str, start: int, end: int) -> TimeSpan | None:
    spans = [s for s in time_spans(sentence) if start <= s.start < end]
    hard = [s for s in spans if s.hard]
    return (hard or spans or [None])[0]  # type: ignore[list-item]  # a list of one None when nothing was found


def _belongs_to_the_thing(kind: str, body: str) -> bool:
    """Whether a time without "by" tells which thing is meant and not when it is wanted."""
    if kind == "question":
        told = re.match(r"(?:is|are|was)\b", body, re.I) is not None
        return ARRANGING.match(body) is None and (told or SLOT.search(body) is None)
    return ABOUT.match(body) is not None or OF_THE_THING.search(body) is not None


def _asked_about(body: str, before: str, preceding: str) -> TimeSpan | None:
    """The time that "would that suit" or "do you have anything" is about, told just before."""
    if AGREEING.match(body):
        return _last(before) or _last(preceding)
    return _last(before) or _last_limit(preceding) if SLOT.search(body) else None


def _last(text: str) -> TimeSpan | None:
    return next(iter(reversed(time_spans(text))), None)


def _last_limit(text: str) -> TimeSpan | None:
    span = _last(text)
    return span if span is not None and span.hard else None


def _leading(sentence: str, start: int) -> TimeSpan | None:
    """A time that opens the sentence just before the request: "by friday could you ..."."""
    spans = [s for s in time_spans(sentence) if s.end <= start and s.start <= 6 and start - s.end <= 8]
    return spans[0] if spans else None


def _trailing(following: str) -> TimeSpan | None:
    """A limit named after the request, about the same thing: "I need it by Friday", "ASAP"."""
    for match in LIMIT.finditer(following):
        spans = [s for s in time_spans(following) if match.end() - 1 <= s.start <= match.end() + 12]
        if spans:
            return spans[0]
    return None


def _key(request: Request) -> frozenset[str]:
    if request.kind == "call":
        return frozenset({"call"})
    return frozenset(w for w in re.findall(r"[a-z0-9]+", request.body.lower()) if len(w) > 3)


def _priority(request: Request, urgency: Urgency, count: int) -> Priority:
    if urgency == "high" and count > 1 and request.deadline is None and request.kind == "question":
        return "medium"
    if urgency == "medium" and request.kind == "question" and count > 1:
        return "low"
    return urgency


def _word(request: Request, *, who: str, phone: str | None, names: tuple[str, ...]) -> str:
    body = _without_deadline(request.body, request.deadline)
    if request.kind == "call":
        return f"Call {who} back" + (f" on {phone}" if phone else "")
    if request.kind == "thing":
        body = re.sub(r"^your ", "the ", body, flags=re.I)
        verb = "Book" if BOOK.search(body) else "Send" if SEND.search(body) else "Provide"
        text = f"{verb} {body}"
    elif request.kind == "done":
        text = f"Get {body}"
    elif request.kind == "question":
        text = "Answer: " + re.sub(r"^(?:if|whether) ", "whether ", body, flags=re.I)
    elif request.kind == "want":
        text = _wanted(body, who)
    else:
        text = _gerund_to_verb(body)
    text = re.sub(
        r"^(?:let|tell) me know\b",
        "Tell me",
        re.sub(r"^let me know", "Tell me", text, flags=re.I),
        flags=re.I,
    )
    words = text.split()
    if len(words) > MAX_WORDS:
        text = " ".join(words[:MAX_WORDS])
    text = re.sub(r"\byour\b", "the", text, flags=re.I) if request.kind != "question" else text
    text = re.sub(r"\s+(?:and|or|so|that|the|a|to|for|with|please|then|also|if)$", "", text.rstrip(" ,.?!"))
    return sentence_case(restore_names(third_person(text, me=who), names))


def _wanted(body: str, who: str) -> str:
    lower = body.lower()
    if lower.startswith(("speak", "talk")):
        return f"Arrange for {who} to {body}"
    if lower.startswith(("know", "find out", "hear", "ask")):
        return "Tell me " + re.sub(r"^(?:know|find out|hear|ask)(?: about)? ?", "", body, flags=re.I)
    if lower.startswith("get in"):
        return f"Find a time for {who}"
    if lower.startswith("get ") and " back" in lower:
        return "Return " + lower[4 : lower.index(" back")]
    if lower.startswith(("get ", "have ")):
        return "Arrange " + body.split(" ", 1)[1]
    if lower.startswith(
        (
            "buy",
            "purchase",
            "hire",
            "rent",
            "see",
            "view",
            "discuss",
            "return",
            "hear",
            "donate",
            "volunteer",
            "come",
            "pick",
            "drop",
            "sign up",
            "join",
            "complain",
            "report",
            "meet",
            "visit",
            "borrow",
            "apply",
            "enrol",
        )
    ):
        return f"Help {who} to {body}"
    return body


def _gerund_to_verb(body: str) -> str:
    first, _, rest = body.partition(" ")
    if first.lower().endswith("ing") and len(first) > 5:
        stem = first[:-3]
        stem = GERUND_DOUBLE.sub(r"\1", stem) if not stem.endswith(("ss", "ll")) else stem
        if re.search(
            r"(?:[^aeiou][aeiou][vcgsz]|hang|rrang|ang|chang|us|iv|ak|ov|rit|edul|at)$", stem
        ) and not stem.endswith(("ring", "bring")):
            stem += "e"
        return f"{stem} {rest}"
    return body


def _without_deadline(body: str, span: TimeSpan | None) -> str:
    if span is None or span.text.lower() not in body.lower():
        return body
    at = body.lower().rindex(span.text.lower())
    rest = body[at + len(span.text) :].strip(" ,")
    head = body[:at].strip(" ,")
    return f"{head} {rest}".strip() if len(head.split()) >= 2 else body
