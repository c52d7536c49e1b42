"""What goes over the wire for one create: the reviewed request, and the closed list beyond it.

That is `start_task`, a mark in `task_name`, the pinned version in the place of a script's id, and
the values of secrets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import pins, secretparts, witness
from runner.pipeline import pinning, planning
from runner.verdicts import Approved

if TYPE_CHECKING:
    from runner.model import Change, Job, Json, Policy
    from runner.pipeline.wave import Task, Wave


def body(wave: Wave, task: Task, job: Job, change: Change, policy: Policy) -> dict[str, Json] | str:
    """Return the body to create `job` with, or in words why it may not be created by now.

    `change` is what it was approved as, `policy` the one in force. Raises PlatformError where the
    platform cannot be asked, or a secret is not to be had.
    """
    platform = wave.world.platforms(task.platform)
    why = pinning.changed(platform, job) or _unpermitted(wave, job, change, policy)
    if why:
        return why
    given = job.body.get("task_name")
    name = given if isinstance(given, str) and given.strip() else job.id.split("/", 1)[1]
    filled = pins.sent(wave.world.secrets.filled(job, policy), job.pins)
    marked = witness.name(name, wave.ledger, task.key)
    return filled | {"start_task": False, "task_name": marked}


def _unpermitted(wave: Wave, job: Job, change: Change, policy: Policy) -> str:
    """Return why a job may no longer have its secrets; empty where it may, or has none.

    What was announced may have been approved long ago.
    """
    if not secretparts.names(job.body):
        return ""
    said = planning.verdicts(wave.world, [change], wave.ledger, policy, wave.planned.plan.head)
    return "" if isinstance(said[change.job][0], Approved) else "its approval no longer stands"
