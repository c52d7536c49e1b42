"""A plan of which only some changes are shown: those that one pull request brings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from runner.model import JobId, Planned


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewed:
    """The changes that are shown, each with its verdict, and how many others the plan has.

    `planned.plan.changes` are those that are shown; `planned.plan.digest` is the whole plan's, as
    what is approved and applied is the whole plan. `others` is 0 where everything is shown.
    """

    planned: Planned
    others: int = 0


def narrowed(planned: Planned, shown: Collection[JobId]) -> Viewed:
    """Return the view of a whole plan that has the changes of the jobs `shown`, and no other."""
    changes = tuple(each for each in planned.plan.changes if each.job in shown)
    jobs = {each.job for each in changes}
    return Viewed(
        planned=replace(
            planned,
            plan=replace(planned.plan, changes=changes),
            verdicts={job: said for job, said in planned.verdicts.items() if job in jobs},
            scripts={job: text for job, text in planned.scripts.items() if job in jobs},
        ),
        others=len(planned.plan.changes) - len(changes),
    )
