"""Every rule that the source can emit, found in its syntax."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNNER = Path(__file__).parents[1] / "runner"
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_NAMES = {"rule", "rules", "_RULES"}


def used() -> dict[str, set[str]]:
    """Return the slugs that stand where a rule is meant, each with the modules that hold it."""
    found: dict[str, set[str]] = {}
    for path in sorted(RUNNER.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        for slug in slugs(tree):
            found.setdefault(slug, set()).add(path.relative_to(RUNNER).as_posix())
    return found


def slugs(tree: ast.Module) -> Iterator[str]:
    """Yield the texts that a module uses as rules: by keyword, by parameter, by table, by name."""
    positions = _positions(tree) | {"FaultError": 0}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _called(node, positions)
        elif isinstance(node, ast.For | ast.comprehension):
            yield from _looped(node.target, node.iter)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(each, ast.Name) and each.id in _NAMES for each in targets):
                yield from _values(node.value)
        elif isinstance(node, ast.arguments):
            yield from _defaults(node)


def _positions(tree: ast.Module) -> dict[str, int]:
    """Return where the functions of a module take their parameter `rule`."""
    return {
        node.name: names.index("rule")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and "rule" in (names := [each.arg for each in node.args.args if each.arg != "self"])
    }


def _called(node: ast.Call, positions: dict[str, int]) -> Iterator[str]:
    for keyword in node.keywords:
        if keyword.arg == "rule":
            yield from _values(keyword.value)
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    position = positions.get(name)
    if position is not None and position < len(node.args):
        yield from _values(node.args[position])


def _looped(target: ast.expr, among: ast.expr) -> Iterator[str]:
    """Yield what a loop over tuples written out gives to its variable `rule`."""
    names = target.elts if isinstance(target, ast.Tuple) else []
    for index, name in enumerate(names):
        if isinstance(name, ast.Name) and name.id == "rule" and isinstance(among, ast.Tuple):
            for row in among.elts:
                if isinstance(row, ast.Tuple):
                    yield from _values(row.elts[index])


def _defaults(node: ast.arguments) -> Iterator[str]:
    plain = [*node.posonlyargs, *node.args]
    for name, value in zip(plain[len(plain) - len(node.defaults) :], node.defaults, strict=True):
        if name.arg == "rule":
            yield from _values(value)
    for name, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
        if name.arg == "rule" and default is not None:
            yield from _values(default)


def _values(node: ast.expr) -> Iterator[str]:
    """Yield the slugs that an expression can be: a text, a choice, or the values of a table."""
    match node:
        case ast.Constant(value=str(text)) if _SLUG.fullmatch(text):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from _values(body)
            yield from _values(other)
        case ast.Dict(values=values):
            for value in values:
                yield from _values(value)
        case ast.Call(args=args):
            for arg in args:
                yield from _values(arg)
        case _:
            return
