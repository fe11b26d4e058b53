"""An account's numbers and its connections to carriers."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text, false, text, true

from antiphon.core.db.metadata import metadata
from antiphon.core.db.types import Id, JsonText, Millis

carrier_connections = Table(
    "carrier_connections",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("carrier", String(16), nullable=False),
    Column("label", Text, nullable=False),
    Column("sealed_credentials", Text),
    Column("webhook_token_hash", String(64), nullable=False, unique=True),
    Column("settings", JsonText, nullable=False),
    Column("status", String(16), nullable=False),
    Column("last_error", Text),
    Column("created_at", Millis, nullable=False),
    Column("deleted_at", Millis),
    Column("updated_at", Millis),
    Index("ix_carrier_connections_account_id", "account_id", "created_at"),
)

numbers = Table(
    "numbers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("connection_id", Id, ForeignKey("carrier_connections.id"), nullable=False),
    Column("e164", String(20), nullable=False),
    Column("label", Text, nullable=False),
    Column("voice", Boolean, nullable=False),
    Column("sms", Boolean, nullable=False),
    Column("whatsapp", Boolean, nullable=False),
    Column("carrier_number_id", String(64)),
    Column("created_at", Millis, nullable=False),
    Column("deleted_at", Millis),
    Column("call_destination", JsonText),
    Column("fallback", JsonText),
    Column("is_recorded", Boolean, nullable=False, server_default=true()),
    Column("is_default", Boolean, nullable=False, server_default=false()),
    Column("updated_at", Millis),
    Index(
        "uq_numbers_e164",
        "e164",
        unique=True,
        sqlite_where=text("deleted_at IS NULL"),
        postgresql_where=text("deleted_at IS NULL"),
    ),
    Index("ix_numbers_account_id", "account_id", "created_at"),
)
