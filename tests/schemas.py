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


async def truncate_postgres(url: str) -> None:
    """Empty every table but the migrations' own."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'"
        )
        tables = ", ".join(row["name"] for row in rows if row["name"] != "alembic_version")
        await connection.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
    finally:
        await connection.close()
