"""Words that opt a sender out and in again or ask for help, and the one text that answers them.

contracts/votel.md 9; docs/decisions/0018-who-confirms-opt-outs.md
"""

from __future__ import annotations

from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.domain.accounts.account_settings import get_account_settings, get_stop_words, plain_word
from antiphon.domain.contacts.commands import lift_suppression, suppress
from antiphon.domain.contacts.queries import is_suppressed
from antiphon.domain.conversations.records import InboundMessage

KEYWORD = "keyword"
STOP, START, HELP = "stop", "start", "help"
STOP_WORDS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
START_WORDS = frozenset({"start", "unstop"})
HELP_WORDS = frozenset({"help", "info"})


def keyword_of(body: str) -> str | None:
    """`stop`, `start` or `help` when the whole text is such a word, case and punctuation ignored."""
    word = plain_word(body)
    for meaning, words in ((STOP, STOP_WORDS), (START, START_WORDS), (HELP, HELP_WORDS)):
        if word in words:
            return meaning
    return None


def obey_keywords(tx: WriteTx, account_id: str, incoming: InboundMessage) -> str | None:
    """Obey such a word; the text that answers it, or None where nothing changed or the carrier answers."""
    usual = incoming.opt_out or keyword_of(incoming.body)
    meaning = usual
    if meaning is None and plain_word(incoming.body) in get_stop_words(tx, account_id):
        meaning = STOP
    channel, address = incoming.channel.value, incoming.from_address
    if meaning == STOP:
        is_due = suppress(tx, account_id, channel, address, KEYWORD)
    elif meaning == START:
        is_due = lift_suppression(tx, account_id, channel, address)
    elif meaning == HELP:
        is_due = not is_suppressed(tx, account_id, channel, address)
    else:
        return None
    if not is_due or (usual is not None and incoming.keywords_answered):
        return None
    return _answer(tx, account_id, meaning, incoming.number.e164)


def _answer(tx: ReadTx, account_id: str, meaning: str, number: str) -> str:
    account = get_account_settings(tx, account_id)
    if meaning == STOP:
        text = "You are unsubscribed and will get no more messages. Reply START to subscribe again."
    elif meaning == START:
        text = "You are subscribed again. Reply HELP for help, STOP to unsubscribe."
    elif account.values["help_text"]:
        return str(account.values["help_text"])
    else:
        text = f"For help, call or write to {number}. Reply STOP to unsubscribe."
    return f"{account.name}: {text}"
