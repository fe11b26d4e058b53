"""Brings a store to the newest schema; safe to run at every start."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Dialect, NullPool, create_engine, event, text
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.ext.asyncio import create_async_engine

from antiphon.core.db.day_counts import install_counts
from antiphon.core.db.postgres import async_url
from antiphon.core.db.search_counts_schema import count_objects, install_text_counts
from antiphon.core.db.search_schema import install, sqlite_objects
from antiphon.core.db.sqlite import create_file
from antiphon.core.errors import ConfigurationError
from antiphon.core.jobs.postgres_store import install_or_upgrade
from antiphon.migrations.schema import DAY_COUNTS, SEARCH_INDEXES, TEXT_COUNTS
from antiphon.migrations.startup import DEFINITIONS
from antiphon.settings import Settings

_LOCK = 7_305_116
CACHE_KIB = 256 * 1024
"""Of SQLite: pages of an index that is filled in no order are written once, not with each row."""


def config() -> Config:
    alembic = Config()
    alembic.set_main_option("script_location", str(Path(__file__).parent))
    return alembic


def head() -> str:
    """The newest revision."""
    return ScriptDirectory.from_config(config()).get_current_head() or ""


async def migrate(settings: Settings) -> tuple[str, str]:
    """Migrate the configured store; returns the revision before ("" when new) and after.

    Raises ConfigurationError when the store is newer than this program, or breaks its own references.
    """
    if settings.database_url:
        return await _migrate_postgres(settings.database_url)
    return await asyncio.to_thread(migrate_sqlite, settings.sqlite_path)


async def revision_of(settings: Settings) -> str:
    """The store's revision, "" when it has none; changes nothing."""
    if not settings.database_url:
        return await asyncio.to_thread(_sqlite_revision, settings.sqlite_path)
    engine = create_async_engine(async_url(settings.database_url), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(current_revision)
    finally:
        await engine.dispose()


def _sqlite_revision(path: Path) -> str:
    if not path.exists():
        return ""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    try:
        with engine.connect() as connection:
            return current_revision(connection)
    finally:
        engine.dispose()


def migrate_sqlite(path: Path) -> tuple[str, str]:
    create_file(path)
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": 30})

    # A batch rebuild drops the old table, and with references enforced its children would go with it.
    @event.listens_for(engine, "connect")
    def _without_references(raw: sqlite3.Connection, _: object) -> None:
        raw.isolation_level = None
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.execute(f"PRAGMA cache_size=-{CACHE_KIB}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            revisions = _upgrade(connection)
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                raise ConfigurationError(f"the migration left {len(broken)} broken references")
    finally:
        engine.dispose()
    return revisions


async def _migrate_postgres(url: str) -> tuple[str, str]:
    engine = create_async_engine(async_url(url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            # Several processes may start at once; the lock ends with the transaction.
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            revisions = await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()
    await install_or_upgrade(url)
    return revisions


def definitions() -> int:
    """What is made after the revisions on SQLite, as one number of 31 bits."""
    dialect: Dialect = SQLiteDialect_pysqlite()
    made = [
        *(sqlite_objects(index) for index in SEARCH_INDEXES),
        *(count_objects(counts, dialect) for counts in TEXT_COUNTS),
        *(counts.sqlite_objects() for counts in DAY_COUNTS),
    ]
    statements = "\n".join(sql for objects in made for sql in objects.values())
    return int.from_bytes(hashlib.sha256(statements.encode()).digest()[:4], "big") >> 1


def current_revision(connection: Connection) -> str:
    return MigrationContext.configure(connection).get_current_revision() or ""


def _upgrade(connection: Connection) -> tuple[str, str]:
    before = current_revision(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    if before and before not in known:
        raise ConfigurationError(f"the database is at revision {before}, which this version does not know")
    if before != head():
        alembic = config()
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, "head")
    install(connection, SEARCH_INDEXES)
    install_text_counts(connection, TEXT_COUNTS)
    install_counts(connection, DAY_COUNTS)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA user_version={DEFINITIONS}")
    return before, current_revision(connection)
