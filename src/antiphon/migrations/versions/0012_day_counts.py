"""Messages and contacts counted by day; the indexes of searches are ordered by day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    _create("message_days", "channel", "direction", "status")
    _create("contact_days", "source")


def _create(name: str, *by: str) -> None:
    op.create_table(
        name,
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        *(sa.Column(column, sa.String(length=16), nullable=False) for column in by),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], f"fk_{name}_account_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "day", *by, name=f"pk_{name}"),
    )
