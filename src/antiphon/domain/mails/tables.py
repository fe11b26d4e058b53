"""The outbox of mail: committed with the change that causes it, sent by a job."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, Text

from antiphon.core.db.metadata import metadata
from antiphon.core.db.types import Id, Millis

mails = Table(
    "mails",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id),
    Column("recipient", String(320), nullable=False),
    Column("subject", Text, nullable=False),
    Column("sealed_body", Text),
    Column("status", String(16), nullable=False),
    Column("error", Text),
    Column("created_at", Millis, nullable=False),
    Column("finished_at", Millis),
    Index("ix_mails_account_id_created_at", "account_id", "created_at"),
)
