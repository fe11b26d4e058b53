"""pyproject.toml, the pinned requirements, the code and the page of dependencies agree."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUN = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
EXTRAS = {
    name: [Requirement(text) for text in texts]
    for name, texts in PROJECT["project"]["optional-dependencies"].items()
}
BUILD = [Requirement(text) for text in PROJECT["build-system"]["requires"]]
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]+\])?==(?P<version>[^ ;\\]+)", re.MULTILINE)

# Parts of a declared dependency's own interface, imported from where they are defined.
REEXPORTED = {
    "starlette": "fastapi",
    "pydantic": "fastapi",
    "pydantic-core": "fastapi",
    "yarl": "aiohttp",
}


def pins(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return {canonicalize_name(match["name"]): match["version"] for match in PIN.finditer(text)}


@pytest.mark.parametrize(
    ("name", "requirements"), [("base", RUN), ("dev", [*RUN, *EXTRAS["dev"]]), ("build", BUILD)]
)
def test_pins_satisfy_pyproject(name: str, requirements: list[Requirement]) -> None:
    pinned = pins(name)
    for requirement in requirements:
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is missing: run scripts/lock"
        assert version in requirement.specifier, f"{requirement}: pinned {version}: run scripts/lock"


def test_one_version_of_each_package_everywhere() -> None:
    everything = pins("dev")
    for name in ("base", "build"):
        for package, version in pins(name).items():
            assert everything.get(package, version) == version, package


@pytest.mark.parametrize("name", ["base", "dev", "build"])
def test_every_pin_has_a_hash(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert lines
    assert [line for line in lines if "--hash=sha256:" not in line] == []


def imported_modules() -> dict[str, set[str]]:
    """Top-level modules of other packages that the code imports, and the files that do."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names = [node.module]
            for name in names:
                top = name.partition(".")[0]
                if top != "antiphon" and top not in sys.stdlib_module_names:
                    found.setdefault(top, set()).add(str(path.relative_to(ROOT)))
    return found


def test_the_code_imports_only_what_is_declared() -> None:
    declared = {canonicalize_name(item.name) for item in RUN}
    optional = {
        canonicalize_name(item.name) for name, items in EXTRAS.items() if name != "dev" for item in items
    }
    distributions = metadata.packages_distributions()
    undeclared = {}
    for module, files in imported_modules().items():
        owners = {canonicalize_name(name) for name in distributions.get(module, [module.replace("_", "-")])}
        owners |= {REEXPORTED[owner] for owner in owners & REEXPORTED.keys()}
        if not owners & (declared | optional):
            undeclared[module] = sorted(files)
    assert undeclared == {}


def test_each_dependency_has_its_line_in_the_decisions() -> None:
    page = (ROOT / "docs" / "decisions" / "0009-dependencies.md").read_text(encoding="utf-8")
    cells = [line.split("|")[1] for line in page.splitlines() if line.startswith("| ")]
    named = {name.strip() for cell in cells for name in cell.split(",") if not cell.strip().startswith("**")}
    everything = {
        item.name for item in [*RUN, *BUILD, *(item for items in EXTRAS.values() for item in items)]
    }
    assert named - {"package", "---", ""} == everything
