"""The scripts are small, portable and say what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(
    path
    for path in [*(ROOT / "scripts").iterdir(), ROOT / ".ci" / "run"]
    if path.is_file() and (path.name == "lib.sh" or path.read_bytes().startswith(b"#!/bin/sh"))
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_posix_shell(script: Path) -> None:
    shell = shutil.which("dash") or "sh"
    done = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "script", [path for path in SCRIPTS if path.name != "lib.sh"], ids=lambda path: path.name
)
def test_scripts_can_be_run(script: Path) -> None:
    assert os.access(script, os.X_OK)


def shell(folder: Path, command: str, path: str) -> subprocess.CompletedProcess[str]:
    """Run a command with lib.sh in a checkout of its own."""
    (folder / "scripts").mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "scripts" / "lib.sh", folder / "scripts" / "lib.sh")
    (folder / "scripts" / "probe").write_text(f'set -eu\n. "$(dirname -- "$0")/lib.sh"\n{command}\n')
    return subprocess.run(
        ["/bin/sh", str(folder / "scripts" / "probe")],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={"PATH": path, "HOME": str(folder)},
    )


def tools(folder: Path, *names: str) -> str:
    """A PATH with only these programs."""
    folder.mkdir()
    for name in names:
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return str(folder)


def test_a_machine_without_python_is_told_what_to_install(tmp_path: Path) -> None:
    path = tools(tmp_path / "bin", "dirname", "id")
    done = shell(tmp_path / "checkout", "make_venv", path)
    assert done.returncode == 2
    assert "Python 3.11 or newer is needed" in done.stderr


def test_a_python_without_venv_is_told_which_package_to_install(tmp_path: Path) -> None:
    path = tools(tmp_path / "bin", "dirname", "id")
    python = tmp_path / "bin" / "python3"
    # Debian's python3 without its venv package: everything works but `import ensurepip`.
    python.write_text(
        "#!/bin/sh\n"
        'case "$*" in *ensurepip*) exit 1 ;; *venv\\"*|*%d-venv*) echo python3.11-venv ;; *) exit 0 ;; esac\n'
    )
    python.chmod(0o755)
    done = shell(tmp_path / "checkout", "make_venv", path)
    assert done.returncode == 2
    assert "apt-get install python3.11-venv" in done.stderr


def test_a_step_runs_again_only_when_its_files_changed(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    (checkout / ".venv").mkdir(parents=True)
    (checkout / "input").write_text("one")
    command = "step() { echo ran; }; once probe input -- step; once probe input -- step"
    path = os.environ["PATH"]
    assert shell(checkout, command, path).stdout == "ran\n"
    assert shell(checkout, command, path).stdout == ""
    (checkout / "input").write_text("two")
    assert shell(checkout, command, path).stdout == "ran\n"


def test_a_failed_step_runs_again(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    (checkout / ".venv").mkdir(parents=True)
    (checkout / "input").write_text("one")
    path = os.environ["PATH"]
    assert shell(checkout, "once probe input -- false", path).returncode == 2
    assert shell(checkout, "once probe input -- echo ran", path).stdout == "ran\n"


def test_a_linked_environment_is_left_to_its_owner(tmp_path: Path) -> None:
    (tmp_path / "owner").mkdir()
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / ".venv").symlink_to(tmp_path / "owner")
    path = tools(tmp_path / "bin", "dirname")
    done = shell(checkout, "once base scripts/lib.sh -- install_requirements", path)
    assert (done.returncode, done.stderr) == (0, "")
    assert list((tmp_path / "owner").iterdir()) == []
