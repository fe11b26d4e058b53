"""What happened in the demo business: a heating firm of the imagination, its callers plainly examples.

Numbers are of the range kept for fiction, addresses of domains kept for documentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec


@dataclass(frozen=True, slots=True)
class Person:
    """`stage` is a place in the first pipeline."""

    key: str
    name: str
    phone: str
    email: str
    company: str = ""
    city: str = ""
    tags: tuple[str, ...] = ()
    lifecycle: str = "lead"
    stage: int | None = None
    deal_value: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A voicegram; `hours` have passed since. `action` is a task with its priority."""

    hours: float
    person: str
    channel: Literal["hello", "quote"]
    text: str
    summary: str
    urgency: str = "medium"
    sentiment: str = "neutral"
    intent: str = "inquiry"
    callback: bool = False
    action: tuple[str, str] | None = None
    tags: tuple[str, ...] = ()
    is_read: bool = True


@dataclass(frozen=True, slots=True)
class Rang:
    """A call; `lines` are speaker and words, `seconds` the time talked or rung."""

    hours: float
    person: str
    direction: Literal["inbound", "outbound"]
    outcome: Literal["completed", "no_answer", "busy", "failed", "voicemail"]
    seconds: int
    lines: tuple[tuple[Literal["caller", "agent"], str], ...] = ()
    summary: str = ""
    sentiment: str = "neutral"
    score: float = 0.0
    is_recorded: bool = False


@dataclass(frozen=True, slots=True)
class Wrote:
    hours: float
    person: str
    channel: Literal["sms", "whatsapp"]
    body: str
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    people: tuple[Person, ...]
    voicegrams: tuple[Said, ...]
    calls: tuple[Rang, ...]
    messages: tuple[Wrote, ...]


@cache
def load_content() -> Content:
    text = files("antiphon.domain").joinpath("demo_content.json").read_bytes()
    return msgspec.json.decode(text, type=Content)
