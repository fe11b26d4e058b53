"""A sentiment as a number beside its label."""

from __future__ import annotations

from antiphon.speech.insight.port import Sentiment

_CLEAR = 0.35


def score_of(text: str, label: Sentiment | None) -> float:
    """-1..1 with two decimals, on the label's side, whoever found the label."""
    # Here, for the server imports this module and never the rules.
    from antiphon.speech.insight.rules.sentiment import sentiment_score

    score = sentiment_score(text)
    if label == "positive":
        score = max(score, _CLEAR)
    elif label == "negative":
        score = min(score, -_CLEAR)
    else:
        score = max(-_CLEAR, min(_CLEAR, score))
    return round(score, 2)
