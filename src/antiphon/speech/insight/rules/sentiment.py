"""Feeling by VADER with a lexicon of our own for messages to a business, politeness taken out first."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_POLITE = re.compile(
    r"\b(?:good (?:morning|afternoon|evening|day)|hi|hello|hey|dear|please|kindly"
    r"|thank you(?: so much| very much)?(?: for your (?:help|time|patience))?"
    r"|(?:many )?thanks(?: a lot| very much| so much| in advance)?(?! for (?:the|all|your|being"
    r"|[a-z]+ing))|cheers|sorry to (?:bother|trouble) you"
    r"|have a (?:nice|good|great|lovely) (?:day|one|evening|weekend|week)|(?:i )?hope (?:you're"
    r"|you are|this finds you|all is) (?:\w+ )?well"
    r"|(?:i'd|i would|we'd|we would) (?:like|love|appreciate|be grateful|be happy)|(?:that"
    r"|it) would be (?:great|lovely|good|perfect|helpful|brilliant|fantastic|wonderful"
    r"|appreciated)"
    r"|would be (?:much |greatly |very )?(?:appreciated|grateful)|if you (?:could"
    r"|would) be so kind|look(?:ing)? forward to (?:it|hearing from you|your call|speaking)"
    r"|best (?:regards|wishes|time|number|way|price)|take care|all the best|of course|no problem"
    r"|no worries|not urgent|no rush|as soon as possible"
    r"|i'm afraid|wrong (?:password|number)|let me know|make sure|i'm sure|interested in|happy to"
    r"|free (?:delivery|on|to"
    r"|quote|estimate|consultation)|emergency (?:number|contact)"
    r"|when you get a chance|great to hear|good to hear|well as|as well|customer care|care home"
    r"|health care|childcare)\b[,.!]?",
    re.IGNORECASE,
)
_IRONY = re.compile(
    r"\b(?:thanks (?:a lot )?for (?=nothing)|thank you for (?=nothing)|(?:oh|well|just|yeah"
    r"|yes) (?:that's )?(?:just )?(?:great|brilliant|wonderful|fantastic|lovely|perfect"
    r"|marvell?ous|super|charming)"
    r"|(?:really|truly) (?:great|top) (?:job|service)|what a (?:joke|great way)|how (?:lovely|nice"
    r"|wonderful) of you|(?:nice|great|good) (?:one|job|work),? (?:guys|lads|everyone)"
    r"|(?:great|lovely|brilliant|fantastic|wonderful|nice|thanks),? (?:yet )?another"
    r"|much appreciated not|could not care less|couldn't care less|slow clap|bravo)\b",
    re.IGNORECASE,
)
# Scale of VADER: -4..4. Zeroes silence everyday business words.
_LEXICON = {
    "doubt": 0.0,
    "doubts": 0.0,
    "shaking": -1.0,
    "urgent": -0.4,
    "urgently": -0.4,
    "emergency": -1.2,
    "broken": -1.6,
    "broke": -1.2,
    "leak": -1.6,
    "leaking": -1.7,
    "leaks": -1.5,
    "flooding": -2.2,
    "flooded": -2.2,
    "burst": -1.6,
    "crashed": -1.6,
    "crashing": -1.6,
    "crashes": -1.6,
    "faulty": -1.8,
    "damaged": -1.8,
    "stuck": -1.2,
    "unbelievable": -1.8,
    "spoil": -1.2,
    "spoilt": -1.4,
    "dizzy": -1.2,
    "safe": 0.0,
    "unpaid": -0.3,
    "loose": -0.4,
    "noise": -0.5,
    "waiting": -0.4,
    "late": -1.0,
    "delayed": -1.2,
    "overdue": -1.0,
    "missing": -1.2,
    "wrong": -1.6,
    "unacceptable": -3.0,
    "refund": -0.6,
    "overcharged": -2.0,
    "disgraceful": -3.0,
    "appalling": -3.2,
    "appalled": -3.0,
    "shambles": -2.8,
    "useless": -2.4,
    "rude": -2.4,
    "ignored": -1.8,
    "fed": -0.8,
    "ridiculous": -2.2,
    "disgusted": -3.0,
    "shocking": -2.0,
    "joke": -1.2,
    "rubbish": -2.0,
    "dreadful": -2.6,
    "unhappy": -2.2,
    "cross": -0.8,
    "furious": -3.0,
    "livid": -3.0,
    "gutted": -2.2,
    "raging": -2.6,
    "scunnered": -2.4,
    "pants": -1.0,
    "worst": -3.0,
    "delighted": 3.0,
    "chuffed": 2.8,
    "brilliant": 2.8,
    "spotless": 2.0,
    "recommend": 1.8,
    "smashing": 2.4,
    "braw": 2.4,
    "cracking": 2.0,
    "grand": 1.4,
    "ace": 1.8,
    "superb": 3.0,
    "top-notch": 2.6,
    "professional": 1.4,
    "courteous": 2.0,
    "prompt": 1.0,
    "thrilled": 2.8,
    "awesome": 2.8,
    "kudos": 2.4,
    "stunning": 2.4,
    "lifesaver": 2.6,
    "impressed": 2.4,
    "splendid": 2.6,
    "excellent": 3.0,
    "patient": 0.6,
    "help": 0.0,
    "helping": 0.0,
    "like": 0.0,
    "want": 0.0,
    "wants": 0.0,
    "care": 0.0,
    "sure": 0.0,
    "share": 0.0,
    "interested": 0.0,
    "interest": 0.0,
    "okay": 0.0,
    "ok": 0.0,
    "yes": 0.0,
    "no": -0.3,
    "free": 0.0,
    "well": 0.0,
    "clear": 0.0,
    "please": 0.0,
    "hope": 0.0,
    "hoping": 0.0,
    "wish": 0.0,
    "party": 0.0,
    "play": 0.0,
    "solution": 0.0,
    "solutions": 0.0,
    "secure": 0.0,
    "security": 0.0,
    "united": 0.0,
    "pay": -0.1,
    "cancel": -0.3,
    "cancelled": -0.3,
    "cancelling": -0.3,
    "charge": 0.0,
    "charges": 0.0,
    "fire": 0.0,
    "cut": 0.0,
    "lost": -0.9,
    "miss": 0.0,
    "missed": -0.3,
    "alarm": 0.0,
    "gift": 0.0,
    "donate": 0.0,
    "donation": 0.0,
    "donations": 0.0,
    "support": 0.0,
    "supporting": 0.0,
    "battery": 0.0,
    "number": 0.0,
    "hand": 0.0,
    "chance": 0.0,
    "best": 0.6,
    "better": 0.3,
    "available": 0.0,
    "important": 0.0,
    "matter": 0.0,
    "question": 0.0,
    "questions": 0.0,
    "problem": -0.9,
    "problems": -1.0,
    "issue": -0.8,
    "issues": -0.9,
    "trouble": -0.9,
    "block": 0.0,
    "dental": 0.0,
    "funeral": -0.6,
    "birthday": 0.2,
    "anniversary": 0.2,
    "save": 0.0,
    "trust": 0.0,
    "legal": 0.0,
    "fine": 0.3,
    "sorry": 0.0,
    "afraid": 0.0,
    "stop": -0.2,
    "leave": 0.0,
    "left": 0.0,
    "dear": 0.0,
    "kind": 0.4,
    "novel": 0.0,
    "credit": 0.0,
    "top": 0.2,
    "grant": 0.0,
    "growing": 0.0,
    "join": 0.0,
    "benefit": 0.0,
    "benefits": 0.0,
    "value": 0.0,
    "ready": 0.0,
    "easy": 0.4,
    "ease": 0.2,
    "promise": 0.0,
    "promised": -0.5,
    "pressure": 0.0,
    "low": 0.0,
    "drop": 0.0,
    "dropped": 0.0,
    "hard": -0.3,
    "cheers": 0.0,
    "fun": 0.8,
    "pretty": 0.0,
    "grateful": 0.8,
    "appreciate": 0.6,
}
_PHRASES = (
    (
        re.compile(
            r"\bno (?:answer|reply(?! needed)|response|refund|explanation|apology|sign of|one came)\b"
            r"|\bheard nothing\b"
            r"|\b(?:hasn't|haven't|didn't|not) (?:\w+ )?(?:shown|turned|showed|show|turn) up\b"
            r"|\byou people\b|\bpower cut\b|\b(?:why|how) (?:on earth|is it that|dare)\b",
            re.I,
        ),
        -1.8,
    ),
    (
        re.compile(
            r"\b(?:nobody|no one) (?:did|has|bothered)\b|\b(?:was|were) (?:told|promised)\b"
            r"|\byou promised\b",
            re.I,
        ),
        -2.0,
    ),
    (re.compile(r"\b(?:charged|billed|paid) (?:me |us )?twice\b|\bdouble charged\b", re.I), -2.5),
    (
        re.compile(
            r"\b(?:nobody|no one|never|no-one|not one person)\b.{0,30}\b(?:called|rang|rung|replied"
            r"|answered|answers|turned up|showed up|came|returned|got back|phoned|bothered)\b",
            re.I,
        ),
        -2.5,
    ),
    (
        re.compile(
            r"\b(?:still|hasn't|has not|haven't|have not|never|didn't) (?:\w+ ){0,3}(?:arrived|turned up"
            r"|been (?:fixed|delivered|resolved|sorted|refunded)|received|waiting)\b",
            re.I,
        ),
        -1.4,
    ),
    (
        re.compile(
            r"\b(?:third|fourth|fifth|second|umpteenth) time\b|\b(?:three|four|five|six) times\b"
            r"|\bfor (?:weeks|months|hours|ages|days)\b",
            re.I,
        ),
        -1.2,
    ),
    (
        re.compile(
            r"\b(?:fed up|sick of|had enough|not good enough|let down|waste of (?:time|money)|not happy"
            r"|not impressed|not acceptable|beyond a joke|can't believe|not best pleased"
            r"|doing my head in)\b",
            re.I,
        ),
        -3.0,
    ),
    (
        re.compile(
            r"\b(?:isn't|not|never|stopped|won't|doesn't|nothing(?:'s| is)) (?:work|working|load|loading"
            r"|turn on|start|open)\b|\b(?:is|are|went|gone|been) down\b|\bno (?:heating|hot water|power"
            r"|electricity|signal)\b",
            re.I,
        ),
        -1.3,
    ),
    (
        re.compile(
            r"\b(?:speak|talk|complain) to (?:a|your|the) (?:manager|supervisor)\b|\b(?:make|made|making"
            r"|file|lodge) a (?:formal )?complaint\b",
            re.I,
        ),
        -2.0,
    ),
    (
        re.compile(
            r"\b(?:went above and beyond|can't thank you enough|couldn't be happier|could not be happier"
            r"|keep up the good work|well done|over the moon|worked a treat|five stars?|hit the spot"
            r"|made (?:my|our) day)\b",
            re.I,
        ),
        3.2,
    ),
    (
        re.compile(
            r"\b(?:very|so|really|absolutely|pure) (?:happy|pleased|grateful|kind|helpful|impressed)\b"
            r"|\bthank(?:s| you)(?: so much| very much)? for (?:the|all|your|[a-z]+ing)\b",
            re.I,
        ),
        1.6,
    ),
)
_FAILURE = re.compile(
    r"\b(?:another|again|still|n't|not|no|nothing|nobody|never|only|\w+n't|hours?|soaking|rain)\b", re.I
)


@cache
def _analyser() -> Any:
    from vaderSentiment.vaderSentiment import (  # type: ignore[import-untyped]  # the package has no types
        SentimentIntensityAnalyzer,
    )

    analyser = SentimentIntensityAnalyzer()
    analyser.lexicon.update(_LEXICON)
    return analyser


def without_politeness(text: str) -> str:
    """The text without greetings, thanks and the like, which tell no feeling."""
    return _POLITE.sub(" ", text)


def sentiment_score(text: str) -> float:
    """-1..1, the feeling the words carry once greetings and politeness are gone."""
    ironic = _IRONY.search(text) is not None
    stripped = without_politeness(_IRONY.sub(" ", text))
    scores = _analyser().polarity_scores(stripped)
    raw = float(scores["compound"])
    total = raw / max(0.05, (1 - raw * raw)) ** 0.5 * 15**0.5
    total += sum(weight for pattern, weight in _PHRASES if pattern.search(text))
    if ironic and (total < 0 or _FAILURE.search(stripped) is not None):
        total = -abs(total) - 3.0
    return float(total / (total * total + 15) ** 0.5)
