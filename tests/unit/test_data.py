"""`jobgate data`: what it is told and what it says; the rest is its modules' own tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner.cli import program
from tests import serving

if TYPE_CHECKING:
    from pathlib import Path


def _filled(tmp_path: Path) -> str:
    served = serving.engine(tmp_path / "data")
    job = serving.create(served, serving.body("echo hello", hosts=(1, 2))).job
    serving.rested(served, job)
    served.close()
    return str(tmp_path / "data")


def test_prune_says_what_would_go_and_what_went(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same numbers, before and after; then there is nothing left to go."""
    data = _filled(tmp_path)
    words = ["data", "prune", "--data", data, "--older-than"]

    assert program.run([*words, "1h"]) == 0
    assert program.run([*words, "0s", "--dry-run"]) == 0
    assert program.run([*words, "0s"]) == 0
    assert program.run([*words, "0s"]) == 0
    nothing, foreseen, done, again = capsys.readouterr().out.splitlines()
    assert nothing == "took away 0 jobs with 0 hosts, and 0 folders of 0 bytes"
    assert foreseen.startswith("would take away 1 job with 2 hosts, and 1 folder of ")
    assert done == foreseen.replace("would take", "took")
    assert again == nothing


def test_prune_says_what_it_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder in which something still works is counted on stderr."""
    served = serving.engine(tmp_path / "data")
    job = serving.create(served, serving.body("sleep 3 > /dev/null 2>&1 &")).job
    serving.rested(served, job)
    served.close()

    assert (
        program.run(["data", "prune", "--data", str(tmp_path / "data"), "--older-than", "0s"]) == 0
    )
    assert capsys.readouterr().err == "left until no process works in them: 1 folder\n"


def test_backup_says_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Jobs, files, the place and the bytes."""
    data, file = _filled(tmp_path), tmp_path / "backup.tar"

    assert program.run(["data", "backup", "--data", data, str(file)]) == 0
    size = file.stat().st_size
    assert capsys.readouterr().out == f"wrote 1 job with 6 files to {file}: {size:,} bytes\n"


@pytest.mark.parametrize(
    "age", ["", "90", "d", "-1d", "1.5d", "90days", "90 d", "1000000000s", "٣d"]
)
def test_an_age_is_a_number_and_a_unit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], age: str
) -> None:
    """Anything else is refused, and takes nothing away."""
    data = _filled(tmp_path)

    assert program.run(["data", "prune", "--data", data, "--older-than", age]) == 2
    assert "write a number and a unit" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("data", "no-such-command"),
        ("data", "prune", "--data", "."),
        ("data", "backup", "--data", "no-such-folder", "file.tar"),
        ("data", "prune", "--data", "no-such-folder", "--older-than", "1d"),
    ],
    ids=" ".join,
)
def test_wrong_use(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """What is not there is told, with 2, and nothing is made."""
    assert program.run(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err


@pytest.mark.parametrize("name", ["prune", "backup"])
def test_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each of the two explains itself, with an example."""
    assert program.run(["data", name, "--help"]) == 0
    assert f"Example:\n    jobgate data {name} " in capsys.readouterr().out
