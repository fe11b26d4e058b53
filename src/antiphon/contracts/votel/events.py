"""Events as this contract tells them: catalogue, who may read them, their data (contracts/votel.md 16)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from antiphon.contracts.votel.rendering import Rendering
from antiphon.contracts.votel.views_events import (
    reference,
    voicegram_completed,
)
from antiphon.core.clock import to_iso
from antiphon.core.events import Event

View = Callable[[Event, Rendering, int], dict[str, Any]]
"""The `data` of an event, told at a time in milliseconds."""


@dataclass(frozen=True, slots=True)
class EventType:
    """`permission` is what reading its object needs; None is any role."""

    name: str
    permission: str | None
    view: View


def _of(permission: str | None, view: View, *names: str) -> list[EventType]:
    return [EventType(name, permission, view) for name in names]


EVENT_TYPES: dict[str, EventType] = {
    kind.name: kind
    for kind in (
        *_of("conversations:read", voicegram_completed, "voicegram.completed"),
        *_of(
            "conversations:read",
            reference("voicegram"),
            "voicegram.received",
            "voicegram.updated",
            "voicegram.deleted",
        ),
        *_of(
            "conversations:read",
            reference("conversation"),
            "conversation.created",
            "conversation.updated",
            "conversation.assigned",
            "conversation.closed",
        ),
        *_of(
            "conversations:read",
            reference("message"),
            "message.received",
            "message.sent",
            "message.status_updated",
            "message.canceled",
            "message.note_added",
        ),
        *_of(
            "activity:read",
            reference("call"),
            "call.started",
            "call.answered",
            "call.ended",
            "call.analyzed",
            "call.deleted",
        ),
        *_of(
            "contacts:read",
            reference("lead"),
            "lead.created",
            "lead.updated",
            "lead.deleted",
            "lead.restored",
            "lead.merged",
            "lead.stage_changed",
            "lead.assigned",
            "lead.tag_added",
            "lead.tag_removed",
            "lead.note_added",
        ),
        *_of(
            "contacts_config:read",
            reference("suppression"),
            "suppression.added",
            "suppression.removed",
        ),
        *_of(
            "channels:read",
            reference("recording_channel"),
            "recording_channel.created",
            "recording_channel.updated",
            "recording_channel.deleted",
        ),
        *_of(
            "settings:read",
            reference("webhook"),
            "webhook.created",
            "webhook.updated",
            "webhook.deleted",
            "webhook.disabled",
        ),
        *_of("keys:manage", reference("api_key"), "api_key.created", "api_key.revoked"),
        *_of(
            "users:write",
            reference("user"),
            "user.invited",
            "user.joined",
            "user.updated",
            "user.disabled",
        ),
        *_of(None, reference("account"), "account.updated"),
        *_of("phone:read", reference("number"), "number.updated", "number.released"),
        *_of("settings:read", reference("integration"), "integration.status_changed"),
    )
}
"""Every event type that is told, in the order of the catalogue."""


def envelope(event: Event, rendering: Rendering, now: int) -> dict[str, Any]:
    """The event as its row tells it, its object in REST shape; of a type in `EVENT_TYPES`."""
    actor = event.actor
    return {
        "id": event.id,
        "type": event.type,
        "created_at": to_iso(event.created_at),
        "account_id": event.account_id,
        "actor": {"kind": "system" if actor is None else actor.kind, "id": actor and actor.id},
        "data": EVENT_TYPES[event.type].view(event, rendering, now),
    }


def is_of_conversation(event: Event, conversation_id: str) -> bool:
    """Whether the event is of the conversation or of something in it."""
    if event.type.startswith("conversation."):
        return event.object_id == conversation_id
    return event.data.get("conversation_id") == conversation_id
