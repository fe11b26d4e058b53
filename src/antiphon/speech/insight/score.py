"""A sentiment as a number beside its label."""

from __future__ import annotations

from antiphon.speech.insight.port import Sentiment
from antiphon.speech.insight.rules.sentiment import sentiment_score

_CLEAR = 0.35


def score_of(text: str, label: Sentiment | None) -> float:
    """-1..1 with two decimals, on the label's side, whoever found the label."""
    score = sentiment_score(text)
    if label == "positive":
        score = max(score, _CLEAR)
    elif label == "negative":
        score = min(score, -_CLEAR)
    else:
        score = max(-_CLEAR, min(_CLEAR, score))
    return round(score, 2)
