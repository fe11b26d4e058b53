"""The tables and triggers of search indexes, which follow from their definitions on either store.

They hold nothing that is not in the searched tables, so they are no part of the revisions: `install` runs
after them and makes anew whatever is missing or differs.
"""

from __future__ import annotations

# ruff: noqa: S608 # the statements are of names in the program alone
import hashlib
from collections.abc import Iterable, Sequence

import structlog
from sqlalchemy import Connection, Dialect, text
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DBAPIError

from antiphon.core.clock import DAY
from antiphon.core.db.search import SearchIndex
from antiphon.core.db.search_parts import DAY_SHIFT, LAST_DAY, PART_SHIFT, SCOPE_SHIFT

log = structlog.get_logger(__name__)

SCOPES = "search_scopes"
FILL_BYTES = 64 * 1024 * 1024
WRITE_BYTES = 1024 * 1024
_HASH_SIZE = "INSERT INTO {texts} ({texts}, rank) VALUES ('hashsize', {size})"
_SQLITE: Dialect = SQLiteDialect_pysqlite()
_POSTGRES: Dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]  # of the library
_SHADOWS = ("config", "data", "docsize", "idx")
_TRIGGERS = ("insert", "update", "words", "delete")


def owned_names(indexes: Iterable[SearchIndex]) -> set[str]:
    """The tables that `install` makes, those inside SQLite's text index included."""
    found = {SCOPES}
    for index in indexes:
        found |= {
            index.name,
            index.text_name,
            index.terms_name,
            *(f"{index.text_name}_{part}" for part in _SHADOWS),
        }
        if index.counted is not None:
            found |= {table.name for table in index.text_counts.tables}
    return found


def install(connection: Connection, indexes: Sequence[SearchIndex]) -> None:
    """Bring the indexes to their definitions; one that changed is filled again from its table."""
    if connection.dialect.name == "sqlite":
        _install_sqlite(connection, indexes)
    else:
        _install_postgres(connection, indexes)


def sqlite_objects(index: SearchIndex) -> dict[str, str]:
    """The statements that make an index on SQLite, by the names of what they make."""
    table, rows, texts = index.table.name, index.name, index.text_name
    types = {name: index.table.c[name].type.compile(_SQLITE) for name in index.copies}
    copies = "".join(f"{name} {kind}, " for name, kind in types.items())
    names = "".join(f"{name}, " for name in index.copies)
    values = "".join(f"new.{name}, " for name in index.copies)
    assigned = ", ".join(f"{name} = new.{name}" for name in index.copies)
    base = f"(number << {SCOPE_SHIFT}) + {_place(index, 'new.')}"
    add = (
        f"INSERT OR IGNORE INTO {SCOPES} (account_id) SELECT new.account_id WHERE new.deleted_at IS NULL; "
        f"INSERT INTO {rows} (entry, {names}id) SELECT 1 + coalesce("
        f"(SELECT max(entry) FROM {rows} WHERE entry > place.base"
        f" AND entry < place.base + (1 << {DAY_SHIFT})), place.base), {values}new.id"
        f" FROM (SELECT {base} AS base FROM {SCOPES}"
        f" WHERE account_id = new.account_id AND new.deleted_at IS NULL) AS place; "
        f"INSERT INTO {texts} (rowid, head, rest) SELECT entry, {_head('new.')}, {_rest('new.')}"
        f" FROM {rows} WHERE id = new.id; "
    )
    remove = (
        f"INSERT INTO {texts} ({texts}, rowid, head, rest) SELECT 'delete', entry, {_head('old.')},"
        f" {_rest('old.')} FROM {rows} WHERE id = old.id; "
        f"DELETE FROM {rows} WHERE id = old.id; "
    )
    watched = ["search_text", "deleted_at"]
    moved = "old.search_text <> new.search_text OR (old.deleted_at IS NULL) <> (new.deleted_at IS NULL)"
    if index.parts is not None:
        watched += (*index.parts.columns, index.parts.time)
        moved += f" OR {_place(index, 'old.')} <> {_place(index, 'new.')}"
    trigger = f"CREATE TRIGGER {rows}_%s AFTER %s ON {table} %s BEGIN %sEND"
    made = {
        rows: f"CREATE TABLE {rows} (entry INTEGER PRIMARY KEY, {copies}id VARCHAR(36) NOT NULL UNIQUE)",
        texts: f"CREATE VIRTUAL TABLE {texts} USING fts5(head, rest, content='', columnsize=0,"
        f" tokenize='trigram case_sensitive 1')",
        index.terms_name: f"CREATE VIRTUAL TABLE {index.terms_name} USING fts5vocab({texts}, instance)",
        f"{rows}_insert": trigger % ("insert", "INSERT", "WHEN new.deleted_at IS NULL", add),
        f"{rows}_words": trigger
        % ("words", f"UPDATE OF {', '.join(watched)}", f"WHEN {moved}", remove + add),
        f"{rows}_delete": trigger % ("delete", "DELETE", "", remove),
    }
    if assigned:
        made[f"{rows}_update"] = trigger % (
            "update",
            f"UPDATE OF {', '.join(index.copies)}",
            "",
            f"UPDATE {rows} SET {assigned} WHERE id = new.id; ",
        )
    return made


