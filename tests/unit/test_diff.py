"""`diff`: the symbol of each change, what it comes after, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner import canon, diff
from runner.model import POLICY, Change, Had, Job, Kind, Ledger, Plan, Result, Role, Symbol
from runner.pipeline import drafting
from tests import journals, values
from tests.values import Wish

if TYPE_CHECKING:
    from runner.model import Json

WISH = Wish(via=(("specs/lib.sh", "1"), ("specs/vars.yaml", "1")))
TIDY = values.job(WISH)
HEAD = values.commit("wanted")
# One that came with a changed variable, one that came with a changed spec.
DRIFTED = replace(WISH, via=(("specs/lib.sh", "1"), ("specs/vars.yaml", "2")), body={"timeout": 7})
ALTERED = replace(WISH, spec="altered", body={"timeout": 8})
REFUSED = Result(outcome="refused", detail="no such account")
WITHDRAWN = Result(outcome="withdrawn", detail="its spec changed")


def after(*jobs: Job) -> Ledger:
    """Return a ledger after a whole submission of each job in turn."""
    ledger = journals.begun()[1]
    for job in jobs:
        ledger = journals.submitted(ledger, job)
    return ledger


def planned(ledger: Ledger, *jobs: Job) -> Plan:
    """Return the plan of these jobs under the policy in force."""
    return diff.plan(ledger, jobs, journals.RULES, HEAD)


def only(plan: Plan) -> Change:
    """Return the one change of a plan."""
    (change,) = plan.changes
    return change


def test_new_job() -> None:
    """A job that the ledger does not hold is new, after nothing, and runs."""
    ledger = journals.begun()[1]
    plan = planned(ledger, TIDY)

    assert only(plan) == Change(
        job=TIDY.id,
        symbol=Symbol.NEW,
        after=None,
        digest=TIDY.digest,
        effect=TIDY.effect,
        via=(),
        runs=True,
        had=None,
        wanted=TIDY,
    )
    assert (plan.head, plan.ledger, plan.unchanged) == (HEAD, values.LEDGER, 0)


def test_unchanged_job() -> None:
    """A job with the effect that is had is no change, whatever else of it is another."""
    moved = values.job(
        replace(
            WISH,
            path="specs/moved.yaml",
            spec="with a comment",
            metadata={"description": "new"},
            via=(("specs/vars.yaml", "9"),),
        )
    )

    assert (planned(after(TIDY), moved).changes, planned(after(TIDY), moved).unchanged) == ((), 1)


def test_altered_job() -> None:
    """A job whose own spec changed the effect is altered, and runs after the last submission."""
    ledger = after(TIDY)
    job = values.job(replace(ALTERED, via=DRIFTED.via))
    change = only(planned(ledger, job))

    assert (change.symbol, change.runs) == (Symbol.ALTERED, True)
    assert (change.after, change.had) == (ledger.jobs[TIDY.id].key, ledger.jobs[TIDY.id])
    assert (change.digest, change.effect, change.wanted) == (job.digest, job.effect, job)
    assert change.via == ("specs/vars.yaml",)


def test_drifted_job() -> None:
    """A job whose effect only something shared has changed is shown and not run."""
    change = only(planned(after(TIDY), values.job(DRIFTED)))

    assert (change.symbol, change.runs) == (Symbol.DRIFTED, False)
    assert change.via == ("specs/vars.yaml",)


def test_drifted_job_that_asks_to_run() -> None:
    """A drifted job runs if its spec says that it runs on every change."""
    eager: dict[str, Json] = {"rerun": "on-change"}
    job = values.job(replace(DRIFTED, metadata=eager))
    change = only(planned(after(values.job(replace(WISH, metadata=eager))), job))

    assert (change.symbol, change.runs) == (Symbol.DRIFTED, True)


def test_drifted_by_the_policy() -> None:
    """If no file of it has changed, a drifted job has drifted through its platform's entry."""
    moved = replace(WISH, platform=replace(values.LOCAL, url="http://elsewhere"))

    assert only(planned(after(TIDY), values.job(moved))).via == ("jobgate.yaml",)


def test_adopted_job_counts_as_had() -> None:
    """An adopted job is unchanged; altered, it comes after no submission."""
    ledger = journals.added(journals.begun()[1], drafting.adopted(TIDY))

    assert planned(ledger, TIDY).changes == ()
    change = only(planned(ledger, values.job(ALTERED)))
    assert (change.symbol, change.after) == (Symbol.ALTERED, None)
    assert change.had == ledger.jobs[TIDY.id]


