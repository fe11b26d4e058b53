from __future__ import annotations

from antiphon.speech.insight import InsightHints, empty_insight
from antiphon.speech.insight.rules import RulesEngine

HINTS = InsightHints(now_ms=1_790_000_000_000)


def test_speech_free_text_gives_the_empty_insight() -> None:
    """contracts/voicegram.md 5: the summary is empty only without speech."""
    for text in ("", "   ", "[MUSIC] <sil>", "...", "um uh", "++noise++"):
        assert RulesEngine().analyse_sync(text, HINTS) == empty_insight("rules")


def test_example_message_of_the_contract() -> None:
    """contracts/voicegram.md 5: the JSON example."""
    found = RulesEngine().analyse_sync("The new opening hours work well, please send the price list.", HINTS)
    assert (found.urgency, found.intent, found.callback_required) == ("low", "inquiry", False)
    assert [(i.task, i.priority, i.deadline) for i in found.action_items] == [
        ("Send the price list", "low", None)
    ]
    assert "price list" in found.summary
