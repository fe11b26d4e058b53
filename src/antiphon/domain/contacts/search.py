"""What searching contacts means: substrings of single values, phones by digits (contracts/vocatech.md 5.5).

The stored text begins with the company, which a search for persons leaves out; name, emails and phones
follow, one a line. Neither separator occurs in normalised text, so that a match never runs over a boundary.
"""

from __future__ import annotations

from collections.abc import Iterable

from antiphon.core.db.search_text import HEAD_END, normalise, spelled
from antiphon.domain.contacts.records import Contact, Field


def search_text(contact: Contact, fields: Iterable[Field]) -> str:
    phones = list(contact.phones)
    for field in fields:
        if field.is_phone and not field.is_builtin:
            phones.extend(contact.custom.get(field.field_name, "").split(";"))
    named = [normalise(contact.name or ""), *(normalise(email) for email in contact.emails)]
    digits = dict.fromkeys(digits for phone in phones if (digits := spelled(phone)))
    return normalise(contact.company) + HEAD_END + "\n".join([*named, *digits])
