"""What a browser loads as script for each screen, gzipped; fails when sign-in and Inbox pass the limit.

Reads the built pages (scripts/build-ui); without them there is nothing to check.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from antiphon.web.preloads import START, Manifest, closure

STATIC = Path(__file__).resolve().parents[2] / "src" / "antiphon" / "web" / "static" / "dashboard"
LIMIT_BYTES = 300_000
FRAME = "src/shell/Layout.tsx"
LIMITED = ("src/features/session/SignInPage.tsx", FRAME, "src/features/inbox/InboxPage.tsx")
OUTSIDE_FRAME = ("src/features/session/", "src/features/setup/")


def weight(manifest: Manifest, names: tuple[str, ...]) -> int:
    """Gzipped bytes of script that these chunks load together."""
    files = {str(manifest[chunk]["file"]) for name in names for chunk in closure(manifest, name)}
    return sum(_sent(STATIC / file).stat().st_size for file in files if file.endswith(".js"))


def _sent(path: Path) -> Path:
    packed = path.with_name(path.name + ".gz")
    return packed if packed.is_file() else path


def main() -> int:
    place = STATIC / "manifest.json"
    if not place.is_file():
        print("the pages are not built")
        return 0
    manifest: Manifest = json.loads(place.read_text())
    entries = [name for name in sorted(manifest) if manifest[name].get("isDynamicEntry")]
    for name in (entry for entry in entries if "features/" in entry):
        frame = () if name.startswith(OUTSIDE_FRAME) else (FRAME,)
        size = weight(manifest, (START, *frame, name))
        print(f"{size / 1000:7.1f} kB  {name.removeprefix('src/features/')}")
    total = weight(manifest, (START, *LIMITED))
    print(f"{total / 1000:7.1f} kB  sign-in and Inbox together, of {LIMIT_BYTES // 1000}")
    return 1 if total > LIMIT_BYTES else 0


if __name__ == "__main__":
    sys.exit(main())
