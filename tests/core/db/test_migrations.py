"""The migrations make exactly the tables that the program uses."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from antiphon.core.db.postgres import async_url
from antiphon.core.errors import ConfigurationError
from antiphon.migrations.runner import head, migrate_sqlite
from antiphon.migrations.schema import include_object, target_metadata
from antiphon.migrations.startup import HEAD


def _normal(path: Path) -> dict[str, str]:
    raw = sqlite3.connect(path)
    rows = raw.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    ).fetchall()
    raw.close()
    return {name: " ".join(sql.replace('"', "").split()) for name, sql in rows}


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_sqlite_schema_is_that_of_the_tables(tmp_path: Path, sqlite_template: Path) -> None:
    declared = tmp_path / "declared.db"
    engine = create_engine(f"sqlite:///{declared}")
    target_metadata.create_all(engine)
    engine.dispose()
    assert _normal(sqlite_template) == _normal(declared)
    engine = create_engine(f"sqlite:///{sqlite_template}")
    with engine.connect() as connection:
        assert _differences(connection) == []
    engine.dispose()


@pytest.mark.postgres
async def test_postgres_schema_is_that_of_the_tables(migrated_postgres_url: str) -> None:
    engine = create_async_engine(async_url(migrated_postgres_url))
    async with engine.connect() as connection:
        differences = await connection.run_sync(_differences)
    await engine.dispose()
    assert differences == []


def _differences(connection: Connection) -> list[object]:
    def wanted(item: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
        if kind == "index" and name == "ix_jobs_ready":
            return False  # alembic cannot compare expressions; its SQL text is compared on SQLite
        only = getattr(item, "info", {}).get("dialect") if kind == "table" else None
        return only in (None, connection.dialect.name) and include_object(item, name, kind, reflected, other)

    context = MigrationContext.configure(
        connection, opts={"include_object": wanted, "target_metadata": target_metadata}
    )
    return list(compare_metadata(context, target_metadata))


def test_the_quick_look_knows_the_newest_revision() -> None:
    assert head() == HEAD


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "twice.db"
    assert migrate_sqlite(path) == ("", head())
    assert migrate_sqlite(path) == (head(), head())


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    migrate_sqlite(path)
    raw = sqlite3.connect(path)
    raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.commit()
    raw.close()
    with pytest.raises(ConfigurationError, match="9999"):
        migrate_sqlite(path)
