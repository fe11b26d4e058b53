"""Who caused an event, events counted by account, and the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "event_sequences",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_event_sequences")),
    )
    op.add_column("events", sa.Column("sequence", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("events", sa.Column("actor_kind", sa.String(length=16), nullable=True))
    op.add_column("events", sa.Column("actor_id", sa.String(length=36), nullable=True))
    op.execute(
        "UPDATE events SET sequence = numbered.n FROM (SELECT id, row_number() OVER"
        " (PARTITION BY account_id ORDER BY created_at, id) AS n FROM events) AS numbered"
        " WHERE numbered.id = events.id"
    )
    op.execute(
        "INSERT INTO event_sequences (account_id, value)"
        " SELECT account_id, max(sequence) FROM events GROUP BY account_id"
    )
    op.create_index("ix_events_account_id_sequence", "events", ["account_id", "sequence"])
    op.create_table(
        "audit_log",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("key_id", sa.String(length=36), nullable=True),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("target_kind", sa.String(length=32), nullable=False),
        sa.Column("target_id", sa.String(length=64), nullable=False),
        sa.Column("target_label", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_audit_log_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_account_id_at", "audit_log", ["account_id", "at", "id"])
    op.create_index("ix_audit_log_account_id_target_id", "audit_log", ["account_id", "target_id"])
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
