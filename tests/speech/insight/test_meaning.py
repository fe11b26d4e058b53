from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from antiphon.speech.insight import InsightHints, empty_insight
from antiphon.speech.insight.rules import RulesEngine
from antiphon.speech.insight.rules.callback import callback_required
from antiphon.speech.insight.rules.dates import deadline_text, hours_until, time_spans
from antiphon.speech.insight.rules.text import has_speech, normalise, split_sentences

NOW_MS = 1_790_000_000_000
LONG = (
    "hi this is sarah jones from north shore dental i'm calling about the chair we ordered from you "
    "in june it came on monday but the arm is broken and the colour is not the one we picked we have "
    "patients coming in all week and nowhere to put them i talked to tom on the phone and he was "
    "very nice but he could not tell me when a new one would come so could you please send a "
    "replacement by friday and also let me know who pays for the return my number is four one five "
    "double five five oh one three two please call me back thank you bye "
)


@pytest.mark.parametrize("text", ["", "   ", "[MUSIC] <sil>", "...", "um uh", "++noise++", "(silence)"])
def test_speech_free_text_gives_the_empty_insight(rules: RulesEngine, hints: InsightHints, text: str) -> None:
    """contracts/voicegram.md 5 and 7.1: the summary is empty only without speech."""
    assert rules.analyse_sync(text, hints) == empty_insight("rules")


def test_example_message_of_the_contract(rules: RulesEngine, hints: InsightHints) -> None:
    """contracts/voicegram.md 5: the JSON example."""
    document = rules.analyse_sync(
        "The new opening hours work well, please send the price list.", hints
    ).document()
    assert "price list" in document.pop("text")
    assert document.pop("sentiment") in {"neutral", "positive"}
    assert document == {
        "urgency": "low",
        "intent": "inquiry",
        "callback_required": False,
        "action_items": [{"task": "Send the price list", "priority": "low", "deadline": None}],
        "mentioned": {"names": [], "phones": [], "emails": []},
    }


@pytest.mark.parametrize(
    ("text", "required"),
    [
        ("please call me back tomorrow", True),
        ("give me a bell when you're free", True),
        ("could someone ring me on this number", True),
        ("have your manager call me", True),
        ("nobody called me back could you please call me", True),
        ("no need to call me back", False),
        ("you don't have to ring me", False),
        ("please don't call me", False),
        ("i'll call you back later", False),
        ("nobody has called me back", False),
        ("i was told someone would call me back", False),
        ("an email is better than a call", False),
        ("my number is 415 555 0132", False),
    ],
)
def test_callback_only_on_an_explicit_request(text: str, required: bool) -> None:
    """contracts/voicegram.md 5, `callback_required`: true only on an explicit request."""
    assert callback_required(text) is required


@pytest.mark.parametrize(
    ("text", "deadlines"),
    [
        ("send it by friday", ["by Friday"]),
        ("tomorrow morning would do", ["tomorrow morning"]),
        ("as soon as possible", ["ASAP"]),
        ("before five", ["before five"]),
        ("by the end of the month", ["by the end of the month"]),
        ("it has been broken since monday", []),
        ("i was there last tuesday", []),
        ("and we may march on", []),
        ("for the first time", []),
        ("by close of play today", ["by close of play today"]),
        ("a week on tuesday", ["a week on Tuesday"]),
        ("in the next few days", ["in the next few days"]),
        ("between ten and twelve on friday", ["between ten and twelve on Friday"]),
        ("on tuesday or wednesday", ["on Tuesday or Wednesday"]),
        ("by 9 tomorrow morning", ["by 9 tomorrow morning"]),
        ("on the tenth no sorry the eleventh", ["the eleventh"]),
        ("before it closes", ["before it closes"]),
        ("a table for six on friday", ["on Friday"]),
    ],
)
def test_times_ahead_in_the_speakers_words(text: str, deadlines: list[str]) -> None:
    """contracts/voicegram.md 5, `action_items[].deadline`: free-form."""
    assert [deadline_text(span) for span in time_spans(text)] == deadlines


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("by friday", 72, 110),
        ("tomorrow", 20, 34),
        ("next tuesday at ten", 20, 36),
        ("within two days", 47, 49),
        ("in a couple of days", 47, 49),
        ("by the end of the week", 90, 125),
        ("asap", 0, 0),
        ("the day after tomorrow", 47, 49),
        ("a week on wednesday", 200, 240),
        ("by the third", 280, 300),
        ("by friday week", 250, 280),
        ("within the hour", 0, 12),
    ],
)
def test_distance_of_a_deadline(text: str, least: float, most: float) -> None:
    """contracts/voicegram.md 5, `urgency`: a near deadline raises it."""
    hours = hours_until(time_spans(text)[0], NOW_MS, "UTC")
    assert hours is not None
    assert least <= hours <= most


@pytest.mark.parametrize(
    ("text", "sentiment"),
    [
        ("good morning please send the form thank you very much have a nice day", "neutral"),
        ("we were charged twice and i am very frustrated thanks", "negative"),
        ("oh great another cold pizza thanks for nothing", "negative"),
        ("i just wanted to say the team was absolutely brilliant", "positive"),
    ],
)
def test_politeness_is_neutral_and_irony_negative(
    rules: RulesEngine, hints: InsightHints, text: str, sentiment: str
) -> None:
    """contracts/voicegram.md 5, `sentiment`."""
    assert rules.analyse_sync(text, hints).sentiment == sentiment


