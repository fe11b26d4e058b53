# ruff: noqa: S608  only constants of this file are put together
"""One thread over all channels: its state, who starred it, and the calls and voicegrams in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
import uuid_utils
from alembic import op

revision = "0006"
down_revision = "0005"

_BATCH = 1000
_OPEN = "deleted_at IS NULL AND status <> 'closed'"
_ID = sa.String(length=36)


_NEW_COLUMNS = {
    "messages": (
        sa.Column("author_kind", sa.String(length=16), server_default="system", nullable=False),
        sa.Column("source", sa.String(length=16), server_default="api", nullable=False),
        sa.Column("source_id", _ID),
        sa.Column("subject", sa.Text()),
        sa.Column("html", sa.Text()),
        sa.Column("cc", sa.Text()),
        sa.Column("bcc", sa.Text()),
        sa.Column("reply_to_message_id", _ID),
        sa.Column("template_id", _ID),
        sa.Column("segments", sa.Integer()),
        sa.Column("cost_micros", sa.BigInteger()),
        sa.Column("metadata", sa.Text()),
        sa.Column("scheduled_at", sa.BigInteger()),
        sa.Column("canceled_at", sa.BigInteger()),
        sa.Column("erased_at", sa.BigInteger()),
    ),
    "conversations": (
        sa.Column("snoozed_until", sa.BigInteger()),
        sa.Column("unread_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_flagged", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("channels", sa.Text(), server_default="[]", nullable=False),
        sa.Column("last_message_id", _ID),
        sa.Column("last_message_channel", sa.String(length=16)),
        sa.Column("last_message_direction", sa.String(length=16)),
        sa.Column("last_message_snippet", sa.Text()),
        sa.Column("last_message_author_kind", sa.String(length=16)),
        sa.Column("last_message_author_id", _ID),
        sa.Column("last_outbound_at", sa.BigInteger()),
        sa.Column("last_person_at", sa.BigInteger()),
        sa.Column("last_whatsapp_at", sa.BigInteger()),
    ),
    "calls": (
        sa.Column("disposition", sa.String(length=100)),
        sa.Column("tags", sa.Text(), server_default="[]", nullable=False),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("success", sa.Boolean()),
    ),
}


def upgrade() -> None:
    _merge_doubles()
    _change_tables()
    _create_tables()
    _fill_threads()
    _fill_state()
    _create_indexes()


def _change_tables() -> None:
    for table, columns in _NEW_COLUMNS.items():
        for column in columns:
            op.add_column(table, column)
    op.drop_index("ix_messages_account_id_conversation_id_created_at", "messages")
    op.execute(
        "UPDATE messages SET author_kind = CASE WHEN direction = 'inbound' THEN 'lead'"
        " WHEN is_from_bot THEN 'agent' ELSE 'api' END,"
        " source = CASE WHEN direction = 'inbound' THEN 'inbound' ELSE 'api' END"
    )
    op.drop_index("ix_conversations_account_id_contact_id", "conversations")
    op.drop_index("ix_conversations_account_id_last_message_at", "conversations")
    op.drop_column("conversations", "is_starred")
    op.execute("UPDATE conversations SET last_message_at = created_at WHERE last_message_at IS NULL")


def _create_tables() -> None:
    op.create_table(
        "conversation_stars",
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("conversation_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_conversation_stars_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_conversation_stars_conversation_id_conversations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "account_id", "user_id", "conversation_id", name=op.f("pk_conversation_stars")
        ),
    )
    op.create_table(
        "files",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("created_by_id", _ID),
        sa.Column("object_key", sa.Text()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.String(length=128), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_files_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
    )
    op.create_index("ix_files_account_id", "files", ["account_id", "created_at"])
    op.create_table(
        "idempotency_keys",
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("user_id", _ID, nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("body", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_idempotency_keys_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "user_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def _merge_doubles() -> None:
    """One conversation per contact: of several live ones the oldest takes the messages of the others."""
    oldest = (
        "SELECT first.id FROM conversations AS first WHERE first.account_id = conversations.account_id"
        " AND first.contact_id = conversations.contact_id AND first.deleted_at IS NULL"
        " ORDER BY first.created_at, first.id LIMIT 1"
    )
    connection = op.get_bind()
    doubles = connection.execute(
        sa.text(
            f"SELECT id, ({oldest}) AS kept, updated_at FROM conversations"
            f" WHERE deleted_at IS NULL AND id <> ({oldest})"
        )
    ).all()
    for double in doubles:
        connection.execute(
            sa.text("UPDATE messages SET conversation_id = :kept WHERE conversation_id = :id"),
            {"kept": double.kept, "id": double.id},
        )
        connection.execute(
            sa.text("UPDATE conversations SET deleted_at = :at WHERE id = :id"),
            {"at": double.updated_at, "id": double.id},
        )


def _fill_threads() -> None:
    """Every ended call and every voicegram of a live contact stands in the contact's thread."""
    connection = op.get_bind()
    missing = connection.execute(
        sa.text(
            "SELECT contacts.account_id, contacts.id, contacts.created_at FROM contacts"
            " WHERE contacts.deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM conversations"
            " WHERE conversations.account_id = contacts.account_id"
            " AND conversations.contact_id = contacts.id AND conversations.deleted_at IS NULL)"
            " AND (EXISTS (SELECT 1 FROM calls WHERE calls.account_id = contacts.account_id"
            " AND calls.contact_id = contacts.id AND calls.ended_at IS NOT NULL"
            " AND calls.deleted_at IS NULL AND NOT calls.is_test)"
            " OR EXISTS (SELECT 1 FROM voicegrams WHERE voicegrams.account_id = contacts.account_id"
            " AND voicegrams.contact_id = contacts.id AND voicegrams.deleted_at IS NULL))"
        )
    ).all()
    for batch in _batches(missing):
        connection.execute(
            sa.text(
                "INSERT INTO conversations (id, account_id, contact_id, status, is_unread, members,"
                " last_message_at, created_at, updated_at)"
                " VALUES (:id, :account_id, :contact_id, 'open', :is_unread, '[]', :at, :at, :at)"
            ),
            [
                {
                    "id": str(uuid_utils.uuid7()),
                    "account_id": row.account_id,
                    "contact_id": row.id,
                    "is_unread": False,
                    "at": row.created_at,
                }
                for row in batch
            ],
        )
    insert = (
        "INSERT INTO messages (id, account_id, conversation_id, contact_id, channel, kind, direction, status,"
        " carrier, number_id, from_address, to_address, remote_address, body, message_type, is_from_bot,"
        " author_user_id, author_kind, source, created_at, sent_at, delivered_at, read_at, search_text)"
    )
    joined = (
        " JOIN conversations ON conversations.account_id = {0}.account_id"
        " AND conversations.contact_id = {0}.contact_id AND conversations.deleted_at IS NULL"
        " WHERE {0}.deleted_at IS NULL"
    )
    op.execute(
        f"{insert} SELECT calls.id, calls.account_id, conversations.id, calls.contact_id, 'call', 'call',"
        " calls.direction, CASE WHEN calls.direction = 'inbound' THEN 'read' ELSE 'delivered' END,"
        " calls.carrier, calls.number_id, coalesce(calls.from_number, ''),"
        " coalesce(calls.to_number, ''), coalesce(calls.remote_number, ''), coalesce(calls.summary, ''),"
        " 'call', calls.assistant_id IS NOT NULL, calls.user_id,"
        " CASE WHEN calls.direction = 'inbound' THEN 'lead' WHEN calls.user_id IS NOT NULL THEN 'user'"
        " WHEN calls.assistant_id IS NOT NULL THEN 'agent' ELSE 'system' END,"
        " CASE WHEN calls.direction = 'inbound' THEN 'inbound' ELSE 'api' END,"
        " calls.started_at, calls.started_at, calls.started_at, calls.started_at, '\t'"
        f" FROM calls{joined.format('calls')} AND calls.ended_at IS NOT NULL AND NOT calls.is_test"
    )
    op.execute(
        f"{insert} SELECT voicegrams.id, voicegrams.account_id, conversations.id, voicegrams.contact_id,"
        " 'voicegram', 'voicegram', 'inbound',"
        " CASE WHEN voicegrams.is_read THEN 'read' ELSE 'delivered' END, '', NULL, voicegrams.sender_email,"
        " '', voicegrams.sender_email, voicegrams.transcript_text, 'voicegram', false, NULL, 'lead',"
        " 'inbound', voicegrams.created_at, voicegrams.created_at, voicegrams.created_at,"
        " CASE WHEN voicegrams.is_read THEN voicegrams.created_at END, '\t'"
        f" FROM voicegrams{joined.format('voicegrams')}"
    )


