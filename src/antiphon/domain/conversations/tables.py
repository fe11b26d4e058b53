"""Conversations, their messages on every channel, what is attached and what is uploaded for it."""

from __future__ import annotations

from typing import Any

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
    text,
)

from antiphon.core.db.day_counts import DayCounts
from antiphon.core.db.metadata import metadata
from antiphon.core.db.search import SearchIndex
from antiphon.core.db.search_counts import Counted
from antiphon.core.db.search_parts import Parts
from antiphon.core.db.types import Id, JsonText, Millis

_OPEN = "deleted_at IS NULL AND status <> 'closed'"


def _where(sqlite: str, postgresql: str | None = None) -> dict[str, Any]:
    return {"sqlite_where": text(sqlite), "postgresql_where": text(postgresql or sqlite)}


conversations = Table(
    "conversations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("contact_id", Id, ForeignKey("contacts.id"), nullable=False),
    Column("status", String(16), nullable=False),
    Column("snoozed_until", Millis),
    Column("assigned_to_id", Id),
    Column("is_unread", Boolean, nullable=False),
    Column("unread_count", Integer, nullable=False, server_default="0"),
    Column("is_flagged", Boolean, nullable=False, server_default="0"),
    Column("members", JsonText, nullable=False),
    Column("channels", JsonText, nullable=False, server_default="[]"),
    # Of a conversation without messages: when it was made.
    Column("last_message_at", Millis),
    Column("last_message_id", Id),
    Column("last_message_channel", String(16)),
    Column("last_message_direction", String(16)),
    Column("last_message_snippet", Text),
    Column("last_message_author_kind", String(16)),
    Column("last_message_author_id", Id),
    Column("last_inbound_at", Millis),
    Column("last_outbound_at", Millis),
    Column("last_person_at", Millis),
    Column("last_whatsapp_at", Millis),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("deleted_at", Millis),
    Index(
        "uq_conversations_live_contact",
        "account_id",
        "contact_id",
        unique=True,
        **_where("deleted_at IS NULL"),
    ),
    # One range for a page of each usual list.
    Index("ix_conversations_all", "account_id", "last_message_at", "id", **_where("deleted_at IS NULL")),
    Index("ix_conversations_open", "account_id", "last_message_at", "id", **_where(_OPEN)),
    Index(
        "ix_conversations_status",
        "account_id",
        "status",
        "last_message_at",
        "id",
        **_where("deleted_at IS NULL"),
    ),
    Index(
        "ix_conversations_assigned",
        "account_id",
        "assigned_to_id",
        "last_message_at",
        "id",
        **_where(f"{_OPEN} AND assigned_to_id IS NOT NULL"),
    ),
    Index(
        "ix_conversations_unassigned",
        "account_id",
        "last_message_at",
        "id",
        **_where(f"{_OPEN} AND assigned_to_id IS NULL"),
    ),
    Index(
        "ix_conversations_unread",
        "account_id",
        "last_message_at",
        "id",
        **_where(f"{_OPEN} AND is_unread IS 1", f"{_OPEN} AND is_unread IS true"),
    ),
    Index(
        "ix_conversations_flagged",
        "account_id",
        "last_message_at",
        "id",
        **_where(f"{_OPEN} AND is_flagged IS 1", f"{_OPEN} AND is_flagged IS true"),
    ),
    Index(
        "ix_conversations_manual",
        "account_id",
        "last_person_at",
        "id",
        **_where(f"{_OPEN} AND last_person_at IS NOT NULL"),
    ),
)

conversation_stars = Table(
    "conversation_stars",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("user_id", Id, nullable=False),
    Column("conversation_id", Id, ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("account_id", "user_id", "conversation_id"),
)
"""Which conversations a person has starred."""

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
    Column("author_kind", String(16), nullable=False, server_default="system"),
    Column("source", String(16), nullable=False, server_default="api"),
    Column("source_id", Id),
    Column("subject", Text),
    Column("html", Text),
    Column("cc", JsonText),
    Column("bcc", JsonText),
    Column("reply_to_message_id", Id),
    Column("template_id", Id),
    Column("segments", Integer),
    Column("cost_micros", BigInteger),
    Column("metadata", JsonText),
    Column("error_code", String(64)),
    Column("error", Text),
    Column("hand_over_started_at", Millis),
    Column("created_at", Millis, nullable=False),
    Column("sent_at", Millis),
    Column("delivered_at", Millis),
    Column("read_at", Millis),
    Column("failed_at", Millis),
    Column("scheduled_at", Millis),
    Column("canceled_at", Millis),
    Column("erased_at", Millis),
    Column("deleted_at", Millis),
    Column("search_text", Text, nullable=False),
    Column("purpose", String(16), nullable=False, server_default="transactional"),
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
    Index(
        "ix_messages_thread",
        "account_id",
        "conversation_id",
        "created_at",
        "id",
        "deleted_at",
        "channel",
    ),
    Index(
        "ix_messages_queued",
        "account_id",
        "conversation_id",
        "channel",
        "created_at",
        "id",
        **_where("status = 'queued'"),
    ),
    Index(
        "ix_messages_scheduled",
        "scheduled_at",
        **_where("status = 'scheduled'"),
    ),
    Index("ix_messages_account_id_remote_address_created_at", "account_id", "remote_address", "created_at"),
    Index("ix_messages_account_id_contact_id_created_at", "account_id", "contact_id", "created_at"),
)

INBOUND_PARTS = {"sms": 1, "whatsapp": 3, "email": 5, "webchat": 7, "call": 9, "voicegram": 11, "note": 13}
OUTBOUND_PARTS = {channel: part + 1 for channel, part in INBOUND_PARTS.items()}
INTERNAL_PARTS = {"note": 15}
UNSENT_PARTS = (0,)
"""Of `message_search`; the last has what is not sent yet or was canceled, whatever its channel."""
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
    parts=Parts(
        "CASE WHEN {row}status IN ('scheduled', 'canceled') THEN 0 WHEN {row}direction = 'internal'"
        " AND {row}channel = 'note' THEN 15 ELSE ({row}direction = 'outbound') + CASE"
        + "".join(f" WHEN {{row}}channel = '{name}' THEN {part}" for name, part in INBOUND_PARTS.items())
        + " ELSE 13 END END",
        ("status", "channel", "direction"),
        "created_at",
    ),
    counted=Counted(("channel", "direction", "status")),
)

message_days = Table(
    "message_days",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("day", Integer, nullable=False),
    Column("channel", String(16), nullable=False),
    Column("direction", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("is_erased", Integer, nullable=False),
    Column("value", Integer, nullable=False),
    PrimaryKeyConstraint("account_id", "day", "channel", "direction", "status", "is_erased"),
)
day_counts = DayCounts(
    message_days,
    messages,
    "created_at",
    {name: f"{{row}}{name}" for name in ("channel", "direction", "status")}
    | {"is_erased": "CASE WHEN {row}deleted_at IS NULL THEN 0 ELSE 1 END"},
    where="{row}deleted_at IS NULL OR {row}erased_at IS NOT NULL",
    columns=("channel", "direction", "status", "deleted_at", "erased_at"),
)
"""How many messages of the log were made on each UTC day; erased ones are in no other list."""

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

files = Table(
    "files",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("created_by_id", Id),
    Column("object_key", Text),
    Column("name", Text, nullable=False),
    Column("content_type", String(128), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("deleted_at", Millis),
    Index("ix_files_account_id", "account_id", "created_at"),
)
"""Files uploaded to be attached; what is sent keeps its own row in `media`."""
