"""A plan that spares work is the plan that makes every job, wherever the ledger has come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import diff, history
from runner.beginnings import Moved
from runner.model import Commit, Job, Kind, Wanted
from runner.pipeline import drafting, sparing, wanted
from tests import journals, touched, values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.model import Change, Ledger, PolicyFiles
    from tests.touched import Tree

pytestmark = pytest.mark.laws

FIRST, SECOND, HEAD = (Commit(letter * 40) for letter in "abc")


@dataclass(frozen=True, slots=True)
class Past:
    """Three commits, and a ledger that began with the first of them."""

    trees: Mapping[Commit, Tree]
    first: Ledger
    have: Ledger

    def has(self, commit: Commit) -> bool:
        """Tell whether there is such a commit."""
        return commit in self.trees

    def texts(self, commit: Commit) -> Tree:
        """Return its tree."""
        return self.trees[commit]

    def differing(self, one: Commit, other: Commit) -> frozenset[str]:
        """Return the paths at which two trees are not the same."""
        return self.trees[one].differing(self.trees[other])

    def moved(self) -> Moved:
        """Return what the ledger does not hold as it did."""
        then, now = self.first.jobs, self.have.jobs
        names = sorted(then.keys() | now.keys())
        pairs = ((then.get(name), now.get(name)) for name in names)
        return Moved(began=len(then), jobs=tuple(pair for pair in pairs if pair[0] != pair[1]))


def begun(want: Wanted) -> Ledger:
    """Return the ledger that takes what the first commit wants as had."""
    stamp = history.Stamp(runner="r1", at=journals.STAMP.at, head=FIRST)
    genesis = drafting.genesis("main", "local", want.policy, FIRST)
    ledger = history.begin(values.LEDGER, genesis, stamp)[1]
    return history.extended(ledger, map(drafting.adopted, want.jobs), stamp)[1]


def carried_out(ledger: Ledger, change: Change, kinds: tuple[Kind, ...]) -> Ledger:
    """Return the ledger after a change of the second commit, as far as it got."""
    stamp = history.Stamp(runner="r1", at=journals.STAMP.at, head=SECOND)
    if not isinstance(change.wanted, Job):
        had = ledger.jobs.get(change.job)
        drafts = () if had is None else (drafting.removed(had),)
        return history.extended(ledger, drafts, stamp)[1]
    draft = drafting.intended(change, change.wanted, ledger, journals.GROUNDS)
    ledger = history.extended(ledger, (draft,), stamp)[1]
    for kind in kinds:
        draft = journals.draft(ledger, change.wanted, kind)
        ledger = history.extended(ledger, (draft,), stamp)[1]
    return ledger


WAYS = (
    (),
    (Kind.REFUSED,),
    (Kind.CREATED, Kind.STARTING, Kind.STARTED, Kind.ENDED),
    (Kind.CREATED, Kind.STARTING, Kind.UNKNOWN),
)


@st.composite
def pasts(draw: st.DrawFn) -> Past:
    """Return three commits one after the other, and a ledger that acted on the first two."""
    first = draw(touched.trees(calm=True))
    second = draw(touched.later(first, calm=True))
    head = draw(touched.later(draw(st.sampled_from((first, second))), calm=draw(st.booleans())))
    trees = {FIRST: first, SECOND: second, HEAD: head}
    want, then = (wanted.wanted(tree).value for tree in (first, second))
    if want is None:
        want = Wanted(jobs=(), policy=rules(first))
        trees[FIRST] = touched.Tree({"jobgate.yaml": first.files["jobgate.yaml"]})
    ledger = started = begun(want)
    plan = None if then is None else diff.plan(ledger, then.jobs, then.policy, SECOND)
    for change in () if plan is None else plan.changes:
        if change.job != "@policy" and draw(st.booleans()):
            ledger = carried_out(ledger, change, draw(st.sampled_from(WAYS)))
    return Past(trees, started, ledger)


def rules(tree: Tree) -> PolicyFiles:
    """Return the policy of a tree."""
    found = wanted.policy(tree).value
    assert found is not None
    return found


@settings(max_examples=40, deadline=None)
@given(pasts(), st.integers(0, 1))
def test_a_spared_plan_is_the_whole_one(past: Past, choice: int) -> None:
    """Where every job can be made it is the same to the digest; where one cannot, there is none."""
    want, again = wanted.wanted(past.trees[HEAD]).value, choice == 1
    spared = sparing.plan(past, past.have, HEAD, again=again)

    if want is None:
        assert spared is None
        return
    assert spared is not None
    assert spared.plan == diff.plan(past.have, want.jobs, want.policy, HEAD, again=again)
    assert all(job in want.jobs for job in spared.wanted.jobs)
    assert spared.wanted.policy == want.policy
