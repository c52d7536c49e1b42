"""Choosing: which jobs an apply is about, by the names that were given for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import mistakes
from runner.errors import CheckError
from runner.model import POLICY, JobId

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runner.model import Planned

_LISTED = 12  # names that a mend offers at most


def jobs(planned: Planned, names: Iterable[str], platform: str | None) -> frozenset[JobId] | None:
    """Return the jobs that `names` name, of one platform where it is given; None for all there are.

    A name is a job's id, or that without platform or cell, and then stands for all that have it.
    Jobs of the ledger count too, and former names go with today's. Raise CheckError for a name of
    nothing.
    """
    names = tuple(names)
    if not names and platform is None:
        return None
    former = {job.id: {name for name, _ in job.former_effects} for job in planned.wanted.jobs}
    known = {*former, *planned.ledger.jobs, POLICY}
    found = _named(known, names) if names else known - {POLICY}
    if platform is not None:
        _check("platform", platform, {each.split("/", 1)[0] for each in known - {POLICY}})
        found = {each for each in found if each.startswith(f"{platform}/")}
    return frozenset(found.union(*(former.get(each, ()) for each in found)))


def _named(known: set[JobId], names: Iterable[str]) -> set[JobId]:
    by_name: dict[str, set[JobId]] = {}
    for each in known:
        bare = each.split("/", 1)[-1]
        for name in {each, bare, bare.split("[", 1)[0]}:
            by_name.setdefault(name, set()).add(each)
    found: set[JobId] = set()
    for name in names:
        _check("job", name, by_name)
        found |= by_name[name]
    return found


def _check(what: str, name: str, known: Mapping[str, object] | set[str]) -> None:
    if name in known:
        return
    near = mistakes.nearest(name, known)
    listed = ", ".join(sorted(known)[:_LISTED]) or "nothing"
    raise CheckError(
        f"cannot find the {what} {name}: neither the ledger nor the commit has it",
        mend=f"did you mean {near}?" if near else f"name one of {listed}",
    )