def test_two_requests_give_two_items(rules: RulesEngine, hints: InsightHints) -> None:
    """contracts/voicegram.md 5, `action_items`."""
    found = rules.analyse_sync("please send me the lease by friday and could you fix the gate asap", hints)
    assert [(i.task, i.deadline) for i in found.action_items] == [
        ("Send the caller the lease", "by Friday"),
        ("Fix the gate", "ASAP"),
    ]


@pytest.mark.parametrize(
    ("text", "deadlines"),
    [
        ("kindly expedite", [None]),
        ("any chance i could come on thursday instead", ["on Thursday"]),
        ("the pump squeals is that something i should worry about", [None]),
        ("what forms do you accept and can i post them", [None, None]),
        ("i'd like that amount credited", [None]),
        ("you need to block the card today", ["today"]),
        ("i can do the tenth at nine would that suit", ["the tenth at nine"]),
        ("please cancel the visit on tuesday", [None]),
        ("could a nurse ring me before lunch", ["before lunch"]),
        ("i have to be at work by nine", []),
    ],
)
def test_requests_of_every_form(
    rules: RulesEngine, hints: InsightHints, text: str, deadlines: list[str | None]
) -> None:
    """contracts/voicegram.md 5, `action_items`: one entry per request with its deadline."""
    assert [item.deadline for item in rules.analyse_sync(text, hints).action_items] == deadlines


@pytest.mark.parametrize(
    "text",
    [
        "the keys are under the mat and the alarm code has not changed",
        "thank you so much for the lovely flowers they made my day",
        "no need to call me back everything works",
    ],
)
def test_no_request_gives_no_item(rules: RulesEngine, hints: InsightHints, text: str) -> None:
    """contracts/voicegram.md 5, `action_items`: [] when nothing is asked."""
    assert rules.analyse_sync(text, hints).action_items == ()


def test_summary_of_a_long_message_is_not_the_transcript_again(
    rules: RulesEngine, hints: InsightHints
) -> None:
    """contracts/voicegram.md 5, `summary.text`: prose that is shorter than what was said."""
    found = rules.analyse_sync(LONG, hints)
    assert len(found.summary.split()) < len(LONG.split()) * 0.75
    assert found.summary.startswith("Sarah Jones from North Shore Dental")
    assert "+14155550132" in found.summary
    assert " i " not in found.summary.lower()
    assert (found.callback_required, found.phones) == (True, ("+14155550132",))


def test_known_sender_is_named_when_the_message_names_nobody(rules: RulesEngine) -> None:
    """contracts/voicegram.md 5, `summary.text`."""
    known = InsightHints(now_ms=NOW_MS, sender_name="Dana Example")
    found = rules.analyse_sync("please send me the lease", known)
    assert found.summary.startswith("Dana Example ")
    assert [i.task for i in found.action_items] == ["Send Dana the lease"]
    assert found.names == ()


def test_summary_keeps_below_200_words(rules: RulesEngine, hints: InsightHints) -> None:
    """contracts/voicegram.md 5, `summary.text`: about 200 words at most."""
    assert 0 < len(rules.analyse_sync(LONG * 8, hints).summary.split()) <= 200


def test_pauses_split_text_without_stops() -> None:
    """contracts/voicegram.md 5: recogniser output has no stops; its pauses stand in for them."""
    text = "the red one the blue one"
    assert split_sentences(text, ["the red one", "the blue one"]) == ["the red one", "the blue one"]
    assert split_sentences(text, ["something else"]) == [text]


def test_upper_case_and_punctuation_do_not_change_the_facts(rules: RulesEngine, hints: InsightHints) -> None:
    """contracts/voicegram.md 5: the same message from two recognisers."""
    spoken = rules.analyse_sync(
        "please call me back on four one five five five five oh one three two by friday", hints
    )
    written = rules.analyse_sync("Please call me back on 415-555-0132 by Friday.", hints)
    for field in ("urgency", "callback_required", "phones", "intent"):
        assert getattr(spoken, field) == getattr(written, field)
    assert (
        [i.deadline for i in spoken.action_items]
        == [i.deadline for i in written.action_items]
        == ["by Friday"]
    )


@settings(max_examples=60, deadline=None)
@example("0 0 0 ı")
@given(st.text(max_size=400))
def test_any_text_is_read_without_an_error(text: str) -> None:
    """contracts/voicegram.md 5: non-empty prose exactly when there is speech."""
    found = RulesEngine().analyse_sync(text, InsightHints(now_ms=NOW_MS))
    assert bool(found.summary) == has_speech(normalise(text))


_CUES = """
could you please call me back on double oh seven at dot com by friday my name is and no need to send the
"""
_WORDS = st.sampled_from(_CUES.split())


@settings(max_examples=60, deadline=None)
@given(st.lists(_WORDS, min_size=1, max_size=60))
def test_any_order_of_cue_words_is_read_without_an_error(words: list[str]) -> None:
    """contracts/voicegram.md 5: garbled recogniser output."""
    assert RulesEngine().analyse_sync(" ".join(words), InsightHints(now_ms=NOW_MS)).summary


def test_a_phone_number_is_no_time(rules: RulesEngine, hints: InsightHints) -> None:
    """contracts/voicegram.md 5: the digits after "tomorrow at" belong to the number, not to the deadline."""
    found = rules.analyse_sync(
        "please call me back tomorrow at four one five five five five oh one two three", hints
    )
    assert found.phones == ("+14155550123",)
    assert [item.deadline for item in found.action_items] == ["tomorrow"]
    assert "at four" not in found.summary
