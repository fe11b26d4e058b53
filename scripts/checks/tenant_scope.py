"""Every statement of the domain on a table with an account_id names the account (design, account scope).

A statement that means every account, or finds its account by a secret, says so in a comment on its lines or
just above its definition or use: `# unscoped: reason`.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Table

SOURCE = Path(__file__).resolve().parents[2] / "src"
DOMAIN = SOURCE / "antiphon" / "domain"
STARTS = {"select", "update", "delete"}
LIBRARY = {"sa", "sqlalchemy"}
MARKER = re.compile(r"#\s*unscoped:\s*\S")
COMMENT = re.compile(r"\s*#")
SQL = re.compile(r"\b(select|update|delete)\b", re.IGNORECASE)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def tenant_tables() -> tuple[set[str], set[str]]:
    """The variable names and the database names of all tables with an account_id column."""
    sys.path.insert(0, str(SOURCE))
    variables, names = set(), set()
    domain = importlib.import_module("antiphon.domain")
    for package in pkgutil.iter_modules(domain.__path__, "antiphon.domain."):
        if not package.ispkg or not (DOMAIN / package.name.rsplit(".", 1)[1] / "tables.py").exists():
            continue
        for variable, value in vars(importlib.import_module(f"{package.name}.tables")).items():
            if isinstance(value, Table) and "account_id" in value.c:
                variables.add(variable)
                names.add(value.name)
    return variables, names


@dataclass
class Module:
    """One source file: its tree, its names and what they were bound to, per function."""

    path: Path
    tables: set[str]
    lines: list[str] = field(init=False)
    parents: dict[ast.AST, ast.AST] = field(init=False)
    bindings: dict[tuple[Function | None, str], list[ast.expr]] = field(init=False)
    imported: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        text = self.path.read_text(encoding="utf-8")
        self.tree = ast.parse(text)
        self.lines = text.splitlines()
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}
        self.bindings, self.imported = {}, {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom):
                self.imported.update({alias.asname or alias.name: alias.name for alias in node.names})
            elif (target := bound_name(node)) is not None:
                self.bindings.setdefault((self.function_of(node), target[0]), []).append(target[1])

    def function_of(self, node: ast.AST) -> Function | None:
        while node in self.parents:
            node = self.parents[node]
            if isinstance(node, Function):
                return node
        return None

    def values(self, name: ast.Name) -> list[ast.expr]:
        scope = self.function_of(name)
        return self.bindings.get((scope, name.id)) or self.bindings.get((None, name.id)) or []

    def closure(self, node: ast.AST, seen: set[ast.AST] | None = None) -> Iterator[ast.AST]:
        """The node and everything its names stand for in this file."""
        seen = set() if seen is None else seen
        for part in ast.walk(node):
            if part in seen:
                continue
            seen.add(part)
            yield part
            if isinstance(part, ast.Name):
                for value in self.values(part):
                    yield from self.closure(value, seen)

    def is_table(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Name):
            return self.imported.get(node.id, node.id) in self.tables and not self.values(node)
        return isinstance(node, ast.Attribute) and node.attr in self.tables

    def starts_statement(self, node: ast.AST, seen: frozenset[ast.AST] = frozenset()) -> bool:
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Name):
                return function.id in STARTS
            return (
                isinstance(function, ast.Attribute)
                and function.attr in STARTS
                and (
                    self.is_table(function.value) or getattr(function.value, "id", "") in {"sa", "sqlalchemy"}
                )
            )
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node not in seen:
            return any(self.starts_statement(root(value), seen | {node}) for value in self.values(node))
        return False

    def whole(self, node: ast.AST) -> ast.AST:
        """The chained expression that begins with the node: select(...).where(...)."""
        while True:
            parent = self.parents[node]
            if isinstance(parent, ast.Attribute) or (isinstance(parent, ast.Call) and parent.func is node):
                node = parent
            else:
                return node

    def executed(self) -> Iterator[ast.AST]:
        """Statements that are used, not only named or built upon; those inside another one belong to it."""
        chains = {self.whole(node) for node in ast.walk(self.tree) if self.starts_statement(node)}
        loaded = {name.id for name in ast.walk(self.tree) if isinstance(name, ast.Name) and is_load(name)}
        for chain in chains:
            target = bound_name(self.parents[chain])
            if target is not None and target[0] in loaded:
                continue
            node: ast.AST = chain
            while node in self.parents and node not in chains - {chain}:
                node = self.parents[node]
            if not isinstance(node, ast.expr):
                yield chain

    def is_account_column(self, node: ast.AST) -> bool:
        """`table.c.account_id`, `v.account_id` for `v = table.c`, `accounts.c.id`."""
        if not isinstance(node, ast.Attribute):
            return False
        owner = node.value
        if isinstance(owner, ast.Name):
            owner = next(iter(self.values(owner)), owner)
        if not isinstance(owner, ast.Attribute) or owner.attr != "c":
            return False
        return node.attr == "account_id" or (node.attr == "id" and ast.unparse(owner.value) == "accounts")

    def is_scope(self, node: ast.AST) -> bool:
        """An account_id compared with a value: two columns are a join, not a scope."""
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq):
            return self.is_account_column(node.left) != self.is_account_column(node.comparators[0])
        return (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "in_"
            and self.is_account_column(node.func.value)
        )

    def is_marked(self, nodes: list[ast.AST]) -> bool:
        for node in nodes:
            while not isinstance(node, ast.stmt):
                node = self.parents[node]
            first = node.lineno - 1
            while first > 0 and COMMENT.match(self.lines[first - 1]):
                first -= 1
            if any(MARKER.search(line) for line in self.lines[first : node.end_lineno]):
                return True
        return False

    def problems(self, table_names: set[str]) -> Iterator[str]:
        for statement in self.executed():
            parts = list(self.closure(statement))
            if not any(self.is_table(part) for part in parts) or any(self.is_scope(part) for part in parts):
                continue
            roots = [part for part in parts if isinstance(part, ast.Call) and self.starts_statement(part)]
            if not self.is_marked([statement, *roots]):
                yield f"{self.where(statement)}: statement without account_id: {ast.unparse(statement)[:90]}"
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value):
                words = set(re.findall(r"\w+", node.value))
                in_call = isinstance(self.parents[node], ast.Call)
                if (
                    in_call
                    and words & table_names
                    and "account_id" not in words
                    and not self.is_marked([node])
                ):
                    yield f"{self.where(node)}: SQL text without account_id"

    def where(self, node: ast.AST) -> str:
        return f"{self.path.relative_to(SOURCE.parent)}:{getattr(node, 'lineno', 0)}"


def is_load(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Load)


def root(node: ast.AST) -> ast.AST:
    """The innermost expression of a chain that is a call of a plain function, a table's method or a name."""
    while True:
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr not in STARTS
        ):
            node = node.func.value
        elif isinstance(node, ast.Attribute):
            node = node.value
        else:
            return node


def bound_name(node: ast.AST) -> tuple[str, ast.expr] | None:
    """The name and the value of an assignment to one plain name."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    if isinstance(node, ast.AnnAssign | ast.NamedExpr) and isinstance(node.target, ast.Name) and node.value:
        return node.target.id, node.value
    return None


def main() -> int:
    tables, names = tenant_tables()
    problems = [
        problem for path in sorted(DOMAIN.rglob("*.py")) for problem in Module(path, tables).problems(names)
    ]
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
