"""The quick look at every start: a store that is up to date does not load the migration machinery."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from antiphon.settings import Settings

HEAD = "0014"
"""The newest revision; a test holds it against the migrations."""

DEFINITIONS = 1997079550
"""Of what is made after the revisions, kept as SQLite's `user_version`; a test holds it against them."""


async def ensure_migrated(settings: Settings) -> None:
    """Migrate the configured store unless it is at the newest revision. Raises ConfigurationError."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if not settings.database_url:
        state = await asyncio.to_thread(_state, settings.sqlite_path)
        if state == (HEAD, DEFINITIONS):
            return
    from antiphon.migrations.runner import migrate

    await migrate(settings)


def _state(path: Path) -> tuple[str, int] | None:
    if not path.exists():
        return None
    raw = sqlite3.connect(path)
    try:
        row = raw.execute("SELECT version_num FROM alembic_version").fetchone()
        (definitions,) = raw.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error:
        return None
    finally:
        raw.close()
    return None if row is None else (str(row[0]), int(definitions))
