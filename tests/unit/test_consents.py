"""`consents`: each way in which something that was given is no consent, and what is one.

Of mutmut's mutants of `consents`, `dated`, `instants`, `judge`, `parts`, `successes` and `whose`
two are left, which are no differences: that the accounts of strangers are compared in upper
case, and what a stranger is called where their review is looked at further: it is out already.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

import pytest

from runner import consents
from runner.evidence import Approval, Evidence, Glass, Review
from runner.model import POLICY, JobId, LedgerId
from tests import consents as made
from tests import values
from tests.consents import CHANGE, GIVEN, NOTHING, NOW, SINCE

if TYPE_CHECKING:
    from runner.explanations import Given
    from runner.model import Change, Policy


def question(
    evidence: Evidence,
    *,
    change: Change = CHANGE,
    policy: Policy = made.POLICY,
    at: datetime = NOW,
) -> consents.Question:
    """Return what is asked about some evidence."""
    return consents.Question(
        change=change, ledger=values.LEDGER, policy=policy, evidence=evidence, at=at
    )


def signed(approval: Approval, at: datetime = NOW) -> str:
    """Return what speaks against a signature."""
    (found,) = consents.given(question(replace(NOTHING, approvals=(approval,)), at=at))
    assert (found.by, found.how, found.at) == (approval.by, "signature", approval.at)
    assert found.counts == (not found.against)
    return found.against


def reviewed(review: Review, evidence: Evidence = NOTHING, at: datetime = NOW) -> str:
    """Return what speaks against a review, with other evidence beside it."""
    reviews = (*evidence.reviews, review)
    found = consents.given(question(replace(evidence, reviews=reviews), at=at))
    return next(each.against for each in found if each.at == review.at and each.how == "review")


def broke(glass: Glass, policy: Policy = made.POLICY, change: Change = CHANGE) -> str:
    """Return what speaks against somebody's breaking the glass."""
    evidence = replace(NOTHING, glass=(glass,))
    (found,) = consents.broken(question(evidence, policy=policy, change=change))
    assert (found.by, found.how, found.reason) == (glass.approval.by, "break-glass", glass.reason)
    assert found.at == glass.approval.at
    return found.against


# ---------------------------------------------------------------- signatures


def test_a_signature_over_this_very_change_counts() -> None:
    """Ledger, job, digest and previous submission are the change's, the person is listed."""
    assert not signed(made.approval())


@pytest.mark.parametrize(
    ("wrong", "against"),
    [
        ({"ledger": LedgerId("other")}, "it is for ledger other"),
        ({"job": JobId("local/other")}, "it is for local/other"),
        ({"digest": CHANGE.effect}, f"it is for another digest, {CHANGE.effect}"),
        ({"after": None}, "it is for the submission after none, which was made"),
        ({"by": "eve"}, "the policy does not list eve"),
        ({"at": "yesterday"}, "nobody can read when it was given"),
        ({"until": "tomorrow"}, "nobody can read when it ends"),
    ],
)
def test_a_signature_over_anything_else_does_not(wrong: dict[str, str], against: str) -> None:
    """Whatever it names that is not the change's is said."""
    given = made.approval()
    fields = {name: getattr(given, name) for name in given.__dataclass_fields__}

    assert signed(Approval(**{**fields, **wrong})) == against


@pytest.mark.parametrize(
    ("shift", "until", "against"),
    [
        ({"days": 6, "hours": 23}, "", ""),
        ({"days": 7}, "", f"it is of {GIVEN}, and lasts 7 days"),
        ({"days": 7}, "2027-01-01T00:00:00Z", f"it is of {GIVEN}, and lasts 7 days"),
        ({"hours": 1}, "2026-01-14T13:00:01Z", ""),
        ({"hours": 1}, "2026-01-14T13:00:00Z", "it ended on 2026-01-14T13:00:00Z"),
        ({"minutes": -5}, "", ""),
        ({"minutes": -5, "seconds": -1}, "", f"it is of {GIVEN}, which is still to come"),
    ],
)
def test_a_signature_lasts(shift: dict[str, int], until: str, against: str) -> None:
    """It ends with its own end or the policy's days, and begins with what a clock may be wrong."""
    given = datetime.fromisoformat(GIVEN)

    assert signed(replace(made.approval(), until=until), given + timedelta(**shift)) == against


