"""Voicegrams, the results of their processing steps, and the recipients of their listen links."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from antiphon.core.db.metadata import metadata
from antiphon.core.db.search import SearchIndex
from antiphon.core.db.types import Id, JsonText, Millis

voicegrams = Table(
    "voicegrams",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("channel_id", Id, ForeignKey("recording_channels.id"), nullable=False),
    Column("contact_id", Id),
    Column("status", String(16), nullable=False),
    Column("sender_email", String(320), nullable=False),
    Column("page_url", Text),
    Column("client_id", String(64), nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("completed_at", Millis),
    Column("deleted_at", Millis),
    Column("duration_ms", Integer, nullable=False),
    Column("source_key", Text),
    Column("source_container", String(16), nullable=False),
    Column("audio_key", Text),
    Column("audio_bytes", BigInteger),
    Column("audio_deleted_at", Millis),
    Column("transcript_text", Text, nullable=False),
    Column("transcript_confidence", Float, nullable=False),
    Column("transcript_engine", String(64)),
    Column("transcript_words", JsonText),
    Column("language", String(16)),
    Column("summary", JsonText),
    Column("insight_engine", String(64)),
    Column("urgency", String(16)),
    Column("sentiment", String(16)),
    Column("intent", String(64)),
    Column("callback_required", Boolean, nullable=False),
    Column("tags", JsonText, nullable=False),
    Column("notes", Text, nullable=False),
    Column("is_read", Boolean, nullable=False),
    Column("event_id", String(40)),
    Column("search_text", Text, nullable=False),
    UniqueConstraint("account_id", "client_id"),
    Index("ix_voicegrams_account_id_completed_at_id", "account_id", "completed_at", "id"),
    Index("ix_voicegrams_account_id_created_at_id", "account_id", "created_at", "id"),
    Index("ix_voicegrams_account_id_contact_id", "account_id", "contact_id"),
    Index("ix_voicegrams_completed_at", "completed_at"),
)

voicegram_search = SearchIndex(voicegrams)

voicegram_steps = Table(
    "voicegram_steps",
    metadata,
    Column("voicegram_id", Id, ForeignKey("voicegrams.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(16), nullable=False),
    Column("account_id", Id, nullable=False),
    Column("position", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("engine", String(64)),
    Column("error", Text),
    Column("attempts", Integer, nullable=False),
    Column("started_at", Millis),
    Column("finished_at", Millis),
    PrimaryKeyConstraint("voicegram_id", "name"),
)

listeners = Table(
    "listeners",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("reference", String(320), nullable=False),
    Column("voicegram_id", Id),
    Column("expires_at", Millis),
    Column("revoked_at", Millis),
    Column("last_used_at", Millis),
    Column("reminded_at", Millis),
    Column("created_at", Millis, nullable=False),
    Index("ix_listeners_account_id_kind_reference", "account_id", "kind", "reference"),
    Index("ix_listeners_voicegram_id", "voicegram_id"),
    Index("ix_listeners_expires_at", "expires_at"),
)
