"""`rolling`: what the platform was seen to answer, and what it cannot count."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pytest

from runner import rolling

FOLDER = Path(__file__).parents[1] / "cases" / "rolling"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One answer of the platform: runs of (how many batches, of what size), or its number."""

    expression: str
    total: int
    batches: list[list[int]] | None = None
    fault: int | None = None


def cases() -> list[Case]:
    """Return the cases of every file in the folder."""
    return [
        Case(**item)
        for file in sorted(FOLDER.glob("*.json"))
        for item in json.loads(file.read_text())
    ]


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.expression!r} of {case.total}")
def test_answer_is_the_platforms(case: Case) -> None:
    """Sizes and refusals are those of the platform."""
    made = rolling.sizes(case.expression, case.total)

    if isinstance(made, rolling.Fault):
        assert made.code == case.fault
        assert made.message.startswith("cannot roll by ")
        assert made.mend
    else:
        assert [[len(list(run)), size] for size, run in groupby(made)] == case.batches


def test_every_family_of_cases_is_there() -> None:
    """The folder holds the cases that the tests mean to run."""
    assert len(cases()) > 120


def test_fault_names_its_part() -> None:
    """A fault points at the part that is wrong, without the blanks around it."""
    made = rolling.sizes("10\t 5x\n 20", 100)

    assert isinstance(made, rolling.Fault)
    assert (made.part, made.start, made.code) == ("5x", 4, rolling.BAD_PART)


def test_number_beyond_32_bits_is_told_from_a_malformed_part() -> None:
    """A number that the platform answers with 500 gets a message of its own, however long."""
    made = rolling.sizes("9" * 5000, 10)

    assert isinstance(made, rolling.Fault)
    assert "above 2147483647" in made.message
    assert len(made.message) < 200


def test_growth_beyond_32_bits_is_a_fault_only_where_it_is_reached() -> None:
    """Overflow is a matter of what is computed, not of what is written."""
    reached = rolling.sizes("3 *1000000000", 10)

    assert isinstance(reached, rolling.Fault)
    assert reached.part == "*1000000000"
    assert "after a batch of 3" in reached.message
    assert rolling.sizes("10 *2147483647", 10) == (10,)
    assert rolling.sizes("*2147483647", 10) == (10,)
    assert rolling.sizes("10 +2147483637", 11) == (10, 1)


def test_too_many_batches_name_the_part_that_repeats() -> None:
    """The part that would make batch 502 is the one to mend."""
    made = rolling.sizes("10 1", 512)

    assert isinstance(made, rolling.Fault)
    assert (made.part, made.start, made.code) == ("1", 3, rolling.TOO_MANY)
    assert made.message == "cannot roll by “1”: 512 targets make more than 501 batches"


def test_members_follow_the_order_of_the_items() -> None:
    """Batches take items from the front; what no size covers is in no batch."""
    assert rolling.members((1, 2), ("a", "b", "c")) == (("a",), ("b", "c"))
    assert rolling.members((), ("a",)) == ()


def test_fifty_thousand_targets_take_no_time() -> None:
    """The platform's largest job is split in well under a second, its members included."""
    start = time.process_time()
    made = rolling.sizes("100", 50_000)
    assert not isinstance(made, rolling.Fault)
    split = rolling.members(made, range(50_000))

    assert time.process_time() - start < 0.5
    assert [len(batch) for batch in split] == [100] * 500
