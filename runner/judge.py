"""Whether a change may run: one pure function over the change, the policy, the evidence, a day.

Evidence is gathered by others and verified before it comes here. What is absent denies, a demand
that nobody could meet stays unmet, and consent to anything else than this very change (another
digest, job, ledger or previous submission) is no consent.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runner import clauses
from runner.model import (
    POLICY,
    Approval,
    Approved,
    Change,
    Clause,
    Demand,
    Denied,
    Evidence,
    Job,
    LedgerId,
    Policy,
    Symbol,
    Verdict,
    Waiting,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


# Nobody can give this one: `apply` accepts the policy, and the job is judged by it then.
_FIRST_THE_POLICY = Demand(clause=POLICY, count=1, given=(), missing=1, could=())


def verdict(
    change: Change, *, ledger: LedgerId, policy: Policy, evidence: Evidence, today: str
) -> Verdict:
    """Return the verdict on `change` under `policy`, the one in force. `today` is a day in UTC."""
    if change.symbol is Symbol.REMOVED:
        return Approved(demands=())
    denied = _denied(change, today)
    if denied is not None:
        return denied
    consenting = _consenting(change, ledger, evidence.approvals)
    makers = {clauses.person_of(policy, address) for address in evidence.touched_by}
    demands = tuple(
        _demand(_strict(change, clause), policy, consenting, makers)
        for clause in clauses.matching(policy, _paths(change))
    )
    if _rerouted(change, policy):
        demands = (_FIRST_THE_POLICY, *demands)
    if all(demand.missing == 0 for demand in demands):
        return Approved(demands=demands)
    return Waiting(demands=demands)


def _rerouted(change: Change, policy: Policy) -> bool:
    """Tell whether the job goes to a platform that the policy in force does not have like that.

    Whoever defines a platform decides where every job of it runs: that is consented to first.
    """
    return isinstance(change.wanted, Job) and change.wanted.platform not in policy.platforms


def _denied(change: Change, today: str) -> Denied | None:
    if not isinstance(change.wanted, Job):
        return None
    if change.wanted.expires is not None and today > change.wanted.expires:
        return Denied(
            by="expires",
            reason=f"it expired on {change.wanted.expires}",
            mend="raise `metadata.expires`, and have it reviewed again",
        )
    if change.had is not None and change.wanted.run < change.had.run:
        return Denied(
            by="run",
            reason=f"`run` went down from {change.had.run} to {change.wanted.run}",
            mend=f"set `metadata.run` to {change.had.run}, or higher to run again",
        )
    return None


def _paths(change: Change) -> Iterable[str]:
    """Yield the paths that clauses look at: of the job as it is, and as it was submitted last."""
    if isinstance(change.wanted, Job):
        yield change.wanted.path
    else:
        yield "jobgate.yaml"
    if change.had is not None:
        yield change.had.path


def _strict(change: Change, clause: Clause) -> Clause:
    """Return the clause, or for the policy itself one that asks for at least one approval."""
    return replace(clause, count=max(1, clause.count)) if change.job == POLICY else clause


def _consenting(change: Change, ledger: LedgerId, approvals: Iterable[Approval]) -> frozenset[str]:
    named = (ledger, change.job, change.digest, change.after)
    return frozenset(
        approval.by
        for approval in approvals
        if (approval.ledger, approval.job, approval.digest, approval.after) == named
    )


def _demand(
    clause: Clause, policy: Policy, consenting: frozenset[str], makers: set[str | None]
) -> Demand:
    asked = clause.people or tuple(person.name for person in policy.people)
    known = {person.name for person in policy.people}
    eligible = sorted((set(asked) & known) - makers)
    given = tuple(name for name in eligible if name in consenting)
    return Demand(
        clause=clause.name,
        count=clause.count,
        given=given,
        missing=max(0, clause.count - len(given)),
        could=tuple(name for name in eligible if name not in consenting),
    )