def _place(index: SearchIndex, row: str) -> str:
    """The part of a row and its day, as they stand in its entry."""
    if index.parts is None:
        return "0"
    day = f"max(0, min({LAST_DAY}, {row}{index.parts.time} / {DAY}))"
    return f"((({index.parts.sql.format(row=row)}) << {PART_SHIFT}) + ({day} << {DAY_SHIFT}))"


# A line end after each, so that any two characters of them begin a trigram.
def _head(row: str) -> str:
    return f"substr({row}search_text, 1, max(instr({row}search_text, char(9)) - 1, 0)) || char(10)"


def _rest(row: str) -> str:
    return f"substr({row}search_text, instr({row}search_text, char(9)) + 1) || char(10)"


def _install_sqlite(connection: Connection, indexes: Sequence[SearchIndex]) -> None:
    connection.exec_driver_sql(
        f"CREATE TABLE IF NOT EXISTS {SCOPES}"
        f" (number INTEGER PRIMARY KEY, account_id VARCHAR(36) NOT NULL UNIQUE)"
    )
    present = present_objects(connection)
    for index in indexes:
        made = sqlite_objects(index)
        if all(present.get(name) == sql for name, sql in made.items()):
            continue
        for kind in _TRIGGERS:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {index.name}_{kind}")
        for name in (index.terms_name, index.text_name, index.name):
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")
        for sql in made.values():
            connection.exec_driver_sql(sql)
        _fill_sqlite(connection, index)


def present_objects(connection: Connection) -> dict[str, str]:
    """The statements that made what an SQLite store has, by names."""
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return dict(tuple(row) for row in rows)


def _fill_sqlite(connection: Connection, index: SearchIndex) -> None:
    table, rows, texts = index.table.name, index.name, index.text_name
    names = "".join(f"{name}, " for name in index.copies)
    values = "".join(f"row.{name}, " for name in index.copies)
    connection.exec_driver_sql(
        f"INSERT OR IGNORE INTO {SCOPES} (account_id) SELECT DISTINCT account_id FROM {table}"
        f" WHERE deleted_at IS NULL ORDER BY account_id"
    )
    place, time = _place(index, "row."), "" if index.parts is None else f"row.{index.parts.time}, "
    connection.exec_driver_sql(
        f"INSERT INTO {rows} (entry, {names}id)"
        f" SELECT (scope.number << {SCOPE_SHIFT}) + {place}"
        f" + row_number() OVER (PARTITION BY row.account_id, {place} ORDER BY {time}row.id),"
        f" {values}row.id FROM {table} AS row JOIN {SCOPES} AS scope"
        f" ON scope.account_id = row.account_id WHERE row.deleted_at IS NULL"
    )
    # Many rows in one go, which saves three quarters of the time.
    connection.exec_driver_sql(_HASH_SIZE.format(texts=texts, size=FILL_BYTES))
    connection.exec_driver_sql(
        f"INSERT INTO {texts} (rowid, head, rest) SELECT found.entry, {_head('row.')}, {_rest('row.')}"
        f" FROM {rows} AS found CROSS JOIN {table} AS row ON row.id = found.id ORDER BY found.entry"
    )
    connection.exec_driver_sql(_HASH_SIZE.format(texts=texts, size=WRITE_BYTES))


