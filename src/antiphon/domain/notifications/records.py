"""A person's notices as the rest of the product sees them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TargetKind(StrEnum):
    CONVERSATION = "conversation"
    VOICEGRAM = "voicegram"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Notice:
    """`label` names the target as it is now, "" when it is gone; times in milliseconds."""

    id: str
    type: str
    target_kind: TargetKind
    target_id: str
    label: str
    actor_name: str | None
    created_at: int
    read_at: int | None


@dataclass(frozen=True, slots=True)
class NoticePage:
    """`total` counts what the filter finds, `unread` all of the person's that are not read."""

    items: list[Notice]
    total: int
    unread: int
