"""The built-in insight engine: rules only, nothing to download, nothing leaves the machine."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace

from antiphon.speech.insight.port import Insight, InsightHints, empty_insight

from .actions import action_items, find_requests
from .callback import callback_required
from .dates import time_spans
from .emails import find_emails
from .names import find_names
from .phones import find_phones, write_phones
from .reading import read
from .summary import summarise
from .text import has_speech, normalise, split_sentences

_MAX_CHARACTERS = 20_000


class RulesEngine:
    """Implements `InsightEngine`; English rules, deterministic for equal text and hints."""

    name = "rules"

    async def analyse(
        self, text: str, hints: InsightHints, segments: Sequence[str] | None = None, *, final: bool = False
    ) -> Insight:
        """`analyse_sync` off the event loop; never raises `ServiceError`."""
        return await asyncio.to_thread(self.analyse_sync, text, hints, segments)

    def analyse_sync(self, text: str, hints: InsightHints, segments: Sequence[str] | None = None) -> Insight:
        """Every field of `data.summary` (contracts/voicegram.md 5); only 20,000 characters are read."""
        text = normalise(text[:_MAX_CHARACTERS])
        if not has_speech(text):
            return empty_insight(self.name)
        sentences = split_sentences(text, segments)
        emails = tuple(find_emails(text))
        phones = tuple(find_phones(text, hints.country))
        sentences = [write_phones(sentence, phones) for sentence in sentences]
        mentions = find_names(text, emails=emails)
        callback = callback_required(text)
        requests = find_requests(sentences)
        reading = read(
            _without(text, mentions.names),
            spans=time_spans(write_phones(text, phones)),
            callback=callback,
            hints=hints,
        )
        caller = mentions.caller or " ".join((hints.sender_name or "").split())[:80] or None
        items = action_items(
            requests,
            urgency=reading.urgency,
            caller=caller,
            names=mentions.names,
            phone=phones[0] if phones else None,
        )
        summary = summarise(
            sentences,
            mentions=replace(mentions, caller=caller),
            intent=reading.intent,
            items=items,
            callback=callback,
            phones=phones,
            emails=emails,
        )
        return Insight(
            summary=summary,
            urgency=reading.urgency,
            sentiment=reading.sentiment,
            intent=reading.intent,
            callback_required=callback,
            action_items=items,
            names=mentions.names,
            phones=phones,
            emails=emails,
            engine=self.name,
        )

    async def close(self) -> None:
        return None


def _without(text: str, names: tuple[str, ...]) -> str:
    """Names carry no feeling, whatever their letters mean elsewhere (Grace, Joy)."""
    for name in names:
        text = re.sub(rf"\b{re.escape(name)}\b", " ", text, flags=re.IGNORECASE)
    return text
