"""Events that concern a person leave a notice, as the person's preferences have it (votel.md 11.1)."""

from __future__ import annotations

from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event, EventBus
from antiphon.domain.accounts.preferences import list_wanting
from antiphon.domain.accounts.records import Role
from antiphon.domain.conversations.inbox import list_followers
from antiphon.domain.notifications.commands import notify
from antiphon.domain.notifications.records import TargetKind

URGENT = "high"


def install(bus: EventBus) -> None:
    bus.react("conversation.assigned", tell_assignee)
    bus.react("message.note_added", tell_mentioned)
    bus.react("message.received", tell_followers)
    bus.react("voicegram.completed", tell_of_voicegram)
    bus.react("webhook.disabled", tell_of_webhook)


def tell_assignee(tx: WriteTx, event: Event) -> None:
    assignee = event.data.get("assigned_to_id")
    if assignee is not None and assignee in list_wanting(tx, event.account_id, event.type, "app"):
        notify(tx, event.account_id, [assignee], event.type, TargetKind.CONVERSATION, event.object_id)


def tell_mentioned(tx: WriteTx, event: Event) -> None:
    """A mention is meant for the person, whatever the preferences say (votel.md 1.2)."""
    notify(
        tx,
        event.account_id,
        event.data["mentions"],
        event.type,
        TargetKind.CONVERSATION,
        event.data["conversation_id"],
    )


def tell_followers(tx: WriteTx, event: Event) -> None:
    """Of an answer in a conversation that the person follows (contracts/vocatech.md 5.3)."""
    conversation_id = event.data["conversation_id"]
    followers = set(list_followers(tx, event.account_id, conversation_id))
    if followers:
        people = [one for one in list_wanting(tx, event.account_id, event.type, "app") if one in followers]
        notify(tx, event.account_id, people, event.type, TargetKind.CONVERSATION, conversation_id)


def tell_of_voicegram(tx: WriteTx, event: Event) -> None:
    """Only of one that somebody has to act on: urgent, or asking to be called back."""
    summary = event.data.get("summary") or {}
    if not (summary.get("callback_required") or summary.get("urgency") == URGENT):
        return
    people = list_wanting(tx, event.account_id, event.type, "app")
    notify(tx, event.account_id, people, event.type, TargetKind.VOICEGRAM, event.object_id)


def tell_of_webhook(tx: WriteTx, event: Event) -> None:
    people = list_wanting(tx, event.account_id, event.type, "app", Role.ADMIN)
    notify(tx, event.account_id, people, event.type, TargetKind.WEBHOOK, event.object_id)
