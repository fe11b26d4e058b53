"""Conversations, their messages on every channel, and the media attached."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from antiphon.core.db.metadata import metadata
from antiphon.core.db.search import SearchIndex
from antiphon.core.db.types import Id, JsonText, Millis

conversations = Table(
    "conversations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("contact_id", Id, ForeignKey("contacts.id"), nullable=False),
    Column("status", String(16), nullable=False),
    Column("assigned_to_id", Id),
    Column("is_unread", Boolean, nullable=False),
    Column("is_starred", Boolean, nullable=False),
    Column("members", JsonText, nullable=False),
    Column("last_message_at", Millis),
    Column("last_inbound_at", Millis),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("deleted_at", Millis),
    Index("ix_conversations_account_id_contact_id", "account_id", "contact_id"),
    Index("ix_conversations_account_id_last_message_at", "account_id", "last_message_at"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("conversation_id", Id, ForeignKey("conversations.id"), nullable=False),
    Column("contact_id", Id),
    Column("channel", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("direction", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("carrier", String(16), nullable=False),
    Column("carrier_message_id", String(255)),
    Column("number_id", Id),
    Column("from_address", String(320), nullable=False),
    Column("to_address", String(320), nullable=False),
    Column("remote_address", String(320), nullable=False),
    Column("body", Text, nullable=False),
    Column("content", JsonText),
    Column("message_type", String(32), nullable=False),
    Column("is_from_bot", Boolean, nullable=False),
    Column("author_user_id", Id),
    Column("error_code", String(64)),
    Column("error", Text),
    Column("hand_over_started_at", Millis),
    Column("created_at", Millis, nullable=False),
    Column("sent_at", Millis),
    Column("delivered_at", Millis),
    Column("read_at", Millis),
    Column("failed_at", Millis),
    Column("deleted_at", Millis),
    Column("search_text", Text, nullable=False),
    UniqueConstraint("account_id", "carrier", "carrier_message_id"),
    # Every column that a list without words filters by, so that its total is counted on the index alone.
    Index(
        "ix_messages_page",
        "account_id",
        "channel",
        "created_at",
        "id",
        "deleted_at",
        "direction",
        "status",
    ),
    Index("ix_messages_account_id_conversation_id_created_at", "account_id", "conversation_id", "created_at"),
    Index("ix_messages_account_id_remote_address_created_at", "account_id", "remote_address", "created_at"),
    Index("ix_messages_account_id_contact_id_created_at", "account_id", "contact_id", "created_at"),
)

message_search = SearchIndex(
    messages,
    "created_at",
    "channel",
    "direction",
    "status",
    "contact_id",
    "remote_address",
    "from_address",
    "to_address",
)

media = Table(
    "media",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("message_id", Id, ForeignKey("messages.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("object_key", Text),
    Column("source_url", Text),
    Column("carrier_media_id", String(255)),
    Column("content_type", String(128), nullable=False),
    Column("filename", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("caption", Text),
    Column("status", String(16), nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("deleted_at", Millis),
    Index("ix_media_account_id_message_id", "account_id", "message_id", "position"),
)
