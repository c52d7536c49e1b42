"""The look between create and start: whether what the platform froze is what was reviewed. Pure.

A job that does not hold is left idle there, and its submission is withdrawn. What a platform does
not show is no obstacle, unless only the platform could tell which hosts the job comes to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner import frozen, judge

if TYPE_CHECKING:
    from runner.frozen import Frozen
    from runner.model import Change, Job, Policy
    from runner.terms import Clause

_AS_REVIEWED = "what the platform froze is not what was reviewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """Why a job that was created must not be started; `denied` where consent would not help."""

    reason: str
    denied: bool = False


def halt(shown: Frozen, change: Change, job: Job, policy: Policy) -> Halt | None:
    """Return why `job`, which waits on its platform, is not to be started; None where all holds.

    `change` is what it was approved as.
    """
    if frozen.expects(job) and job.digest != change.digest:
        return Halt(reason="its spec changed before it was started")
    if shown.targets is None and frozen.expects(job):
        reason = "the platform does not show which hosts it froze, and they are not known before"
        return Halt(reason=reason, denied=True)
    over = _over(shown, judge.limit(change, policy))
    found = (*over, *frozen.differences(job, shown))
    if not found:
        return None
    return Halt(reason=f"{_AS_REVIEWED}: {'; '.join(found)}", denied=bool(over))


def _over(shown: Frozen, clause: Clause | None) -> tuple[str, ...]:
    """Return in words that there are more hosts than the policy allows, if there are."""
    if clause is None or clause.max_hosts is None or shown.targets is None:
        return ()
    count = len(shown.targets)
    if count <= clause.max_hosts:
        return ()
    return (f"it is for {count} hosts, and {clause.name} allows {clause.max_hosts}",)
