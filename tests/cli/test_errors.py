"""Errors of commands: one clear line, 2 for bad use, 1 for failure (issue 2.1)."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from server_process import antiphon, process_environment
from services import free_port

if TYPE_CHECKING:
    from conftest import Run

NOBODY = "0190a6d1-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("--nope", "No such option: --nope"),
        ("nosuch", "No such command 'nosuch'"),
        ("serve --nope", "No such option: --nope"),
        ("serve --port 99999", "--port"),
        ("key create --kind pat", "--account"),
        ("key create --account x --kind blue", "'blue' is not one of"),
        ("key create --account nobody --kind pat", "Account not found"),
        (f"key create --account {NOBODY} --kind pat", "Account not found"),
        ("user create --account nobody --email kim@example.org", "Account not found"),
        ("channel create --account nobody --type campaign --name Survey", "Account not found"),
        ("key create --account x --kind pat --expires tomorrow", "expires: expiry is a number of days"),
        ("key create --account x --kind pat --expires 0d", "expires: expiry is a number of days"),
        ("key create --account x --kind pat --expires 99999999999999d", "expires: "),
        ("account create --name A --email nonsense", "email: "),
        ("account create --name A --email kim@example.org --subdomain a--b", "subdomain: "),
        ("account create --name A --email kim@example.org --plan gold", "'gold' is not one of"),
        (
            "user create --account x --email kim@example.org --role king",
            "role: viewer, member, admin or owner",
        ),
        ("transcribe missing.wav", "missing.wav is not a file"),
        ("models use nosuch", "There is no model 'nosuch'"),
        ("models use vosk-model-small-en-us-0.15", "is not downloaded yet"),
        ("models download nosuch", "There is no model 'nosuch'"),
        ("models download vosk-model-small-en-us-0.15", "models_base_url"),
        ("worker", "on SQLite the server runs the jobs"),
    ],
)
def test_bad_use(run: Run, command: str, said: str) -> None:
    ran = run(*command.split())
    assert ran.code == 2
    assert said in ran.error


@pytest.mark.parametrize("flag", [[], ["--json"]], ids=["text", "json"])
def test_file_without_sound(run: Run, tmp_path: Path, flag: list[str]) -> None:
    """The engines' answer to a text file is the same line with and without --json."""
    (tmp_path / "letter.webm").write_text("ffconcat version 1.0\nfile '/etc/passwd'\n")
    ran = run("transcribe", "letter.webm", *flag)
    assert ran.code in (1, 2)
    assert "Error" not in ran.error


def test_impossible_setting(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_JOB_CONCURRENCY", "1")
    ran = run("migrate")
    assert ran.code == 2
    assert ran.error.startswith("setting job_concurrency: ")


def test_impossible_network(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting and the place in it are named, not the types that were tried."""
    monkeypatch.setenv("ANTIPHON_WEBHOOK_ALLOWED_NETWORKS", "10.0.0.0/8,nonsense")
    ran = run("migrate")
    assert ran.code == 2
    assert ran.error.strip() == "setting webhook_allowed_networks.1: Input is not a valid IPv4 network"


def test_unknown_setting_in_the_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "antiphon.toml").write_text("colour = 'blue'\n")
    ran = run("migrate")
    assert ran.code == 2
    assert "colour" in ran.error


def test_broken_settings_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "antiphon.toml").write_text("port = \n")
    ran = run("migrate")
    assert ran.code == 2
    assert "antiphon.toml" in ran.error


def test_several_processes_without_their_stores(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Design, "Rate limits": several processes without Redis are a start-up error."""
    monkeypatch.setenv("ANTIPHON_SERVER_PROCESSES", "2")
    assert "need database_url" in run("serve").error
    monkeypatch.setenv("ANTIPHON_DATABASE_URL", "postgresql://127.0.0.1/nothing")
    ran = run("serve")
    assert ran.code == 2
    assert "need redis_url" in ran.error


def test_database_that_is_no_database(run: Run, data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "antiphon.db").write_bytes(b"no database at all, " * 100)
    ran = run("migrate")
    assert ran.code == 1
    assert "file is not a database" in ran.error


def test_data_folder_that_is_a_file(run: Run, data_dir: Path) -> None:
    data_dir.write_text("")
    ran = run("account", "create", "--name", "A", "--email", "kim@example.org")
    assert ran.code == 1
    assert str(data_dir) in ran.error


def test_postgres_that_is_not_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_DATABASE_URL", f"postgresql://postgres@127.0.0.1:{free_port()}/nothing")
    ran = run("migrate")
    assert ran.code == 1
    assert ran.error


@pytest.mark.postgres
def test_postgres_database_that_is_not_there(
    run: Run, postgres_server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTIPHON_DATABASE_URL", f"{postgres_server_url}/nothing_of_the_kind")
    ran = run("migrate")
    assert ran.code == 1
    assert "nothing_of_the_kind" in ran.error


def test_doctor_names_what_fails(run: Run, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is migrated yet, and the chosen engine's model folder is not there."""
    monkeypatch.setenv("ANTIPHON_TRANSCRIPTION_ENGINE", "vosk")
    monkeypatch.setenv("ANTIPHON_TRANSCRIPTION_MODEL_DIR", str(data_dir / "nowhere"))
    ran = run("doctor", "--json")
    assert ran.code == 1
    assert ran.json["ok"] is False
    failed = {check["name"]: check["detail"] for check in ran.json["checks"] if not check["ok"]}
    assert {"schema", "transcription"} <= set(failed)
    assert "run antiphon migrate" in failed["schema"]
    text = run("doctor")
    assert text.code == 1
    assert "FAIL  schema" in text.out


def test_a_process_ends_like_the_function(tmp_path: Path) -> None:
    """The console command itself: exit code, one line, no traceback."""
    environment = process_environment({"data_dir": str(tmp_path)})
    command = antiphon("transcribe", "missing.wav", "--json")
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "antiphon: file: missing.wav is not a file\n"
