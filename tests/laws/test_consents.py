"""Laws of consent: whatever else is there, what does not bind this very change permits nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import consents, dated, diff, history, judge, parts
from runner.evidence import Approval, Evidence, Glass, Revocation
from runner.model import POLICY, Change, Job, JobId, Ledger, LedgerId, Policy
from runner.parts import Case
from runner.pipeline import drafting
from runner.terms import Clause, Owned
from runner.verdicts import Approved, Denied, Verdict, Waiting
from tests import consents as made
from tests import journals, values
from tests.consents import CHANGE, NOTHING, NOW, SINCE
from tests.values import Wish

if TYPE_CHECKING:
    from runner.parts import Word

pytestmark = pytest.mark.laws

NAMES = ("ann", "ben", "cam", "dee")
OF_POLICY = replace(CHANGE, job=POLICY, digest=journals.RULES.digest, wanted=journals.RULES)
# Before the last submission, at it, after it, too long ago, ended, not yet, and never.
INSTANTS = (
    SINCE,
    made.GIVEN,
    "2026-01-15T11:00:00Z",
    "2025-12-01T00:00:00Z",
    "2026-01-16T00:00:00Z",
    "",
)
STATES: tuple[Literal["approved", "changes", "dismissed", "commented"], ...] = (
    "approved",
    "approved",
    "changes",
    "dismissed",
    "commented",
)
CLAUSES = st.builds(
    Clause,
    name=st.sampled_from(["one", "two", "three"]),
    paths=st.sampled_from([("**",), ("specs/*",), ("lab/**", "jobgate.yaml")]),
    count=st.integers(0, 3),
    people=st.lists(st.sampled_from([*NAMES, "sre", "far", "nobody"]), max_size=3).map(tuple),
    owners=st.booleans(),
    deny=st.sampled_from(["", "", "", "nobody runs these"]),
    fields=st.sampled_from([(), (), ("ticket",), ("backout",)]),
    succeeded=st.sampled_from([(), (), ("lab",), ("pre",)]),
)
OWNED = (Owned(pattern="*", owners=("@ann", "@acme/far")), Owned(pattern="/x", owners=("@eve",)))
POLICIES = st.lists(CLAUSES, max_size=3).map(
    lambda found: replace(made.POLICY, clauses=tuple(found), owned=OWNED)
)
DIGESTS = st.sampled_from([CHANGE.digest, CHANGE.digest, CHANGE.effect])
APPROVALS = st.builds(
    replace,
    st.sampled_from([*NAMES, "eve"]).map(made.approval),
    digest=DIGESTS,
    after=st.sampled_from([CHANGE.after, CHANGE.after, None]),
    at=st.sampled_from(INSTANTS),
)
GLASS = st.builds(
    Glass, approval=APPROVALS, reason=st.sampled_from(["the disk is full", "it burns", ""])
)
REVOCATIONS = st.builds(
    replace,
    st.sampled_from([*NAMES, "eve"]).map(made.revocation),
    digest=DIGESTS,
    at=st.sampled_from(INSTANTS),
)
REVIEWS = st.builds(
    replace,
    st.sampled_from([*NAMES, "ann-2", "BEN-2", "eve"]).map(made.review),
    number=st.integers(1, 3),
    pull=st.integers(1, 2),
    state=st.sampled_from(STATES),
    digest=DIGESTS,
    at=st.sampled_from(INSTANTS),
    held=st.sampled_from([True, True, False]),
    opener=st.sampled_from(["dee", "ann-2", "stranger"]),
)
ADDRESSES = st.frozensets(
    st.sampled_from([*(f"{name}@example.org" for name in NAMES), "x@example.org"]), max_size=1
)
EVIDENCE = st.builds(
    Evidence,
    approvals=st.lists(APPROVALS, max_size=4).map(tuple),
    touched_by=ADDRESSES,
    authors=ADDRESSES,
    revoked=st.lists(REVOCATIONS, max_size=2).map(tuple),
    glass=st.lists(GLASS, max_size=2).map(tuple),
    reviews=st.lists(REVIEWS, max_size=4, unique_by=lambda each: (each.pull, each.number)).map(
        tuple
    ),
    members=st.sampled_from([frozenset[tuple[str, str]](), frozenset({("far", "cam")})]),
    succeeded=st.sampled_from([frozenset[str](), frozenset({"lab"})]),
    since=st.just(SINCE),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to the judge."""

    change: Change
    policy: Policy
    evidence: Evidence

    def verdict(self) -> Verdict:
        """Return the answer."""
        return judge.verdict(
            self.change,
            ledger=values.LEDGER,
            policy=self.policy,
            evidence=self.evidence,
            at=NOW,
        )

    def consenting(self) -> set[str]:
        """Return all who have consented."""
        asked = consents.Question(
            change=self.change,
            ledger=values.LEDGER,
            policy=self.policy,
            evidence=self.evidence,
            at=NOW,
        )
        return {each.by for each in consents.given(asked) if each.counts}


