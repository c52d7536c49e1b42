"""The authoring schema in an editor: the real yaml-language-server, spoken to as editors do."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner import requests
from tests.node import languageserver, peers

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parents[2]
CASES = HERE / "tests" / "cases" / "editor"
SHIPPED = sorted(path.relative_to(HERE) for path in (HERE / "specs").rglob("*.yaml"))
_MARK = "  # here"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder laid out as a repository: schemas, specs, the policy, and the cases."""
    made = tmp_path_factory.mktemp("editor")
    shutil.copytree(peers.SCHEMAS, made / "schemas")
    shutil.copytree(HERE / "specs", made / "specs")
    shutil.copytree(CASES, made / "cases")
    shutil.copy(HERE / "jobgate.yaml", made)
    return made


@pytest.fixture(scope="module")
def editor(folder: Path) -> Iterator[languageserver.Editor]:
    """Yield an editor that has the folder open."""
    with languageserver.Editor(folder) as opened:
        yield opened


def _place(path: Path, text: str) -> tuple[int, int]:
    """Return the line and the column behind the one line that ends in `text`."""
    lines = path.read_text(encoding="utf-8").splitlines()
    (line,) = (number for number, each in enumerate(lines, 1) if each.endswith(text))
    return line, len(lines[line - 1]) + 1


@pytest.mark.parametrize("path", [*SHIPPED, Path("jobgate.yaml")], ids=str)
def test_good_files(editor: languageserver.Editor, folder: Path, path: Path) -> None:
    """Nothing is marked in the files of this repository, which all name their schema."""
    assert "$schema=" in (folder / path).read_text(encoding="utf-8").splitlines()[0]
    assert editor.diagnostics(folder / path) == []


def test_expressions(editor: languageserver.Editor, folder: Path) -> None:
    """An expression is not marked where a number, a boolean, a list or a mapping is due."""
    assert editor.diagnostics(folder / "cases" / "expressions.yaml") == []


def test_mistakes(editor: languageserver.Editor, folder: Path) -> None:
    """Every mistake is marked at its line, and nothing else is."""
    path = folder / "cases" / "mistakes.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    wrong = {number for number, line in enumerate(lines, 1) if line.endswith(_MARK)}

    assert {line for line, _ in editor.diagnostics(path)} == wrong


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("    mode: ", requests.ROLLING_MODES),
        ("  language: ", requests.LANGUAGES),
    ],
)
def test_completion(
    editor: languageserver.Editor, folder: Path, line: str, offered: dict[str, int]
) -> None:
    """Where a name is due, the names are offered first, and no template is made up."""
    path = folder / "cases" / "unfinished.yaml"
    editor.diagnostics(path)
    offers = editor.completions(path, *_place(path, line))

    assert offers[: len(offered)] == list(offered)
    assert not any("{{" in each for each in offers)


def test_completion_of_keys(editor: languageserver.Editor, folder: Path) -> None:
    """Where a key is due, those that are not there yet are offered."""
    path = folder / "cases" / "unfinished.yaml"
    editor.diagnostics(path)
    line, column = _place(path, "    mode: ")
    offers = editor.completions(path, line + 1, column - len("mode: "))

    assert {"type", "execution_mode"} <= set(offers)
    assert not {"mode", "expression", "timeout"} & set(offers)


def test_hover(editor: languageserver.Editor, folder: Path) -> None:
    """Over a key stands what the API means by it, with its bounds, also where it is a template."""
    path = folder / "specs" / "prod" / "service-restart.yaml"
    editor.diagnostics(path)
    line, _ = _place(path, 'timeout: "{{ vars.timeout }}"')

    assert "259200" in editor.hover(path, line, 5)
