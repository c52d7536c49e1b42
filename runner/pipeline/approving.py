"""Approving: one person's signature over one change of one plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import clauses
from runner.errors import CheckError
from runner.evidence import Approval
from runner.model import Change, Planned, Signed, Symbol
from runner.pipeline import consent
from runner.pipeline.world import World, instant
from runner.verdicts import Denied

if TYPE_CHECKING:
    from runner.model import Policy


def chosen(planned: Planned, name: str) -> tuple[Change, ...]:
    """Return the changes that `name` names: a job's id, its name for all its cells, or a digest."""
    found = tuple(
        change
        for change in planned.plan.changes
        if change.symbol is not Symbol.REMOVED
        and name in {change.job, change.digest, _bare(change.job), _bare(change.job).split("[")[0]}
    )
    if not found:
        names = ", ".join(change.job for change in planned.plan.changes) or "nothing"
        raise CheckError(
            f"cannot approve {name}: the plan has no such change", mend=f"it changes {names}"
        )
    return found


def who(policy: Policy, key: str) -> str:
    """Return the person whose public key this is; raise CheckError when it is nobody's."""
    for person in policy.people:
        if key in person.keys:
            return person.name
    raise CheckError(
        "cannot approve: this key belongs to nobody in the policy in force",
        mend="sign with a key that `people` in jobgate.yaml lists, or have yours added first",
    )


def draft(world: World, planned: Planned, change: Change, by: str) -> Approval:
    """Return the approval that `by` would sign; raise CheckError when it could not count."""
    touched = consent.touched_by(world, change, planned.ledger, planned.plan.head)
    if by in {clauses.person_of(planned.in_force, address) for address in touched}:
        raise CheckError(
            f"cannot approve {change.job}: {by} made commits that it is made from",
            mend="have it approved by somebody else",
        )
    verdict = planned.verdicts[change.job]
    if isinstance(verdict, Denied):
        raise CheckError(f"cannot approve {change.job}: {verdict.reason}", mend=verdict.mend)
    return Approval(
        ledger=planned.ledger.id,
        job=change.job,
        digest=change.digest,
        after=change.after,
        by=by,
        at=instant(world),
    )


def sign(world: World, approval: Approval, key_file: str) -> None:
    """Sign `approval` and keep it where `apply` looks for it."""
    content = consent.statement(approval)
    signature = world.signer.sign(content, key_file)
    world.approvals.add(approval.job, Signed(statement=content, signature=signature))


def _bare(job: str) -> str:
    return job.split("/", 1)[-1]
