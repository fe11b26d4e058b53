"""The phones of a contact: several in one text, joined by `;` (contracts/vocatech.md 5.5)."""

from __future__ import annotations

from antiphon.core.phones import normalise_phone as normalise_phone

SEPARATOR = ";"


def split_phones(text: str, country: str) -> tuple[str, ...] | None:
    """The numbers as E.164, each once, in their order; None when one of them is not a number."""
    found: dict[str, None] = {}
    for part in text.split(SEPARATOR):
        if not part.strip():
            continue
        number = normalise_phone(part, country)
        if number is None:
            return None
        found[number] = None
    return tuple(found)