def test_no_policy_makes_it_last_longer_than_thirty_days() -> None:
    """Whatever a policy says of days, an approval lasts thirty."""
    long = replace(made.POLICY, days=99)
    evidence = replace(NOTHING, approvals=(made.approval(),))
    given = datetime.fromisoformat(GIVEN)
    within, after = (
        consents.given(question(evidence, policy=long, at=given + timedelta(days=days)))[0]
        for days in (29, 30)
    )

    assert within.counts
    assert after.against == f"it is of {GIVEN}, and lasts 30 days"


def test_dates_at_the_end_of_time_are_no_trouble() -> None:
    """What is dated near the last instant that there is has not come yet."""
    late = replace(made.approval(), at="9999-12-31T23:59:59Z")

    assert signed(late) == "it is of 9999-12-31T23:59:59Z, which is still to come"


@pytest.mark.parametrize(
    ("wrong", "counts"),
    [
        ({}, False),
        ({"at": "2026-01-14T12:00:01Z"}, False),
        ({"at": "2026-01-14T11:59:59Z"}, True),
        ({"at": "later"}, False),
        ({"by": "ben"}, True),
        ({"ledger": LedgerId("other")}, True),
        ({"job": JobId("local/other")}, True),
        ({"digest": CHANGE.effect}, True),
    ],
)
@pytest.mark.parametrize("how", ["signature", "review", "glass"])
def test_what_was_revoked_does_not_count(how: str, wrong: dict[str, str], *, counts: bool) -> None:
    """A person takes back what they gave to this digest until then, in whatever way they did."""
    given = made.revocation()
    fields = {name: getattr(given, name) for name in given.__dataclass_fields__}
    evidence = replace(NOTHING, revoked=(type(given)(**{**fields, **wrong}),))
    asked = {
        "signature": replace(evidence, approvals=(made.approval(),)),
        "review": replace(evidence, reviews=(made.review(),)),
        "glass": replace(evidence, glass=(made.glass(),)),
    }[how]
    (found,) = (*consents.given(question(asked)), *consents.broken(question(asked)))

    assert found.against == ("" if counts else "ann revoked it")


@pytest.mark.parametrize(
    "address", ["ann@example.org", "ANN@Example.org", "7+ann@users.noreply.github.com"]
)
def test_a_makers_signature_does_not_count(address: str) -> None:
    """Whoever made a commit, under whatever address of theirs, has no say in it."""
    evidence = replace(
        NOTHING, approvals=(made.approval(),), touched_by=frozenset({address, "x@example.org"})
    )
    (found,) = consents.given(question(evidence))

    assert found.against == "ann made commits that it is made from"


# ---------------------------------------------------------------- glass


def test_a_named_person_may_break_the_glass() -> None:
    """They need a reason, and nobody else."""
    assert not broke(made.glass())
    assert broke(made.glass("ben")) == "the policy does not let ben do without approvals"
    assert broke(made.glass("eve")) == "the policy does not let eve do without approvals"
    assert broke(replace(made.glass(), reason=" \n")) == "it gives no reason"


def test_a_maker_may_break_the_glass() -> None:
    """At night nobody else may be there; that they did is followed up by day."""
    evidence = replace(NOTHING, glass=(made.glass(),), touched_by=frozenset({"ann@example.org"}))

    assert consents.broken(question(evidence))[0].counts


def test_a_member_of_a_named_team_may_break_the_glass() -> None:
    """Those of a forge's own team count as the forge has them."""
    member = replace(NOTHING, glass=(made.glass("cam"),), members=frozenset({("far", "cam")}))

    assert consents.broken(question(member))[0].counts
    assert broke(made.glass("cam")) == "the policy does not let cam do without approvals"


def test_without_glass_nobody_may_break_it() -> None:
    """A policy that names nobody has none."""
    none = replace(made.POLICY, break_glass=None)

    assert broke(made.glass(), none) == "the policy lets nobody do without approvals"


def test_the_policy_is_not_changed_by_breaking_the_glass() -> None:
    """Else whoever may break it would say who may."""
    change = replace(CHANGE, job=POLICY)

    assert broke(made.glass(change=change), change=change) == (
        "whoever may break the glass must not say who may"
    )


def test_broken_glass_is_for_one_submission_too() -> None:
    """What a signature must name, it must."""
    glass = made.glass()
    other = replace(glass, approval=replace(glass.approval, after=None))

    assert broke(other) == "it is for the submission after none, which was made"


