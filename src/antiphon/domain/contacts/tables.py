"""Contacts, one row for what three contracts show, with their addresses, fields, tags, notes and opt-outs."""

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
    false,
    text,
)

from antiphon.core.db.day_counts import DayCounts
from antiphon.core.db.metadata import metadata
from antiphon.core.db.search import SearchIndex
from antiphon.core.db.search_counts import Counted
from antiphon.core.db.search_parts import Parts
from antiphon.core.db.types import Id, JsonText, Millis

_LIVE: dict[str, Any] = {
    "sqlite_where": text("deleted_at IS NULL"),
    "postgresql_where": text("deleted_at IS NULL"),
}


def _live_with(column: str) -> dict[str, Any]:
    condition = text(f"{column} IS NOT NULL AND deleted_at IS NULL")
    return {"sqlite_where": condition, "postgresql_where": condition}


contacts = Table(
    "contacts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("first_name", Text, nullable=False),
    Column("last_name", Text, nullable=False),
    Column("company", Text, nullable=False),
    Column("source", String(16), nullable=False),
    Column("custom", JsonText, nullable=False),
    Column("tags", JsonText, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("interaction_count", Integer, nullable=False),
    Column("last_interaction_at", Millis),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("deleted_at", Millis),
    Column("lead_source", String(200)),
    Column("lifecycle_stage", String(16)),
    Column("owner_id", Id),
    Column("pipeline_id", Id),
    Column("pipeline_stage_id", Id),
    Column("deal_value", BigInteger),
    Column("deal_currency", String(3)),
    Column("score", Integer, nullable=False, server_default="0"),
    Column("address", Text),
    Column("city", Text),
    Column("state", Text),
    Column("postal_code", Text),
    Column("country", Text),
    Column("timezone", String(64)),
    Column("language", String(35)),
    Column("date_of_birth", String(10)),
    Column("website", Text),
    Column("job_title", Text),
    Column("dnd", Boolean, nullable=False, server_default=false()),
    Column("sort_name", Text, nullable=False, server_default=""),
    Column("last_activity_at", Millis, nullable=False, server_default="0"),
    UniqueConstraint("account_id", "number"),
    Index(
        "ix_contacts_deleted_at",
        "deleted_at",
        sqlite_where=text("deleted_at IS NOT NULL"),
        postgresql_where=text("deleted_at IS NOT NULL"),
    ),
    Index("ix_contacts_live_number", "account_id", "number", "id", **_LIVE),
    Index("ix_contacts_live_created_at", "account_id", "created_at", "id", **_LIVE),
    Index("ix_contacts_live_updated_at", "account_id", "updated_at", "id", **_LIVE),
    Index("ix_contacts_live_last_activity_at", "account_id", "last_activity_at", "id", **_LIVE),
    Index("ix_contacts_live_sort_name", "account_id", "sort_name", "id", **_LIVE),
    Index("ix_contacts_live_score", "account_id", "score", "id", **_LIVE),
    Index("ix_contacts_live_lifecycle_stage", "account_id", "lifecycle_stage", "created_at", "id", **_LIVE),
    Index("ix_contacts_live_lead_source", "account_id", "lead_source", "created_at", "id", **_LIVE),
    Index(
        "ix_contacts_live_owner_id", "account_id", "owner_id", "created_at", "id", **_live_with("owner_id")
    ),
    Index(
        "ix_contacts_live_pipeline_stage_id",
        "account_id",
        "pipeline_stage_id",
        "created_at",
        "id",
        **_live_with("pipeline_stage_id"),
    ),
)

SOURCE_PARTS = {"phone": 1, "website": 2, "manual": 3, "whatsapp": 4}
EVERY_PART = (0, *SOURCE_PARTS.values())
"""Of `contact_search`; what came from elsewhere is in part 0."""
contact_search = SearchIndex(
    contacts,
    "number",
    "source",
    "created_at",
    "lifecycle_stage",
    "pipeline_stage_id",
    "owner_id",
    "lead_source",
    "sort_name",
    parts=Parts(
        "CASE {row}source "
        + "".join(f"WHEN '{name}' THEN {part} " for name, part in SOURCE_PARTS.items())
        + "ELSE 0 END",
        ("source",),
        "created_at",
    ),
    counted=Counted(("source",)),
)

contact_days = Table(
    "contact_days",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("day", Integer, nullable=False),
    Column("source", String(16), nullable=False),
    Column("value", Integer, nullable=False),
    PrimaryKeyConstraint("account_id", "day", "source"),
)
day_counts = DayCounts(
    contact_days,
    contacts,
    "created_at",
    {"source": "{row}source"},
    where="{row}deleted_at IS NULL",
    columns=("source", "deleted_at"),
)
"""How many live contacts were made on each UTC day."""

contact_addresses = Table(
    "contact_addresses",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("contact_id", Id, ForeignKey("contacts.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("position", Integer, nullable=False),
    Column("value", String(320), nullable=False),
    Column("is_verified", Boolean, nullable=False),
    Column("label", String(40)),
    UniqueConstraint("account_id", "contact_id", "kind", "value"),
    Index("ix_contact_addresses_account_id_kind_value", "account_id", "kind", "value", "contact_id"),
)

contact_fields = Table(
    "contact_fields",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("field_name", String(64), nullable=False),
    Column("position", Integer, nullable=False),
    Column("data_type", String(16), nullable=False),
    Column("is_builtin", Boolean, nullable=False),
    Column("is_phone", Boolean, nullable=False),
    Column("is_match", Boolean, nullable=False),
    Column("reports_enabled", Boolean, nullable=False),
    Column("hide_no_data", Boolean, nullable=False),
    Column("show_in_fields", Boolean, nullable=False),
    Column("is_integration", Boolean, nullable=False),
    Column("category", String(100), nullable=False, server_default="Contact"),
    Column("options", JsonText, nullable=False, server_default="[]"),
    PrimaryKeyConstraint("account_id", "number"),
    UniqueConstraint("account_id", "field_name"),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("address", String(320), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("lifted_at", Millis),
    Index(
        "uq_suppressions_live",
        "account_id",
        "channel",
        "address",
        unique=True,
        sqlite_where=text("lifted_at IS NULL"),
        postgresql_where=text("lifted_at IS NULL"),
    ),
)

contact_counts = Table(
    "contact_counts",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("value", String(200), nullable=False),
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("account_id", "kind", "value"),
)
"""How many live contacts have one tag, stage, owner, lifecycle stage or source."""

tags = Table(
    "tags",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("name_key", String(200), nullable=False),
    Column("color", String(7)),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    UniqueConstraint("account_id", "name_key"),
)

contact_tags = Table(
    "contact_tags",
    metadata,
    Column("contact_id", Id, ForeignKey("contacts.id", ondelete="CASCADE"), nullable=False),
    Column("tag_id", Id, ForeignKey("tags.id", ondelete="CASCADE"), nullable=False),
    Column("account_id", Id, nullable=False),
    Column("contact_created_at", Millis, nullable=False),
    PrimaryKeyConstraint("contact_id", "tag_id"),
    Index("ix_contact_tags_page", "account_id", "tag_id", "contact_created_at", "contact_id"),
)

pipelines = Table(
    "pipelines",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Index("ix_pipelines_account_id_created_at", "account_id", "created_at"),
)

pipeline_stages = Table(
    "pipeline_stages",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("pipeline_id", Id, ForeignKey("pipelines.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("color", String(7), nullable=False),
    Column("position", Integer, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("probability", Integer, nullable=False),
    Index("ix_pipeline_stages_account_id_pipeline_id", "account_id", "pipeline_id", "position"),
)

activities = Table(
    "activities",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("contact_id", Id, ForeignKey("contacts.id", ondelete="CASCADE"), nullable=False),
    Column("type", String(8), nullable=False),
    Column("subtype", String(24), nullable=False),
    Column("summary", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("is_pinned", Boolean, nullable=False),
    Column("actor_kind", String(16), nullable=False),
    Column("actor_id", Id),
    Column("actor_name", Text, nullable=False),
    Column("at", Millis, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("updated_at", Millis, nullable=False),
    Column("deleted_at", Millis),
    Index("ix_activities_account_id_contact_id_at", "account_id", "contact_id", "at", "id"),
)
"""Notes, changes and what was logged by hand; calls and messages stand in their own tables."""
