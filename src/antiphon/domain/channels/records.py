"""Typed rows of recording channels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ChannelKind(StrEnum):
    DOMAIN = "domain"
    CAMPAIGN = "campaign"


class ChannelStatus(StrEnum):
    """Of a domain: its widget was never seen, is seen, is seen no more. A campaign is active."""

    PENDING = "pending"
    ACTIVE = "active"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Channel:
    """`host` is set for a domain, `slug` for a campaign."""

    id: str
    account_id: str
    kind: ChannelKind
    name: str
    host: str | None
    slug: str | None
    greeting: str
    notify_emails: tuple[str, ...]
    is_active: bool
    voicegram_count: int
    last_seen_at: int | None
    created_at: int
    updated_at: int
    status: ChannelStatus = ChannelStatus.PENDING
