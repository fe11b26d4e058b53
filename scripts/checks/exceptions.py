"""Every lint and type exception in Python and TypeScript names its rule and gives a reason."""

from __future__ import annotations

import re
import sys

from tree import source_files

EXCEPTIONS = (
    re.compile(r"#\s*(?:ruff: )?noqa(?P<rule>:\s*[A-Z]+[0-9]+(?:,\s*[A-Z]+[0-9]+)*)?(?P<reason>.*)"),
    re.compile(r"#\s*type:\s*ignore(?P<rule>\[[a-z, -]+\])?(?P<reason>.*)"),
    re.compile(r"(?://|/\*)\s*@ts-(?:ignore|expect-error|nocheck)(?P<rule>)(?P<reason>.*)"),
    re.compile(r"eslint-disable(?P<rule>)(?P<reason>.*)"),
)
WORDS = re.compile(r"[A-Za-z]{2,}.*[A-Za-z]{2,}")


def problem(line: str) -> str | None:
    """What is wrong with the exceptions of one line, or None."""
    for pattern in EXCEPTIONS:
        for match in pattern.finditer(line):
            if match["rule"] is None:
                return "exception without a rule"
            rest = re.sub(r"#\s*(?:noqa|type:\s*ignore)\S*", "", match["reason"])
            if not WORDS.search(rest):
                return "exception without a reason"
    return None


def main() -> int:
    found = []
    for path, text in source_files(".py", ".ts", ".tsx"):
        if path.parent.as_posix() == "scripts/checks" or path.name == "test_checks.py":
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if message := problem(line):
                found.append(f"{path}:{number}: {message}: {line.strip()}")
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
