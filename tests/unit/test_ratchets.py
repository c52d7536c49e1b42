"""What is tolerated in the source, counted: a number here may fall, and never rises."""

from __future__ import annotations

import ast
import functools
import io
import re
import tokenize
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]
RUNNER = sorted((HERE / "runner").rglob("*.py"))
TESTS = sorted((HERE / "tests").rglob("*.py"))
# The patterns are put together here, so that this file is not found by itself.
COMMENTS = {
    "type: ignore": r"type:\s*ignore",
    "noqa": r"\bno" + "qa",
    "no cover": r"pragma:\s*no",
    "to-do": r"\b(?:TO" + "DO|FIX" + "ME|XX" + r"X)\b",
}
# Dotted names, as they are read or imported.
NAMES = {
    "Any": {"Any", "typing.Any"},
    "cast": {"cast", "typing.cast"},
    "mock": {"mock", "unittest.mock", "monkeypatch.setattr", "mocker"},
    "skip": {
        "pytest.mark.skip",
        "pytest.mark.skipif",
        "pytest.mark.xfail",
        "pytest.skip",
        "pytest.xfail",
    },
    "exec": {"eval", "exec", "os.system", "os.popen", "pickle", "shelve", "marshal"},
}
LONGEST_FUNCTION = 40
LONGEST_MODULE = 330
# The nouns stand in one file; the bound is its present length.
LONGER_MODULES = {"runner/model.py": 554}
LONGER_FUNCTIONS: dict[str, int] = {}


def name(path: Path) -> str:
    """Return a file's path from the root of the checkout."""
    return path.relative_to(HERE).as_posix()


@functools.cache
def text(path: Path) -> str:
    """Return a file's text."""
    return path.read_text(encoding="utf-8")


def mentioning(pattern: str) -> list[Path]:
    """Return the files whose text has it somewhere: only they need to be looked at closely."""
    return [path for path in (*RUNNER, *TESTS) if re.search(pattern, text(path))]


@functools.cache
def tree(path: Path) -> ast.Module:
    """Return the syntax of a file."""
    return ast.parse(text(path))


@functools.cache
def comments(path: Path) -> tuple[str, ...]:
    """Return the comments of a file."""
    tokens = tokenize.generate_tokens(io.StringIO(text(path)).readline)
    return tuple(token.string for token in tokens if token.type == tokenize.COMMENT)


def dotted(node: ast.expr) -> str:
    """Return the dotted name that an expression is; empty for any that is none."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


@functools.cache
def names(path: Path) -> frozenset[str]:
    """Return every dotted name that a file reads or imports, and each part that it begins with."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Name | ast.Attribute):
            found.add(dotted(node))
        elif isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{each.name}" for each in node.names} | {str(node.module)}
    return frozenset(found)


def within(found: dict[str, int], bounds: dict[str, int]) -> bool:
    """Tell whether nothing is beyond its bound, and no bound is kept that nothing needs."""
    return found.keys() == bounds.keys() and all(found[each] <= bounds[each] for each in found)


@pytest.mark.parametrize("what", COMMENTS)
def test_comments(what: str) -> None:
    """No comment turns a check off, or puts work off."""
    pattern = re.compile(COMMENTS[what])
    found = [
        (name(path), each)
        for path in mentioning(COMMENTS[what])
        for each in comments(path)
        if pattern.search(each)
    ]

    assert found == []


@pytest.mark.parametrize("what", NAMES)
def test_names(what: str) -> None:
    """Nothing unchecked, mocked, skipped or evaluated is named anywhere."""
    last = "|".join(each.rpartition(".")[2] for each in NAMES[what])
    found = [
        (name(path), used)
        for path in mentioning(rf"\b(?:{last})\b")
        if (used := names(path) & NAMES[what])
    ]

    assert found == []


def test_no_shell() -> None:
    """No process is started through a shell."""
    found = [
        name(path)
        for path in mentioning(r"\bshell\s*=")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.keyword) and ast.unparse(node) == "shell=True"
    ]

    assert found == []


def test_functions_are_short() -> None:
    """No function of the product is longer than a screen."""
    long = {
        f"{name(path)}:{node.name}": lines
        for path in RUNNER
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    }

    assert within(long, LONGER_FUNCTIONS)


def test_modules_are_short() -> None:
    """No module of the product does so much that it is long, but for those listed."""
    long = {
        name(path): lines
        for path in RUNNER
        if (lines := len(text(path).splitlines())) > LONGEST_MODULE
    }

    assert within(long, LONGER_MODULES)


def test_packages_are_empty() -> None:
    """An `__init__.py` holds nothing: re-exports make rings of imports."""
    full = [
        name(path) for path in (*RUNNER, *TESTS) if path.name == "__init__.py" and path.read_bytes()
    ]

    assert full == []


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("from typing import Any", "Any"),
        ("import typing\nx: typing.Any = 1", "Any"),
        ("from typing import cast", "cast"),
        ("from unittest import mock", "mock"),
        ("import unittest.mock", "mock"),
        ("def test(monkeypatch): monkeypatch.setattr(a, 'b', c)", "mock"),
        ("@pytest.mark.skipif(True)\ndef test(): ...", "skip"),
        ("import os\nos.system('ls')", "exec"),
        ("import pickle", "exec"),
    ],
)
def test_the_ratchet_counts(tmp_path: Path, source: str, what: str) -> None:
    """What these tests look for they do find."""
    path = tmp_path / "module.py"
    path.write_text(source)

    assert names(path) & NAMES[what]


def test_the_ratchet_reads_comments(tmp_path: Path) -> None:
    """A comment is found, and the same words in a string are not."""
    path = tmp_path / "module.py"
    words = "type: " + "ignore"
    path.write_text(f"x = '{words}'\ny = 1  # {words}\n")

    assert comments(path) == (f"# {words}",)
