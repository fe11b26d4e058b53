"""Run benchmarks and print their figures as one table: the body of scripts/bench.

A benchmark prints with `--json` one object: `{"figures": [{"figure", "value", "target", "met", ...}]}`, where
`value` and `target` are numbers or text and `met` is true, false, or null when there is no target.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"
RESULTS = FOLDER / "results"
MET = {True: "yes", False: "NO", None: "-"}


def run(path: Path) -> dict[str, Any]:
    """Raises RuntimeError when the benchmark fails or prints something else than one JSON object."""
    done = subprocess.run(  # noqa: S603 (the project's own scripts)
        [sys.executable, str(path), "--json"], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"exit code {done.returncode}")
    try:
        result = json.loads(done.stdout)
    except ValueError as error:
        raise RuntimeError(f"no JSON on standard output: {error}") from error
    if not isinstance(result, dict) or not isinstance(result.get("figures"), list):
        raise RuntimeError("no list of figures in its output")
    return result


def machine() -> dict[str, Any]:
    return {"system": platform.platform(), "python": platform.python_version(), "cores": os.cpu_count()}


def text(value: object) -> str:
    return f"{value:,.3g}" if isinstance(value, float) and abs(value) < 1000 else str(value)


def main(names: list[str]) -> int:
    paths = sorted(path for path in FOLDER.glob("*.py") if not path.name.startswith("_"))
    unknown = set(names) - {path.stem for path in paths}
    if unknown:
        print(f"no such benchmark: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    RESULTS.mkdir(exist_ok=True)
    table = Table("benchmark", "figure", "value", "target", "met")
    failed = False
    for path in paths:
        if names and path.stem not in names:
            continue
        print(f"running {path.stem}", file=sys.stderr)
        try:
            result = run(path)
        except RuntimeError as error:
            table.add_row(path.stem, str(error), "-", "-", MET[False])
            failed = True
            continue
        result |= {"machine": machine(), "at": datetime.now(UTC).isoformat(timespec="seconds")}
        (RESULTS / f"{path.stem}.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        for row in result["figures"]:
            met = row.get("met")
            failed |= met is False
            table.add_row(
                path.stem, row["figure"], text(row["value"]), text(row.get("target", "-")), MET[met]
            )
    Console(width=None if sys.stdout.isatty() else 140).print(table)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