@pytest.mark.parametrize("kinds", [(), (Kind.CREATED,), (Kind.CREATED, Kind.STARTING)])
def test_submission_under_way_is_not_planned_again(kinds: tuple[Kind, ...]) -> None:
    """What is intended counts as had before it has ended."""
    ledger = journals.begun()[1]
    for kind in (Kind.INTENDED, *kinds):
        ledger = journals.added(ledger, journals.draft(ledger, TIDY, kind))

    assert planned(ledger, TIDY).changes == ()


@pytest.mark.parametrize("outcome", ["failed", "stopped"])
def test_failed_job_is_not_planned_again(outcome: str) -> None:
    """A job that failed has run: it runs again when `run` is raised, not by itself."""
    result = Result(outcome="failed" if outcome == "failed" else "stopped", detail="no")
    ledger = journals.submitted(journals.begun()[1], TIDY, result)

    assert planned(ledger, TIDY).changes == ()
    again = only(planned(ledger, values.job(replace(WISH, run=2, spec="run: 2"))))
    assert (again.symbol, again.runs) == (Symbol.ALTERED, True)


def withdrawn(ledger: Ledger, job: Job) -> Ledger:
    """Return a ledger after a submission that was withdrawn."""
    ledger = journals.added(ledger, journals.draft(ledger, job, Kind.INTENDED))
    result = Result(outcome="withdrawn", detail="its approval no longer stands")
    return journals.added(ledger, journals.draft(ledger, job, Kind.ENDED, result))


def test_withdrawn_first_submission_is_planned_again() -> None:
    """A job whose only submission was withdrawn has never been had."""
    ledger = withdrawn(journals.begun()[1], TIDY)
    change = only(planned(ledger, TIDY))

    assert ledger.jobs[TIDY.id].counts is None
    assert (change.symbol, change.runs, change.via, change.had) == (Symbol.NEW, True, (), None)
    assert change.after == ledger.jobs[TIDY.id].key


def test_removed_job() -> None:
    """A job that is no longer wanted is removed once, and runs nothing."""
    ledger = after(TIDY)
    had = ledger.jobs[TIDY.id]
    change = only(planned(ledger))

    assert change == Change(
        job=TIDY.id,
        symbol=Symbol.REMOVED,
        after=had.key,
        digest=had.digest,
        effect=had.effect,
        via=(),
        runs=False,
        had=had,
        wanted=None,
    )
    assert planned(journals.added(ledger, drafting.removed(had))).changes == ()


def test_restored_job() -> None:
    """A restored job is unchanged with its old effect, new with another spec, else drifted."""
    ledger = after(TIDY)
    gone = journals.added(ledger, drafting.removed(ledger.jobs[TIDY.id]))
    key = gone.jobs[TIDY.id].key

    assert planned(gone, TIDY).changes == ()
    new = only(planned(gone, values.job(ALTERED)))
    assert (new.symbol, new.runs, new.after) == (Symbol.NEW, True, key)
    drifted = only(planned(gone, values.job(DRIFTED)))
    assert (drifted.symbol, drifted.runs, drifted.after) == (Symbol.DRIFTED, False, key)


def renamed(*formerly: str, wish: Wish = WISH) -> Wish:
    """Return a job under a new name."""
    return replace(wish, name="sweep", spec="renamed", metadata={"formerly": list(formerly)})


def test_renamed_job_is_unchanged() -> None:
    """A job under a new name is had under its former one, and that one is not removed."""
    plan = planned(after(TIDY), values.job(renamed("tidy")))

    assert (plan.changes, plan.unchanged) == ((), 1)


def test_renamed_and_altered_job() -> None:
    """A change of a renamed job comes after the last submission under its former name."""
    ledger = after(TIDY)
    job = values.job(renamed("tidy", wish=ALTERED))
    change = only(planned(ledger, job))

    assert (change.job, change.symbol) == ("local/sweep", Symbol.ALTERED)
    assert (change.after, change.had) == (ledger.jobs[TIDY.id].key, ledger.jobs[TIDY.id])
    assert change.effect == job.effect


def test_renamed_without_saying_so() -> None:
    """Without `formerly`, a rename is a new job and a removed one."""
    plan = planned(after(TIDY), values.job(replace(renamed(), metadata={})))

    assert [(each.job, each.symbol) for each in plan.changes] == [
        ("local/sweep", Symbol.NEW),
        ("local/tidy", Symbol.REMOVED),
    ]


def test_last_name_that_the_ledger_knows_counts() -> None:
    """A job's own name comes before its former ones, and those in the order they are written."""
    sweep, brush = values.job(renamed()), values.job(replace(WISH, name="brush"))
    job = values.job(renamed("brush", "tidy"))

    def found(*known: Job) -> str | None:
        had = diff.last(after(*known), job)
        return None if had is None else had.job

    assert found() is None
    assert found(TIDY) == TIDY.id
    assert found(TIDY, brush) == brush.id
    assert found(TIDY, brush, sweep) == sweep.id


