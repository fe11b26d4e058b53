"""scripts/build_ui_hook.py decides what to build without Node.js being asked."""

from __future__ import annotations

import gzip
import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_ui_hook", ROOT / "scripts" / "build_ui_hook.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path) -> Path:
    ui = tmp_path / "ui"
    (ui / "widget").mkdir(parents=True)
    (ui / "package.json").write_text("{}")
    (ui / "package-lock.json").write_text("{}")
    (ui / "widget" / "main.ts").write_text("1")
    return tmp_path


@pytest.fixture
def commands(hook: ModuleType, project: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Records what would run; `npm ci` and `npm run build` leave what they would leave."""
    ran: list[str] = []

    def run(npm: list[str], arguments: list[str], cwd: Path, binaries: Path) -> None:
        ran.append(arguments[0])
        if arguments[0] == "ci":
            (cwd / "node_modules").mkdir(exist_ok=True)
            return
        static = project / "src" / "antiphon" / "web" / "static"
        (static / "dashboard").mkdir(parents=True)
        (static / "widget.js").write_text("x" * 5000)
        (static / "dashboard" / "index.html").write_text("<!doctype html>")

    monkeypatch.setattr(hook, "run", run)
    monkeypatch.setattr(hook, "find_node", lambda: (Path("bin"), ["npm"]))
    return ran


def test_unchanged_sources_are_not_built_again(hook: ModuleType, project: Path, commands: list[str]) -> None:
    assert hook.build(project) is True
    assert hook.build(project) is False
    assert commands == ["ci", "run"]


def test_changed_source_is_built_without_a_new_install(
    hook: ModuleType, project: Path, commands: list[str]
) -> None:
    hook.build(project)
    (project / "ui" / "widget" / "main.ts").write_text("2")
    assert hook.build(project) is True
    assert commands == ["ci", "run", "run"]


def test_changed_lock_file_installs_again(hook: ModuleType, project: Path, commands: list[str]) -> None:
    hook.build(project)
    (project / "ui" / "package-lock.json").write_text('{"a":1}')
    assert hook.build(project) is True
    assert commands == ["ci", "run", "ci", "run"]


def test_missing_output_is_built_again(hook: ModuleType, project: Path, commands: list[str]) -> None:
    hook.build(project)
    (project / "src" / "antiphon" / "web" / "static" / "widget.js").unlink()
    assert hook.build(project) is True


def test_large_text_files_get_a_packed_copy(hook: ModuleType, project: Path, commands: list[str]) -> None:
    hook.build(project)
    static = project / "src" / "antiphon" / "web" / "static"
    assert gzip.decompress((static / "widget.js.gz").read_bytes()) == b"x" * 5000
    assert not (static / "dashboard" / "index.html.gz").exists()


def test_failed_build_tells_the_reason(hook: ModuleType, project: Path, tmp_path: Path) -> None:
    with pytest.raises(hook.UiBuildError, match=r"(?s)exit code 3.*no such package.*ANTIPHON_SKIP_UI_BUILD"):
        hook.run(["/bin/sh", "-c"], ["echo no such package; exit 3"], tmp_path, Path("/bin"))


def test_packaged_node_comes_first(hook: ModuleType, tmp_path: Path) -> None:
    binaries, npm = hook.find_node()
    assert (binaries / ("node.exe" if os.name == "nt" else "node")).is_file()
    assert Path(npm[-1]).name in {"npm-cli.js", "npm"}


def test_no_sources_and_no_output_is_an_error(hook: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(hook.UiBuildError, match="missing"):
        hook.build(tmp_path)


def test_lock_file_names_no_download_host() -> None:
    """The design page, section 3: no lock file names a download host."""
    text = (ROOT / "ui" / "package-lock.json").read_text()
    assert '"resolved"' not in text
    assert '"integrity"' in text


def test_hook_skips_on_request(hook: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_SKIP_UI_BUILD", "1")
    built: list[Any] = []
    monkeypatch.setattr(hook, "build", lambda *arguments, **options: built.append(arguments))
    monkeypatch.setattr("sys.argv", ["build-ui"])
    assert hook.main() == 0
    assert built == []
