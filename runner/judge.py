"""Whether a change may run: one pure function over the change, the policy, the evidence, a day.

Evidence is gathered by others and verified before it comes here. What is absent denies, a demand
that nobody could meet stays unmet, and consent to anything else than this very change (another
digest, job, ledger or previous submission) is no consent.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runner import clauses, frozen, pins, secretgrants
from runner.model import POLICY, Change, Job, LedgerId, Policy, Symbol
from runner.verdicts import Approved, Demand, Denied, Verdict, Waiting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.evidence import Approval, Evidence
    from runner.terms import Clause


# Nobody can give this one: `apply` accepts the policy, and the job is judged by it then.
_FIRST_THE_POLICY = Demand(clause=POLICY, count=1, given=(), missing=1, could=())


def verdict(
    change: Change, *, ledger: LedgerId, policy: Policy, evidence: Evidence, today: str
) -> Verdict:
    """Return the verdict on `change` under `policy`, the one in force. `today` is a day in UTC."""
    if change.symbol is Symbol.REMOVED:
        return Approved(demands=())
    denied = _denied(change, today) or _unbounded(change) or _too_many(change, policy)
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


def limit(change: Change, policy: Policy) -> Clause | None:
    """Return the clause that allows the job the fewest hosts, or None where no clause bounds it."""
    return clauses.narrowest(clauses.matching(policy, _paths(change)))


def _rerouted(change: Change, policy: Policy) -> bool:
    """Tell whether the policy in force does not have the job's platform, secrets, script like that.

    Whoever defines a platform decides where every job of it runs, whoever says where a secret is
    found decides what a job is given, and whoever pins a script what it does: that is consented to
    first.
    """
    job = change.wanted
    return isinstance(job, Job) and not (
        job.platform in policy.platforms
        and secretgrants.same(job, policy)
        and pins.same(job, policy)
    )


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


def _unbounded(change: Change) -> Denied | None:
    """Deny a job of which nobody has said which hosts it is to come to."""
    job = change.wanted
    if not isinstance(job, Job) or job.expect_hosts is not None or not job.targets.open:
        return None
    return Denied(
        by="expect_hosts",
        reason=f"only the platform can tell which hosts {frozen.listed(job.targets.open)} is",
        mend="list the hosts that it must come to in `expect_hosts`, beside `request`",
    )


def _too_many(change: Change, policy: Policy) -> Denied | None:
    """Deny a job on more hosts than the narrowest of the clauses allows."""
    clause = limit(change, policy)
    if clause is None or clause.max_hosts is None or not isinstance(change.wanted, Job):
        return None
    count = len(frozen.hosts(change.wanted))
    if count <= clause.max_hosts:
        return None
    return Denied(
        by=clause.name,
        reason=f"it is for {count} hosts, and {clause.name} allows {clause.max_hosts}",
        mend="name fewer hosts, or split it into several jobs",
    )


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
