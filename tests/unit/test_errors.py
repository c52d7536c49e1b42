"""`errors`: exit codes, and which of several wins."""

from __future__ import annotations

import itertools

import pytest

from runner import errors
from runner.model import Finding, Place

ORDER = [8, 7, 10, 9, 6, 5, 4, 3, 1]


@pytest.mark.parametrize(("graver", "lighter"), list(itertools.combinations([*ORDER, 0], 2)))
def test_gravest_code_wins(graver: int, lighter: int) -> None:
    """Of two codes the graver one is returned, in whatever order they come."""
    assert errors.gravest([graver, lighter]) == graver
    assert errors.gravest(iter([lighter, graver, graver])) == graver


def test_nothing_claimed_is_done() -> None:
    """Without a claim the code is 0."""
    assert errors.gravest([]) == 0


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.RunnerError, 70),
        (errors.CheckError, 1),
        (errors.UsageError, 2),
        (errors.SupersededError, 6),
        (errors.UnknownOutcomeError, 8),
        (errors.PlatformError, 9),
        (errors.RefusedError, 9),
        (errors.RepositoryError, 10),
    ],
)
def test_error_carries_message_mend_and_place(kind: type[errors.RunnerError], code: int) -> None:
    """Every error has its exit code, what it says, what mends it, and maybe a place."""
    place = Place(file="a.yaml")
    error = kind("cannot go on: no", mend="go back", at=place)

    assert (error.exit_code, str(error)) == (code, "cannot go on: no")
    assert (error.message, error.mend, error.at) == ("cannot go on: no", "go back", place)
    assert kind("cannot", mend="try").at is None


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 finding"), (3, "3 findings"), (0, "0 findings")]
)
def test_findings_error_counts_them(count: int, words: str) -> None:
    """The error that stands for findings holds them all, and says how many there are."""
    finding = Finding(place=Place(file="a.yaml"), rule="r", message="cannot", mend="do")
    error = errors.FindingsError((finding,) * count)

    assert (error.exit_code, error.message) == (1, f"cannot go on: {words}")
    assert error.findings == (finding,) * count
    assert error.mend == "mend each one at its place"