def _fill_state() -> None:
    """What the list shows of each conversation, and how many there are of each kind."""
    connection = op.get_bind()
    newest = (
        "(SELECT {} FROM messages WHERE messages.account_id = conversations.account_id"
        " AND messages.conversation_id = conversations.id AND messages.deleted_at IS NULL{}"
        " ORDER BY messages.created_at DESC, messages.id DESC LIMIT 1)"
    )
    op.create_index(
        "ix_messages_thread",
        "messages",
        ["account_id", "conversation_id", "created_at", "id", "deleted_at", "channel"],
    )
    op.execute(f"UPDATE conversations SET last_message_id = {newest.format('messages.id', '')}")
    op.execute(
        "UPDATE conversations SET last_message_channel = found.channel,"
        " last_message_direction = found.direction, last_message_snippet = substr(found.body, 1, 140),"
        " last_message_author_kind = found.author_kind, last_message_author_id = found.author_user_id,"
        " last_message_at = found.created_at FROM messages AS found"
        " WHERE found.id = conversations.last_message_id"
    )
    for name, condition in (
        ("last_inbound_at", " AND messages.direction = 'inbound'"),
        ("last_outbound_at", " AND messages.direction = 'outbound'"),
        ("last_person_at", " AND messages.author_kind = 'user' AND messages.channel <> 'call'"),
        ("last_whatsapp_at", " AND messages.direction = 'inbound' AND messages.channel = 'whatsapp'"),
    ):
        op.execute(f"UPDATE conversations SET {name} = {newest.format('messages.created_at', condition)}")
    unread = (
        "(SELECT count(*) FROM messages WHERE messages.account_id = conversations.account_id"
        " AND messages.conversation_id = conversations.id AND messages.deleted_at IS NULL"
        " AND messages.direction = 'inbound' AND messages.status = 'delivered')"
    )
    op.execute(f"UPDATE conversations SET unread_count = {unread}")
    op.execute("UPDATE conversations SET is_unread = unread_count > 0")
    seen = connection.execute(
        sa.text(
            "SELECT DISTINCT conversation_id, channel FROM messages WHERE deleted_at IS NULL"
            " ORDER BY conversation_id, channel"
        )
    )
    channels: dict[str, list[str]] = {}
    for row in seen:
        channels.setdefault(row.conversation_id, []).append(row.channel)
    for batch in _batches(list(channels.items())):
        connection.execute(
            sa.text("UPDATE conversations SET channels = :channels WHERE id = :id"),
            [
                {"id": conversation_id, "channels": "[" + ",".join(f'"{name}"' for name in names) + "]"}
                for conversation_id, names in batch
            ],
        )
    _count("messages.logged", "messages", "deleted_at IS NULL AND channel IN ('sms', 'whatsapp')")
    for status in ("open", "snoozed", "closed"):
        _count(f"conversations.{status}", "conversations", f"deleted_at IS NULL AND status = '{status}'")
    _count("conversations.none", "conversations", f"{_OPEN} AND assigned_to_id IS NULL")
    _count("conversations.unread", "conversations", f"{_OPEN} AND is_unread")


