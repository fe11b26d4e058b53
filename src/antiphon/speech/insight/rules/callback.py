"""Whether the speaker asks to be called; true only on an explicit request (contracts/voicegram.md 5)."""

from __future__ import annotations

import re

_WHO = r"(?:me|us|him|her|them|my \w+|our \w+)"
_CALL = r"(?:call|ring|phone|telephone|buzz|bell|tinkle|shout on the phone)"
_REQUEST = re.compile(
    rf"\b(?:call|ring|phone|telephone|dial) {_WHO}\b(?! (?:if|when) (?:i|we)\b)"
    rf"|\bcall {_WHO}? ?back\b|\b(?:call|ring|phone)(?: me)? back (?:on|at|before|after|by|today"
    rf"|tomorrow|please|when|asap|as)\b"
    rf"|\b(?:give|gie) {_WHO} (?:a |an )?(?:\w+ ){{0,2}}(?:{_CALL})(?: ?back)?\b"
    rf"|\bgive (?:this number|the office) a (?:\w+ )?{_CALL}\b"
    rf"|\breturn (?:my|this|our|the) call\b|\b(?:call|ring|phone) (?:this|my|that) (?:number|mobile|cell)\b"
    rf"|\b(?:i'd|i would|we'd|we would) (?:really |very much )?(?:like|appreciate|love"
    rf"|be grateful for|welcome|prefer) (?:a|your) (?:\w+ )?(?:phone )?(?:call|callback|ring)\b"
    rf"|\b(?:need|want|request|requesting|would like|after|expect|hoping for|hope for|looking for"
    rf"|arrange|schedule|book) (?:a|your) (?:\w+ )?(?:call ?back|phone call|return call)\b"
    rf"|\b(?:a|your) (?:quick |return )?(?:call ?back|phone call|call|ring) (?:would be"
    rf"|is) (?:\w+ )?(?:appreciated|great|good|helpful|lovely|brilliant|fine|grand|welcome)\b"
    rf"|\bcall ?back (?:please|requested|as soon)\b|\bplease (?:call|ring"
    rf"|phone)(?: back)?\b(?! (?:ahead|the police|an ambulance|your|his|their))"
    rf"|\b(?:reach|contact|get|catch|get hold of|get (?:in touch|a hold) (?:with|of)) (?:me"
    rf"|us) (?:back )?(?:on|at|by phone|any ?time|between|after|before)\b(?! (?:\S+@|my email"
    rf"|email))"
    rf"|\bget back to (?:me|us) (?:by phone|on (?:the phone|my (?:mobile|cell|number|phone)"
    rf"|this number|\d|oh|zero|plus))\b"
    rf"|\b(?:waiting for|await|awaiting|looking forward to) your call\b|\bhave \w+ (?:call|ring"
    rf"|phone) {_WHO}\b"
    rf"|(?:^|[.!?,;] |\b(?:please|so|just|or|and) )(?:just )?(?:call|ring|phone)"
    rf" (?:(?:on )?(?:\+?\d|(?:(?:oh|zero|double|one|two|three|four|five|six|seven|eight"
    rf"|nine)\b ?){{3}}|area code)|any ?time"
    rf"|any hour|asap|today\b|tonight|tomorrow|(?:after|before|between) (?:\w+)(?=$|[.,!?]| (?:if|or"
    rf"|please|today|on)\b))"
    rf"|\bjust call\b(?=[.,!?]|$)"
    rf"|\b(?:do|kindly) the needful and call\b|\b(?:could|can|would) (?:i|we) (?:please )?(?:get"
    rf"|have) a (?:call ?back|call|ring)\b",
    re.IGNORECASE,
)
_NEGATED = re.compile(
    rf"\b(?:no need|not necessary|don't need|do not need|needn't|need not|don't have|do not have"
    rf"|doesn't have|no reason|not asking(?: for)?|unnecessary)"
    rf"(?: for| you| to| anyone| anybody| someone| a|'s)* (?:{_CALL}|return|get back|reach|contact)\b"
    rf"|\b(?:don't|do not|please don't|rather than|instead of|without|never|rather you didn't|stop"
    rf"|quit|didn't|did not|won't|wouldn't) (?:you )?(?:bother(?:ing)? )?(?:to |with )?"
    rf"(?:{_CALL}|calling|ringing|phoning|return|returning|give (?:me|us) a|a call|reach|contact)\b"
    rf"|\b(?:nobody|no one|no-one|never|not one of you|none of you|was told|were told|promised|said"
    rf"|supposed to|asked|would)(?: \w+){{0,6}} (?:{_CALL}|called|rung|rang|phoned|returned|give"
    rf"|gave|given)(?: (?:me|us|my|a))?(?: call)?(?: back)?\b"
    rf"|\b(?:i'll|i will|i can|i'm going to|we'll|we will|let me|i might|i may|i shall"
    rf"|i) (?:\w+ )?(?:{_CALL}|try|give)\b"
    rf"|\b(?:emails?|texts?|messages?) (?:is|are|would be) (?:better|best|easier"
    rf"|preferable) than (?:a )?(?:{_CALL}|calling)\b"
    rf"|\b(?:called|rang|phoned|rung) (?:me|us)\b|\bno (?:call ?back|phone calls?"
    rf"|calls?)\b(?: (?:is |are )?(?:needed|required|necessary|please))?",
    re.IGNORECASE,
)


def callback_spans(text: str) -> list[tuple[int, int]]:
    """Places of explicit requests to be called; negated and merely reported calls are left out."""
    negated = [m.span() for m in _NEGATED.finditer(text)]
    spans = []
    for match in _REQUEST.finditer(text):
        within_negation = any(start < match.end() and match.start() < end for start, end in negated)
        if not within_negation or _asks_anew(text, match.start()):
            spans.append(match.span())
    return spans


def _asks_anew(text: str, position: int) -> bool:
    """Whether request words stand right before, so that an earlier told or negated call does not matter."""
    before = text[max(0, position - 40) : position]
    if re.search(r"\b(?:don't|do not|no need|not)\b[^.,;]*$", before, re.I):
        return False
    return (
        re.search(
            r"\b(?:could|can|would|will) (?:you|someone|somebody|he|she|they)(?: please| just"
            r"| possibly)?\s*$|\bplease\s*$",
            before,
            re.I,
        )
        is not None
    )


def callback_required(text: str) -> bool:
    return bool(callback_spans(text))