ASKED = st.builds(Asked, st.sampled_from([CHANGE, CHANGE, OF_POLICY]), POLICIES, EVIDENCE)


def rank(verdict: Verdict) -> int:
    """Return how good a verdict is: denied for good, until it lifts, waiting, broken, approved."""
    if isinstance(verdict, Denied):
        return int(verdict.lifts)
    if isinstance(verdict, Waiting):
        return 2
    return 3 if verdict.broken else 4


def lacking(verdict: Verdict) -> int:
    """Return how many people are missing in all."""
    return sum(demand.missing for demand in verdict.demands)


def elsewhere(approval: Approval) -> st.SearchStrategy[Approval]:
    """Return what an approval would be of anything else."""
    return st.sampled_from(
        [
            replace(approval, digest=values.digest("another")),
            replace(approval, digest=CHANGE.effect),
            replace(approval, job=JobId("local/another")),
            replace(approval, ledger=LedgerId("another")),
            replace(approval, after=values.key("another")),
            replace(approval, after=None),
        ]
    )


@given(ASKED, st.sampled_from(NAMES), st.data())
@settings(max_examples=50)
def test_what_binds_something_else_permits_nothing(
    asked: Asked, by: str, data: st.DataObject
) -> None:
    """Signatures and broken glass of another digest, ledger, job or key are as if not given."""
    other = data.draw(elsewhere(made.approval(by, asked.change)))
    found = asked.evidence
    signed = replace(asked, evidence=replace(found, approvals=(*found.approvals, other)))
    glass = Glass(approval=other, reason="it burns")
    broken = replace(asked, evidence=replace(found, glass=(*found.glass, glass)))

    assert signed.verdict() == asked.verdict()
    assert broken.verdict() == asked.verdict()


@given(ASKED, st.sampled_from([*NAMES, "ann-2"]), st.data())
@settings(max_examples=50)
def test_a_review_of_something_else_permits_nothing(
    asked: Asked, account: str, data: st.DataObject
) -> None:
    """Of another digest, of what was there before, of foreign commits, or of an earlier time."""
    review = made.review(account, 1, asked.change)
    other = data.draw(
        st.sampled_from(
            [
                replace(review, digest=values.digest("another")),
                replace(review, digest=None),
                replace(review, base=asked.change.digest),
                replace(review, held=False),
                replace(review, at=SINCE),
                replace(review, retargeted=review.at),
                replace(review, person=False),
                replace(review, forge="gitlab"),
            ]
        )
    )
    # In a pull request of its own, so that it takes no other's place.
    other = replace(other, pull=99)
    more = replace(asked.evidence, reviews=(*asked.evidence.reviews, other))

    assert replace(asked, evidence=more).verdict() == asked.verdict()


