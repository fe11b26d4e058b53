"""No file of the tree names a download host: requirements are pinned by hash, locks hold no addresses."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tree import ROOT, source_files

HOSTS = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|yarnpkg\.com|registry\.[a-z0-9-]+\.(?:com|org|net|io|dev)|huggingface\.co"
    r"|alphacephei\.com|deb\.debian\.org|raw\.githubusercontent\.com|objects\.githubusercontent\.com"
)
INDEX_OPTION = re.compile(r"^\s*(?:-i|-f|--(?:extra-)?index-url|--find-links|--trusted-host)\b")
RESOLVED = re.compile(r'"resolved"\s*:\s*"(?:https?|git)')


def problems(path: Path, text: str) -> list[str]:
    found = []
    is_requirements = path.parent.name == "requirements"
    for number, line in enumerate(text.splitlines(), 1):
        if match := HOSTS.search(line):
            found.append(f"{path}:{number}: names the download host {match.group()}")
        if RESOLVED.search(line):
            found.append(f"{path}:{number}: lock file with a download address")
        if is_requirements and INDEX_OPTION.search(line):
            found.append(f"{path}:{number}: requirements with an index option")
    return found


def main() -> int:
    own = Path(__file__).resolve().relative_to(ROOT)
    found = [problem for path, text in source_files() if path != own for problem in problems(path, text)]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
