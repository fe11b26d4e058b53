"""What a search of calls looks at: the contact's name, the extension's, extensions, numbers and the words.

The parts are divided by tabs.
"""

from __future__ import annotations

from collections.abc import Iterable

from antiphon.core.db.search import Needles, needles_of
from antiphon.core.db.search_text import HEAD_END, normalise, spelled, whole
from antiphon.domain.calls.records import Turn
from antiphon.domain.calls.tables import calls
from antiphon.domain.contacts.names import NameFollower

MAX_EXTENSION_CHARS = 16

follow_contact = NameFollower(calls)


def search_text(
    remote_name: str | None,
    extension_name: str | None,
    *,
    extensions: Iterable[str | None] = (),
    numbers: Iterable[str | None] = (),
    turns: Iterable[Turn] = (),
) -> str:
    own = "".join(whole(normalise(one)) for one in dict.fromkeys(extensions) if one)
    digits = "\n".join(dict.fromkeys(spelled(number) for number in numbers if number))
    said = "\t".join(normalise(turn.text) for turn in turns)
    return f"{normalise(remote_name or '')}{HEAD_END}{normalise(extension_name or '')}{own}\t{digits}\t{said}"


def call_needles(query: str | None, *, with_numbers: bool) -> Needles | None:
    """Names and words that hold the query, a whole extension, and with `with_numbers` digits of numbers."""
    found = needles_of(query, phones=with_numbers)
    if found is None:
        return None
    if len(found.texts[0]) > MAX_EXTENSION_CHARS:
        return found
    return Needles((*found.texts, whole(found.texts[0])))
