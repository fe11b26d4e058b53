"""Phone numbers in every way of writing (contracts/vocatech.md 4)."""

from __future__ import annotations

import pytest

from antiphon.domain.contacts.phones import normalise_phone, split_phones


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("+13125550143", "US", "+13125550143"),
        ("3125550143", "US", "+13125550143"),
        ("13125550143", "US", "+13125550143"),
        ("(312) 555-0143", "US", "+13125550143"),
        (" 312.555.0143 ", "GB", "+13125550143"),
        ("+1 (555) 010-0100", "US", "+15550100100"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("+44 (0)20 7946 0018", "US", "+442079460018"),
        ("9800000011", "IN", "+919800000011"),
        ("+919800000011", "US", "+919800000011"),
        ("00442079460018", "GB", "+442079460018"),
        ("", "US", None),
        ("   ", "US", None),
        ("5550143", "US", None),
        ("+1312555", "US", None),
        ("+1" + "3" * 30, "US", None),
        ("9" * 1000, "US", None),
        ("call 3125550143 now", "US", None),
        ("ann@example.org", "US", None),
        ("+999123456789", "US", None),
        ("\x00", "US", None),
        ("'; DROP TABLE contacts; --", "US", None),
        ("٣١٢٥٥٥٠١٤٣", "US", "+13125550143"),
    ],
)
def test_numbers(text: str, country: str, number: str | None) -> None:
    """vocatech.md 4: E.164 or ten US digits everywhere, the account's own way besides."""
    assert normalise_phone(text, country) == number


def test_several_in_one_text() -> None:
    """vocatech.md 5.5: joined by `;`, each once, all of them numbers."""
    assert split_phones("3125550143; +13125550144;;3125550143", "US") == ("+13125550143", "+13125550144")
    assert split_phones(" ; ", "US") == ()
    assert split_phones("3125550143;x", "US") is None
