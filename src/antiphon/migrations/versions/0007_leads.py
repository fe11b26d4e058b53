"""What a contact is to sales, its tags, its notes and its timeline."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from antiphon.core.db.search_text import normalise
from antiphon.core.ids import new_id

revision = "0007"
down_revision = "0006"

BATCH = 5000
_COLUMNS: tuple[sa.Column[Any], ...] = (
    sa.Column("lead_source", sa.String(length=200), nullable=True),
    sa.Column("lifecycle_stage", sa.String(length=16), nullable=True),
    sa.Column("owner_id", sa.String(length=36), nullable=True),
    sa.Column("pipeline_id", sa.String(length=36), nullable=True),
    sa.Column("pipeline_stage_id", sa.String(length=36), nullable=True),
    sa.Column("deal_value", sa.BigInteger(), nullable=True),
    sa.Column("deal_currency", sa.String(length=3), nullable=True),
    sa.Column("score", sa.Integer(), server_default="0", nullable=False),
    sa.Column("address", sa.Text(), nullable=True),
    sa.Column("city", sa.Text(), nullable=True),
    sa.Column("state", sa.Text(), nullable=True),
    sa.Column("postal_code", sa.Text(), nullable=True),
    sa.Column("country", sa.Text(), nullable=True),
    sa.Column("timezone", sa.String(length=64), nullable=True),
    sa.Column("language", sa.String(length=35), nullable=True),
    sa.Column("date_of_birth", sa.String(length=10), nullable=True),
    sa.Column("website", sa.Text(), nullable=True),
    sa.Column("job_title", sa.Text(), nullable=True),
    sa.Column("dnd", sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column("sort_name", sa.Text(), server_default="", nullable=False),
    sa.Column("last_activity_at", sa.BigInteger(), server_default="0", nullable=False),
)
_LIVE = "deleted_at IS NULL"
_INDEXES = (
    ("updated_at", ("updated_at",), _LIVE),
    ("last_activity_at", ("last_activity_at",), _LIVE),
    ("sort_name", ("sort_name",), _LIVE),
    ("score", ("score",), _LIVE),
    ("lifecycle_stage", ("lifecycle_stage", "created_at"), _LIVE),
    ("lead_source", ("lead_source", "created_at"), _LIVE),
    ("owner_id", ("owner_id", "created_at"), f"owner_id IS NOT NULL AND {_LIVE}"),
    ("pipeline_stage_id", ("pipeline_stage_id", "created_at"), f"pipeline_stage_id IS NOT NULL AND {_LIVE}"),
)


def upgrade() -> None:
    for column in _COLUMNS:
        op.add_column("contacts", column)
    op.add_column("contact_addresses", sa.Column("label", sa.String(length=40), nullable=True))
    op.add_column(
        "contact_fields",
        sa.Column("category", sa.String(length=100), server_default="Contact", nullable=False),
    )
    op.add_column("contact_fields", sa.Column("options", sa.Text(), server_default="[]", nullable=False))
    _create_tables()
    _fill_contacts()
    _fill_tags()
    for name, columns, condition in _INDEXES:
        op.create_index(
            f"ix_contacts_live_{name}",
            "contacts",
            ["account_id", *columns, "id"],
            sqlite_where=sa.text(condition),
            postgresql_where=sa.text(condition),
        )


def _account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["account_id"], ["accounts.id"], name=op.f(f"fk_{table}_account_id"), ondelete="CASCADE"
    )


def _create_tables() -> None:
    op.create_table(
        "contact_counts",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        _account("contact_counts"),
        sa.PrimaryKeyConstraint("account_id", "kind", "value", name=op.f("pk_contact_counts")),
    )
    op.create_table(
        "tags",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("color", sa.String(length=7), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        _account("tags"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
        sa.UniqueConstraint("account_id", "name_key", name=op.f("uq_tags_account_id_name_key")),
    )
    op.create_table(
        "contact_tags",
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("tag_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("contact_created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contacts.id"],
            name=op.f("fk_contact_tags_contact_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tags.id"], name=op.f("fk_contact_tags_tag_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("contact_id", "tag_id", name=op.f("pk_contact_tags")),
    )
    op.create_index(
        "ix_contact_tags_page", "contact_tags", ["account_id", "tag_id", "contact_created_at", "contact_id"]
    )
    op.create_table(
        "pipelines",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        _account("pipelines"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pipelines")),
    )
    op.create_index("ix_pipelines_account_id_created_at", "pipelines", ["account_id", "created_at"])
    op.create_table(
        "pipeline_stages",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("pipeline_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("color", sa.String(length=7), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("probability", sa.Integer(), nullable=False),
        _account("pipeline_stages"),
        sa.ForeignKeyConstraint(
            ["pipeline_id"],
            ["pipelines.id"],
            name=op.f("fk_pipeline_stages_pipeline_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pipeline_stages")),
    )
    op.create_index(
        "ix_pipeline_stages_account_id_pipeline_id",
        "pipeline_stages",
        ["account_id", "pipeline_id", "position"],
    )
    op.create_table(
        "activities",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=8), nullable=False),
        sa.Column("subtype", sa.String(length=24), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("is_pinned", sa.Boolean(), nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        _account("activities"),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contacts.id"],
            name=op.f("fk_activities_contact_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activities")),
    )
    op.create_index(
        "ix_activities_account_id_contact_id_at", "activities", ["account_id", "contact_id", "at", "id"]
    )


def _fill_contacts() -> None:
    op.execute(
        "UPDATE contacts SET lead_source = source, lifecycle_stage = 'lead',"
        " last_activity_at = coalesce(last_interaction_at, 0)"
    )
    for kind, column in (("lifecycle", "lifecycle_stage"), ("source", "lead_source")):
        op.execute(
            f"INSERT INTO contact_counts (account_id, kind, value, count)"  # noqa: S608  (names of this file)
            f" SELECT account_id, '{kind}', {column}, count(*) FROM contacts"
            f" WHERE {_LIVE} GROUP BY account_id, {column}"
        )
    page = sa.text(
        "SELECT id, first_name, last_name, company, (SELECT value FROM contact_addresses AS a"
        " WHERE a.account_id = contacts.account_id AND a.contact_id = contacts.id"
        " ORDER BY CASE a.kind WHEN 'email' THEN 0 WHEN 'phone' THEN 1 ELSE 2 END, a.position LIMIT 1) AS at"
        " FROM contacts WHERE id > :after ORDER BY id LIMIT :size"
    )
    store = sa.text("UPDATE contacts SET sort_name = :name WHERE id = :id")
    connection, after = op.get_bind(), ""
    while rows := connection.execute(page, {"after": after, "size": BATCH}).all():
        connection.execute(
            store,
            [
                {
                    "id": row.id,
                    "name": normalise(
                        f"{row.first_name} {row.last_name}".strip() or row.company or row.at or ""
                    ),
                }
                for row in rows
            ],
        )
        after = rows[-1].id


def _fill_tags() -> None:
    """Tags were text of each contact; the first spelling of a name becomes the tag's."""
    connection = op.get_bind()
    page = sa.text(
        "SELECT id, account_id, tags, created_at, deleted_at FROM contacts"
        " WHERE tags <> '[]' AND id > :after ORDER BY id LIMIT :size"
    )
    known: dict[tuple[str, str], str] = {}
    counts: dict[tuple[str, str], int] = {}
    new: list[dict[str, object]] = []
    links: list[dict[str, object]] = []
    after = ""
    while rows := connection.execute(page, {"after": after, "size": BATCH}).all():
        for row in rows:
            for key, name in _by_key(json.loads(row.tags)).items():
                tag_id = known.get((row.account_id, key))
                if tag_id is None:
                    tag_id = known[row.account_id, key] = new_id()
                    new.append(
                        {
                            "id": tag_id,
                            "account_id": row.account_id,
                            "name": name,
                            "key": key,
                            "at": row.created_at,
                        }
                    )
                if row.deleted_at is None:
                    counts[row.account_id, tag_id] = counts.get((row.account_id, tag_id), 0) + 1
                    links.append(
                        {
                            "contact": row.id,
                            "tag": tag_id,
                            "account": row.account_id,
                            "at": row.created_at,
                        }
                    )
        after = rows[-1].id
        _insert(
            "INSERT INTO tags (id, account_id, name, name_key, created_at, updated_at)"
            " VALUES (:id, :account_id, :name, :key, :at, :at)",
            new,
        )
        _insert(
            "INSERT INTO contact_tags (contact_id, tag_id, account_id, contact_created_at)"
            " VALUES (:contact, :tag, :account, :at)",
            links,
        )
        new.clear()
        links.clear()
    _insert(
        "INSERT INTO contact_counts (account_id, kind, value, count) VALUES (:account, 'tag', :tag, :count)",
        [{"account": account, "tag": tag, "count": count} for (account, tag), count in counts.items()],
    )


def _by_key(names: list[str]) -> dict[str, str]:
    cut = [name[:100] for name in reversed(names)]
    return {name.casefold()[:200]: name for name in cut}


def _insert(statement: str, rows: list[dict[str, object]]) -> None:
    if rows:
        op.get_bind().execute(sa.text(statement), rows)
