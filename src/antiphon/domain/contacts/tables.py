"""Contacts, one row for what three contracts show, with their addresses, fields and opt-outs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from antiphon.core.db.metadata import metadata
from antiphon.core.db.types import Id, JsonText, Millis

_LIVE: dict[str, Any] = {
    "sqlite_where": text("deleted_at IS NULL"),
    "postgresql_where": text("deleted_at IS NULL"),
}

contacts = Table(
    "contacts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("first_name", Text, nullable=False),
    Column("last_name", Text, nullable=False),
    Column("company", Text, nullable=False),
    Column("source", String(16), nullable=False),
    Column("custom", JsonText, nullable=False),
    Column("tags", JsonText, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("interaction_count", Integer, nullable=False),
    Column("last_interaction_at", Millis),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("deleted_at", Millis),
    UniqueConstraint("account_id", "number"),
    Index("ix_contacts_live_number", "account_id", "number", "id", **_LIVE),
    Index("ix_contacts_live_created_at", "account_id", "created_at", "id", **_LIVE),
)

contact_addresses = Table(
    "contact_addresses",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("contact_id", Id, ForeignKey("contacts.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("position", Integer, nullable=False),
    Column("value", String(320), nullable=False),
    Column("is_verified", Boolean, nullable=False),
    UniqueConstraint("account_id", "contact_id", "kind", "value"),
    Index("ix_contact_addresses_account_id_kind_value", "account_id", "kind", "value", "contact_id"),
)

contact_fields = Table(
    "contact_fields",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("field_name", String(64), nullable=False),
    Column("position", Integer, nullable=False),
    Column("data_type", String(16), nullable=False),
    Column("is_builtin", Boolean, nullable=False),
    Column("is_phone", Boolean, nullable=False),
    Column("is_match", Boolean, nullable=False),
    Column("reports_enabled", Boolean, nullable=False),
    Column("hide_no_data", Boolean, nullable=False),
    Column("show_in_fields", Boolean, nullable=False),
    Column("is_integration", Boolean, nullable=False),
    PrimaryKeyConstraint("account_id", "number"),
    UniqueConstraint("account_id", "field_name"),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("address", String(320), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("lifted_at", Millis),
    Index(
        "uq_suppressions_live",
        "account_id",
        "channel",
        "address",
        unique=True,
        sqlite_where=text("lifted_at IS NULL"),
        postgresql_where=text("lifted_at IS NULL"),
    ),
)
