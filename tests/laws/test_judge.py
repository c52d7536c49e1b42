"""Laws of the verdict: what cannot make a change run, whatever else is there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import clauses, judge
from runner.evidence import Approval, Evidence
from runner.model import POLICY, Change, JobId, LedgerId, Policy, Symbol
from runner.subjects import Subject
from runner.terms import Clause
from runner.verdicts import Approved, Demand, Denied, Verdict, Waiting
from tests import journals, values
from tests.values import Wish

pytestmark = pytest.mark.laws

PEOPLE = ("ann", "ben", "cam", "dee")
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
JOB = values.job(Wish(metadata={"expires": "2026-12-31"}))
HAD = journals.submitted(journals.begun()[1], JOB).jobs[JOB.id]
CHANGE = Change(
    job=JOB.id,
    symbol=Symbol.ALTERED,
    after=HAD.key,
    digest=JOB.digest,
    effect=JOB.effect,
    via=(),
    runs=True,
    had=replace(HAD, path="specs/old/tidy.yaml"),
    wanted=JOB,
)
OF_POLICY = replace(
    CHANGE,
    job=POLICY,
    after=values.key(),
    digest=journals.RULES.digest,
    had=None,
    wanted=journals.RULES,
)

CLAUSES = st.builds(
    Clause,
    name=st.sampled_from(["one", "two", "three"]),
    paths=st.sampled_from([("**",), ("specs/*",), ("specs/old/**",), ("lab/**", "jobgate.yaml")]),
    count=st.integers(0, 3),
    people=st.lists(st.sampled_from([*PEOPLE, "nobody"]), max_size=4).map(tuple),
)
POLICIES = st.builds(
    lambda people, found: replace(values.policy(*people), clauses=tuple(found)),
    st.lists(st.sampled_from(PEOPLE), min_size=1, unique=True),
    st.lists(CLAUSES, max_size=3),
)
NAMES = st.sampled_from([*PEOPLE, "nobody", "eve"])
ADDRESSES = st.sampled_from([*(f"{name}@example.org" for name in PEOPLE), "eve@example.org"])


@dataclass(frozen=True, slots=True)
class Case:
    """One question to the judge."""

    change: Change
    policy: Policy
    approvals: tuple[Approval, ...]
    touched_by: frozenset[str]

    def verdict(self, *more: Approval, at: datetime = NOW) -> Verdict:
        """Return the verdict, with some approvals more."""
        evidence = Evidence(approvals=self.approvals + more, touched_by=self.touched_by)
        return judge.verdict(
            self.change,
            ledger=values.LEDGER,
            policy=self.policy,
            evidence=evidence,
            at=at,
        )

    def consent(self, by: str) -> Approval:
        """Return that person's consent to this very change."""
        change = self.change
        return values.approval(by, job=change.job, digest=change.digest, after=change.after)


CASES = st.builds(
    lambda change, policy, names, touched: Case(
        change,
        policy,
        tuple(
            values.approval(name, job=change.job, digest=change.digest, after=change.after)
            for name in names
        ),
        frozenset(touched),
    ),
    st.sampled_from([CHANGE, replace(CHANGE, had=None), OF_POLICY]),
    POLICIES,
    st.lists(NAMES, max_size=4),
    st.lists(ADDRESSES, max_size=2),
)


def asking(policy: Policy, paths: list[str]) -> list[Clause]:
    """Return the clauses of a policy that match one of the paths; for one without, the default."""
    matched = [clauses.matching(policy, [Subject(path=path)]) for path in paths]
    return [clause for clause in policy.clauses if any(clause in each for each in matched)] + [
        clauses.DEFAULT
    ] * ((clauses.DEFAULT,) in matched)


def demands(verdict: Verdict) -> tuple[Demand, ...]:
    """Return the demands of a verdict that is no denial."""
    assert not isinstance(verdict, Denied)
    return verdict.demands


@given(CASES)
@settings(max_examples=50)
def test_verdict_is_what_the_policy_says(case: Case) -> None:
    """It is approved exactly if, by every clause that matches, enough others have consented."""
    people = {person.name for person in case.policy.people}
    makers = {name for name in people if f"{name}@example.org" in case.touched_by}
    paths = ["jobgate.yaml" if case.change.job == POLICY else JOB.path]
    paths += ["specs/old/tidy.yaml"] if case.change.had else []
    given_by = {approval.by for approval in case.approvals}
    expected = [
        Demand(
            clause=clause.name,
            count=max(clause.count, case.change.job == POLICY),
            given=tuple(sorted(may & given_by)),
            missing=max(0, max(clause.count, case.change.job == POLICY) - len(may & given_by)),
            could=tuple(sorted(may - given_by)),
        )
        for clause in asking(case.policy, paths)
        for may in [(set(clause.people or people) & people) - makers]
    ]
    kind = Waiting if any(demand.missing for demand in expected) else Approved

    assert case.verdict() == kind(demands=tuple(expected))


