"""The project's own checks find what they are for, and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "scripts" / "checks"
TABLES = "from antiphon.domain.things.tables import parts, things\n"
NAMES = ({"things"}, {"things"})


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    import importlib

    monkeypatch.syspath_prepend(str(FOLDER))
    before = set(sys.modules)
    yield importlib.import_module(request.param)
    for name in set(sys.modules) - before:
        if name in {"tree", "hosts", "exceptions", "tenant_scope"}:
            del sys.modules[name]


def scope_problems(check: ModuleType, text: str, **others: str) -> list[str]:
    files = {"antiphon.domain.things.queries": (Path("queries.py"), TABLES + text)}
    files |= {
        f"antiphon.domain.things.{name}": (Path(f"{name}.py"), TABLES + body) for name, body in others.items()
    }
    return list(check.Domain(files, *NAMES).problems())


@pytest.mark.parametrize("check", ["tenant_scope"], indirect=True)
@pytest.mark.parametrize(
    "text",
    [
        "tx.all(select(things).where(things.c.id == thing_id))",
        "tx.execute(things.update().where(things.c.id == thing_id).values(name=name))",
        "tx.execute(things.delete())",
        "tx.execute(delete(things).where(things.c.id == 1))",
        "_ONE = select(things).where(things.c.id == 1)\ntx.first(_ONE)",
        "t = things.c\ntx.first(select(t.name).where(t.id == 1))",
        "t, p = things.c, parts.c\ntx.first(select(t.name).where(t.id == 1))",
        "_ALL = select(things)\n_ONE = _ALL.where(things.c.id == 1)\ntx.first(_ONE)",
        "_UNUSED = select(things)",
        "tx.all(select(things.c.account_id).where(things.c.id == 1))",
        "tx.all(select(things).join(parts, parts.c.account_id == things.c.account_id))",
        "tx.execute(text('DELETE FROM things WHERE id = 1'))",
        "# a plain comment\ntx.execute(things.delete())",
    ],
)
def test_a_statement_without_its_account_is_found(check: ModuleType, text: str) -> None:
    assert len(scope_problems(check, text)) == 1


@pytest.mark.parametrize("check", ["tenant_scope"], indirect=True)
@pytest.mark.parametrize(
    "text",
    [
        "tx.all(select(things).where(things.c.account_id == account_id))",
        "tx.all(select(things).where(things.c.account_id == event.account_id))",
        "t = things.c\n_OWN = select(t.name).where(t.account_id == bindparam('a'), t.id == 1)\ntx.all(_OWN)",
        "_BASE = select(things)\n_OWN = _BASE.where(things.c.account_id == 1)\ntx.all(_OWN)",
        "def f(tx, a):\n    own = things.c.account_id == a\n    return tx.all(select(things).where(own))",
        "tx.all(select(things).where(things.c.account_id.in_(ids)))",
        "tx.all(select(parts).where(parts.c.id == 1))",
        "tx.execute(things.insert(), rows)",
        "# unscoped: the schedule purges for everybody\ntx.execute(things.delete())",
        "tx.execute(things.delete())  # unscoped: the schedule purges for everybody",
        "# unscoped: by its secret\n_ONE = select(things).where(things.c.id == 1)\n\n\ntx.first(_ONE)",
        "tx.execute(text('DELETE FROM things WHERE account_id = :a'))",
        "names.update(things)",
    ],
)
def test_a_statement_with_its_account_or_a_reason_passes(check: ModuleType, text: str) -> None:
    assert scope_problems(check, text) == []


@pytest.mark.parametrize("check", ["tenant_scope"], indirect=True)
def test_names_are_followed_into_other_files(check: ModuleType) -> None:
    base = "_ALL = select(things)\n_OWN = _ALL.where(things.c.account_id == 1)\n"
    importing = "from antiphon.domain.things.base import _ALL, _OWN\n"
    assert scope_problems(check, importing + "tx.all(_OWN)", base=base) == []
    assert len(scope_problems(check, importing + "tx.all(_ALL)", base=base)) == 1


@pytest.mark.parametrize("check", ["exceptions"], indirect=True)
@pytest.mark.parametrize(
    ("line", "is_fine"),
    [
        ("x = 1  # noqa: S105 (a kind of key, not a key)", True),
        ("x = 1  # type: ignore[misc]  # untyped base", True),
        ("x = 1  # noqa: S105", False),
        ("x = 1  # noqa", False),
        ("x = 1  # type: ignore", False),
        ("x = 1  # type: ignore[arg-type]", False),
        ("x = 1  # type: ignore[arg-type]  # noqa: E501", False),
        ("// @ts-expect-error", False),
        ("// @ts-expect-error the library has no types", True),
        ("x = 1  # an ordinary comment", True),
    ],
)
def test_an_exception_needs_a_rule_and_a_reason(check: ModuleType, line: str, is_fine: bool) -> None:
    assert (check.problem(line) is None) is is_fine


@pytest.mark.parametrize("check", ["hosts"], indirect=True)
@pytest.mark.parametrize(
    ("path", "line", "is_fine"),
    [
        ("ui/package-lock.json", '"resolved"' + ': "https://somewhere.example.org/a.tgz"', False),
        ("ui/package-lock.json", '"resolved": "ui/widget"', True),
        ("ui/package-lock.json", '"url": "https://registry.npm' + 'js.org/a"', False),
        ("requirements/base.txt", "--index-url https://mirror.example.org/simple", False),
        ("requirements/base.txt", "aiohttp==3.14.5 --hash=sha256:00", True),
        ("docs/a.md", "see https://files.python" + "hosted.org/a", False),
        ("src/a.py", "self.registry.jobs.items()", True),
    ],
)
def test_download_hosts_are_found(check: ModuleType, path: str, line: str, is_fine: bool) -> None:
    assert (check.problems(Path(path), line) == []) is is_fine
