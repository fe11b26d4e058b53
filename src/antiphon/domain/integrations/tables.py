"""An account's connections to services other than carriers."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from antiphon.core.db.metadata import metadata
from antiphon.core.db.types import Id, JsonText, Millis

integration_connections = Table(
    "integration_connections",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("key", String(32), nullable=False),
    Column("label", Text, nullable=False),
    Column("settings", JsonText, nullable=False),
    Column("sealed_secrets", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("last_error", Text),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("deleted_at", Millis),
    Index("ix_integration_connections_account_id", "account_id", "key"),
)
