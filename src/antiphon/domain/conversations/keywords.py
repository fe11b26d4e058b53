"""Words that opt a sender out and in again (contracts/votel.md 9)."""

from __future__ import annotations

import unicodedata

from antiphon.core.db.transaction import WriteTx
from antiphon.domain.contacts.commands import lift_suppression, suppress
from antiphon.domain.conversations.records import InboundMessage

KEYWORD = "keyword"
STOP_WORDS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
START_WORDS = frozenset({"start", "unstop"})


def keyword_of(body: str) -> str | None:
    """`stop` or `start` when the whole text is such a word, case and punctuation ignored."""
    word = "".join(char for char in unicodedata.normalize("NFKC", body).casefold() if char.isalnum())
    return "stop" if word in STOP_WORDS else "start" if word in START_WORDS else None


def obey_keywords(tx: WriteTx, account_id: str, incoming: InboundMessage) -> None:
    meaning = incoming.opt_out or keyword_of(incoming.body)
    if meaning == "stop":
        suppress(tx, account_id, incoming.channel.value, incoming.from_address, KEYWORD)
    elif meaning == "start":
        lift_suppression(tx, account_id, incoming.channel.value, incoming.from_address)
