"""Full-text search with one meaning on both stores, over a column normalised in Python."""

from __future__ import annotations

import re
import unicodedata

from sqlalchemy import ColumnElement, and_
from sqlalchemy.sql.elements import ColumnClause

MAX_QUERY_CHARS = 256
_SPACE = re.compile(r"\s+")


def normalise(text: str) -> str:
    """Compatibility forms, no marks, lower case, single spaces; for stored text and queries alike."""
    plain = text
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _SPACE.sub(" ", plain.replace("\0", " ").casefold()).strip()


def contains(column: ColumnClause[str], query: str) -> ColumnElement[bool]:
    """Every word of the query occurs in the normalised column."""
    words = normalise(query[:MAX_QUERY_CHARS]).split()
    return and_(*(column.contains(word, autoescape=True) for word in words))
