"""Domain records in this contract's shapes."""

from __future__ import annotations

from typing import Any

import msgspec

from antiphon.contracts.votel.rendering import AUDIO_URL_MS, Rendering
from antiphon.core.clock import to_iso, to_iso_or_none
from antiphon.domain.accounts.records import Account, User
from antiphon.domain.channels.records import Channel, ChannelKind
from antiphon.domain.voicegrams.records import Link, Voicegram
from antiphon.domain.webhooks.records import ObjectDelivery


def account_view(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "name": account.name,
        "slug": account.subdomain,
        "plan": account.plan.value,
        "timezone": account.timezone,
        "country": account.country,
        "created_at": to_iso(account.created_at),
    }


def user_view(user: User) -> dict[str, Any]:
    return {"id": user.id, "email": user.email, "name": user.name, "role": user.role.label}


def workspace_url(origin: str, subdomain: str | None) -> str | None:
    return None if subdomain is None else f"{origin}/v/{subdomain}"


def channel_view(channel: Channel, subdomain: str | None, origin: str) -> dict[str, Any]:
    """A domain has the code to embed, a campaign the address of its page."""
    base = workspace_url(origin, subdomain)
    is_campaign = channel.kind is ChannelKind.CAMPAIGN
    script = f'<script src="{origin}/widget.js" data-channel="{channel.id}" async></script>'
    return {
        "id": channel.id,
        "kind": channel.kind.value,
        "name": channel.name,
        "host": channel.host,
        "slug": channel.slug,
        "is_active": channel.is_active,
        "status": channel.status.value,
        "agent_id": None,
        "greeting": channel.greeting,
        "notify_emails": list(channel.notify_emails),
        "embed_code": None if is_campaign else script,
        "public_url": f"{base}/{channel.slug}" if is_campaign and base else None,
        "last_seen_at": to_iso_or_none(channel.last_seen_at),
        "voicegram_count": channel.voicegram_count,
        "created_at": to_iso(channel.created_at),
        "updated_at": to_iso(channel.updated_at),
    }


def voicegram_row(voicegram: Voicegram, rendering: Rendering, now: int) -> dict[str, Any]:
    """The event's `data` (contracts/voicegram.md 5) and what the inbox adds, without words and steps."""
    summary = voicegram.summary
    return {
        "id": voicegram.id,
        "status": voicegram.status.value,
        "created_at": to_iso(voicegram.created_at),
        "completed_at": to_iso_or_none(voicegram.completed_at),
        "duration_seconds": voicegram.duration_ms / 1000,
        "sender": {"verification_method": "email", "email": voicegram.sender_email, "phone": None},
        "channel": {
            "type": voicegram.channel_kind,
            "id": voicegram.channel_id,
            "name": voicegram.channel_name,
            "page_url": voicegram.page_url,
        },
        "transcript": {
            "text": voicegram.transcript_text,
            "confidence": voicegram.transcript_confidence,
            "engine": voicegram.transcript_engine,
            "language": voicegram.language,
        },
        "summary": None if summary is None else msgspec.Raw(summary.encode()),
        "audio": _audio(voicegram, rendering, now),
        "dashboard_url": rendering.links.dashboard_url(voicegram.id),
        "tags": msgspec.Raw(voicegram.tags.encode()),
        "notes": voicegram.notes,
        "is_read": voicegram.is_read,
        "event_id": voicegram.event_id,
        "lead_id": voicegram.contact_id,
        "message_id": None if voicegram.contact_id is None else voicegram.id,
    }


def voicegram_detail(
    voicegram: Voicegram, deliveries: list[ObjectDelivery], rendering: Rendering, now: int
) -> dict[str, Any]:
    view = voicegram_row(voicegram, rendering, now)
    words = voicegram.transcript_words
    view["transcript"]["words"] = [] if words is None else msgspec.Raw(words.encode())
    view["steps"] = [
        {
            "name": step.name,
            "status": step.status,
            "engine": step.engine,
            "error": step.error,
            "started_at": to_iso_or_none(step.started_at),
            "finished_at": to_iso_or_none(step.finished_at),
        }
        for step in voicegram.steps
    ]
    view["deliveries"] = [delivery_view(delivery) for delivery in deliveries]
    return view


def delivery_view(delivery: ObjectDelivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "webhook_id": delivery.subscription_id,
        "url": delivery.url,
        "event_id": delivery.event_id,
        "event": delivery.event_type,
        "status": delivery.status.value,
        "attempts": delivery.attempts,
        "next_attempt_at": to_iso_or_none(delivery.next_attempt_at),
        "created_at": to_iso(delivery.created_at),
        "finished_at": to_iso_or_none(delivery.finished_at),
        "last_error": delivery.last_error,
        "last_status_code": delivery.last_status_code,
    }


def link_view(link: Link) -> dict[str, Any]:
    return {
        "id": link.id,
        "recipient": link.recipient,
        "kind": link.kind,
        "expires_at": to_iso_or_none(link.expires_at),
        "revoked_at": to_iso_or_none(link.revoked_at),
        "last_used_at": to_iso_or_none(link.last_used_at),
    }


def _audio(voicegram: Voicegram, rendering: Rendering, now: int) -> dict[str, Any]:
    has_audio = voicegram.audio_key is not None
    expires_at = now + AUDIO_URL_MS
    return {
        "url": rendering.audio_url(voicegram.account_id, voicegram.id, expires_at) if has_audio else None,
        "expires_at": to_iso(expires_at) if has_audio else None,
        "content_type": "audio/webm",
        "deleted_at": to_iso_or_none(voicegram.audio_deleted_at),
    }
