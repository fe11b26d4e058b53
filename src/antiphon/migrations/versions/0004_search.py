"""What searching looks at: numbers in capitals, words of calls, names and numbers of messages.

The indexes themselves are no part of the revisions (core/db/search_schema.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

from antiphon.core.db.search_text import HEAD_END, normalise, spelled, whole

revision = "0004"
down_revision = "0003"

BATCH = 500

_CONTACT = sa.table("contacts", *map(sa.column, ("id", "first_name", "last_name", "company")))
_SEGMENTS = sa.table("call_segments", *map(sa.column, ("call_id", "position", "started_at", "extension")))


def upgrade() -> None:
    _rewrite("contacts", (), _contact_text)
    _rewrite(
        "calls",
        ("extension", "extension_name", "from_number", "to_number", "remote_number", "transcript"),
        _call_text,
    )
    _rewrite("messages", ("contact_id", "body", "from_address", "to_address"), _message_text)


def _rewrite(name: str, columns: tuple[str, ...], text_of: Any) -> None:
    table = sa.table(name, *map(sa.column, ("id", "search_text", "deleted_at", *columns)))
    store = (
        table.update().where(table.c.id == sa.bindparam("p_id")).values(search_text=sa.bindparam("p_text"))
    )
    for rows in _batches(table):
        texts = text_of(rows)
        changed = [
            {"p_id": row.id, "p_text": text}
            for row, text in zip(rows, texts, strict=True)
            if text != row.search_text
        ]
        if changed:
            op.get_bind().execute(store, changed)


def _batches(table: sa.TableClause) -> Iterator[Any]:
    last = ""
    while True:
        rows = (
            op.get_bind()
            .execute(
                sa.select(table)
                .where(table.c.id > last, table.c.deleted_at.is_(None))
                .order_by(table.c.id)
                .limit(BATCH)
            )
            .all()
        )
        if not rows:
            return
        yield rows
        last = rows[-1].id


def _contact_text(rows: Any) -> Iterator[str]:
    for row in rows:
        company, named, *digits = row.search_text.split("\t")
        phones = [spelled(line) for line in "".join(digits).split("\n") if line]
        yield company + HEAD_END + "\n".join([named, *phones])


def _call_text(rows: Any) -> Iterator[str]:
    segments = op.get_bind().execute(
        sa.select(_SEGMENTS.c.call_id, _SEGMENTS.c.extension)
        .where(_SEGMENTS.c.call_id.in_([row.id for row in rows]), _SEGMENTS.c.extension.is_not(None))
        .order_by(_SEGMENTS.c.started_at, _SEGMENTS.c.position)
    )
    extensions: dict[str, list[str]] = {}
    for call_id, extension in segments:
        extensions.setdefault(call_id, []).append(extension)
    for row in rows:
        own = dict.fromkeys(filter(None, (row.extension, *extensions.get(row.id, ()))))
        numbers = dict.fromkeys(filter(None, (row.from_number, row.to_number, row.remote_number)))
        turns = msgspec.json.decode(row.transcript) if row.transcript else []
        yield "\t".join(
            (
                row.search_text.split("\t")[0],
                normalise(row.extension_name or "") + "".join(whole(normalise(one)) for one in own),
                "\n".join(dict.fromkeys(map(spelled, numbers))),
                *(normalise(turn["text"]) for turn in turns),
            )
        )


def _message_text(rows: Any) -> Iterator[str]:
    found = op.get_bind().execute(
        sa.select(_CONTACT).where(_CONTACT.c.id.in_([row.contact_id for row in rows if row.contact_id]))
    )
    names = {row.id: f"{row.first_name} {row.last_name}".strip() or row.company for row in found}
    for row in rows:
        name = normalise(names.get(row.contact_id) or "")
        numbers = whole(row.from_address) + whole(row.to_address)
        yield f"{name}{HEAD_END}{normalise(row.body)}{numbers}"
