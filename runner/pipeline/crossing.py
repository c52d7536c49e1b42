"""What is wrong between specs: one name for two jobs, and needs that cannot be met.

Each spec is known by the outlines of its jobs alone, so that thousands of them can be held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from runner import pins
from runner.model import Finding, JobId

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from runner.model import Job, Path, Place
    from runner.stored import Named

    # Where a value of a spec stands: asked for what is wrong alone, as it has to be read again.
    Places: TypeAlias = Callable[[str, Path], Place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What other specs must know of a job. `ids` are its own, then those of its former names.

    `stored` is what it names of the scripts that its platform keeps.
    """

    file: str
    name: str
    ids: tuple[JobId, ...]
    needs: tuple[str, ...]
    stored: Named | None = None

    @property
    def platform(self) -> str:
        """Return the name of the platform that the job goes to."""
        return self.ids[0].split("/", 1)[0]


def outline(job: Job) -> Outline:
    """Return the outline of a job."""
    return Outline(
        file=job.path,
        name=job.name,
        ids=(job.id, *(former for former, _ in job.former_effects)),
        needs=job.needs,
        stored=pins.named(job.body),
    )


def findings(
    jobs: Sequence[Outline], places: Places, about: Container[str] | None = None
) -> tuple[Finding, ...]:
    """Return what is wrong between `jobs`, each thing once, in their order.

    `about` are the names of which all jobs are here that bear them; None: all jobs are here.
    """
    return (*_repeated(jobs, places), *dict.fromkeys(_needs(jobs, places, about)))


def _repeated(jobs: Sequence[Outline], places: Places) -> list[Finding]:
    first: dict[str, str] = {}
    found: list[Finding] = []
    for job in jobs:
        for name in job.ids:
            other = first.setdefault(name, job.file)
            if other != job.file:
                found.append(
                    Finding(
                        place=places(job.file, ("metadata", "name")),
                        rule="duplicate-name",
                        message=f"the job {name} is also in {other}",
                        mend="give one of the two another name",
                    )
                )
    return found


def _needs(jobs: Sequence[Outline], places: Places, about: Container[str] | None) -> list[Finding]:
    needs: dict[str, set[str]] = {}
    for job in jobs:
        needs.setdefault(job.name, set()).update(job.needs)
    found: list[Finding] = []
    for job in jobs:
        for index, name in enumerate(job.needs):
            if about is not None and name not in about:
                continue
            if name not in needs:
                message, mend = f"no job is named {name}", "name a job that `specs/` holds"
            elif job.name in _reach(needs, name):
                message, mend = f"{job.name} and {name} need each other", "break the circle"
            else:
                continue
            place = places(job.file, ("metadata", "needs", index))
            found.append(Finding(place=place, rule="needs", message=message, mend=mend))
    return found


def _reach(needs: dict[str, set[str]], name: str) -> set[str]:
    reached: set[str] = set()
    todo = [name]
    while todo:
        each = todo.pop()
        if each not in reached:
            reached.add(each)
            todo += needs.get(each, ())
    return reached
