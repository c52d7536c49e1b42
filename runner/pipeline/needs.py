"""Which jobs need which: that every need exists and none goes in a circle, and what is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.model import Finding, Job, Kind, Ledger, Spec

if TYPE_CHECKING:
    from collections.abc import Iterable


def findings(made: list[tuple[Spec, Job]]) -> list[Finding]:
    """Find needs that name no job, and needs that go round in a circle."""
    needs: dict[str, set[str]] = {}
    for _, job in made:
        needs.setdefault(job.name, set()).update(job.needs)
    found: list[Finding] = []
    for spec, job in made:
        for index, name in enumerate(job.needs):
            if name not in needs:
                message, mend = f"no job is named {name}", "name a job that `specs/` holds"
            elif job.name in _reach(needs, name):
                message, mend = f"{job.name} and {name} need each other", "break the circle"
            else:
                continue
            place = spec.document.place(("metadata", "needs", index))
            found.append(Finding(place=place, rule="needs", message=message, mend=mend))
    return list(dict.fromkeys(found))


def missing(job: Job, jobs: Iterable[Job], ledger: Ledger) -> tuple[Job, ...]:
    """Return the jobs that must have succeeded, with their present effect, before `job` may run."""
    return tuple(
        other
        for other in jobs
        if other.name in job.needs
        and other.platform.name == job.platform.name
        and not _succeeded(other, ledger)
    )


def _succeeded(job: Job, ledger: Ledger) -> bool:
    for name, effect in ((job.id, job.effect), *job.former_effects):
        had = ledger.jobs.get(name)
        if had is not None:
            well = had.result is not None and had.result.outcome == "succeeded"
            return had.effect == effect and (had.state is Kind.ADOPTED or well)
    return False


def _reach(needs: dict[str, set[str]], name: str) -> set[str]:
    reached: set[str] = set()
    todo = [name]
    while todo:
        each = todo.pop()
        if each not in reached:
            reached.add(each)
            todo += needs.get(each, ())
    return reached