def test_policy_change() -> None:
    """Another policy is a change of `@policy`, after the one in force, and first in the plan."""
    ledger = journals.begun()[1]
    new = values.policy_files(journals.RULES.policy, "new")
    plan = diff.plan(ledger, (TIDY,), new, HEAD)
    accepted = journals.added(ledger, journals.accepted(ledger, new))
    back = only(diff.plan(accepted, (), journals.RULES, HEAD))

    assert plan.changes[0] == Change(
        job=POLICY,
        symbol=Symbol.ALTERED,
        after=None,
        digest=new.digest,
        effect=new.digest,
        via=(),
        runs=True,
        had=None,
        wanted=new,
    )
    assert [change.job for change in plan.changes] == [POLICY, TIDY.id]
    assert diff.plan(accepted, (), new, HEAD).changes == ()
    assert (back.after, back.digest) == (accepted.policy.key, journals.RULES.digest)


def test_digest_is_over_this_tree() -> None:
    """The plan's digest is over the ledger and, of each change, job, symbol, key and digest."""
    ledger = after(TIDY)
    plan = planned(ledger, values.job(ALTERED))
    tree: Json = {
        "changes": [
            {
                "after": ledger.jobs[TIDY.id].key,
                "digest": values.job(ALTERED).digest,
                "job": "local/tidy",
                "symbol": "~",
            }
        ],
        "ledger": values.LEDGER,
    }

    assert plan.digest == canon.digest_of("plan/1", tree)
    assert planned(ledger, TIDY).digest == canon.digest_of(
        "plan/1", {"changes": [], "ledger": values.LEDGER}
    )


def test_changed_paths() -> None:
    """Shared files count that are other, gone or new; the spec itself does not."""
    before = [values.source("gone"), values.source("other", 1), values.source("same", 1)]
    now = [values.source("new"), values.source("other", 2), values.source("same", 1)]
    own = [values.source("spec", content, Role.OWN) for content in (1, 2)]

    assert diff.changed_paths([*before, own[0]], [own[1], *now]) == ("gone", "new", "other")
    assert diff.changed_paths(before, before) == ()


@pytest.mark.parametrize("outcome", ["succeeded", "failed", "stopped", "unknown"])
def test_what_may_have_run_counts(outcome: str) -> None:
    """Whatever may have run is what the next change is held against."""
    had: Had = after(TIDY).jobs[TIDY.id]
    results = [
        Result(outcome="succeeded", detail=""),
        Result(outcome="failed", detail=""),
        Result(outcome="stopped", detail=""),
        Result(outcome="unknown", detail=""),
    ]
    result = next(each for each in results if each.outcome == outcome)
    ended = replace(had, result=result, stood=replace(had, run=0))

    assert ended.counts is ended


def test_what_was_refused_or_withdrawn_leaves_what_stood() -> None:
    """What ran nothing is forgotten, but for its key: diff and makers go back to what ran."""
    ledger = after(TIDY)
    altered = values.job(ALTERED)
    for kind, result in ((Kind.REFUSED, REFUSED), (Kind.ENDED, WITHDRAWN)):
        intended = journals.added(ledger, journals.draft(ledger, altered, Kind.INTENDED))
        over = journals.added(intended, journals.draft(intended, altered, kind, result))
        again = values.job(replace(ALTERED, run=9))
        change = only(planned(over, again))

        assert change.had == ledger.jobs[TIDY.id]
        assert change.after == over.jobs[TIDY.id].key
        assert planned(over, TIDY).changes == ()
        wanted = planned(over, altered).changes
        assert [each.runs for each in wanted] == ([] if kind is Kind.REFUSED else [True])


def test_what_was_refused_is_asked_for_again_where_it_is_wanted() -> None:
    """As a change after the refused submission, judged against what stood before that one."""
    ledger = after(TIDY)
    altered = values.job(ALTERED)
    intended = journals.added(ledger, journals.draft(ledger, altered, Kind.INTENDED))
    over = journals.added(intended, journals.draft(intended, altered, Kind.REFUSED, REFUSED))

    def again(job: Job) -> Plan:
        return diff.plan(over, (job,), journals.RULES, HEAD, again=True)

    change = only(again(altered))
    assert (change.symbol, change.runs, change.after) == (
        Symbol.ALTERED,
        True,
        over.jobs[TIDY.id].key,
    )
    assert change.had == ledger.jobs[TIDY.id]
    assert again(TIDY).changes == ()
    assert planned(over, altered).changes == ()
    assert diff.plan(ledger, (TIDY,), journals.RULES, HEAD, again=True).changes == ()
