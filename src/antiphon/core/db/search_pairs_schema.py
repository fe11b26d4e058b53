"""The tables of `PairSearch` and the triggers that note what changes of counted rows."""

from __future__ import annotations

# the statements are of names in the program alone
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.schema import CreateTable

from antiphon.core.clock import DAY
from antiphon.core.db.day_counts import day_of
from antiphon.core.db.search_pairs import PairSearch

_POSTGRES = PGDialect_asyncpg()  # type: ignore[no-untyped-call]  # of the library


def pair_objects(search: PairSearch) -> list[str]:
    """The statements that make them."""
    table, changes = search.table.name, search.changes.name
    watched = (search.time, *search.pairs.by, *search.pairs.columns, "search_text", "deleted_at")
    differs = " OR ".join(f"old.{name} IS DISTINCT FROM new.{name}" for name in watched)
    old, new = (day_of(f"{row}{search.time}") for row in ("old.", "new."))
    # Blocks end two days before (`SETTLED_DAYS`), so that a transaction over midnight is noted too.
    recent = f"CAST(extract(epoch FROM now()) * 1000 AS BIGINT) / {DAY} - 1"
    note = f"INSERT INTO {changes} (account_id, day) SELECT %s.account_id, %s WHERE %s < {recent}; "
    on = f"ON {table} FOR EACH ROW"
    follow = f"EXECUTE FUNCTION {changes}_follow()"
    return [
        *(str(CreateTable(made).compile(dialect=_POSTGRES)) for made in search.tables),
        f"CREATE INDEX ix_{changes} ON {changes} (account_id, day)",
        f"CREATE FUNCTION {changes}_follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF TG_OP <> 'INSERT' THEN {note % ('old', old, old)} END IF;"
        f" IF TG_OP = 'INSERT' THEN {note % ('new', new, new)} END IF;"
        f" IF TG_OP = 'UPDATE' AND {old} <> {new} THEN {note % ('new', new, new)} END IF;"
        f" RETURN NULL; END $$",
        f"CREATE TRIGGER {changes}_rows AFTER INSERT OR DELETE {on} {follow}",
        f"CREATE TRIGGER {changes}_values AFTER UPDATE OF {', '.join(watched)} {on}"
        f" WHEN ({differs}) {follow}",
    ]
