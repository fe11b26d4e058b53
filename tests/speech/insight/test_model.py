from __future__ import annotations

import pytest

from antiphon.speech.insight import InsightHints
from antiphon.speech.insight.rules import RulesEngine
from antiphon.speech.insight.rules.features import stems, text_features
from antiphon.speech.insight.rules.model import LinearModel, load_models
from antiphon.speech.insight.rules.names import find_names

MODEL = LinearModel(("a", "b"), {"x": ((0, 2.0),), "y": ((0, 0.5), (1, 1.0))})


def test_scores_are_sums_of_weight_times_value() -> None:
    """contracts/voicegram.md 5, `intent`: a feature without a weight says nothing."""
    assert MODEL.scores({"x": 0.5, "y": 2.0, "unknown": 9.0}) == {"a": 2.0, "b": 2.0}
    assert MODEL.best({"y": 1.0}) == "b"
    assert MODEL.best({}) == "a"
    assert MODEL.share({}, "b") == 0.5
    assert MODEL.reasons({"x": 1.0, "y": 1.0}, "a") == [("x", 2.0), ("y", 0.5)]


def test_the_packaged_models_name_the_labels_of_the_contract() -> None:
    """contracts/voicegram.md 5: the values of `urgency` and `sentiment`."""
    models = load_models()
    assert models["urgency"].labels == ("high", "low", "medium")
    assert models["sentiment"].labels == ("negative", "neutral", "positive")
    assert {"inquiry", "support", "complaint", "scheduling", "follow-up", "sales"} <= set(
        models["intent"].labels
    )


def test_words_of_one_stem_are_one_feature() -> None:
    """contracts/voicegram.md 5: spoken forms of a word carry the same evidence."""
    assert stems("leaking leaked leaks") == ["leak"] * 3
    assert stems("I can't come on Tuesday at four one five") == [
        *["i", "can", "not", "come", "on", "<day>", "at", "<number>", "one", "<number>"]
    ]
    features = text_features(stems("the tap is dripping"))
    assert features["#fault"] > 0
    assert features["=no request"] == 1.0


@pytest.mark.parametrize(
    ("text", "intent", "urgency", "sentiment"),
    [
        ("the dishwasher has stopped draining could somebody take a look", "support", "medium", "neutral"),
        ("i'd like to cancel my subscription", "cancellation", "medium", "neutral"),
        ("how much would you charge to tile a bathroom", "sales", "low", "neutral"),
        ("your receptionist shouted at my mother this is disgraceful", "complaint", "medium", "negative"),
        ("there is smoke coming out of the fuse box please come right away", "support", "high", "negative"),
        ("thank you all so much the party was wonderful", "feedback", "low", "positive"),
        ("can i have an appointment on thursday", "scheduling", "medium", "neutral"),
        ("the same thing whenever you get to it no hurry at all", None, "low", "neutral"),
    ],
)
def test_new_words_for_known_matters(
    rules: RulesEngine, hints: InsightHints, text: str, intent: str | None, urgency: str, sentiment: str
) -> None:
    """contracts/voicegram.md 5, `intent`, `urgency`, `sentiment`."""
    found = rules.analyse_sync(text, hints)
    assert (found.urgency, found.sentiment) == (urgency, sentiment)
    assert intent in (None, found.intent)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Rosalind Achterberg, account 77. The meter is stuck.", ("Rosalind Achterberg",)),
        ("achterberg here the meter is stuck", ("Achterberg",)),
        ("Good morning, Wilhelmina from the depot.", ("Wilhelmina",)),
        ("Detective Marlowe rang.", ("Detective Marlowe",)),
        ("It's Quill & Penrose about the lease.", ("Quill & Penrose",)),
        ("The gate is open.", ()),
        ("Morning. Nothing works.", ()),
        ("right away would be good", ()),
    ],
)
def test_who_opens_a_message(text: str, names: tuple[str, ...]) -> None:
    """contracts/voicegram.md 5, `mentioned.names`: unlisted names where a speaker says who is calling."""
    assert find_names(text).names == names
