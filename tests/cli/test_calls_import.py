"""`antiphon calls import`: call records and recordings from files (issue 3, section 2)."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from antiphon.core.clock import SystemClock, to_iso
from sounds import webm_recording

if TYPE_CHECKING:
    from conftest import Ran, Run

HEADER = "Call ID,Direction,From Number,To Number,Start Time,Duration,Outcome,Customer,Transcript\n"
ROWS = (
    "a1,incoming,+1 312 555 0143,7735550100,2026-03-04T09:12:40-06:00,142,Answered,Harbor Tools,"
    '"Agent: Parts desk, hello.\nCaller: One more drill press."\n'
    "a2,outgoing,7735550100,3125550144,2026-03-04 15:20:00,0,missed,,\n"
    "a3,incoming,anonymous,7735550100,1772637160,0,busy,,\n"
)


@pytest.fixture
def prepared(run: Run) -> Run:
    ran = run(
        "account", "create", "--name", "Office", "--email", "owner@example.org", "--subdomain", "office"
    )
    assert ran.code == 0, ran.err
    return run


def bring(run: Run, path: Path, *options: str) -> Ran:
    return run("calls", "import", str(path), "--account", "office", "--json", *options)


def counts(ran: Ran) -> tuple[int, int, int, int]:
    found = ran.json
    return found["total"], found["imported"], found["known"], found["refused"]


def stored(data_dir: Path, columns: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(data_dir / "antiphon.db")) as database:
        return database.execute(f"SELECT {columns} FROM calls ORDER BY call_sid").fetchall()


def test_a_csv_file_with_headers_of_its_own(prepared: Run, data_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text(HEADER + ROWS)
    ran = bring(prepared, path)
    assert (ran.code, counts(ran)) == (0, (3, 3, 0, 0))
    assert stored(data_dir, "call_sid, direction, status, remote_number, duration_seconds, started_at") == [
        ("a1", "inbound", "completed", "+13125550143", 142, 1_772_637_160_000),
        ("a2", "outbound", "no_answer", "+13125550144", 0, 1_772_637_600_000),
        ("a3", "inbound", "busy", None, 0, 1_772_637_160_000),
    ]
    with closing(sqlite3.connect(data_dir / "antiphon.db")) as database:
        [text] = database.execute(
            "SELECT transcription FROM call_segments WHERE transcription IS NOT NULL"
        ).fetchone()
        assert text == "Agent: Parts desk, hello.\nCaller: One more drill press."
        told = database.execute("SELECT DISTINCT type FROM events WHERE type LIKE 'call.%'").fetchall()
        assert told == [("call.imported",)], "no subscriber is told of calls of the past"
        assert database.execute("SELECT first_name FROM contacts ORDER BY number").fetchone() == ("Harbor",)
    again = bring(prepared, path)
    assert (again.code, counts(again)) == (0, (3, 0, 3, 0))


def test_an_import_goes_on_where_it_ended(prepared: Run, tmp_path: Path) -> None:
    """Rows without an id are known by the file's content and their number."""
    path = tmp_path / "calls.jsonl"
    row = {"started_at": "2026-03-04T12:00:00Z", "from": "+13125550143", "duration": 5}
    path.write_text("".join(json.dumps(row) + "\n" for _ in range(450)))
    assert counts(bring(prepared, path, "--dry-run")) == (450, 450, 0, 0)
    assert counts(bring(prepared, path)) == (450, 450, 0, 0)
    assert counts(bring(prepared, path)) == (450, 0, 450, 0)


