"""People from before there were integer ids get theirs by the migration (contracts/vocatech.md 4)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from antiphon.migrations.runner import config, migrate_sqlite


def test_existing_members_are_numbered(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        settings = config()
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0001")
    engine.dispose()
    with closing(sqlite3.connect(path)) as raw:
        for account in ("a", "b"):
            raw.execute(
                "INSERT INTO accounts (id, name, plan, country, timezone, created_at)"
                " VALUES (?, 'Acme', 'free', 'US', 'UTC', 1)",
                [account],
            )
        for number, (account, at) in enumerate((("a", 5), ("a", 3), ("a", 5), ("b", 9))):
            raw.execute(
                "INSERT INTO users (id, email, name, is_disabled, created_at) VALUES (?, ?, 'X', 0, 1)",
                [f"u{number}", f"u{number}@example.org"],
            )
            raw.execute(
                "INSERT INTO memberships (account_id, user_id, role, created_at) VALUES (?, ?, 'owner', ?)",
                [account, f"u{number}", at],
            )
        raw.commit()
    migrate_sqlite(path)
    with closing(sqlite3.connect(path)) as raw:
        numbers = raw.execute(
            "SELECT user_id, member_number, is_active FROM memberships ORDER BY 1"
        ).fetchall()
        counters = raw.execute("SELECT account_id, value FROM account_counters WHERE name = 'member_numbers'")
        assert numbers == [("u0", 2, 1), ("u1", 1, 1), ("u2", 3, 1), ("u3", 1, 1)]
        assert sorted(counters.fetchall()) == [("a", 3), ("b", 1)]
