"""The text files of the checkout that are, or would be, committed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 2_000_000


def ignored_names() -> set[str]:
    """The plain names in .gitignore, so that the walk works in a checkout without git."""
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    return {line.strip("/") for line in lines} | {".git"}


def source_files(*suffixes: str) -> Iterator[tuple[Path, str]]:
    """Path relative to the checkout and text of each file, all of them when no suffix is given."""
    ignored = ignored_names()
    for folder, folders, files in os.walk(ROOT):
        here = Path(folder).relative_to(ROOT)
        folders[:] = sorted(
            name
            for name in folders
            if not {name, (here / name).as_posix()} & ignored and not name.endswith(".egg-info")
        )
        for name in sorted(files):
            path = ROOT / here / name
            if (suffixes and path.suffix not in suffixes) or path.stat().st_size > LARGEST:
                continue
            try:
                yield here / name, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
