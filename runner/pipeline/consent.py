"""Consent: the evidence that there is for each change, gathered and verified.

Only a statement to the letter, with a signature by a key of the person whom it names (as the policy
in force lists it), is evidence. Anything else is no consent.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING

from runner import allowedsigners, dated, instants, statements, successes
from runner.evidence import Approval, Broken, Evidence, Glass, Grounds, Revocation
from runner.pipeline import reviewing
from runner.verdicts import Approved

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from runner.model import Change, Commit, JobId, Ledger, Policy, Signed
    from runner.pipeline.world import World
    from runner.statements import Statement
    from runner.verdicts import Verdict


def verified(
    world: World, policy: Policy, kept: Iterable[Signed], at: datetime
) -> list[tuple[Statement, Signed]]:
    """Return the statements among `kept` whose signature, at an instant, is by whom they name."""
    read_as = [(said, each) for each in kept if (said := statements.read(each.statement))]
    asked = [(each, allowedsigners.of(policy, statements.by(said))) for said, each in read_as]
    hold = world.signer.verified(asked, at)
    return [pair for pair, holds in zip(read_as, hold, strict=True) if holds]


def signed(found: Evidence, given: Iterable[Statement]) -> Evidence:
    """Return `found` with the statements that were given."""
    said = tuple(given)
    return replace(
        found,
        approvals=tuple(each for each in said if isinstance(each, Approval)),
        revoked=tuple(each for each in said if isinstance(each, Revocation)),
        glass=tuple(each for each in said if isinstance(each, Glass)),
    )


def grounded(grounds: Grounds, verdict: Verdict, policy: Policy, at: datetime) -> Grounds:
    """Return what a verdict of that instant rests on, with the glass that was broken for it."""
    if not isinstance(verdict, Approved) or verdict.broken is None:
        return grounds
    by, reason = verdict.broken
    hours = 0 if policy.break_glass is None else policy.break_glass.hours
    due = instants.written(at + timedelta(hours=hours))
    return replace(grounds, broken=Broken(by=by, reason=reason, due=due))


def evidence(
    world: World, changes: Iterable[Change], ledger: Ledger, policy: Policy, head: Commit
) -> dict[JobId, tuple[Evidence, Grounds]]:
    """Return the evidence for each change, and the grounds that a verdict on it would have."""
    asked = tuple(changes)
    tip = world.approvals.tip(ledger.approvals) if asked else None
    given = _given(world, asked, ledger, policy, tip)
    by = {job: frozenset(statements.by(said) for said, _ in each) for job, each in given.items()}
    beside = {change.job: (change, by[change.job]) for change in asked}
    reviewed = reviewing.reviews(world, beside, ledger, policy, head)
    return {
        change.job: (
            signed(
                Evidence(
                    approvals=(),
                    touched_by=touched_by(world, change, ledger, head),
                    succeeded=successes.platforms(ledger, change, successes.asked(policy)),
                    since=dated.since(ledger, change),
                    reviews=reviewed[change.job].reviews,
                    members=reviewed[change.job].members,
                    authors=reviewed[change.job].authors,
                ),
                (said for said, _ in given[change.job]),
            ),
            Grounds(
                statements=tuple(each for _, each in given[change.job]),
                tip=tip,
                members=reviewed[change.job].members,
            ),
        )
        for change in asked
    }


def touched_by(world: World, change: Change, ledger: Ledger, head: Commit) -> frozenset[str]:
    """Return who made the commits, since its last submission, that changed what `change` is of."""
    if change.wanted is None:
        return frozenset()
    since, paths = reviewing.scope(change, ledger)
    return world.repository.touched_by(since, head, paths)


def _given(
    world: World, asked: tuple[Change, ...], ledger: Ledger, policy: Policy, tip: Commit | None
) -> dict[JobId, list[tuple[Statement, Signed]]]:
    """Return the statements at `tip` that bear on each change, and hold now."""
    named = {
        change.job: [
            each
            for each in world.approvals.of(change.job, tip)
            if _names(statements.read(each.statement), change, ledger)
        ]
        for change in asked
    }
    given: dict[JobId, list[tuple[Statement, Signed]]] = {job: [] for job in named}
    kept = chain.from_iterable(named.values())
    for said, each in verified(world, policy, kept, world.clock.now()):
        given[statements.job(said)].append((said, each))
    return given


def _names(said: Statement | None, change: Change, ledger: Ledger) -> bool:
    """Tell whether a statement is about this very change, or takes back what was."""
    named = (ledger.id, change.job, change.digest)
    if isinstance(said, Revocation):
        return (said.ledger, said.job, said.digest) == named
    if isinstance(said, Approval | Glass):
        given = said.approval if isinstance(said, Glass) else said
        return (given.ledger, given.job, given.digest) == named and given.after == change.after
    return False
