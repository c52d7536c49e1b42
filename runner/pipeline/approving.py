"""Approving: one person's signature over changes of one plan."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from runner import allowedsigners, instants, statements, whose
from runner.errors import CheckError, SupersededError
from runner.evidence import Approval, Glass
from runner.model import POLICY, Change, Planned, Signed, Symbol
from runner.pipeline import consent
from runner.terms import LONGEST_DAYS
from runner.verdicts import Denied

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Digest, JobId, Policy
    from runner.pipeline.world import World
    from runner.statements import Statement


def chosen(planned: Planned, names: Iterable[str]) -> tuple[Change, ...]:
    """Return the changes that are named: by a job's id, its name for all its cells, or a digest."""
    found: dict[JobId, Change] = {}
    for name in names:
        named = {
            change.job: change
            for change in planned.plan.changes
            if change.symbol is not Symbol.REMOVED and name in {change.digest} | called(change.job)
        }
        if not named:
            known = ", ".join(change.job for change in planned.plan.changes) or "nothing"
            raise CheckError(
                f"cannot approve {name}: the plan has no such change", mend=f"it changes {known}"
            )
        found |= named
    return tuple(found.values())


def planned_as(planned: Planned, digest: Digest, names: Iterable[str]) -> tuple[Change, ...]:
    """Return the changes of the very plan that was seen: those named, or all that run something.

    Raise SupersededError when the plan, made anew, is another one.
    """
    if planned.plan.digest != digest:
        raise SupersededError(
            f"cannot approve: the plan is {planned.plan.digest}, not {digest}",
            mend="look at `jobgate plan` again, and approve what it shows now",
        )
    kept = tuple(names)
    if kept:
        return chosen(planned, kept)
    found = tuple(each for each in planned.plan.changes if each.symbol is not Symbol.REMOVED)
    if not found:
        raise CheckError(
            "cannot approve: the plan changes nothing", mend="there is nothing to be approved"
        )
    return found


def who(policy: Policy, key: str) -> str:
    """Return the person whose key or certificate this is; raise CheckError when it is nobody's."""
    found = allowedsigners.who(policy, key)
    if found is None:
        raise CheckError(
            "cannot approve: this key belongs to nobody in the policy in force",
            mend="sign with a key that `people` in jobgate.yaml or allowed_signers lists, or have "
            "yours added first",
        )
    return found


def called(job: JobId) -> set[str]:
    """Return all that a job may be called by: its id, its name, and that of all its cells."""
    bare = job.split("/", 1)[-1]
    return {job, bare, bare.split("[")[0]}


def term(world: World, policy: Policy, asked: int | None) -> tuple[str, str]:
    """Return the present instant, and the one when consent of `asked` days ends.

    None is as long as the policy gives; raise CheckError for more than that.
    """
    most = min(policy.days, LONGEST_DAYS)
    lasts = most if asked is None else asked
    if lasts > most:
        raise CheckError(
            f"cannot approve for {lasts} days: the policy in force gives {most}",
            mend=f"say `--expires {most}`, or less",
        )
    now = world.clock.now()
    return instants.written(now), instants.written(now + timedelta(days=lasts))


def approval(
    world: World, planned: Planned, change: Change, by: str, lasts: tuple[str, str]
) -> Approval:
    """Return the approval that `by` would sign; raise CheckError when it could not count."""
    touched = consent.touched_by(world, change, planned.ledger, planned.plan.head)
    if by in whose.people(planned.in_force).makers(touched):
        raise CheckError(
            f"cannot approve {change.job}: {by} made commits that it is made from",
            mend="have it approved by somebody else",
        )
    return _of(planned, change, by, lasts)


def glass(planned: Planned, change: Change, by: str, lasts: tuple[str, str], reason: str) -> Glass:
    """Return what `by` would sign to do without approvals; raise CheckError when they may not."""
    policy = planned.in_force
    if change.job == POLICY:
        raise CheckError(
            f"cannot break the glass for {POLICY}: it says who may",
            mend="have it approved as every policy is",
        )
    if policy.break_glass is None or not _may(policy, policy.break_glass.people, by):
        raise CheckError(
            f"cannot break the glass: the policy in force does not let {by} do that",
            mend="ask somebody whom its `break_glass` names, or have the job approved",
        )
    return Glass(approval=_of(planned, change, by, lasts), reason=reason)


def sign(world: World, policy: Policy, statement: Statement, key_file: str) -> None:
    """Sign a statement and keep it where it is looked for.

    Raise CheckError where `policy`, the one in force, does not let that key sign now.
    """
    content = statements.written(statement)
    signature = world.signer.sign(content, key_file)
    signed = Signed(statement=content, signature=signature)
    if not consent.verified(world, policy, [signed], world.clock.now()):
        raise CheckError(
            f"cannot approve: no signature of {statements.by(statement)} by this key counts now",
            mend="look at the dates of the key or certificate, and at its line in allowed_signers",
        )
    world.approvals.add(statements.job(statement), signed)


def _of(planned: Planned, change: Change, by: str, lasts: tuple[str, str]) -> Approval:
    verdict = planned.verdicts[change.job]
    # A window opens by itself, and consent given before is there then.
    if isinstance(verdict, Denied) and not verdict.lifts:
        raise CheckError(f"cannot approve {change.job}: {verdict.reason}", mend=verdict.mend)
    at, until = lasts
    return Approval(
        ledger=planned.ledger.id,
        job=change.job,
        digest=change.digest,
        after=change.after,
        by=by,
        at=at,
        until=until,
    )


def _may(policy: Policy, names: tuple[str, ...], by: str) -> bool:
    """Tell whether somebody is among people and teams, as far as the policy alone can say."""
    far = any(team.accounts for team in policy.teams if team.name in names)
    return far or by in whose.people(policy).called(names)
