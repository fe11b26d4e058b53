"""Names of languages, as in `de-AT` (BCP 47: language, script, region)."""

from __future__ import annotations

import re

DEFAULT_LANGUAGE = "en-US"

_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?", re.ASCII)


def is_language(tag: str) -> bool:
    """Whether it is such a tag, its parts in their usual cases."""
    return _TAG.fullmatch(tag) is not None


def speaks(language: str, wanted: str) -> bool:
    """Whether both tags are of one language, whatever the regions."""
    return language.partition("-")[0].lower() == wanted.partition("-")[0].lower()
