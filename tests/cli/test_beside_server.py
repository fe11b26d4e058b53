"""Commands on the data folder of a running server take effect at once (issue 2.1)."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any

from antiphon.core.clock import DAY, MINUTE, SystemClock, from_datetime
from server_process import Server

if TYPE_CHECKING:
    from conftest import Ran, Run


async def call(run: Run, *arguments: str) -> Ran:
    """In a thread: a command runs a loop of its own."""
    return await asyncio.to_thread(run, *arguments)


async def create_account(run: Run, **options: str) -> Any:
    given = {"name": "Harbour", "email": "owner@example.org", "plan": "pro", "subdomain": "harbour"} | options
    flags = [part for name, value in given.items() for part in (f"--{name}", value)]
    ran = await call(run, "account", "create", *flags, "--json")
    assert (ran.code, ran.err) == (0, "")
    return ran.json


async def test_account_key_and_channel_work_on_the_running_server(server: Server, run: Run) -> None:
    """contracts/voicegram.md 1: a key made by command is taken at once and ends after 30 days."""
    account = await create_account(run)
    key = (
        await call(
            run, "key", "create", "--account", "harbour", "--kind", "pat", "--expires", "30d", "--json"
        )
    ).json
    assert re.fullmatch(r"vg_pat_[0-9a-f]{64}", key["key"])
    left = from_datetime(datetime.fromisoformat(key["expires_at"])) - SystemClock().now()
    assert 30 * DAY - 10 * MINUTE < left <= 30 * DAY
    status, me, _ = await server.call("GET", "/api/v1/me", token=key["key"])
    assert (status, me["account_id"], me["account_name"]) == (200, account["id"], "Harbour")
    assert me["plan_name"] == "pro"
    made = await call(
        run, "channel", "create", "--account", account["id"], "--type", "campaign", "--name", "Survey",
        "--slug", "survey", "--json",
    )  # fmt: skip
    assert made.json["public_url"].endswith("/v/harbour/survey")
    _, channels, _ = await server.call("GET", "/api/v1/channels", token=key["key"])
    assert [(item["id"], item["type"]) for item in channels["channels"]] == [(made.json["id"], "campaign")]
    status, page, _ = await server.call("GET", "/api/public/recording/harbour/survey")
    assert (status, page["channel_id"]) == (200, made.json["id"])
    domain = await call(
        run,
        "channel",
        "create",
        "--account",
        "harbour",
        "--type",
        "domain",
        "--name",
        "shop.example.org",
        "--json",
    )
    assert domain.json["public_url"] is None
    assert f'data-channel="{domain.json["id"]}"' in domain.json["embed_code"]


async def test_users_sign_in_with_the_printed_password(server: Server, run: Run) -> None:
    """contracts/votel.md 18."""
    account = await create_account(run)
    user = (
        await call(
            run,
            "user",
            "create",
            "--account",
            account["id"],
            "--email",
            "kim@example.org",
            "--role",
            "admin",
            "--json",
        )
    ).json
    assert user["role"] == "admin"
    for email, password in (
        ("owner@example.org", account["password"]),
        ("kim@example.org", user["password"]),
    ):
        status, session, _ = await server.call(
            "POST", "/api/session", json={"email": email, "password": password}
        )
        assert status == 200, session
        assert session["account"]["id"] == account["id"]


async def test_key_kinds(server: Server, run: Run) -> None:
    """contracts/README.md: the kinds of keys and their prefixes."""
    account = await create_account(run)
    for kind, prefix in (("public", "pk_"), ("secret", "sk_")):
        ran = await call(run, "key", "create", "--account", account["id"], "--kind", kind, "--json")
        assert (ran.json["kind"], ran.json["expires_at"]) == (kind, None)
        assert ran.json["key"].startswith(prefix)
        status, body, _ = await server.call("GET", "/api/v1/me", token=ran.json["key"])
        assert (status, body["error"]) == (401, "invalid_token")


async def test_an_accounts_own_settings(server: Server, run: Run) -> None:
    """vocatech.md 5.6, and the language that recordings are listened to in."""
    account = await create_account(run)
    given = ("account", "update", "--account", account["id"])
    ran = await call(run, *given, "--language", "de-AT", "--timezone", "Europe/Vienna", "--json")
    assert (ran.json["language"], ran.json["timezone"]) == ("de-AT", "Europe/Vienna")
    assert "de-AT" in (await call(run, *given, "--country", "AT")).out
    refused = await call(run, *given, "--language", "german")
    assert (refused.code, refused.out) == (2, "")
    assert "language" in refused.err


async def test_readable_output(server: Server, run: Run) -> None:
    """Without --json the same facts stand in text that a person reads."""
    made = await call(run, "account", "create", "--name", "Harbour", "--email", "owner@example.org")
    assert made.code == 0
    [account_id] = re.findall(r"id +(\S+)", made.out)
    key = await call(run, "key", "create", "--account", account_id, "--kind", "pat")
    status, _, _ = await server.call("GET", "/api/v1/me", token=key.out.strip())
    assert status == 200
    user = await call(run, "user", "create", "--account", account_id, "--email", "kim@example.org")
    assert "kim@example.org (member)" in user.out
    channel = await call(
        run, "channel", "create", "--account", account_id, "--type", "domain", "--name", "shop.example.org"
    )
    assert "/widget.js" in channel.out


async def test_demo_and_migrate_change_nothing_the_second_time(server: Server, run: Run) -> None:
    first = (await call(run, "demo", "--json")).json
    assert first["token"] == server.places["token"]
    assert server.places["token"] in (await call(run, "demo")).out
    migrated = (await call(run, "migrate", "--json")).json
    assert migrated["before"] == migrated["after"]
    assert (await call(run, "migrate")).out.strip() == f"schema {migrated['after']}"
    status, _, _ = await server.call("GET", "/api/v1/me", token=server.places["token"])
    assert status == 200


async def test_doctor(server: Server, run: Run) -> None:
    ran = await call(run, "doctor", "--json")
    checks = {check["name"]: check for check in ran.json["checks"]}
    built = checks.pop("dashboard")["ok"]
    assert [name for name, check in checks.items() if not check["ok"]] == []
    assert ran.json["ok"] is built
    assert ran.code == (0 if built else 1)
    assert {"database", "search", "objects", "rate limits", "transcription", "media workers"} <= set(checks)


async def test_command_waits_for_a_locked_database(server: Server, run: Run) -> None:
    """A lock of another process delays a command and does not fail it."""
    with closing(sqlite3.connect(server.data_dir / "antiphon.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(create_account(run))
        await asyncio.sleep(1)  # longer than the command takes without the lock, on an idle machine
        assert not waiting.done()
        connection.execute("COMMIT")
    account = await waiting
    key = (await call(run, "key", "create", "--account", account["id"], "--kind", "pat", "--json")).json
    assert (await server.call("GET", "/api/v1/me", token=key["key"]))[0] == 200
