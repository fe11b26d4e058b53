"""Messages and contacts counted by day; searches ordered by day; whole numbers spelled by pairs of digits."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

BATCH = 5000
_SPELLED = re.compile(r"\n(MV[K-Z]+)\n")
_HEX = str.maketrans("KLMNOPQRSTUVWXYZ", "0123456789abcdef")
_NUMBER = re.compile(r"\+\d+", re.ASCII)
_CAPITALS = [
    chr(code)
    for first, last, step in ((0x531, 0x557, 1), (0x2C00, 0x2C2F, 1), (0x2C80, 0x2CC8, 2))
    for code in range(first, last, step)
]


def upgrade() -> None:
    _create("message_days", *(_word(name) for name in ("channel", "direction", "status")), _flag("is_erased"))
    _create("contact_days", _word("source"))
    for name in ("messages", "calls"):
        _spell_numbers(name)


def _word(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=16), nullable=False)


def _flag(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _create(name: str, *by: sa.Column[Any]) -> None:
    op.create_table(
        name,
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        *by,
        sa.Column("value", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], f"fk_{name}_account_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "day", *(column.name for column in by), name=f"pk_{name}"),
    )


def _spell_numbers(name: str) -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        # The index is made anew after the revisions, and quicker so.
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}_search_words")
    table = sa.table(name, sa.column("id", sa.String), sa.column("search_text", sa.Text))
    after = ""
    while rows := connection.execute(
        sa.select(table.c.id, table.c.search_text)
        .where(table.c.id > after, table.c.search_text.like("%\nMV%"))
        .order_by(table.c.id)
        .limit(BATCH)
    ).all():
        after = rows[-1].id
        connection.execute(
            table.update()
            .where(table.c.id == sa.bindparam("row_id"))
            .values(search_text=sa.bindparam("text")),
            [{"row_id": row.id, "text": respelled(row.search_text)} for row in rows],
        )


def respelled(text: str) -> str:
    """The text of a search with phone numbers as pairs of digits, that stood there as pairs of hex digits."""
    return _SPELLED.sub(_pairs, text)


def _pairs(found: re.Match[str]) -> str:
    value = bytes.fromhex(found[1].translate(_HEX)).decode()
    if not _NUMBER.fullmatch(value):
        return found[0]
    pairs = (value[at : at + 2] for at in range(1, len(value), 2))
    return f"\n{''.join(_CAPITALS[int(pair) + 100 * (len(pair) == 1)] for pair in pairs)}\n"
