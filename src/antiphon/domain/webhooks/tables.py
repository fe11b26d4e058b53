"""Subscriptions of every contract, their deliveries and one row per attempt."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from antiphon.core.db.metadata import metadata
from antiphon.core.db.types import Id, JsonText, Millis

subscriptions = Table(
    "webhook_subscriptions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("contract", String(16), nullable=False),
    Column("number", Integer),
    Column("name", Text, nullable=False, server_default=""),
    Column("url", Text, nullable=False),
    Column("event_types", JsonText, nullable=False),
    Column("sealed_secret", Text),
    Column("secret_prefix", String(16), nullable=False),
    Column("channel_id", Id),
    Column("channel_type", String(16)),
    Column("source", String(16), nullable=False),
    Column("zapier_subscription_id", String(255)),
    Column("is_active", Boolean, nullable=False),
    Column("consecutive_failures", Integer, nullable=False),
    Column("last_delivery_at", Millis),
    Column("last_success_at", Millis),
    Column("last_error", String(200)),
    Column("created_at", Millis, nullable=False),
    Column("created_by_user_id", Id),
    Column("inactive_since", Millis),
    Column("disabled_reason", String(16)),
    Column("lane_id", Id),
    Column("lane_seen_at", Millis),
    UniqueConstraint("account_id", "number"),
    Index("ix_webhook_subscriptions_account_id_contract", "account_id", "contract", "created_at"),
    Index("ix_webhook_subscriptions_inactive_since", "inactive_since"),
)

deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("subscription_id", Id, ForeignKey("webhook_subscriptions.id"), nullable=False),
    Column("event_id", String(40), nullable=False),
    Column("event_type", String(64), nullable=False),
    Column("object_id", Id, nullable=False),
    Column("listener_id", Id),
    Column("link_expires_at", Millis),
    Column("data", JsonText),
    Column("status", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", Millis),
    Column("is_test", Boolean, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("finished_at", Millis),
    Index(
        "ix_webhook_deliveries_due",
        "subscription_id",
        "next_attempt_at",
        sqlite_where=text("status = 'pending'"),
        postgresql_where=text("status = 'pending'"),
    ),
    Index("ix_webhook_deliveries_account_id_object_id", "account_id", "object_id"),
    Index("ix_webhook_deliveries_subscription_id_created_at", "subscription_id", "created_at"),
    Index("ix_webhook_deliveries_finished_at", "finished_at"),
)

attempts = Table(
    "webhook_attempts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("subscription_id", Id, ForeignKey("webhook_subscriptions.id"), nullable=False),
    Column("delivery_id", Id, ForeignKey("webhook_deliveries.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", Millis, nullable=False),
    Column("latency_ms", Integer, nullable=False),
    Column("status_code", Integer),
    Column("error", String(200)),
    Column("response_excerpt", Text, nullable=False),
    Index("ix_webhook_attempts_account_id_subscription_id_at", "account_id", "subscription_id", "at"),
    Index("ix_webhook_attempts_delivery_id", "delivery_id"),
)
