"""Calls from ringing to analysis, their timed segments, and how many there are a day."""

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
    text,
)

from antiphon.core.db.day_counts import DayCounts
from antiphon.core.db.metadata import metadata
from antiphon.core.db.search import SearchIndex
from antiphon.core.db.search_counts import Counted
from antiphon.core.db.search_parts import Parts
from antiphon.core.db.types import Id, JsonText, Millis

UNANALYZED = text(
    "ended_at IS NOT NULL AND analyzed_at IS NULL AND deleted_at IS NULL"
    " AND (recording_source IS NOT NULL OR transcript IS NOT NULL OR recording_deleted_at IS NOT NULL)"
)
"""Ended calls with, or once with, something to analyse whose analysis is not complete."""

calls = Table(
    "calls",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("carrier", String(16), nullable=False),
    Column("call_sid", String(128)),
    Column("direction", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("ended_reason", String(32)),
    Column("from_number", String(32)),
    Column("to_number", String(32)),
    Column("remote_number", String(32)),
    Column("group_number", String(32)),
    Column("number_id", Id),
    Column("contact_id", Id),
    Column("user_id", Id),
    Column("assistant_id", Id),
    Column("extension", String(16)),
    Column("extension_name", Text),
    Column("started_at", Millis, nullable=False),
    Column("answered_at", Millis),
    Column("ended_at", Millis),
    Column("duration_seconds", Integer, nullable=False),
    Column("cost_micros", BigInteger, nullable=False),
    Column("stt_seconds", Float, nullable=False),
    Column("tts_characters", Integer, nullable=False),
    Column("recording_key", Text),
    Column("recording_source", Text),
    Column("recording_started_at", Millis),
    Column("recording_bytes", BigInteger),
    Column("recording_channels", Integer),
    Column("recording_deleted_at", Millis),
    Column("transcript", JsonText),
    Column("transcript_engine", String(64)),
    Column("transcript_confidence", Float),
    Column("summary", Text),
    Column("sentiment_label", String(16)),
    Column("sentiment_score", Float),
    Column("analysis", JsonText),
    Column("analyzed_at", Millis),
    Column("metadata", JsonText, nullable=False),
    Column("disposition", String(100)),
    Column("tags", JsonText, nullable=False, server_default="[]"),
    Column("notes", Text, nullable=False, server_default=""),
    Column("success", Boolean),
    Column("is_test", Boolean, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("deleted_at", Millis),
    UniqueConstraint("account_id", "carrier", "call_sid"),
    Index("ix_calls_account_id_started_at_id", "account_id", "started_at", "id"),
    Index(
        "ix_calls_account_id_remote_number_started_at_id", "account_id", "remote_number", "started_at", "id"
    ),
    Index("ix_calls_account_id_contact_id_started_at_id", "account_id", "contact_id", "started_at", "id"),
    Index(
        "ix_calls_recorded",
        "account_id",
        "started_at",
        sqlite_where=text("recording_key IS NOT NULL"),
        postgresql_where=text("recording_key IS NOT NULL"),
    ),
    Index(
        "ix_calls_open",
        "started_at",
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index("ix_calls_unanalyzed", "ended_at", sqlite_where=UNANALYZED, postgresql_where=UNANALYZED),
)

call_search = SearchIndex(
    calls,
    "started_at",
    "ended_at",
    "direction",
    "status",
    "is_test",
    "assistant_id",
    "contact_id",
    "remote_number",
    parts=Parts(
        "CASE WHEN {row}ended_at IS NULL OR {row}is_test THEN 0 ELSE ({row}status <> 'completed') + CASE"
        " {row}direction WHEN 'inbound' THEN 1 WHEN 'outbound' THEN 3 ELSE 5 END END",
        ("ended_at", "is_test", "status", "direction"),
        "started_at",
    ),
    counted=Counted(
        ("direction", "status"),
        lambda columns: (columns.ended_at.is_not(None), columns.is_test.is_(False)),
        ("ended_at", "is_test"),
    ),
)
ANSWERED_PARTS = {"inbound": 1, "outbound": 3, "internal": 5}
MISSED_PARTS = {"inbound": 2, "outbound": 4, "internal": 6}
"""Of `call_search`; calls that lists leave out are in another."""

call_segments = Table(
    "call_segments",
    metadata,
    Column("call_id", Id, ForeignKey("calls.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("account_id", Id, nullable=False),
    Column("type", String(16), nullable=False),
    Column("user_id", Id),
    Column("extension", String(16)),
    Column("extension_name", Text),
    Column("started_at", Millis, nullable=False),
    Column("ended_at", Millis),
    Column("summary", Text),
    Column("transcription", Text),
    Column("sentiment_label", String(16)),
    Column("sentiment_score", Float),
    PrimaryKeyConstraint("call_id", "position"),
    # Partial, so that no statement about one call's segments reads those of its account by them.
    Index(
        "ix_call_segments_account_id_user_id",
        "account_id",
        "user_id",
        sqlite_where=text("user_id IS NOT NULL"),
        postgresql_where=text("user_id IS NOT NULL"),
    ),
    Index(
        "ix_call_segments_account_id_extension",
        "account_id",
        "extension",
        sqlite_where=text("extension IS NOT NULL"),
        postgresql_where=text("extension IS NOT NULL"),
    ),
)

call_days = Table(
    "call_days",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("day", Integer, nullable=False),
    Column("direction", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("assistant_id", String(36), nullable=False),
    Column("value", Integer, nullable=False),
    PrimaryKeyConstraint("account_id", "day", "direction", "status", "assistant_id"),
)
day_counts = DayCounts(
    call_days,
    calls,
    "started_at",
    {
        "direction": "{row}direction",
        "status": "{row}status",
        "assistant_id": "coalesce({row}assistant_id, '')",
    },
    where="{row}ended_at IS NOT NULL AND NOT {row}is_test AND {row}deleted_at IS NULL",
    columns=("direction", "status", "assistant_id", "ended_at", "is_test", "deleted_at"),
)
"""How many ended calls, tests left out, started on each UTC day (days since the epoch)."""
