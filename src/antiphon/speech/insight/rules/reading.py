"""What kind of message it is, by the learnt models (contracts/voicegram.md 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from antiphon.speech.insight.port import InsightHints, Sentiment, Urgency

from .callback import callback_required
from .dates import TimeSpan, time_spans
from .features import stems, text_features
from .model import load_models
from .phones import find_phones, write_phones
from .sentiment import sentiment_score, without_politeness
from .text import normalise
from .urgency import has_no_hurry, is_pressing, time_features


@dataclass(frozen=True, slots=True)
class Reading:
    """The labels of one message."""

    intent: str
    sentiment: Sentiment
    urgency: Urgency


def read(text: str, *, spans: Sequence[TimeSpan], callback: bool, hints: InsightHints) -> Reading:
    """Labels of normalised text; `spans` are the times it names, `callback` whether a call is asked for."""
    features = _features(text, spans=spans, callback=callback, hints=hints)
    labels = {field: model.best(features[field]) for field, model in load_models().items()}
    return Reading(
        labels["intent"],
        cast(Sentiment, labels["sentiment"]),
        cast(Urgency, _urgency(labels["urgency"], text)),
    )


def share_of_intent(sentence: str, intent: str) -> float:
    """0..1, how much one sentence alone speaks for `intent`."""
    return load_models()["intent"].share(text_features(stems(sentence), sentiment_score(sentence)), intent)


def features_of(text: str, hints: InsightHints) -> dict[str, dict[str, float]]:
    """Features per field of a transcript as it came, for training."""
    text = normalise(text)
    spans = time_spans(write_phones(text, tuple(find_phones(text, hints.country))))
    return _features(text, spans=spans, callback=callback_required(text), hints=hints)


def _features(
    text: str, *, spans: Sequence[TimeSpan], callback: bool, hints: InsightHints
) -> dict[str, dict[str, float]]:
    feeling = sentiment_score(text)
    words = text_features(stems(text), feeling)
    when = time_features(spans, hints.now_ms, hints.timezone)
    if callback:
        when["=callback"] = 1.0
    if has_no_hurry(text):
        when["=no hurry"] = 1.0
    if is_pressing(text):
        when["=pressing"] = 1.0
    return {
        "intent": words,
        "sentiment": text_features(stems(without_politeness(text)), feeling),
        "urgency": words | when,
    }


def _urgency(label: str, text: str) -> str:
    return "low" if has_no_hurry(text) and not is_pressing(text) else label
