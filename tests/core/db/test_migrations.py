"""The migrations make exactly the tables that the program uses."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from antiphon.core.db.postgres import async_url
from antiphon.core.db.search_schema import owned_names
from antiphon.core.db.search_text import spelled, whole
from antiphon.core.db.sqlite import create_file
from antiphon.core.errors import ConfigurationError
from antiphon.domain.calls.records import Turn
from antiphon.domain.calls.search import search_text as calls_text
from antiphon.domain.conversations.search import search_text as messages_text
from antiphon.migrations.runner import config, definitions, head, migrate_sqlite
from antiphon.migrations.schema import SEARCH_INDEXES, include_object, target_metadata
from antiphon.migrations.startup import DEFINITIONS, HEAD, ensure_migrated
from antiphon.settings import Settings


def _normal(path: Path) -> dict[str, str]:
    raw = sqlite3.connect(path)
    rows = raw.execute(
        "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    ).fetchall()
    raw.close()
    searched = owned_names(SEARCH_INDEXES)
    return {
        name: " ".join(sql.replace('"', "").split()) for name, table, sql in rows if table not in searched
    }


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
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
    assert definitions() == DEFINITIONS, "what is made after the revisions has changed: put this number there"


@pytest.mark.parametrize("name", ["messages_text_blocks", "message_days_insert", "calls_search_insert"])
async def test_a_store_of_earlier_definitions_is_brought_to_the_newest(tmp_path: Path, name: str) -> None:
    """One that is at the newest revision too: the quick look sees that something is still to be made."""
    settings = Settings(data_dir=tmp_path)
    await ensure_migrated(settings)

    def present() -> set[str]:
        raw = sqlite3.connect(settings.sqlite_path)
        found = {row[0] for row in raw.execute("SELECT name FROM sqlite_master")}
        raw.close()
        return found

    whole_store = present()
    raw = sqlite3.connect(settings.sqlite_path)
    kind = raw.execute("SELECT type FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
    raw.execute(f"DROP {kind} {name}")
    raw.execute("PRAGMA user_version=0")
    raw.commit()
    raw.close()
    assert name not in present()
    await ensure_migrated(settings)
    assert present() == whole_store


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "twice.db"
    assert migrate_sqlite(path) == ("", head())
    assert migrate_sqlite(path) == (head(), head())


def test_texts_of_the_past_are_found(tmp_path: Path) -> None:
    """What was stored before 0004 is searched as what is stored today."""
    path = tmp_path / "past.db"
    create_file(path)
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        alembic = config()
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, "0003")
    engine.dispose()
    raw = sqlite3.connect(path, isolation_level=None)

    def insert(table: str, **given: object) -> None:
        needed = raw.execute(f"PRAGMA table_info({table})").fetchall()
        row = {
            name: 0 for _, name, _, is_needed, default, _ in needed if is_needed and default is None
        } | given
        raw.execute(
            f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",  # own names
            list(row.values()),
        )

    insert("accounts", id="a")
    contact = {
        "id": "c",
        "account_id": "a",
        "first_name": "Ann",
        "last_name": "Lee",
        "custom": "{}",
        "tags": "[]",
    }
    insert("contacts", **contact, company="", search_text="\tann lee\n\t15550100143")
    said = '[{"speaker": "caller", "text": "A Drill press.", "start_ms": 0, "end_ms": 1, "confidence": 1.0}]'
    call = {"id": "k", "account_id": "a", "carrier": "x", "search_text": "ann lee\tparts", "metadata": "{}"}
    insert(
        "calls", **call, extension="204", extension_name="Parts", from_number="+15550100143", transcript=said
    )
    insert("call_segments", call_id="k", account_id="a", position=0, started_at=0, extension="777")
    insert("conversations", id="v", account_id="a", contact_id="c")
    numbers = {"from_address": "+15550100143", "to_address": "+15550100100"}
    message = {"id": "m", "account_id": "a", "conversation_id": "v", "contact_id": "c", "carrier": "x"}
    insert("messages", **message, **numbers, body="See You", search_text="see you")
    raw.close()
    migrate_sqlite(path)
    raw = sqlite3.connect(path)
    contact_text, call_text, message_text = (
        raw.execute(f"SELECT search_text FROM {table}").fetchone()[0]  # own names
        for table in ("contacts", "calls", "messages")
    )
    raw.close()
    assert contact_text == "\tann lee\n\n" + spelled("+15550100143")
    turns = (Turn("caller", "A Drill press.", 0, 1, 1.0),)
    numbers_of_call = (numbers["from_address"],)
    assert call_text == calls_text(
        "Ann Lee", "Parts", extensions=("204", "777"), numbers=numbers_of_call, turns=turns
    )
    assert message_text == messages_text("Ann Lee", "See You", *numbers.values())


def test_numbers_of_the_past_are_found(tmp_path: Path) -> None:
    """What was spelled by 0012 is searched as what is spelled today; other whole values stay."""
    path = tmp_path / "past.db"
    create_file(path)
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        alembic = config()
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, "0012")
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("PRAGMA foreign_keys = OFF")
    texts = ("MVNLNPNPNPNKNLNKNKNLNONN", "MVNLNPNPNPNKNLNKNKNLNO", "QLOKRS", "NMNKNO")
    values = ("+15550100143", "+1555010014", "a@x", "204")
    spelled_before = "".join(f"\n{one}\n" for one in texts)
    needed = raw.execute("PRAGMA table_info(messages)").fetchall()
    row = {name: 0 for _, name, _, is_needed, default, _ in needed if is_needed and default is None}
    row |= {"id": "m", "search_text": f"ann\thello{spelled_before}"}
    raw.execute(
        f"INSERT INTO messages ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",  # own names
        list(row.values()),
    )
    with engine.begin() as connection:
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, "0013")
    engine.dispose()
    (found,) = raw.execute("SELECT search_text FROM messages").fetchone()
    raw.close()
    assert found == "ann\thello" + "".join(map(whole, values))


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    migrate_sqlite(path)
    raw = sqlite3.connect(path)
    raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.commit()
    raw.close()
    with pytest.raises(ConfigurationError, match="9999"):
        migrate_sqlite(path)
