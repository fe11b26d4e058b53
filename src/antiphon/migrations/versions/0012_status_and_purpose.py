"""Whether a recording channel's widget is seen; what a message is for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column(
        "recording_channels",
        sa.Column("status", sa.String(16), nullable=False, server_default="pending"),
    )
    op.execute(
        "UPDATE recording_channels SET status = 'active' WHERE kind = 'campaign' OR last_seen_at IS NOT NULL"
    )
    op.add_column(
        "messages",
        sa.Column("purpose", sa.String(16), nullable=False, server_default="transactional"),
    )