@given(ASKED, st.lists(st.sampled_from(NAMES), max_size=3), st.lists(st.sampled_from(NAMES)))
@settings(max_examples=50)
def test_more_consent_never_worsens_a_verdict(
    asked: Asked, signers: list[str], reviewers: list[str]
) -> None:
    """Signatures, reviews of this very change and broken glass only ever help."""
    found = asked.evidence
    # The newest of all, and in one pull request each person once.
    reviews = tuple(
        replace(made.review(name, 9, asked.change), pull=99, opener="x", makers=frozenset())
        for name in dict.fromkeys(reviewers)
    )
    more = replace(
        found,
        approvals=(*found.approvals, *(made.approval(name, asked.change) for name in signers)),
        reviews=(*found.reviews, *reviews),
        glass=(*found.glass, *(made.glass(name, asked.change) for name in signers)),
    )
    before, after = asked.verdict(), replace(asked, evidence=more).verdict()

    assert rank(after) >= rank(before)
    assert lacking(after) <= lacking(before)


@given(ASKED, REVOCATIONS)
@settings(max_examples=50)
def test_revoking_never_improves_a_verdict(asked: Asked, revocation: Revocation) -> None:
    """Whoever takes back whatever leaves a verdict as it is, or worse."""
    found = asked.evidence
    less = replace(asked, evidence=replace(found, revoked=(*found.revoked, revocation)))

    assert rank(less.verdict()) <= rank(asked.verdict())
    assert lacking(less.verdict()) >= lacking(asked.verdict())
    assert less.consenting() <= asked.consenting()


@given(ASKED, st.sampled_from(NAMES))
@settings(max_examples=50)
def test_a_maker_never_counts(asked: Asked, maker: str) -> None:
    """Neither the signature nor the review of whoever wrote it, and less is never more."""
    touched = asked.evidence.touched_by | {f"{maker}@example.org"}
    authors = asked.evidence.authors | touched
    wrote = replace(asked.evidence, touched_by=touched, authors=authors)
    found = replace(asked, evidence=wrote)

    assert maker not in found.consenting()
    assert found.consenting() <= asked.consenting()
    assert rank(found.verdict()) <= rank(asked.verdict())


@given(ASKED)
@settings(max_examples=50)
def test_whoever_counts_is_listed_and_counts_once(asked: Asked) -> None:
    """However many accounts, keys, reviews and signatures a person has."""
    found = asked.evidence
    twice = replace(found, approvals=found.approvals * 2)

    assert asked.consenting() <= set(NAMES)
    assert replace(asked, evidence=twice).verdict() == asked.verdict()
    for demand in asked.verdict().demands:
        assert len(set(demand.given)) == len(demand.given)
        assert demand.missing == max(0, demand.count - len(demand.given))


@given(ASKED, st.data())
@settings(max_examples=50)
def test_order_does_not_matter(asked: Asked, data: st.DataObject) -> None:
    """Of clauses, people, approvals, reviews, revocations and broken glass, and of changes."""
    found = asked.evidence
    other = Asked(
        asked.change,
        replace(
            asked.policy,
            clauses=tuple(data.draw(st.permutations(asked.policy.clauses))),
            people=tuple(data.draw(st.permutations(asked.policy.people))),
            teams=asked.policy.teams[::-1],
        ),
        replace(
            found,
            approvals=tuple(data.draw(st.permutations(found.approvals))),
            reviews=tuple(data.draw(st.permutations(found.reviews))),
            revoked=found.revoked[::-1],
            glass=found.glass[::-1],
        ),
    )
    one, two = asked.verdict(), other.verdict()

    assert sorted(map(repr, one.demands)) == sorted(map(repr, two.demands))
    assert replace(one, demands=()) == replace(two, demands=())
    changes = [replace(asked, change=change) for change in (CHANGE, OF_POLICY)]
    assert [each.verdict() for each in changes] == [each.verdict() for each in changes[::-1]][::-1]


@given(
    ASKED,
    st.sampled_from([ValueError, KeyError, ZeroDivisionError, RecursionError, TimeoutError]),
    st.integers(0, len(parts.PARTS)),
)
@settings(max_examples=40)
def test_trouble_inside_a_clause_denies(asked: Asked, kind: type[Exception], at: int) -> None:
    """Whatever goes wrong, wherever, and however much was given."""

    def part(case: Case) -> tuple[Word, ...]:
        raise kind(case.clause.name)

    question = consents.Question(
        change=asked.change,
        ledger=values.LEDGER,
        policy=asked.policy,
        evidence=asked.evidence,
        at=NOW,
    )
    clause = Clause(name="web", paths=("**",), count=0, people=())
    case = Case(asked=question, clause=clause, consenting=frozenset(NAMES))
    (word,) = parts.words(case, (*parts.PARTS[:at], part, *parts.PARTS[at:]))

    assert isinstance(word, Denied)
    assert (word.by, word.lifts, word.opens) == ("web", False, "")


