"""The annotated default file and the Settings class are one list of settings with one set of defaults."""

from __future__ import annotations

import json
import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from antiphon.settings import Settings

TEXT = (resources.files("antiphon") / "antiphon.default.toml").read_text(encoding="utf-8")
DEFAULTS = tomllib.loads(TEXT)
NAMES = sorted(Settings.model_fields)


@pytest.fixture(autouse=True)
def _no_own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in NAMES:
        monkeypatch.delenv(f"ANTIPHON_{name.upper()}", raising=False)
    monkeypatch.delenv("ANTIPHON_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)


def plain(value: Any) -> Any:
    """A setting as TOML writes it."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, list):
        return [str(item) for item in value]
    return value


def test_the_file_names_every_setting_and_no_other() -> None:
    assert sorted(DEFAULTS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_file_states_the_default(name: str) -> None:
    assert DEFAULTS[name] == plain(getattr(Settings(), name))


def test_settings_stand_in_the_file_in_the_order_of_the_class() -> None:
    assert re.findall(r"^([a-z0-9_]+) =", TEXT, re.MULTILINE) == list(Settings.model_fields)


def test_every_block_of_settings_is_explained() -> None:
    for block in re.split(r"\n\s*\n", TEXT):
        lines = block.strip().splitlines()
        if not lines[-1].startswith("#") and "smtp_host" not in block:
            assert lines[0].startswith("# "), block


def test_the_file_itself_is_valid_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "antiphon.toml").write_text(TEXT, encoding="utf-8")
    from_file = Settings()
    (tmp_path / "antiphon.toml").unlink()
    assert from_file == Settings()


def test_environment_stands_over_file_stands_over_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "antiphon.toml").write_text('port = 9000\nhost = "0.0.0.0"\n', encoding="utf-8")
    monkeypatch.setenv("ANTIPHON_PORT", "9100")
    monkeypatch.setenv("ANTIPHON_HOST", "")
    settings = Settings()
    assert (settings.port, settings.host, settings.log_level) == (9100, "0.0.0.0", "info")
    assert Settings(port=9200).port == 9200


def test_another_file_is_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.toml").write_text('mail = "smtp"\n', encoding="utf-8")
    monkeypatch.setenv("ANTIPHON_CONFIG", str(tmp_path / "other.toml"))
    assert Settings().mail == "smtp"


def test_lists_are_comma_separated_and_tables_json_in_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTIPHON_TRUSTED_PROXIES", "10.0.0.0/8, ::1/128")
    monkeypatch.setenv("ANTIPHON_BLOCKED_SUBDOMAINS", "shop,")
    monkeypatch.setenv("ANTIPHON_PLAN_FEATURES", json.dumps({"transcripts": "pro"}))
    settings = Settings()
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "::1/128"]
    assert settings.blocked_subdomains == ["shop"]
    assert settings.plan_features == {"transcripts": "pro"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("portt = 1\n", "portt"),
        ("port = 70000\n", "port"),
        ('environment = "staging"\n', "environment"),
        ('webhook_allowed_networks = ["10.0.0.1/8"]\n', "webhook_allowed_networks"),
        ('storage = "s3"\n', "s3_bucket"),
        ("server_processes = 2\n", "database_url"),
        ('server_processes = 2\ndatabase_url = "postgresql://localhost/a"\n', "redis_url"),
    ],
)
def test_what_cannot_work_is_refused_by_name(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "antiphon.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ValidationError, match=named):
        Settings()


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_SMTP_PASSWORD", "hunter2")
    assert "hunter2" not in repr(Settings())
