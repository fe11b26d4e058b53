"""Swear words that a recogniser hears in noise must not reach a customer's inbox."""

from __future__ import annotations

import re

_STEMS = r"fuck|shit|bitch|cunt|asshole|bastard|cocksucker|dickhead|pussy|nigger|nigga|faggot|slut|whore"
_ENDINGS = r"s|es|ed|er|ers|in|ing|y|ty|ting|head|heads|face|hole"
_WORD = re.compile(rf"(?:bull|horse|god|mother)?(?:{_STEMS})(?:{_ENDINGS})?", re.IGNORECASE)


def masked(word: str) -> str:
    """The word, or its first letter and asterisks when it is profane."""
    return word[0] + "*" * (len(word) - 1) if _WORD.fullmatch(word) else word
