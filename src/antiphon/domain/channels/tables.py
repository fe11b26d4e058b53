"""Recording channels and the codes that prove a sender's address."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from antiphon.core.db.metadata import metadata
from antiphon.core.db.types import Id, JsonText, Millis

channels = Table(
    "recording_channels",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("host", String(253)),
    Column("slug", String(60)),
    Column("greeting", Text, nullable=False),
    Column("notify_emails", JsonText, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("voicegram_count", Integer, nullable=False),
    Column("last_seen_at", Millis),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("deleted_at", Millis),
    Column("status", String(16), nullable=False, server_default="pending"),
    Index("ix_recording_channels_account_id_created_at", "account_id", "created_at"),
    Index("ix_recording_channels_host", "host"),
    Index(
        "uq_recording_channels_account_id_slug",
        "account_id",
        "slug",
        unique=True,
        sqlite_where=text("deleted_at IS NULL AND slug IS NOT NULL"),
        postgresql_where=text("deleted_at IS NULL AND slug IS NOT NULL"),
    ),
)

sender_codes = Table(
    "sender_codes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("channel_id", Id, ForeignKey("recording_channels.id", ondelete="CASCADE"), nullable=False),
    Column("email", String(320), nullable=False),
    Column("code_hash", String(64), nullable=False),
    Column("tries_left", Integer, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("expires_at", Millis, nullable=False),
    Column("voided_at", Millis),
    Index("ix_sender_codes_account_id_channel_id_email", "account_id", "channel_id", "email"),
    Index("ix_sender_codes_expires_at", "expires_at"),
)
