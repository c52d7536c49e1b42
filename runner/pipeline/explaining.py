"""Explaining: changes of the plan of a commit, each with all that its verdict is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import diff, instants, judge
from runner.errors import CheckError
from runner.evidence import Approval, Glass, Revocation
from runner.explanations import Explained
from runner.pipeline import consent, planning

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from runner.evidence import Evidence, Grounds
    from runner.model import Change, Commit, Job, JobId, Policy
    from runner.pipeline.world import World
    from runner.statements import Statement


def explained(world: World, head: Commit, name: str, *, again: bool = False) -> Explained:
    """Return the changes that `name` names, explained; raise CheckError where there is none.

    It is a job's id, its name for all its cells and platforms, or a digest.
    """
    have = planning.ledger(world)
    want = planning.demanded(world.repository.tree(head))
    plan = diff.plan(have, want.jobs, want.policy, head, again=again)
    policy = planning.in_force(world, have.policy)
    chosen = tuple(each for each in plan.changes if name in {*_names(each.job), each.digest})
    if not chosen:
        raise _nothing(name, want.jobs, plan.changes)
    now = world.clock.now()
    found = consent.evidence(world, chosen, have, policy, head)
    return Explained(
        head=head,
        ledger=have.id,
        policy=have.policy,
        at=instants.written(now),
        changes=tuple(
            (
                change,
                judge.explanation(
                    change,
                    ledger=have.id,
                    policy=policy,
                    evidence=_with_others(world, policy, change, found[change.job], now),
                    at=now,
                ),
            )
            for change in chosen
        ),
    )


def _with_others(
    world: World, policy: Policy, change: Change, found: tuple[Evidence, Grounds], at: datetime
) -> Evidence:
    """Return the evidence with what was signed for the job and does not count any more.

    That is an older digest, or an earlier submission of this one. No verdict is another for it.
    """
    evidence, grounds = found
    kept = world.approvals.of(change.job, grounds.tip)
    said = [each for each, _ in consent.verified(world, policy, kept, at)]
    return consent.signed(evidence, (each for each in said if _near(each, change)))


def _near(said: Statement, change: Change) -> bool:
    given = said.approval if isinstance(said, Glass) else said
    if isinstance(given, Approval):
        return given.digest == change.digest or given.after == change.after
    return isinstance(given, Revocation)


def _names(job: JobId) -> set[str]:
    """Return what a person may call a job: its id, or its name with or without its cell."""
    bare = job.split("/", 1)[-1]
    return {job, bare, bare.split("[", 1)[0]}


def _nothing(name: str, jobs: Iterable[Job], changes: Iterable[Change]) -> CheckError:
    if any(name in _names(job.id) for job in jobs):
        return CheckError(
            f"cannot explain {name}: it is as it was submitted last, and nothing is asked",
            mend="raise `metadata.run` in its spec to run it again",
        )
    names = ", ".join(each.job for each in changes) or "nothing"
    return CheckError(
        f"cannot explain {name}: the plan has no such change", mend=f"it changes {names}"
    )
