"""Notes on contacts, and what was logged by hand (contracts/votel.md 3.2, 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, func, select

from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import NotFoundError
from antiphon.core.events import Event
from antiphon.domain.accounts.audit import Target, changed, record
from antiphon.domain.contacts.activities import (
    COLUMNS,
    Activity,
    ActivityType,
    Entry,
    activity_of,
    get_activity,
    write_entries,
)
from antiphon.domain.contacts.history import told
from antiphon.domain.contacts.queries import get_contact
from antiphon.domain.contacts.records import Contact
from antiphon.domain.contacts.tables import activities

SUMMARY_CHARS = 140

a = activities.c
_NOTES = (
    a.account_id == bindparam("account_id"),
    a.contact_id == bindparam("contact_id"),
    a.type == ActivityType.NOTE.value,
    a.deleted_at.is_(None),
)
_PAGE = (
    select(*COLUMNS)
    .where(*_NOTES)
    .order_by(a.is_pinned.desc(), a.at.desc(), a.id.desc())
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
_COUNT = select(func.count()).select_from(activities).where(*_NOTES)
_OWN = (a.account_id == bindparam("p_account"), a.id == bindparam("p_id"))
_UPDATE = (
    activities.update()
    .where(*_OWN)
    .values(
        summary=bindparam("p_summary"),
        content=bindparam("p_content"),
        is_pinned=bindparam("p_pinned"),
        updated_at=bindparam("p_now"),
    )
)
_DELETE = activities.update().where(*_OWN).values(deleted_at=bindparam("p_now"), summary="", content="")


@dataclass(frozen=True, slots=True)
class NotePage:
    items: list[Activity]
    total: int


def list_notes(tx: ReadTx, account_id: str, contact_id: str, *, limit: int, offset: int) -> NotePage:
    """Pinned ones first, then the newest."""
    parameters = {"account_id": account_id, "contact_id": contact_id, "limit": limit, "offset": offset}
    rows = tx.all(_PAGE, parameters)
    return NotePage([activity_of(row) for row in rows], int(tx.scalar(_COUNT, parameters)))


def get_note(tx: ReadTx, account_id: str, note_id: str) -> Activity:
    """Raises NotFoundError, for the note of a deleted contact too."""
    try:
        note = get_activity(tx, account_id, note_id)
        get_contact(tx, account_id, note.contact_id)
    except NotFoundError:
        raise NotFoundError("Note not found") from None
    if note.type is not ActivityType.NOTE:
        raise NotFoundError("Note not found")
    return note


def create_note(
    tx: WriteTx, account_id: str, contact_id: str, content: str, *, is_pinned: bool = False
) -> Activity:
    """Write a note; emits `lead.note_added`. Raises NotFoundError."""
    contact = get_contact(tx, account_id, contact_id)
    entry = Entry(contact_id, ActivityType.NOTE, "note", summary_of(content), content, is_pinned)
    return _tell(tx, account_id, contact, write_entries(tx, account_id, [entry])[0])


def update_note(tx: WriteTx, account_id: str, note_id: str, changes: Mapping[str, Any]) -> Activity:
    """Change `content` or `is_pinned`. Raises NotFoundError."""
    before = get_note(tx, account_id, note_id)
    after = replace(before, **changes)
    after = replace(after, summary=summary_of(after.content), updated_at=tx.now)
    own = {"content": before.content, "pinned": before.is_pinned}
    differing = changed(own, {"content": after.content, "pinned": after.is_pinned})
    if not differing:
        return before
    tx.execute(
        _UPDATE,
        {
            "p_account": account_id,
            "p_id": note_id,
            "p_summary": after.summary,
            "p_content": after.content,
            "p_pinned": after.is_pinned,
            "p_now": tx.now,
        },
    )
    record(tx, account_id, "note.updated", Target("note", note_id, before.summary), differing)
    return after


def delete_note(tx: WriteTx, account_id: str, note_id: str) -> None:
    """Gone with its words. Raises NotFoundError."""
    note = get_note(tx, account_id, note_id)
    tx.execute(_DELETE, {"p_account": account_id, "p_id": note_id, "p_now": tx.now})
    record(tx, account_id, "note.deleted", Target("note", note_id, note.summary))


def log_activity(tx: WriteTx, account_id: str, entry: Entry) -> Activity:
    """Log by hand what happened outside; a note is a note. Raises NotFoundError."""
    contact = get_contact(tx, account_id, entry.contact_id)
    made = write_entries(tx, account_id, [entry])[0]
    if entry.type is ActivityType.NOTE:
        return _tell(tx, account_id, contact, made)
    record(tx, account_id, "activity.created", Target("lead", contact.id, contact.name or ""))
    return made


def summary_of(content: str) -> str:
    """The beginning of a text on one line."""
    line = " ".join(content.split())
    return line if len(line) <= SUMMARY_CHARS else f"{line[: SUMMARY_CHARS - 1]}…"


def _tell(tx: WriteTx, account_id: str, contact: Contact, note: Activity) -> Activity:
    shown = {"id": note.id, "content": note.content, "pinned": note.is_pinned, "created_at": note.created_at}
    tx.emit(
        Event(account_id, "lead.note_added", contact.id, {**told(tx, account_id, contact), "note": shown})
    )
    record(tx, account_id, "lead.note_added", Target("lead", contact.id, contact.name or ""))
    return note
