"""Viewing: which changes of a plan the commits between a base and its head bring.

A change is brought by them when its spec, or anything else that its job is made from, is not at the
head what it was where the head branched off. What was approved and applied is the whole plan all
the same: a view chooses what is shown, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner import clauses, pins, render, secretgrants, views
from runner.errors import RepositoryError
from runner.model import Job, Severity
from runner.pipeline import planning, wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Change, Commit, JobId, Ledger, Plan, Planned, Policy, Wanted
    from runner.pipeline.world import World
    from runner.views import Viewed


def found(
    world: World, have: Ledger, head: Commit, base: Commit | None, *, again: bool = False
) -> Viewed:
    """Return the view of the plan of `head` that has what came since `base`; None: all of it.

    No verdict is asked for what is not shown. Raises FindingsError where the tree has errors.
    """
    plan, want, others = chosen(world, have, head, base, again=again)
    planned, _ = planning.of_plan(world, have, want, plan)
    return views.Viewed(planned=planned, others=others)


def chosen(
    world: World, have: Ledger, head: Commit, base: Commit | None, *, again: bool = False
) -> tuple[Plan, Wanted, int]:
    """Return the plan of `head` with those changes alone, what is wanted, and how many others."""
    plan, want = planning.drawn(world, have, head, again=again)
    if base is None:
        return plan, want, 0
    jobs = brought(world, base, head, plan.changes, want.policy.policy)
    shown = tuple(each for each in plan.changes if each.job in jobs)
    return replace(plan, changes=shown), want, len(plan.changes) - len(shown)


def viewed(world: World, planned: Planned, base: Commit | None) -> Viewed:
    """Return the view of a whole plan that has what came since `base`; None: all of it."""
    if base is None:
        return views.Viewed(planned=planned)
    plan = planned.plan
    shown = brought(world, base, plan.head, plan.changes, planned.wanted.policy.policy)
    return views.narrowed(planned, shown)


def brought(
    world: World, base: Commit, head: Commit, changes: Iterable[Change], policy: Policy
) -> frozenset[JobId]:
    """Return the jobs of those `changes` that the commits from `base` to `head` bring.

    `policy` is that of the head. Raises RepositoryError where the two have no common history.
    """
    bases = () if world.lineage is None else world.lineage.merge_bases(base, head)
    if not bases or world.lineage is None:
        raise RepositoryError(
            f"cannot show what came since {base[:12]}: {head[:12]} has no history with it",
            mend="name the branch that the pull request is for, or a commit of it",
        )
    # Two lines that were merged crosswise have several bases: what is new to one is shown.
    steps = [
        _Step(
            paths=(paths := world.lineage.differing(each, head)),
            before=_policy(world, each) if paths.intersection(wanted.POLICY_PATHS) else policy,
            after=policy,
        )
        for each in bases
    ]
    return frozenset(each.job for each in changes if any(step.brings(each) for step in steps))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """From one commit to another: the paths that differ, and the policy of each (None: unsound)."""

    paths: frozenset[str]
    before: Policy | None
    after: Policy

    def brings(self, change: Change) -> bool:
        """Tell whether the step changes something that the change's job is made from."""
        if not isinstance(change.wanted, Job):
            return self._takes(change)
        job = change.wanted
        if not self.paths.isdisjoint(each.path for each in job.sources):
            return True
        # A vars file that is gone is no source any more.
        gone = not self.paths.isdisjoint(render.folders(job.path))
        return gone or not self._same(job)

    def _takes(self, change: Change) -> bool:
        """Tell whether the step takes a job away, or changes the policy."""
        if change.had is None:
            return not self.paths.isdisjoint(wanted.POLICY_PATHS)
        path = change.had.path
        return path in self.paths or self._platforms(self.before, path) != self._platforms(
            self.after, path
        )

    def _same(self, job: Job) -> bool:
        """Tell whether the policy before made the same of a job's spec as the one after."""
        if self.before is self.after:
            return True
        return (
            self.before is not None
            and job.platform.name in self._platforms(self.before, job.path)
            and clauses.defines(self.before, job.platform)
            and pins.same(job, self.before)
            and secretgrants.same(job, self.before)
        )

    def _platforms(self, policy: Policy | None, path: str) -> frozenset[str]:
        """Return the names of the platforms that a spec goes to."""
        known = () if policy is None else clauses.platforms(policy, path)
        return frozenset(each.name for each in known)


def _policy(world: World, commit: Commit) -> Policy | None:
    """Return the policy of a commit; None where it is not sound."""
    found = wanted.policy(world.repository.tree(commit))
    wrong = any(each.severity is Severity.ERROR for each in found.findings)
    return None if wrong or found.value is None else found.value.policy
