"""What a search of messages looks at: the contact's name, the words, and both numbers as wholes."""

from __future__ import annotations

from antiphon.core.db.search_text import HEAD_END, normalise, whole
from antiphon.domain.contacts.names import NameFollower
from antiphon.domain.conversations.tables import messages

follow_contact = NameFollower(messages)


def search_text(name: str | None, body: str, *addresses: str) -> str:
    return f"{normalise(name or '')}{HEAD_END}{normalise(body)}{''.join(map(whole, addresses))}"
