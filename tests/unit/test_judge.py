"""`judge`: who must consent, who has, and what nobody can permit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from runner import clauses, judge, subjects
from runner.evidence import Approval, Evidence, Glass
from runner.explanations import Explanation
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
from runner.terms import BreakGlass, Clause, Dated, Windows
from runner.verdicts import NEVER, Approved, Demand, Denied, Verdict, Waiting
from tests import journals, values
from tests.values import Wish

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
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
    at: datetime = NOW,
) -> Verdict:
    """Return the verdict after these people have consented to the change."""
    approvals = tuple(
        values.approval(by, job=change.job, digest=change.digest, after=change.after)
        for by in given
    )
    evidence = Evidence(approvals=approvals, touched_by=frozenset(touched_by))
    return judge.verdict(change, ledger=values.LEDGER, policy=policy, evidence=evidence, at=at)


def denied(said: Verdict) -> Denied:
    """Return a denial, without what is asked besides."""
    assert isinstance(said, Denied)
    assert said.demands
    return replace(said, demands=())


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

    assert denied(verdict("ann", "ben", change=wanting(group))) == Denied(
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

    assert denied(verdict("ann", "ben", change=wanting(job), policy=rules)) == Denied(
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
        return judge.verdict(change, ledger=values.LEDGER, policy=RULES, evidence=evidence, at=NOW)

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
    assert clauses.matching(RULES, [subjects.POLICY]) == (clauses.DEFAULT,)


def test_removal_runs_nothing_and_needs_nobody() -> None:
    """A removed job is approved: nothing is run."""
    had = journals.submitted(journals.begun()[1], JOB).jobs[JOB.id]
    change = replace(CHANGE, symbol=Symbol.REMOVED, had=had, wanted=None)

    assert verdict(change=change) == Approved(demands=())


@pytest.mark.parametrize(("day", "denied"), [(15, False), (16, True)])
def test_last_day(day: int, denied: object) -> None:
    """A job may run on the day it expires, and not on the next."""
    change = wanting(replace(JOB, expires="2026-01-15"))
    said = verdict("ann", "ben", change=change, at=NOW.replace(day=day, hour=23))

    assert isinstance(said, Denied) == denied
    assert isinstance(said, Approved) != denied
    if isinstance(said, Denied):
        assert (said.by, said.reason) == ("expires", "it expired on 2026-01-15")
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


# ---------------------------------------------------------------- several denials, and glass

GLASS = Glass(approval=values.approval("ann", digest=JOB.digest), reason="the disk is full")
BREAKABLE = replace(RULES, break_glass=BreakGlass(people=("ann", "ben"), hours=24))
WAITS = Clause(name="staged", paths=("**",), count=0, people=(), succeeded=("lab",), line=4)


def judged(
    policy: Policy,
    *glass: Glass,
    change: Change = CHANGE,
    approvals: tuple[Approval, ...] = (),
    succeeded: frozenset[str] = frozenset(),
) -> Verdict:
    """Return the verdict on a change for which some broke the glass."""
    evidence = Evidence(
        approvals=approvals, touched_by=frozenset(), glass=glass, succeeded=succeeded
    )
    return judge.verdict(change, ledger=values.LEDGER, policy=policy, evidence=evidence, at=NOW)


def test_broken_glass_does_without_approvals() -> None:
    """What is missing stays missing, and the verdict says by whom and why that is passed over."""
    said = judged(BREAKABLE, GLASS)

    assert isinstance(said, Approved)
    assert said.broken == ("ann", "the disk is full")
    assert [demand.missing for demand in said.demands] == [2]
    assert isinstance(judged(RULES, GLASS), Waiting)
    assert isinstance(judged(BREAKABLE), Waiting)
    assert isinstance(judged(BREAKABLE, replace(GLASS, reason="")), Waiting)


def test_of_several_the_first_by_name_breaks_the_glass() -> None:
    """It does not matter which was found first."""
    ben = Glass(approval=values.approval("ben", digest=JOB.digest), reason="and it is night")
    void = replace(GLASS, reason="")

    for order in ((GLASS, ben), (ben, GLASS)):
        said = judged(BREAKABLE, *order)
        assert isinstance(said, Approved)
        assert said.broken == ("ann", "the disk is full")
    said = judged(BREAKABLE, void, ben)
    assert isinstance(said, Approved)
    assert said.broken == ("ben", "and it is night")


def test_glass_that_need_not_be_broken_is_not() -> None:
    """Where all have consented there is nothing to follow up."""
    approvals = tuple(values.approval(by, digest=JOB.digest) for by in ("ann", "ben"))
    said = judged(BREAKABLE, GLASS, approvals=approvals)

    assert isinstance(said, Approved)
    assert said.broken is None


def test_whoever_breaks_the_glass_has_not_consented() -> None:
    """A signature for the one is none for the other."""
    one = replace(BREAKABLE, clauses=(replace(BOTH, count=1, deny="no"),))
    said = judged(one, GLASS)

    assert isinstance(said, Denied)
    assert said.demands[0].given == ()


@pytest.mark.parametrize(
    "clause",
    [
        replace(BOTH, deny="nobody restarts these"),
        replace(BOTH, max_hosts=0),
        replace(BOTH, fields=("ticket",)),
        replace(BOTH, succeeded=("lab",)),
    ],
)
def test_broken_glass_does_not_do_without_anything_else(clause: Clause) -> None:
    """Neither what is forbidden nor what is required is passed over."""
    change = wanting(replace(JOB, targets=Targets(hosts=("0:10.0.0.1",))))
    rules = replace(BREAKABLE, clauses=(clause,))

    assert isinstance(judged(rules, GLASS, change=change), Denied)
    assert isinstance(judged(BREAKABLE, GLASS, change=change), Approved)


def test_broken_glass_does_not_put_a_policy_in_force() -> None:
    """A job that waits for one waits on, and the policy itself as well."""
    elsewhere = wanting(replace(JOB, platform=replace(JOB.platform, stage="elsewhere")))
    of_policy = replace(GLASS, approval=values.approval("ann", job=POLICY, digest=OF_POLICY.digest))

    assert isinstance(judged(BREAKABLE, GLASS, change=elsewhere), Waiting)
    assert isinstance(judged(BREAKABLE, of_policy, change=OF_POLICY), Waiting)


def test_the_gravest_denial_is_told() -> None:
    """What holds for good before what lifts, then what no clause is needed for, then by name."""
    late = replace(JOB, expires="2026-01-01")
    zebra, apple = (
        replace(WAITS, name=name, deny=f"{name} says no", line=1) for name in ("zebra", "apple")
    )

    def by(change: Change, *clauses: Clause) -> str:
        return denied(verdict(change=change, policy=replace(RULES, clauses=clauses))).by

    assert by(CHANGE, WAITS, zebra) == "zebra"
    assert by(CHANGE, zebra, apple, WAITS) == by(CHANGE, WAITS, apple, zebra) == "apple"
    assert by(wanting(late), apple, zebra) == "expires"
    assert by(wanting(late), WAITS) == "expires"
    assert by(CHANGE, WAITS) == "staged"


def test_a_denial_says_whether_it_lifts_and_what_is_asked_besides() -> None:
    """So that it can be approved meanwhile."""
    said = verdict("ann", policy=replace(RULES, clauses=(WAITS, BOTH)))

    assert isinstance(said, Denied)
    assert (said.by, said.lifts, said.opens, said.line) == ("staged", True, "", 4)
    assert [(demand.clause, demand.missing) for demand in said.demands] == [
        ("staged", 0),
        ("both", 1),
    ]
    assert isinstance(
        judged(replace(RULES, clauses=(WAITS,)), succeeded=frozenset({"lab"})), Approved
    )


def test_a_side_that_nothing_matches_is_for_the_default() -> None:
    """A job does not get from where nobody is asked to where no clause is, on its own."""
    had = journals.submitted(journals.begun()[1], JOB).jobs[JOB.id]
    free = Clause(name="free", paths=("specs/*",), count=0, people=())
    rules = replace(RULES, clauses=(free,))
    moved = replace(wanting(replace(JOB, path="prod/tidy.yaml")), had=had, after=had.key)
    back = replace(wanting(JOB), had=replace(had, path="prod/tidy.yaml"), after=had.key)

    assert isinstance(verdict(change=replace(moved, had=None), policy=rules), Waiting)
    for change in (moved, back):
        said = verdict(change=change, policy=rules)
        assert isinstance(said, Waiting)
        assert [demand.clause for demand in said.demands] == ["free", "default"]
        assert isinstance(verdict("dee", change=change, policy=rules), Approved)


# ---------------------------------------------------------------- explanations


def explained(
    *clauses: Clause, change: Change = CHANGE, evidence: Evidence | None = None
) -> Explanation:
    """Return the explanation of a change under these clauses."""
    return judge.explanation(
        change,
        ledger=values.LEDGER,
        policy=replace(BREAKABLE, clauses=clauses),
        evidence=evidence or Evidence(approvals=(), touched_by=frozenset()),
        at=NOW,
    )


def test_an_explanation_has_every_clause_that_matched() -> None:
    """In the policy's order, with the side on which it did, and what it says."""
    had = replace(journals.submitted(journals.begun()[1], JOB).jobs[JOB.id], path="lab/tidy.yaml")
    change = replace(CHANGE, had=had, after=had.key)
    every = Clause(name="every", paths=("**",), count=0, people=(), deny="no")
    said = explained(
        LAB, BOTH, every, Clause(name="x", paths=("x",), count=1, people=()), change=change
    )

    assert [(each.clause, each.sides) for each in said.said] == [
        (LAB, ("as it was",)),
        (BOTH, ("as it is",)),
        (every, ("as it is", "as it was")),
    ]
    assert [(len(each.demands), len(each.denials)) for each in said.said] == [
        (1, 0),
        (1, 0),
        (1, 1),
    ]
    assert denied(said.verdict) == said.said[2].denials[0]


