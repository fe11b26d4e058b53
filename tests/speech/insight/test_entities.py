from __future__ import annotations

import pytest

from antiphon.speech.insight.rules.emails import find_emails
from antiphon.speech.insight.rules.names import find_names
from antiphon.speech.insight.rules.numbers import digit_runs
from antiphon.speech.insight.rules.phones import find_phones


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("four one five, double five, oh", "415550"),
        ("triple nine nought", "9990"),
        ("eight hundred five five five", "800555"),
        ("twenty three fifteen", "2315"),
        ("five five five for one two", "555412"),
        ("(415) 555-0132", "4155550132"),
        ("one thousand", "1000"),
    ],
)
def test_spoken_and_written_digits(text: str, digits: str) -> None:
    """contracts/voicegram.md 5, `mentioned.phones`: from spoken digits too."""
    assert [run.digits for run in digit_runs(text)] == [digits]


def test_a_digit_run_ends_with_its_sentence() -> None:
    """contracts/voicegram.md 5: digits of two sentences are not one number."""
    assert [r.digits for r in digit_runs("It is 555 0132. 20 people come.")] == ["5550132", "20"]


@pytest.mark.parametrize(
    ("text", "country", "phones"),
    [
        ("call four one five double five five oh one three two", "US", ["+14155550132"]),
        ("plus four four twenty seven nine four six oh nine five eight", "US", ["+442079460958"]),
        (
            "i'm in london my number is oh two oh seven nine four six oh nine five eight",
            "US",
            ["+442079460958"],
        ),
        ("i'm in london so seven nine four six oh nine five eight", "US", ["+442079460958"]),
        ("area code four one five and my number is five five five oh one three two", "US", ["+14155550132"]),
        ("i am from pune nine eight seven six five four three two one oh", "GB", ["+919876543210"]),
        ("my number is oh seven seven double oh nine hundred one two three", "GB", ["+447700900123"]),
        ("Call 415-555-0132 or (212) 555-0199.", "US", ["+14155550132", "+12125550199"]),
        ("my order number is four one five five five five oh one three two", "US", []),
        ("we are five people from two to four", "US", []),
        ("five five five oh one three", "US", []),
    ],
)
def test_phones_are_e164_with_the_country_from_cues_or_account(
    text: str, country: str, phones: list[str]
) -> None:
    """contracts/voicegram.md 5: E.164, from spoken digits and location hints too."""
    assert find_phones(text, country) == phones


@pytest.mark.parametrize(
    ("text", "emails"),
    [
        ("my email is john dot smith at example dot com thanks", ["john.smith@example.com"]),
        ("sales underscore uk at north shore dot co dot uk please", ["sales_uk@northshore.co.uk"]),
        ("it's j o h n at example dot org", ["john@example.org"]),
        ("priya dash nair forty two at example dot com", ["priya-nair42@example.com"]),
        ("tom plus work at example dot net", ["tom+work@example.net"]),
        ("s as in sugar lee at example dot net", ["slee@example.net"]),
        ("email is mary smith all one word at example dot calm", ["marysmith@example.com"]),
        ("Write to Anna.B@Example.org, please.", ["anna.b@example.org"]),
        ("i will be at the office at nine", []),
        ("i'll be at example dot com", []),
    ],
)
def test_emails_with_spoken_at_and_dot(text: str, emails: list[str]) -> None:
    """contracts/voicegram.md 5: spoken "at", "dot" resolved."""
    assert find_emails(text) == emails


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("hi this is sarah jones from north shore dental", ("Sarah Jones", "North Shore Dental")),
        ("Hello, my name is Priya Nair.", ("Priya Nair",)),
        ("please tell marcus that doctor patel rang", ("Marcus", "Dr Patel")),
        ("it's brian mc carthy here", ("Brian McCarthy",)),
        ("Jim Talbot from Talbot & Sons.", ("Jim Talbot", "Talbot & Sons")),
        ("this is about my bill i'm calling from home", ()),
        ("I'm in London and this is urgent", ()),
        ("i saw the flat on Mill Road", ()),
    ],
)
def test_people_and_companies(text: str, names: tuple[str, ...]) -> None:
    """contracts/voicegram.md 5, `mentioned.names`: people and companies."""
    assert find_names(text).names == names
