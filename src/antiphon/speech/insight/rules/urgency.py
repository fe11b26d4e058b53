"""How soon a message wants an answer: `low`, `medium` or `high` (contracts/voicegram.md 5)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from antiphon.speech.insight.port import Urgency

from .dates import TimeSpan, hours_until

_NOT_URGENT = re.compile(
    r"\b(?:no (?:rush|hurry|urgency|great rush|particular rush|panic)|(?:not|isn't|nothing|hardly"
    r"|wasn't) (?:\w+ ){0,2}?(?:urgent|an emergency|in (?:a|any) (?:rush|hurry)|pressing)"
    r"|take your time|when(?:ever)? (?:you(?:'ve|'re| have)? )?(?:get |got |have |are |can "
    r"|'re |'re free)?(?:a |the )?(?:chance|moment|minute|free|time|convenient|it suits|it's convenient"
    r"|can)"
    r"|in your own time|at your (?:convenience|leisure)|whenever|nae rush|nae bother)\b",
    re.IGNORECASE,
)
_HIGH = re.compile(
    r"\b(?:urgent(?:ly)?|emergency|asap|a\.s\.a\.p|a s a p|as soon as (?:possible|you can"
    r"|humanly possible)|immediately|right away|straight ?away|at once|right now|desperate(?:ly)?"
    r"|critical|life or death"
    r"|flood(?:ing|ed)|burst|gas leak|smell(?:s| of)? (?:of )?gas|sparks?|sparking|on fire|smoke"
    r"|pouring (?:through|in|out|down|from)|water (?:is )?coming (?:through|in)"
    r"|locked out(?! of my account)|stranded|broken into|break-?in|stolen"
    r"|(?:server|system|site|website|network|production|everything|checkout|till|tills"
    r"|payment system|whole office)(?:'s| is| are| has|s are)? (?:completely "
    r"|all )?(?:gone )?(?:down|dead)|(?:no|without) (?:heating|heat|power|electricity|water)"
    r"|(?:severe|terrible|bad|a lot of|excruciating|unbearable) pain|in agony|bleeding|swollen"
    r"|chest pain|can't breathe|arrested|(?:court|hearing|deadline|closing"
    r"|completion) (?:is )?(?:today|tomorrow|tonight)|data (?:loss|breach)|hacked|time sensitive"
    r"|time-sensitive)\b",
    re.IGNORECASE,
)
_PROBLEM = {"support", "complaint", "cancellation"}
_BILLING_PROBLEM = re.compile(
    r"\b(?:charged|unpaid|deposit|recogni[sz]e|refund(?:ed)?|overdue|wrong|twice|higher|more than"
    r"|mistake|error|late fee"
    r"|incorrect)\b",
    re.IGNORECASE,
)


def find_urgency(
    text: str,
    *,
    spans: Sequence[TimeSpan],
    intent: str,
    negative: bool,
    callback: bool,
    requests: int,
    asks: int,
    now_ms: int,
    timezone: str,
) -> Urgency:
    """From words, from the nearest time named and from the kind of message; "no rush" wins over all.

    `requests` counts everything wanted, `asks` what is more than a question.
    """
    relaxed = _NOT_URGENT.search(text) is not None
    stripped = _NOT_URGENT.sub(" ", text)
    if relaxed and not re.search(r"\b(?:flood|burst|gas leak|smell of gas)", stripped, re.IGNORECASE):
        return "low"
    if _HIGH.search(stripped):
        return "high"
    hours = [(hours_until(span, now_ms, timezone), span.hard) for span in spans]
    nearest_hard = min((h for h, hard in hours if h is not None and hard), default=None)
    nearest = min((h for h, _ in hours if h is not None), default=None)
    problem = intent in _PROBLEM or (intent == "billing" and _BILLING_PROBLEM.search(text) is not None)
    if (asks or problem) and nearest_hard is not None and nearest_hard <= 36:
        return "high"
    if asks and nearest is not None and nearest <= 12 and problem:
        return "high"
    if (problem and (requests or negative or intent == "support")) or callback:
        return "medium"
    soon = nearest is not None and nearest <= 8 * 24
    if (asks or intent == "scheduling") and soon:
        return "medium"
    return "medium" if intent == "follow-up" and asks else "low"
