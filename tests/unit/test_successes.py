"""`successes`: on which platforms the very same job has succeeded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner import successes
from runner.model import (
    Change,
    Job,
    Kind,
    Ledger,
    Pin,
    PlatformEntry,
    Policy,
    Result,
    Sha256,
    Symbol,
)
from runner.pipeline import drafting
from runner.terms import Clause
from tests import journals, values
from tests.values import Wish

LAB = PlatformEntry(name="lab", type="embedded")
WISH = Wish(cell=(("zone", "sh"),))
JOB = values.job(WISH)
THERE = values.job(replace(WISH, platform=LAB))
AMONG = frozenset({"lab", "other"})
BEGUN = journals.begun()[1]
DONE = journals.submitted(BEGUN, THERE)


def change(job: Job) -> Change:
    """Return the change that wants a job."""
    return Change(
        job=job.id,
        symbol=Symbol.NEW,
        after=None,
        digest=job.digest,
        effect=job.effect,
        via=(),
        runs=True,
        had=None,
        wanted=job,
    )


def platforms(ledger: Ledger, job: Job = JOB) -> frozenset[str]:
    """Return where a job has succeeded."""
    return successes.platforms(ledger, change(job), AMONG)


def test_the_same_job_has_succeeded() -> None:
    """Name, cell, spec, request and script are the same, and only the platform is another."""
    assert platforms(DONE) == {"lab"}
    assert successes.platforms(DONE, change(JOB), {"other"}) == frozenset()


@pytest.mark.parametrize(
    "other",
    [
        replace(WISH, name="other"),
        replace(WISH, cell=()),
        replace(WISH, cell=(("zone", "gz"),)),
        replace(WISH, spec="other"),
        replace(WISH, body={"timeout": 61}),
        replace(WISH, script=b"other"),
        replace(WISH, script=None),
    ],
)
def test_another_job_has_not(other: Wish) -> None:
    """Whatever of it differs, nothing is known of it."""
    assert platforms(DONE, values.job(other)) == frozenset()


def test_a_cell_may_hold_slashes() -> None:
    """The platform ends at the first one."""
    wish = replace(WISH, cell=(("folder", "a/b/c"),))
    ledger = journals.submitted(BEGUN, values.job(replace(wish, platform=LAB)))

    assert platforms(ledger, values.job(wish)) == {"lab"}


@pytest.mark.parametrize("kind", [Kind.ADOPTED, Kind.INTENDED])
def test_it_has_to_be_over(kind: Kind) -> None:
    """Neither what was taken as had nor what is under way has succeeded."""
    assert platforms(journals.added(BEGUN, journals.draft(BEGUN, THERE, kind))) == frozenset()


@pytest.mark.parametrize("outcome", ["failed", "stopped", "unknown", "withdrawn"])
def test_it_has_to_have_gone_well(outcome: str) -> None:
    """An end of any other kind is no success."""
    result = {each: Result(outcome=each, detail="") for each in ("failed", "stopped", "unknown")}
    ended = result.get(outcome, Result(outcome="withdrawn", detail=""))

    assert platforms(journals.submitted(BEGUN, THERE, ended)) == frozenset()


def test_what_was_submitted_since_counts() -> None:
    """A newer submission, of something else or under way, takes the success away."""
    newer = values.job(replace(WISH, platform=LAB, run=2, spec="newer"))

    assert platforms(journals.submitted(DONE, newer)) == frozenset()
    begun = journals.added(DONE, journals.draft(DONE, THERE, Kind.INTENDED))
    assert platforms(begun) == frozenset()
    assert platforms(journals.submitted(DONE, THERE)) == {"lab"}


def test_steered_anew_it_is_not_over() -> None:
    """An order to what has ended opens it again."""
    had = replace(DONE.jobs[THERE.id], state=Kind.STEERING)

    assert platforms(replace(DONE, jobs={THERE.id: had})) == frozenset()


def test_a_removed_one_has_not() -> None:
    """What is gone from there is no example any more."""
    gone = journals.added(DONE, drafting.removed(DONE.jobs[THERE.id]))

    assert platforms(gone) == frozenset()


def test_a_stored_script_is_known_by_its_content() -> None:
    """Each platform numbers its versions by itself; what they say has to be the same."""
    here = Pin(script="clean", version=6, sha256=Sha256("a" * 64))
    body = Wish(body={"script_id": "clean"}, script=None)
    ledger = journals.submitted(
        BEGUN,
        replace(values.job(replace(body, platform=LAB)), pins=(replace(here, version=9),)),
    )
    job = values.job(body)

    assert platforms(ledger, replace(job, pins=(here,))) == {"lab"}
    assert platforms(ledger, replace(job, pins=(replace(here, sha256=Sha256("b" * 64)),))) == set()
    assert platforms(ledger, job) == set()


def test_a_version_that_nothing_holds_is_known_by_its_number() -> None:
    """Without its content the number is all there is to compare."""
    there = values.job(Wish(platform=LAB, body={"script_version_id": 7}, script=None))
    ledger = journals.submitted(BEGUN, there)

    for number in (7, 8):
        job = values.job(Wish(body={"script_version_id": number}, script=None))
        assert bool(platforms(ledger, job)) == (number == 7)


def test_only_a_job_succeeds() -> None:
    """Of a policy, or of what is gone, there is nothing to be said."""
    for wanted in (journals.RULES, None):
        asked = replace(change(JOB), wanted=wanted)
        assert successes.platforms(DONE, asked, AMONG) == frozenset()


def test_asked() -> None:
    """Those platforms are looked at that some clause names."""
    clauses = (
        Clause(name="one", paths=("**",), count=1, people=(), succeeded=("lab",)),
        Clause(name="two", paths=("**",), count=1, people=(), succeeded=("pre", "lab")),
        Clause(name="three", paths=("**",), count=1, people=()),
    )
    policy = Policy(platforms=(), people=(), clauses=clauses)

    assert successes.asked(policy) == {"lab", "pre"}
