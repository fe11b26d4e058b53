"""Two letters are searched on SQLite's text index: stores look at their search indexes again."""

from __future__ import annotations

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Nothing of the tables changes; the indexes are compared with their definitions after every upgrade."""
