"""Events as this contract tells them: catalogue, who may read them, their data (contracts/votel.md 16)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from antiphon.contracts.votel.event_samples import (
    sample_call,
    sample_channel,
    sample_channel_status,
    sample_integration,
    sample_job,
    sample_lead,
    sample_message,
    sample_reference,
    sample_voicegram,
    sample_webhook,
)
from antiphon.contracts.votel.views_events import (
    Telling,
    View,
    account,
    api_key,
    call,
    channel,
    conversation,
    integration,
    job,
    lead,
    message,
    number,
    recording_channel,
    reference,
    suppression,
    user,
    voicegram_completed,
    webhook,
)
from antiphon.core.clock import to_iso
from antiphon.core.events import Event


@dataclass(frozen=True, slots=True)
class EventType:
    """`permission` is what reading its object needs; None is any role.

    `sample` makes neutral data at a time in milliseconds. What is told `live` only is no event of the
    catalogue: it says that a list on a screen has changed. What is `personal` is told on a stream to the one
    who asked for it and to admins.
    """

    name: str
    permission: str | None
    view: View
    sample: Callable[[int], dict[str, Any]]
    live: bool = False
    personal: bool = False


def _of(
    permission: str | None,
    name: str,
    *verbs: str,
    view: View | None = None,
    sample: Callable[[int], dict[str, Any]] | None = None,
    live: bool = False,
    personal: bool = False,
) -> list[EventType]:
    """The events of one object, `name.verb`; without a view it is told by its id."""
    return [
        EventType(
            f"{name}.{verb}",
            permission,
            view or reference(name),
            sample or sample_reference(name),
            live,
            personal,
        )
        for verb in verbs
    ]


EVENT_TYPES: dict[str, EventType] = {
    kind.name: kind
    for kind in (
        *_of(
            "conversations:read",
            "conversation",
            "created",
            "updated",
            "assigned",
            "closed",
            view=conversation,
        ),
        *_of("conversations:read", "conversation", "deleted", live=True),
        *_of(
            "conversations:read",
            "message",
            "received",
            "sent",
            "status_updated",
            "canceled",
            "note_added",
            view=message,
            sample=sample_message,
        ),
        *_of("conversations:read", "message", "deleted", live=True),
        *_of(
            "activity:read", "call", "started", "answered", "ended", "analyzed", view=call, sample=sample_call
        ),
        *_of("activity:read", "call", "deleted", live=True),
        *_of(
            "conversations:read",
            "voicegram",
            "completed",
            view=voicegram_completed,
            sample=sample_voicegram,
        ),
        *_of("conversations:read", "voicegram", "received", "updated", "deleted", live=True),
        *_of(
            "contacts:read",
            "lead",
            "created",
            "updated",
            "deleted",
            "restored",
            "merged",
            "stage_changed",
            "assigned",
            "tag_added",
            "tag_removed",
            "note_added",
            view=lead,
            sample=sample_lead,
        ),
        *_of("contacts_config:read", "suppression", "added", "removed", view=suppression),
        *_of("phone:read", "number", "updated", "released", view=number),
        *_of(
            "channels:read",
            "recording_channel",
            "created",
            "updated",
            "deleted",
            view=recording_channel,
            sample=sample_channel,
        ),
        *_of("channels:read", "channel", "status_changed", view=channel, sample=sample_channel_status),
        *_of("settings:read", "integration", "status_changed", view=integration, sample=sample_integration),
        *_of("settings:read", "webhook", "disabled", view=webhook, sample=sample_webhook),
        *_of("settings:read", "webhook", "created", "updated", "deleted", view=webhook, live=True),
        *_of("users:write", "user", "invited", "joined", "updated", "disabled", view=user),
        *_of("keys:manage", "api_key", "created", "revoked", view=api_key),
        *_of(None, "account", "updated", view=account),
        *_of(None, "job", "completed", "failed", view=job, sample=sample_job, personal=True),
    )
}
"""Every event type that is told, in the order of the catalogue."""


def envelope(event: Event, telling: Telling) -> dict[str, Any]:
    """The event as its row tells it, its object in REST shape; of a type in `EVENT_TYPES`."""
    actor = event.actor
    return {
        "id": event.id,
        "type": event.type,
        "created_at": to_iso(event.created_at),
        "account_id": event.account_id,
        "actor": {"kind": "system" if actor is None else actor.kind, "id": actor and actor.id},
        "data": EVENT_TYPES[event.type].view(event, telling),
    }


def is_of_conversation(event: Event, conversation_id: str, lead_id: str | None) -> bool:
    """Whether the event is of the conversation or of something in it, as its lead's calls and voicegrams."""
    if event.type.startswith("conversation."):
        return event.object_id == conversation_id
    if event.type.startswith(("call.", "voicegram.")):
        found = event.data.get("contact_id") or event.data.get("lead_id")
        return found is not None and found == lead_id
    return event.data.get("conversation_id") == conversation_id