def test_an_explanation_has_all_that_was_given() -> None:
    """What counts, what does not, and broken glass."""
    evidence = Evidence(
        approvals=(
            values.approval("ben", digest=JOB.digest),
            values.approval("cam", digest=JOB.effect),
        ),
        touched_by=frozenset(),
        glass=(GLASS,),
    )
    said = explained(BOTH, evidence=evidence)

    assert [(each.by, each.how, each.counts) for each in said.given] == [
        ("ben", "signature", True),
        ("cam", "signature", False),
        ("ann", "break-glass", True),
    ]
    assert said.said[0].demands[0].given == ("ben",)


def test_an_explanation_has_what_no_clause_is_needed_for() -> None:
    """Denials and demands that hold under every policy stand before the clauses."""
    elsewhere = replace(JOB.platform, stage="elsewhere")
    change = wanting(replace(JOB, expires="2026-01-01", platform=elsewhere))
    said = explained(BOTH, change=change)

    assert [type(word) for word in said.before] == [Denied, Demand]
    assert said.before[1] == Demand(clause=POLICY, count=1, given=(), missing=1, could=())
    gone = explained(BOTH, change=replace(CHANGE, symbol=Symbol.REMOVED, wanted=None))
    assert gone == Explanation(verdict=Approved(demands=()))