# ---------------------------------------------------------------- reviews


@pytest.mark.parametrize("account", ["ann", "Ann", "ANN-2"])
def test_a_review_of_this_very_digest_counts(account: str) -> None:
    """By whichever of a person's accounts, in whatever case."""
    (found,) = consents.given(question(replace(NOTHING, reviews=(made.review(account),))))

    assert found.counts
    assert (found.by, found.how, found.where) == ("ann", "review", "github 12")


@pytest.mark.parametrize(
    ("review", "against"),
    [
        (replace(made.review(), person=False), "it is by a bot, or by nobody whom the forge knows"),
        (made.review("eve"), "the policy does not list the account eve"),
        (made.review(""), "the policy does not list the account that gave it"),
        (made.review("ann-gl"), "the policy does not list the account ann-gl"),
        (replace(made.review(), state="changes"), "it asks for changes"),
        (replace(made.review(), state="dismissed"), "it was dismissed"),
        (
            replace(made.review(), held=False),
            f"its commit {values.commit('reviewed')[:12]} is not the pull request's own",
        ),
        (
            replace(made.review(), digest=CHANGE.effect),
            f"at its commit {values.commit('reviewed')[:12]} the digest is {CHANGE.effect}",
        ),
        (
            replace(made.review(), digest=None),
            f"at its commit {values.commit('reviewed')[:12]} the digest is none",
        ),
        (
            replace(made.review(), base=CHANGE.digest),
            "the job was the same where the pull request branched off",
        ),
        (replace(made.review(), at="once"), "nobody can read when it was given"),
        (
            replace(made.review(), at=SINCE),
            f"it is not newer than the last submission, of {SINCE}",
        ),
        (
            replace(made.review(), retargeted=GIVEN),
            f"the pull request was given another base on {GIVEN}, after it",
        ),
        (
            replace(made.review(), retargeted="some day"),
            "the pull request was given another base on some day, after it",
        ),
        (replace(made.review(), opener="ann-2"), "ann opened the pull request"),
        (
            replace(made.review(), makers=frozenset({"Ann@example.org"})),
            "ann made commits that it is made from",
        ),
    ],
)
def test_a_review_that_does_not_count(review: Review, against: str) -> None:
    """Each thing that a review must be is looked at."""
    assert reviewed(review) == against


def test_what_a_review_may_be_all_the_same() -> None:
    """Without a job at the base, and with a base that it was given before."""
    assert not reviewed(replace(made.review(), base=None))
    assert not reviewed(replace(made.review(), retargeted="2026-01-14T11:59:59Z"))


def test_an_opener_of_nobody_excludes_nobody() -> None:
    """An account that the policy does not list is no person's."""
    assert not reviewed(replace(made.review(), opener="bot"))
    assert not reviewed(replace(made.review(), opener=""))


def test_a_review_lasts_as_long_as_a_signature() -> None:
    """It ends after the policy's days, and is none before it is given."""
    given = datetime.fromisoformat(GIVEN)

    assert not reviewed(made.review(), at=given + timedelta(days=6))
    assert reviewed(made.review(), at=given + timedelta(days=7)).endswith("and lasts 7 days")
    assert reviewed(made.review(), at=given - timedelta(hours=1)).endswith("still to come")


def test_authors_on_the_branch_are_makers_of_a_review() -> None:
    """Whoever wrote on the ledger's branch since has no say; whoever merged has one."""
    wrote = replace(NOTHING, authors=frozenset({"ann@example.org"}))
    merged = replace(NOTHING, touched_by=frozenset({"ann@example.org"}))

    assert reviewed(made.review(), wrote) == "ann made commits that it is made from"
    assert not reviewed(made.review(), merged)


@pytest.mark.parametrize("after", [None, values.key()])
def test_a_review_is_newer_than_the_last_submission(after: object) -> None:
    """Where a submission was that nobody can date, no review is; where none was, each may be."""
    change = replace(CHANGE, after=None if after is None else CHANGE.after)
    undated = replace(NOTHING, since="", reviews=(made.review(),))
    (found,) = consents.given(question(undated, change=change))

    assert found.counts == (after is None)
    assert found.counts or found.against.endswith("submission, of nobody knows when")


def test_an_announcement_counts_where_nothing_else_is_known() -> None:
    """With an instant, a review must be newer, whether or not there is a key."""
    change = replace(CHANGE, after=None)
    asked = replace(NOTHING, since=GIVEN, reviews=(made.review(),))

    assert not consents.given(question(asked, change=change))[0].counts


