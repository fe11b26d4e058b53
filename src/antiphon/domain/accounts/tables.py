"""Accounts, the people in them, their sessions and API keys, the audit log and the request log."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
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
    true,
)

from antiphon.core.db.metadata import metadata
from antiphon.core.db.types import Id, JsonText, Millis

accounts = Table(
    "accounts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("plan", String(16), nullable=False),
    Column("subdomain", String(40), unique=True),
    Column("country", String(2), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("settings", JsonText, nullable=False, server_default="{}"),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis),
)

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("email", String(320), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("password_hash", Text),
    Column("is_disabled", Boolean, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("sealed_totp_secret", Text),
    Column("totp_active_at", Millis),
    Column("totp_last_step", BigInteger),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("code_hash", String(64), nullable=False),
    Column("created_at", Millis, nullable=False),
    PrimaryKeyConstraint("user_id", "code_hash"),
)

memberships = Table(
    "memberships",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("role", String(16), nullable=False),
    Column("member_number", Integer),
    Column("extension", String(16)),
    Column("is_active", Boolean, nullable=False, server_default=true()),
    Column("settings", JsonText, nullable=False, server_default="{}"),
    Column("created_at", Millis, nullable=False),
    Column("preferences", JsonText, nullable=False, server_default="{}"),
    Column("joined_at", Millis),
    Column("updated_at", Millis),
    PrimaryKeyConstraint("account_id", "user_id"),
    UniqueConstraint("account_id", "member_number"),
    UniqueConstraint("account_id", "extension"),
    Index("ix_memberships_user_id", "user_id"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("csrf_token", String(64), nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("expires_at", Millis, nullable=False),
    Index("ix_sessions_account_id_user_id", "account_id", "user_id"),
    Index("ix_sessions_expires_at", "expires_at"),
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("expires_at", Millis, nullable=False),
    Column("used_at", Millis),
    Column("account_id", Id),
    Index("ix_sign_in_links_user_id", "user_id"),
    Index("ix_sign_in_links_expires_at", "expires_at"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("invited_by_id", Id),
    Column("created_at", Millis, nullable=False),
    Column("expires_at", Millis, nullable=False),
    UniqueConstraint("account_id", "user_id"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", Id, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("name", Text, nullable=False),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("prefix", String(16), nullable=False),
    Column("scopes", JsonText),
    Column("expires_at", Millis),
    Column("revoked_at", Millis),
    Column("last_used_at", Millis),
    Column("reminded_days", Integer),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis),
    Index("ix_api_keys_account_id_created_at", "account_id", "created_at"),
    Index("ix_api_keys_expires_at", "expires_at"),
)

account_counters = Table(
    "account_counters",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(40), nullable=False),
    Column("value", BigInteger, nullable=False),
    PrimaryKeyConstraint("account_id", "name"),
)

account_engines = Table(
    "account_engines",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("profile", String(64), nullable=False),
    Column("base_url", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("sealed_api_key", Text),
    Column("is_healthy", Boolean),
    Column("last_error", Text),
    Column("checked_at", Millis),
    Column("updated_at", Millis, nullable=False),
    PrimaryKeyConstraint("account_id", "kind"),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("at", Millis, nullable=False),
    Column("actor_kind", String(16), nullable=False),
    Column("actor_id", Id),
    Column("actor_name", Text, nullable=False),
    Column("key_id", Id),
    Column("ip", String(45)),
    Column("action", String(64), nullable=False),
    Column("target_kind", String(32), nullable=False),
    Column("target_id", String(64), nullable=False),
    Column("target_label", Text, nullable=False),
    Column("changes", JsonText, nullable=False),
    Index("ix_audit_log_account_id_at", "account_id", "at", "id"),
    Index("ix_audit_log_account_id_target_id", "account_id", "target_id"),
    Index("ix_audit_log_at", "at"),
)

request_log = Table(
    "request_log",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, nullable=False),
    Column("key_id", Id),
    Column("contract", String(16), nullable=False),
    Column("method", String(8), nullable=False),
    Column("path", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("duration_us", BigInteger, nullable=False),
    Column("ip", String(45), nullable=False),
    Column("at", Millis, nullable=False),
    Index("ix_request_log_account_id_at", "account_id", "at"),
    Index("ix_request_log_at", "at"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", Id, nullable=False),
    Column("key", String(255), nullable=False),
    Column("path", Text, nullable=False),
    Column("body_hash", String(64), nullable=False),
    Column("status", Integer),
    Column("body", JsonText),
    Column("created_at", Millis, nullable=False),
    PrimaryKeyConstraint("account_id", "user_id", "key"),
    Index("ix_idempotency_keys_created_at", "created_at"),
)
"""The first answers of requests that are repeated under their key, for 24 hours."""

user_jobs = Table(
    "user_jobs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("object_id", Id),
    Column("status", String(16), nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("errors", Integer, nullable=False),
    Column("result", JsonText),
    Column("error", String(300)),
    Column("created_by_id", Id),
    Column("created_at", Millis, nullable=False),
    Column("started_at", Millis),
    Column("finished_at", Millis),
    Index("ix_user_jobs_account_id_created_at", "account_id", "created_at", "id"),
    Index("ix_user_jobs_created_at", "created_at"),
)
"""Long work that a person has asked for and may watch or stop (contracts/votel.md 0.7)."""
