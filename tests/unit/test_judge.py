"""`judge`: who must consent, who has, and what nobody can permit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner import clauses, judge
from runner.evidence import Approval, Evidence
from runner.model import (
    POLICY,
    Change,
    Job,
    JobId,
    LedgerId,
    Pin,
    Policy,
    SecretSource,
    Sha256,
    Symbol,
    Targets,
)
from runner.terms import Clause
from runner.verdicts import Approved, Demand, Denied, Verdict, Waiting
from tests import journals, values
from tests.values import Wish

TODAY = "2026-05-01"
BOTH = Clause(name="both", paths=("specs/*",), count=2, people=("ann", "ben", "cam"))
LAB = Clause(name="lab", paths=("lab/**",), count=1, people=("dee",))
RULES = values.policy("ann", "ben", "cam", "dee", clauses=(BOTH, LAB))
JOB = values.job(Wish())
CHANGE = Change(
    job=JOB.id,
    symbol=Symbol.NEW,
    after=None,
    digest=JOB.digest,
    effect=JOB.effect,
    via=(),
    runs=True,
    had=None,
    wanted=JOB,
)
OF_POLICY = replace(
    CHANGE,
    job=POLICY,
    symbol=Symbol.ALTERED,
    digest=journals.RULES.digest,
    wanted=journals.RULES,
)


def verdict(
    *given: str,
    change: Change = CHANGE,
    policy: Policy = RULES,
    touched_by: tuple[str, ...] = (),
    today: str = TODAY,
) -> Verdict:
    """Return the verdict after these people have consented to the change."""
    approvals = tuple(
        values.approval(by, job=change.job, digest=change.digest, after=change.after)
        for by in given
    )
    evidence = Evidence(approvals=approvals, touched_by=frozenset(touched_by))
    return judge.verdict(
        change, ledger=values.LEDGER, policy=policy, evidence=evidence, today=today
    )


def wanting(job: Job) -> Change:
    """Return the change that wants another job."""
    return replace(CHANGE, wanted=job)


def test_enough_consent_is_approval() -> None:
    """With as many people as the clause asks for, the change is approved."""
    demand = Demand(clause="both", count=2, given=("ann", "cam"), missing=0, could=("ben",))

    assert verdict("cam", "ann") == Approved(demands=(demand,))


def test_less_is_waiting_and_says_for_whom() -> None:
    """With fewer, it waits, and the demand lists who has consented and who still could."""
    demand = Demand(clause="both", count=2, given=("ben",), missing=1, could=("ann", "cam"))

    assert verdict("ben", "ben", "dee") == Waiting(demands=(demand,))


def test_more_than_enough_misses_nothing() -> None:
    """More consent than a clause asks for leaves nothing missing."""
    demand = Demand(clause="both", count=2, given=("ann", "ben", "cam"), missing=0, could=())

    assert verdict("ann", "ben", "cam") == Approved(demands=(demand,))


def test_maker_is_neither_counted_nor_asked() -> None:
    """Whoever touched the change does not count, and cannot be who is waited for."""
    demand = Demand(clause="both", count=2, given=("ben",), missing=1, could=("cam",))
    touched = ("Ann@Example.org", "stranger@example.org")

    assert verdict("ann", "ben", touched_by=touched) == Waiting(demands=(demand,))


def test_no_clause_means_one_other_person() -> None:
    """What no clause speaks of needs one listed person other than its makers."""
    change = wanting(replace(JOB, path="specs/deep/tidy.yaml"))
    everyone = ("ann", "ben", "cam", "dee")

    assert verdict(change=change) == Waiting(
        demands=(Demand(clause="default", count=1, given=(), missing=1, could=everyone),)
    )
    assert isinstance(verdict("dee", change=change), Approved)
    assert isinstance(verdict("dee", change=change, touched_by=("dee@example.org",)), Waiting)


def test_a_group_needs_the_hosts_that_are_expected() -> None:
    """What only the platform can expand is denied, until the spec says what it must come to."""
    group = replace(JOB, targets=Targets(hosts=("0:10.0.0.1",), open=("group:7", "topo:set/3")))

    assert verdict("ann", "ben", change=wanting(group)) == Denied(
        by="expect_hosts",
        reason="only the platform can tell which hosts group:7, topo:set/3 is",
        mend="list the hosts that it must come to in `expect_hosts`, beside `request`",
    )
    said = replace(group, expect_hosts=("0:10.0.0.1", "0:10.0.0.2"))
    assert isinstance(verdict("ann", "ben", change=wanting(said)), Approved)


@pytest.mark.parametrize("expected", [False, True])
def test_more_hosts_than_the_narrowest_clause_allows(*, expected: bool) -> None:
    """Named or expected, they are counted alike, and the bound itself is allowed."""
    hosts = tuple(f"0:10.0.0.{number}" for number in range(1, 4))
    job = replace(JOB, targets=Targets(hosts=hosts))
    if expected:
        group = Targets(hosts=hosts[:1], open=("group:7",))
        job = replace(JOB, targets=group, expect_hosts=hosts)
    wide, narrow = replace(BOTH, name="wide", max_hosts=9), replace(BOTH, max_hosts=2)
    rules = replace(RULES, clauses=(wide, narrow, replace(LAB, max_hosts=1), BOTH))

    assert verdict("ann", "ben", change=wanting(job), policy=rules) == Denied(
        by="both",
        reason="it is for 3 hosts, and both allows 2",
        mend="name fewer hosts, or split it into several jobs",
    )
    rules = replace(RULES, clauses=(wide, replace(narrow, max_hosts=3)))
    assert isinstance(verdict("ann", "ben", change=wanting(job), policy=rules), Approved)


def test_the_policy_itself_has_no_hosts() -> None:
    """A clause that bounds them says nothing of it, nor of a job that is gone."""
    everything = replace(BOTH, paths=("**",), max_hosts=1)
    rules = replace(RULES, clauses=(everything,))

    assert isinstance(verdict("ann", "ben", change=OF_POLICY, policy=rules), Approved)
    gone = replace(CHANGE, symbol=Symbol.REMOVED, wanted=None)
    assert isinstance(verdict(change=gone, policy=rules), Approved)
    assert judge.limit(CHANGE, rules) == everything
    assert judge.limit(CHANGE, RULES) is None


def test_clauses_of_the_old_path_count_too() -> None:
    """A job that was moved is judged by the clauses of where it is and where it was."""
    had = journals.submitted(journals.begun()[1], JOB).jobs[JOB.id]
    change = replace(wanting(replace(JOB, path="lab/tidy.yaml")), had=had, after=had.key)

    assert isinstance(verdict("dee", change=change), Waiting)
    assert isinstance(verdict("ann", "ben", change=change), Waiting)
    approved = verdict("ann", "ben", "dee", change=change)
    assert isinstance(approved, Approved)
    assert [demand.clause for demand in approved.demands] == ["both", "lab"]


def test_consent_names_this_very_change() -> None:
    """Consent in another ledger, to another job or digest, or after another key, is none."""
    change = replace(CHANGE, after=values.key())
    right = [
        values.approval(by, job=JOB.id, digest=JOB.digest, after=values.key())
        for by in ("ann", "ben")
    ]

    def said(*approvals: Approval) -> Verdict:
        evidence = Evidence(approvals=approvals, touched_by=frozenset())
        return judge.verdict(
            change, ledger=values.LEDGER, policy=RULES, evidence=evidence, today=TODAY
        )

    assert isinstance(said(*right), Approved)
    for wrong in (
        replace(right[0], ledger=LedgerId("another")),
        replace(right[0], job=JobId("local/another")),
        replace(right[0], digest=JOB.effect),
        replace(right[0], after=None),
    ):
        assert said(wrong, right[1]) == said(right[1])


def test_unmeetable_demand_stays_unmet() -> None:
    """A clause that only unknown people could meet is met by nobody."""
    asked = Clause(name="ghost", paths=("**",), count=1, people=("nobody",))
    waiting = verdict("nobody", "ann", policy=replace(RULES, clauses=(asked,)))

    assert waiting == Waiting(
        demands=(Demand(clause="ghost", count=1, given=(), missing=1, could=()),)
    )


def test_clause_may_ask_nobody() -> None:
    """A clause that asks for none lets a job pass, and never a policy."""
    free = replace(RULES, clauses=(Clause(name="free", paths=("**",), count=0, people=("ann",)),))

    assert verdict(policy=free) == Approved(
        demands=(Demand(clause="free", count=0, given=(), missing=0, could=("ann",)),)
    )
    assert verdict(change=OF_POLICY, policy=free) == Waiting(
        demands=(Demand(clause="free", count=1, given=(), missing=1, could=("ann",)),)
    )
    assert isinstance(verdict("ann", change=OF_POLICY, policy=free), Approved)
    assert isinstance(verdict("ben", change=OF_POLICY, policy=free), Waiting)


def test_policy_is_judged_by_its_own_path() -> None:
    """A change of the policy is looked at as the file `jobgate.yaml`."""
    strict = Clause(name="rules", paths=("jobgate.yaml",), count=3, people=())
    policy = replace(RULES, clauses=(strict, BOTH))
    waiting = verdict("ann", "ben", change=OF_POLICY, policy=policy)

    assert waiting == Waiting(
        demands=(
            Demand(clause="rules", count=3, given=("ann", "ben"), missing=1, could=("cam", "dee")),
        )
    )
    assert isinstance(verdict("ann", change=OF_POLICY), Approved)
    assert clauses.matching(RULES, ["jobgate.yaml"]) == (clauses.DEFAULT,)


def test_removal_runs_nothing_and_needs_nobody() -> None:
    """A removed job is approved: nothing is run."""
    had = journals.submitted(journals.begun()[1], JOB).jobs[JOB.id]
    change = replace(CHANGE, symbol=Symbol.REMOVED, had=had, wanted=None)

    assert verdict(change=change) == Approved(demands=())


@pytest.mark.parametrize(("today", "denied"), [("2026-05-01", False), ("2026-05-02", True)])
def test_last_day(today: str, denied: object) -> None:
    """A job may run on the day it expires, and not on the next."""
    change = wanting(replace(JOB, expires="2026-05-01"))
    said = verdict("ann", "ben", change=change, today=today)

    assert isinstance(said, Denied) == denied
    assert isinstance(said, Approved) != denied
    if isinstance(said, Denied):
        assert (said.by, said.reason) == ("expires", "it expired on 2026-05-01")
        assert said.mend.startswith("raise `metadata.expires`")


@pytest.mark.parametrize(("run", "denied"), [(1, True), (2, True), (3, False), (4, False)])
def test_run_goes_up_only(run: int, denied: object) -> None:
    """A job whose `run` went down is denied; with the same or a higher one it is judged."""
    had = replace(journals.submitted(journals.begun()[1], JOB).jobs[JOB.id], run=3)
    change = replace(wanting(replace(JOB, run=run)), had=had, after=had.key)
    said = verdict("ann", "ben", change=change)

    assert isinstance(said, Denied) == denied
    if isinstance(said, Denied):
        assert (said.by, said.reason) == ("run", f"`run` went down from 3 to {run}")
        assert said.mend == "set `metadata.run` to 3, or higher to run again"


def test_a_script_that_is_pinned_otherwise_waits_for_the_policy() -> None:
    """Whoever consents, a job runs no version that the policy in force does not pin."""
    pin = Pin(script="clean", version=6, sha256=Sha256("a" * 64))
    change = replace(CHANGE, wanted=replace(JOB, body={"script_id": "clean"}, pins=(pin,)))
    waits = verdict("ann", "ben", change=change)
    held = replace(RULES, pins=((JOB.platform.name, "clean", pin),))

    assert isinstance(waits, Waiting)
    assert waits.demands[0].clause == POLICY
    assert isinstance(verdict("ann", "ben", change=change, policy=held), Approved)


def test_a_platform_that_is_defined_otherwise_waits_for_the_policy() -> None:
    """Whoever consents, a job does not go where the policy in force does not say it goes."""
    elsewhere = replace(JOB, platform=replace(JOB.platform, stage="elsewhere"))
    found = verdict("ann", "ben", change=wanting(elsewhere))

    assert isinstance(verdict("ann", "ben"), Approved)
    assert isinstance(found, Waiting)
    assert found.demands[0] == Demand(clause=POLICY, count=1, given=(), missing=1, could=())
    assert clauses.asks(found.demands[0]) == (
        "@policy must be accepted first: it defines the job's platform, secrets or script"
    )


def test_a_secret_that_is_found_elsewhere_waits_for_the_policy() -> None:
    """Whoever consents, a job is not given what the policy in force does not name for it like that.

    Neither is one that is given it by the policy of its own commit alone.
    """
    secret = SecretSource(
        name="db", kind="env", source=("DB",), platforms=("local",), paths=("specs/**",)
    )
    given = wanting(replace(JOB, secrets=(secret,)))
    first_the_policy = Demand(clause=POLICY, count=1, given=(), missing=1, could=())

    for in_force, waits in (
        ((secret,), False),
        ((replace(secret, paths=("**",)),), False),
        ((), True),
        ((replace(secret, source=("OTHER",)),), True),
        ((replace(secret, paths=("other/**",)),), True),
    ):
        found = verdict("ann", "ben", change=given, policy=replace(RULES, secrets=in_force))
        assert isinstance(found, Waiting) == waits
        assert not waits or (isinstance(found, Waiting) and found.demands[0] == first_the_policy)