# ---------------------------------------------------------------- spent by one submission

FREE = replace(made.POLICY, clauses=(Clause(name="one", paths=("**",), count=1, people=()),))
FIRST, OTHER = (values.job(Wish(body={"timeout": timeout})) for timeout in (60, 61))


def told(ledger: Ledger, change: Change, job: Job, at: str) -> Ledger:
    """Return a ledger after the whole submission of a change, announced at an instant."""
    intended = drafting.intended(change, job, ledger, journals.GROUNDS)
    begun = history.extended(ledger, [intended], replace(journals.STAMP, at=at))[1]
    return journals.resumed(begun, job)


def given_for(change: Change, by: str, how: str) -> Evidence:
    """Return consent of a person to a change."""
    evidence = replace(NOTHING, since="")
    if how == "signature":
        return replace(evidence, approvals=(made.approval(by, change),))
    if how == "review":
        review = replace(made.review(by, 1, change), opener="x", makers=frozenset[str]())
        return replace(evidence, reviews=(review,))
    return replace(evidence, glass=(made.glass("ann", change),))


def judged(ledger: Ledger, job: Job, evidence: Evidence) -> tuple[Change, Verdict]:
    """Return the change that wants a job, and the verdict on it by what the ledger says of it."""
    (change,) = diff.plan(ledger, (job,), journals.RULES, values.HEAD).changes
    found = replace(evidence, since=dated.since(ledger, change))
    return change, judge.verdict(change, ledger=ledger.id, policy=FREE, evidence=found, at=NOW)


@given(st.sampled_from(NAMES), st.sampled_from(["signature", "review", "glass"]), st.booleans())
@settings(max_examples=30)
def test_a_submission_spends_what_permitted_it(by: str, how: str, adopted: object) -> None:
    """A, then B, then A again needs somebody for the second A, who consents after the first."""
    ledger = journals.begun()[1]
    if adopted:
        ledger = journals.added(ledger, drafting.adopted(OTHER))
    (change,) = diff.plan(ledger, (FIRST,), journals.RULES, values.HEAD).changes
    evidence = given_for(change, by, how)
    change, verdict = judged(ledger, FIRST, evidence)
    assert isinstance(verdict, Approved)

    once = told(ledger, change, FIRST, "2026-01-14T13:00:00Z")
    between, _ = judged(once, OTHER, evidence)
    other = told(once, between, OTHER, "2026-01-14T14:00:00Z")
    again, spent = judged(other, FIRST, evidence)

    assert (again.digest, again.effect) == (change.digest, change.effect)
    assert isinstance(spent, Waiting)
    assert not isinstance(judged(once, OTHER, evidence)[1], Approved)


@given(st.sampled_from(NAMES), st.sampled_from(["signature", "review", "glass"]))
@settings(max_examples=20)
def test_what_is_under_way_is_still_permitted(by: str, how: str) -> None:
    """Judged again before it starts, by the ledger that has it, it is the change that it was."""
    ledger = journals.submitted(journals.begun()[1], OTHER)
    (change,) = diff.plan(ledger, (FIRST,), journals.RULES, values.HEAD).changes
    evidence = given_for(change, by, how)
    intended = drafting.intended(change, FIRST, ledger, journals.GROUNDS)
    under_way = history.extended(
        ledger, [intended], replace(journals.STAMP, at="2026-01-14T13:00:00Z")
    )[1]
    found = replace(evidence, since=dated.since(under_way, change))

    assert found.since == journals.STAMP.at
    assert isinstance(
        judge.verdict(change, ledger=ledger.id, policy=FREE, evidence=found, at=NOW), Approved
    )
