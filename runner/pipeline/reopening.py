"""A submission under way as the change that it was: made again from its commit, to be judged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runner import history
from runner.errors import CheckError
from runner.pipeline import planning, standing, submission

if TYPE_CHECKING:
    from runner.model import Change, Had, Job, Policy
    from runner.pipeline.world import World


def change(world: World, policy: Policy, had: Had, what: str) -> Change:
    """Return the change that a submission stands for, on its platform as `policy` has it.

    Raise CheckError, which says that `what` cannot be done, where its commit no longer makes it.
    """
    stood = replace(had, stood=_stood(world, had))
    return submission.reopened(stood, _job(world, policy, had, what))


def _job(world: World, policy: Policy, had: Had, what: str) -> Job:
    """Return the job as it was submitted, made again from its commit."""
    want = planning.demanded(world.repository.tree(had.head))
    for job in want.jobs:
        if (job.id, job.effect, job.digest) == (had.job, had.effect, had.digest):
            return standing.at_home(job, policy)
    raise CheckError(
        f"cannot {what} {had.job}: {had.head[:12]} no longer makes what was approved",
        mend="use the version of jobgate that submitted it, or submit it anew",
    )


def _stood(world: World, had: Had) -> Had | None:
    """Return what stood before the submission, by which it was judged when it was announced."""
    for _, ledger in history.steps(world.journal.entries()):
        then = ledger.jobs.get(had.job)
        if then is not None and then.key == had.key:
            return then.stood
    return None
