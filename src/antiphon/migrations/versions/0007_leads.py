"""What a contact is to sales, its notes and its timeline."""

from __future__ import annotations

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    pass