def test_refused_rows_are_told_of_and_spoil_no_others(prepared: Run, data_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    good = {"id": "good", "started_at": 1_772_637_160, "from": "+13125550143"}
    bad = [
        "{broken",
        "[1]",
        json.dumps({**good, "started_at": None}),
        json.dumps({**good, "started_at": "yesterday"}),
        json.dumps({**good, "from": "12"}),
        json.dumps({**good, "direction": "sideways"}),
        json.dumps({**good, "status": "';DROP TABLE calls;--"}),
        json.dumps({**good, "duration": -1}),
        json.dumps({**good, "ended_at": 1_772_637_159}),
        json.dumps({**good, "cost": "nan"}),
        json.dumps({**good, "transcript": [{"speaker": "ghost", "text": "boo"}]}),
        json.dumps({**good, "metadata": "[1]"}),
        json.dumps({**good, "recording": "../../etc/passwd"}),
        json.dumps({**good, "recording": "missing.wav"}),
        json.dumps({**good, "recording": "x" * 600}),
        json.dumps({**good, "id": "x" * 129}),
        json.dumps({**good, "started_at": "2999-01-01"}),
        json.dumps({**good, "duration": 7 * 24 * 3600, "started_at": to_iso(SystemClock().now())}),
    ]
    path.write_text("\n".join([*bad, json.dumps(good)]) + "\n")
    report = tmp_path / "refused.jsonl"
    ran = bring(prepared, path, "--report", str(report))
    assert (ran.code, counts(ran)) == (1, (len(bad) + 1, 1, 0, len(bad)))
    assert [error["row"] for error in ran.json["errors"]] == list(range(1, len(bad) + 1))
    assert len(report.read_text().splitlines()) == len(bad)
    assert stored(data_dir, "call_sid") == [("good",)]
    text = prepared("calls", "import", str(path), "--account", "office")
    assert "row 4: started_at 'yesterday' is not a time" in text.out


def test_what_a_spreadsheet_spoils(prepared: Run, data_dir: Path, tmp_path: Path) -> None:
    """Other encodings, days without hyphens, a quote that is not closed: told of, never stored wrongly."""
    path = tmp_path / "calls.csv"
    rows = [
        b"id,started_at,name",
        b"day,20260304,Ann",
        b"latin,20260304,Jos\xe9",
        b"good,20260304,Jos\xc3\xa9",
        b'open,20260304,"Ann',
        b"swallowed,20260304,Ben",
    ]
    path.write_bytes(b"\n".join(rows))
    ran = bring(prepared, path)
    assert (ran.code, counts(ran)) == (1, (4, 2, 0, 2))
    assert ran.json["errors"] == [
        {"row": 2, "message": "not UTF-8 text"},
        {"row": 4, "message": "a quote is not closed up to the end of the file"},
    ]
    start = 1_772_582_400_000
    assert stored(data_dir, "call_sid, started_at") == [("day", start), ("good", start)]
    path.write_text("id,started_at\n", encoding="utf-16")
    assert bring(prepared, path).error == "file: the header is not UTF-8 text"
    lines = tmp_path / "calls.jsonl"
    spoiled, good = b'{"id": "x", "name": "Jos\xe9"}\n', b'{"id": "y", "started_at": "2026-03-04"}\n'
    lines.write_bytes(spoiled + good)
    assert counts(bring(prepared, lines)) == (2, 1, 0, 1)


def test_a_voicemail_has_the_duration_of_its_recording(prepared: Run, data_dir: Path, tmp_path: Path) -> None:
    """docs/decisions/0019: of calls that nobody took, it alone has one."""
    path = tmp_path / "calls.csv"
    path.write_text("id,start,seconds,result\na,2026-03-04,12,voicemail\nb,2026-03-04,12,missed\n")
    assert bring(prepared, path).code == 0
    assert stored(data_dir, "call_sid, status, ended_reason, duration_seconds") == [
        ("a", "no_answer", "voicemail", 12),
        ("b", "no_answer", None, 0),
    ]


def test_a_report_that_cannot_be_written_is_known_before(
    prepared: Run, data_dir: Path, tmp_path: Path
) -> None:
    path = tmp_path / "calls.csv"
    path.write_text(HEADER + ROWS)
    ran = bring(prepared, path, "--report", str(tmp_path / "nowhere" / "refused.jsonl"))
    assert (ran.code, ran.error.partition(":")[0]) == (2, "report")
    assert stored(data_dir, "id") == []


def test_a_folder_of_recordings_with_a_manifest(prepared: Run, data_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    (folder / "one.webm").write_bytes(webm_recording())
    (folder / "manifest.csv").write_text(
        "file;when;who\none.webm;2026-03-04T12:00:00Z;+13125550143\n;2026-03-04T13:00:00Z;+13125550143\n"
    )
    ran = bring(prepared, folder, "--map", "started_at=when", "--map", "from=who", "--carrier", "old-pbx")
    assert (ran.code, counts(ran)) == (0, (2, 2, 0, 0))
    rows = stored(data_dir, "carrier, recording_source")
    [key] = [source.removeprefix("object:") for _, source in rows if source]
    assert {carrier for carrier, _ in rows} == {"old-pbx"}
    assert (data_dir / "objects" / key).read_bytes() == webm_recording()
    with closing(sqlite3.connect(data_dir / "antiphon.db")) as database:
        assert database.execute("SELECT name FROM jobs WHERE name LIKE 'call.%'").fetchall() == [
            ("call.fetch",)
        ]


def test_a_dry_run_stores_nothing(prepared: Run, data_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text(HEADER + ROWS)
    ran = bring(prepared, path, "--dry-run")
    assert (ran.code, counts(ran), ran.json["dry_run"]) == (0, (3, 3, 0, 0), True)
    assert stored(data_dir, "id") == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--map", "started_at"], "map: 'started_at' is not field=column"),
        (["--map", "colour=a"], "map: unknown field colour"),
        (["--map", "from=nowhere"], "map: the file has no column nowhere"),
        (["--map", "started_at="], "map: no column for started_at"),
        (["--carrier", "x" * 17], "carrier: 1 to 16 characters"),
        (["--account", "nobody"], "Account not found"),
    ],
)
def test_wrong_use_is_one_line(prepared: Run, tmp_path: Path, options: list[str], message: str) -> None:
    path = tmp_path / "calls.csv"
    path.write_text(HEADER + ROWS)
    ran = bring(prepared, path, *options)
    assert ran.code == 2
    assert ran.error.startswith(message)


def test_a_missing_file_is_one_line(prepared: Run, tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        ran = bring(prepared, path)
        assert ran.code == 2
        assert ran.error.startswith("file: no ")
