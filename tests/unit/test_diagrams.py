"""The diagrams of states in the docs are those of the tables."""

from __future__ import annotations

import re

import pytest

from runner.progress import Status
from runner.server import states
from tests import diagrams

PAGE = diagrams.PAGE.read_text("utf-8")


def test_the_page_is_drawn_from_the_tables() -> None:
    """Drawn anew (`python -m tests.diagrams`), it is what it is."""
    assert diagrams.drawn(PAGE) == PAGE


@pytest.mark.parametrize("what", diagrams.MOVED)
def test_each_is_on_the_page_once(what: str) -> None:
    """Job, step and batch."""
    assert PAGE.count(f"<!-- states {what} -->\n{diagrams.diagram(what)}<!-- /states -->") == 1


@pytest.mark.parametrize("what", diagrams.MOVED)
def test_a_diagram_has_every_move_and_no_other(what: str) -> None:
    """Read back, its arrows are the moves of the tables, each with the orders that make it."""
    alone, orders = diagrams.MOVED[what]
    found = {
        (Status[old.upper()], Status[new.upper()]): set(filter(None, label.split(", ")))
        for old, new, label in re.findall(
            r"^    (\w+) --> (\w+)(?:: (.*))?$", diagrams.diagram(what), re.MULTILINE
        )
    }
    tables = (alone, *orders.values())

    for old in Status:
        for new in set(Status) - {old}:
            makes = {name for name, moves in orders.items() if new in moves[old]}
            there = any(new in moves[old] for moves in tables)
            assert ((old, new) in found) == there
            assert found.get((old, new), set()) == makes


def test_what_a_job_ends_in_is_finished() -> None:
    """No arrow leads to the end from a state that the platform calls unfinished."""
    ends = re.findall(r"^    (\w+) --> \[\*\]$", diagrams.diagram("job"), re.MULTILINE)

    assert ends
    assert all(states.finished(Status[each.upper()]) for each in ends)


def test_a_page_that_lags_behind_is_drawn_anew() -> None:
    """Whatever stands between the markers."""
    stale = "<!-- states job -->\nold\n<!-- /states -->\n"

    assert (
        diagrams.drawn(stale) == f"<!-- states job -->\n{diagrams.diagram('job')}<!-- /states -->\n"
    )
