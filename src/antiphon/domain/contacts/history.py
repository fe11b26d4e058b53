"""What happened to contacts, told as events and kept in their timelines (contracts/votel.md 3.2, 16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from antiphon.core.db.transaction import ReadTx, WriteTx
from antiphon.core.errors import NotFoundError
from antiphon.core.events import Event
from antiphon.domain.accounts.audit import Change, changed
from antiphon.domain.accounts.queries import get_user
from antiphon.domain.contacts.activities import ActivityType, Entry, write_entries
from antiphon.domain.contacts.pipelines import Stage, list_pipelines, stages_by_id
from antiphon.domain.contacts.records import Contact
from antiphon.domain.contacts.snapshot import profile_of, snapshot
from antiphon.domain.contacts.tags import key_of

_OWN = ("first_name", "last_name", "company", "phones", "emails", "tags")


def changes_of(before: Contact, after: Contact) -> list[Change]:
    """The keys that differ, as contracts/votel.md 3.1 names them; custom fields are `custom.<field_name>`."""
    old: dict[str, Any] = {name: getattr(before, name) for name in _OWN}
    new: dict[str, Any] = {name: getattr(after, name) for name in _OWN}
    if before.custom != after.custom:
        names = [*before.custom, *(name for name in after.custom if name not in before.custom)]
        old |= {f"custom.{name}": before.custom.get(name) for name in names}
        new |= {f"custom.{name}": after.custom.get(name) for name in names}
    if before.profile != after.profile:
        old |= profile_of(before.profile)
        new |= profile_of(after.profile)
    return changed(old, new)


def tell_changes(tx: WriteTx, account_id: str, changes: Sequence[tuple[Contact, Contact]]) -> None:
    """Emit `lead.updated`, and what it means besides, for contacts as they were and as they are."""
    emitted: list[Event] = []
    entries: list[Entry] = []
    for before, after in changes:
        data = told(tx, account_id, after)
        emitted.append(
            Event(
                account_id,
                "lead.updated",
                after.id,
                {**data, "is_renamed": before.name != after.name, "changes": changes_of(before, after)},
            )
        )
        teller = _Teller(tx, account_id, before, after, data)
        teller.tags()
        teller.profile()
        emitted += teller.emitted
        entries += teller.entries
    write_entries(tx, account_id, entries)
    tx.emit_all(emitted)


def told(tx: ReadTx, account_id: str, contact: Contact) -> dict[str, Any]:
    """The snapshot with the names of stage and owner, which are looked up where there are any."""
    profile = contact.profile
    stage, owner = None, None
    if profile.pipeline_stage_id is not None:
        stage = stages_by_id(list_pipelines(tx, account_id)).get(profile.pipeline_stage_id)
    if profile.owner_id is not None:
        try:
            owner = get_user(tx, account_id, profile.owner_id).name
        except NotFoundError:
            owner = None
    return {**snapshot(contact), "stage": None if stage is None else asdict(stage), "owner_name": owner}


class _Teller:
    """What one change means beyond the values."""

    def __init__(
        self, tx: WriteTx, account_id: str, before: Contact, after: Contact, data: dict[str, Any]
    ) -> None:
        self._tx = tx
        self._account_id = account_id
        self._before = before
        self._after = after
        self._data = data
        self.emitted: list[Event] = []
        self.entries: list[Entry] = []

    def tags(self) -> None:
        if self._before.tags == self._after.tags:
            return
        old = {key_of(name): name for name in self._before.tags}
        new = {key_of(name): name for name in self._after.tags}
        for key, name in new.items():
            if key not in old:
                self._tell("lead.tag_added", {"tag": name}, "tag", f"Tag {name} added")
        for key, name in old.items():
            if key not in new:
                self._tell("lead.tag_removed", {"tag": name}, "tag", f"Tag {name} removed")

    def profile(self) -> None:
        old, new = self._before.profile, self._after.profile
        if old.pipeline_stage_id != new.pipeline_stage_id:
            stages = stages_by_id(list_pipelines(self._tx, self._account_id))
            left, reached = (
                _stage(stages.get(old.pipeline_stage_id or "")),
                _stage(stages.get(new.pipeline_stage_id or "")),
            )
            where = f"to {reached['name']}" if reached else "out of the pipeline"
            self._tell(
                "lead.stage_changed",
                {"from": left, "to": reached},
                "stage",
                f"Moved from {left['name']} {where}" if left else f"Moved {where}",
            )
        if old.owner_id != new.owner_id:
            owner = self._user(new.owner_id)
            self._tell(
                "lead.assigned",
                {"from": self._user(old.owner_id), "to": owner},
                "owner",
                f"Assigned to {owner['name'] or 'somebody'}" if owner else "Assigned to nobody",
            )
        if old.lifecycle_stage != new.lifecycle_stage:
            stage = new.lifecycle_stage or "no lifecycle stage"
            self.entries.append(_line(self._after, "lifecycle", f"Lifecycle set to {stage}"))

    def _tell(self, event_type: str, more: dict[str, Any], subtype: str, summary: str) -> None:
        self.emitted.append(Event(self._account_id, event_type, self._after.id, {**self._data, **more}))
        self.entries.append(_line(self._after, subtype, summary))

    def _user(self, user_id: str | None) -> dict[str, Any] | None:
        if user_id is None:
            return None
        try:
            return {"id": user_id, "name": get_user(self._tx, self._account_id, user_id).name}
        except NotFoundError:
            return {"id": user_id, "name": ""}


def _line(contact: Contact, subtype: str, summary: str) -> Entry:
    return Entry(contact.id, ActivityType.SYSTEM, subtype, summary)


def _stage(stage: Stage | None) -> dict[str, Any] | None:
    return None if stage is None else {"id": stage.id, "name": stage.name, "pipeline_id": stage.pipeline_id}
