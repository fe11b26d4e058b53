"""The unit tests of `ui/`, run with the Node.js that the build uses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_unit_tests_of_the_pages_pass() -> None:
    find = "import build_ui_hook; binaries, npm = build_ui_hook.find_node(); print(binaries, *npm, sep='\\n')"
    found = subprocess.run(
        [sys.executable, "-c", find], cwd=ROOT / "scripts", capture_output=True, text=True, check=True
    )
    binaries, *npm = found.stdout.split()
    done = subprocess.run(
        [*npm, "--silent", "test"],
        cwd=ROOT / "ui",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=os.environ | {"PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}", "CI": "true"},
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "passed" in done.stdout
