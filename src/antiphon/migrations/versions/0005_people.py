"""Second factors, invitations, preferences, settings and engines of accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("updated_at", sa.BigInteger(), nullable=True))
    op.add_column("users", sa.Column("sealed_totp_secret", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("totp_active_at", sa.BigInteger(), nullable=True))
    op.add_column("users", sa.Column("totp_last_step", sa.BigInteger(), nullable=True))
    op.add_column("memberships", sa.Column("preferences", sa.Text(), server_default="{}", nullable=False))
    op.add_column("memberships", sa.Column("joined_at", sa.BigInteger(), nullable=True))
    op.add_column("memberships", sa.Column("updated_at", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE memberships SET joined_at = created_at WHERE EXISTS (SELECT 1 FROM users"
        " WHERE users.id = memberships.user_id AND users.password_hash IS NOT NULL)"
    )
    op.add_column("sign_in_links", sa.Column("account_id", sa.String(length=36), nullable=True))
    op.add_column("api_keys", sa.Column("updated_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("invited_by_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_invitations_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_invitations_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("account_id", "user_id", name=op.f("uq_invitations_account_id_user_id")),
    )
    op.create_table(
        "account_engines",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("sealed_api_key", sa.Text(), nullable=True),
        sa.Column("is_healthy", sa.Boolean(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_account_engines_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "kind", name=op.f("pk_account_engines")),
    )
    op.create_table(
        "integration_connections",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("sealed_secrets", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_integration_connections_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_integration_connections")),
    )
    op.create_index("ix_integration_connections_account_id", "integration_connections", ["account_id", "key"])
    op.add_column("carrier_connections", sa.Column("updated_at", sa.BigInteger(), nullable=True))
    op.add_column("numbers", sa.Column("call_destination", sa.Text(), nullable=True))
    op.add_column("numbers", sa.Column("fallback", sa.Text(), nullable=True))
    op.add_column("numbers", sa.Column("is_recorded", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("numbers", sa.Column("is_default", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("numbers", sa.Column("updated_at", sa.BigInteger(), nullable=True))
