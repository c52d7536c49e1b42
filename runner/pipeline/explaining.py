"""Explaining: changes of the plan of a commit, each with all that its verdict is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner import instants, judge
from runner.errors import CheckError
from runner.evidence import Approval, Glass, Revocation
from runner.explanations import Explained, Explanation
from runner.pipeline import consent, planning, viewing
from runner.views import Viewed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from runner.evidence import Evidence, Grounds
    from runner.model import Change, Commit, Job, JobId, Ledger, Planned, Policy
    from runner.pipeline.world import World
    from runner.statements import Statement


def explained(world: World, head: Commit, name: str, *, again: bool = False) -> Explained:
    """Return the changes that `name` names, explained; raise CheckError where there is none.

    It is a job's id, its name for all its cells and platforms, or a digest.
    """
    have = planning.ledger(world)
    plan, _ = planning.drawn(world, have, head, again=again)
    policy = planning.in_force(world, have.policy)
    chosen = tuple(each for each in plan.changes if name in {*_names(each.job), each.digest})
    if not chosen:
        jobs = planning.demanded(world.repository.tree(head)).jobs
        raise _nothing(name, jobs, plan.changes)
    now = world.clock.now()
    said = _explanations(_Asked(world=world, have=have, policy=policy, at=now), chosen, head)
    return Explained(
        head=head,
        ledger=have.id,
        policy=have.policy,
        at=instants.written(now),
        changes=tuple((change, said[change.job]) for change in chosen),
    )


def viewed(
    world: World, have: Ledger, head: Commit, base: Commit | None
) -> tuple[Viewed, dict[JobId, Explanation]]:
    """Return what `viewing.found` does, and what each verdict is made of, found out in one go."""
    plan, want, others = viewing.chosen(world, have, head, base)
    planned = planning.unjudged(world, have, want, plan)
    said = explanations(world, planned)
    verdicts = {job: each.verdict for job, each in said.items()}
    return Viewed(planned=replace(planned, verdicts=verdicts), others=others), said


def explanations(world: World, planned: Planned) -> dict[JobId, Explanation]:
    """Return what the verdict on each change of a plan is made of."""
    asked = _Asked(world=world, have=planned.ledger, policy=planned.in_force, at=world.clock.now())
    return _explanations(asked, planned.plan.changes, planned.plan.head)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What changes are judged by, and when."""

    world: World
    have: Ledger
    policy: Policy
    at: datetime


def _explanations(
    asked: _Asked, chosen: tuple[Change, ...], head: Commit
) -> dict[JobId, Explanation]:
    found = consent.evidence(asked.world, chosen, asked.have, asked.policy, head)
    return {
        change.job: judge.explanation(
            change,
            ledger=asked.have.id,
            policy=asked.policy,
            evidence=_with_others(asked.world, asked.policy, change, found[change.job], asked.at),
            at=asked.at,
        )
        for change in chosen
    }


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
