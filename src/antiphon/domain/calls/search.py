"""What a search of calls by name looks at: the contact's part, then the extension's, each replaced alone."""

from __future__ import annotations

from sqlalchemy import Text, bindparam, func, update

from antiphon.core.db.search import normalise
from antiphon.core.db.transaction import WriteTx
from antiphon.core.events import Event
from antiphon.domain.calls.queries import full_name
from antiphon.domain.calls.tables import calls

PARTS = "\t"
_AT = {"sqlite": func.instr, "postgresql": func.strpos}
_RENAME = {
    dialect: (
        update(calls)
        .where(calls.c.account_id == bindparam("p_account"), calls.c.contact_id == bindparam("p_contact"))
        .where(func.substr(calls.c.search_text, 1, bindparam("p_length")) != bindparam("p_prefix"))
        .values(
            search_text=bindparam("p_name", type_=Text)
            + func.substr(calls.c.search_text, at(calls.c.search_text, PARTS))
        )
    )
    for dialect, at in _AT.items()
}


def search_text(remote_name: str | None, extension_name: str | None) -> str:
    """What a search by name looks at: two parts, so that the first can be replaced alone."""
    return f"{normalise(remote_name or '')}{PARTS}{normalise(extension_name or '')}"


def follow_contact(tx: WriteTx, event: Event) -> None:
    """Reaction: calls are found by their contact's name as it is now, and by none once it is deleted."""
    if event.type == "lead.updated" and not event.data["is_renamed"]:
        return
    data = event.data if event.type == "lead.updated" else {}
    name = normalise(full_name(data.get("first_name"), data.get("last_name"), data.get("company")) or "")
    tx.execute(
        _RENAME[tx.dialect],
        {
            "p_account": event.account_id,
            "p_contact": event.object_id,
            "p_name": name,
            "p_prefix": name + PARTS,
            "p_length": len(name) + 1,
        },
    )
