"""Retrying all hosts: the consent to it, which names where the job stands, and the verdict on that.

The judge's own parts decide, by consent to this one retry in the place of consent to the job.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runner import clauses, handles, judge, statements, whose
from runner.errors import CheckError
from runner.evidence import Approval, Evidence, Grounds, Revocation
from runner.pipeline import consent, planning, reopening, standing
from runner.statements import Retry
from runner.verdicts import Approved, Denied

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Change, Had, JobId, Key, Ledger, LedgerId, Policy, Signed
    from runner.pipeline.world import World
    from runner.statements import Statement
    from runner.verdicts import Waiting


def consent_to(world: World, name: str, by: str, lasts: tuple[str, str]) -> Retry:
    """Return what `by` would sign for one retry of all hosts of the job's present batch."""
    ledger = planning.ledger(world)
    had = standing.submitted(standing.job_named(ledger, name))
    policy = planning.in_force(world, ledger.policy)
    seen = standing.platform_of(world, policy, had).status(handles.handle(had))
    if had.key is None:
        raise CheckError(
            f"cannot approve a retry of {had.job}: it was never submitted",
            mend="approve and apply it first",
        )
    change = reopening.change(world, policy, had, "approve a retry of")
    if by in whose.people(policy).makers(consent.touched_by(world, change, ledger, had.head)):
        raise CheckError(
            f"cannot approve a retry of {had.job}: {by} made commits that it is made from",
            mend="have it approved by somebody else",
        )
    at, until = lasts
    return Retry(
        ledger=ledger.id,
        job=had.job,
        key=had.key,
        batch=seen.batch,
        tries=seen.tries,
        by=by,
        at=at,
        until=until,
    )


def permitted(
    world: World, change: Change, ledger: Ledger, policy: Policy, stands: tuple[Had, int, int]
) -> Grounds:
    """Return what permits one retry of all hosts of a job that stands at a batch and a try.

    Raise CheckError where too few have consented to that.
    """
    had, batch, tries = stands
    now = world.clock.now()
    found, grounds = consent.evidence(world, [change], ledger, policy, had.head)[change.job]
    kept = [
        each
        for each in world.approvals.of(change.job, grounds.tip)
        if about(statements.read(each.statement), ledger.id, had.key, (batch, tries))
    ]
    held = consent.verified(world, policy, kept, now)
    given = evidence(found, change, (said for said, _ in held))
    verdict = judge.verdict(change, ledger=ledger.id, policy=policy, evidence=given, at=now)
    if not isinstance(verdict, Approved):
        raise _refused(change.job, verdict)
    taken = (each for each in grounds.statements if _is_revocation(each))
    given_so = (*taken, *(each for _, each in held))
    return replace(grounds, statements=given_so, broken=None, reviews=(), kept=None)


def evidence(found: Evidence, change: Change, given: Iterable[Statement]) -> Evidence:
    """Return the evidence for one retry: consent to that, and to nothing else, is consent."""
    approvals = tuple(
        Approval(
            ledger=each.ledger,
            job=each.job,
            digest=change.digest,
            after=change.after,
            by=each.by,
            at=each.at,
            until=each.until,
        )
        for each in given
        if isinstance(each, Retry)
    )
    return replace(found, approvals=approvals, glass=(), reviews=())


def about(
    said: Statement | None, ledger: LedgerId, key: Key | None, stands: tuple[int, int]
) -> bool:
    """Tell whether a statement is consent to the very next retry of a submission."""
    return isinstance(said, Retry) and (said.ledger, said.key, (said.batch, said.tries)) == (
        ledger,
        key,
        stands,
    )


def _is_revocation(signed: Signed) -> bool:
    return isinstance(statements.read(signed.statement), Revocation)


def _refused(job: JobId, verdict: Waiting | Denied) -> CheckError:
    if isinstance(verdict, Denied):
        return CheckError(f"cannot retry all hosts of {job}: {verdict.reason}", mend=verdict.mend)
    missing = "; ".join(clauses.asks(each) for each in verdict.demands if each.missing)
    return CheckError(
        f"cannot retry all hosts of {job}: {missing}",
        mend=f"have this retry approved: `jobgate approve {job} --retry`; the job's own approval "
        "was for one run on each host",
    )
