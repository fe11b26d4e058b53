"""Calls that are not analysed, and segments are found without reading all of the account."""

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
    for column in ("user_id", "extension"):
        name, where = f"ix_call_segments_account_id_{column}", sa.text(f"{column} IS NOT NULL")
        op.drop_index(name, "call_segments")
        op.create_index(
            name,
            "call_segments",
            ["account_id", column],
            sqlite_where=where,
            postgresql_where=where,
        )
