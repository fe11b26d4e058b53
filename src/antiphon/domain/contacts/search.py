"""What searching contacts means: substrings of single values, phones by digits (contracts/vocatech.md 5.5).

The stored text has three parts divided by tabs: company; name and emails, one a line; digits of phones, one a
line. Neither character occurs in normalised text, so that a match never runs over a boundary.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from antiphon.core.db.search import MAX_QUERY_CHARS, normalise
from antiphon.domain.contacts.phones import digits_of
from antiphon.domain.contacts.records import Contact, Field

ESCAPE = "\\"
_PHONE_LIKE = re.compile(r"[0-9\s()+./-]+", re.ASCII)
_SPECIAL = re.compile(r"[\\%_]")


def search_text(contact: Contact, fields: Iterable[Field]) -> str:
    phones = list(contact.phones)
    for field in fields:
        if field.is_phone and not field.is_builtin:
            phones.extend(contact.custom.get(field.field_name, "").split(";"))
    named = [normalise(contact.name or ""), *(normalise(email) for email in contact.emails)]
    digits = dict.fromkeys(digits for phone in phones if (digits := digits_of(phone)))
    return "\t".join((normalise(contact.company), "\n".join(named), "\n".join(digits)))


def patterns(query: str, *, person_only: bool) -> tuple[str, str | None] | None:
    """LIKE patterns of the text and, if it may be a phone, of its digits; None for an empty query."""
    text = normalise(query[:MAX_QUERY_CHARS])
    if not text:
        return None
    like = f"%{_SPECIAL.sub(lambda found: ESCAPE + found[0], text)}%"
    if person_only:
        like = f"%\t{like}"
    digits = digits_of(text) if _PHONE_LIKE.fullmatch(text) else ""
    return like, f"%\t%\t%{digits}%" if digits else None
