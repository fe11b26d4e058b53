"""Revision 0006 takes what there is into threads, with the state and the counters of their lists."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from antiphon.core.db.postgres import async_url
from antiphon.migrations.runner import config
from schemas import run_admin

ACCOUNT = "0199d6a0-0000-7000-8000-000000000001"
CHANNEL = "0199d6a0-0000-7000-8000-000000000002"


def row(number: int) -> str:
    return f"0199d6a0-0000-7000-8000-{number:012d}"


def insert(connection: Connection, table: str, **values: Any) -> None:
    names = ", ".join(values)
    places = ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values)


def fill(connection: Connection) -> None:
    insert(
        connection,
        "accounts",
        id=ACCOUNT,
        name="Acme",
        plan="pro",
        subdomain="acme",
        country="US",
        timezone="UTC",
        created_at=1,
    )
    for number in (11, 12, 13):
        insert(
            connection,
            "contacts",
            id=row(number),
            account_id=ACCOUNT,
            number=number,
            first_name="Ada",
            last_name=str(number),
            company="",
            source="phone",
            custom="{}",
            tags="[]",
            search_text="\t\t",
            interaction_count=1,
            created_at=1,
            updated_at=1,
        )
    for number in (21, 22):
        insert(
            connection,
            "conversations",
            id=row(number),
            account_id=ACCOUNT,
            contact_id=row(11),
            status="open",
            is_unread=True,
            is_starred=False,
            members="[]",
            last_message_at=None,
            created_at=number,
            updated_at=number,
        )
        insert(
            connection,
            "messages",
            id=row(number + 100),
            account_id=ACCOUNT,
            conversation_id=row(number),
            contact_id=row(11),
            channel="sms" if number == 21 else "whatsapp",
            kind="sms",
            direction="inbound",
            status="delivered",
            carrier="simulator",
            from_address="+13125550143",
            to_address="+15550100100",
            remote_address="+13125550143",
            body=f"text {number}",
            message_type="text",
            is_from_bot=False,
            created_at=number * 100,
            search_text="",
        )
    for number, contact, ended in ((31, 11, 4000), (32, 12, 5000), (33, 13, None)):
        insert(
            connection,
            "calls",
            id=row(number),
            account_id=ACCOUNT,
            carrier="simulator",
            direction="inbound",
            status="completed",
            contact_id=row(contact),
            started_at=3900,
            ended_at=ended,
            duration_seconds=1,
            cost_micros=0,
            stt_seconds=0,
            tts_characters=0,
            summary="Asks for the price list." if number == 32 else None,
            metadata="{}",
            is_test=False,
            search_text="",
            created_at=3900,
        )
    insert(
        connection,
        "recording_channels",
        id=CHANNEL,
        account_id=ACCOUNT,
        kind="campaign",
        name="Survey",
        slug="survey",
        is_active=True,
        greeting="",
        notify_emails="[]",
        voicegram_count=1,
        created_at=1,
        updated_at=1,
    )
    insert(
        connection,
        "voicegrams",
        id=row(41),
        account_id=ACCOUNT,
        channel_id=CHANNEL,
        contact_id=row(12),
        status="completed",
        sender_email="ada@example.org",
        client_id="x",
        created_at=6000,
        duration_ms=1,
        source_container="matroska",
        transcript_text="please call",
        transcript_confidence=1,
        callback_required=False,
        tags="[]",
        notes="",
        is_read=False,
        search_text="",
    )


def check(connection: Connection) -> None:
    found = {
        item.contact_id: item
        for item in connection.execute(
            text("SELECT * FROM conversations WHERE deleted_at IS NULL ORDER BY contact_id")
        )
    }
    assert set(found) == {row(11), row(12)}
    first, second = found[row(11)], found[row(12)]
    assert first.id == row(21)
    assert (first.channels, second.channels) == ('["call","sms","whatsapp"]', '["call","voicegram"]')
    assert (first.last_message_id, first.last_message_at, first.unread_count) == (row(31), 3900, 2)
    assert first.last_whatsapp_at == 2200
    assert (second.last_message_snippet, second.unread_count) == ("please call", 1)
    assert bool(first.is_unread)
    assert bool(second.is_unread)
    lines = connection.execute(
        text("SELECT id, body, author_kind FROM messages WHERE channel IN ('call', 'voicegram') ORDER BY id")
    ).all()
    assert [tuple(line) for line in lines] == [
        (row(31), "", "lead"),
        (row(32), "Asks for the price list.", "lead"),
        (row(41), "please call", "lead"),
    ]
    counters = dict(
        connection.execute(
            text(
                "SELECT name, value FROM account_counters WHERE name LIKE 'conversations.%'"
                " OR name = 'messages.logged'"
            )
        ).all()
    )
    assert counters == {
        "conversations.open": 2,
        "conversations.none": 2,
        "conversations.unread": 2,
        "messages.logged": 2,
    }


def upgrade(connection: Connection, revision: str) -> None:
    alembic = config()
    alembic.attributes["connection"] = connection
    command.upgrade(alembic, revision)


def run(connection: Connection) -> None:
    upgrade(connection, "0005")
    fill(connection)
    upgrade(connection, "0006")
    check(connection)


def test_on_sqlite(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'old.db'}")
    with engine.begin() as connection:
        run(connection)
    engine.dispose()


@pytest.mark.postgres
async def test_on_postgres(postgres_server_url: str) -> None:
    name = f"antiphon_threads_{os.getpid()}"
    await run_admin(postgres_server_url, f"DROP DATABASE IF EXISTS {name}")
    await run_admin(postgres_server_url, f"CREATE DATABASE {name}")
    engine = create_async_engine(async_url(f"{postgres_server_url}/{name}"))
    step: Callable[[Connection], None] = run
    async with engine.begin() as connection:
        await connection.run_sync(step)
    await engine.dispose()
    await run_admin(postgres_server_url, f"DROP DATABASE {name} WITH (FORCE)")
