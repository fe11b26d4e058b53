"""Notices: what concerns one person in one account."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table, text

from antiphon.core.db.metadata import metadata
from antiphon.core.db.types import Id, Millis

_UNREAD = text("read_at IS NULL")

notifications = Table(
    "notifications",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("type", String(64), nullable=False),
    Column("target_kind", String(32), nullable=False),
    Column("target_id", Id, nullable=False),
    Column("actor_id", Id),
    Column("created_at", Millis, nullable=False),
    Column("read_at", Millis),
    Index("ix_notifications_user", "account_id", "user_id", "created_at", "id"),
    Index(
        "ix_notifications_unread",
        "account_id",
        "user_id",
        "created_at",
        "id",
        sqlite_where=_UNREAD,
        postgresql_where=_UNREAD,
    ),
    Index("ix_notifications_created_at", "created_at"),
)
"""`type` is the event; a notice holds no words of its object, so that nothing outlives its erasure."""