def test_trouble_with_what_was_given_denies() -> None:
    """It is said, and no clause is asked any more."""
    approvals = (values.approval("ann", digest=JOB.digest),)
    said = judge.explanation(
        CHANGE,
        ledger=values.LEDGER,
        policy=replace(RULES, days=-(10**12)),
        evidence=Evidence(approvals=approvals, touched_by=frozenset()),
        at=NOW,
    )

    assert isinstance(said.verdict, Denied)
    assert (said.before, said.said, said.given) == ((said.verdict,), (), ())
    assert (said.verdict.by, said.verdict.lifts) == ("evidence", False)
    assert said.verdict.reason.startswith("it cannot be judged: OverflowError: ")
    assert said.verdict.mend == "report it with what was given for this change"


def test_the_default_says_so() -> None:
    """It has no line, and matches what nothing else does."""
    said = explained(LAB)

    assert [(each.clause.name, each.clause.line, each.sides) for each in said.said] == [
        ("default", 0, ("as it is",))
    ]


def test_the_policys_clause_is_shown_as_it_is_written() -> None:
    """Though it is asked for one approval at least."""
    free = Clause(name="free", paths=("**",), count=0, people=())
    (said,) = explained(free, change=OF_POLICY).said

    assert said.clause.count == 0
    assert [demand.count for demand in said.demands] == [1]


# ---------------------------------------------------------------- windows, and expressions

SHUT = Clause(
    name="freeze",
    paths=("**",),
    count=0,
    people=(),
    windows=Windows(
        zone="UTC", closed=(Dated(begins="2026-01-10T00:00", ends="2026-01-20T00:00"),)
    ),
)
LATER = replace(
    SHUT,
    name="audit",
    windows=Windows(
        zone="UTC", closed=(Dated(begins="2026-01-10T00:00", ends="2026-01-21T00:00"),)
    ),
)
NEVER_AGAIN = replace(
    SHUT,
    name="over",
    windows=Windows(zone="UTC", open=(Dated(begins="2020-01-01T00:00", ends="2020-01-02T00:00"),)),
)
PUZZLE = replace(LAB, name="puzzle", paths=("**",), count=0, line=9)


def test_a_shut_window_denies_what_is_approved() -> None:
    """And what is not, with what is asked besides; the one that opens last is told."""
    rules = replace(RULES, clauses=(LATER, BOTH, SHUT))

    for given, missing in ((("ann", "ben"), 0), (("ann",), 1)):
        said = verdict(*given, policy=rules)
        assert isinstance(said, Denied)
        assert (said.by, said.opens, said.lifts) == ("audit", "2026-01-21T00:00:00Z", True)
        assert [demand.missing for demand in said.demands] == [0, missing, 0]
    never = verdict(policy=replace(RULES, clauses=(NEVER_AGAIN, LATER, SHUT)))
    assert isinstance(never, Denied)
    assert (never.by, never.opens, never.lifts) == ("over", NEVER, False)
    early = verdict(policy=replace(RULES, clauses=(SHUT, LATER)))
    assert denied(early).by == "audit"


