"""Who takes over what a person was to do when that person is disabled (contracts/votel.md 11.2)."""

from __future__ import annotations

from sqlalchemy import Select, bindparam, select

from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.events import Event
from antiphon.core.jobs.registry import JobContext, JobRegistry, Payload
from antiphon.domain.accounts.queries import list_people
from antiphon.domain.contacts.editing import assign_lead
from antiphon.domain.contacts.tables import contacts
from antiphon.domain.conversations.state import change_conversation
from antiphon.domain.conversations.tables import conversations
from antiphon.domain.services import Services

JOB = "users.hand_over"
AT_ONCE = 200
"""So many conversations and leads change hands with the disabling itself; a job does the rest."""

_CONVERSATIONS = (
    select(conversations.c.id)
    .where(
        conversations.c.account_id == bindparam("account_id"),
        conversations.c.assigned_to_id == bindparam("user_id"),
        conversations.c.deleted_at.is_(None),
    )
    .order_by(conversations.c.id)
    .limit(AT_ONCE)
)
_LEADS = (
    select(contacts.c.id)
    .where(
        contacts.c.account_id == bindparam("account_id"),
        contacts.c.owner_id == bindparam("user_id"),
        contacts.c.deleted_at.is_(None),
    )
    .order_by(contacts.c.id)
    .limit(AT_ONCE)
)


def hand_over(tx: WriteTx, event: Event) -> None:
    """Reaction to `user.disabled`: conversations and leads go to the heir, else to nobody."""
    heir = event.data.get("reassign_to")
    if hand_over_batch(tx, event.account_id, event.object_id, heir):
        payload = {"account_id": event.account_id, "user_id": event.object_id, "heir": heir or ""}
        tx.enqueue(JOB, payload, key=f"{JOB}:{event.id}")


def hand_over_batch(tx: WriteTx, account_id: str, user_id: str, heir: str | None) -> bool:
    """Hand over up to 200 conversations and 200 leads; whether there may be more.

    An heir who is no active user of the account by now takes nothing: it becomes nobody's.
    """
    if all(person.id != heir for person in list_people(tx, account_id)):
        heir = None
    talks = _ids(tx, _CONVERSATIONS, account_id, user_id)
    for conversation_id in talks:
        change_conversation(tx, account_id, conversation_id, user_id, {"assigned_to_id": heir})
    leads = _ids(tx, _LEADS, account_id, user_id)
    for contact_id in leads:
        assign_lead(tx, account_id, contact_id, heir)
    return AT_ONCE in (len(talks), len(leads))


def _ids(tx: ReadTx, statement: Select[tuple[str]], account_id: str, user_id: str) -> list[str]:
    return [row.id for row in tx.all(statement, {"account_id": account_id, "user_id": user_id})]


class HandOverJobs:
    """The rest of what somebody with very much to do leaves behind."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: JobRegistry) -> None:
        registry.add(JOB, self._rest)

    async def _rest(self, payload: Payload, context: JobContext) -> None:
        owner = (str(payload["account_id"]), str(payload["user_id"]), str(payload["heir"]) or None)
        while await self._services.database.write(hand_over_batch, *owner):
            pass
