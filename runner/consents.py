"""What counts as consent to a change, and what speaks against all else that was given for it.

Signatures, reviews and broken glass are looked at one by one, each by a list of objections; only
that a later review takes the place of an earlier one is a matter between several.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from runner import instants, whose
from runner.explanations import Given
from runner.model import POLICY
from runner.terms import LONGEST_DAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runner.evidence import Approval, Evidence, Glass, Review
    from runner.model import Change, LedgerId, Policy

_AHEAD = timedelta(minutes=5)  # by which a clock may be wrong
_LAST = datetime.max.replace(tzinfo=UTC)
_STATES = {"changes": "it asks for changes", "dismissed": "it was dismissed"}


@dataclass(frozen=True, kw_only=True)
class Question:
    """One change, all that was given for it, and the policy and the instant to judge it by."""

    change: Change
    ledger: LedgerId
    policy: Policy
    evidence: Evidence
    at: datetime

    @cached_property
    def people(self) -> whose.People:
        """Return whom the policy lists."""
        return whose.people(self.policy, self.evidence.members)

    @cached_property
    def makers(self) -> frozenset[str]:
        """Return who made what a signature would be over."""
        return self.people.makers(self.evidence.touched_by)


def given(asked: Question) -> tuple[Given, ...]:
    """Return every signature and review, in a fixed order; comments are none."""
    found = [_signature(asked, each) for each in asked.evidence.approvals]
    latest = _latest(asked)
    found += [
        _review(asked, each, latest) for each in asked.evidence.reviews if each.state != "commented"
    ]
    return _ordered(found)


def reviews(asked: Question) -> tuple[Review, ...]:
    """Return the reviews that count, by pull request and number."""
    latest = _latest(asked)
    found = [each for each in asked.evidence.reviews if each.state == "approved"]
    return tuple(
        sorted(
            (each for each in found if _review(asked, each, latest).counts),
            key=lambda one: (one.forge, one.pull, one.number),
        )
    )


def broken(asked: Question) -> tuple[Given, ...]:
    """Return everything that is to do without approvals and windows, in a fixed order."""
    return _ordered(
        Given(
            by=each.approval.by,
            how="break-glass",
            at=each.approval.at,
            reason=each.reason,
            against=_first(_against_glass(asked, each)),
        )
        for each in asked.evidence.glass
    )


def _ordered(found: Iterable[Given]) -> tuple[Given, ...]:
    return tuple(
        sorted(found, key=lambda one: (one.by, one.how, one.at, one.where, one.reason, one.against))
    )


def _first(objections: Iterator[str]) -> str:
    return next(objections, "")


# ---------------------------------------------------------------- signatures


def _signature(asked: Question, approval: Approval) -> Given:
    return Given(
        by=approval.by,
        how="signature",
        at=approval.at,
        against=_first(_against_signature(asked, approval)),
    )


def _against_signature(asked: Question, approval: Approval) -> Iterator[str]:
    yield from _against_statement(asked, approval)
    if approval.by in asked.makers:
        yield f"{approval.by} made commits that it is made from"


def _against_statement(asked: Question, approval: Approval) -> Iterator[str]:
    """Yield what is wrong with a statement, whatever it is to be good for."""
    change = asked.change
    if approval.ledger != asked.ledger:
        yield f"it is for ledger {approval.ledger}"
    if approval.job != change.job:
        yield f"it is for {approval.job}"
    if approval.digest != change.digest:
        yield f"it is for another digest, {approval.digest}"
    if approval.after != change.after:
        yield f"it is for the submission after {approval.after or 'none'}, which was made"
    if approval.by not in asked.people.names:
        yield f"the policy does not list {approval.by}"
    yield from _against_time(asked, approval.by, approval.at, approval.until)


def _against_time(asked: Question, by: str, given_at: str, until: str = "") -> Iterator[str]:
    """Yield whatever keeps a consent of that instant from counting now."""
    at = instants.read(given_at)
    end = _LAST if not until else instants.read(until)
    days = min(asked.policy.days, LONGEST_DAYS)
    if at is None or end is None:
        yield f"nobody can read when it {'was given' if at is None else 'ends'}"
    elif at > asked.at + _AHEAD:
        yield f"it is of {given_at}, which is still to come"
    elif asked.at >= end:
        yield f"it ended on {until}"
    # Subtracted, not added: there is a last instant, and something may be dated near it.
    elif asked.at - at >= timedelta(days=days):
        yield f"it is of {given_at}, and lasts {days} days"
    elif _revoked(asked, by, at):
        yield f"{by} revoked it"


def _revoked(asked: Question, by: str, at: datetime) -> bool:
    """Tell whether a person took back what they gave to this very digest until then."""
    named = (asked.ledger, asked.change.job, asked.change.digest, by)
    return any(
        (each.ledger, each.job, each.digest, each.by) == named
        and (instants.read(each.at) or _LAST) >= at
        for each in asked.evidence.revoked
    )


# ---------------------------------------------------------------- glass


def _against_glass(asked: Question, glass: Glass) -> Iterator[str]:
    rule = asked.policy.break_glass
    if asked.change.job == POLICY:
        yield "whoever may break the glass must not say who may"
    if rule is None:
        yield "the policy lets nobody do without approvals"
    elif glass.approval.by not in asked.people.called(rule.people):
        yield f"the policy does not let {glass.approval.by} do without approvals"
    if not glass.reason.strip():
        yield "it gives no reason"
    yield from _against_statement(asked, glass.approval)


# ---------------------------------------------------------------- reviews


def _latest(asked: Question) -> dict[tuple[str, int, str], int]:
    """Return the number of the newest review of each reviewer of each pull request."""
    found: dict[tuple[str, int, str], tuple[datetime, int]] = {}
    for each in asked.evidence.reviews:
        if each.state != "commented":
            # One that nobody can date may be the newest: it is taken for it.
            stands = (instants.read(each.at) or _LAST, each.number)
            name = _reviewer(asked, each)
            found[name] = max(found.get(name, stands), stands)
    return {name: number for name, (_, number) in found.items()}


def _reviewer(asked: Question, review: Review) -> tuple[str, int, str]:
    person = asked.people.with_account(review.forge, review.account)
    # An account has no blank, so that nobody's is taken for a person.
    return review.forge, review.pull, person or f" {review.account.lower()}"


def _review(asked: Question, review: Review, latest: dict[tuple[str, int, str], int]) -> Given:
    person = asked.people.with_account(review.forge, review.account)
    newest = latest[_reviewer(asked, review)] == review.number
    return Given(
        by=person or f"@{review.account}",
        how="review",
        at=review.at,
        where=f"{review.forge} {review.pull}",
        against=_first(_against_review(asked, review, person, newest=newest)),
    )


def _against_review(
    asked: Question, review: Review, person: str | None, *, newest: bool
) -> Iterator[str]:
    if not review.person:
        yield "it is by a bot, or by nobody whom the forge knows"
    if person is None:
        yield f"the policy does not list the account {review.account or 'that gave it'}"
    if review.state != "approved":
        yield _STATES[review.state]
    if not newest:
        yield f"a later review of {person} takes its place"
    yield from _against_commit(asked, review)
    yield from _against_time(asked, person or "", review.at)
    yield from _against_order(asked, review)
    if asked.people.with_account(review.forge, review.opener) == person:
        yield f"{person} opened the pull request"
    if person in asked.people.makers(review.makers | asked.evidence.authors):
        yield f"{person} made commits that it is made from"


def _against_commit(asked: Question, review: Review) -> Iterator[str]:
    """Yield what git says against a review."""
    if not review.held:
        yield f"its commit {review.commit[:12]} is not the pull request's own"
    if review.digest is None or review.digest != asked.change.digest:
        yield f"at its commit {review.commit[:12]} the digest is {review.digest or 'none'}"
    if review.base == asked.change.digest:
        yield "the job was the same where the pull request branched off"


def _against_order(asked: Question, review: Review) -> Iterator[str]:
    """Yield what came after a review, so that it does not know of it."""
    since = asked.evidence.since
    # What was submitted at an instant that nobody knows may be newer than any review.
    if (since or asked.change.after is not None) and not _newer(review.at, since):
        yield f"it is not newer than the last submission, of {since or 'nobody knows when'}"
    if review.retargeted and not _newer(review.at, review.retargeted):
        yield f"the pull request was given another base on {review.retargeted}, after it"


def _newer(one: str, other: str) -> bool:
    at, before = instants.read(one), instants.read(other)
    return at is not None and before is not None and at > before
