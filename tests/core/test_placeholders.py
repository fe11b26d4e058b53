"""Placeholders (contracts/votel.md 0.7)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from antiphon.core.placeholders import fill

VALUES = {
    "lead": {
        "first_name": "Ada",
        "last_name": "",
        "phone": "+12125550123",
        "tags": ("vip", "north"),
        "deal_value": 123456,
        "date_of_birth": "1990-02-28",
        "score": 0,
        "city": None,
        "note": "<b>{{user.name}}</b>",
        "custom": {"floor": 3.5},
    },
    "user": {"name": "Bram"},
    "now": datetime(2026, 11, 20, 23, 30, tzinfo=UTC),
}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hello {{lead.first_name}}, {{ user.name }} here", "Hello Ada, Bram here"),
        ("{{lead.first_name|upper}} {{lead.first_name | lower}}", "ADA ada"),
        ('{{lead.last_name | default: "there"}}', "there"),
        ("{{lead.city | default: 'A | B' | title}}", "A | B"),
        ("{{lead.city}}|{{lead.score}}|{{lead.custom.floor}}|{{lead.tags}}", "|0|3.5|vip, north"),
        ("{{lead.phone | phone}}", "+1 212-555-0123"),
        ("{{lead.deal_value | money: eur}}", "1,234.56 EUR"),
        ("{{lead.deal_value | money: JPY}}", "123,456 JPY"),
        ('{{lead.date_of_birth | date: "%d.%m.%Y"}}', "28.02.1990"),
        ("{{now | date}} {{now}}", "2026-11-21 2026-11-21 00:30"),
        ("{{now | date: '%d/%m %Q'}}", "2026-11-21"),
        ("?q={{lead.phone | url}}", "?q=%2B12125550123"),
        ("{{lead.first_name | json}} {{lead.city | json}}", '"Ada" null'),
        # What a value says is no placeholder.
        ("{{lead.note}}", "<b>{{user.name}}</b>"),
        # What is none stays as it is.
        ("{{ 1 + 1 }} {{lead.first_name | shout}} {{}} {lead.city} {{lead", None),
    ],
)
def test_fill(text: str, filled: str | None) -> None:
    assert fill(text, VALUES, "Europe/Berlin") == (text if filled is None else filled, [])


def test_unknown_paths_are_empty_and_listed() -> None:
    text = "a{{vars.code}}b{{lead.unheard_of | default: 'c'}}{{vars.code}}"
    assert fill(text, VALUES, "UTC") == ("abc", ["vars.code", "lead.unheard_of"])
    assert fill("{{lead.__class__.__name__}}", VALUES, "UTC")[0] == ""


def test_values_are_escaped_in_html() -> None:
    assert fill("<p>{{lead.note}}</p>", VALUES, "UTC", is_html=True)[0] == (
        "<p>&lt;b&gt;{{user.name}}&lt;/b&gt;</p>"
    )
