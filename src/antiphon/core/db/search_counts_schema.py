"""The tables of `TextCounts` and the triggers that note which days of its rows change."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Dialect
from sqlalchemy.schema import CreateTable

from antiphon.core.db.day_counts import day_of
from antiphon.core.db.search_counts import TextCounts
from antiphon.core.db.search_schema import make_postgres, present_objects

COUNTED_AS = 1
"""To be raised when other rows than before are counted for a text: all is then counted anew."""
_TRIGGERS = ("insert", "delete", "update")
_RECENT = {
    # Blocks end two days before (`SETTLED_DAYS`), so that a transaction over midnight is noted too.
    "sqlite": "CAST(strftime('%s', 'now') AS INTEGER) / 86400 - 1",
    "postgresql": "CAST(extract(epoch FROM now()) AS BIGINT) / 86400 - 1",
}


def install_text_counts(connection: Connection, every: Sequence[TextCounts]) -> None:
    """Bring them to their definitions; what was counted with others is dropped, to be counted again."""
    for counts in every:
        made = count_objects(counts, connection.dialect)
        tables = [table.name for table in counts.tables]
        if connection.dialect.name != "sqlite":
            make_postgres(connection, list(made.values()), counts.changes.name, tables)
            continue
        present = present_objects(connection)
        if all(present.get(name) == sql for name, sql in made.items()):
            continue
        for kind in _TRIGGERS:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {counts.changes.name}_{kind}")
        for table in tables:
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
        for sql in made.values():
            connection.exec_driver_sql(sql)


def count_objects(counts: TextCounts, dialect: Dialect) -> dict[str, str]:
    """The statements that make them, by the names of what they make."""
    table, changes = counts.table.name, counts.changes.name
    made = {own.name: str(CreateTable(own).compile(dialect=dialect)).strip() for own in counts.tables}
    made[f"ix_{changes}"] = f"CREATE INDEX ix_{changes} ON {changes} (account_id, day)"
    watched = (counts.time, *counts.counted.by, *counts.counted.columns, "search_text", "deleted_at")
    old, new = (day_of(f"{row}{counts.time}") for row in ("old.", "new."))
    note_old, note_new = (
        f"INSERT /* {COUNTED_AS} */ INTO {changes} (account_id, day)"
        f" SELECT {row}.account_id, {day} WHERE {day} < {_RECENT[dialect.name]}"
        for row, day in (("old", old), ("new", new))
    )
    note_other = f"{note_new} AND {old} <> {new}"
    update = f"UPDATE OF {', '.join(watched)}"
    if dialect.name == "sqlite":
        differs = " OR ".join(f"old.{name} IS NOT new.{name}" for name in watched)
        bodies = (f"{note_new};", f"{note_old};", f"{note_old}; {note_other};")
        for kind, event, body in zip(_TRIGGERS, ("INSERT", "DELETE", update), bodies, strict=True):
            when = f"WHEN {differs} " if kind == "update" else ""
            name = f"{changes}_{kind}"
            made[name] = f"CREATE TRIGGER {name} AFTER {event} ON {table} {when}BEGIN {body} END"
        return made
    differs = " OR ".join(f"old.{name} IS DISTINCT FROM new.{name}" for name in watched)
    on = f"ON {table} FOR EACH ROW"
    follow = f"EXECUTE FUNCTION {changes}_follow()"
    made[f"{changes}_follow"] = (
        f"CREATE FUNCTION {changes}_follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF TG_OP <> 'INSERT' THEN {note_old}; END IF;"
        f" IF TG_OP = 'INSERT' THEN {note_new}; END IF;"
        f" IF TG_OP = 'UPDATE' THEN {note_other}; END IF;"
        f" RETURN NULL; END $$"
    )
    made[f"{changes}_rows"] = f"CREATE TRIGGER {changes}_rows AFTER INSERT OR DELETE {on} {follow}"
    made[f"{changes}_values"] = (
        f"CREATE TRIGGER {changes}_values AFTER {update} {on} WHEN ({differs}) {follow}"
    )
    return made
