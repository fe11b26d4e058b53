"""Keeping rows findable by the name that their contact has now."""

from __future__ import annotations

from sqlalchemy import Table, Text, bindparam, func, update

from antiphon.core.db.search_text import HEAD_END, normalise
from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event

_AT = {"sqlite": func.instr, "postgresql": func.strpos}


class NameFollower:
    """Reaction: the first part of `search_text` is the contact's name, and none once that is deleted."""

    def __init__(self, table: Table) -> None:
        column = table.c.search_text
        self._rename = {
            dialect: (
                update(table)
                .where(
                    table.c.account_id == bindparam("p_account"), table.c.contact_id == bindparam("p_contact")
                )
                .where(table.c.deleted_at.is_(None))
                .where(func.substr(column, 1, bindparam("p_length")) != bindparam("p_prefix"))
                .values(
                    search_text=bindparam("p_prefix", type_=Text)
                    + func.substr(column, at(column, HEAD_END) + 1)
                )
            )
            for dialect, at in _AT.items()
        }

    def __call__(self, tx: WriteTx, event: Event) -> None:
        if event.type == "lead.updated" and not event.data["is_renamed"]:
            return
        data = event.data if event.type == "lead.updated" else {}
        name = normalise(full_name(data.get("first_name"), data.get("last_name"), data.get("company")) or "")
        prefix = name + HEAD_END
        tx.execute(
            self._rename[tx.dialect],
            {
                "p_account": event.account_id,
                "p_contact": event.object_id,
                "p_prefix": prefix,
                "p_length": len(prefix),
            },
        )


def full_name(first_name: str | None, last_name: str | None, company: str | None) -> str | None:
    """First and last name joined, else the company (contracts/voicory.md 8.2)."""
    return f"{first_name or ''} {last_name or ''}".strip() or company or None