def test_equal_windows_are_told_by_name() -> None:
    """So that the order of the clauses makes no difference."""
    one, other = (replace(SHUT, name=name) for name in ("one", "other"))

    for order in ((one, other), (other, one)):
        assert denied(verdict(policy=replace(RULES, clauses=order))).by == "other"


def test_what_is_denied_otherwise_is_told_before_a_window() -> None:
    """Waiting for it to open would be in vain."""
    rules = replace(RULES, clauses=(SHUT, replace(LAB, name="zoo", paths=("**",), deny="no")))
    staged = replace(RULES, clauses=(SHUT, WAITS))

    assert denied(verdict(policy=rules)).by == "zoo"
    assert denied(verdict(policy=staged)).by == "staged"


@pytest.mark.parametrize("clause", [SHUT, NEVER_AGAIN])
def test_broken_glass_does_without_windows(clause: Clause) -> None:
    """With and without missing approvals."""
    for every in ((clause,), (clause, BOTH)):
        said = judged(replace(BREAKABLE, clauses=every), GLASS)
        assert isinstance(said, Approved)
        assert said.broken == ("ann", "the disk is full")
    elsewhere = wanting(replace(JOB, platform=replace(JOB.platform, stage="elsewhere")))
    waits = judged(replace(BREAKABLE, clauses=(clause,)), GLASS, change=elsewhere)
    assert isinstance(waits, Denied)
    assert waits.opens


def test_the_policy_is_accepted_while_windows_are_shut() -> None:
    """Else no freeze could be lifted."""
    assert isinstance(
        verdict("ann", change=OF_POLICY, policy=replace(RULES, clauses=(SHUT,))), Approved
    )


@pytest.mark.parametrize(
    "expression", ['job.labels["tier"] == "a"', "job.run", "nonsense(", "job.platform == "]
)
def test_an_expression_that_fails_denies(expression: str) -> None:
    """Its clause is named, and whatever else was said is in the explanation."""
    puzzle = replace(PUZZLE, expression=expression)
    approvals = tuple(values.approval(by, digest=JOB.digest) for by in ("ann", "ben"))
    evidence = Evidence(approvals=approvals, touched_by=frozenset(), glass=(GLASS,))
    had = journals.submitted(journals.begun()[1], JOB).jobs[JOB.id]
    for change in (CHANGE, replace(CHANGE, had=had)):
        said = explained(BOTH, puzzle, replace(LAB, name="after"), change=change, evidence=evidence)
        no = denied(said.verdict)

        assert (no.by, no.line, no.lifts, no.opens) == ("puzzle", 9, False, "")
        assert no.reason.startswith("it cannot be judged: ConditionError: ")
        assert [each.clause.name for each in said.said] == ["both", "puzzle"]
        assert [(len(each.demands), len(each.denials)) for each in said.said] == [(1, 0), (0, 1)]


def test_two_expressions_may_fail() -> None:
    """Each is told, and the first by name is the verdict's."""
    clauses = tuple(
        replace(PUZZLE, name=name, expression='job.labels["x"] == "y"')
        for name in ("two", "one", "three")
    )
    said = explained(*clauses)

    assert [len(each.denials) for each in said.said] == [1, 1, 1]
    assert isinstance(said.verdict, Denied)
    assert said.verdict.by == "one"


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ((), (("tier", "a"),)),
        ((("tier", "a"),), ()),
        ((("tier", "b"),), ()),
        # Of labels that nobody kept each is taken to be there.
        ((), None),
    ],
)
def test_an_expression_that_fails_for_one_side_denies(
    now: tuple[tuple[str, str], ...], then: tuple[tuple[str, str], ...] | None
) -> None:
    """As the job is, or as it was: there it cannot be told."""
    had = journals.submitted(journals.begun()[1], JOB).jobs[JOB.id]
    job, had = replace(JOB, labels=now), replace(had, labels=then)
    change = replace(wanting(job), had=had, after=had.key)
    puzzle = replace(PUZZLE, expression='job.labels["tier"] == "a"')

    assert denied_by(explained(puzzle, change=change)) == "puzzle"
    assert denied_by(explained(puzzle, BOTH, change=change)) == "puzzle"
    sound = replace(change, wanted=replace(job, labels=(("tier", "a"),)))
    known = replace(sound, had=replace(had, labels=(("tier", "a"),)))
    assert isinstance(explained(puzzle, change=known).verdict, Approved)


def denied_by(said: Explanation) -> str:
    """Return what denies."""
    assert isinstance(said.verdict, Denied)
    return said.verdict.by
