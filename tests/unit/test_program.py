"""The program: its commands, its help, its start, and how it ends."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NoReturn

import click
import pytest

from runner.cli import ending, program
from runner.errors import (
    CheckError,
    FindingsError,
    PlatformError,
    RepositoryError,
    RunnerError,
    SupersededError,
    UnknownOutcomeError,
    UsageError,
)
from runner.model import Place, Span
from tests import plans

HERE = Path(program.__file__).parents[2]
HEAVY = ("jinja2", "jsonschema", "jsonschema_rs", "ruamel", "sqlite3")
every_command = pytest.mark.parametrize("name", program.COMMANDS)


def command(name: str) -> click.Command:
    """Return the command of a name, loaded as the program loads it."""
    found = program.group.get_command(click.Context(program.group), name)
    assert found is not None
    return found


def python(*words: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own, at the root of the checkout."""
    return subprocess.run(
        (sys.executable, *words), cwd=HERE, capture_output=True, text=True, check=False
    )


def ended(error: BaseException) -> int:
    """Return the exit code of a command that `error` leaves."""
    guard = ending.Guard()
    with guard:
        _raise(error)
    return guard.code


def _raise(error: BaseException) -> NoReturn:
    raise error


# ---------------------------------------------------------------- commands and help


@every_command
def test_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command explains itself, with an example of its use that names it."""
    assert program.run([name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Example:\n" in shown
    assert f"jobgate {name}" in shown.split("Example:\n")[1]


@every_command
def test_table(name: str) -> None:
    """The table says of a command what the command says of itself, in one sentence."""
    assert command(name).short_help == program.COMMANDS[name]
    assert re.fullmatch(r"[A-Z][^.]*\.", program.COMMANDS[name])


def test_table_is_whole() -> None:
    """Every module that has a command is in the table, and nothing else is."""
    modules = {
        path.stem
        for path in (HERE / "runner" / "cli").glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == "command"
    }

    assert modules == {program.MODULES.get(name, name) for name in program.COMMANDS}


def test_help_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a command to run, the program lists all of them, in the order of the table."""
    assert program.run(["--help"]) == 0
    shown = capsys.readouterr().out
    listed = [
        line.split()[0] for line in shown.split("Commands:\n")[1].splitlines() if line.strip()
    ]
    assert [name for name in listed if name in program.COMMANDS] == list(program.COMMANDS)
    assert "jobgate demo" in shown


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """The version is the one that the package is built with."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))
    source = project["tool"]["hatch"]["version"]
    content = (HERE / source["path"]).read_text(encoding="utf-8")
    found = re.search(source["pattern"], content)
    assert found is not None

    assert program.run(["--version"]) == 0
    assert capsys.readouterr().out == f"jobgate {found['version']}\n"


@pytest.mark.parametrize(
    "words",
    [
        ("no-such-command",),
        ("ending",),
        ("check", "--no-such-option"),
        ("plan", "--format", "xml"),
        ("apply", "--parallel", "0"),
        ("apply", "--plan", "no-such-file"),
        ("apply", "--plan", "sha256:0123"),
        ("logs",),
        ("schema", "no-such-schema"),
        ("check", "-C", "no-such-folder"),
    ],
    ids=" ".join,
)
def test_wrong_use(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """What is not offered ends with 2, and the reason on stderr."""
    assert program.run(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err


def test_start_loads_nothing_heavy() -> None:
    """The program starts without the libraries that only commands need."""
    code = (
        "import sys; from runner.cli import program; program.run(['--help']); print(*sys.modules)"
    )
    done = python("-c", code)

    assert done.returncode == 0, done.stderr
    loaded = {name.split(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert "click" in loaded
    assert loaded.isdisjoint(HEAVY)


# ---------------------------------------------------------------- how it ends


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (RunnerError, 70),
        (CheckError, 1),
        (UsageError, 2),
        (SupersededError, 6),
        (UnknownOutcomeError, 8),
        (PlatformError, 9),
        (RepositoryError, 10),
    ],
)
def test_error(kind: type[RunnerError], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """A deliberate error is its message and its mend, and the exit code of its kind."""
    assert ended(kind("cannot do it: no", mend="do it otherwise")) == code
    assert capsys.readouterr().err == "cannot do it: no\nmend: do it otherwise\n"


def test_error_with_a_place(capsys: pytest.CaptureFixture[str]) -> None:
    """An error with a place begins with file, line and column."""
    place = Place(file="specs/web.yaml", pointer="/run", span=Span(12, 7, 12, 9))

    assert ended(CheckError("cannot do it: no", mend="mend it", at=place)) == 1
    assert capsys.readouterr().err == "specs/web.yaml:12:7: cannot do it: no\nmend: mend it\n"


def test_hostile_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Text from elsewhere in an error adds no line and moves no cursor."""
    place = Place(file=plans.ATTACK)

    ended(CheckError(plans.ATTACK, mend=plans.ATTACK, at=place))

    lines = capsys.readouterr().err.split("\n")
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)
    assert lines[1].startswith("mend: ")


def test_findings(capsys: pytest.CaptureFixture[str]) -> None:
    """Findings that stand in the way are printed as `check` prints them."""
    assert ended(FindingsError(plans.findings())) == 1
    assert (
        capsys.readouterr().err
        == ((plans.CASES / "findings.txt").read_text(encoding="utf-8").rpartition("Check:")[0])
    )


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()], ids=repr)
def test_interrupted(error: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    """An interrupt ends with 130, and says that what was begun goes on."""
    assert ended(error) == 130
    assert capsys.readouterr().err.startswith("interrupted: ")


def test_bug(capsys: pytest.CaptureFixture[str]) -> None:
    """Anything else ends with 70 and a report to paste: versions, traceback, nothing harmful."""
    assert ended(ZeroDivisionError(plans.ATTACK)) == 70
    shown = capsys.readouterr().err
    assert shown.startswith("this is a bug in jobgate; please report it")
    assert "\njobgate " in shown
    assert "Traceback (most recent call last)" in shown
    assert "ZeroDivisionError: " in shown
    assert all(line.isprintable() for line in shown.split("\n"))


def test_wrong_use_found_late(capsys: pytest.CaptureFixture[str]) -> None:
    """What click finds is shown as click shows it, with its code."""
    assert ended(click.UsageError("no such thing")) == 2
    assert "no such thing" in capsys.readouterr().err


def test_exit_goes_on() -> None:
    """A SystemExit is nobody's mistake."""
    with pytest.raises(SystemExit) as left:
        ended(SystemExit(5))
    assert left.value.code == 5


@pytest.mark.parametrize(("answer", "code"), [(3, 3), (0, 0), (None, 0), ("text", 0)])
def test_answer(answer: object, code: int) -> None:
    """A command's answer is its exit code; without one it is done."""
    assert ending.code_of(answer) == code


@pytest.mark.parametrize("words", [("--help",), ("schema", "job-spec.v1")], ids=" ".join)
def test_broken_pipe_is_quiet(words: tuple[str, ...]) -> None:
    """A reader that has gone is no reason for a word; what it did not read was not delivered."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as gone:
        done = subprocess.run(
            (sys.executable, "-m", "runner", *words),
            cwd=HERE,
            stdout=gone,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert (done.returncode, done.stderr) == (1, b"")


def test_module_and_script_are_one() -> None:
    """`python -m runner` ends with the program's exit code."""
    assert python("-m", "runner", "--version").stdout.startswith("jobgate ")
    assert python("-m", "runner", "no-such-command").returncode == 2
