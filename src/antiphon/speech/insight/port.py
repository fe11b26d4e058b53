"""The port of the insight step: transcript in, `data.summary` out (contracts/voicegram.md 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Urgency = Literal["low", "medium", "high"]
Priority = Literal["low", "medium", "high"]
Sentiment = Literal["positive", "neutral", "negative"]


@dataclass(frozen=True, slots=True)
class ActionItem:
    """Something the speaker asked for, as an imperative; `deadline` is free-form text such as `by Friday`."""

    task: str
    priority: Priority = "low"
    deadline: str | None = None


@dataclass(frozen=True, slots=True)
class Insight:
    """What one message means; field rules in contracts/voicegram.md 5.

    `engine` names what produced it, `note` says why that is not the engine asked for.
    """

    summary: str = ""
    urgency: Urgency | None = None
    sentiment: Sentiment | None = None
    intent: str | None = None
    callback_required: bool = False
    action_items: tuple[ActionItem, ...] = ()
    names: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    engine: str = ""
    note: str | None = None

    def document(self) -> dict[str, Any]:
        """The JSON shape of `data.summary` (contracts/voicegram.md 5)."""
        return {
            "text": self.summary,
            "urgency": self.urgency,
            "sentiment": self.sentiment,
            "intent": self.intent,
            "callback_required": self.callback_required,
            "action_items": [
                {"task": item.task, "priority": item.priority, "deadline": item.deadline}
                for item in self.action_items
            ],
            "mentioned": {
                "names": list(self.names),
                "phones": list(self.phones),
                "emails": list(self.emails),
            },
        }


@dataclass(frozen=True, slots=True)
class InsightHints:
    """What is known beside the words: country (ISO 3166 alpha-2), IANA time zone, message time (ms)."""

    now_ms: int
    country: str = "US"
    timezone: str = "UTC"
    language: str = "en"
    sender_email: str | None = None
    sender_name: str | None = None


class InsightEngine(Protocol):
    @property
    def name(self) -> str:
        """Shown beside every result, e.g. `rules` or `openai:gpt-4o-mini`."""
        ...

    async def analyse(
        self, text: str, hints: InsightHints, segments: Sequence[str] | None = None, *, final: bool = False
    ) -> Insight:
        """Read one transcript; `segments` are its parts between pauses.

        `final` marks the last try: an engine with a fallback then uses it instead of raising.
        Raises `ServiceError` when an outside service failed in a way worth retrying.
        """
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


def empty_insight(engine: str = "", note: str | None = None) -> Insight:
    """The values without speech or when the step failed for good (contracts/voicegram.md 7.1)."""
    return Insight(engine=engine, note=note)
