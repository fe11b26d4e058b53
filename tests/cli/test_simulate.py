"""The simulated phone network beside a running server (issue 3, section 2)."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from server_process import Server, until

if TYPE_CHECKING:
    from conftest import Ran, Run

OUTSIDE = "+12025550143"


async def call(run: Run, *arguments: str) -> Ran:
    """In a thread: a command runs a loop of its own."""
    return await asyncio.to_thread(run, *arguments)


def rows(data_dir: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(data_dir / "antiphon.db")) as connection:
        return connection.execute(query).fetchall()


async def test_calls_and_messages_reach_the_server_as_from_a_carrier(
    server: Server, run: Run, data_dir: Path
) -> None:
    """A conversation with two voices becomes a call with a recording; messages come and opt out."""
    places = (await call(run, "demo", "--json")).json
    number, origin = places["number"], server.places["docs"].removesuffix("/docs")
    assert number == "+15550100100"
    script = data_dir / "script.txt"
    script.write_text("# A short call\nagent: good morning\npause 0.5\ncaller: please call me back\n")
    common = ("--from", OUTSIDE, "--to", number, "--server", origin, "--json")
    story = ("simulate", "call", *common, "--script", str(script), "--out-of-order", "--twice")
    made = (await call(run, *story)).json
    assert (made["direction"], made["callbacks"]) == ("inbound", 8)
    assert made["duration_ms"] > 1000
    busy = ("simulate", "call", "--from", number, "--to", "+12025550101")
    assert (await call(run, *busy, "--server", origin, "--json")).json["direction"] == "outbound"
    assert rows(data_dir, "SELECT direction, status FROM calls ORDER BY created_at") == [
        ("inbound", "completed"),
        ("outbound", "busy"),
    ]
    await until(lambda: rows(data_dir, "SELECT recording_source FROM calls")[0][0] is not None)
    assert (await call(run, "simulate", "message", *common, "--text", "Hello", "--twice")).code == 0
    assert (await call(run, "simulate", "message", *common, "--text", "STOP", "--whatsapp")).code == 0
    written = (
        "SELECT channel, direction, body FROM messages"
        f" WHERE remote_address = '{OUTSIDE}' AND channel IN ('sms', 'whatsapp') ORDER BY id"
    )
    hello, stop, confirmation = rows(data_dir, written)
    assert (hello, stop) == (("sms", "inbound", "Hello"), ("whatsapp", "inbound", "STOP"))
    assert confirmation[:2] == ("whatsapp", "outbound")
    assert ("whatsapp", OUTSIDE) in rows(data_dir, "SELECT channel, address FROM suppressions")
    letter = data_dir / "letter.pdf"
    letter.write_bytes(b"%PDF-1.4 a letter")
    assert (await call(run, "simulate", "message", *common, "--media", str(letter), "--whatsapp")).code == 0
    attached = (
        "SELECT message_type, content_type, filename FROM messages JOIN media ON message_id = messages.id"
    )
    assert rows(data_dir, attached) == [("document", "application/pdf", "letter.pdf")]


async def test_without_a_server_it_is_one_clear_line(run: Run) -> None:
    places = (await call(run, "demo", "--json")).json
    ran = await call(
        run,
        *("simulate", "message", "--from", OUTSIDE, "--to", places["number"], "--text", "Hello"),
        *("--server", "http://127.0.0.1:9"),
    )
    assert ran.code == 1
    assert ran.error.startswith("no server answers at http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("call", "--from", OUTSIDE, "--to", "+12025550199", "--say", "x"), "neither number"),
        (("call", "--from", OUTSIDE, "--to", "+15550100100"), "--say or --script"),
        (("call", "--from", "x", "--to", "+15550100100", "--say", "x"), "phone number"),
        (("call", "--from", "+15550100100", "--to", "+15550100100", "--say", "x"), "itself"),
        (("call", "--from", OUTSIDE, "--to", "+15550100100", "--script", "nowhere.txt"), "nowhere.txt"),
        (("message", "--from", OUTSIDE, "--to", "+15550100100", "--media", "nowhere.png"), "nowhere.png"),
        (("message", "--from", OUTSIDE, "--to", "+15550100100"), "--text"),
        (("message", "--from", "+15550100100", "--to", OUTSIDE, "--text", "x"), "simulated number"),
    ],
)
def test_what_cannot_be_simulated(run: Run, arguments: tuple[str, ...], complaint: str) -> None:
    run("demo")
    ran = run("simulate", *arguments)
    assert ran.code == 2
    assert complaint in ran.error


@pytest.mark.parametrize("text", ["", "nobody: hello", "caller hello", "caller:", "# only this"])
def test_a_script_that_cannot_be_read(run: Run, data_dir: Path, text: str) -> None:
    run("demo")
    script = data_dir / "script.txt"
    script.write_text(text)
    ran = run("simulate", "call", "--from", OUTSIDE, "--to", "+15550100100", "--script", str(script))
    assert ran.code == 2
    assert ran.error.startswith("script: ")


def test_carriers_and_numbers_by_command(run: Run, monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    """Secrets come from the environment and are kept encrypted."""
    run("demo")
    connect = ("carrier", "connect", "--account", "demo", "--carrier", "twilio")
    assert run(*connect).error == "account_sid: set the environment variable CARRIER_ACCOUNT_SID"
    monkeypatch.setenv("CARRIER_ACCOUNT_SID", "AC" + "0" * 32)
    monkeypatch.setenv("CARRIER_AUTH_TOKEN", "example auth token")
    for setting, complaint in (
        ("forward_to", "set: name=value"),
        ("forward_to=nobody", "forward_to: a number in E.164 form"),
        ("base_url=ftp://example.org", "base_url: "),
        ("answers_keywords=perhaps", "answers_keywords: one of true, false"),
        ("colour=red", "colour: There is no such field"),
    ):
        ran = run(*connect, "--set", setting)
        assert (ran.code, ran.error[: len(complaint)]) == (2, complaint)
    monkeypatch.setenv("CARRIER_SECRET", "example secret")
    assert run(*connect[:-1], "simulator", "--set", "x=y").error == "set: simulator has no settings"
    made = run(*connect, "--set", "forward_to=+12025550188", "--json").json
    assert "/api/carriers/twilio/" in made["callback_url"]
    add = ("number", "add", "--account", "demo", "--connection", made["id"], "--number")
    assert run(*add, "2025550170").code == 2
    assert run(*add, "+12025550170", "--whatsapp").code == 0
    assert run(*add, "+12025550170").error == "number: +12025550170 is in use"
    listed = run("number", "list", "--account", "demo", "--json").json["numbers"]
    assert [(item["number"], item["carrier"], item["status"]) for item in listed] == [
        ("+15550100100", "simulator", "connected"),
        ("+12025550170", "twilio", "connected"),
    ]
    (sealed,) = rows(data_dir, "SELECT sealed_credentials FROM carrier_connections WHERE carrier = 'twilio'")
    assert "example" not in sealed[0]
    more = run("simulate", "number", "--account", "demo", "--json").json
    assert more["number"] == "+15550100101"