@pytest.mark.parametrize("state", ["changes", "dismissed", "approved"])
@pytest.mark.parametrize("account", ["ann", "ann-2"])
def test_a_later_review_takes_the_place(
    account: str, state: Literal["changes", "dismissed", "approved"]
) -> None:
    """The newest of a person's reviews of a pull request stands, by whichever account."""
    later = replace(made.review(account, 2), state=state, at="2026-01-14T13:00:00Z")
    evidence = replace(NOTHING, reviews=(later,))

    assert reviewed(made.review(), evidence) == "a later review of ann takes its place"
    assert reviewed(later, replace(NOTHING, reviews=(made.review(),))) == (
        {"changes": "it asks for changes", "dismissed": "it was dismissed"}.get(state, "")
    )


@pytest.mark.parametrize(
    "other",
    [
        replace(made.review("ann", 2), state="commented", at="2026-01-14T13:00:00Z"),
        replace(made.review("ben", 2), state="changes", at="2026-01-14T13:00:00Z"),
        replace(made.review("ann", 2), state="changes", at="2026-01-14T11:00:00Z"),
        replace(made.review("ann", 2), state="changes", pull=13, at="2026-01-14T13:00:00Z"),
        replace(
            made.review("ann-gl", 2), state="changes", forge="gitlab", at="2026-01-14T13:00:00Z"
        ),
    ],
)
def test_what_does_not_take_the_place_of_a_review(other: Review) -> None:
    """A comment, somebody else's, an older one and one of another pull request leave it."""
    assert not reviewed(made.review(), replace(NOTHING, reviews=(other,)))


def test_of_two_at_once_the_higher_number_is_the_later() -> None:
    """So it is on a forge; and one that nobody can date may be the newest of all."""
    second = replace(made.review("ann", 2), state="changes")
    undated = replace(made.review("ann", 0), at="never")

    assert not _of(consents.given(question(replace(NOTHING, reviews=(made.review(), second)))))
    assert not _of(consents.given(question(replace(NOTHING, reviews=(undated, made.review())))))


def test_strangers_do_not_take_each_others_place() -> None:
    """An account that nobody lists is not taken for a person of that name."""
    cam = replace(made.review("cam-2"), at="2026-01-14T11:00:00Z")
    stranger = replace(made.review("cam-3", 2), state="changes")

    assert _of(consents.given(question(replace(NOTHING, reviews=(cam, stranger))))) == ["cam"]


def test_comments_are_not_given() -> None:
    """They are neither consent nor refusal."""
    comment = replace(made.review(), state="commented")

    assert consents.given(question(replace(NOTHING, reviews=(comment,)))) == ()


def test_all_that_was_given_is_in_a_fixed_order() -> None:
    """By person, then by kind, whichever was found first."""
    evidence = replace(
        NOTHING,
        approvals=(made.approval("ben"), made.approval("ann")),
        reviews=(made.review("ann"),),
        glass=(made.glass("ben"), made.glass("ann")),
    )
    asked = question(evidence)

    assert [(each.by, each.how) for each in consents.given(asked)] == [
        ("ann", "review"),
        ("ann", "signature"),
        ("ben", "signature"),
    ]
    assert [each.by for each in consents.broken(asked)] == ["ann", "ben"]


def test_the_reviews_that_count_are_told_in_a_fixed_order() -> None:
    """Of all reviews those that are consent come by forge, pull request and number."""
    first, second = made.review("ann", 2), made.review("ben", 1)
    third = replace(made.review("cam", 3), pull=first.pull - 1)
    fourth = replace(made.review("ann", 9), forge="a")
    others = (
        replace(made.review("eve", 4)),
        replace(made.review("cam", 5), state="commented"),
        replace(made.review("dee", 6), state="changes"),
        replace(made.review("ann", 7), pull=99, held=False),
    )
    policy = replace(
        made.POLICY,
        people=tuple(
            replace(each, accounts=(*each.accounts, ("a", each.accounts[0][1])))
            for each in made.POLICY.people
        ),
    )
    evidence = replace(NOTHING, reviews=(first, *others, second, third, fourth))
    found = consents.reviews(question(evidence, policy=policy))
    assert found == (fourth, third, second, first)


def _of(found: tuple[Given, ...]) -> list[str]:
    return [each.by for each in found if each.counts]
