"""Subscriptions of the native contract: filters, and two secrets during a rotation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    for column in (
        sa.Column("filter", sa.Text(), nullable=True),
        sa.Column("sealed_previous_secret", sa.Text(), nullable=True),
        sa.Column("previous_until", sa.BigInteger(), nullable=True),
    ):
        op.add_column("webhook_subscriptions", column)
    op.create_index("ix_events_created_at", "events", ["created_at"])
