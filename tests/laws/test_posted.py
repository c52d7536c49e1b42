"""What is written on a forge, whatever stands there: it ends, and touches nothing of others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner import posted
from runner.posted import WORKFLOW, Account, Posted

pytestmark = pytest.mark.laws

MARKER = "<!-- jobgate:plan -->"
BODIES = st.sampled_from([MARKER, f"{MARKER}\nold", f"{MARKER}\r\nnew", f"x\n{MARKER}", "words"])
PEOPLE = st.sampled_from([WORKFLOW, Account(login="eve", app=False), None])


@st.composite
def threads(draw: st.DrawFn) -> tuple[Posted, ...]:
    """Make the comments on a pull request."""
    pairs = draw(st.lists(st.tuples(BODIES, PEOPLE), max_size=6))
    return tuple(
        Posted(number=number, pull=1, by=by, body=body, link=f"https://x/{number}")
        for number, (body, by) in enumerate(pairs, 1)
    )


def done(thread: tuple[Posted, ...], body: str) -> tuple[Posted, ...]:
    """Return a thread after what was left to be written is."""
    todo = posted.steps(posted.ours(thread, WORKFLOW, MARKER), MARKER, body)
    edits = {step.number: step.body for step in todo}
    after = tuple(replace(each, body=edits.get(each.number, each.body)) for each in thread)
    made = [step for step in todo if step.number is None]
    number = len(thread) + 1
    return after + tuple(
        Posted(number=number, pull=1, by=WORKFLOW, body=step.body, link="https://x/0")
        for step in made
    )


@given(threads())
def test_one_says_it_and_all_is_done(thread: tuple[Posted, ...]) -> None:
    """After one round nothing is left, one of ours says it, and no stranger's word is another."""
    body = f"{MARKER}\nnew"
    after = done(thread, body)
    mine = posted.ours(after, WORKFLOW, MARKER)

    assert posted.steps(mine, MARKER, body) == ()
    assert sum(each.body.replace("\r\n", "\n").strip() == body for each in mine) == 1
    assert [each.body for each in after if each.by != WORKFLOW] == [
        each.body for each in thread if each.by != WORKFLOW
    ]
    others = [each for each in thread if each.by == WORKFLOW and not each.body.startswith(MARKER)]
    assert all(each in after for each in others)


@given(st.text())
def test_a_status_takes_what_is_said(text: str) -> None:
    """It is short, on one line, without what GitHub refuses."""
    shown = posted.described(text)

    assert len(shown) <= 140
    assert all(each <= "\uffff" for each in shown)
    assert len(shown.splitlines()) <= 1
