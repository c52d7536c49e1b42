"""A check as Markdown: what it comes to, and a row a finding."""

from __future__ import annotations

from dataclasses import replace

from runner.model import Severity
from runner.report import findingstable
from tests import plans

ERROR, WARNING = plans.findings()
HEAD = "| | Rule | Place | What | Mend |\n|---|---|---|---|---|\n"


def test_nothing_found() -> None:
    """There is no table."""
    assert findingstable.findings((), 2) == (
        "### ✓ No findings\n\nCheck: 2 jobs, 0 errors, 0 warnings.\n"
    )


def test_an_error_and_a_warning() -> None:
    """The error comes first although its place is the later one; all text is code."""
    warning = replace(WARNING, place=replace(WARNING.place, file="a.yaml"))

    assert findingstable.findings((warning, ERROR), 0) == (
        "### ✗ 1 error\n\nCheck: 1 error, 1 warning.\n\n"
        f"{HEAD}"
        "| ✗ error | `undefined-name` | `specs/tidy.yaml:12:7` "
        "| `` cannot render: vars has no `wrod` `` | `` vars has no `wrod` `` |\n"
        "| △ warning | `unused` | `a.yaml:1:1` | `` vars has no `wrod` `` | `delete it` |\n"
    )


def test_warnings_alone() -> None:
    """They are no reason to fail, and the headline says that they are there."""
    shown = findingstable.findings((replace(ERROR, severity=Severity.WARNING),), 1)

    assert shown.startswith("### △ Warnings\n\nCheck: 1 job, 0 errors, 1 warning.\n")


def test_in_the_order_of_their_places() -> None:
    """Errors of two files, found in another order."""
    other = replace(ERROR, place=replace(ERROR.place, file="specs/a.yaml"))
    rows = findingstable.findings((ERROR, other), 0).split("\n")[6:8]

    assert ["specs/a.yaml" in row for row in rows] == [True, False]


def test_a_bar_begins_no_cell_and_a_long_text_is_cut() -> None:
    """Each row has the cells of the head, and no more than some thousand bytes."""
    shown = findingstable.findings((replace(ERROR, message="a|b" * 3000),), 0)
    row = shown.split("\n")[6]

    assert row.replace("\\|", "").count("|") == 6
    assert 1000 < len(row) < 2500


def test_stopped() -> None:
    """An error that comes alone, with its mend."""
    assert findingstable.stopped("cannot go on: no `x`", "run `y`") == (
        "### ✗ Stopped\n\n`` cannot go on: no `x` ``\n\nMend: `` run `y` ``\n"
    )
