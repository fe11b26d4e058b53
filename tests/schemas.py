"""The product's schema in databases of tests, made by the real migrations."""

from __future__ import annotations

import asyncpg

from antiphon.migrations.runner import migrate
from antiphon.settings import Settings


async def run_admin(server_url: str, *statements: str) -> None:
    """Run statements on the server outside any database of ours."""
    connection = await asyncpg.connect(f"{server_url}/postgres")
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def create_postgres_schema(url: str) -> None:
    await migrate(Settings(database_url=url))


_LARGE_BYTES = 256 * 1024
_EMPTY = f"""
DO $$
DECLARE
    found record;
    has_rows boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR found IN
        SELECT oid::regclass AS name, pg_relation_size(oid) > {_LARGE_BYTES} AS is_large
        FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', found.name) INTO has_rows;
        IF found.is_large THEN
            EXECUTE format('TRUNCATE %s CASCADE', found.name);
        ELSIF has_rows THEN
            EXECUTE format('DELETE FROM %s', found.name);
        END IF;
    END LOOP;
    PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
        FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
END $$
"""


async def empty_postgres(connection: asyncpg.Connection) -> None:
    """Empty every table but the migrations' own; identities start again.

    Truncating makes new files for every table and index: ten times the work of deleting a test's few rows.
    """
    await connection.execute(_EMPTY)