def _count(name: str, table: str, condition: str) -> None:
    op.execute(
        f"INSERT INTO account_counters (account_id, name, value) SELECT account_id, '{name}', count(*)"
        f" FROM {table} WHERE {condition} GROUP BY account_id"
    )


def _create_indexes() -> None:
    def index(
        name: str, columns: list[str], where: str, postgresql: str | None = None, **options: Any
    ) -> None:
        op.create_index(
            name,
            "messages" if name.startswith("ix_messages") else "conversations",
            columns,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(postgresql or where),
            **options,
        )

    listed = ["account_id", "last_message_at", "id"]
    index("uq_conversations_live_contact", ["account_id", "contact_id"], "deleted_at IS NULL", unique=True)
    index("ix_conversations_all", listed, "deleted_at IS NULL")
    index("ix_conversations_open", listed, _OPEN)
    index("ix_conversations_status", ["account_id", "status", "last_message_at", "id"], "deleted_at IS NULL")
    index(
        "ix_conversations_assigned",
        ["account_id", "assigned_to_id", "last_message_at", "id"],
        f"{_OPEN} AND assigned_to_id IS NOT NULL",
    )
    index("ix_conversations_unassigned", listed, f"{_OPEN} AND assigned_to_id IS NULL")
    index("ix_conversations_unread", listed, f"{_OPEN} AND is_unread IS 1", f"{_OPEN} AND is_unread IS true")
    index(
        "ix_conversations_flagged", listed, f"{_OPEN} AND is_flagged IS 1", f"{_OPEN} AND is_flagged IS true"
    )
    index(
        "ix_conversations_manual",
        ["account_id", "last_person_at", "id"],
        f"{_OPEN} AND last_person_at IS NOT NULL",
    )
    index(
        "ix_messages_queued",
        ["account_id", "conversation_id", "channel", "created_at", "id"],
        "status = 'queued'",
    )
    index("ix_messages_scheduled", ["scheduled_at"], "status = 'scheduled'")


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    found = list(rows)
    for start in range(0, len(found), _BATCH):
        yield found[start : start + _BATCH]
