"""`labelselector`: what the platform's reader takes, what it makes of it, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

import pytest

from runner import labelselector
from runner.labelselector import Fault, Operator, Requirement

FOLDER = Path(__file__).parents[1] / "cases" / "labelselector"


class Accepted(TypedDict):
    """A text, and its requirements: key, operator and values."""

    text: str
    requirements: list[list[str]]


class Refused(TypedDict):
    """A text, and what is said of it."""

    text: str
    told: str


ACCEPTED: list[Accepted] = json.loads((FOLDER / "accepted.json").read_text("utf-8"))
REFUSED: list[Refused] = json.loads((FOLDER / "refused.json").read_text("utf-8"))


def made(text: str) -> tuple[Requirement, ...]:
    """Return the requirements of a text that has them."""
    found = labelselector.requirements(text)
    assert not isinstance(found, Fault), found
    return found


def fault(text: str) -> Fault:
    """Return what is wrong with a text."""
    found = labelselector.requirements(text)
    assert isinstance(found, Fault), found
    return found


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: repr(case["text"]))
def test_accepted(case: Accepted) -> None:
    """A text that the platform reads has the same requirements here."""
    assert made(case["text"]) == tuple(
        Requirement(key=key, operator=Operator(operator), values=tuple(values))
        for key, operator, *values in case["requirements"]
    )


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: repr(case["text"]))
def test_refused(case: Refused) -> None:
    """A text that the platform refuses is told why, and what to write."""
    found = fault(case["text"])

    assert found.message == f"cannot select by labels: {case['told']}"
    assert found.mend.startswith("write ")


@pytest.mark.parametrize(
    ("text", "longest"), [("{}=a", 63), ("x={}", 63), ("x in (a, {})", 63), ("{}/x", 253)]
)
def test_lengths(text: str, longest: int) -> None:
    """A name has at most 63 characters, a value as many, and a prefix 253."""
    assert len(made(text.format("a" * longest))) == 1
    assert "aaa” is no " in fault(text.format("a" * (longest + 1))).message


def test_a_huge_number_is_told_in_short() -> None:
    """However long a number is, it is refused in a line."""
    assert len(fault("x>" + "9" * 5000).message) < 200


def test_a_number_may_have_zeros_in_front() -> None:
    """What counts is the number, not how many digits it is written with."""
    assert made(f"x>{'0' * 62}1") == (
        Requirement(key="x", operator=Operator.GREATER_THAN, values=("0" * 62 + "1",)),
    )
