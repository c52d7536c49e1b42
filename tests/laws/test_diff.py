"""Laws of the plan."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import diff
from runner.model import POLICY, Job, Kind, Ledger, Plan, Result, Symbol
from tests import journals, values
from tests.values import Wish

if TYPE_CHECKING:
    from random import Random

    from runner.model import PolicyFiles

pytestmark = pytest.mark.laws

HEAD = values.commit("wanted")


def wish(name: str, spec: str, shared: str, run: int) -> Wish:
    """Return a job of few possible kinds; its body follows from its spec and the shared file."""
    return Wish(
        name=name,
        run=run,
        path=f"specs/{name}.yaml",
        body={"spec": spec[0], "shared": shared[0]},  # what comes second is but a comment
        spec=f"{spec} {run}",
        via=(("specs/vars.yaml", shared),),
        metadata={"rerun": "on-change"} if name == "eager" else {},
    )


WISHES = st.builds(
    wish,
    st.sampled_from(["eager", "fix", "tidy"]),
    st.sampled_from(["a", "a#", "b"]),
    st.sampled_from(["x", "x#", "y"]),
    st.integers(1, 2),
)
FLEETS = st.lists(WISHES.map(values.job), max_size=3, unique_by=lambda job: job.id).map(tuple)
POLICIES = st.sampled_from(["policy", "another"]).map(
    lambda content: values.policy_files(journals.RULES.policy, content)
)
# Ledgers after two plans that were carried out.
LEDGERS = st.tuples(FLEETS, FLEETS, POLICIES).map(
    lambda past: carried_out(carried_out(journals.begun()[1], past[0], past[2]), past[1], past[2])
)


def carried_out(ledger: Ledger, jobs: tuple[Job, ...], policy: PolicyFiles) -> Ledger:
    """Return a ledger after the plan that takes it to these jobs."""
    return journals.carried_out(ledger, diff.plan(ledger, jobs, policy, HEAD))


def by_job(plan: Plan) -> dict[str, tuple[Symbol, bool]]:
    """Return the symbol of each change, and whether it runs."""
    return {change.job: (change.symbol, change.runs) for change in plan.changes}


@given(LEDGERS, FLEETS, POLICIES)
@settings(max_examples=30)
def test_what_was_carried_out_is_not_planned_again(
    ledger: Ledger, jobs: tuple[Job, ...], policy: PolicyFiles
) -> None:
    """After a plan was carried out, only the drifted jobs that it did not run are left of it."""
    plan = diff.plan(ledger, jobs, policy, HEAD)
    again = diff.plan(journals.carried_out(ledger, plan), jobs, policy, HEAD)

    drifted = {job: seen for job, seen in by_job(plan).items() if seen == (Symbol.DRIFTED, False)}
    assert by_job(again) == drifted
    assert again.unchanged == len(jobs) - len(drifted)


@given(LEDGERS, FLEETS, POLICIES, st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_order_of_jobs_does_not_matter(
    ledger: Ledger, jobs: tuple[Job, ...], policy: PolicyFiles, chance: Random
) -> None:
    """The plan is the same for the same jobs in any order, and is in the order of their names."""
    shuffled = list(jobs)
    chance.shuffle(shuffled)
    hads = list(ledger.jobs.items())
    chance.shuffle(hads)
    plan = diff.plan(ledger, jobs, policy, HEAD)

    assert diff.plan(replace(ledger, jobs=dict(hads)), tuple(shuffled), policy, HEAD) == plan
    assert [change.job for change in plan.changes] == sorted({each.job for each in plan.changes})


@given(LEDGERS, FLEETS, FLEETS, POLICIES)
@settings(max_examples=30)
def test_digest_covers_job_symbol_key_and_digest(
    ledger: Ledger, one: tuple[Job, ...], other: tuple[Job, ...], policy: PolicyFiles
) -> None:
    """Two plans have one digest exactly if each change is of one job, symbol, key and digest."""
    plans = [diff.plan(ledger, jobs, policy, HEAD) for jobs in (one, other)]
    seen = [
        [(each.job, each.symbol, each.after, each.digest) for each in plan.changes]
        for plan in plans
    ]

    assert (plans[0].digest == plans[1].digest) == (seen[0] == seen[1])
    assert diff.plan(ledger, one, policy, values.commit("x")).digest == plans[0].digest


@given(LEDGERS, FLEETS, POLICIES)
@settings(max_examples=30)
def test_each_job_is_a_change_or_unchanged(
    ledger: Ledger, jobs: tuple[Job, ...], policy: PolicyFiles
) -> None:
    """A wanted job is unchanged if its effect is had, and a change with one symbol if it is not."""
    plan = diff.plan(ledger, jobs, policy, HEAD)
    seen = by_job(plan)

    for job in jobs:
        had = ledger.jobs.get(job.id)
        if had is not None and had.effect == job.effect:
            assert job.id not in seen
        elif had is None or (had.removed and had.spec != job.spec):
            assert seen[job.id] == (Symbol.NEW, True)
        elif had.spec != job.spec:
            assert seen[job.id] == (Symbol.ALTERED, True)
        else:
            assert seen[job.id] == (Symbol.DRIFTED, job.rerun == "on-change")
    gone = {had.job for had in ledger.jobs.values() if not had.removed} - {job.id for job in jobs}
    assert {job for job, (symbol, _) in seen.items() if symbol is Symbol.REMOVED} == gone
    assert (POLICY in seen) == (policy.digest != ledger.policy.digest)
    assert plan.unchanged + len(seen) - len(gone) - (POLICY in seen) == len(jobs)


@given(LEDGERS, FLEETS, POLICIES)
@settings(max_examples=30)
def test_removed_and_restored_is_unchanged(
    ledger: Ledger, jobs: tuple[Job, ...], policy: PolicyFiles
) -> None:
    """Jobs that were taken out and put back as they were are no change, and nothing has run."""
    there = carried_out(ledger, jobs, policy)
    gone = carried_out(there, (), policy)
    same = tuple(job for job in jobs if there.jobs[job.id].effect == job.effect)

    assert all(had.removed for had in gone.jobs.values())
    assert {had.key for had in gone.jobs.values()} == {had.key for had in there.jobs.values()}
    assert diff.plan(gone, same, policy, HEAD).changes == ()
    assert diff.plan(gone, (), policy, HEAD).changes == ()


@given(LEDGERS, WISHES, POLICIES)
@settings(max_examples=30)
def test_withdrawn_counts_as_not_had(ledger: Ledger, made: Wish, policy: PolicyFiles) -> None:
    """What a withdrawn submission would have changed is planned again, after it."""
    job = values.job(made)
    before = ledger.jobs.get(job.id)
    withdrawn = Result(outcome="withdrawn", detail="no")
    intended = journals.added(ledger, journals.draft(ledger, job, Kind.INTENDED))
    after = journals.added(intended, journals.draft(intended, job, Kind.ENDED, withdrawn))
    had = after.jobs[job.id]

    plan = diff.plan(after, (job,), policy, HEAD)
    change = next((each for each in plan.changes if each.job == job.id), None)

    stood = None if before is None else before.counts
    assert had.counts == had.stood == stood
    if stood is not None and stood.effect == job.effect:
        assert change is None
    else:
        assert change is not None
        assert (change.after, change.had) == (had.key, stood)
        assert change.runs or (stood is not None and stood.spec == job.spec)


@given(LEDGERS, WISHES, WISHES, POLICIES)
@settings(max_examples=30)
def test_former_names_carry_the_history(
    ledger: Ledger, old: Wish, made: Wish, policy: PolicyFiles
) -> None:
    """A renamed job goes on after the submission of its former name: no new job, none removed."""
    there = carried_out(ledger, (values.job(old),), policy)
    had = there.jobs[old.id]
    renamed = replace(
        made, name="renamed", metadata={**made.metadata, "formerly": ["never", old.name]}
    )
    plan = diff.plan(there, (values.job(renamed),), policy, HEAD)
    change = next((each for each in plan.changes if each.job == renamed.id), None)

    assert old.id not in by_job(plan)
    if renamed.effect(old.name) == had.effect:
        assert change is None
    else:
        assert change is not None
        assert had.removed or change.symbol is not Symbol.NEW
        assert (change.after, change.had, change.effect) == (had.key, had, renamed.effect())
