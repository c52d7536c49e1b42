"""Which jobs a job still waits for. That every need can be met at all is `crossing`'s business."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.model import Job, Kind, Ledger, Result

if TYPE_CHECKING:
    from collections.abc import Iterable


def missing(job: Job, jobs: Iterable[Job], ledger: Ledger) -> tuple[Job, ...]:
    """Return the jobs that must have succeeded, with their present effect, before `job` may run.

    A need is met on the job's own platform where it goes there, and otherwise wherever it goes.
    """
    needed = [other for other in jobs if other.name in job.needs] if job.needs else []
    here = {other.name for other in needed if other.platform.name == job.platform.name}
    return tuple(
        other
        for other in needed
        if (other.name not in here or other.platform.name == job.platform.name)
        and not _succeeded(other, ledger)
    )


def _succeeded(job: Job, ledger: Ledger) -> bool:
    for name, effect in ((job.id, job.effect), *job.former_effects):
        had = ledger.jobs.get(name)
        if had is not None:
            ran = had.counts
            if ran is None or ran.effect != effect:
                return False
            return ran.state is Kind.ADOPTED or _well(ran.result)
    return False


def _well(result: Result | None) -> bool:
    return result is not None and result.outcome == "succeeded"
