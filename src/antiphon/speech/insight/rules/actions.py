"""Requests in a message as tasks with priority and deadline (contracts/voicegram.md 5, `action_items`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from antiphon.speech.insight.port import ActionItem, Priority, Urgency

from .callback import callback_spans
from .dates import TimeSpan, deadline_text, time_spans
from .person import restore_names, sentence_case, third_person

_VERBS = (
    "add|advise|answer|arrange|ask|amend|approve|apologi[sz]e|bill|block|book|bring|call|cancel"
    "|change|check|clarify|clean|close|collect|come|confirm|connect|contact"
    "|correct|credit|deliver|dispatch|do|drop|email|e-mail|escalate|examine|explain|extend|fax"
    "|find|fit|fix|follow|forward|get|give|have|help|hold|honour|include|inform|install"
    "|investigate|invoice|issue|keep|leave|let|look|mail|make|mend|message|move|notify|offer|open"
    "|order|organi[sz]e|pass|phone|pick|post|postpone|prepare|prepone|process|provide|put"
    "|quote|reach|rearrange|re-arrange|recommend|refund|register|remind|remove|renew|repair"
    "|replace|reply|reschedule|reserve|reset|resend|resolve|respond|restore|return|review|ring"
    "|run|save|schedule|see|send|service|set|share|ship|sign|sort|speak|squeeze|stop|submit"
    "|supply|switch|take|talk|tell|text|transfer|turn|unlock|update|upgrade|use|verify|walk|waive"
    "|write"
)
_GO = (
    "book|schedule|reschedule|cancel|order|change|move|arrange|rearrange|re-arrange|buy|purchase"
    "|return|speak|talk|know|make|confirm|check|upgrade|set up|sign up|register|reserve|hire|rent"
    "|renew|switch|discuss|see|view|extend|postpone|hear|add|update|report|get|find out|place"
    "|request|donate|volunteer|enrol|enroll|bring forward|apply|terminate|close|end|come in|pick "
    "up|drop off|have|push|open|join|ask|meet|prepone|complain|make|chase|query|dispute|swap"
    "|exchange|borrow|visit|order"
)
_WANT = (
    r"(?:i|we)(?:'d| would)? (?:really |just |also |actually |still |very much |kindly )?(?:like"
    r"|love|prefer|want|wanted|need|wish|hope|have)"
    r"|(?:i'm|i am|we're|we are|was|were)? ?(?:just |also )?(?:hoping|looking|wanting|wishing"
    r"|trying|keen|calling|ringing|phoning|call|ring|wondering if i could|wondering if we could"
    r"|wondering if i can)"
    r"|(?:can|could|may|might) (?:i|we)(?: please| possibly)?"
)
_THING = (
    "appointment|quote|quotation|estimate|call ?back|phone call|copy|refund|replacement|receipt"
    "|invoice|table|room|update|price list|price|brochure|plumber|electrician|engineer"
    "|technician|prospectus|catalogue|viewing|visit|consultation|meeting|demo|demonstration"
    "|sample|samples|slot|booking|reservation|explanation|apology|letter|certificate|statement"
    "|taxi|cab|reply|response|answer|repeat prescription|prescription|discount|taster|tour|trial"
    "|new password|password reset|parking permit|confirmation|reference|form|application form"
    "|money back|wheelchair|cot|vegetarian option|upgrade|inspection|repair|supervisor|manager|human|word"
    "|credit note|vat receipt|tracking number|part|new one|second opinion|cleaner|lift|call"
)
_SOMEONE = (
    r"(?:you(?: guys| folks| all| lot)?|y'all|someone|somebody|anyone|anybody|one of (?:you"
    r"|your \w+|the \w+)(?: \w+)?|your (?:team|office|driver|engineer|manager|accounts (?:team"
    r"|department))|they|he|she|the (?:doctor|manager|driver|office|team|engineer|nurse))"
)
_SOFT = (
    r"(?:please |possibly |kindly |just |maybe |also |perhaps |then |quickly |at least |either "
    r"|be able to |do me a favou?r and |go ahead and |be so kind as to |be good enough to |try to "
    r"|try and )*"
)
_OPENER = re.compile(
    rf"\b(?:could|can|would|will|might) (?:{_SOMEONE}|(?P<who>(?!(?:i|we|it|that|this|there|the|not"
    rf"|be)\b)[a-z]+)) {_SOFT}(?P<ask>(?:{_VERBS})\b)"
    rf"|\bwould {_SOMEONE} mind (?:please )?(?P<mind>[a-z]+ing)\b"
    rf"|\b(?:please|kindly) {_SOFT}(?:do )?(?P<please>(?:{_VERBS}|make sure|ensure)\b)"
    rf"|\b(?:if|whether|that|so) {_SOMEONE} (?:could|can|would|might|are able to"
    rf"|were able to) {_SOFT}(?P<if>(?:{_VERBS})\b)"
    rf"|\b(?:i|we) (?:just |really |also )?(?:need|want|'d like|would like|expect"
    rf"|would prefer) {_SOMEONE} to {_SOFT}(?P<need>(?:{_VERBS})\b)"
    rf"|\b(?:i'd|i would|we'd|we would) (?:like|appreciate it if) {_SOMEONE} (?:to|would"
    rf"|could)? ?{_SOFT}(?P<like>(?:{_VERBS})\b)"
    rf"|(?<!told to )\b(?:{_WANT}) (?:if (?:i|we) (?:can"
    rf"|could) )?(?:to (?:please )?)?(?:go ahead and )?(?P<want>(?:{_GO})\b)"
    rf"|\b(?:i|we)(?:'d| would| will|'ll)? (?:really |just |also |still )?(?:like|love|need|want"
    rf"|require|appreciate|prefer|expect|demand)(?: to have| to get)? (?P<thing>(?:an?|the|my|your"
    rf"|some|another"
    rf"|two|three|that) (?:[a-z-]+ ){{0,3}}?(?:{_THING})s?\b)"
    rf"|\b(?:i'm|i am|we're|we are|am) (?:looking for|after|in need of|calling for"
    rf"|hoping for) (?P<after>(?:an?|the|my|your|some|another|two"
    rf"|three) (?:[a-z-]+ ){{0,3}}?(?:{_THING})s?\b)"
    rf"|\b(?:i|we)(?:'d| would)? (?:really |do )?(?:need|want|like) (?P<done>(?:this|that|it|them"
    rf"|these|(?:my|our"
    rf"|the) (?:\w+ ){{0,2}}?\w+) (?:\w+ed|done|sent|resent|back|gone)\b)"
    rf"|\byou(?:'d| had) better (?P<better>(?:{_VERBS})\b)"
    rf"|\b(?:don't forget to|make sure (?:you |to )|be sure to|remember to|time to"
    rf"|do the needful and|any chance of (?:you )?) ?(?P<sure>[a-z]+)\b"
    rf"|\b(?:asking|ask) (?:you|that you|if you) (?:to|could|can)? ?(?P<asking>(?:{_VERBS})\b)",
    re.IGNORECASE,
)
_IMPERATIVES = (
    "call|ring|phone|give|gie|send|email|text|let|tell|ask|have|bring|check|fix|book|cancel"
    "|confirm|leave|remind|forward|pass|get|put me through|drop|change|refund|reply|arrange"
    "|return|schedule|save"
)
_IMPERATIVE = re.compile(
    rf"(?:^|(?<=[.!?,;] )|\b(?:and|so|then|also|or|please|now) )(?:just |also "
    rf"|please )*(?!have a )(?P<verb>(?:{_IMPERATIVES})\b)(?= (?:me|us|him|her|them|the|my|a|an|your|this|it"
    rf"|in|that|[a-z]+ (?:to|know|i|that|we)|him|back|on|at)\b)",
    re.I,
)
_QUESTION = re.compile(
    r"(?:^|(?<=[.!?;,] )|\b(?:and|so|but|also|wondering|wondered|know|ask(?: you)?|find out|check"
    r"|see|checking|seeing|out|query|question is|enquire|inquire|asking) )"
    r"(?P<q>(?:do|does|did|are|is|will|would|have|has|can|could) (?:you|your|there|it|they|the|we"
    r"|dogs|children|kids|pets|i|my|this|that|anyone)\b(?! (?:please|think you))|(?:if|whether) (?:you"
    r"|there|your|the|it|i|we|they|dogs|children|my|this)\b(?! (?:could|can|would|might|get|need"
    r"|have any))"
    r"|any (?:news|updates?|word|progress) (?:on|about|of|yet|regarding)\b|(?:what|which)(?:'s"
    r"| time| should| can| else| is| are| do| does| kind| sort| documents| sizes?| your| the| day"
    r"| days| hours)\b|(?:how) (?:much|many|long|far|do|does|late|soon|old|can|is|would|to)\b"
    r"|when (?:do|does|is|are|will|can|would|you|the|your)\b|where (?:is|are|do|can|the|to|you)\b"
    r"|who (?:is|do|should|can|to)\b)",
    re.I,
)
_BODY_END = re.compile(
    r"[.!?;]\s|[.!?;]$|,? (?:because|so that|so i|so we|as (?:i|we|my|it|the) |since |but "
    r"|otherwise|which |cheers|thanks|thank you|bye|my (?:number|name|mobile|email|phone|address"
    r"|cell)|i'm|i am|i'll|i've|i was|i need|i have|i think|i don't|i want|we're|we've"
    r"|it's (?:not|just|been|about|urgent|quite|really|four|oh|zero|plus|\d)|it is|no (?:rush"
    r"|hurry|need)|when(?:ever)? you (?:get|have|can|are)|that would|that'd|would be|if (?:that's"
    r"|that is|possible|not|you (?:can|could|get|have|need))|talk soon|have a|take care"
    r"|much appreciated|and (?:i|my|we|thanks|thank|that|it|there)\b|or (?:i|we) |please$"
    r"|please\b(?=[,.!?]|$)|the number|on (?:this number|my (?:mobile|cell))|at (?:the )?(?:number"
    r"|email)"
    r"|the best (?:number|time)|you can (?:reach|call|get|ring)|also (?:could|can|please|do|i)"
    r"|and (?:also )?(?:could|can|would|please|do|does|are|is|will|when|where|who|what|how"
    r"|let me know|if))\b",
    re.I,
)
_AND_VERB = re.compile(
    rf",? (?:and|then|and then|and also|and please|and maybe)(?: to| also| please| maybe"
    rf"| then)? (?!(?:have|take) a (?:\w+ )?look|see if|come and|try and)(?=(?:{_VERBS})\b)",
    re.I,
)
_NEGATED = re.compile(
    r"\b(?:don't|do not|no need to|not|never|didn't|couldn't|wouldn't|won't|can't|cannot|asked"
    r"|told|promised|said|nobody|no one|supposed to|used to|thought)(?: \w+){0,3}$",
    re.I,
)
_CALL_TASK = re.compile(
    r"^(?:call|ring|phone|telephone|give (?:me|us) (?:a|an) (?:\w+ )?(?:call|ring|bell|buzz|shout)"
    r"|return (?:my|our|the) call|buzz|reach me|contact me)\b",
    re.I,
)
_CONDITION = re.compile(r"(?:if|whether|when (?:you|the|your))\b", re.I)
_HAVE_CALL = re.compile(r"^(?:have|get|ask|tell|let)\b.{1,40}\b(?:call|ring|phone) (?:me|us)\b", re.I)
_ABOUT = re.compile(r"^(?:tell|let me know|know|find out|confirm|advise|check|ask|explain|inform)\b", re.I)
_SAME_THING = re.compile(
    r"^(?:send|email|e-mail|forward|post|mail|reply|do) (?:it|them|that|this|one)\b", re.I
)
_LIMIT = re.compile(
    r"\b(?:i|we) (?:really |do |would )?(?:need|want|must have|'d like|would like) (?:it|this|that|them|these"
    r"|an answer|one)(?: \w+){0,3}? |^(?:ideally|preferably|hopefully),? "
    r"|\bit(?:'s| is| has) (?:to be )?(?:\w+ )?(?:needed|due|required|done) |^(?=by |before |asap"
    r"|as soon|within )",
    re.I,
)
_MAX_ITEMS = 20
_MAX_WORDS = 18
_GERUND_DOUBLE = re.compile(r"([bdgmnprt])\1$")
_BOOK = re.compile(
    r"appointment|table|room|viewing|visit|consultation|meeting|slot|booking|reservation|tour|demo"
    r"|demonstration|taster|trial|inspection|taxi|cab",
    re.I,
)
_SEND = re.compile(
    r"quote|quotation|estimate|copy|receipt|invoice|price|brochure|prospectus|catalogue|sample"
    r"|letter|certificate|statement|form|tracking|confirmation|credit note",
    re.I,
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
        found += _in_sentence(sentence, index, " ".join(sentences[index + 1 : index + 3]))
    calls = [r for r in found if r.kind == "call"]
    if len(calls) > 1:
        best = next((r for r in calls if r.deadline is not None), calls[0])
        found = [r for r in found if r.kind != "call" or r is best]
    kept: list[Request] = []
    for request in found:
        key = _key(request)
        if any(key == _key(k) or (len(key) > 2 and key <= _key(k)) for k in kept):
            continue
        if kept and kept[-1].kind != "call" and _SAME_THING.match(request.body):
            if kept[-1].deadline is None:
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
    return tuple(items[:_MAX_ITEMS])


def _in_sentence(sentence: str, index: int, following: str) -> list[Request]:
    taken: list[tuple[int, int, str, str]] = []  # start of the request, start of its body, kind, lead words
    for match in _OPENER.finditer(sentence):
        group = match.lastgroup or ""
        if _NEGATED.search(sentence[: match.start()][-40:]) and group not in ("ask", "please", "if", "thing"):
            continue
        kind = {"want": "want", "thing": "thing", "after": "thing", "done": "done"}.get(group, "do")
        if group == "who":
            group = "ask"
        body_start = match.start(group)
        taken.append((match.start(), body_start, kind, match.group("who") or ""))
    covered = [(s, _body_end(sentence, b)) for s, b, _, _ in taken]
    for pattern, kind in ((_IMPERATIVE, "do"), (_QUESTION, "question")):
        for match in pattern.finditer(sentence):
            name = "verb" if kind == "do" else "q"
            start = match.start(name)
            if start == match.start() and _CONDITION.match(sentence, start):
                continue
            if any(s <= start < e for s, e in covered) or _NEGATED.search(sentence[:start][-25:]):
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
            following,
        )
    return requests


def _body_end(sentence: str, start: int) -> int:
    match = _BODY_END.search(sentence, start + 2)
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
    following: str,
) -> list[Request]:
    pieces: list[tuple[int, int]] = []
    piece_start = body_start
    if kind in ("do", "want"):
        for match in _AND_VERB.finditer(sentence, body_start, end):
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
        if span is not None and not span.hard and (kind == "question" or _ABOUT.match(body)):
            span = None
        if (
            kind in ("do", "want")
            and (_CALL_TASK.match(body) or _HAVE_CALL.match(body))
            and (kind == "call" or callback_spans(body) or callback_spans(sentence[a:limit]))
        ):
            requests.append(Request("call", body, index, a, span))
        elif re.match(r"(?:don't|not|worry|hesitate)\b", body, re.I) or (
            len(body.split()) < 2 and kind != "call"
        ):
            continue
        elif kind == "thing" and re.search(r"\bcall ?back\b|phone call|\bcall$", body, re.I):
            requests.append(Request("call", body, index, a, span))
        else:
            body = f"have {who} {body}" if who and number == 0 else body
            requests.append(Request(kind, body, index, a, span))
    return requests


def _deadline(sentence: str, start: int, end: int) -> TimeSpan | None:
    spans = [s for s in time_spans(sentence) if start <= s.start < end]
    hard = [s for s in spans if s.hard]
    return (hard or spans or [None])[0]  # type: ignore[list-item]  # a list of one None when nothing was found


def _leading(sentence: str, start: int) -> TimeSpan | None:
    """A time that opens the sentence just before the request: "by friday could you ..."."""
    spans = [s for s in time_spans(sentence) if s.end <= start and s.start <= 6 and start - s.end <= 8]
    return spans[0] if spans else None


def _trailing(following: str) -> TimeSpan | None:
    """A limit named after the request, about the same thing: "I need it by Friday", "ASAP"."""
    for match in _LIMIT.finditer(following):
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
        verb = "Book" if _BOOK.search(body) else "Send" if _SEND.search(body) else "Provide"
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
    if len(words) > _MAX_WORDS:
        text = " ".join(words[:_MAX_WORDS])
    text = re.sub(r"\byour\b", "the", text, flags=re.I) if request.kind != "question" else text
    text = re.sub(r"\s+(?:and|or|so|that|the|a|to|for|with|please|then|also|if)$", "", text.rstrip(" ,.?!"))
    return sentence_case(restore_names(third_person(text, me=who), names))


def _wanted(body: str, who: str) -> str:
    lower = body.lower()
    if lower.startswith(("speak", "talk")):
        return f"Arrange for {who} to {body}"
    if lower.startswith(("know", "find out", "hear", "ask")):
        return "Tell me " + re.sub(r"^(?:know|find out|hear|ask)(?: about)? ?", "", body, flags=re.I)
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
        stem = _GERUND_DOUBLE.sub(r"\1", stem) if not stem.endswith(("ss", "ll")) else stem
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