@given(CASES, NAMES, st.data())
@settings(max_examples=30)
def test_consent_to_anything_else_is_no_consent(case: Case, by: str, data: st.DataObject) -> None:
    """An approval of another digest, job, ledger or submission before does not count."""
    approval = case.consent(by)
    other = data.draw(
        st.sampled_from(
            [
                replace(approval, digest=values.digest("another")),
                replace(approval, digest=case.change.effect),
                replace(approval, job=JobId("local/another")),
                replace(approval, ledger=LedgerId("another")),
                replace(approval, after=values.key("another")),
                replace(approval, after=None),
            ]
        )
    )

    assert case.verdict(other) == case.verdict()


@given(CASES, st.lists(NAMES, max_size=3))
@settings(max_examples=30)
def test_more_approvals_never_worsen_a_verdict(case: Case, names: list[str]) -> None:
    """With more approvals each demand misses no more, and what was approved stays approved."""
    before, after = case.verdict(), case.verdict(*map(case.consent, names))

    for less, more in zip(demands(before), demands(after), strict=True):
        assert set(less.given) <= set(more.given)
        assert more.missing <= less.missing
    assert isinstance(after, Approved) or isinstance(before, Waiting)


@given(CASES, st.sampled_from(PEOPLE), st.data())
@settings(max_examples=30)
def test_makers_own_consent_never_counts(case: Case, maker: str, data: st.DataObject) -> None:
    """Whoever touched the change is as if not asked, in whatever case the address is written."""
    address = f"{maker}@example.org"
    touched = case.touched_by | {data.draw(st.sampled_from([address, address.upper()]))}
    made = replace(case, touched_by=touched)

    assert made.verdict(made.consent(maker)) == made.verdict()
    for demand in demands(made.verdict()):
        assert maker not in (*demand.given, *demand.could)


@given(CASES, st.sampled_from(["nobody", "eve", ""]))
@settings(max_examples=30)
def test_unknown_people_never_count(case: Case, stranger: str) -> None:
    """Consent of somebody whom the policy does not list is none, though a clause asks for it."""
    verdict = case.verdict(case.consent(stranger))

    assert verdict == case.verdict()
    for demand in demands(verdict):
        assert {*demand.given, *demand.could} <= {person.name for person in case.policy.people}


@given(CASES, st.data())
@settings(max_examples=30)
def test_order_does_not_matter(case: Case, data: st.DataObject) -> None:
    """Clauses, people and approvals in another order make the same demands and verdict."""
    policy = replace(
        case.policy,
        clauses=tuple(data.draw(st.permutations(case.policy.clauses))),
        people=tuple(data.draw(st.permutations(case.policy.people))),
    )
    approvals = tuple(data.draw(st.permutations(case.approvals)))
    one = case.verdict()
    other = replace(case, policy=policy, approvals=approvals).verdict()

    assert type(one) is type(other)
    assert sorted(map(repr, demands(one))) == sorted(map(repr, demands(other)))


@given(CASES, st.datetimes(timezones=st.just(UTC)))
@settings(max_examples=30)
def test_after_its_last_day_it_is_denied(case: Case, at: datetime) -> None:
    """A job is denied after the day on which it expires, whoever consents, and not before."""
    everyone = [case.consent(name) for name in PEOPLE]
    verdict = case.verdict(*everyone, at=at)
    late = case.change.job != POLICY and str(at.date()) > "2026-12-31"

    assert isinstance(verdict, Denied) == late
    assert not isinstance(verdict, Denied) or verdict.by == "expires"


@given(CASES, st.integers(1, 3), st.integers(1, 3))
@settings(max_examples=30)
def test_run_never_goes_down(case: Case, before: int, now: int) -> None:
    """A job whose `run` is lower than it was is denied, whoever consents."""
    change = replace(CHANGE, had=replace(HAD, run=before), wanted=replace(JOB, run=now))
    asked = replace(case, change=change, approvals=())
    verdict = asked.verdict(*[asked.consent(name) for name in PEOPLE])

    assert isinstance(verdict, Denied) == (now < before)
    assert not isinstance(verdict, Denied) or verdict.by == "run"


@given(CASES)
@settings(max_examples=30)
def test_policy_always_needs_somebody(case: Case) -> None:
    """No clause lets a policy pass without the consent of a listed person who did not make it."""
    asked = replace(case, change=OF_POLICY, approvals=())
    strangers = [asked.consent(name) for name in ("nobody", "eve")]

    assert isinstance(asked.verdict(*strangers), Waiting)
