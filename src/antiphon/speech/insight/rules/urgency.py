"""Evidence of how soon a message wants an answer (contracts/voicegram.md 5, `urgency`)."""

from __future__ import annotations

import re
from collections.abc import Sequence

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


def has_no_hurry(text: str) -> bool:
    """Whether the speaker says that it can wait."""
    return _NOT_URGENT.search(text) is not None


def is_pressing(text: str) -> bool:
    """Whether words of an emergency or of hurry are left once "no hurry" is taken out."""
    return _HIGH.search(_NOT_URGENT.sub(" ", text)) is not None


def time_features(spans: Sequence[TimeSpan], now_ms: int, timezone: str) -> dict[str, float]:
    """How far away the nearest limit and the nearest time named are, in steps."""
    found: dict[str, float] = {}
    hours = [(hours_until(span, now_ms, timezone), span.hard) for span in spans]
    for name, values in (
        ("limit", [h for h, hard in hours if h is not None and hard]),
        ("time", [h for h, _ in hours if h is not None]),
    ):
        if values:
            nearest = min(values)
            step = next((s for s in _STEPS if nearest <= s), "later")
            found[f"={name} {step}"] = 1.0
    return found


_STEPS = (12, 36, 8 * 24)
