"""Calls whose analysis is not complete are found without reading the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_UNANALYZED = (
    "ended_at IS NOT NULL AND analyzed_at IS NULL AND deleted_at IS NULL"
    " AND (recording_source IS NOT NULL OR transcript IS NOT NULL OR recording_deleted_at IS NOT NULL)"
)


def upgrade() -> None:
    op.create_index(
        "ix_calls_unanalyzed",
        "calls",
        ["ended_at"],
        sqlite_where=sa.text(_UNANALYZED),
        postgresql_where=sa.text(_UNANALYZED),
    )
