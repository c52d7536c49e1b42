"""Laws of the reports: text from elsewhere says what it says, and does nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runner.outcomes import Outcome
from runner.report import marked, plain, seen, text
from tests import plans

if TYPE_CHECKING:
    from runner.model import Planned

pytestmark = pytest.mark.laws

# What attacks are made of, beside any character at all.
PIECES = (
    "\x1b[2J",
    "\x9b1m",
    "\r",
    "\n",
    "\t",
    "\u202e",
    "\u2066",
    "\u200b",
    "\u2028",
    "`",
    "```",
    "~~~",
    "|",
    "\\",
    "\\|",
    "</details>",
    "</code></summary>",
    "<!--",
    "<script>",
    "&lt;",
    "@everyone",
    "::error::",
    "##[error]",
    "* ",
    "# ",
    "    ",
    "'",
    "word",
)
ANY = st.characters(exclude_categories=["Cs"])
HOSTILE = st.lists(st.sampled_from(PIECES) | ANY, min_size=1, max_size=6).map("".join)
SCRIPTS = st.lists(st.sampled_from([b"a", b"b", b"\n", b"\r\n", b"\x0c", b"\xff", b"\\xff"])).map(
    b"".join
)


def inert(shown: str) -> None:
    """Hold that a terminal shows a text as it is, and that a pipeline takes no line as an order."""
    for line in shown.split("\n"):
        assert line.replace("\t", "").isprintable(), line
        assert not line.lstrip().startswith("::"), line
        assert not re.search(r"##(?:vso)?\[", line), line


def scripts(planned: Planned) -> int:
    """Return how many lines of scripts a plan shows: as many as the text in them has."""
    return sum(len(seen.script(planned, change)) for change in planned.plan.changes)


@settings(max_examples=40)
@given(HOSTILE)
@example(plans.ATTACK)
@example("|    ")
def test_hostile_text_is_inert_in_a_plan(said: str) -> None:
    """Whatever text stands in a plan, it is printable, orders nothing, and adds no line."""
    hostile, usual = plans.hostile(said), plans.hostile("word")
    shown = text.plan(hostile)

    inert(shown)
    assert shown.count("\n") - scripts(hostile) == text.plan(usual).count("\n") - scripts(usual)


@settings(max_examples=25)
@given(HOSTILE)
@example(plans.ATTACK)
def test_hostile_text_is_inert_elsewhere(said: str) -> None:
    """Findings, results, logs and rendered jobs: nothing in them is more than text."""
    (new, *_) = plans.hostile(said).wanted.jobs
    done = plans.outcome(said)
    reports = (
        marked.findings(plans.findings(said), {}),
        text.outcome(Outcome(head=done.head, plan=done.plan, items=done.items)),
        text.status(*plans.standing(said)),
        text.logs((("0:10.0.0.1", said),)),
        text.logs(((said, said), (said, said))),
        text.jobs([new]),
    )

    for shown in reports:
        inert(shown)
    assert reports[0].count("\n") == 4
    assert reports[1].count("\n") == 4
    assert reports[2].count("\n") == 8


@given(st.text(st.characters()) | HOSTILE)
def test_a_line_is_one_line(said: str) -> None:
    """A text made harmless is one printable line, and stays as it is when it is made so again."""
    shown = plain.line(said)

    assert shown.isprintable()
    assert plain.line(shown) == shown
    inert(plain.block(said))
    assert plain.block(plain.block(said)) == plain.block(said)


@given(st.text("abc xyz.,-/é中"))
def test_common_text_is_left_alone(said: str) -> None:
    """What has nothing in it to be afraid of is shown as it is."""
    assert plain.line(said) == said


@settings(max_examples=40)
@given(SCRIPTS, SCRIPTS)
@example(b"a\n", b"a\r\n")
@example(b"\xff", b"\\xff")
def test_a_script_without_a_diff_is_the_same(before: bytes, after: bytes) -> None:
    """The diff of a script is empty exactly when no byte of it differs."""
    planned = plans.rescripted(before, after)

    shown = [seen.script(planned, each) for each in planned.plan.changes]
    assert any(shown) == (before != after)


@given(st.integers(0, 10**6))
def test_a_span_keeps_its_length(seconds: int) -> None:
    """The parts of a span add up to it, each below the next larger unit."""
    units = {"h": 3600, "m": 60, "s": 1}
    parts = [(int(part[:-1]), part[-1]) for part in plain.span(seconds).split(" ")]

    assert sum(number * units[unit] for number, unit in parts) == seconds
    assert all(number < 60 for number, unit in parts if unit != "h")