def postgres_objects(index: SearchIndex) -> list[str]:
    """The statements that make an index on PostgreSQL, but for the trigrams, which need an extension."""
    table, rows = index.table.name, index.name
    types = {name: index.table.c[name].type.compile(_POSTGRES) for name in index.copies}
    columns = [*index.copies, "account_id", "id", "search_text"]
    names = ", ".join(columns)
    values = ", ".join(f"NEW.{name}" for name in columns)
    assigned = ", ".join(f"{name} = NEW.{name}" for name in columns if name not in ("id", "account_id"))
    watched = ", ".join([*index.copies, "search_text", "deleted_at"])
    copies = "".join(f"{name} {kind}, " for name, kind in types.items())
    return [
        # Changes of copies stay on their page, and so out of the index of the text.
        f"CREATE TABLE {rows} ({copies}account_id VARCHAR(36) NOT NULL, id VARCHAR(36) PRIMARY KEY,"
        f" search_text TEXT NOT NULL) WITH (fillfactor = 85)",
        f"CREATE FUNCTION {rows}_follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF TG_OP = 'DELETE' THEN DELETE FROM {rows} WHERE id = OLD.id; RETURN NULL; END IF;"
        f" IF NEW.deleted_at IS NOT NULL THEN DELETE FROM {rows} WHERE id = NEW.id; RETURN NULL; END IF;"
        f" IF TG_OP = 'UPDATE' THEN UPDATE {rows} SET {assigned} WHERE id = NEW.id;"
        f" IF FOUND THEN RETURN NULL; END IF; END IF;"
        f" INSERT INTO {rows} ({names}) VALUES ({values}); RETURN NULL; END $$",
        f"CREATE TRIGGER {rows}_change AFTER INSERT OR UPDATE OF {watched} ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION {rows}_follow()",
        f"CREATE TRIGGER {rows}_delete AFTER DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {rows}_follow()",
        f"INSERT INTO {rows} ({names}) SELECT {names} FROM {table} WHERE deleted_at IS NULL",
    ]


def _install_postgres(connection: Connection, indexes: Sequence[SearchIndex]) -> None:
    has_trigrams = _has_extension(connection, "pg_trgm")
    has_scope = has_trigrams and _has_extension(connection, "btree_gin")
    if not has_trigrams:
        log.warning(
            "searches read whole accounts: the extension pg_trgm is missing and may not be created;"
            " have it and btree_gin created, then run antiphon migrate"
        )
    for index in indexes:
        make_postgres(connection, postgres_objects(index), index.name, (index.name,))
        if has_trigrams:
            scope = "account_id, " if has_scope else ""
            connection.exec_driver_sql(
                f"CREATE INDEX IF NOT EXISTS {index.text_name} ON {index.name}"
                f" USING gin ({scope}search_text gin_trgm_ops) WITH (gin_pending_list_limit = 512)"
            )


def make_postgres(connection: Connection, made: Sequence[str], name: str, tables: Iterable[str]) -> None:
    """Make the tables, of which `name` is one, and its function anew if they are not made as `made` says."""
    signature = hashlib.sha256("\n".join(made).encode()).hexdigest()
    if _signature(connection, name) == signature:
        return
    for table in tables:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
    connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {name}_follow() CASCADE")
    for sql in made:
        connection.exec_driver_sql(sql)
    connection.exec_driver_sql(f"COMMENT ON TABLE {name} IS '{signature}'")


def _signature(connection: Connection, name: str) -> str | None:
    found = connection.execute(
        text("SELECT obj_description(to_regclass(:name), 'pg_class')"), {"name": name}
    ).scalar()
    return None if found is None else str(found)


def _has_extension(connection: Connection, name: str) -> bool:
    known = text("SELECT 1 FROM pg_extension WHERE extname = :name")
    if connection.execute(known, {"name": name}).scalar():
        return True
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f"CREATE EXTENSION IF NOT EXISTS {name}")
    except DBAPIError as error:
        log.info("extension not created", extension=name, reason=str(error.orig))
        return False
    return True


def has_trigrams(connection: Connection, indexes: Iterable[SearchIndex]) -> bool:
    """Whether searches of the store are served by an index."""
    if connection.dialect.name == "sqlite":
        return True
    known = text("SELECT to_regclass(:name) IS NOT NULL")
    return all(connection.execute(known, {"name": index.text_name}).scalar() for index in indexes)
