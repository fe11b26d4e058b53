"""Every statement of the domain on a table with an account_id names the account (design, account scope).

A statement that means every account, or finds its account by a secret, says so in a comment on its lines or
just above its definition or use: `# unscoped: reason`.
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Table

SOURCE = Path(__file__).resolve().parents[2] / "src"
STARTS = {"select", "update", "delete"}
LIBRARY = {"sa", "sqlalchemy"}
MARKER = re.compile(r"#\s*unscoped:\s*\S")
COMMENT = re.compile(r"\s*#")
SQL = re.compile(r"\b(select|update|delete)\b", re.IGNORECASE)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def tenant_tables(source: Path) -> tuple[set[str], set[str]]:
    """The variable names and the database names of all tables with an account_id column."""
    sys.path.insert(0, str(source))
    variables, names = set(), set()
    for path in sorted(source.glob("antiphon/domain/*/tables.py")):
        for variable, value in vars(importlib.import_module(dotted(path, source))).items():
            if isinstance(value, Table) and "account_id" in value.c:
                variables.add(variable)
                names.add(value.name)
    return variables, names


def dotted(path: Path, source: Path) -> str:
    return ".".join(path.relative_to(source).with_suffix("").parts)


@dataclass
class Module:
    """One source file; `bindings` holds what each plain name was assigned, per function."""

    path: Path
    text: str
    tree: ast.Module = field(init=False)
    bindings: dict[tuple[Function | None, str], list[ast.expr]] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tree = ast.parse(self.text)


class Domain:
    """All modules of the domain, so that names imported from one another can be followed."""

    def __init__(self, files: dict[str, tuple[Path, str]], tables: set[str], table_names: set[str]) -> None:
        self.tables = tables
        self.table_names = table_names
        self.modules = {name: Module(path, text) for name, (path, text) in files.items()}
        self.by_tree = {module.tree: module for module in self.modules.values()}
        self.parents: dict[ast.AST, ast.AST] = {}
        for module in self.modules.values():
            nodes = list(ast.walk(module.tree))
            self.parents |= {child: node for node in nodes for child in ast.iter_child_nodes(node)}
            for node in nodes:
                if isinstance(node, ast.ImportFrom) and node.module:
                    for alias in node.names:
                        module.imported[alias.asname or alias.name] = (node.module, alias.name)
                for name, value in bound_names(node):
                    module.bindings.setdefault((self.place(node)[0], name), []).append(value)

    def place(self, node: ast.AST) -> tuple[Function | None, Module]:
        """The function, if any, and the module that a node stands in."""
        function = None
        while not isinstance(node, ast.Module):
            node = self.parents[node]
            if function is None and isinstance(node, Function):
                function = node
        return function, self.by_tree[node]

    def values(self, name: ast.Name) -> list[ast.expr]:
        """What a name was assigned: in its function, else in its module, else where it is imported from."""
        function, module = self.place(name)
        own = module.bindings.get((function, name.id)) or module.bindings.get((None, name.id))
        if own or name.id not in module.imported:
            return own or []
        origin, original = module.imported[name.id]
        other = self.modules.get(origin)
        return other.bindings.get((None, original), []) if other is not None else []

    def closure(self, node: ast.AST, seen: set[ast.AST] | None = None) -> Iterator[ast.AST]:
        """The node and everything that its names stand for."""
        seen = set() if seen is None else seen
        for part in ast.walk(node):
            if part in seen:
                continue
            seen.add(part)
            yield part
            if isinstance(part, ast.Name) and not self.is_table(part):
                for value in self.values(part):
                    yield from self.closure(value, seen)

    def is_table(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Name):
            origin, original = self.place(node)[1].imported.get(node.id, ("", ""))
            return origin.endswith(".tables") and original in self.tables
        return isinstance(node, ast.Attribute) and node.attr in self.tables

    def starts_statement(self, node: ast.AST, seen: frozenset[ast.AST] = frozenset()) -> bool:
        """Whether it is select(...), table.update() and so on, or a name for a statement."""
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Name):
                return function.id in STARTS
            return (
                isinstance(function, ast.Attribute)
                and function.attr in STARTS
                and (self.is_table(function.value) or ast.unparse(function.value) in LIBRARY)
            )
        if isinstance(node, ast.Name) and is_load(node) and node not in seen:
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
        chains = {self.whole(node) for node in self.parents if self.starts_statement(node)}
        loaded = {node.id for node in self.parents if isinstance(node, ast.Name) and is_load(node)}
        for chain in chains:
            if any(name in loaded and value is chain for name, value in bound_names(self.parents[chain])):
                continue
            node = self.parents[chain]
            while isinstance(node, ast.expr | ast.keyword) and node not in chains:
                node = self.parents[node]
            if node not in chains:
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
            lines = self.place(node)[1].text.splitlines()
            while not isinstance(node, ast.stmt):
                node = self.parents[node]
            first = node.lineno - 1
            while first > 0 and COMMENT.match(lines[first - 1]):
                first -= 1
            if any(MARKER.search(line) for line in lines[first : node.end_lineno]):
                return True
        return False

    def problems(self) -> Iterator[str]:
        for statement in self.executed():
            parts = list(self.closure(statement))
            if not any(self.is_table(part) for part in parts) or any(self.is_scope(part) for part in parts):
                continue
            roots = [part for part in parts if isinstance(part, ast.Call) and self.starts_statement(part)]
            if not self.is_marked([statement, *roots]):
                yield f"{self.where(statement)}: statement without account_id: {ast.unparse(statement)[:90]}"
        for node in self.parents:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value):
                words = set(re.findall(r"\w+", node.value))
                unscoped = words & self.table_names and "account_id" not in words
                if unscoped and isinstance(self.parents[node], ast.Call) and not self.is_marked([node]):
                    yield f"{self.where(node)}: SQL text without account_id"

    def where(self, node: ast.AST) -> str:
        return f"{self.place(node)[1].path}:{getattr(node, 'lineno', 0)}"


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


def bound_names(node: ast.AST) -> list[tuple[str, ast.expr]]:
    """The names and values of an assignment to one plain name, or of tuples to each other."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target, value = node.targets[0], node.value
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        target, value = node.target, node.value
    else:
        return []
    pairs = [(target, value)]
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        pairs = list(zip(target.elts, value.elts, strict=False))
    return [(name.id, value) for name, value in pairs if isinstance(name, ast.Name)]


def main() -> int:
    paths = sorted((SOURCE / "antiphon" / "domain").rglob("*.py"))
    files = {
        dotted(path, SOURCE): (path.relative_to(SOURCE.parent), path.read_text(encoding="utf-8"))
        for path in paths
    }
    problems = sorted(Domain(files, *tenant_tables(SOURCE)).problems())
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
